/* What pages gain from JavaScript; each works as a plain form without it. No words live here:
   templates give them in data- attributes, in the page's language. */

const YEAR_SECONDS = 365 * 24 * 3600;
const WARN_MS = 2 * 60 * 1000;
const COUNTED_MS = 60 * 60 * 1000; // before that the page says until when
const LIVE_RETRY_MS = 15_000;
const SENDING_MS_MAX = 10_000; // after that a second try is allowed: servers recognise repeats

const all = (selector, root = document) => root.querySelectorAll(selector);

/** A region that screen readers speak. */
function status(parent) {
  const region = document.createElement("span");
  region.className = "vh";
  region.setAttribute("role", "status");
  parent.append(region);
  return region;
}

/** Each element once, however often the page is looked through. */
function enhance(selector, how) {
  for (const element of all(`${selector}:not([data-enhanced])`)) {
    element.dataset.enhanced = "";
    how(element);
  }
}

// Theme: the form works by itself; here it only spares the page load.
function theme(form) {
  form.addEventListener("submit", (event) => {
    const value = event.submitter?.value;
    if (!value) return;
    event.preventDefault();
    document.documentElement.dataset.theme = value;
    const secure = location.protocol === "https:" ? ";secure" : "";
    document.cookie = `theme=${value};path=/;max-age=${YEAR_SECONDS};samesite=lax${secure}`;
    form.querySelector(`button:not([value="${value}"])`)?.focus();
  });
}

// Quantity: a button on each side of the number field.
function stepper(box) {
  const input = box.querySelector("input");
  const said = status(box);
  const limit = (value) => Math.min(Number(input.max), Math.max(Number(input.min), value));
  const button = (sign, step, label) => {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = sign;
    made.setAttribute("aria-label", label);
    made.addEventListener("click", () => {
      const before = input.value;
      input.value = limit(Number(input.value) + step);
      if (input.value === before) return;
      said.textContent = `${input.value} × ${box.dataset.name}`;
      input.dispatchEvent(new Event("change", { bubbles: true }));
    });
    return made;
  };
  const less = button("−", -1, box.dataset.less);
  const more = button("+", 1, box.dataset.more);
  const show = () => {
    less.setAttribute("aria-disabled", Number(input.value) <= Number(input.min));
    more.setAttribute("aria-disabled", Number(input.value) >= Number(input.max));
  };
  input.addEventListener("change", show);
  input.before(less);
  input.after(more);
  show();
}

// Total: the sum of quantity × price of the rows, in minor units until it is shown.
function total(form) {
  const output = form.querySelector("[data-total]");
  const scale = Number(form.dataset.scale);
  const show = () => {
    let minor = 0;
    for (const input of all("[data-price-minor]", form)) {
      minor += Math.max(0, Math.trunc(Number(input.value) || 0)) * Number(input.dataset.priceMinor);
    }
    const digits = minor ? scale : 0;
    const format = new Intl.NumberFormat(document.documentElement.lang, {
      style: "currency",
      currency: form.dataset.currency,
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    });
    // As the server writes it: French thin spaces vanish in our tight figures.
    output.textContent = format.format(minor / 10 ** scale).replaceAll("\u202f", "\u00a0");
  };
  output.closest("[hidden]")?.removeAttribute("hidden");
  form.addEventListener("input", show);
  form.addEventListener("change", show);
  show();
}

/** Milliseconds by which the server's clock is ahead of this device's. */
function skew(serverNow) {
  const visit = performance.getEntriesByType("navigation")[0];
  const fresh = visit && visit.type !== "back_forward" && visit.transferSize > 0;
  if (!fresh) return 0; // an answer kept since earlier says nothing about now
  return Date.parse(serverNow) - (performance.timeOrigin + visit.responseStart);
}

// Hold: counts down, warns at two minutes, says when it is over; what was typed stays.
function timer(box) {
  const shown = box.querySelector("[data-countdown]");
  const said = status(box);
  const end = Date.parse(box.dataset.expiresAt) - skew(box.dataset.now);
  let told = "";
  const tell = (text) => {
    if (told !== text) said.textContent = told = text;
  };
  const tick = () => {
    const left = Math.max(0, end - Date.now());
    const seconds = Math.ceil(left / 1000);
    const text = `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")}`;
    if (left <= COUNTED_MS) shown.textContent = box.dataset.left.replace("{}", text);
    box.classList.toggle("soon", left <= WARN_MS);
    if (left > 0 && left <= WARN_MS) tell(box.dataset.warn);
    if (left > 0) return;
    clearInterval(clock);
    box.firstElementChild.textContent = box.dataset.over;
    tell(box.dataset.over);
  };
  const clock = setInterval(tick, 1000);
  tick();
}

// Copy: shown only where the browser can.
function copy(button) {
  if (!navigator.clipboard) return;
  button.hidden = false;
  const said = status(button.parentElement);
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = said.textContent = button.dataset.copied;
  });
}

// Share: shown only where the device has a sheet for it, which one may close again.
function share(button) {
  if (!navigator.share) return;
  button.hidden = false;
  button.addEventListener("click", () =>
    navigator.share({ title: document.title, url: button.dataset.share }).catch(() => {}),
  );
}

// Live: the server sends a part's content whenever it is another; pages nobody sees do not ask.
const words = (element) => element.textContent.replace(/\s+/g, " ").trim();
function live(box) {
  let source;
  const follow = () => {
    if (document.hidden) {
      source?.close();
      source = undefined;
    } else if (!source) {
      source = new EventSource(box.dataset.live);
      source.onmessage = ({ data }) => {
        const part = document.createElement("div");
        part.innerHTML = data;
        const same = words(part) === words(box);
        if (!same && !box.contains(document.activeElement)) box.replaceChildren(...part.childNodes);
      };
      source.onerror = () => {
        if (source?.readyState !== EventSource.CLOSED) return; // it tries again by itself
        source = undefined;
        setTimeout(follow, LIVE_RETRY_MS * (1 + Math.random()));
      };
    }
  };
  document.addEventListener("visibilitychange", follow);
  follow();
}

// Files: one that is too large is told before it is sent.
function file(input) {
  input.addEventListener("change", () => {
    const large = [...input.files].some((one) => one.size > Number(input.dataset.bytesMax));
    input.setCustomValidity(large ? input.dataset.tooLarge : "");
    if (large) input.reportValidity();
  });
}

function look() {
  enhance(".theme", theme);
  enhance(".stepper", stepper);
  enhance("form[data-currency]", total);
  enhance("[data-expires-at]", timer);
  enhance("[data-copy]", copy);
  enhance("[data-share]", share);
  enhance("[data-bytes-max]", file);
  enhance("[data-live]", live);
  enhance("[data-error-summary]", (summary) => summary.focus());
}

// A double tap does nothing twice. Forms that htmx sends arrive here already prevented.
const sending = new Map(); // form → what lets it be sent again
document.addEventListener("submit", (event) => {
  const { target: form, submitter } = event;
  if (event.defaultPrevented || form.method !== "post") return;
  if (sending.has(form)) {
    event.preventDefault();
    return;
  }
  submitter?.setAttribute("aria-disabled", "true");
  const release = () => {
    sending.delete(form);
    submitter?.removeAttribute("aria-disabled");
  };
  sending.set(form, release);
  setTimeout(release, SENDING_MS_MAX);
});
addEventListener("pageshow", (event) => {
  if (event.persisted) for (const release of sending.values()) release();
});

document.addEventListener("htmx:after:swap", look);
look();
