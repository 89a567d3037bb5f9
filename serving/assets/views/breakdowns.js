// What the numbers are made of. A row filters everything by its value.

import { el, meter, showEmpty, showProblem } from "../core/dom.js";
import { change, share } from "../core/format.js";
import { BREAKDOWNS, addsUp, dimensionName, metricName, metricText, valueName } from "../core/names.js";
import { remember } from "../core/objects.js";
import { asked, askedBefore, filterText, isOpen } from "../core/question.js";
import { change as changeAddress } from "../core/route.js";
import { picker } from "../parts/controls.js";
import { csvButton } from "../parts/table.js";
import { openCross } from "./cross.js";
import { delta } from "./tiles.js";

const EVERY_MS = 60_000;
const ENDED_EVERY_MS = 600_000;
const ROWS = 8;
/** Groups of the time before that are looked at, so that those that were small then are found. */
const ROWS_BEFORE = 1_000;

export function breakdowns(view) {
  const cards = BREAKDOWNS.map((about, at) => card(view, about, at));
  return {
    element: el("div", { className: "breakdowns" }, cards.map(({ element }) => element)),
    update: (question) => cards.forEach((one) => one.update(question)),
  };
}

function card(view, { title, dimensions }, at) {
  const panel = el("div", { className: "panel", id: `breakdown-${title.toLowerCase()}` });
  const head = el("div", { className: "card-head" });
  let question = null;
  let shown = "";
  let refresh = null;
  const ended = () => (question && !isOpen(question) ? ENDED_EVERY_MS : EVERY_MS);
  const name = `by${at}`;

  const chosen = () => (dimensions.includes(view.route.params.get(name)) ? view.route.params.get(name) : dimensions[0]);

  function update(next) {
    question = next;
    const dimension = chosen();
    const options = Object.fromEntries(dimensions.map((one) => [one, dimensionName(one)]));
    head.replaceChildren(el("h2", {}, title),
      picker(`${title} by`, options, dimension, (value) => changeAddress({ [name]: value === dimensions[0] ? null : value })));
    head.lastChild.classList.add("bare");
    // Asked only where the answer would be another one.
    const key = JSON.stringify([asked(question), question.metric, question.compare, dimension]);
    if (key === shown) return;
    shown = key;
    panel.setAttribute("aria-busy", "true");
    if (refresh) refresh();
    else refresh = view.every(ended, load);
  }

  async function load() {
    const [mine, dimension, key] = [question, chosen(), shown];
    try {
      const [rows, rowsBefore] = askRows(view, mine, dimension);
      const answer = await rows;
      if (key !== shown) return true;
      if (panel.hasAttribute("aria-busy")) showRows(view, panel, mine, dimension, answer, null);
      panel.removeAttribute("aria-busy");
      const before = await rowsBefore;
      if (key === shown) showRows(view, panel, mine, dimension, answer, before);
    } catch (problem) {
      if (view.failed(problem)) return false;
      if (key === shown) showProblem(panel, problem, () => refresh());
    }
    panel.removeAttribute("aria-busy");
    return true;
  }
  return { element: el("section", { className: "card breakdown", "aria-label": title }, head, panel), update };
}

/** Promises of the largest groups, and of those of the time before. */
function askRows(view, question, dimension) {
  // Visitors alone have no rows by groups: they come with clicks.
  const metrics = question.metric === "unique_visitors" ? "clicks,unique_visitors" : question.metric;
  const params = { metrics, group_by: dimension, order: `-${question.metric}` };
  const times = askedBefore(question, { soFar: true });
  const rows = view.api.get("/v1/stats", { ...asked(question), ...params, limit: ROWS }, view.signal);
  const before = (async () => times && view.api.getLater("/v1/stats", { ...times, ...params, limit: ROWS_BEFORE }, view.signal))();
  // Whoever awaits the rows first hears of their problem; this one's must not be one of nobody's.
  before.catch(() => {});
  return [rows, before];
}

function showRows(view, panel, question, dimension, answer, before) {
  const { metric } = question;
  const value = (row) => Number(row?.[metric] ?? 0);
  const rows = (answer.results ?? []).filter((row) => value(row) !== 0 || row.values);
  if (rows.length === 0) {
    return showEmpty(panel, "Nothing here", question.filters.size > 0 ? "Take a filter away to see more." : `No ${metricName(metric).toLowerCase()} in this time.`);
  }
  const then = new Map((before?.results ?? []).map((row) => [row.other ? "…" : row[dimension], row]));
  const named = rows.map((row) => {
    const text = valueName(dimension, row);
    if (!row.other) remember(row[dimension], text);
    const difference = before && !row.other && !before.results?.some(({ other }) => other && !then.has(row[dimension]))
      ? change(value(row), value(then.get(row[dimension]))) : null;
    return { row, text, difference, numbers: metricText(metric, row, view.session.currencyOf(metric)) };
  });
  const total = Number(answer.totals?.[metric] ?? 0);
  const part = (row) => (addsUp(metric) ? share(value(row), total) : "");
  const largest = Math.max(1e-9, ...rows.filter(({ other }) => !other).map((row) => Math.abs(value(row))));
  const columns = [
    { name: dimensionName(dimension), text: ({ text }) => text },
    { name: metricName(metric), text: ({ numbers }) => numbers, plain: ({ row }) => row[metric] },
    { name: "Share", text: ({ row }) => part(row) }, { name: "Change", text: ({ difference }) => difference?.text ?? "" },
  ];
  panel.replaceChildren(
    rankingTable(question, dimension, named, { columns, part, largest, value }),
    el("div", { className: "card-foot" },
      csvButton(`${metric} by ${dimension}`, columns, () => named),
      el("button", { type: "button", className: "link", onclick: () => openCross(view, question, dimension) }, "More …")));
}

function rankingTable(question, dimension, named, { columns, part, largest, value }) {
  const head = columns.map(({ name }, at) => el("th", { scope: "col", className: at ? "number" : "" }, name));
  const body = named.map(({ row, text, difference, numbers }) => el("tr", { className: row.other ? "rest" : "" },
    el("th", { scope: "row" }, label(question, dimension, row, text), !row.other && meter(Math.abs(value(row)) / largest)),
    el("td", { className: "number" }, numbers),
    el("td", { className: "number muted" }, part(row)),
    el("td", { className: "number" }, delta(difference, question.metric))));
  return el("table", { className: "ranking" },
    el("caption", { className: "visually-hidden" }, `${metricName(question.metric)} by ${dimensionName(dimension)}`),
    el("thead", {}, el("tr", {}, head)), el("tbody", {}, body));
}

/** The name of a row: a button, where its value can be a filter. */
export function label(question, dimension, row, text) {
  if (row.other) return el("span", { className: "label", title: text }, text);
  const value = filterText([String(row[dimension] ?? "")]);
  const isFiltered = question.filters.get(dimension)?.text === value;
  return el("button", {
    type: "button", className: "label", title: isFiltered ? `${text}: show all again` : `Show only ${text}`,
    "aria-pressed": String(isFiltered), onclick: () => changeAddress({ [dimension]: isFiltered ? null : value }),
  }, text);
}
