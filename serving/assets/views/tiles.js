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
/** What the live stream counts, too. */
const LIVE = ["clicks", "views", "conversions", "bot_clicks"];
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
  return el("button", {
    type: "button", className: "tile", "data-metric": metric, "aria-pressed": String(isChosen),
    onclick: () => changeAddress({ metric: metric === "clicks" ? null : metric }),
  },
  el("span", { className: "tile-name" }, metricName(metric)),
  tileValue(metric, numbers, session),
  differenceOf(metric, numbers, before, `compared with: ${COMPARISONS[question.compare]}`));
}

/** The number of a tile; amounts in several currencies each on a line of its own, if need be. */
export function tileValue(metric, numbers, session) {
  const currency = session?.currencyOf(metric);
  const amounts = metricBrief(metric, numbers, currency);
  const isLast = (at) => at === amounts.length - 1;
  return el("span", { className: `tile-value ${amounts.length > 1 ? "several" : ""}`, id: `tile-${metric}`, title: metricText(metric, numbers, currency) },
    amounts.map((amount, at) => el("span", {}, isLast(at) ? amount : `${amount} + `)));
}

/** Counts of today, as the live stream has them, in the tiles. */
export function showLive(place, today, before) {
  for (const metric of LIVE) {
    const shown = place.querySelector(`#tile-${metric}`);
    if (!shown || shown.title === metricText(metric, today)) continue;
    const far = differenceOf(metric, today, before, shown.nextElementSibling.title);
    shown.nextElementSibling.replaceWith(far);
    shown.replaceWith(tileValue(metric, today));
  }
}

function differenceOf(metric, numbers, before, title) {
  return delta(before ? change(numbers?.[metric], before[metric]) : null, metric, title);
}

/** How far a number is from what it is compared with. */
export function delta(difference, metric, title = "") {
  if (!difference) return el("span", { className: "delta" }, "");
  const { direction, text } = difference;
  const mood = direction === "same" ? "" : (direction === "up") === COSTS.includes(metric) ? "worse" : "better";
  return el("span", { className: `delta ${mood}`, title }, text);
}
