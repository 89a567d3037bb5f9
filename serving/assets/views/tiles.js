// The numbers above the curve. Each chooses what the curve and the breakdowns show.

import { el } from "../core/dom.js";
import { change } from "../core/format.js";
import { isMoney, metricBrief, metricName, metricText } from "../core/names.js";
import { COMPARISONS } from "../core/question.js";
import { change as changeAddress } from "../core/route.js";
import { picker } from "../parts/controls.js";

/** What has a tile. */
export const METRICS = ["clicks", "unique_visitors", "views", "conversions", "value", "cost", "profit"];
/** What else can be shown. */
const MORE = ["cr", "ctr", "epc", "aov", "roi", "pending", "rejected", "bot_clicks"];
/** Where less is better. */
const COSTS = ["cost", "rejected", "bot_clicks"];

/** Fills `place` with `numbers` and how far they are from `before`. */
export function showTiles(place, question, numbers, before, session) {
  const isShown = (metric) => session.showsMoney || !isMoney(metric);
  const focused = place.contains(document.activeElement) ? document.activeElement.dataset.metric : null;
  const extra = !METRICS.includes(question.metric) && isShown(question.metric) ? [question.metric] : [];
  const tiles = [...METRICS.filter(isShown), ...extra].map((metric) => tile(metric, question, numbers, before, session));
  const more = Object.fromEntries(["", ...MORE].filter((metric) => metric === "" || isShown(metric))
    .map((metric) => [metric, metric ? metricName(metric) : "More …"]));
  place.replaceChildren(...tiles, el("div", { className: "tile tile-more" },
    picker("Other numbers", more, extra[0] ?? "", (metric) => metric && changeAddress({ metric }), { id: "more-metrics" })));
  if (focused) place.querySelector(`[data-metric="${focused}"]`)?.focus();
}

function tile(metric, question, numbers, before, session) {
  const isChosen = question.metric === metric;
  const difference = before ? change(numbers?.[metric], before[metric]) : null;
  return el("button", {
    type: "button", className: "tile", "data-metric": metric, "aria-pressed": String(isChosen),
    onclick: () => changeAddress({ metric: metric === "clicks" ? null : metric }),
  },
  el("span", { className: "tile-name" }, metricName(metric)),
  el("span", { className: "tile-value", id: `tile-${metric}`, title: metricText(metric, numbers, session.currencyOf(metric)) },
    metricBrief(metric, numbers, session.currencyOf(metric))),
  delta(difference, metric, `compared with: ${COMPARISONS[question.compare]}`));
}

/** How far a number is from what it is compared with. */
export function delta(difference, metric, title = "") {
  if (!difference) return el("span", { className: "delta" }, "");
  const { direction, text } = difference;
  const mood = direction === "same" ? "" : (direction === "up") === COSTS.includes(metric) ? "worse" : "better";
  return el("span", { className: `delta ${mood}`, title }, text);
}
