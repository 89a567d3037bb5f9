// Days and moments of time zones. Days are texts such as `2026-11-27`.

const DAY_MS = 86_400_000;

/** The browser's time zone, by its IANA name. */
export const ownZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

/** All zones that the browser knows. */
export const allZones = () => ["UTC", ...Intl.supportedValuesOf("timeZone").filter((zone) => zone !== "UTC")];

/** Whether there is such a zone. */
export function isZone(zone) {
  try {
    return Boolean(new Intl.DateTimeFormat("en", { timeZone: zone }));
  } catch {
    return false;
  }
}

/** Clocks by their zone: making one takes long. */
const clocks = new Map();

/** Year, month, day, hour, minute and second of a moment (ms) as clocks in `zone` show it. */
function clock(ms, zone) {
  if (!clocks.has(zone)) {
    clocks.set(zone, new Intl.DateTimeFormat("en-US", {
      timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit",
      hour: "2-digit", minute: "2-digit", second: "2-digit",
    }));
  }
  const parts = clocks.get(zone).formatToParts(ms);
  return Object.fromEntries(parts.map(({ type, value }) => [type, value]));
}

/** The day of a moment in `zone`. */
export function dayOf(ms, zone) {
  const { year, month, day } = clock(ms, zone);
  return `${year}-${month}-${day}`;
}

/** The day so many days later. */
export const addDays = (day, count) => new Date(Date.parse(`${day}T00:00:00Z`) + count * DAY_MS).toISOString().slice(0, 10);

/** How many days from one to the other. */
export const daysBetween = (from, to) => Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS);

/** The same time of the day so many days later, as clocks in `zone` show it. */
export const shiftDays = (ms, count, zone) => momentOf(wall(ms, zone) + count * DAY_MS, zone);

/** The first moment of a day in `zone`. */
export const startOfDay = (day, zone) => momentOf(Date.parse(`${day}T00:00:00Z`), zone);

/** The moment at which clocks in `zone` show `shown`, which is written as if it were UTC. */
function momentOf(shown, zone) {
  const guess = shown - (wall(shown, zone) - shown);
  // The clocks may have changed in between.
  return guess + shown - wall(guess, zone);
}

/** What clocks in `zone` show, as if it were UTC. */
function wall(ms, zone) {
  const { year, month, day, hour, minute, second } = clock(ms, zone);
  return Date.UTC(year, month - 1, day, hour, minute, second) + (ms % 1_000);
}

/** Writers of unix seconds in `zone`, in the reader's language: of ticks of an axis, and in full. */
export function writers(zone) {
  const writer = (options) => {
    const format = new Intl.DateTimeFormat(undefined, { ...options, timeZone: zone });
    return (seconds) => format.format(new Date(seconds * 1_000));
  };
  return {
    day: writer({ month: "short", day: "numeric" }),
    hour: writer({ hour: "2-digit", minute: "2-digit" }),
    month: writer({ month: "short", year: "numeric" }),
    fullDay: writer({ weekday: "short", month: "short", day: "numeric" }),
    full: writer({ weekday: "short", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" }),
  };
}
