/* The runner's page with JavaScript: what is tapped without a connection is kept and sent in turn,
   and the phone tells where it is. Without it the forms do the same. No words live here. */

const page = document.querySelector("[data-runner]");
const KEY = `runner:${page.dataset.runner}`;
const ANSWER_MAX_MS = 10_000;
const AGAIN_MS = 8_000;
const TELL_MS = 5_000;
const FIXES_MAX = 500;

// -- What is tapped

let kept = JSON.parse(localStorage.getItem(KEY) ?? "[]");
let sending = false;

function mint() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

function keep(entries) {
  kept = entries;
  localStorage.setItem(KEY, JSON.stringify(kept));
  const pill = document.querySelector("[data-kept]");
  pill.hidden = kept.length === 0;
  pill.textContent = pill.dataset.words.replace("{}", kept.length);
}

function show(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  for (const part of document.querySelectorAll("[data-part]")) {
    const found = fresh.querySelector(`[data-part="${part.dataset.part}"]`);
    if (found) part.replaceChildren(...found.childNodes);
  }
  return Boolean(fresh.querySelector("[data-runner]"));
}

/** Throws where there was no answer, or none of the shift's: then it is sent again. */
async function send({ url, body }) {
  const token = document.querySelector("input[name=csrf]")?.value;
  const fields = new URLSearchParams(body);
  if (token) fields.set("csrf", token); // it may be another one than when it was tapped
  const answer = await fetch(url, {
    method: "POST",
    headers: { accept: "text/html" },
    body: fields,
    signal: AbortSignal.timeout(ANSWER_MAX_MS),
  });
  if (answer.status >= 500) throw new Error(`answered ${answer.status}`);
  if (!show(await answer.text())) {
    if (answer.redirected) location.assign(page.dataset.home); // signed out
    throw new Error("another page");
  }
}

async function flush() {
  if (sending || !kept.length) return;
  sending = true;
  try {
    while (kept.length) {
      await send(kept[0]);
      keep(kept.slice(1));
    }
  } catch {
    // it stays first in the line
  } finally {
    sending = false;
  }
}

async function tapped(form, submitter) {
  const fields = new URLSearchParams(new FormData(form, submitter));
  fields.set("at", new Date().toISOString());
  const entry = { url: form.action, body: fields.toString() };
  if (form.dataset.keep === "scan") form.reset();
  try {
    if (sending || kept.length) throw new Error("others come first");
    sending = true;
    await send(entry);
    if (form.dataset.keep === "scan") form.scan.value = mint();
  } catch {
    // Whether it arrived nobody knows. As another try it is the same handover, told later.
    if (form.dataset.keep === "handover") {
      fields.set("offline", "1");
      fields.set("handover", mint());
    }
    if (form.dataset.keep === "scan") form.scan.value = mint();
    keep([...kept, { ...entry, body: fields.toString() }]);
    const job = form.closest("[data-job]");
    job?.classList.add("kept");
    for (const button of job?.querySelectorAll("button") ?? []) button.disabled = true;
  } finally {
    sending = false;
  }
}

document.addEventListener(
  "submit",
  (event) => {
    if (!event.target.dataset.keep) return;
    event.preventDefault();
    tapped(event.target, event.submitter);
  },
  { capture: true },
);
addEventListener("online", flush);
setInterval(flush, AGAIN_MS);
keep(kept);
flush();

// -- Where it is

const where = document.querySelector("[data-where]");
let fixes = [];
let telling = false;

function say(word) {
  where.hidden = false;
  where.textContent = where.dataset[word];
}

async function tell() {
  if (telling || !fixes.length) return;
  telling = true;
  const some = fixes.slice(0, FIXES_MAX);
  try {
    const answer = await fetch(page.dataset.ingest, {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ key: page.dataset.key, fixes: some }),
      signal: AbortSignal.timeout(ANSWER_MAX_MS),
    });
    if (answer.status < 500 && answer.status !== 429) fixes = fixes.slice(some.length);
    if (answer.ok) say("sent");
  } catch {
    fixes = fixes.slice(-FIXES_MAX); // sent later: late ones count too
  } finally {
    telling = false;
  }
}

if (page.dataset.ingest && "geolocation" in navigator) {
  navigator.geolocation.watchPosition(
    ({ timestamp, coords }) => {
      fixes.push({
        at: new Date(timestamp).toISOString(),
        latitude: coords.latitude,
        longitude: coords.longitude,
        accuracy_m: coords.accuracy,
      });
    },
    () => say("denied"),
    { enableHighAccuracy: true, maximumAge: 2000 },
  );
  setInterval(tell, TELL_MS);
}
