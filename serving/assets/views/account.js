// The account: what holds for it, for how long it keeps events, its plan, and how much of what it may have it has.

import { announce, button, el, meter, showProblem } from "../core/dom.js";
import { number, share } from "../core/format.js";
import { confirm, openDialog } from "../parts/dialog.js";
import { field, form } from "../parts/form.js";
import { csvButton, table } from "../parts/table.js";
import { openSettings, showSettings } from "./account_settings.js";

/** What quotas bound: how it is called, its quota, and, where it is counted, its field of `/v1/account/usage`. */
const BOUNDED = [
  ["Links", "links", "links"], ["Pixels", "others", "pixels"], ["Goals", "others", "goals"], ["Campaigns", "others", "campaigns"],
  ["API keys, revoked ones too", "keys", "keys"], ["Domains", "domains", "domains"], ["Webhooks", "webhooks", "webhooks"],
  ["Costs of periods", "costs", "costs"], ["Notes", "annotations", "annotations"], ["Segments", "segments", "segments"], ["Shares", "shares", "shares"],
  ["New objects an hour", "new_an_hour"], ["Requests a minute", "requests_a_minute"], ["Keys of events in 30 days", "sender_keys"],
  ["Live streams at once", "streams"], ["Questions at once", "questions"],
  ["Days for which events may be kept", "keep_events_days"],
];
const FROM = { account: "set for this account", plan: "plan", default: "usual" };

export function mountAccount(place, view) {
  const settings = el("div", { className: "panel", id: "account-settings" }, "Loading …");
  const kept = el("div", { className: "panel", id: "kept" }, "Loading …");
  const quotas = el("div", { className: "panel", id: "quotas" }, "Loading …");
  place.replaceChildren(el("div", { className: "stack" },
    el("section", { className: "card", "aria-label": "The account" }, el("h2", {}, "The account"), settings),
    el("section", { className: "card", "aria-label": "How long events are kept" }, el("h2", {}, "How long events are kept"), kept),
    el("section", { className: "card", "aria-label": "Plan and limits" }, el("h2", {}, "Plan and limits"), quotas)));

  async function load() {
    try {
      const [account, usage] = await Promise.all([
        view.api.get("/v1/account", {}, view.signal), view.api.get("/v1/account/usage", {}, view.signal)]);
      showSettings(settings, account, () => openSettings(view, account, load));
      showKept(kept, account, () => openForm(view, account, load));
      showQuotas(quotas, account, usage);
    } catch (problem) {
      if (!view.failed(problem)) for (const panel of [settings, kept, quotas]) showProblem(panel, problem, load);
    }
  }
  load();
  return { update: load };
}

const days = (count) => (count === null ? "for ever" : `for ${number(count)} ${count === 1 ? "day" : "days"}`);

function showKept(panel, { settings, quotas, keep_events_days: holds }, change) {
  const own = settings.keep_events_days;
  const isBounded = quotas.keep_events_days !== null && (own === null || quotas.keep_events_days < own);
  const bound = `It has set that they are kept ${days(own)}, and may keep them ${days(quotas.keep_events_days)}.`;
  panel.replaceChildren(el("div", {},
    el("p", {}, "This account keeps events with all their details ", el("strong", {}, days(holds)), "."),
    isBounded && el("p", { className: "muted" }, bound),
    holds !== null && el("p", { className: "muted" }, "After that their details go. The numbers by day, link, country and so on stay.")),
  el("div", { className: "actions" }, button("Change", change, { id: "change-kept" })));
}

function openForm(view, account, done) {
  const most = account.quotas.keep_events_days;
  openDialog("How long events are kept", (close) => form([
    field("settings.keep_events_days", "Days", "number", account.settings.keep_events_days, {
      hint: most === null ? "From 1 to 36,500. Empty: for ever." : `From 1 to 36,500; this account may keep them ${days(most)}. Empty: as long as it may.`,
    }),
  ], "Save", async (body) => {
    const wanted = body.settings.keep_events_days;
    const save = async () => {
      await view.api.patch("/v1/account", body);
      announce("It is saved");
      done();
    };
    const holds = wanted === null ? most : Math.min(wanted, most ?? wanted);
    // What is no number of days is refused, with a reason.
    if (wanted < 1 && wanted !== null || !isShorter(holds, account.keep_events_days)) {
      await save();
      close();
      return;
    }
    close();
    confirm(`Keep events ${days(holds)}`, whatGoes(holds), "Let older events go", save);
  }, { cancel: close, all: true }));
}

/** Whether events go that were kept before. */
const isShorter = (now, before) => now !== null && (before === null || now < before);

function whatGoes(count) {
  return `With the next rollup, within minutes, the details go of every event that was received and happened more than ${number(count)} ${count === 1 ? "day" : "days"} ago: `
    + "lists, exports, SQL, and numbers that are counted one by one lack these events from then on. The numbers by day, link, country and so on stay. "
    + "It cannot be taken back: a longer time brings nothing back.";
}

function showQuotas(panel, { plan, quotas, quotas_from: from }, usage) {
  const rows = BOUNDED.map(([name, quota, counted]) => ({ name, used: counted ? usage[counted] : null, most: quotas[quota], from: FROM[from[quota]] }));
  const columns = [
    { name: "What", text: ({ name }) => name },
    { name: "Used", number: true, text: ({ used }) => number(used), plain: ({ used }) => used, cell: usedOf },
    { name: "At most", number: true, text: ({ most }) => (most === null ? "no limit" : number(most)), plain: ({ most }) => most },
    { name: "From", text: ({ from: source }) => source },
  ];
  panel.replaceChildren(
    el("p", {}, "Plan: ", el("strong", { id: "plan" }, plan ?? "none")),
    el("p", { className: "muted" }, usage.quotas_hold
      ? "Whoever runs this installation sets these; ask them for more."
      : "This account is the only one here, so that most of these limits do not hold."),
    table("Plan and limits", columns, rows),
    el("div", { className: "card-foot" }, csvButton("limits", columns, () => rows)));
}

function usedOf({ used, most }) {
  if (used === null) return number(null);
  return el("span", { title: share(used, most) }, number(used), meter(most > 0 ? used / most : 1));
}
