// The overview: what happens now, the curve, and what it is made of. A click on anything filters everything.

import { el } from "../core/dom.js";
import { isMoney } from "../core/names.js";
import { asked, askedBefore, isOpen, understand } from "../core/question.js";
import { showChips } from "../parts/chips.js";
import { controls } from "../parts/controls.js";
import { showTruth } from "../parts/truth.js";
import { breakdowns } from "./breakdowns.js";
import { curvePanel } from "./curve.js";
import { nowPanel } from "./now.js";
import { segmentPicker } from "./segment_picker.js";
import { METRICS, showLive, showTiles } from "./tiles.js";

const NUMBERS_EVERY_MS = 15_000;
const ENDED_EVERY_MS = 300_000;

export function mount(main, view) {
  const places = {
    controls: el("div", {}), chips: el("div", { className: "chips", role: "group", "aria-label": "Filters" }),
    truth: el("div", { className: "truth", role: "status" }), tiles: el("div", { className: "tiles", role: "group", "aria-label": "Numbers" }),
  };
  const curve = curvePanel(view);
  const now = nowPanel(view, (today) => showToday(today));
  const parts = breakdowns(view);
  const segments = segmentPicker(view);
  main.replaceChildren(
    el("h1", { className: "visually-hidden" }, "Overview"),
    places.controls, segments.element, places.chips, now.element, places.truth, places.tiles, curve.element, parts.element);

  let question = understand(view.route.params, Date.now());
  let shown = "";
  let inTiles = null;

  // Between two answers the stream goes on: a page must not show two numbers of the same.
  function showToday(today) {
    const isOfTiles = inTiles && JSON.stringify(asked(question)) === inTiles.asked;
    if (isOfTiles && question.range === "today") showLive(places.tiles, today, inTiles.before);
  }

  async function numbers() {
    question = understand(view.route.params, Date.now());
    const mine = question;
    const isMine = () => mine === question && !view.signal.aborted;
    const key = JSON.stringify([asked(mine), mine.metric, mine.interval, mine.compare]);
    const show = async (now, curveBefore, before) => {
      if (!isMine()) return;
      showTiles(places.tiles, mine, now.totals, before?.totals, view.session);
      inTiles = { asked: JSON.stringify(asked(mine)), before: before?.totals };
      showTruth(places.truth, [now.meta, curveBefore?.meta]);
      await curve.show(mine, now, curveBefore);
    };
    try {
      const [answer, comparison] = askNumbers(view, mine);
      // A new question is answered as soon as can be; an old one goes on to show what it showed.
      if (key !== shown) await show(await answer, null, null);
      await show(await answer, ...await comparison);
      shown = key;
      return true;
    } catch (problem) {
      if (!isMine() || view.failed(problem)) return false;
      curve.fail(problem, () => refresh());
      return false;
    }
  }

  function showQuestion() {
    question = understand(view.route.params, Date.now());
    places.controls.replaceChildren(controls(question));
    showChips(places.chips, question, view.api);
    segments.update(question);
  }

  function showRest() {
    now.update(question);
    parts.update(question);
  }

  // The numbers are asked for first.
  showQuestion();
  const refresh = view.every(() => (isOpen(question) ? NUMBERS_EVERY_MS : ENDED_EVERY_MS), numbers);
  showRest();
  const update = () => {
    showQuestion();
    refresh();
    showRest();
  };
  return { update, end: () => curve.end() };
}

/** Promises of the numbers of all tiles, by bucket, and of those of the time before: by bucket, and as far as it has come. */
function askNumbers(view, question) {
  const tiles = METRICS.filter((metric) => view.session.showsMoney || !isMoney(metric));
  const metrics = [...new Set([...tiles, question.metric])].join(",");
  const now = view.api.get("/v1/stats", { ...asked(question), metrics, interval: question.interval }, view.signal);
  const ask = (times, interval) => times && view.api.getLater("/v1/stats", { ...times, metrics, interval }, view.signal);
  const whole = ask(askedBefore(question), question.interval);
  const part = isOpen(question) ? ask(askedBefore(question, { soFar: true }), "none") : whole;
  const comparison = Promise.all([whole, part]);
  // Whoever awaits the first of them hears of its problem; the other's must not be one of nobody's.
  comparison.catch(() => {});
  return [now, comparison];
}
