// How far the numbers can be trusted, in words: the audit, and the state of the data.

import { el, showProblem } from "../core/dom.js";
import { duration, money, number, when } from "../core/format.js";
import { metricName } from "../core/names.js";
import { asked, understand } from "../core/question.js";
import { csvButton, table } from "../parts/table.js";

const DAYS = 14;
const EVERY_MS = 60_000;

export function mount(main, view) {
  const audit = el("div", { className: "panel", id: "audit" }, "Loading …");
  const state = el("div", { className: "panel", id: "state" }, "Loading …");
  const days = el("div", { className: "panel" });
  const restated = el("div", { className: "panel", id: "restated" });
  main.replaceChildren(
    el("div", { className: "page-head" }, el("div", {}, el("h1", {}, "Data"), el("p", {}, "Whether every event is counted, and counted once."))),
    el("div", { className: "halves" },
      el("section", { className: "card", "aria-label": "Audit" }, el("h2", {}, "Audit"), audit),
      el("section", { className: "card", "aria-label": "Today's numbers" }, el("h2", {}, "Today's numbers"), state)),
    el("section", { className: "card", "aria-label": "Day by day" }, el("h2", {}, "Day by day ", el("small", {}, `last ${DAYS} days, UTC`)), days),
    el("section", { className: "card", "aria-label": "Corrections" }, el("h2", {}, "Corrections"),
      el("p", { className: "muted" }, "What has changed of days that were counted for good."), restated));

  const part = (panel, ask) => async () => {
    try {
      await ask();
      return true;
    } catch (problem) {
      if (!view.failed(problem)) showProblem(panel, problem);
      return false;
    }
  };
  view.every(EVERY_MS, part(audit, async () => {
    const found = await view.api.get("/v1/audit", { days: DAYS }, view.signal);
    showAudit(audit, found);
    showDays(days, found.settled?.days ?? []);
  }));
  view.every(EVERY_MS, part(restated, async () => {
    showRestated(restated, (await view.api.page("/v1/restatements", {}, null, view.signal)).items);
  }));
  view.every(EVERY_MS, part(state, async () => {
    const question = { ...understand(new URLSearchParams({ range: "today" }), Date.now()), filters: new Map() };
    showState(state, (await view.api.get("/v1/stats", { ...asked(question), metrics: "clicks,views,conversions" }, view.signal)).meta);
  }));
  return { update() {} };
}

const fact = (name, value) => el("div", {}, el("dt", {}, name), el("dd", {}, value));
const reasons = (counts) => Object.entries(counts ?? {}).map(([reason, count]) => fact(reason.replaceAll("_", " "), number(count)));

function showAudit(panel, { agrees, settled, live, unrecorded, rejected, turned_away_as_of: asOf }) {
  const verdict = agrees
    ? el("p", { className: "verdict" }, "Everything adds up: every event that we confirmed is counted, once.")
    : el("p", { className: "verdict open" }, "Something does not add up. Whoever runs this installation should look at the audit.");
  const away = [...reasons(unrecorded), ...reasons(rejected)];
  panel.replaceChildren(verdict, el("dl", { className: "facts panel" },
    fact("Events stored", number(settled?.stored)), fact("Counted for good", number(settled?.counted)),
    fact("Repeats, left out", number(settled?.duplicates)), fact("Counted live, not yet for good", number(live?.counted)),
    fact("Live numbers", live?.complete === false ? "catching up" : "complete")),
  el("h3", {}, "Turned away"),
  away.length > 0 ? el("dl", { className: "facts panel" }, away) : el("p", { className: "muted" }, "Nothing was refused or lost."),
  el("p", { className: "muted" }, asOf ? `As of ${when(asOf)}.` : ""));
}

function showState(panel, meta) {
  const verdict = meta.complete === false
    ? el("p", { className: "verdict open" }, "Not complete yet: some events are still being counted.")
    : el("p", { className: "verdict" }, "Complete: all that has arrived is in the numbers.");
  const missing = [meta.missing].flat().filter(Boolean).join("; ");
  const sums = (numbers) => number((numbers?.clicks ?? 0) + (numbers?.views ?? 0) + (numbers?.conversions ?? 0));
  panel.replaceChildren(verdict, el("dl", { className: "facts panel" },
    fact("Counted for good (settled)", sums(meta.settled)), fact("Counted live", sums(meta.live)),
    fact("Settled up to", when(meta.settled_through, "nothing yet")), fact("Live numbers are behind by", duration(meta.live_lag_ms)),
    missing && fact("Missing", missing)));
}

const CAUSES = { late_events: "Events that arrived late", recount: "Everything was counted again" };

function showRestated(panel, items) {
  if (items.length === 0) {
    panel.replaceChildren(el("p", { className: "muted" }, "None: what was counted for good has stayed as it was."));
    return;
  }
  const signed = (count) => `${count > 0 ? "+" : "−"}${number(Math.abs(count))}`;
  const what = ({ changed, value }) => [
    ...Object.entries(changed ?? {}).map(([metric, count]) => `${signed(count)} ${metricName(metric).toLowerCase()}`),
    ...Object.entries(value ?? {}).map(([currency, amount]) => `${money(amount, currency)} of value`)].join(", ");
  const columns = [
    { name: "Day", text: ({ date }) => date ?? "any" }, { name: "Changed", text: ({ at }) => when(at), plain: ({ at }) => at },
    { name: "Why", text: ({ cause }) => CAUSES[cause] ?? cause }, { name: "What", text: what },
  ];
  panel.replaceChildren(table("Corrections", columns, items), el("div", { className: "card-foot" }, csvButton("corrections", columns, () => items)));
}

function showDays(panel, days) {
  if (days.length === 0) {
    panel.replaceChildren(el("p", { className: "muted" }, "Nothing is settled yet: that follows some minutes after the first event."));
    return;
  }
  const columns = [
    { name: "Day", text: ({ date }) => date },
    { name: "Stored", number: true, text: ({ stored }) => number(stored), plain: ({ stored }) => stored },
    { name: "Counted", number: true, text: ({ counted }) => number(counted), plain: ({ counted }) => counted },
    { name: "Repeats", number: true, text: ({ duplicates }) => number(duplicates), plain: ({ duplicates }) => duplicates },
    { name: "Verdict", text: ({ agrees }) => (agrees ? "adds up" : "differs"),
      cell: ({ agrees }) => el("span", { className: `badge ${agrees ? "good" : "bad"}` }, agrees ? "adds up" : "differs") },
  ];
  const newest = days.toReversed();
  panel.replaceChildren(table("Events by day", columns, newest, { narrow: true }), el("div", { className: "card-foot" }, csvButton("audit", columns, () => newest)));
}
