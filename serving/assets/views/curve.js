// The card of the curve: lines, forecast, notes on what happened.

import { button, el, showEmpty, showProblem } from "../core/dom.js";
import { compact, number, when } from "../core/format.js";
import { addsUp, isMoney, isRate, metricName, metricText } from "../core/names.js";
import { COMPARISONS, secondsOf } from "../core/question.js";
import { writers } from "../core/time.js";
import { chart } from "../parts/chart.js";
import { askAnnotations, openAnnotation, removeAnnotation } from "./annotations.js";
import { curve, forecastOf, spoken } from "./curve_data.js";

export function curvePanel(view) {
  const panel = el("div", { className: "panel", id: "curve" });
  const notes = el("ol", { className: "annotations" });
  const title = el("h2", { id: "curve-title" }, "Clicks");
  const mayWrite = !view.session.isShare;
  const add = mayWrite && button("Add a note", () => openNote(Date.now()), { id: "add-note" });
  const element = el("section", { className: "card", "aria-labelledby": "curve-title" },
    el("div", { className: "card-head" }, title, add), panel, notes);
  let drawing = null;
  let latest = null;
  let beside = null;

  const openNote = (ms) => openAnnotation(view, { from: new Date(ms).toISOString() }, again);
  const again = () => latest && show(...latest);

  async function show(question, answer, before) {
    latest = [question, answer, before];
    const mine = latest;
    const key = JSON.stringify([question.first, question.end, question.zone, question.metric, question.interval, [...question.filters]]);
    // What is drawn besides is asked for meanwhile: numbers do not wait for it.
    if (beside?.key !== key) {
      beside = { key, forecast: null, annotations: [] };
      render(...mine, beside);
    }
    const [forecast, annotations] = await Promise.all([askForecast(view, question), mayWrite ? askAnnotations(view, question, answer) : []]);
    if (latest !== mine || view.signal.aborted) return;
    beside = { key, forecast, annotations };
    render(...mine, beside);
  }

  function render(question, answer, before, { forecast, annotations }) {
    title.textContent = `${metricName(question.metric)} by ${question.interval.replace(/^(\d+)m$/, "$1 minutes")}`;
    const isNothing = (answer.results ?? []).every((row) => !Number(row[question.metric]));
    if (isNothing && !(before?.results ?? []).some((row) => Number(row[question.metric])) && !forecast) {
      close();
      const links = question.metric === "clicks" && question.filters.size === 0 && mayWrite;
      showEmpty(panel, `No ${metricName(question.metric).toLowerCase()} in this time`,
        links ? "Make a link under Links and share it: the first click is here within a second." : "Choose another range, or take a filter away.");
    } else {
      if (!drawing) {
        drawing = chart({ onpick: mayWrite ? (seconds) => openNote(seconds * 1_000) : null });
        panel.replaceChildren(drawing.element);
      }
      draw(question, answer, before, forecast, annotations);
    }
    notes.replaceChildren(...annotations.map((one, at) => note(view, one, at, question.zone, again)));
    notes.hidden = annotations.length === 0;
  }

  function draw(question, answer, before, forecast, annotations) {
    const { metric, zone, interval } = question;
    const data = curve(question, answer, before, forecast);
    const text = (numbers) => metricText(metric, numbers, view.session.currencyOf(metric));
    const format = (value) => metricText(metric, { [metric]: isMoney(metric) || isRate(metric) ? value : Math.round(value) }, view.session.currencyOf(metric));
    const shown = {
      times: data.times, gaps: data.gaps, zone, step: secondsOf(interval), format,
      axisFormat: (value) => (["ctr", "cr", "roi"].includes(metric) ? format(value) : Number.isInteger(value) || isMoney(metric) ? compact(value) : ""),
      marks: annotations.map(({ from }, at) => ({ at: Date.parse(from) / 1_000, label: String(at + 1) })),
      ...linesOf(question, data, before),
    };
    const said = spoken(question, answer, text);
    drawing.show(shown, said, `${metricName(metric)} by ${interval}`, columnsOf(question, data, before, format), data.times.map((_, at) => at));
  }

  /** Shows a problem in place of the curve. */
  function fail(problem, retry) {
    close();
    showProblem(panel, problem, retry);
  }

  function close() {
    drawing?.end();
    drawing = null;
  }
  return { element, show, fail, end: close };
}

function linesOf(question, data, before) {
  const name = metricName(question.metric);
  const lines = [];
  if (before) lines.push({ label: COMPARISONS[question.compare], values: data.before, stroke: "--dim", width: 1.5 });
  const at = lines.length;
  if (data.bands) {
    const hidden = { stroke: "--second", hidden: true, spans: true };
    lines.push({ label: "95 % below", values: data.bands.upper95, ...hidden }, { label: "95 % above", values: data.bands.lower95, ...hidden },
      { label: "80 % below", values: data.bands.upper80, ...hidden }, { label: "80 % above", values: data.bands.lower80, ...hidden },
      { label: "Forecast", values: data.bands.value, stroke: "--second", dash: [5, 4], spans: true });
  }
  const bands = data.bands ? [
    { upper: at, lower: at + 1, fill: "--second-softer" }, { upper: at + 2, lower: at + 3, fill: "--second-soft" },
  ] : [];
  if (data.current) lines.push({ label: "Until now", values: data.going, stroke: "--accent", isPoint: true });
  lines.push({ label: name, values: data.done, stroke: "--accent", fill: addsUp(question.metric) ? "--accent-softer" : null });
  return { lines, bands };
}

function columnsOf({ zone, metric, interval, compare }, data, before, format) {
  const write = writers(zone);
  const time = secondsOf(interval) >= 86_400 ? write.fullDay : write.full;
  const shown = (value) => (value === null ? "" : format(value));
  const value = (at) => data.done[at] ?? data.going[at];
  const plain = (at) => new Date(data.times[at] * 1_000).toISOString();
  return [
    { name: "Time", text: (at) => time(data.times[at]), plain },
    { name: metricName(metric), number: true, text: (at) => shown(value(at)), plain: value },
    ...(before ? [{ name: COMPARISONS[compare], number: true, text: (at) => shown(data.before[at]), plain: (at) => data.before[at] }] : []),
    ...(data.bands ? [
      { name: "Forecast", number: true, text: (at) => shown(data.bands.value[at]), plain: (at) => data.bands.value[at] },
      { name: "80 % between", number: true, text: (at) => (data.bands.lower80[at] === null ? "" : `${number(Math.round(data.bands.lower80[at]))} – ${number(Math.round(data.bands.upper80[at]))}`) },
    ] : []),
  ];
}

/** The forecast of what is shown; null where there is none. */
async function askForecast(view, question) {
  const params = view.session.isShare ? null : forecastOf(question);
  if (!params) return null;
  try {
    const { results } = await view.api.get("/v1/forecasts", params, view.signal);
    return results?.find(({ points }) => points?.length > 0) ?? null;
  } catch {
    // The curve is worth seeing without.
    return null;
  }
}

function note(view, annotation, at, zone, again) {
  const until = annotation.to ? ` – ${when(annotation.to, "", zone)}` : "";
  return el("li", {}, el("span", { className: "annotation-number", "aria-hidden": "true" }, String(at + 1)),
    el("span", {}, annotation.text), el("span", { className: "muted" }, `${when(annotation.from, "", zone)}${until}`),
    button("Edit", () => openAnnotation(view, annotation, again), { className: "link", "aria-label": `Edit the note ${annotation.text}` }),
    button("Delete", () => removeAnnotation(view, annotation, again), { className: "link", "aria-label": `Delete the note ${annotation.text}` }));
}
