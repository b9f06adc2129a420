/* The door with JavaScript: the camera reads codes, the verdict comes without loading the page.
   Without it the form does the same. No words live here: the template gives them. */

const form = document.querySelector("[data-door]");
const scanner = document.querySelector("[data-scanner]");
const video = scanner.querySelector("video");
const lost = document.querySelector("[data-lost]");
const PAUSE_MS = 1800; // the verdict is read before the next ticket is looked for
const LOOK_EVERY_MS = 120;
const ANSWER_MAX_MS = 10_000;
const FEEL = { go: [80], no: [120, 80, 120] };

let sending = false;
let last = "";
let unanswered = "";

function mint() {
  // randomUUID exists on secure pages only; a scan's id only has to be new.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

function show(page) {
  document.title = page.title || page.querySelector(".verdict-word").textContent;
  for (const part of document.querySelectorAll("[data-part]")) {
    const fresh = page.querySelector(`[data-part="${part.dataset.part}"]`);
    if (fresh) part.replaceWith(document.adoptNode(fresh));
  }
  const kind = document.querySelector("[data-verdict]")?.dataset.verdict;
  navigator.vibrate?.(FEEL[kind] ?? []);
}

async function judge() {
  const code = form.code.value.trim();
  if (sending || !code) return;
  // A scan without an answer is sent again under the same id; another ticket is another scan.
  if (unanswered && unanswered !== code) form.scan.value = mint();
  unanswered = code;
  sending = true;
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      headers: { accept: "text/html" },
      body: new URLSearchParams(new FormData(form)),
      signal: AbortSignal.timeout(ANSWER_MAX_MS),
    });
    if (answer.redirected) return location.assign(answer.url); // the session ended: sign in again
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!page.querySelector("[data-part=verdict]")) throw new Error(`answered ${answer.status}`);
    show(page);
    form.scan.value = mint();
    unanswered = "";
    form.reset(); // also forgets that the emptied field was filled in: it is not wrong
  } catch {
    show(lost.content.cloneNode(true)); // never the verdict of the ticket before
  } finally {
    sending = false;
    if (scanner.hidden) form.code.focus();
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  judge();
});

async function detector() {
  if ("BarcodeDetector" in window) return new BarcodeDetector({ formats: ["qr_code"] });
  await new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = scanner.dataset.reader;
    script.onload = resolve;
    script.onerror = reject;
    document.head.append(script);
  });
  const reader = window.BarcodeDetectionAPI;
  reader.prepareZXingModule({ overrides: { locateFile: () => scanner.dataset.wasm } });
  return new reader.BarcodeDetector({ formats: ["qr_code"] });
}

async function look(codes) {
  if (scanner.hidden) return;
  let wait = LOOK_EVERY_MS;
  if (!sending && video.readyState >= 2) {
    const [found] = await codes.detect(video).catch(() => []);
    const text = found?.rawValue ?? "";
    if (text && text !== last) {
      last = text;
      form.code.value = text;
      await judge();
      wait = PAUSE_MS;
    } else if (!text) {
      last = ""; // the ticket left the picture: the same one may be shown again
    }
  }
  setTimeout(() => look(codes), wait);
}

function camera(button) {
  const stop = () => {
    for (const track of video.srcObject?.getTracks() ?? []) track.stop();
    video.srcObject = null;
    scanner.hidden = true;
    button.textContent = button.dataset.on;
    form.code.focus();
  };
  button.addEventListener("click", async () => {
    if (!scanner.hidden) return stop();
    try {
      video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      await video.play();
      scanner.hidden = false;
      button.textContent = button.dataset.off;
      look(await detector());
    } catch {
      stop();
      button.textContent = button.dataset.denied;
    }
  });
}

const switches = document.querySelector("[data-camera]");
if (navigator.mediaDevices?.getUserMedia) {
  switches.hidden = false;
  camera(switches);
}
