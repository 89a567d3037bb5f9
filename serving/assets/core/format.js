// Numbers, money and moments for people, in the browser's language.

const whole = new Intl.NumberFormat();
const precise = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
const short = new Intl.NumberFormat(undefined, { notation: "compact", maximumFractionDigits: 1 });
const percents = new Intl.NumberFormat(undefined, { style: "percent", maximumFractionDigits: 1 });
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const dash = "–";

const given = (value) => value !== null && value !== undefined && Number.isFinite(Number(value));

export const number = (value) => (given(value) ? whole.format(value) : dash);
export const decimal = (value) => (given(value) ? precise.format(value) : dash);
export const compact = (value) => (given(value) ? short.format(value) : dash);
export const percent = (value) => (given(value) ? percents.format(value) : dash);
export const share = (part, of) => (of > 0 && given(part) ? percents.format(part / of) : "");

/** An amount (a decimal string) with its currency; with `digits` after the point, if it is not the currency's own number. */
export function money(value, currency, digits) {
  if (!given(value)) return dash;
  const isKnown = /^[A-Z]{3}$/.test(currency ?? "");
  const places = digits ?? (isKnown ? undefined : 2);
  const style = isKnown ? { style: "currency", currency, currencyDisplay: "narrowSymbol" } : {};
  return new Intl.NumberFormat(undefined, { ...style, minimumFractionDigits: places, maximumFractionDigits: places }).format(value);
}

/** How far `now` is from `before`, as `{text, direction}`; null where there is nothing to compare. */
export function change(now, before) {
  if (!given(now) || !given(before)) return null;
  const [to, from] = [Number(now), Number(before)];
  if (from === 0) return to === 0 ? { text: "±0 %", direction: "same" } : { text: "new", direction: "up" };
  const part = (to - from) / Math.abs(from);
  if (Math.abs(part) < 0.0005) return { text: "±0 %", direction: "same" };
  const text = part > 9.99 ? `×${decimal(to / from)}` : `${part > 0 ? "+" : "−"}${percents.format(Math.abs(part))}`;
  return { text, direction: part > 0 ? "up" : "down" };
}

/** A moment for people, in their own time zone or in `zone`; `otherwise` if it is none. */
export function when(value, otherwise = dash, zone) {
  const time = new Date(value ?? NaN);
  if (Number.isNaN(time.getTime())) return otherwise;
  return zone ? new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short", timeZone: zone }).format(time) : moment.format(time);
}

/** How long ago, in words. */
export function ago(value, now = Date.now()) {
  const seconds = (now - Date.parse(value)) / 1_000;
  if (!Number.isFinite(seconds)) return dash;
  const words = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
  for (const [unit, length] of [["day", 86_400], ["hour", 3_600], ["minute", 60]]) {
    if (Math.abs(seconds) >= length) return words.format(-Math.round(seconds / length), unit);
  }
  return "just now";
}

/** Some milliseconds for people. */
export function duration(ms) {
  if (!given(ms)) return dash;
  if (ms < 1_000) return `${number(Math.round(ms))} ms`;
  if (ms < 120_000) return `${decimal(ms / 1_000)} s`;
  return `${number(Math.round(ms / 60_000))} min`;
}

/** Rows of texts as comma-separated values (RFC 4180). Formulas that spreadsheets would run are made text. */
export function csv(rows) {
  const cell = (value) => {
    const text = String(value ?? "");
    const safe = /^[=+@\t\r]|^-(?![\d.])/.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return rows.map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
}
