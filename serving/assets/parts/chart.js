// Curves: a thin layer over uPlot that takes the page's colours, and a table behind each.

import { el } from "../core/dom.js";
import { writers } from "../core/time.js";
import { csvButton, table } from "./table.js";

const HEIGHT = 280;
const NARROW = 560;
const DAY = 86_400;
const drawn = new Set();

export const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** A place for one curve. `show` draws in it, again and again. */
export function chart({ onpick } = {}) {
  const box = el("div", { className: "chart", role: "img" });
  const note = el("p", { className: "chart-note" });
  const behind = el("div", {});
  const details = el("details", { className: "behind" }, el("summary", {}, "Show as a table"), behind);
  const state = { box, plot: null, shown: null, onpick };
  const observer = new ResizeObserver(() => state.plot?.setSize(sizeOf(box)));
  observer.observe(box);
  drawn.add(state);

  /** Draws `shown`: see `plot`. `said` is what screen readers hear, `columns` and `rows` the table behind. */
  function show(shown, said, name, columns, rows) {
    state.shown = shown;
    plot(state);
    box.setAttribute("aria-label", said);
    note.textContent = said;
    behind.replaceChildren(csvButton(name, columns, () => rows), table(said, columns, rows, { narrow: true }));
  }

  function end() {
    observer.disconnect();
    state.plot?.destroy();
    drawn.delete(state);
  }
  return { element: el("figure", { className: "figure" }, box, note, details), show, end };
}

/**
 * Draws `{times, lines, bands, gaps, marks, zone, step, format, axisFormat}`: times are unix seconds; lines
 * `{label, values, stroke, dash?, width?, fill?, hidden?, isPoint?}` with colours by their names; bands `{upper, lower, fill}` by places
 * of lines; gaps `{from, to}` and marks `{at, label}`.
 */
function plot(state) {
  const { box, shown } = state;
  const { times, lines, bands = [], zone, step, format, axisFormat = format } = shown;
  const axis = {
    stroke: colour("--muted"), grid: { stroke: colour("--line"), width: 1 }, font: "12px system-ui, sans-serif",
    ticks: { show: false },
  };
  const write = writers(zone);
  const series = lines.map(({ label, stroke, fill, width = 2, dash, hidden, spans = false, isPoint = false }) => ({
    label, dash, width: hidden ? 0 : width, spanGaps: spans, class: hidden ? "unlisted" : "listed",
    stroke: hidden ? "transparent" : colour(stroke), fill: fill && colour(fill),
    points: { show: isPoint, size: 8, fill: colour(stroke) }, value: (_, value) => (value == null ? "–" : format(value)),
  }));
  state.plot?.destroy();
  state.plot = new uPlot({
    ...sizeOf(box),
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1_000), zone),
    axes: [
      { ...axis, grid: { show: false }, size: 34, space: 70, values: ticks(write) },
      { ...axis, size: 58, gap: 8, space: 44, values: (_, values) => values.map(axisFormat) },
    ],
    scales: { y: { range: (_, low, high) => bounds(low, high) } },
    padding: [16, 16, 0, 0],
    cursor: { y: false, drag: { x: false, y: false } },
    legend: { live: true },
    series: [{ label: step >= DAY ? "Day" : "Time", value: (_, time) => (time == null ? "–" : (step >= DAY ? write.fullDay : write.full)(time)) }, ...series],
    bands: bands.map(({ upper, lower, fill }) => ({ series: [upper + 1, lower + 1], fill: colour(fill) })),
    hooks: { drawClear: [(u) => drawGaps(u, state.shown.gaps ?? [])], draw: [(u) => drawMarks(u, state.shown.marks ?? [])] },
  }, [times, ...lines.map(({ values }) => values)], box);
  if (state.onpick) state.plot.over.addEventListener("click", () => pick(state));
}

/** From zero, or below where there are losses, with some room. */
function bounds(low, high) {
  const top = Math.max(high ?? 0, 0);
  const bottom = Math.min(low ?? 0, 0);
  return [bottom * 1.1, top <= 0 && bottom >= 0 ? 4 : top * 1.1];
}

const ticks = (write) => (_, times, __, ___, step) => times.map((time) => {
  if (step >= 27 * DAY) return write.month(time);
  if (step >= DAY) return write.day(time);
  const hour = write.hour(time);
  return /^(00:00|12:00\sAM)$/.test(hour) ? write.day(time) : hour;
});

function pick({ plot: u, onpick }) {
  const time = u.cursor.idx == null ? null : u.data[0][u.cursor.idx];
  if (time !== null && u.cursor.left >= 0) onpick(time);
}

/** What was not counted is hatched, so that nobody takes it for nothing. */
function drawGaps(u, gaps) {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.fillStyle = colour("--warn-soft");
  for (const { from, to } of gaps) {
    const left = Math.max(bbox.left, u.valToPos(from, "x", true));
    const right = Math.min(bbox.left + bbox.width, u.valToPos(to, "x", true));
    if (right > left) ctx.fillRect(left, bbox.top, Math.max(2, right - left), bbox.height);
  }
  ctx.restore();
}

/** Lines with numbers on top: what happened stands in the list below. */
function drawMarks(u, marks) {
  const { ctx, bbox } = u;
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.strokeStyle = colour("--muted");
  ctx.fillStyle = colour("--text");
  ctx.font = `${11 * ratio}px system-ui, sans-serif`;
  ctx.textAlign = "center";
  for (const { at, label } of marks) {
    const x = u.valToPos(at, "x", true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.setLineDash([3 * ratio, 3 * ratio]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.fillText(label, x, bbox.top - 4 * ratio);
  }
  ctx.restore();
}

const sizeOf = (box) => ({ width: Math.max(220, box.clientWidth), height: box.clientWidth < NARROW ? HEIGHT - 60 : HEIGHT });

// Colours are drawn in, so a change of theme draws again.
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  for (const state of drawn) if (state.shown) plot(state);
});
