// Segments where filters are: one is chosen, or made of the filters that hold. What is chosen is filters in the address.

import { button, el } from "../core/dom.js";
import { ALL_DIMENSIONS } from "../core/names.js";
import { change } from "../core/route.js";
import { picker } from "../parts/controls.js";
import { openSegment } from "./segments.js";

const MOST = 200;
const NONE = "";

/** A picker with a button, told of each question by `update(question)`. Shares have no segments. */
export function segmentPicker(view) {
  const element = el("div", { className: "controls", role: "group", "aria-label": "Segments", hidden: true });
  let segments = [];
  let question = null;

  async function load() {
    if (view.session.isShare) return;
    try {
      segments = (await view.api.getLater("/v1/segments", { limit: MOST }, view.signal)).items;
      show();
    } catch (problem) {
      view.failed(problem);
    }
  }

  function show() {
    if (!question || view.session.isShare) return;
    const filters = textOf(question);
    const chosen = segments.find((segment) => normal(segment.filters) === normal(filters));
    const names = { [NONE]: "None", ...Object.fromEntries(segments.map(({ id, name }) => [id, name])) };
    const choose = (id) => change({ ...nothing(), ...Object.fromEntries(new URLSearchParams(segments.find((segment) => segment.id === id)?.filters ?? "")) });
    element.replaceChildren(
      ...(segments.length > 0 ? [picker("Segment", names, chosen?.id ?? NONE, choose, { id: "segment" })] : []),
      ...(filters && !chosen ? [button("Save these filters", () => openSegment(view, null, filters, load), { id: "save-segment" })] : []));
    element.hidden = element.childElementCount === 0;
  }

  load();
  return { element, update(asked) { question = asked; show(); } };
}

const nothing = () => Object.fromEntries(ALL_DIMENSIONS.map((dimension) => [dimension, null]));
const textOf = ({ filters }) => new URLSearchParams([...filters].map(([dimension, { text }]) => [dimension, text])).toString();

/** The same text for the same filters, in whatever order and however escaped. */
const normal = (filters) => {
  const params = new URLSearchParams(filters);
  params.sort();
  return params.toString();
};
