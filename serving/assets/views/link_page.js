// One link: what it is, what it does, and what would become of somebody who follows it.

import { button, copy, el, showProblem } from "../core/dom.js";
import { number, percent, when } from "../core/format.js";
import { metricName } from "../core/names.js";
import { remember } from "../core/objects.js";
import { asked, understand } from "../core/question.js";
import { addressOf } from "../core/route.js";
import { controls } from "../parts/controls.js";
import { confirm } from "../parts/dialog.js";
import { field, form } from "../parts/form.js";
import { openLinkForm } from "./link_form.js";
import { archive, stateOf } from "./link_parts.js";
import { openQr } from "./qr.js";
import { tileValue } from "./tiles.js";

export function mountLink(main, view) {
  const bar = el("div", {});
  const head = el("div", { className: "page-head" });
  const about = el("section", { className: "card", "aria-label": "The link" });
  const tiles = el("div", { className: "tiles" });
  main.replaceChildren(el("p", {}, el("a", { href: addressOf("links") }, "← All links")), head, bar, tiles,
    el("div", { className: "halves" }, about, simulation(view)));
  const path = `/v1/links/${encodeURIComponent(view.route.id)}`;

  async function load() {
    try {
      show(await view.api.get(path, {}, view.signal));
    } catch (problem) {
      if (!view.failed(problem)) showProblem(about, problem, load);
    }
  }

  function show(link) {
    remember(link.id, `/${link.slug}`);
    head.replaceChildren(el("div", {}, el("h1", {}, link.title || `/${link.slug}`), el("p", {}, el("code", {}, link.url), " ", stateOf(link))),
      el("div", { className: "actions" },
        button("Copy", () => copy(link.url, "The short address is")), button("QR code", () => openQr(link)),
        button("Numbers", () => { location.hash = addressOf("overview", null, { link: link.id }); }),
        button(link.archived ? "Use again" : "Archive", () => archive(view, link, load), { id: "archive" }),
        button("Delete", () => remove(link)), button("Edit", () => openLinkForm(view, link, show), { className: "", id: "edit-link" })));
    about.replaceChildren(el("h2", {}, "What it is"), factsOf(link));
  }

  const remove = (link) => confirm(`Delete /${link.slug}`, "It leads nowhere any more; its numbers stay. Under Settings, Changes this can be undone.",
    "Delete", async () => {
      await view.api.remove(`/v1/links/${link.id}`);
      location.hash = addressOf("links");
    });

  async function numbers() {
    const question = understand(view.route.params, Date.now());
    const metrics = ["clicks", "unique_visitors", "conversions", "value", "bot_clicks"];
    bar.replaceChildren(controls(question, ["zone"]));
    try {
      const filters = new Map([["link", { text: view.route.id }]]);
      const { totals } = await view.api.get("/v1/stats", { ...asked({ ...question, filters }), metrics: metrics.join(",") }, view.signal);
      tiles.replaceChildren(...metrics.map((metric) => el("div", { className: "tile" },
        el("span", { className: "tile-name" }, metricName(metric)),
        tileValue(metric, totals, view.session))));
    } catch (problem) {
      if (!view.failed(problem)) showProblem(tiles, problem, numbers);
    }
  }
  load();
  numbers();
  return { update: numbers };
}

function factsOf(link) {
  const fact = (name, value) => value && el("div", {}, el("dt", {}, name), el("dd", {}, value));
  return el("dl", { className: "facts panel" },
    fact("Destination", el("code", {}, link.destination)), fact("Tags", link.tags.join(", ")), fact("Note", link.note),
    fact("Redirect", String(link.status)), fact("Made", when(link.created_at)),
    fact("Begins", link.starts_at && when(link.starts_at)), fact("Ends", link.expires_at && when(link.expires_at)),
    fact("Most clicks", link.max_clicks && number(link.max_clicks)), fact("Fallback", link.fallback_url),
    fact("Domain", link.domain), fact("External id", link.external_id), fact("Cost of a click", link.cost_per_click),
    link.rules.length > 0 && el("div", {}, el("dt", {}, "Rules")),
    ...link.rules.map((rule, at) => fact(`${at + 1}. ${rule.name ?? ""}`,
      el("code", {}, `${JSON.stringify(rule.when)} → ${typeof rule.to === "string" ? rule.to : rule.to.map(({ name, weight }) => `${name} (${weight})`).join(", ")}`))));
}

/** Who would be sent where, and why. Nothing is counted. */
function simulation(view) {
  const result = el("div", { role: "status" });
  const fields = [
    field("country", "Country", "text", "", { placeholder: "DE" }),
    field("user_agent", "Browser's user agent", "text", navigator.userAgent),
    field("accept_language", "Language", "text", navigator.language),
    field("referrer", "Comes from", "text", "", { placeholder: "https://www.example.com/" }),
  ];
  const ask = async (body) => {
    const filled = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null));
    const { state, rule, rules, outcomes } = await view.api.post(`/v1/links/${encodeURIComponent(view.route.id)}/simulate`, filled);
    const why = rules.map(({ name, fits, missed }) => el("li", {}, `${name}: ${fits ? "fits" : `does not fit (${missed ?? "a rule before decides"})`}`));
    result.replaceChildren(
      el("p", {}, state === "live" ? (rule ? `The rule ${rule} decides.` : "No rule fits: the destination decides.") : "The link does not lead on now."),
      el("ul", {}, outcomes.map(({ location, share, variant }) =>
        el("li", {}, `${percent(share)} ${variant ? `(${variant}) ` : ""}→ `, el("code", {}, location ?? "nowhere")))),
      why.length > 0 && el("ul", { className: "muted" }, why) || "");
  };
  return el("section", { className: "card", "aria-label": "Try it" }, el("h2", {}, "Where would somebody go?"),
    el("p", { className: "muted" }, "Nothing is counted."), el("div", { className: "panel" }, form(fields, "Try", ask, { all: true }), result));
}
