// Pixels: images that count who looks at a page or a mail.

import { button, copy, el, showEmpty, showProblem } from "../core/dom.js";
import { number } from "../core/format.js";
import { remember } from "../core/objects.js";
import { asked, understand } from "../core/question.js";
import { addressOf } from "../core/route.js";
import { confirm, openDialog } from "../parts/dialog.js";
import { field, form } from "../parts/form.js";
import { csvButton, table } from "../parts/table.js";

const MOST = 1_000;
const RANGE = new URLSearchParams({ range: "30d" });

export function mountPixels(place, view) {
  const panel = el("div", { className: "panel" }, "Loading …");
  place.replaceChildren(el("section", { className: "card", "aria-label": "Pixels" },
    el("div", { className: "card-head" }, el("h2", {}, "Pixels"), button("New pixel", () => openForm(view, null, load), { id: "new-pixel" })),
    el("p", { className: "muted" }, "An image that nobody sees, in a mail or on a page of somebody else: whoever opens it is counted as a view."), panel));

  async function load() {
    try {
      const question = { ...understand(RANGE, Date.now()), filters: new Map() };
      const [pixels, answer] = await Promise.all([
        view.api.list("/v1/pixels", {}, MOST),
        view.api.get("/v1/stats", { ...asked(question), metrics: "views", group_by: "pixel", limit: MOST }, view.signal),
      ]);
      pixels.forEach(({ id, name }) => remember(id, name));
      if (pixels.length === 0) showEmpty(panel, "No pixels yet", "Make one, and put its image into your mails.");
      else show(pixels, new Map(answer.results.map(({ pixel, views }) => [pixel, views])));
    } catch (problem) {
      if (!view.failed(problem)) showProblem(panel, problem, load);
    }
  }

  function show(pixels, views) {
    const columns = [
      { name: "Pixel", text: ({ name }) => name, cell: ({ id, name }) => el("a", { href: addressOf("overview", null, { pixel: id, metric: "views" }) }, name) },
      { name: "Views in 30 days", number: true, text: ({ id }) => number(views.get(id) ?? 0), plain: ({ id }) => views.get(id) ?? 0 },
      { name: "Tags", text: ({ tags }) => tags.join(", ") },
      { name: "Address", text: ({ url }) => url, cell: ({ url, name }) => el("span", { className: "nowrap" }, el("code", {}, url), " ",
        button("Copy as HTML", () => copy(`<img src="${url}" width="1" height="1" alt="">`, "HTML"), { className: "link", "aria-label": `Copy as HTML: ${name}` })) },
      { name: "", cell: (pixel) => el("div", { className: "actions" },
        button("Edit", () => openForm(view, pixel, load), { className: "link", "aria-label": `Edit ${pixel.name}` }),
        button("Delete", () => remove(pixel), { className: "link", "aria-label": `Delete ${pixel.name}` })) },
    ];
    panel.replaceChildren(table("Pixels", columns, pixels), el("div", { className: "card-foot" }, csvButton("pixels", columns, () => pixels)));
  }

  const remove = ({ id, name }) => confirm(`Delete ${name}`, "What it counted stays; its image counts nothing any more.", "Delete", async () => {
    await view.api.remove(`/v1/pixels/${id}`);
    load();
  });
  load();
  return { update: load };
}

function openForm(view, pixel, done) {
  openDialog(pixel ? `Edit ${pixel.name}` : "New pixel", (close) => form([
    field("name", "Name", "text", pixel?.name, { required: true, placeholder: "Newsletter of May" }),
    field("campaign", "Campaign", "text", pixel?.campaign, { hint: "Its name, or its id: views count for it, too." }),
    field("tags", "Tags", "list", pixel?.tags, { hint: "With commas between." }),
  ], "Save", async (body) => {
    if (pixel) await view.api.patch(`/v1/pixels/${pixel.id}`, body);
    else await view.api.post("/v1/pixels", body);
    close();
    done();
  }, { cancel: close }));
}
