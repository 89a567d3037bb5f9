// Elements. All text goes in as text, never as HTML: nothing here, or elsewhere, writes markup.

export const byId = (id) => document.getElementById(id);

/**
 * A new element. Properties that are no words of JavaScript (`aria-label`), and `role`, `for`, `scope`, become attributes;
 * `onclick` and its like listeners. Children that are strings become text; null and false are left out.
 */
export function el(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null) continue;
    if (name.includes("-") || ["role", "for", "scope", "list", "colspan"].includes(name)) element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** A button. Its class is `quiet` unless said otherwise. */
export function button(text, onclick, properties = {}) {
  return el("button", { type: "button", className: "quiet", onclick, ...properties }, text);
}

/** Text for screen readers alone. */
export const hiddenText = (text) => el("span", { className: "visually-hidden" }, text);

/** A number of a width that CSS classes cannot have. Set by script, which a strict policy for styles allows. */
export function meter(part) {
  const bar = el("i");
  bar.style.width = `${Math.max(0, Math.min(100, 100 * part))}%`;
  return el("span", { className: "meter", "aria-hidden": "true" }, bar);
}

/** Shows in `panel` that there is nothing to show, and what to do about it. */
export function showEmpty(panel, title, detail = "", ...more) {
  panel.replaceChildren(el("div", { className: "empty" }, el("strong", {}, title), detail && el("span", {}, detail), more));
}

/** Shows what went wrong, with a way to try again. */
export function showProblem(panel, problem, retry) {
  const title = problem.title || "Something went wrong";
  const detail = problem.title ? problem.detail : String(problem.message || problem);
  panel.replaceChildren(el("div", { className: "empty failed", role: "alert" },
    el("strong", {}, title), el("span", {}, detail), retry && button("Try again", retry)));
}

/** Says something once to screen readers, and to others at the foot of the page for some seconds. */
export function announce(text) {
  const place = byId("announcer");
  place.textContent = text;
  place.dataset.shown = "true";
  clearTimeout(announce.timer);
  announce.timer = setTimeout(() => { delete place.dataset.shown; }, 4_000);
}

/** Copies `text`, and says so. */
export async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
    announce(`${what} copied`);
  } catch {
    announce(`The browser does not allow copying: ${text}`);
  }
}

/** Gives the reader a file: of a text, or a Blob. */
export function download(name, type, text) {
  const address = URL.createObjectURL(text instanceof Blob ? text : new Blob([text], { type }));
  el("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
