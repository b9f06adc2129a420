/* The seating plan editor: what is selected, what the buttons and keys do to it, undo, check, save.
   Texts come from the page in data-words, in its language. The server has the rules: a check and a
   save are judged there. */

import * as model from "./plan_model.js";
import { View } from "./plan_view.js";

const STEPS_MAX = 200; // that can be undone
const SEATS_MAX = 60000;

const root = document.querySelector("[data-editor]");
const words = JSON.parse(root.dataset.words);
const part = (name) => root.querySelector(`[data-${name}]`);
const NAME_MAX = 60, NUMBER_MAX = 20; // characters
const plural = new Intl.PluralRules(document.documentElement.lang);
const say = (text, values = {}) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

/** Of [one, many] what the count takes in the page's language. */
const counted = ([one, many], count) => say(plural.select(count) === "one" ? one : many, { count });

const canvas = root.querySelector("canvas");
const view = new View(canvas);
const state = { steps: [], at: 0, saved: null, base: 0, selected: new Set(), busy: false, repaired: null };

const plan = () => state.steps[state.at];
const mode = () => root.querySelector("[name=mode]:checked").value;

// -- Steps -----------------------------------------------------------------------------------------

function change(next, selected = state.selected) {
  if (next === plan()) return;
  state.steps.length = state.at + 1;
  state.steps.push(next);
  if (state.steps.length > STEPS_MAX) state.steps.shift();
  state.at = state.steps.length - 1;
  select(selected);
}

function step(by, word) {
  const to = state.at + by;
  if (to < 0 || to >= state.steps.length) return;
  state.at = to;
  const there = new Set();
  for (const { seat } of model.places(plan())) if (state.selected.has(seat.id)) there.add(seat.id);
  select(there);
  tell(word);
}

function tell(text) {
  part("state").textContent = text;
}

const changed = () => plan() !== state.saved;

// -- Selection -------------------------------------------------------------------------------------

function select(ids) {
  state.selected = ids;
  view.show(plan(), ids);
  describe();
}

function group({ section, row, seat }) {
  if (mode() === "seat") return [seat.id];
  const rows = mode() === "row" ? [row] : section.rows;
  return rows.flatMap((one) => one.seats.map((each) => each.id));
}

function picked() {
  const found = [];
  for (const place of model.places(plan())) if (state.selected.has(place.seat.id)) found.push(place);
  return found;
}

function describe() {
  const found = picked();
  const first = found[0];
  part("selection").textContent = !first ? words.none
    : found.length === 1
      ? say(words.one, { number: first.seat.number, row: first.row.name, section: first.section.name })
      : say(words.selected, { count: found.length });
  let seats = 0;
  for (const _ of model.places(plan())) seats += 1;
  part("totals").textContent = `${counted(words.seats, seats)}, ${counted(words.sections, plan().sections.length)}`;
  if (changed()) tell(words.unsaved);
  const same = (of) => (found.every((one) => of(one) === of(first)) ? of(first) : "");
  part("category").value = first ? same((one) => one.seat.category) : "";
  part("kind").value = first ? same((one) => one.seat.kind) : "";
  const name = { seat: (one) => one.seat.number, row: (one) => one.row.name, section: (one) => one.section.name };
  const input = part("name");
  if (document.activeElement !== input) input.value = first ? same(name[mode()]) : "";
  input.setCustomValidity("");
  lists(found);
  root.querySelector("[data-do=undo]").disabled = state.at === 0;
  root.querySelector("[data-do=redo]").disabled = state.at === state.steps.length - 1;
}

let listed = null;

function lists(found) {
  const sections = part("sections"), rows = part("rows");
  if (listed !== plan()) {
    const chosen = sections.value;
    fill(sections, plan().sections.map((one) => [one.id, one.name]));
    if ([...sections.options].some((one) => one.value === chosen)) sections.value = chosen;
    fill(part("category"), [["", ""], ...plan().categories.map((one) => [one.name, one.name])]);
    part("category").value = found.length && found.every((one) => one.seat.category === found[0].seat.category)
      ? found[0].seat.category : "";
    categories();
  }
  if (found.length) sections.value = found[0].section.id;
  const section = plan().sections.find((one) => one.id === sections.value);
  if (listed !== plan() || rows.dataset.of !== sections.value) {
    fill(rows, (section ? section.rows : []).map((row, at) => [at, `${row.name} · ${counted(words.seats, row.seats.length)}`]));
    rows.dataset.of = sections.value;
  }
  if (section && document.activeElement !== rows) {
    section.rows.forEach((row, at) => {
      rows.options[at].selected = row.seats.some((seat) => state.selected.has(seat.id));
    });
  }
  listed = plan();
}

function fill(list, options) {
  list.replaceChildren(...options.map(([value, text]) => new Option(text, value)));
}

function categories() {
  const items = plan().categories.map((category, at) => {
    const item = document.createElement("li");
    const color = Object.assign(document.createElement("input"), { type: "color", value: category.color.toLowerCase() });
    const name = Object.assign(document.createElement("input"), { type: "text", value: category.name });
    color.setAttribute("aria-label", category.name);
    name.setAttribute("aria-label", words.category);
    color.addEventListener("change", () => recategorise(at, { color: color.value.toUpperCase() }));
    name.addEventListener("change", () => fits(name) && recategorise(at, { name: name.value.trim() }));
    item.append(color, name);
    return item;
  });
  part("categories").replaceChildren(...items);
}

function recategorise(at, changes) {
  const old = plan().categories[at], made = { ...old, ...changes };
  const clash = plan().categories.some((one, index) => index !== at && one.name === made.name);
  if (!made.name || clash) return categories();
  const next = { ...plan(), categories: plan().categories.map((one, index) => (index === at ? made : one)) };
  if (made.name === old.name) return change(next);
  change(model.changeRows(next, (row) => (
    row.seats.some((seat) => seat.category === old.name)
      ? { ...row, seats: row.seats.map((seat) => (seat.category === old.name ? { ...seat, category: made.name } : seat)) }
      : row
  )));
}

/** Page up and down: the section, row or seat before or after the one that is selected. */
function neighbour(by) {
  const all = [], seen = new Set();
  for (const place of model.places(plan())) {
    const key = { seat: place.seat.id, row: place.row, section: place.section }[mode()];
    if (!seen.has(key)) { seen.add(key); all.push(place); }
  }
  if (!all.length) return;
  const at = all.findIndex((place) => group(place).some((id) => state.selected.has(id)));
  const next = all[Math.max(0, Math.min(all.length - 1, at < 0 ? 0 : at + by))];
  select(new Set(group(next)));
}

// -- What buttons do -------------------------------------------------------------------------------

/** Says at the field what is wrong with it; nothing is done. */
function refuse(input, text) {
  input.setCustomValidity(text);
  input.closest("details")?.setAttribute("open", "");
  input.reportValidity();
  input.addEventListener("input", () => input.setCustomValidity(""), { once: true });
  tell(text);
  return null;
}

function whole(name, most, least = 1) {
  const input = part(name), value = Number(input.value.trim() || NaN);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  return refuse(input, say(words.wholeNumber, { least, most }));
}

function fits(input, most = NAME_MAX) {
  return input.value.trim().length <= most || refuse(input, say(words.tooLong, { most }));
}

/** Numbers for `count` seats as chosen under "Number anew". */
function numbered(count) {
  const start = count && whole("start", 9999);
  return start && model.numbers(count, part("scheme").value, start, part("backwards").checked);
}

function turn(side) {
  if (!state.selected.size) return tell(words.none);
  const degrees = whole("degrees", 180);
  if (!degrees) return;
  change(model.turn(plan(), state.selected, side * degrees));
  tell(say(words.turned, { degrees: side * degrees }));
}

const actions = {
  undo: () => step(-1, words.undone),
  redo: () => step(1, words.redone),
  fit: () => view.fit(),
  "zoom-in": () => view.zoom(1.4),
  "zoom-out": () => view.zoom(1 / 1.4),
  block: () => set({ blocked: true }),
  unblock: () => set({ blocked: false }),
  aisle: () => change(model.toggleAisle(plan(), state.selected)),
  duplicate() {
    if (!state.selected.size) return tell(words.none);
    const { plan: next, made } = model.duplicate(plan(), state.selected);
    change(next, made);
    tell(counted(words.duplicated, made.size));
  },
  delete() {
    if (!state.selected.size) return tell(words.none);
    const count = state.selected.size;
    change(model.remove(plan(), state.selected), new Set());
    tell(counted(words.deleted, count));
  },
  "turn-left": () => turn(-1),
  "turn-right": () => turn(1),
  number() {
    const start = whole("start", 9999);
    if (start) change(model.renumber(plan(), state.selected, part("scheme").value, start, part("backwards").checked));
  },
  "add-row"() {
    const given = fits(part("row-name")) && numbered(whole("row-seats", 500));
    if (given) added(model.addRow(plan(), part("sections").value, part("row-name").value.trim(), given));
  },
  "add-section"() {
    const rows = fits(part("section-name")) && whole("section-rows", 200);
    const given = rows && numbered(whole("section-seats", 500));
    if (given) added(model.addSection(plan(), part("section-name").value.trim() || words.section, rows, given));
  },
  "add-stage": () => change(model.addStage(plan(), words.stage)),
  "add-category"() {
    const name = part("new-category").value.trim();
    if (!name || plan().categories.some((one) => one.name === name)) {
      tell(words.needName);
      return part("new-category").focus();
    }
    if (!fits(part("new-category"))) return;
    const color = part("new-color").value.toUpperCase();
    change({ ...plan(), categories: [...plan().categories, { name, color }] });
    part("new-category").value = "";
  },
  repair() {
    if (!state.repaired) return;
    change(complete(state.repaired), new Set());
    part("findings").hidden = true;
    tell(words.repaired);
  },
  check: () => check(),
  save: () => save(),
};

function added({ plan: next, made }) {
  if (!made.size) return;
  let seats = 0;
  for (const _ of model.places(next)) seats += 1;
  if (seats > SEATS_MAX) return tell(words.tooMany);
  change(next, made);
  view.fit();
  tell(counted(words.added, made.size));
}

function set(changes) {
  if (!state.selected.size) return tell(words.none);
  change(model.changeSeats(plan(), state.selected, (seat) => ({ ...seat, ...changes })));
}

function rename(input) {
  const first = picked()[0], name = input.value.trim();
  if (!first || !name || !fits(input, mode() === "seat" ? NUMBER_MAX : NAME_MAX)) return;
  if (mode() === "seat") return set({ number: name });
  if (mode() === "row") {
    return change(model.changeRows(plan(), (row) => (row === first.row ? { ...row, name } : row)));
  }
  const sections = plan().sections.map((one) => (one === first.section ? { ...one, name } : one));
  change({ ...plan(), sections });
}

// -- The server ------------------------------------------------------------------------------------

async function send(address) {
  const body = new FormData();
  body.append("csrf", root.querySelector("[name=csrf]").value);
  const { id, version, ...values } = plan();
  const draft = JSON.stringify({ ...values, base_version: state.base });
  body.append("plan", new Blob([draft], { type: "application/json" }), "plan.json");
  const response = await fetch(address, { method: "POST", body });
  const answer = (response.headers.get("content-type") || "").includes("application/json")
    ? await response.json() : null;
  if (!answer) throw new Error(String(response.status));
  return answer;
}

async function busily(work) {
  if (state.busy) return;
  state.busy = true;
  tell(words.saving);
  try {
    await work();
  } catch {
    tell(words.noAnswer);
  } finally {
    state.busy = false;
  }
}

const check = () => busily(async () => {
  const answer = await send(root.dataset.check);
  if (answer.problem) return tell(answer.problem);
  findings(answer);
  tell(answer.defects ? counted(words.defects, answer.defects) : words.checked);
});

const save = () => busily(async () => {
  const drawn = plan();
  const answer = await send(root.dataset.save);
  if (answer.version) {
    state.base = answer.version;
    state.saved = drawn;
    part("findings").hidden = true;
    return tell(say(words.saved, { version: answer.version }));
  }
  tell([answer.problem, answer.changed ? say(words.newer, { version: answer.changed }) : ""].join(" "));
  if (!answer.changed) {
    const told = await send(root.dataset.check);
    if (told.defects) findings(told);
  }
});

function findings(answer) {
  state.repaired = answer.plan;
  part("findings").hidden = !answer.defects;
  part("findings-title").textContent = counted(words.defects, answer.defects);
  part("findings-list").replaceChildren(...answer.findings.map((finding) => {
    const item = document.createElement("li"), go = document.createElement("button"), repair = document.createElement("em");
    go.type = "button";
    go.className = "text-link";
    go.textContent = finding.where;
    go.addEventListener("click", () => show(finding.at));
    repair.textContent = finding.repair;
    item.append(go, `: ${finding.message} `, repair);
    return item;
  }));
  if (answer.defects) part("findings-title").focus();
}

/** Selects what a finding names: `sections.0.rows.1.seats.2`. */
function show(at) {
  const [, section, , row, , seat] = at.split(".").map((text) => Number(text));
  const rows = plan().sections[section]?.rows ?? [];
  const some = Number.isInteger(row) ? [rows[row]].filter(Boolean) : rows;
  const seats = Number.isInteger(seat) ? [some[0]?.seats[seat]].filter(Boolean) : some.flatMap((one) => one.seats);
  select(new Set(seats.map((one) => one.id)));
  canvas.focus();
}

// -- Pointer and keys ------------------------------------------------------------------------------

let drag = null;

canvas.addEventListener("pointerdown", (event) => {
  canvas.setPointerCapture(event.pointerId);
  const place = view.seatAt(event.offsetX, event.offsetY);
  const start = view.at(event.offsetX, event.offsetY);
  if (event.button === 1 || event.altKey) drag = { kind: "pan" };
  else if (place) {
    const ids = group(place);
    const known = state.selected.has(place.seat.id);
    if (event.shiftKey || event.ctrlKey || event.metaKey) {
      const next = new Set(state.selected);
      for (const id of ids) if (known) next.delete(id); else next.add(id);
      select(next);
    } else if (!known) select(new Set(ids));
    drag = { kind: "move", start };
  } else drag = event.pointerType === "touch" ? { kind: "pan" } : { kind: "box", start, add: event.shiftKey };
});

canvas.addEventListener("pointermove", (event) => {
  if (!drag) return;
  const [x, y] = view.at(event.offsetX, event.offsetY);
  if (drag.kind === "pan") view.pan(event.movementX, event.movementY);
  else if (drag.kind === "move") view.offset = [Math.round((x - drag.start[0]) / 5) * 5, Math.round((y - drag.start[1]) / 5) * 5];
  else view.box = [...drag.start, x, y];
  view.soon();
});

function dropped() {
  if (!drag) return;
  const { kind, add } = drag;
  drag = null;
  if (kind === "move") {
    const [dx, dy] = view.offset;
    view.offset = [0, 0];
    if (dx || dy) shift(dx, dy);
  } else if (kind === "box") {
    const [ax, ay, bx, by] = view.box || [0, 0, 0, 0];
    view.box = null;
    const next = new Set(add ? state.selected : []);
    for (const place of model.places(plan())) {
      const { x, y } = place.seat;
      if (x >= Math.min(ax, bx) && x <= Math.max(ax, bx) && y >= Math.min(ay, by) && y <= Math.max(ay, by)) {
        for (const id of group(place)) next.add(id);
      }
    }
    select(next);
  }
}

canvas.addEventListener("pointerup", dropped);
canvas.addEventListener("pointercancel", dropped);
canvas.addEventListener("wheel", (event) => {
  event.preventDefault();
  view.zoom(event.deltaY < 0 ? 1.15 : 1 / 1.15, event.offsetX, event.offsetY);
}, { passive: false });

function shift(dx, dy) {
  if (!state.selected.size) return tell(words.none);
  change(model.move(plan(), state.selected, dx, dy));
  const { seat } = picked()[0];
  tell(say(words.moved, { x: Math.round(seat.x), y: Math.round(seat.y) }));
}

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

canvas.addEventListener("keydown", (event) => {
  const arrow = ARROWS[event.key];
  const far = event.shiftKey ? 25 : event.altKey ? 1 : 5;
  if (arrow && !event.ctrlKey && !event.metaKey) shift(arrow[0] * far, arrow[1] * far);
  else if (event.key === "Delete" || event.key === "Backspace") actions.delete();
  else if (event.key.toLowerCase() === "r" && !event.ctrlKey && !event.metaKey) turn(event.shiftKey ? -1 : 1);
  else if (event.key === "PageDown") neighbour(1);
  else if (event.key === "PageUp") neighbour(-1);
  else if (event.key === "Escape") select(new Set());
  else if (event.key === "+") view.zoom(1.4);
  else if (event.key === "-") view.zoom(1 / 1.4);
  else return;
  event.preventDefault();
});

root.addEventListener("keydown", (event) => {
  if (!event.ctrlKey && !event.metaKey) return;
  const typing = event.target.matches("input:not([type=radio], [type=checkbox]), textarea");
  const key = event.key.toLowerCase();
  if (key === "s") actions.save();
  else if (typing) return;
  else if (key === "z") actions[event.shiftKey ? "redo" : "undo"]();
  else if (key === "y") actions.redo();
  else if (key === "d") actions.duplicate();
  else if (key === "a" && event.target === canvas) {
    select(new Set([...model.places(plan())].map((place) => place.seat.id)));
  } else return;
  event.preventDefault();
});

root.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do]");
  if (button) actions[button.dataset.do]();
});
part("category").addEventListener("change", (event) => event.target.value && set({ category: event.target.value }));
part("kind").addEventListener("change", (event) => event.target.value && set({ kind: event.target.value }));
part("name").addEventListener("change", (event) => rename(event.target));
part("sections").addEventListener("change", (event) => {
  const section = plan().sections.find((one) => one.id === event.target.value);
  select(new Set(section.rows.flatMap((row) => row.seats.map((seat) => seat.id))));
});
part("rows").addEventListener("change", (event) => {
  const section = plan().sections.find((one) => one.id === part("sections").value);
  const rows = [...event.target.selectedOptions].map((option) => section.rows[Number(option.value)]);
  select(new Set(rows.flatMap((row) => row.seats.map((seat) => seat.id))));
});
for (const radio of root.querySelectorAll("[name=mode]")) radio.addEventListener("change", describe);
window.addEventListener("beforeunload", (event) => { if (changed()) event.preventDefault(); });
window.addEventListener("resize", () => view.soon());
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => view.soon());
new MutationObserver(() => view.soon()).observe(document.documentElement, { attributes: true });

/** Without what the contract may leave out. */
function complete(found) {
  return {
    ...found,
    sections: found.sections.map((section) => ({
      ...section, shapes: section.shapes ?? [],
      rows: section.rows.map((row) => ({ ...row, gap_after: row.gap_after ?? [] })),
    })),
  };
}

async function load() {
  root.hidden = false;
  tell(words.loading);
  const response = await fetch(root.dataset.load);
  if (!response.ok) return tell(words.failed);
  const found = complete(await response.json());
  state.base = found.version;
  state.steps = [found];
  state.saved = found;
  tell("");
  select(new Set());
  view.fit();
  root.dataset.ready = "";
}

load().catch(() => tell(words.failed));
