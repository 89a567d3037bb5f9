// How true numbers are, in words: what is missing, and where nothing could be counted.

import { el } from "../core/dom.js";
import { when } from "../core/format.js";

const REASONS = {
  down: "a collector was down", refused: "events were turned away", unrecorded: "events could not be recorded",
};

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
  if (meta.complete === false) {
    const why = missing.length > 0 ? ` Missing: ${missing.join("; ")}.` : "";
    notes.push(`These numbers are not complete yet: some events are still being counted.${why}`);
  } else if (missing.length > 0) {
    notes.push(`Not in these numbers: ${missing.join("; ")}.`);
  }
  if (meta.unchecked) notes.push("An event may be counted twice until the next batch, which leaves it out.");
  for (const gap of gapsOf(meta).slice(0, 5)) {
    notes.push(`Between ${when(gap.from)} and ${when(gap.to)} ${REASONS[gap.reason] ?? gap.reason}: the curve is broken there, which does not mean that nothing happened.`);
  }
  return notes;
}

/** Times in which not everything could be counted. */
export const gapsOf = (meta) => (Array.isArray(meta?.gaps) ? meta.gaps : []);
