// A breakdown in full: more rows, more numbers, and by two dimensions at once.

import { el, showProblem } from "../core/dom.js";
import { ALL_DIMENSIONS, dimensionName, isMoney, metricName, metricText, valueName } from "../core/names.js";
import { asked } from "../core/question.js";
import { picker } from "../parts/controls.js";
import { openDialog } from "../parts/dialog.js";
import { csvButton, table } from "../parts/table.js";

const MOST_ROWS = 200;
const METRICS = ["clicks", "conversions", "cr", "value"];

/** Opens a dialog with the numbers of `question` by `dimension`, and by another if wished. */
export function openCross(view, question, dimension) {
  const panel = el("div", { className: "panel" }, "Loading …");
  let second = "";
  let latest = 0;
  const load = async () => {
    latest += 1;
    const mine = latest;
    const dimensions = [dimension, second].filter(Boolean);
    const metrics = metricsOf(view, question);
    panel.setAttribute("aria-busy", "true");
    try {
      const answer = await view.api.get("/v1/stats", {
        ...asked(question), metrics: metrics.join(","), group_by: dimensions.join(","), order: `-${question.metric}`, limit: MOST_ROWS });
      if (mine === latest) show(view, panel, dimensions, metrics, answer);
    } catch (problem) {
      if (!view.failed(problem)) showProblem(panel, problem, load);
    }
    panel.removeAttribute("aria-busy");
  };
  const others = ALL_DIMENSIONS.filter((name) => name !== dimension && (view.session.showsMoney || name !== "currency"));
  const options = { "": "Nothing else", ...Object.fromEntries(others.map((name) => [name, dimensionName(name)])) };
  openDialog(`By ${dimensionName(dimension).toLowerCase()}`, () => [
    el("div", { className: "controls" }, picker("And by", options, "", (value) => { second = value; load(); }, { id: "second-dimension" })),
    panel,
  ], { wide: true });
  load();
}

/** Numbers by currency are of values alone. */
function metricsOf(view, question) {
  const shown = METRICS.filter((metric) => view.session.showsMoney || !isMoney(metric));
  return [...new Set([question.metric, ...shown])];
}

function show(view, panel, dimensions, metrics, answer) {
  const columns = [
    ...dimensions.map((name) => ({ name: dimensionName(name), text: (row) => valueName(name, row) })),
    ...metrics.map((metric) => ({
      name: metricName(metric), number: true, plain: (row) => row[metric],
      text: (row) => metricText(metric, row, view.session.currencyOf(metric)),
    })),
  ];
  const rows = (answer.results ?? []).filter((row) => metrics.some((metric) => Number(row[metric])));
  const title = `Numbers by ${dimensions.map(dimensionName).join(" and ")}`;
  const from = answer.meta?.source === "events" ? "Counted from the events themselves." : "";
  panel.replaceChildren(table(title, columns, rows), el("div", { className: "card-foot" },
    csvButton(title, columns, () => rows), el("span", { className: "muted" }, from)));
}
