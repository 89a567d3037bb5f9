// Campaigns, with what they brought and what they cost.

import { button, el, showEmpty, showProblem } from "../core/dom.js";
import { metricName, metricText } from "../core/names.js";
import { remember } from "../core/objects.js";
import { asked, understand } from "../core/question.js";
import { addressOf } from "../core/route.js";
import { controls } from "../parts/controls.js";
import { confirm, openDialog } from "../parts/dialog.js";
import { field, form } from "../parts/form.js";
import { csvButton, table } from "../parts/table.js";

const MOST = 1_000;

export function mount(main, view) {
  const bar = el("div", {});
  const panel = el("div", {}, "Loading …");
  main.replaceChildren(
    el("div", { className: "page-head" }, el("div", {}, el("h1", {}, "Campaigns"), el("p", {}, "Links, goals and pixels that belong together.")),
      button("New campaign", () => openForm(view, null, load), { className: "", id: "new-campaign" })),
    bar, el("section", { className: "card", "aria-label": "Campaigns" }, panel));

  async function load() {
    const question = understand(view.route.params, Date.now());
    bar.replaceChildren(controls(question, ["zone"]));
    const metrics = ["clicks", "conversions", "cr", "value", "cost", "profit", "roi"];
    try {
      const [campaigns, answer] = await Promise.all([
        view.api.list("/v1/campaigns", {}, MOST),
        view.api.get("/v1/stats", { ...asked({ ...question, filters: new Map() }), metrics: metrics.join(","), group_by: "campaign", limit: MOST }, view.signal),
      ]);
      show(campaigns, metrics, new Map(answer.results.map((row) => [row.campaign, row])));
    } catch (problem) {
      if (!view.failed(problem)) showProblem(panel, problem, load);
    }
  }

  function show(campaigns, metrics, rows) {
    campaigns.forEach(({ id, name }) => remember(id, name));
    if (campaigns.length === 0) {
      showEmpty(panel, "No campaigns yet", "Make one, and choose it in the form of a link: what its links do is added up here.");
      return;
    }
    const clicks = ({ id }) => rows.get(id)?.clicks ?? 0;
    const columns = [
      { name: "Campaign", text: ({ name }) => name, cell: ({ id, name }) => el("a", { href: addressOf("overview", null, { campaign: id }) }, name) },
      ...metrics.map((metric) => ({
        name: metricName(metric), number: true, plain: ({ id }) => rows.get(id)?.[metric] ?? "",
        text: ({ id }) => (rows.has(id) ? metricText(metric, rows.get(id), view.session.currencyOf(metric)) : "–"),
      })),
      { name: "", cell: (campaign) => el("div", { className: "actions" },
        button("Edit", () => openForm(view, campaign, load), { className: "link", "aria-label": `Edit ${campaign.name}` }),
        button("Delete", () => remove(campaign), { className: "link", "aria-label": `Delete ${campaign.name}` })) },
    ];
    const sorted = campaigns.toSorted((a, b) => clicks(b) - clicks(a));
    panel.replaceChildren(table("Campaigns", columns, sorted), el("div", { className: "card-foot" }, csvButton("campaigns", columns, () => sorted)));
  }

  const remove = ({ id, name }) => confirm(`Delete ${name}`, "Its links stay, without a campaign.", "Delete", async () => {
    await view.api.remove(`/v1/campaigns/${id}`);
    load();
  });
  load();
  return { update: load };
}

function openForm(view, campaign, done) {
  openDialog(campaign ? `Edit ${campaign.name}` : "New campaign", (close) => form([
    field("name", "Name", "text", campaign?.name, { required: true }),
    field("tags", "Tags", "list", campaign?.tags, { hint: "With commas between." }),
    field("cost_per_click", "Cost of a click", "text", campaign?.cost_per_click, { hint: "In the account's currency, such as 0.25." }),
  ], "Save", async (body) => {
    if (campaign) await view.api.patch(`/v1/campaigns/${campaign.id}`, body);
    else await view.api.post("/v1/campaigns", body);
    close();
    done();
  }, { cancel: close }));
}
