// Who changed what, and taking it back.

import { announce, button, el, showEmpty, showProblem } from "../core/dom.js";
import { when } from "../core/format.js";
import { pages } from "../parts/pages.js";
import { csvButton, table } from "../parts/table.js";

const PER_PAGE = 50;
const LONGEST = 80;
/** Fields that are shown without being asked for. */
const AT_ONCE = 2;

export function mountChanges(place, view) {
  const panel = el("div", { className: "panel" }, "Loading …");
  place.replaceChildren(el("section", { className: "card", "aria-label": "Changes" }, el("h2", {}, "Changes"), panel));

  async function load() {
    try {
      const page = await view.api.page("/v1/changes", { limit: PER_PAGE }, view.route.params.get("cursor"), view.signal);
      if (page.items.length === 0) showEmpty(panel, "Nothing has been changed yet");
      else show(page);
    } catch (problem) {
      if (!view.failed(problem)) showProblem(panel, problem, load);
    }
  }

  function show({ items, next }) {
    const columns = [
      { name: "When", text: ({ at }) => when(at), nowrap: true, plain: ({ at }) => at },
      { name: "Who", text: ({ by }) => by.name ?? (by.kind === "operator" ? "the operator" : by.id ?? by.kind) },
      { name: "What", text: ({ what, kind, object, undoes }) => `${undoes ? "undone: " : ""}${kind} ${object} ${what}`,
        cell: (change) => el("div", {}, change.undoes && el("span", { className: "badge" }, "undo"), `${change.kind} ${change.what}`,
          el("span", { className: "cut muted", title: change.object }, calledBy(change))) },
      { name: "Fields", text: ({ fields }) => fields.map(fieldText).join("; "), cell: ({ fields }) => fieldList(fields) },
      { name: "", cell: (change) => change.undoable && el("div", { className: "actions" },
        button("Undo", () => undo(change), { className: "link", "aria-label": `Undo: ${change.kind} ${change.object} ${change.what}` })) },
    ];
    panel.replaceChildren(table("Changes", columns, items), el("div", { className: "card-foot" }, csvButton("changes", columns, () => items)),
      pages(view.route.params.get("cursor"), next));
  }

  async function undo(change) {
    try {
      await view.api.post(`/v1/changes/${encodeURIComponent(change.id)}/undo`);
      announce("It is as it was before");
    } catch (problem) {
      if (!view.failed(problem)) announce(`Not undone: ${problem.detail || problem.title}`);
    }
    load();
  }
  load();
  return { update: load };
}

/** What a change's object is called, as far as the change says it; else its id. */
function calledBy({ object, fields }) {
  const called = (name) => fields.map(({ field, before, after }) => field === name && (after ?? before)).find(Boolean);
  const slug = called("slug");
  return slug ? `/${slug}` : called("name") ?? called("host") ?? object;
}

const short = (value) => {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)} …` : text;
};
const fieldText = ({ field, before, after }) => `${field}: ${short(before)} → ${short(after)}`;

function fieldList(fields) {
  const isSomething = ({ before, after }) => before !== null || (after !== null && after !== false && after?.length !== 0);
  const lines = fields.filter(isSomething).map(({ field, before, after }) => el("div", {}, el("span", { className: "muted" }, `${field} `),
    before === null ? "" : [el("del", {}, short(before)), " "], after === null ? "" : el("ins", {}, short(after))));
  if (lines.length <= AT_ONCE) return el("div", {}, lines);
  return el("details", { className: "behind" }, el("summary", {}, `${lines.length} fields`), lines);
}
