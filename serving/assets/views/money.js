// Goals and money: what was reached, what it is worth, and what it cost.

import { button, copy, el, showEmpty, showProblem } from "../core/dom.js";
import { change as difference, money, when } from "../core/format.js";
import { metricName, metricText } from "../core/names.js";
import { objectName, remember } from "../core/objects.js";
import { asked, askedBefore, understand } from "../core/question.js";
import { addressOf } from "../core/route.js";
import { controls } from "../parts/controls.js";
import { showTruth } from "../parts/truth.js";
import { confirm } from "../parts/dialog.js";
import { csvButton, table } from "../parts/table.js";
import { openCost, openGoal } from "./money_forms.js";
import { delta, tileValue } from "./tiles.js";

const TILES = ["conversions", "pending", "rejected", "value", "cost", "profit", "cr", "aov", "epc", "roi"];
const OF_GOALS = ["conversions", "pending", "rejected", "value"];
const MOST = 1_000;

export function mount(main, view) {
  const [bar, truth, tiles] = [el("div", {}), el("div", { className: "truth", role: "status", hidden: true }), el("div", { className: "tiles" })];
  const goals = el("div", { className: "panel" }, "Loading …");
  const costs = el("div", { className: "panel" }, "Loading …");
  main.replaceChildren(
    el("div", { className: "page-head" }, el("h1", {}, "Goals and money")), bar, truth, tiles,
    el("section", { className: "card", "aria-label": "Goals" },
      el("div", { className: "card-head" }, el("h2", {}, "Goals"), button("New goal", () => openGoal(view, null, load), { id: "new-goal" })), goals),
    el("section", { className: "card", "aria-label": "Costs" },
      el("div", { className: "card-head" }, el("h2", {}, "Costs of periods"), button("New cost", () => openCost(view, null, load), { id: "new-cost" })),
      el("p", { className: "muted" }, "What was paid for a time is spread over its clicks. Costs of single clicks stand at links and campaigns."), costs));

  async function part(panel, ask) {
    try {
      await ask();
    } catch (problem) {
      if (!view.failed(problem)) showProblem(panel, problem, load);
    }
  }

  function load() {
    const question = { ...understand(view.route.params, Date.now()), filters: new Map() };
    bar.replaceChildren(controls(question, ["compare", "zone"]));
    part(tiles, () => sums(question));
    part(goals, () => showGoals(question));
    part(costs, showCosts);
  }

  async function sums(question) {
    const metrics = TILES.join(",");
    const before = askedBefore(question, { soFar: true });
    const [now, then] = await Promise.all([view.api.get("/v1/stats", { ...asked(question), metrics }, view.signal),
      before && view.api.get("/v1/stats", { ...before, metrics }, view.signal)]);
    showTruth(truth, [now.meta]);
    tiles.replaceChildren(...TILES.map((metric) => el("div", { className: "tile" },
      el("span", { className: "tile-name" }, metricName(metric)),
      tileValue(metric, now.totals, view.session),
      delta(then && difference(now.totals[metric], then.totals[metric]), metric))));
  }

  async function showGoals(question) {
    const [list, answer] = await Promise.all([view.api.list("/v1/goals", {}, MOST),
      view.api.get("/v1/stats", { ...asked(question), metrics: OF_GOALS.join(","), group_by: "goal", limit: MOST }, view.signal)]);
    list.forEach(({ id, name }) => remember(id, name));
    if (list.length === 0) {
      showEmpty(goals, "No goals yet", "Make one for what visitors shall do, such as “purchase”, and let your shop report it to the goal's address.");
      return;
    }
    const rows = new Map(answer.results.map((row) => [row.goal, row]));
    const columns = [
      { name: "Goal", text: ({ name }) => name, cell: ({ id, name }) => el("a", { href: addressOf("overview", null, { goal: id, metric: "conversions" }) }, name) },
      ...OF_GOALS.map((metric) => ({ name: metricName(metric), number: true, plain: ({ id }) => rows.get(id)?.[metric] ?? 0,
        text: ({ id }) => metricText(metric, rows.get(id) ?? { [metric]: 0 }, view.session.currencyOf(metric)) })),
      { name: "Attribution", text: ({ attribution, attribution_days: days }) => `${attribution} click within ${days} days` },
      { name: "", cell: (goal) => goalActions(goal) },
    ];
    goals.replaceChildren(table("Goals", columns, list), el("div", { className: "card-foot" }, csvButton("goals", columns, () => list)));
  }

  const goalActions = (goal) => el("div", { className: "actions" },
    button("Copy address", () => copy(goal.url, "The address for postbacks is"), { className: "link", "aria-label": `Copy address of ${goal.name}` }),
    button("Edit", () => openGoal(view, goal, load), { className: "link", "aria-label": `Edit ${goal.name}` }));

  async function showCosts() {
    const list = await view.api.list("/v1/costs", {}, MOST);
    if (list.length === 0) {
      showEmpty(costs, "No costs of periods", "Add what a campaign or a link cost in a time: profit and return follow.");
      return;
    }
    const names = new Map(await Promise.all(list.map(async ({ id, link, campaign }) =>
      [id, await objectName(view.api, link ? "link" : "campaign", link ?? campaign) ?? link ?? campaign ?? ""])));
    const columns = [
      { name: "Of", text: ({ id }) => names.get(id) }, { name: "From", text: ({ from }) => when(from), plain: ({ from }) => from },
      { name: "To", text: ({ to }) => when(to), plain: ({ to }) => to }, { name: "Note", text: ({ note }) => note ?? "" },
      { name: "Amount", number: true, text: ({ amount, currency }) => money(amount, currency), plain: ({ amount }) => amount },
      { name: "Currency", text: ({ currency }) => currency, hidden: true },
      { name: "", cell: (cost) => el("div", { className: "actions" },
        button("Edit", () => openCost(view, cost, load), { className: "link" }), button("Delete", () => removeCost(cost), { className: "link" })) },
    ];
    costs.replaceChildren(table("Costs of periods", columns, list), el("div", { className: "card-foot" }, csvButton("costs", columns, () => list)));
  }

  const removeCost = ({ id }) => confirm("Delete the cost", "Its clicks cost less then, also in numbers of the past.", "Delete", async () => {
    await view.api.remove(`/v1/costs/${id}`);
    load();
  });
  load();
  return { update: load };
}
