/* A seating plan as the editor changes it. A plan is never changed in place: every function answers
   a new one that shares what stayed, so that undoing is going back to the one before. */

export const APART = 25;
export const BEHIND = 30;
const MARGIN = 50;

export function* places(plan) {
  for (const section of plan.sections) {
    for (const row of section.rows) for (const seat of row.seats) yield { section, row, seat };
  }
}

/** The plan with `change(seat)` in place of each seat whose id is in `ids`. */
export function changeSeats(plan, ids, change) {
  return changeRows(plan, (row) => {
    if (!row.seats.some((seat) => ids.has(seat.id))) return row;
    return { ...row, seats: row.seats.map((seat) => (ids.has(seat.id) ? change(seat) : seat)) };
  });
}

export function changeRows(plan, change) {
  return {
    ...plan,
    sections: plan.sections.map((section) => {
      const rows = section.rows.map((row) => change(row, section));
      return rows.every((row, at) => row === section.rows[at]) ? section : { ...section, rows };
    }),
  };
}

export function move(plan, ids, dx, dy) {
  return place(plan, ids, (x, y) => [x + dx, y + dy], 0);
}

/** Clockwise, around the middle of what is picked. */
export function turn(plan, ids, degrees) {
  let left = Infinity, right = -Infinity, top = Infinity, bottom = -Infinity;
  for (const { seat } of places(plan)) {
    if (!ids.has(seat.id)) continue;
    left = Math.min(left, seat.x); right = Math.max(right, seat.x);
    top = Math.min(top, seat.y); bottom = Math.max(bottom, seat.y);
  }
  const x = (left + right) / 2, y = (top + bottom) / 2;
  const sin = Math.sin((degrees * Math.PI) / 180), cos = Math.cos((degrees * Math.PI) / 180);
  return place(plan, ids, (px, py) => [x + (px - x) * cos - (py - y) * sin, y + (px - x) * sin + (py - y) * cos], degrees);
}

/** The picked seats where `spot(x, y)` says; the shapes of whole sections go with them. */
function place(plan, ids, spot, degrees) {
  const rounded = (x, y) => spot(x, y).map(round);
  const placed = changeSeats(plan, ids, (seat) => {
    const [x, y] = rounded(seat.x, seat.y);
    return { ...seat, x, y };
  });
  placed.sections = placed.sections.map((section) => {
    const whole = section.shapes.length && section.rows.length
      && section.rows.every((row) => row.seats.every((seat) => ids.has(seat.id)));
    if (!whole) return section;
    return { ...section, shapes: section.shapes.map((shape) => placeShape(shape, rounded, degrees)) };
  });
  return within(placed);
}

/** A shape turns around its own x and y: so do its points, which only come along. */
function placeShape(shape, spot, degrees) {
  const [x, y] = spot(shape.x, shape.y);
  const points = shape.points.map(([px, py]) => [round(px + x - shape.x), round(py + y - shape.y)]);
  return { ...shape, x, y, points, rotation: ((shape.rotation ?? 0) + degrees) % 360 };
}

const round = (value) => Math.round(value * 100) / 100;

/** Large enough for what stands on it; nothing above or left of it. */
export function within(plan) {
  let left = 0, top = 0, right = plan.width, bottom = plan.height;
  for (const { seat } of places(plan)) {
    left = Math.min(left, seat.x - MARGIN / 2); top = Math.min(top, seat.y - MARGIN / 2);
    right = Math.max(right, seat.x + MARGIN / 2); bottom = Math.max(bottom, seat.y + MARGIN / 2);
  }
  if (left === 0 && top === 0) return { ...plan, width: right, height: bottom };
  const sections = plan.sections.map((section) => ({
    ...section,
    rows: section.rows.map((row) => ({
      ...row, seats: row.seats.map((seat) => ({ ...seat, x: round(seat.x - left), y: round(seat.y - top) })),
    })),
    shapes: section.shapes.map((shape) => ({
      ...shape, x: round(shape.x - left), y: round(shape.y - top),
      points: shape.points.map(([x, y]) => [round(x - left), round(y - top)]),
    })),
  }));
  return { ...plan, sections, width: right - left, height: bottom - top };
}

export function remove(plan, ids) {
  const sections = plan.sections
    .map((section) => {
      const rows = section.rows
        .map((row) => withoutSeats(row, ids))
        .filter((row) => row.seats.length);
      return { ...section, rows };
    })
    .filter((section) => section.rows.length || section.shapes.length);
  return { ...plan, sections };
}

function withoutSeats(row, ids) {
  if (!row.seats.some((seat) => ids.has(seat.id))) return row;
  const seats = [], gaps = new Set();
  row.seats.forEach((seat, at) => {
    if (!ids.has(seat.id)) seats.push(seat);
    else if (seats.length) gaps.add(seats.length - 1);
    if (row.gap_after.includes(at) && seats.length) gaps.add(seats.length - 1);
  });
  gaps.delete(seats.length - 1);
  return { ...row, seats, gap_after: [...gaps].sort((a, b) => a - b) };
}

/** Copies of whole sections beside them, of whole rows behind them, of seats at their row's end. */
export function duplicate(plan, ids) {
  const made = new Set(), taken = takenIds(plan);
  const copySeat = (seat, section, row, changes) => {
    const copy = { ...seat, ...changes };
    copy.id = newId(taken, section.id, row.name, copy.number);
    made.add(copy.id);
    return copy;
  };
  const sections = [];
  for (const section of plan.sections) {
    const picked = section.rows.filter((row) => row.seats.length && row.seats.every((s) => ids.has(s.id)));
    if (section.rows.length && picked.length === section.rows.length) {
      sections.push(section, copySection(plan, section, sections, copySeat));
    } else {
      sections.push(copyWithin(section, picked, ids, copySeat));
    }
  }
  return { plan: within({ ...plan, sections }), made };
}

function copySection(plan, section, before, copySeat) {
  const xs = section.rows.flatMap((row) => row.seats.map((seat) => seat.x));
  const dx = Math.max(...xs) - Math.min(...xs) + 2 * MARGIN;
  const name = freeName(section.name, new Set([...plan.sections, ...before].map((one) => one.name)));
  const copy = { ...section, name, id: freeName(section.id, new Set([...plan.sections, ...before].map((s) => s.id))) };
  copy.rows = section.rows.map((row) => ({
    ...row, seats: row.seats.map((seat) => copySeat(seat, copy, row, { x: round(seat.x + dx) })),
  }));
  copy.shapes = section.shapes.map((shape) => ({
    ...shape, x: shape.x + dx, points: shape.points.map(([x, y]) => [x + dx, y]),
  }));
  return copy;
}

function copyWithin(section, picked, ids, copySeat) {
  if (!section.rows.some((row) => row.seats.some((seat) => ids.has(seat.id)))) return section;
  const names = new Set(section.rows.map((row) => row.name));
  const all = section.rows.flatMap((row) => row.seats.map((seat) => seat.y));
  let below = picked.length ? Math.max(...all) - Math.min(...picked.flatMap((r) => r.seats.map((s) => s.y))) + BEHIND : 0;
  const rows = section.rows.map((row) => {
    if (picked.includes(row)) return row;
    const some = row.seats.filter((seat) => ids.has(seat.id));
    if (!some.length) return row;
    const [dx, dy] = stepOf(row);
    const last = row.seats[row.seats.length - 1];
    const numbers = new Set(row.seats.map((seat) => seat.number));
    let number = last.number;
    const added = some.map((seat, at) => {
      number = freeNumber(number, numbers);
      return copySeat(seat, section, row, {
        number, x: round(last.x + dx * (at + 1)), y: round(last.y + dy * (at + 1)),
      });
    });
    return { ...row, seats: [...row.seats, ...added] };
  });
  for (const row of picked) {
    const copy = { ...row, name: nextName(section.rows[section.rows.length - 1].name, names) };
    names.add(copy.name);
    copy.seats = row.seats.map((seat) => copySeat(seat, section, copy, { y: round(seat.y + below) }));
    rows.push(copy);
  }
  return { ...section, rows };
}

export function stepOf(row) {
  for (let at = 1; at < row.seats.length; at++) {
    const dx = row.seats[at].x - row.seats[at - 1].x, dy = row.seats[at].y - row.seats[at - 1].y;
    const far = Math.hypot(dx, dy);
    if (far > 1 && !row.gap_after.includes(at - 1)) return [dx, dy];
  }
  return [APART, 0];
}

/** 1 after the last number, 2 on where the row has odd or even ones; letters go on as letters. */
function freeNumber(last, taken) {
  let number = last;
  do number = following(number); while (taken.has(number));
  taken.add(number);
  return number;
}

export function following(name) {
  if (/^[0-9]{1,9}$/.test(name)) return String(Number(name) + 1);
  if (/^[A-Za-z]{1,3}$/.test(name)) {
    const value = [...name.toUpperCase()].reduce((sum, char) => sum * 26 + char.charCodeAt(0) - 64, 0);
    const next = letters(value + 1);
    return name === name.toUpperCase() ? next : next.toLowerCase();
  }
  const [, start, end] = /^(.*?)([0-9]{0,6})$/s.exec(name);
  return end ? `${start.slice(0, 13)}${Number(end) + 1}` : `${name.slice(0, 13)} 2`;
}

export function letters(number) {
  let text = "";
  for (let rest = number; rest > 0; rest = Math.floor((rest - 1) / 26)) {
    text = String.fromCharCode(65 + ((rest - 1) % 26)) + text;
  }
  return text;
}

function nextName(name, taken) {
  let next = name;
  do next = following(next); while (taken.has(next));
  return next;
}

function freeName(name, taken) {
  for (let at = 2; ; at++) {
    const tried = `${name.slice(0, 54)} ${at}`;
    if (!taken.has(tried)) return tried;
  }
}

function takenIds(plan) {
  const taken = new Set();
  for (const { seat } of places(plan)) taken.add(seat.id);
  return taken;
}

function newId(taken, section, row, number) {
  const base = `${section.slice(0, 24)}-${row.slice(0, 16)}-${number.slice(0, 10)}`.replace(/ /g, "");
  let id = base;
  for (let at = 2; taken.has(id); at++) id = `${base}-${at}`;
  taken.add(id);
  return id;
}

/** Numbers for `count` seats from left to right. */
export function numbers(count, scheme, start, backwards) {
  const found = [];
  let value = start;
  if (scheme === "odd" && value % 2 === 0) value += 1;
  if (scheme === "even" && value % 2 === 1) value += 1;
  for (let at = 0; at < count; at++) {
    found.push(scheme === "letters" ? letters(value) : String(value));
    value += scheme === "odd" || scheme === "even" ? 2 : 1;
  }
  return backwards ? found.reverse() : found;
}

/** Numbers the picked seats of each row anew; the identifiers stay, tickets name them. */
export function renumber(plan, ids, scheme, start, backwards) {
  return changeRows(plan, (row) => {
    const picked = row.seats.filter((seat) => ids.has(seat.id)).length;
    if (!picked) return row;
    const given = numbers(picked, scheme, start, backwards);
    let at = 0;
    return { ...row, seats: row.seats.map((seat) => (ids.has(seat.id) ? { ...seat, number: given[at++] } : seat)) };
  });
}

export function addRow(plan, sectionId, name, given) {
  const made = new Set(), taken = takenIds(plan);
  const sections = plan.sections.map((section) => {
    if (section.id !== sectionId) return section;
    const last = section.rows[section.rows.length - 1];
    const names = new Set(section.rows.map((row) => row.name));
    const called = name && !names.has(name) ? name : last ? nextName(last.name, names) : "A";
    const left = last ? last.seats[0].x : MARGIN;
    const top = last ? Math.max(...last.seats.map((seat) => seat.y)) + BEHIND : MARGIN;
    const category = last ? last.seats[0].category : plan.categories[0].name;
    const seats = given.map((number, at) => seatAt(taken, made, section.id, called, number, category, left + at * APART, top));
    return { ...section, rows: [...section.rows, { name: called, seats, gap_after: [] }] };
  });
  return { plan: within({ ...plan, sections }), made };
}

function seatAt(taken, made, section, row, number, category, x, y) {
  const id = newId(taken, section, row, number);
  made.add(id);
  return { id, number, category, x: round(x), y: round(y), kind: "standard", blocked: false };
}

export function addSection(plan, name, rows, given) {
  const made = new Set(), taken = takenIds(plan);
  let top = MARGIN;
  for (const { seat } of places(plan)) top = Math.max(top, seat.y + 3 * MARGIN);
  const names = new Set(plan.sections.map((one) => one.name));
  const ids = new Set(plan.sections.map((one) => one.id));
  const section = { id: slug(name), name, rows: [], shapes: [] };
  if (names.has(section.name)) section.name = freeName(section.name, names);
  if (ids.has(section.id)) section.id = freeName(section.id, ids);
  for (let at = 0; at < rows; at++) {
    const called = letters(at + 1);
    section.rows.push({
      name: called, gap_after: [],
      seats: given.map((number, n) => seatAt(taken, made, section.id, called, number, plan.categories[0].name, MARGIN + n * APART, top + at * BEHIND)),
    });
  }
  return { plan: within({ ...plan, sections: [...plan.sections, section] }), made };
}

const slug = (name) => name.normalize("NFKD").toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "").slice(0, 40) || "section";

export function addStage(plan, text) {
  const shape = {
    kind: "rectangle", x: plan.width / 4, y: 10, width: plan.width / 2, height: 50, rotation: 0,
    points: [], text, color: "#CFD8D2", border_color: "#6B7F78",
  };
  const [first, ...rest] = plan.sections;
  if (!first) return plan;
  return { ...plan, sections: [{ ...first, shapes: [...first.shapes, shape] }, ...rest] };
}

/** Behind the last picked seat of each row; where there is one already, it goes. */
export function toggleAisle(plan, ids) {
  return changeRows(plan, (row) => {
    let last = -1;
    row.seats.forEach((seat, at) => { if (ids.has(seat.id)) last = at; });
    if (last < 0 || last === row.seats.length - 1) return row;
    const gaps = new Set(row.gap_after);
    if (!gaps.delete(last)) gaps.add(last);
    return { ...row, gap_after: [...gaps].sort((a, b) => a - b) };
  });
}
