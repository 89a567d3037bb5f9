// What happens this moment: the live stream's count of today, and where the day is heading.

import { announce, el } from "../core/dom.js";
import { decimal, duration, number } from "../core/format.js";
import { follow } from "../core/live.js";
import { addDays, dayOf, startOfDay } from "../core/time.js";
import { entityOf, projected } from "./curve_data.js";

const ANNOUNCE_EVERY_MS = 60_000;
const FORECAST_EVERY_MS = 300_000;

/** `onToday` gets the counts of today each time there are new ones that are whole. */
export function nowPanel(view, onToday) {
  const total = el("span", { id: "live-total", className: "live-total" }, "–");
  const note = el("span", { id: "live-note", className: "live-note" });
  const heading = el("p", { id: "projected", className: "projected", hidden: true });
  const facts = el("dl", { className: "live-facts" });
  const element = el("section", { className: "card now", "aria-labelledby": "now-title" },
    el("div", {}, el("h2", { id: "now-title" }, "Today"),
      el("p", { className: "live-main" }, total, el("span", { className: "muted" }, "clicks"), note), heading),
    facts);

  let stream = null;
  let watched = "";
  let forecast = null;
  let latest = null;
  let zone = "UTC";
  let announced = Date.now();

  function show(live) {
    latest = live;
    const clicks = live.today?.clicks;
    total.textContent = number(clicks);
    note.textContent = live.complete === false ? "Catching up: some events are still missing here." : "";
    const fact = (name, value) => el("div", {}, el("dt", {}, name), el("dd", {}, value));
    facts.replaceChildren(
      fact("Per second", decimal(live.last_seconds?.clicks / live.last_seconds?.seconds)),
      fact("Views", number(live.today?.views)),
      fact("Conversions", number(live.today?.conversions)),
      fact("Bots, not counted", number(live.today?.bot_clicks)),
      fact("Behind by", duration(live.live_lag_ms)));
    showProjection();
    if (live.complete !== false) onToday(live.today);
    if (Date.now() - announced >= ANNOUNCE_EVERY_MS) {
      announced = Date.now();
      announce(`${number(clicks)} clicks today`);
    }
  }

  function showProjection() {
    const now = Date.now();
    const end = startOfDay(addDays(dayOf(now, zone), 1), zone) / 1_000;
    const sum = forecast && latest ? projected(latest.today?.clicks ?? 0, forecast, now, end) : null;
    heading.hidden = sum === null;
    heading.textContent = sum === null ? "" : `Projected today: about ${number(sum)}`;
  }

  function update(question) {
    const params = { timezone: question.zone, ...(question.bots && { exclude_bots: "false" }) };
    for (const [dimension, { text }] of question.filters) params[dimension] = text;
    const key = JSON.stringify(params);
    if (key === watched) return;
    watched = key;
    stream?.abort();
    [forecast, latest, zone] = [null, null, question.zone];
    total.textContent = "–";
    heading.hidden = true;
    view.onState("wait");
    start(params, question);
  }

  function start(params, question) {
    stream = new AbortController();
    const mine = stream;
    const signal = AbortSignal.any([mine.signal, view.signal]);
    follow(view.api, params, (live) => mine === stream && show(live), view.onState, signal).catch(view.failed);
    const entity = view.session.isShare || question.bots ? null : entityOf(question.filters, "hourly");
    if (!entity) return;
    view.every(FORECAST_EVERY_MS, async () => {
      try {
        const answer = await view.api.get("/v1/forecasts", entity, signal);
        if (mine !== stream) return true;
        forecast = answer.results?.find(({ points }) => points?.length > 0) ?? null;
        showProjection();
        return true;
      } catch (problem) {
        return view.failed(problem);
      }
    }, signal);
  }
  return { element, update };
}
