// Charts: thin layers over uPlot that take the page's colours.

import { byId, decimal, el, number } from "./view.js";

const HEIGHT = 260;
const charts = new Map();

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const seconds = (time) => Date.parse(time) / 1_000;

/** Clicks by minute of one day. `rows`: `{time, clicks}` in order of time. */
export function drawMinutes(id, rows) {
  const data = [rows.map((row) => seconds(row.time)), rows.map((row) => row.clicks)];
  const total = rows.reduce((sum, row) => sum + row.clicks, 0);
  const peak = rows.reduce((best, row) => (row.clicks > best.clicks ? row : best), rows[0]);
  const at = new Date(peak.time).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  const note = `${number(total)} clicks; busiest minute ${at} with ${number(peak.clicks)}.`;
  draw(id, note, data, undefined, () => ({
    series: [{ label: "Time" }, {
      label: "Clicks", stroke: colour("--accent"), fill: colour("--accent-soft"), width: 1.5,
      points: { show: false }, value: (_, v) => (v == null ? "–" : number(v)),
    }],
  }));
}

/**
 * History and what is expected to follow, with its intervals.
 * `history`: `{time, clicks}`; `forecast`: one result of the API; `utc`: days are UTC days.
 */
export function drawForecast(id, history, forecast, utc) {
  const past = new Map(history.map((row) => [seconds(row.time), row.clicks]));
  const points = new Map(forecast.points.map((point) => [seconds(point.time), point]));
  const times = [...new Set([...past.keys(), ...points.keys()])].sort((a, b) => a - b);
  const of = (field) => times.map((time) => points.get(time)?.[field] ?? null);
  const data = [times, times.map((time) => past.get(time) ?? null),
    of("upper_95"), of("lower_95"), of("upper_80"), of("lower_80"), of("value")];
  const edge = (label) => ({ label, width: 0, points: { show: false }, value: (_, v) => shown(v) });
  const zone = utc ? "UTC" : undefined;
  draw(id, forecastNote(forecast), data, zone, () => ({
    tzDate: (ts) => (utc ? uPlot.tzDate(new Date(ts * 1_000), "UTC") : new Date(ts * 1_000)),
    series: [{ label: utc ? "Day (UTC)" : "Time" },
      { label: "Clicks", stroke: colour("--accent"), width: 2, points: { show: false }, value: (_, v) => shown(v) },
      edge("95 % up to"), edge("95 % from"), edge("80 % up to"), edge("80 % from"),
      { label: "Forecast", stroke: colour("--second"), width: 2, dash: [6, 4], points: { show: false }, value: (_, v) => shown(v) },
    ],
    bands: [
      { series: [2, 3], fill: colour("--second-softer") },
      { series: [4, 5], fill: colour("--second-soft") },
    ],
  }));
}

const shown = (value) => (value == null ? "–" : number(Math.round(value)));

function forecastNote(forecast) {
  const parts = [`Model: ${forecast.model ?? "unknown"}`];
  const made = new Date(forecast.made_at ?? NaN);
  if (!Number.isNaN(made.getTime())) parts.push(`made ${made.toLocaleString()}`);
  const measures = Object.entries(forecast.backtest ?? {}).filter(([, value]) => Number.isFinite(value));
  if (measures.length > 0) {
    const texts = measures.slice(0, 4).map(([name, value]) => `${name.replaceAll("_", " ")} ${decimal(value)}`);
    parts.push(`in backtests: ${texts.join(", ")}`);
  }
  return `${parts.join("; ")}.`;
}

function draw(id, note, data, zone, options) {
  const panel = byId(id);
  let chart = charts.get(id);
  if (!chart || !panel.contains(chart.box)) {
    chart?.observer.disconnect();
    chart?.plot?.destroy();
    const box = el("div", { className: "chart" });
    box.setAttribute("role", "img");
    const text = el("p", { className: "chart-note" });
    panel.replaceChildren(box, text);
    const observer = new ResizeObserver(() => chart.plot?.setSize(sizeOf(box)));
    chart = { box, text, observer };
    charts.set(id, chart);
    observer.observe(box);
  }
  chart.plot?.destroy();
  chart.data = data;
  chart.options = options;
  chart.zone = zone;
  chart.text.textContent = note;
  chart.box.setAttribute("aria-label", note);
  plot(chart);
}

function plot(chart) {
  const axis = {
    stroke: colour("--muted"), grid: { stroke: colour("--line"), width: 1 },
    ticks: { stroke: colour("--line"), width: 1 }, font: "12px system-ui, sans-serif",
  };
  const counts = (_, values) => values.map((value) => (Number.isInteger(value) ? number(value) : ""));
  const options = chart.options();
  const format = timeFormats(chart.zone);
  const [x, ...series] = options.series;
  x.value = (_, time) => (time == null ? "–" : format.full(time));
  chart.plot = new uPlot({
    ...sizeOf(chart.box),
    axes: [{ ...axis, size: 36, space: 64, values: format.ticks }, { ...axis, size: 60, values: counts }],
    scales: { y: { range: (_, __, max) => [0, Math.max(4, (max || 0) * 1.08)] } },
    padding: [12, 28, 0, 0],
    cursor: { y: false, drag: { x: false, y: false } },
    ...options,
    series: [x, ...series],
  }, chart.data, chart.box);
}

/** Texts of unix seconds, in the reader's language and the given time zone. */
function timeFormats(timeZone) {
  const formatter = (options) => {
    const format = new Intl.DateTimeFormat(undefined, { ...options, timeZone });
    return (time) => format.format(new Date(time * 1_000));
  };
  const day = formatter({ month: "short", day: "numeric" });
  const hour = formatter({ hour: "2-digit", minute: "2-digit" });
  const full = formatter({ weekday: "short", month: "short", day: "numeric", ...(timeZone ? {} : { hour: "2-digit", minute: "2-digit" }) });
  const ticks = (_, times, __, ___, step) => times.map((time) => {
    if (step >= 86_400) return day(time);
    return new Date(time * 1_000).getHours() === 0 && step >= 3_600 ? day(time) : hour(time);
  });
  return { full, ticks };
}

function sizeOf(box) {
  return { width: Math.max(240, box.clientWidth), height: HEIGHT };
}

// Colours are drawn in, so a change of theme draws again.
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  for (const chart of charts.values()) {
    chart.plot?.destroy();
    plot(chart);
  }
});
