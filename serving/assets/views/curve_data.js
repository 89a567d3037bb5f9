// What the curve shows, from answers of the API. Pure.

import { addsUp, isMoney, isRate, metricName } from "../core/names.js";
import { secondsOf } from "../core/question.js";
import { gapsOf } from "../parts/truth.js";

const HOUR = 3_600;
const seconds = (time) => Date.parse(time) / 1_000;
const valueOf = (row, metric) => (row?.[metric] === null || row?.[metric] === undefined ? null : Number(row[metric]));

/**
 * The lines of a curve. `answer` and `before` are answers of `/v1/stats`, `forecast` one of `/v1/forecasts` that fits, or
 * null. Buckets that have not begun have no value; the one that goes on is a point of its own, since it would look like a fall.
 */
export function curve(question, answer, before, forecast) {
  const { metric, interval, now } = question;
  const width = secondsOf(interval);
  const at = now / 1_000;
  const gaps = gapsOf(answer.meta).map(({ from, to }) => ({ from: seconds(from), to: to ? seconds(to) : at }));
  const buckets = (answer.results ?? []).map((row, i) => ({
    time: seconds(row.time), value: valueOf(row, metric), before: valueOf(before?.results?.[i], metric),
  }));
  const points = forecast ? forecast.points.filter(({ time }) => seconds(time) + width > at) : [];
  const times = [...new Set([...buckets.map(({ time }) => time), ...within(points, buckets, width)])].sort((a, b) => a - b);
  const byTime = new Map(buckets.map((bucket) => [bucket.time, bucket]));
  const expected = new Map(points.map((point) => [seconds(point.time), point]));
  const current = buckets.findLast(({ time }) => time <= at && time + width > at);
  const known = (time) => {
    const bucket = byTime.get(time);
    return bucket && time <= at && !isBroken(bucket, width, gaps) ? bucket.value : null;
  };
  const done = (time) => (current && time >= current.time ? null : known(time));
  const going = (time) => (time === current?.time ? known(time) : null);
  const of = (field) => times.map((time) => expected.get(time)?.[field] ?? null);
  return {
    times, gaps, current,
    done: times.map(done), going: times.map(going), before: times.map((time) => byTime.get(time)?.before ?? null),
    bands: points.length === 0 ? null : {
      value: of("value"), upper95: of("upper_95"), lower95: of("lower_95"), upper80: of("upper_80"), lower80: of("lower_80"),
    },
  };
}

/** Times of forecasts up to the end of the curve; a curve of days shows the next week, too. */
function within(points, buckets, width) {
  const end = (buckets.at(-1)?.time ?? 0) + width + (width >= 24 * HOUR ? 7 * 24 * HOUR : 0);
  return points.map(({ time }) => seconds(time)).filter((time) => time < end);
}

/** A bucket of which nothing, or only nothing, is known. */
function isBroken({ time, value }, width, gaps) {
  return gaps.some(({ from, to }) => from < time + width && to > time && (value === 0 || (from <= time && to >= time + width)));
}

/** Whether forecasts are of what the curve shows: clicks of people, of all or of one link or campaign. */
export function forecastOf(question) {
  const { metric, filters, bots, interval } = question;
  if (metric !== "clicks" || bots || !["hour", "day"].includes(interval)) return null;
  return entityOf(filters, interval === "hour" ? "hourly" : "daily");
}

/** The parameters of forecasts of what the filters leave; null: there are none. */
export function entityOf(filters, grain) {
  if (filters.size === 0) return { grain, entity: "account" };
  const [[dimension, { isNot, values }]] = filters;
  const isOne = filters.size === 1 && !isNot && values.length === 1 && values[0] !== "";
  return isOne && ["link", "campaign"].includes(dimension) ? { grain, [dimension]: values[0] } : null;
}

/** Clicks of today at its end, if the rest comes as forecast; null where that is not known. `end`: unix seconds. */
export function projected(soFar, forecast, now, end) {
  const at = now / 1_000;
  let rest = 0;
  let covered = at;
  for (const { time, value } of forecast?.points ?? []) {
    const from = seconds(time);
    if (from + HOUR <= at || from >= end || from > covered) continue;
    rest += value * ((Math.min(from + HOUR, end) - Math.max(from, at)) / HOUR);
    covered = from + HOUR;
  }
  return covered >= end ? Math.round(soFar + rest) : null;
}

/** What screen readers hear of the curve. */
export function spoken(question, answer, text) {
  const { metric, interval } = question;
  const name = metricName(metric);
  const total = `${name}: ${text(answer.totals)}`;
  if (isRate(metric) || !addsUp(metric) || isMoney(metric)) return `${total} in all.`;
  const rows = (answer.results ?? []).filter((row) => row[metric] > 0);
  if (rows.length === 0) return `${total} in all.`;
  const best = rows.reduce((high, row) => (row[metric] > high[metric] ? row : high));
  return `${total} in all; the most by ${interval} were ${text(best)}.`;
}
