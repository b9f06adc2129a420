/* The plan of an area: drawn from its geometry, walked by arrow keys, live while one looks.
   The ticked seats of the form are the truth; without this script rows are lists of ticks. */

const SVG = "http://www.w3.org/2000/svg";
const TAKEN = "M-5 -5L5 5M5 -5L-5 5";
const MINE = "M-11 0a11 11 0 1 0 22 0a11 11 0 1 0 -22 0zM-5 0l4 4l7 -8";
const PITCH_MIN = 28; // pixels from seat to seat, so that a thumb hits one
const ZOOM = 1.4;

const form = document.querySelector("[data-seats-form]");
const list = form.querySelector("[data-chosen]");
const told = JSON.parse(form.dataset.told);
const { words, categories } = told;
const ticks = () => [...form.querySelectorAll("input[name=seat]:checked")];
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");

const ticketOf = (tick) => tick.closest("label").parentElement.querySelector("select");

// Links to other parts of the house take along what is ticked.
function keep() {
  const all = ticks();
  for (const link of document.querySelectorAll("a[data-keep]")) {
    const target = new URL(link.getAttribute("href"), location.href);
    for (const key of [...target.searchParams.keys()])
      if (key === "seat" || key.startsWith("as-")) target.searchParams.delete(key);
    if (!all.length) target.searchParams.append("seat", "");
    for (const tick of all) {
      target.searchParams.append("seat", tick.value);
      const ticket = ticketOf(tick);
      if (ticket) target.searchParams.append(ticket.name, ticket.value);
    }
    link.setAttribute("href", target.pathname + target.search);
  }
  if (list) list.querySelector("[data-none]").hidden = Boolean(list.querySelector("input"));
}

function sum() {
  const counts = categories.map(() => 0);
  let minor = 0;
  for (const tick of ticks()) {
    const at = Number(tick.dataset.category);
    let place = counts[at]++;
    const { kinds } = categories[at];
    const chosen = ticketOf(tick)?.value;
    minor += kinds.find(({ id, count }) => (chosen ? id === chosen : (place -= count) < 0)).minor;
  }
  const format = new Intl.NumberFormat(document.documentElement.lang, {
    style: "currency",
    currency: told.currency,
    minimumFractionDigits: told.scale,
  });
  const text = format.format(minor / 10 ** told.scale).replaceAll("\u202f", "\u00a0");
  form.querySelector("[data-sum]").textContent = text;
  form.querySelector("[data-sum-line]").hidden = !ticks().length;
}

form.addEventListener("change", () => {
  sum();
  keep();
});

function begin(box) {
  const seats = new Map(); // id → seat
  const order = []; // as the bits are
  let rows = []; // from top to bottom, each from left to right
  let current;

  const said = document.createElement("p");
  said.className = "vh";
  said.setAttribute("role", "status");
  const news = document.createElement("div");
  box.append(said, news);

  const name = (seat) => fill(words.seat, { row: seat.row, number: seat.number });
  const label = (seat) => [box.dataset.label, seat.row, seat.number].filter(Boolean).join(" · ");
  const tickOf = (seat) => ticks().find((tick) => tick.value === seat.id);
  const sold = (seat) => categories[seat.category].kinds.length > 0;

  function show(seat) {
    const category = categories[seat.category];
    const mine = Boolean(tickOf(seat));
    const state = mine ? "mine" : seat.taken ? "taken" : sold(seat) ? "free" : "off";
    if (state === seat.state) return;
    seat.state = state;
    const { node } = seat;
    node.setAttribute("class", `seat seat-${state}`);
    node.setAttribute("d", mine ? MINE : seat.taken ? TAKEN : category.mark);
    node.setAttribute("aria-selected", mine);
    if (mine || state === "free") node.removeAttribute("aria-disabled");
    else node.setAttribute("aria-disabled", true);
    const kind = words[seat.kind];
    const parts = [name(seat), kind, category.name, category.price, words[state]];
    node.setAttribute("aria-label", parts.filter(Boolean).join(", "));
  }

  function tick(seat, ticket) {
    const line = document.createElement("div");
    line.className = "seat-line";
    const tickable = document.createElement("label");
    const input = document.createElement("input");
    Object.assign(input, { type: "checkbox", name: "seat", value: seat.id, checked: true });
    input.dataset.category = seat.category;
    const text = document.createElement("span");
    const title = document.createElement("span");
    title.className = "line-name";
    title.textContent = label(seat);
    const note = document.createElement("span");
    note.className = "line-note";
    const category = categories[seat.category];
    note.textContent = category.choose
      ? category.name
      : `${category.name} · ${category.price}`;
    text.append(title, note);
    tickable.append(input, text);
    line.append(tickable);
    if (category.choose) line.append(ticketsFor(seat, category, ticket));
    list.append(line);
  }

  function ticketsFor(seat, category, ticket) {
    const select = document.createElement("select");
    select.className = "seat-kind";
    select.name = `as-${seat.id}`;
    select.setAttribute("aria-label", fill(words.ticket, { seat: label(seat) }));
    for (const { id, text } of category.kinds)
      select.append(new Option(text, id, false, id === ticket));
    return select;
  }

  const untick = (input) => input.closest(".seat-line").remove();
  const changed = () => list.dispatchEvent(new Event("change", { bubbles: true }));

  function toggle(seat, ticket) {
    const before = tickOf(seat);
    if (before) {
      untick(before);
      said.textContent = fill(words.dropped, { seat: name(seat) });
    } else if (seat.taken || !sold(seat)) {
      said.textContent = `${name(seat)}: ${seat.taken ? words.taken : words.off}`;
      return;
    } else {
      const all = ticks();
      let other;
      if (all.length >= told.most) {
        if (!told.swap) {
          said.textContent = words.full;
          return;
        }
        other = all[0].closest(".seat-line").querySelector(".line-name").textContent;
        untick(all[0]);
      }
      tick(seat, ticket);
      const as = ticketOf(tickOf(seat))?.selectedOptions[0].text;
      const text = other ? words.swapped : as ? words.chosen_as : words.chosen;
      said.textContent = fill(text, { seat: name(seat), other, ticket: as });
    }
    changed();
  }

  // The others stay; the nearest free one is a tap away.
  function gone(seat) {
    const input = tickOf(seat);
    if (!input) return;
    const ticket = ticketOf(input)?.value;
    untick(input);
    // Another row is three times as far, whichever way it runs; as in house_plan.py.
    const between = (a, b) => Math.hypot(a.x - b.x, a.y - b.y) * (a.line === b.line ? 1 : 3);
    const friends = order.filter(tickOf);
    const away = (one) =>
      between(one, seat) + 2 * Math.min(...friends.map((friend) => between(one, friend)), 1e6);
    const fine = (one) =>
      !one.taken && one.category === seat.category && one.kind === seat.kind && !tickOf(one);
    const nearest = order.filter(fine).sort((a, b) => away(a) - away(b))[0];
    const note = document.createElement("div");
    note.className = "note bad";
    note.setAttribute("role", "alert");
    const text = document.createElement("div");
    text.className = "note-text";
    const others = ticks().length ? words.kept : "";
    text.textContent = `${fill(words.gone, { seat: name(seat) })} ${others}`;
    note.append(text);
    if (nearest) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "button quiet";
      button.textContent = fill(words.instead, { seat: name(nearest) });
      button.addEventListener("click", () => {
        note.remove();
        if (!tickOf(nearest)) toggle(nearest, ticket);
        go(nearest);
      });
      text.append(document.createElement("br"), button);
    }
    news.replaceChildren(note);
    changed();
  }

  function take(bits) {
    const bytes = Uint8Array.from(atob(bits), (letter) => letter.charCodeAt(0));
    order.forEach((seat, index) => {
      const taken = Boolean((bytes[index >> 3] >> (index & 7)) & 1);
      if (taken === seat.taken) return;
      seat.taken = taken;
      if (taken) gone(seat);
      show(seat);
    });
  }

  function go(seat) {
    current?.node.setAttribute("tabindex", -1);
    current = seat;
    seat.node.setAttribute("tabindex", 0);
    seat.node.focus();
    seat.node.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  function step(key) {
    const row = rows[current.line];
    const at = row.indexOf(current);
    if (key === "ArrowLeft") return row[at - 1];
    if (key === "ArrowRight") return row[at + 1];
    if (key === "Home") return row[0];
    if (key === "End") return row[row.length - 1];
    const other = rows[current.line + { ArrowUp: -1, ArrowDown: 1 }[key]];
    const off = (seat) => Math.abs(seat.x - current.x);
    return other?.reduce((best, seat) => (off(seat) < off(best) ? seat : best));
  }

  const seatAt = (target) => seats.get(target.dataset?.seat);

  function draw(geometry) {
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("role", "grid");
    svg.setAttribute("aria-label", box.dataset.label);
    svg.setAttribute("aria-multiselectable", true);
    const points = geometry.flatMap(([, found]) => found);
    const pitches = geometry.flatMap(([, found]) =>
      found.slice(1).map((one, n) => Math.hypot(one[2] - found[n][2], one[3] - found[n][3])),
    );
    pitches.sort((a, b) => a - b);
    const pitch = pitches[pitches.length >> 1] || 25;
    const unit = pitch / 25; // marks are drawn 20 wide, 25 apart
    const left = Math.min(...points.map((one) => one[2])) - 3 * pitch;
    const top = Math.min(...points.map((one) => one[3])) - pitch;
    const width = Math.max(...points.map((one) => one[2])) + pitch - left;
    const height = Math.max(...points.map((one) => one[3])) + pitch - top;
    svg.setAttribute("viewBox", `0 0 ${width / unit} ${height / unit}`);
    for (const [rowName, found] of geometry) {
      const group = document.createElementNS(SVG, "g");
      group.setAttribute("role", "row");
      group.setAttribute("aria-label", fill(words.row, { row: rowName }));
      const line = [];
      for (const [id, number, x, y, category, kind] of found) {
        const node = document.createElementNS(SVG, "path");
        const seat = { id, number, x, y, category, kind, row: rowName, node, taken: false };
        node.setAttribute("role", "gridcell");
        node.setAttribute("tabindex", -1);
        node.setAttribute("fill", categories[category].color);
        const at = `${((x - left) / unit).toFixed(1)} ${((y - top) / unit).toFixed(1)}`;
        node.setAttribute("transform", `translate(${at})`);
        node.dataset.seat = id;
        group.append(node);
        seats.set(id, seat);
        order.push(seat);
        line.push(seat);
      }
      if (!line.length) continue;
      line.sort((a, b) => a.x - b.x);
      rows.push(line);
      const text = document.createElementNS(SVG, "text");
      text.setAttribute("x", ((line[0].x - left) / unit - 16).toFixed(1));
      text.setAttribute("y", ((line[0].y - top) / unit).toFixed(1));
      text.setAttribute("aria-hidden", true);
      text.textContent = rowName;
      svg.append(group, text);
    }
    const middle = (row) => row.reduce((all, seat) => all + seat.y, 0) / row.length;
    rows = rows.sort((a, b) => middle(a) - middle(b));
    rows.forEach((row, line) => row.forEach((seat) => Object.assign(seat, { line })));
    take(box.dataset.bits);
    order.forEach(show);
    current = order.find((seat) => tickOf(seat)) ?? order.find((seat) => seat.state === "free");
    current ??= order[0];
    current.node.setAttribute("tabindex", 0);
    return [svg, width / unit];
  }

  function frame(svg, width) {
    const scroll = document.createElement("div");
    scroll.className = "seat-scroll";
    const tools = document.createElement("div");
    tools.className = "seat-zoom";
    tools.append(box.firstElementChild);
    let shown = 0;
    const zoom = (pixels) => {
      const middle = (scroll.scrollLeft + scroll.clientWidth / 2) / (shown || pixels);
      shown = pixels;
      svg.setAttribute("width", Math.round(pixels));
      scroll.scrollLeft = middle * pixels - scroll.clientWidth / 2;
    };
    for (const [sign, text, factor] of [
      ["−", box.dataset.further, 1 / ZOOM],
      ["+", box.dataset.nearer, ZOOM],
    ]) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "button quiet";
      button.textContent = sign;
      button.setAttribute("aria-label", text);
      button.addEventListener("click", () => zoom(Math.min(8000, Math.max(200, shown * factor))));
      tools.append(button);
    }
    scroll.append(svg);
    box.prepend(tools, scroll);
    box.hidden = false;
    zoom(Math.max(scroll.clientWidth, (width / 25) * PITCH_MIN));
    const at = current.node.getBoundingClientRect();
    const view = scroll.getBoundingClientRect();
    scroll.scrollLeft += at.left - view.left - view.width / 2;
    scroll.scrollTop += at.top - view.top - view.height / 2;
  }

  function follow() {
    let source;
    const look = () => {
      source?.close();
      source = document.hidden ? undefined : new EventSource(box.dataset.follow);
      if (source) source.onmessage = ({ data }) => take(data);
    };
    document.addEventListener("visibilitychange", look);
    look();
  }

  box.addEventListener("click", (event) => {
    const seat = seatAt(event.target);
    if (!seat) return;
    go(seat);
    toggle(seat);
  });
  box.addEventListener("keydown", (event) => {
    const seat = seatAt(event.target);
    if (!seat || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === " " || event.key === "Enter") toggle(seat);
    else if (/^(Arrow(Left|Right|Up|Down)|Home|End)$/.test(event.key)) {
      const next = step(event.key);
      if (next) go(next);
    } else return;
    event.preventDefault();
  });
  form.addEventListener("change", () => {
    for (const input of list.querySelectorAll("input:not(:checked)")) untick(input);
    order.forEach(show);
  });

  return fetch(box.dataset.geometry)
    .then((answer) => answer.json())
    .then((geometry) => {
      performance.mark("seats-got");
      frame(...draw(geometry));
      performance.mark("seats-drawn");
      follow();
    });
}

const box = document.querySelector("[data-seat-map]");
if (box) begin(box);
