// What is asked, from the parameters of the address: range, time zone, filters, comparison. Pure.

import { ALL_DIMENSIONS, isMetric } from "./names.js";
import { addDays, dayOf, daysBetween, isZone, ownZone, shiftDays } from "./time.js";

export const RANGES = {
  today: "Today", yesterday: "Yesterday", "24h": "Last 24 hours", "7d": "Last 7 days", "30d": "Last 30 days",
  "90d": "Last 90 days", mtd: "Month to date", custom: "Other days …",
};
export const COMPARISONS = {
  last_week: "A week before", previous_period: "Period before", previous_year: "A year before", none: "Nothing",
};
const INTERVALS = { minute: "Minutes", "5m": "5 minutes", "15m": "15 minutes", hour: "Hours", day: "Days", week: "Weeks", month: "Months" };
const LENGTHS = { minute: 60, "5m": 300, "15m": 900, hour: 3_600, day: 86_400, week: 604_800, month: 2_592_000 };
/** Points that a curve has at most: more cannot be seen. */
const MOST_POINTS = 1_500;
const WEEK = 7;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const HOUR_MS = 3_600_000;

/** The question of an address's parameters, with what they leave open. `now`: milliseconds. */
export function understand(params, now) {
  const zone = isZone(params.get("tz")) ? params.get("tz") : ownZone();
  const time = rangeOf(params, zone, now);
  const days = Math.max(1, daysBetween(time.first, time.end));
  const interval = intervals(days).includes(params.get("interval")) ? params.get("interval") : usualInterval(time.range, days);
  const usual = days <= 2 ? "last_week" : "previous_period";
  const compare = params.get("compare") in COMPARISONS ? params.get("compare") : usual;
  return {
    ...time, zone, days, interval, compare, now,
    metric: isMetric(params.get("metric")) ? params.get("metric") : "clicks",
    bots: params.get("bots") === "1",
    filters: filtersOf(params),
  };
}

/** Filters by dimension: `{values, isNot}`. */
function filtersOf(params) {
  const filters = new Map();
  for (const dimension of ALL_DIMENSIONS) {
    const text = params.get(dimension);
    if (text === null) continue;
    const isNot = text.startsWith("-");
    filters.set(dimension, { isNot, values: listed(isNot ? text.slice(1) : text), text });
  }
  return filters;
}

/** Values with commas between them, without the spaces around them; `\` before a sign makes it a part of the value. */
export function listed(text) {
  const values = [""];
  let spaces = "";
  for (const [part, escaped] of text.matchAll(/\\([,\-\\\p{White_Space}])|[^]/gu)) {
    const last = values.length - 1;
    if (/^\p{White_Space}$/u.test(part)) {
      // Spaces count once something follows them.
      if (values[last] !== "") spaces += part;
      continue;
    }
    if (part === ",") values.push("");
    else values[last] += spaces + (escaped ?? part);
    spaces = "";
  }
  return values;
}

/** First day, and the day after the last. */
function rangeOf(params, zone, now) {
  const [start, end] = [params.get("start"), params.get("end")];
  const today = dayOf(now, zone);
  const tomorrow = addDays(today, 1);
  if (DAY.test(start ?? "") && DAY.test(end ?? "") && start <= end) {
    return { range: "custom", first: start, end: addDays(end, 1), lastDay: end };
  }
  const range = params.get("range") in RANGES && params.get("range") !== "custom" ? params.get("range") : "today";
  const count = /^(\d+)d$/.exec(range)?.[1];
  if (range === "yesterday") return { range, first: addDays(today, -1), end: today };
  if (range === "24h") return { range, first: addDays(today, -1), end: tomorrow };
  if (range === "mtd") return { range, first: `${today.slice(0, 8)}01`, end: tomorrow };
  return { range, first: count ? addDays(today, 1 - count) : today, end: tomorrow };
}

/** Intervals that make neither too many points nor only one. */
export function intervals(days) {
  return Object.keys(INTERVALS).filter((name) => {
    const points = (days * LENGTHS.day) / LENGTHS[name];
    return points <= MOST_POINTS && points >= 1;
  });
}
export const intervalName = (interval) => INTERVALS[interval];
export const secondsOf = (interval) => LENGTHS[interval];

function usualInterval(range, days) {
  if (range === "24h" || days <= 3) return "hour";
  return days <= 92 ? "day" : "week";
}

/** Parameters of the API for the time that is asked about, and the filters. */
export function asked(question) {
  return { ...times(question), ...common(question) };
}

function times({ range, first, end }) {
  return range === "custom" ? { start: first, end } : { range };
}

function common({ zone, bots, filters }) {
  const params = { timezone: zone };
  if (bots) params.exclude_bots = "false";
  for (const [dimension, { text }] of filters) params[dimension] = text;
  return params;
}

/** Whether the range goes on. */
export const isOpen = (question) => question.end > dayOf(question.now, question.zone);

/** How many days lie between the range and what it is compared with; null: it is compared with nothing. */
export function distance(question) {
  const { compare, days, first } = question;
  if (compare === "none") return null;
  if (compare === "last_week") return Math.ceil(days / WEEK) * WEEK;
  if (compare === "previous_year") {
    const [year, ...rest] = first.split("-");
    const before = [String(year - 1).padStart(4, "0"), ...rest].join("-").replace("-02-29", "-02-28");
    return daysBetween(before, first);
  }
  return question.range === "24h" ? 1 : days;
}

/**
 * Parameters of the API for the time before, or null. `soFar`: of a range that goes on only as much as has passed of it,
 * so that a morning is compared with a morning. Over many days that is to the hour, for which sums are kept.
 */
export function askedBefore(question, { soFar = false } = {}) {
  const back = distance(question);
  if (back === null) return null;
  const time = question.range === "24h" ? hoursBefore(question, back) : daysBefore(question, back);
  if (soFar && isOpen(question)) {
    const step = question.days > 2 ? HOUR_MS : 60_000;
    const until = shiftDays(Math.ceil(question.now / step) * step, -back, question.zone);
    time.end = instant(until);
    if (Date.parse(time.end) <= Date.parse(time.start)) return null;
  }
  return { ...time, ...common(question) };
}

const daysBefore = ({ first, end }, back) => ({ start: addDays(first, -back), end: addDays(end, -back) });

function hoursBefore({ now, zone }, back) {
  const end = Math.floor(now / HOUR_MS) * HOUR_MS + HOUR_MS;
  return { start: instant(shiftDays(end - 24 * HOUR_MS, -back, zone)), end: instant(shiftDays(end, -back, zone)) };
}

const instant = (ms) => new Date(ms).toISOString().replace(/:\d\d\.\d+Z$/, ":00Z");

/** The address's parameter for one filter. */
export function filterText(values, isNot = false) {
  return `${isNot ? "-" : ""}${values.map(escaped).join(",")}`;
}

/** A value as it stands in a list: what `listed` would take for a sign has a backslash before it. */
export function escaped(value) {
  return value.replace(/[,\\]|^-|^\p{White_Space}+|\p{White_Space}+$/gu, (signs) => signs.replace(/[^]/gu, "\\$&"));
}
