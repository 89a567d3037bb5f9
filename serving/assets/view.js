// Building blocks of the page. All text goes in as text, never as HTML.

const whole = new Intl.NumberFormat();
const precise = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
const percent = new Intl.NumberFormat(undefined, { style: "percent", maximumFractionDigits: 1 });
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

export const number = (value) => (Number.isFinite(value) ? whole.format(value) : "–");
export const decimal = (value) => (Number.isFinite(value) ? precise.format(value) : "–");
export const share = (part, of) => (of > 0 ? percent.format(part / of) : "");
export const byId = (id) => document.getElementById(id);

/** A moment for people; `otherwise` if it is none. */
export function when(value, otherwise = "–") {
  const time = new Date(value ?? NaN);
  return Number.isNaN(time.getTime()) ? otherwise : moment.format(time);
}

/** Some milliseconds for people. */
export function duration(ms) {
  if (!Number.isFinite(ms)) return "–";
  if (ms < 1_000) return `${number(Math.round(ms))} ms`;
  if (ms < 120_000) return `${decimal(ms / 1_000)} s`;
  return `${number(Math.round(ms / 60_000))} min`;
}

/** A new element with properties and children; strings become text. */
export function el(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  Object.assign(element, properties);
  element.append(...children);
  return element;
}

/** Shows that there is nothing to show, and why. */
export function showEmpty(panel, title, detail = "") {
  panel.replaceChildren(el("div", { className: "empty" }, el("strong", {}, title), el("span", {}, detail)));
}

/** Shows what went wrong, with a way to try again. */
export function showProblem(panel, problem, retry) {
  const button = el("button", { type: "button", className: "quiet", onclick: retry }, "Try again");
  const title = problem.title || "Something went wrong";
  const detail = problem.title ? problem.detail : String(problem.message || problem);
  const box = el("div", { className: "empty failed" }, el("strong", {}, title), el("span", {}, detail), button);
  box.setAttribute("role", "alert");
  panel.replaceChildren(box);
}

/** A table of names with their numbers, shares and meters, largest first. */
export function showRanking(panel, heading, rows) {
  const total = rows.reduce((sum, row) => sum + row.value, 0);
  const largest = Math.max(1, ...rows.map((row) => row.value));
  const head = el("tr", {},
    el("th", { scope: "col" }, heading),
    el("th", { scope: "col", className: "number" }, "Clicks"),
    el("th", { scope: "col", className: "number" }, "Share"));
  const body = rows.map((row) => {
    const bar = el("i");
    bar.style.width = `${(100 * row.value) / largest}%`;
    const meter = el("span", { className: "meter" }, bar);
    meter.setAttribute("aria-hidden", "true");
    return el("tr", {},
      el("th", { scope: "row" }, el("span", { className: "label", title: row.title || row.name }, row.name), meter),
      el("td", { className: "number" }, number(row.value)),
      el("td", { className: "number share" }, share(row.value, total)));
  });
  panel.replaceChildren(el("table", { className: "ranking" }, el("thead", {}, head), el("tbody", {}, ...body)));
}

/** What the answer says about itself. */
export function showStatus(panel, meta) {
  const settled = meta.settled?.clicks ?? 0;
  const live = meta.live?.clicks ?? 0;
  const verdict = meta.complete === false
    ? el("p", { className: "verdict open" }, "Not complete: some events are still being counted again.")
    : el("p", { className: "verdict" }, "Complete: every acknowledged event is counted, once.");
  const parts = [settled, live].map((part) => {
    const bar = el("i");
    bar.style.width = `${(100 * part) / Math.max(1, settled + live)}%`;
    return bar;
  });
  const split = el("div", { className: "split" }, ...parts);
  split.setAttribute("role", "img");
  split.setAttribute("aria-label", `${number(settled)} settled and ${number(live)} live clicks of today`);
  const dot = (kind) => el("span", { className: `dot ${kind}` });
  const fact = (name, value) => el("div", {}, el("dt", {}, ...[name].flat()), el("dd", {}, value));
  const facts = el("dl", { className: "facts" },
    fact([dot("settled"), "Settled by batch"], number(settled)),
    fact([dot("live-part"), "Live"], number(live)),
    fact("Settled through", when(meta.settled_through, "nothing yet")),
    fact("Manifest", meta.manifest ? `#${number(meta.manifest)}` : "none yet"),
    fact("Behind the clicks by", duration(meta.live_lag_ms)),
    fact("Counted", meta.exact?.clicks === false ? "approximately" : "exactly"));
  const missing = [meta.missing, meta.reason].flat().filter(Boolean).map(String);
  if (missing.length > 0) facts.append(fact("Missing", missing.join(", ")));
  panel.replaceChildren(verdict, split, facts);
}
