// Segments: filters with a name, made where filters are, listed here.

import { button, el, showEmpty, showProblem } from "../core/dom.js";
import { when } from "../core/format.js";
import { addressOf } from "../core/route.js";
import { confirm, openDialog } from "../parts/dialog.js";
import { field, form } from "../parts/form.js";
import { csvButton, table } from "../parts/table.js";

const MOST = 1_000;

export function mountSegments(place, view) {
  const panel = el("div", { className: "panel" }, "Loading …");
  place.replaceChildren(el("section", { className: "card", "aria-label": "Segments" },
    el("div", { className: "card-head" }, el("h2", {}, "Segments"), button("New segment", () => openSegment(view, null, "", load), { id: "new-segment" })),
    el("p", { className: "muted" }, "Filters with a name. In questions to the API they are ", el("code", {}, "segment=Name"), "."), panel));

  async function load() {
    try {
      const segments = await view.api.list("/v1/segments", {}, MOST);
      if (segments.length === 0) showEmpty(panel, "No segments yet", "Filter the Overview by clicking on what interests you, and save the filters there.");
      else show(segments);
    } catch (problem) {
      if (!view.failed(problem)) showProblem(panel, problem, load);
    }
  }

  function show(segments) {
    const columns = [
      { name: "Segment", text: ({ name }) => name, cell: ({ name, filters }) => el("a", { href: addressOf("overview", null, Object.fromEntries(new URLSearchParams(filters))) }, name) },
      { name: "Filters", text: ({ filters }) => filters, cell: ({ filters }) => el("code", {}, filters) },
      { name: "Made", text: ({ created_at: at }) => when(at), plain: ({ created_at: at }) => at },
      { name: "", cell: (segment) => el("div", { className: "actions" },
        button("Edit", () => openSegment(view, segment, "", load), { className: "link", "aria-label": `Edit ${segment.name}` }),
        button("Delete", () => remove(segment), { className: "link", "aria-label": `Delete ${segment.name}` })) },
    ];
    panel.replaceChildren(table("Segments", columns, segments), el("div", { className: "card-foot" }, csvButton("segments", columns, () => segments)));
  }

  const remove = ({ id, name }) => confirm(`Delete ${name}`, "Addresses of the API that name it are answered with a problem from then on.", "Delete", async () => {
    await view.api.remove(`/v1/segments/${id}`);
    load();
  });
  load();
  return { update: load };
}

/** The form of a segment, or of a new one with these filters. */
export function openSegment(view, segment, filters, done) {
  openDialog(segment ? `Edit ${segment.name}` : "New segment", (close) => form([
    field("name", "Name", "text", segment?.name, { required: true, placeholder: "Mail in German" }),
    field("filters", "Filters", "text", segment?.filters ?? filters, { required: true, placeholder: "country=DE,AT&utm_medium=email", hint: "As in addresses of the API." }),
  ], "Save", async (body) => {
    if (segment) await view.api.patch(`/v1/segments/${segment.id}`, body);
    else await view.api.post("/v1/segments", body);
    close();
    done();
  }, { cancel: close, all: true }));
}
