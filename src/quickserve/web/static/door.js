/* The door with JavaScript: the camera reads codes, the verdict comes without loading the page.
   Without it the form does the same. No words live here: the template gives them. */

const form = document.querySelector("[data-door]");
const scanner = document.querySelector("[data-scanner]");
const video = scanner.querySelector("video");
const PAUSE_MS = 1800; // the verdict is read before the next ticket is looked for
const LOOK_EVERY_MS = 120;
const FEEL = { go: [80], no: [120, 80, 120] };

let sending = false;
let last = "";

function mint() {
  // randomUUID exists on secure pages only; a scan's id only has to be new.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

function show(page) {
  for (const part of document.querySelectorAll("[data-part]")) {
    const fresh = page.querySelector(`[data-part="${part.dataset.part}"]`);
    if (fresh) part.replaceWith(document.adoptNode(fresh));
  }
  document.title = page.title || document.title;
  const kind = document.querySelector("[data-verdict]")?.dataset.verdict;
  navigator.vibrate?.(FEEL[kind] ?? []);
}

async function judge() {
  if (sending || !form.code.value.trim()) return;
  sending = true;
  try {
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    if (answer.redirected) return location.assign(answer.url);
    show(new DOMParser().parseFromString(await answer.text(), "text/html"));
    // Only now: a scan without an answer is sent again under the same id.
    form.scan.value = mint();
    form.code.value = "";
  } catch {
    document.querySelector(".verdict-word").textContent = form.dataset.lost;
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
