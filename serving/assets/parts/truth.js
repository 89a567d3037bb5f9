// How true numbers are, in words: what is missing, and where nothing could be counted.

import { el } from "../core/dom.js";
import { number, when } from "../core/format.js";

const REASONS = { collector_down: "a collector was down", unrecorded: "events could not be recorded" };
/** Gaps that are told one by one. */
const MOST_GAPS = 3;

/** Fills `place` with what somebody must know of these numbers; nothing, if they are whole. */
export function showTruth(place, metas) {
  const notes = metas.filter(Boolean).flatMap(notesOf);
  const texts = [...new Set(notes)];
  place.hidden = texts.length === 0;
  place.replaceChildren(...texts.map((text) => el("p", {}, text)));
}

function notesOf(meta) {
  const notes = [];
  const missing = [meta.missing].flat().filter(Boolean).map(String);
  if (missing.length > 0) {
    notes.push(`These numbers are not complete. ${missing.map((text) => text.replace(/^live: /, "")).join("; ")}.`);
  } else if (meta.complete === false) {
    notes.push("These numbers are not complete yet: some events are still being counted.");
  }
  if (meta.unchecked) notes.push("An event may be counted twice until the next batch, which leaves it out.");
  const gaps = gapsOf(meta);
  for (const { from, to, reason, events } of gaps.slice(-MOST_GAPS)) {
    const time = to ? `Between ${when(from)} and ${when(to)}` : `Since ${when(from)}`;
    const count = events ? ` (${number(events)} events)` : "";
    notes.push(`${time} ${REASONS[reason] ?? reason}${count}: that nothing is counted there does not mean that nothing happened.`);
  }
  if (gaps.length > MOST_GAPS) notes.push(`There are ${number(gaps.length - MOST_GAPS)} earlier gaps in this time, shaded in the curve.`);
  return notes;
}

/** Times in which not everything could be counted: `{from, to, reason}`; without `to` it goes on. */
export const gapsOf = (meta) => (Array.isArray(meta?.gaps) ? meta.gaps : []);
