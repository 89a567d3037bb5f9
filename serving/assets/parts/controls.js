// The pickers of a question: range, points, comparison, time zone. What is picked goes into the address.

import { el } from "../core/dom.js";
import { COMPARISONS, RANGES, intervalName, intervals } from "../core/question.js";
import { change } from "../core/route.js";
import { addDays, allZones, dayOf, ownZone } from "../core/time.js";

/** A labelled picker. `options`: texts by value. */
export function picker(label, options, chosen, onpick, properties = {}) {
  const select = el("select", { onchange: () => onpick(select.value), ...properties },
    Object.entries(options).map(([value, text]) => el("option", { value, selected: value === chosen }, text)));
  return el("label", { className: "picker" }, el("span", {}, label), select);
}

/** The pickers for `question`. `parts`: which besides the range. */
export function controls(question, parts = ["interval", "compare", "zone", "bots"]) {
  const has = (part) => parts.includes(part);
  const { range, interval, compare, zone, days, bots } = question;
  return el("div", { className: "controls", role: "group", "aria-label": "What is shown" },
    picker("Range", RANGES, range, (value) => pickRange(value, question), { id: "range" }),
    range === "custom" && dates(question),
    has("interval") && picker("By", Object.fromEntries(intervals(days).map((name) => [name, intervalName(name)])),
      interval, (value) => change({ interval: value }), { id: "interval" }),
    has("compare") && picker("Compared with", COMPARISONS, compare, (value) => change({ compare: value }), { id: "compare" }),
    has("zone") && zones(zone),
    has("bots") && el("label", { className: "check" },
      el("input", { type: "checkbox", id: "bots", checked: bots, onchange: (event) => change({ bots: event.target.checked ? "1" : null }) }),
      "With bots"));
}

function pickRange(value, question) {
  const kept = { interval: null, compare: null };
  if (value !== "custom") return change({ ...kept, range: value, start: null, end: null });
  const today = dayOf(question.now, question.zone);
  return change({ ...kept, range: null, start: addDays(today, -13), end: today });
}

function dates(question) {
  const field = (label, name, value) => el("label", { className: "picker" }, el("span", {}, label),
    el("input", { type: "date", value, max: "9999-12-31", onchange: (event) => change({ [name]: event.target.value, interval: null }) }));
  return [field("From", "start", question.first), field("To", "end", question.lastDay)];
}

function zones(zone) {
  const own = ownZone();
  const text = (name) => name.replaceAll("_", " ") + (name === own ? " (yours)" : "");
  const names = [...new Set([own, "UTC", zone, ...allZones()])];
  return picker("Time zone", Object.fromEntries(names.map((name) => [name, text(name)])), zone,
    (value) => change({ tz: value === own ? null : value }), { id: "zone" });
}
