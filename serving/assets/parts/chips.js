// The filters that hold, each a chip: what it says, `is` or `is not`, and away with it.

import { el } from "../core/dom.js";
import { dimensionName, valueText } from "../core/names.js";
import { objectName } from "../core/objects.js";
import { filterText } from "../core/question.js";
import { change } from "../core/route.js";

/** Fills `place` with the chips of `question`. */
export function showChips(place, question, api) {
  const chips = [...question.filters].map(([dimension, filter]) => chip(dimension, filter, api));
  const clear = chips.length > 1 && el("button", {
    type: "button", className: "link", onclick: () => change(Object.fromEntries([...question.filters.keys()].map((name) => [name, null]))),
  }, "Remove all filters");
  place.replaceChildren(...chips, ...(clear ? [clear] : []));
  place.hidden = chips.length === 0;
}

function chip(dimension, { isNot, values }, api) {
  const name = dimensionName(dimension);
  const shown = el("strong", {}, values.map((value) => valueText(dimension, value)).join(" or "));
  nameObjects(shown, dimension, values, api);
  const turn = el("button", {
    type: "button", className: "chip-turn", title: isNot ? "Show only these" : "Show all but these",
    onclick: () => change({ [dimension]: filterText(values, !isNot) }),
  }, isNot ? "is not" : "is");
  const remove = el("button", {
    type: "button", className: "chip-remove", "aria-label": `Remove the filter ${name}`, onclick: () => change({ [dimension]: null }),
  }, "✕");
  return el("span", { className: "chip", "data-dimension": dimension }, el("span", {}, name), turn, shown, remove);
}

/** Ids say nothing to people: their names are asked for, if they are not known yet. */
async function nameObjects(shown, dimension, values, api) {
  const names = await Promise.all(values.map((value) => objectName(api, dimension, value)));
  if (names.some(Boolean)) shown.textContent = names.map((found, i) => found ?? valueText(dimension, values[i])).join(" or ");
}
