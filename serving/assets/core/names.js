// What dimensions and metrics, and their values, are called for people.

import { money, number, percent } from "./format.js";

const REGIONS = new Intl.DisplayNames(undefined, { type: "region" });
const LANGUAGES = new Intl.DisplayNames(undefined, { type: "language" });
const CONTINENTS = {
  AF: "Africa", AN: "Antarctica", AS: "Asia", EU: "Europe", NA: "North America", OC: "Oceania", SA: "South America",
};
const DAYS = ["", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/**
 * Dimensions by what they are about: each group is one breakdown, whose picker has them. For the first of each sums are
 * kept, so that the page is there at once.
 */
export const BREAKDOWNS = [
  { title: "Links", dimensions: ["link", "campaign", "variant", "rule", "tag", "domain", "trigger", "pixel", "goal"] },
  { title: "Places", dimensions: ["country", "region", "city", "continent"] },
  { title: "Sources", dimensions: ["referrer", "referrer_domain", "channel"] },
  { title: "Devices", dimensions: ["device", "browser", "os", "device_model"] },
  { title: "UTM", dimensions: ["utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"] },
  { title: "More", dimensions: ["language", "hour_of_day", "day_of_week", "sub1", "sub2", "sub3", "sub4", "sub5", "currency", "asn", "bot", "status"] },
];

const DIMENSIONS = {
  link: "Link", campaign: "Campaign", variant: "Variant", rule: "Rule", tag: "Tag", domain: "Domain", trigger: "Link or QR code",
  pixel: "Pixel", goal: "Goal", country: "Country", region: "Region", city: "City", continent: "Continent", language: "Language",
  channel: "Channel", referrer_domain: "Referrer's domain", referrer: "Referrer", device: "Device", browser: "Browser",
  os: "Operating system", device_model: "Device model", utm_source: "UTM source", utm_medium: "UTM medium",
  utm_campaign: "UTM campaign", utm_term: "UTM term", utm_content: "UTM content", hour_of_day: "Hour of the day",
  day_of_week: "Day of the week", sub1: "Sub 1", sub2: "Sub 2", sub3: "Sub 3", sub4: "Sub 4", sub5: "Sub 5",
  currency: "Currency", asn: "Network (AS)", bot: "Kind of bot", status: "Status of conversions",
};
export const ALL_DIMENSIONS = Object.keys(DIMENSIONS);
export const dimensionName = (dimension) => DIMENSIONS[dimension] ?? dimension;

/** Metrics: what they are called, and how their values are written. */
const METRICS = {
  clicks: { name: "Clicks" },
  unique_visitors: { name: "Visitors" },
  views: { name: "Views" },
  conversions: { name: "Conversions" },
  pending: { name: "Pending" },
  rejected: { name: "Rejected" },
  bot_clicks: { name: "Bot clicks" },
  value: { name: "Value", money: true, by: "values" },
  cost: { name: "Cost", money: true, by: "costs" },
  profit: { name: "Profit", money: true, by: "profits" },
  ctr: { name: "Clicks per view", rate: true },
  cr: { name: "Conversion rate", rate: true },
  epc: { name: "Value per click", money: true, rate: true },
  aov: { name: "Value per conversion", money: true, rate: true },
  roi: { name: "Return on cost", money: true, rate: true },
};
export const metricName = (metric) => METRICS[metric]?.name ?? metric;
export const isMetric = (metric) => metric in METRICS;
export const isMoney = (metric) => METRICS[metric]?.money === true;
export const isRate = (metric) => METRICS[metric]?.rate === true;
/** Whether parts of it add up to the whole. */
export const addsUp = (metric) => !isRate(metric) && metric !== "unique_visitors";

/** A metric of `numbers` for people. Money in several currencies is written in each. */
export function metricText(metric, numbers, currency) {
  return written(metric, numbers, currency).join(" + ");
}

/** The same where there is little room, as a list of its amounts: large ones without cents. */
export function metricBrief(metric, numbers, currency) {
  return written(metric, numbers, currency, true);
}

function written(metric, numbers, currency, brief = false) {
  const { money: isAmount, by } = METRICS[metric] ?? {};
  const value = numbers?.[metric];
  if (["ctr", "cr", "roi"].includes(metric)) return [percent(value)];
  if (!isAmount) return [number(value)];
  const several = by && numbers?.[by];
  const amounts = several && (value === null || value === undefined) ? Object.entries(several) : [[currency, value]];
  const most = amounts.length > 1 ? 1_000 : 10_000;
  return amounts.map(([code, amount]) => money(amount, code, brief && Math.abs(amount) >= most ? 0 : undefined));
}

/** The value of `dimension` in a row, for people. */
export function valueName(dimension, row) {
  if (row.other) return "All others";
  const value = row[dimension];
  if (dimension === "link" && row.slug) return `/${row.slug}`;
  if (["campaign", "pixel", "goal"].includes(dimension)) {
    const name = row[`${dimension}_name`] ?? row.name;
    if (name) return name;
  }
  return valueText(dimension, value);
}

/** A value as it stands in filters, for people. */
export function valueText(dimension, value) {
  if (value === null || value === undefined || value === "" || value === "(none)") return NONE[dimension] ?? "None";
  const named = (names) => {
    try {
      return names.of(value) ?? value;
    } catch {
      return value;
    }
  };
  switch (dimension) {
    case "country": return /^[A-Z]{2}$/.test(value) ? named(REGIONS) : value;
    case "continent": return CONTINENTS[value] ?? value;
    case "language": return named(LANGUAGES);
    case "day_of_week": return DAYS[value] ?? value;
    case "hour_of_day": return `${value}:00`;
    case "channel": return value === "ai" ? "AI assistants" : value[0].toUpperCase() + value.slice(1);
    case "device": return value[0].toUpperCase() + value.slice(1);
    case "trigger": return value === "qr" ? "QR code" : "Link";
    case "asn": return `AS${value}`;
    default: return String(value);
  }
}

const NONE = {
  country: "Unknown", region: "Unknown", city: "Unknown", continent: "Unknown", browser: "Unknown", os: "Unknown",
  device: "Unknown", device_model: "Unknown", language: "Unknown", referrer: "Direct or unknown", referrer_domain: "Direct or unknown",
  bot: "People", campaign: "No campaign", domain: "The installation's own",
};
