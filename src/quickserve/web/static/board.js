/* The kitchen's board with JavaScript: follows what happens, keeps touches while the line is away,
   rings for new orders. Without it the forms do the same. No words live here: templates give them. */

const board = document.querySelector("[data-board]");
const line = document.querySelector("[data-line]");
const lost = document.querySelector("[data-lost]");
const signedOut = document.querySelector("[data-signed-out]");
const news = document.querySelector("[data-news]");
const chime = document.querySelector("[data-chime]");

const PULSE_MS = 8000;
const ANSWER_MAX_MS = 6000;
const RETRY_MS = [500, 1000, 2000, 4000, 8000];
const SOON_MS = 2 * 60 * 1000;
const NEWS_MS = 8000;
const AT_ONCE_MS = 700;
const DOUBLE_MS = 450;
const KEPT_MAX = 200;
const KEPT_UNDER = `kitchen:${board.dataset.stand}`;
const SOUND_UNDER = "kitchen:sound";
const MAKING = new Set(["submitted", "accepted", "preparing"]);

const all = (selector, root = document) => [...root.querySelectorAll(selector)];

function mint() {
  // randomUUID exists on secure pages only; a touch's id only has to be new.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

// Touches: kept in the browser until the server has answered, over reloads too.

const read = (key, otherwise) => {
  try {
    return JSON.parse(localStorage.getItem(key)) ?? otherwise;
  } catch {
    return otherwise;
  }
};
const write = (key, value) => {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // A browser that keeps nothing: touches live as long as the page.
  }
};

let kept = read(KEPT_UNDER, []);
let away = 0; // since when there is no line
let sending = false;
let failures = 0;
let retry;

function keep(touches) {
  kept = touches.slice(-KEPT_MAX);
  write(KEPT_UNDER, kept);
  showPending();
  showLine();
}

const touched = new Map(); // order → when: a double tap is one touch, whatever came to lie under it

function touch(form, button) {
  const fields = Object.fromEntries(new FormData(form));
  const card = board.querySelector(`[data-order="${fields.order}"]`);
  const early = Date.now() - (touched.get(fields.order) ?? 0) < DOUBLE_MS;
  if (early && card?.contains(form)) return;
  touched.set(fields.order, Date.now());
  const number = card?.dataset.number ?? form.dataset.number ?? "";
  const state = button.value.split(":")[0];
  keep([
    ...kept,
    {
      id: mint(), order: fields.order, to: button.value, seen: fields.seen, state, number,
      page: form.action, at: Date.now(),
    },
  ]);
  send();
}

function csrf() {
  return board.querySelector("input[name=csrf]")?.value ?? document.querySelector("input[name=csrf]").value;
}

async function send() {
  if (sending || !kept.length) return;
  sending = true;
  clearTimeout(retry);
  try {
    while (kept.length) {
      const [first] = kept;
      const outcome = await ask(first);
      if (outcome === "later") break;
      keep(kept.filter((one) => one.id !== first.id));
      if (outcome === "done") continue; // the stream shows it
      tell(board.dataset[outcome], first.number);
      show(served);
    }
  } finally {
    sending = false;
  }
  if (kept.length && signedOut.hidden) {
    retry = setTimeout(send, RETRY_MS[Math.min(failures, RETRY_MS.length - 1)]);
  }
}

/** "done", "overtaken", "refused" or "later". */
async function ask(one) {
  const { order, id, to, seen } = one;
  let answer;
  try {
    answer = await fetch(one.page, {
      method: "POST",
      headers: { accept: "application/json" },
      body: new URLSearchParams({ csrf: csrf(), order, id, to, seen }),
      signal: AbortSignal.timeout(ANSWER_MAX_MS),
    });
  } catch {
    failures += 1;
    online(false);
    return "later";
  }
  online(true);
  if (answer.ok) return "done";
  if (answer.status === 409) return "overtaken";
  if (answer.status === 401 || (answer.status === 403 && (await code(answer)) === "stale-form")) {
    signedOut.hidden = false;
    return "later";
  }
  if (answer.status < 500 && answer.status !== 429) return "refused";
  failures += 1;
  return "later";
}

async function code(answer) {
  try {
    return (await answer.json()).code;
  } catch {
    return "";
  }
}

/** What was touched and not answered yet: as it will be; marked when the answer is not at once. */
function showPending() {
  for (const card of all(".order")) {
    const last = kept.findLast((one) => one.order === card.dataset.order);
    const shown = card.dataset.pending ?? "";
    if (last && shown !== last.id) {
      card.dataset.pending = last.id;
      card.querySelector(".order-pending")?.remove();
      setMoves(card, last.state);
      setTimeout(showPending, AT_ONCE_MS + 50);
    }
    const late = last && (away || Date.now() - last.at > AT_ONCE_MS);
    if (late && !card.querySelector(".order-pending")) markPending(card, last);
    if (!last && shown) {
      delete card.dataset.pending;
      card.querySelector(".order-pending")?.remove();
    }
  }
}

function markPending(card, last) {
  const pending = document.querySelector("template[data-pending]").content.cloneNode(true);
  pending.querySelector("[data-pending-word]").textContent = word(last.state);
  pending.querySelector("[data-undo]").addEventListener("click", () => undo(last));
  card.querySelector("article").append(pending);
}

const word = (state) => {
  const ended = state === "delivered" ? "picked-up" : state;
  return document.querySelector(`[data-word-of="${ended}"]`)?.content.textContent.trim() ?? "";
};

function setMoves(card, state) {
  const template = document.querySelector(`[data-moves="${state} ${card.dataset.way}"]`);
  const form = card.querySelector("[data-move]");
  if (!template) {
    form.hidden = true;
    return;
  }
  const fresh = template.content.querySelector("form").cloneNode(true);
  fresh.elements.order.value = card.dataset.order;
  fresh.elements.id.value = mint();
  const focused = form.contains(document.activeElement);
  form.replaceWith(fresh);
  if (focused) fresh.querySelector("button").focus();
}

let served = board.innerHTML; // as the server showed it last

function undo(touched) {
  keep(kept.filter((one) => one.id !== touched.id));
  show(served);
}

// The board: what the server shows is put in place of what is there, card by card.

let behind = 0; // milliseconds by which this device's clock is behind the server's
let known = new Set(all(".order").map((card) => card.dataset.order));

const hint = (element) =>
  element?.closest(".order") &&
  `[data-order="${element.closest(".order").dataset.order}"] ${element.localName}`;

function show(html) {
  const box = document.createElement("div");
  served = box.innerHTML = html;
  const focused = board.contains(document.activeElement) ? document.activeElement : null;
  const open = all("details[open]", board).map((one) => one.closest(".order")?.dataset.order);
  const where = hint(focused);
  const value = focused?.value;
  const list = [...board.querySelectorAll(".order")].indexOf(focused?.closest(".order"));
  board.replaceChildren(...box.childNodes);
  for (const id of open) {
    board.querySelector(`[data-order="${id}"] details`)?.setAttribute("open", "");
  }
  setClock(board.querySelector("[data-now]"));
  showPending();
  tick();
  if (focused) refocus(where, value, list);
  ring();
}

/** Whoever works with keys stays where they were: the same order, else the next one. */
function refocus(where, value, place) {
  const same = where && all(where, board).find((one) => !value || one.value === value);
  const card = where && board.querySelector(where.split(" ")[0]);
  const next = card ?? all(".order", board)[place] ?? all(".order", board).at(-1);
  (same ?? next?.querySelector("button") ?? document.getElementById("main")).focus();
}

function setClock(element) {
  if (element) behind = Date.parse(element.dataset.now) - Date.now();
}

function clock(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const two = (number) => String(number).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

function tick() {
  const now = Date.now() + behind;
  for (const element of all("[data-elapsed]", board)) {
    const since = element.dataset.since ?? element.closest("[data-since]").dataset.since;
    element.textContent = clock(now - Date.parse(since));
  }
  for (const card of all(".order", board)) {
    if (!MAKING.has(card.dataset.state)) continue;
    const left = Date.parse(card.dataset.due) - now;
    card.dataset.age = left <= 0 ? "late" : left <= SOON_MS ? "soon" : "new";
  }
}

function tell(text, number) {
  const item = document.createElement("p");
  item.textContent = text.replace("{}", number);
  news.append(item);
  setTimeout(() => item.remove(), NEWS_MS);
}

// The line: a stream that says nothing may be dead, so it is asked for as well.

let source;
let held = ""; // while a finger is down: what lies under it stays until it is up

function follow() {
  source?.close();
  source = new EventSource(board.dataset.board);
  source.onmessage = ({ data }) => {
    if (held) held = data;
    else show(data);
    online(true);
  };
}

function release() {
  const html = held;
  held = "";
  if (html && html !== served) show(html);
}

function online(yes) {
  if (yes) {
    failures = 0;
    if (away) {
      away = 0;
      follow(); // catches up: it begins with all that is there
    }
  } else if (!away) {
    away = Date.now();
  }
  showLine();
}

function showLine() {
  line.hidden = false;
  line.dataset.state = away ? "offline" : "online";
  for (const part of all("[data-when]", line)) part.hidden = part.dataset.when !== line.dataset.state;
  board.toggleAttribute("data-stale", Boolean(away));
  lost.hidden = !away;
  const format = { hour: "2-digit", minute: "2-digit" };
  const since = lost.querySelector("[data-lost-since]");
  since.textContent = away ? new Date(away).toLocaleTimeString(document.documentElement.lang, format) : "";
  lost.querySelector("[data-lost-kept]").hidden = !kept.length;
  lost.querySelector("[data-lost-count]").textContent = kept.length;
}

async function pulse() {
  try {
    const answer = await fetch(board.dataset.pulse, {
      headers: { accept: "application/json" },
      signal: AbortSignal.timeout(ANSWER_MAX_MS),
      cache: "no-store",
    });
    if (answer.status >= 500) throw new Error(`answered ${answer.status}`);
    signedOut.hidden = answer.status !== 401;
    online(true);
    if (answer.ok && source?.readyState === EventSource.CLOSED) follow();
    if (answer.ok) send();
  } catch {
    online(false);
  }
}

// The chime: two notes that this browser makes, once somebody has touched the page.

let sound;
let wanted = read(SOUND_UNDER, false);

function ring() {
  const orders = all(".order", board).filter((card) => ["submitted", "accepted"].includes(card.dataset.state));
  const fresh = orders.filter((card) => !known.has(card.dataset.order));
  known = new Set(all(".order", board).map((card) => card.dataset.order));
  for (const card of fresh) tell(board.dataset.new, card.dataset.number);
  if (!fresh.length || !wanted || sound?.state !== "running") return;
  board.dataset.rung = Number(board.dataset.rung ?? 0) + 1;
  play();
}

function play() {
  for (const [pitch, after] of [[880, 0], [1175, 0.18]]) {
    const tone = sound.createOscillator();
    const volume = sound.createGain();
    const begin = sound.currentTime + after;
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0.0001, begin);
    volume.gain.exponentialRampToValueAtTime(0.4, begin + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.0001, begin + 0.5);
    tone.connect(volume).connect(sound.destination);
    tone.start(begin);
    tone.stop(begin + 0.55);
  }
}

async function wake() {
  if (!wanted || !("AudioContext" in window)) return;
  sound ??= new AudioContext();
  if (sound.state === "suspended") await sound.resume();
}

function showSound() {
  chime.setAttribute("aria-pressed", wanted);
  for (const part of all("[data-when]", chime)) part.hidden = part.dataset.when !== (wanted ? "on" : "off");
}

if ("AudioContext" in window) {
  chime.hidden = false;
  showSound();
  chime.addEventListener("click", async () => {
    wanted = !wanted;
    write(SOUND_UNDER, wanted);
    showSound();
    await wake();
    if (wanted) play();
  });
  // After a reload the browser wants a touch before it lets anything sound; any touch does.
  document.addEventListener("pointerdown", wake, { capture: true });
  document.addEventListener("keydown", wake, { capture: true });
}

board.addEventListener("submit", (event) => {
  const { target: form, submitter } = event;
  if (!("move" in form.dataset) || !submitter?.value) return;
  event.preventDefault();
  touch(form, submitter);
});
board.addEventListener("pointerdown", () => {
  held ||= served;
});
for (const end of ["pointerup", "pointercancel"]) {
  addEventListener(end, () => setTimeout(release));
}
addEventListener("online", pulse);
addEventListener("offline", () => online(false));
document.addEventListener("visibilitychange", () => document.hidden || pulse());

setClock(board.querySelector("[data-now]"));
showPending();
showLine();
tick();
follow();
send();
setInterval(tick, 1000);
setInterval(pulse, PULSE_MS);
