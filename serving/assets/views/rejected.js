// What was refused at the doors: why, and what it said, as far as that may be kept.

import { button, el, showEmpty, showProblem } from "../core/dom.js";
import { when } from "../core/format.js";
import { openDialog } from "../parts/dialog.js";
import { pages } from "../parts/pages.js";
import { csvButton, table } from "../parts/table.js";

const PAGE = 100;

export function mountRejected(place, view) {
  const panel = el("div", { className: "panel" }, "Loading …");
  place.replaceChildren(el("section", { className: "card", "aria-label": "Refused events" },
    el("p", { className: "muted" }, "Events that could not be taken, for a month. A program can mend one and send it again, once."), panel));

  async function load() {
    const cursor = view.route.params.get("cursor");
    try {
      const { items, next } = await view.api.page("/v1/rejected", { limit: PAGE }, cursor, view.signal);
      if (items.length === 0 && !cursor) showEmpty(panel, "Nothing was refused", "Everything that was sent could be read.");
      else show(items, pages(cursor, next));
    } catch (problem) {
      if (!view.failed(problem)) showProblem(panel, problem, load);
    }
  }

  function show(items, nav) {
    const columns = [
      { name: "Time", text: ({ at }) => when(at), plain: ({ at }) => at, cell: ({ at }) => el("span", { className: "nowrap" }, when(at)) },
      { name: "Why", text: ({ code }) => code.replaceAll("_", " ") },
      { name: "In words", text: ({ detail }) => detail },
      { name: "Bytes", number: true, text: ({ bytes }) => String(bytes) },
      { name: "Id", text: ({ id }) => id, hidden: true },
      { name: "", cell: (item) => button("Show", () => openEvent(item), { className: "link", "aria-label": `Show what came ${when(item.at)}` }) },
    ];
    panel.replaceChildren(table("Refused events", columns, items), el("div", { className: "card-foot" }, nav, csvButton("refused events", columns, () => items)));
  }
  load();
  return { update: load };
}

function openEvent({ id, code, detail, event, without }) {
  openDialog(code.replaceAll("_", " "), (close) => [
    el("p", {}, detail),
    event ? el("pre", { tabIndex: 0 }, el("code", {}, JSON.stringify(event, null, 2))) : el("p", { className: "muted" }, "It could not be read."),
    without.length > 0 && el("p", { className: "muted" }, `Not kept, for it may tell of a visitor: ${without.join(", ")}.`),
    el("p", { className: "muted" }, "To take it again, mended, send what is to be changed to your collector: ", el("code", {}, `POST /v1/rejected/${id}/replay`)),
    el("div", { className: "actions" }, button("Close", close)),
  ].filter(Boolean));
}
