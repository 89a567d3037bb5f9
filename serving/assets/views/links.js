// The links: found, made, changed, and each with its numbers.

import { button, el, showEmpty, showProblem } from "../core/dom.js";
import { number } from "../core/format.js";
import { remember } from "../core/objects.js";
import { asked, understand } from "../core/question.js";
import { addressOf, change } from "../core/route.js";
import { controls, picker } from "../parts/controls.js";
import { pages } from "../parts/pages.js";
import { csvButton, table } from "../parts/table.js";
import { openBulkTags } from "./link_bulk.js";
import { openLinkForm } from "./link_form.js";
import { linkActions, stateOf } from "./link_parts.js";
import { mountLink } from "./link_page.js";

const PER_PAGE = 50;
const MOST_LINKS = 50_000;
const TYPING_MS = 250;

export function mount(main, view) {
  if (view.route.id) return mountLink(main, view);
  const panel = el("div", {});
  const bar = el("div", { className: "controls" });
  const search = searchField(view);
  const selected = new Map();
  const bulk = el("div", { className: "actions start" });
  main.replaceChildren(
    el("div", { className: "page-head" }, el("h1", {}, "Links"),
      button("New link", () => openLinkForm(view, null, (link) => { location.hash = addressOf("links", link.id); }), { className: "", id: "new-link" })),
    bar, bulk, el("section", { className: "card", "aria-label": "Links" }, panel));

  async function load() {
    const { params } = view.route;
    const mine = view.route;
    panel.setAttribute("aria-busy", "true");
    const listed = {
      limit: PER_PAGE, sort: "-created", search: params.get("search") ?? undefined, tag: params.get("with_tag") ?? undefined,
      archived: params.get("archived") === "1" ? "true" : "false",
    };
    try {
      const [page, clicks] = await Promise.all([view.api.page("/v1/links", listed, params.get("cursor"), view.signal), numbers()]);
      if (view.route === mine) show(page, clicks);
    } catch (problem) {
      if (view.failed(problem)) return;
      showProblem(panel, problem, load);
    }
    panel.removeAttribute("aria-busy");
  }

  /** Numbers of all links of the range, by id: one question for all pages. */
  async function numbers() {
    const question = understand(view.route.params, Date.now());
    const metrics = view.session.showsMoney ? "clicks,conversions,value" : "clicks,conversions";
    const answer = await view.api.get("/v1/stats", {
      ...asked({ ...question, filters: new Map() }), metrics, group_by: "link", order: "-clicks", limit: MOST_LINKS }, view.signal);
    return new Map((answer.results ?? []).map((row) => [row.link, row]));
  }

  function show({ items, next }, rows) {
    selected.clear();
    showBulk();
    if (items.length === 0) {
      const isSearch = ["search", "with_tag", "cursor", "archived"].some((name) => view.route.params.has(name));
      showEmpty(panel, isSearch ? "No link is like that" : "No links yet",
        isSearch ? "Search for a part of its slug, title, tag or destination." : "Make one with “New link”, and share its short address.");
      return;
    }
    items.forEach(({ id, slug }) => remember(id, `/${slug}`));
    const columns = columnsOf(view, rows, { selected, showBulk, load });
    panel.replaceChildren(
      table("Links", columns, items),
      el("div", { className: "card-foot" }, csvButton("links", columns, () => items)),
      pages(view.route.params.get("cursor"), next));
  }

  function showBulk() {
    bulk.hidden = selected.size === 0;
    bulk.replaceChildren(el("span", { className: "muted" }, `${number(selected.size)} chosen`),
      button("Tags …", () => openBulkTags(view, [...selected.values()], load), { id: "bulk-tags" }));
  }

  function update() {
    const question = understand(view.route.params, Date.now());
    const archived = view.route.params.get("archived") === "1" ? "1" : "";
    bar.replaceChildren(search(), picker("Show", { "": "In use", 1: "Archived" }, archived,
      (value) => change({ archived: value || null, cursor: null })), tagChip(view), ...controls(question, []).childNodes);
    load();
  }
  update();
  return { update };
}

/** The field to search with, which stays the same element while the page changes. */
function searchField(view) {
  const input = el("input", { type: "search", id: "search-links", placeholder: "Slug, title, destination, tag", autocomplete: "off" });
  let timer;
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => change({ search: input.value.trim() || null, cursor: null }, { quietly: true }), TYPING_MS);
  });
  const element = el("label", { className: "picker" }, el("span", {}, "Search"), input);
  return () => {
    if (document.activeElement !== input) input.value = view.route.params.get("search") ?? "";
    return element;
  };
}

function tagChip(view) {
  const tag = view.route.params.get("with_tag");
  return tag ? el("span", { className: "chip" }, "Tag ", el("strong", {}, tag),
    el("button", { type: "button", className: "chip-remove", "aria-label": "Remove the filter Tag", onclick: () => change({ with_tag: null, cursor: null }) }, "✕")) : "";
}

function columnsOf(view, rows, { selected, showBulk, load }) {
  const row = ({ id }) => rows.get(id);
  const value = (metric) => (link) => row(link)?.[metric] ?? 0;
  const choose = (link) => el("input", {
    type: "checkbox", "aria-label": `Choose /${link.slug}`,
    onchange: (event) => {
      if (event.target.checked) selected.set(link.id, link);
      else selected.delete(link.id);
      showBulk();
    },
  });
  const name = (link) => el("div", {},
    el("a", { href: addressOf("links", link.id) }, `/${link.slug}`), stateOf(link),
    link.title && el("span", { className: "cut" }, link.title),
    el("span", { className: "cut muted", title: link.destination }, link.destination));
  return [
    { name: "Link", text: ({ slug }) => `/${slug}`, cell: (link) => el("div", { className: "choice" }, choose(link), name(link)) },
    { name: "Destination", text: ({ destination }) => destination, hidden: true },
    { name: "Tags", text: ({ tags }) => tags.join(" "), cell: ({ tags }) => el("div", {}, tags.map((tag) =>
      el("a", { className: "badge", href: addressOf("links", null, { with_tag: tag }) }, tag))) },
    { name: "Clicks", number: true, text: (link) => number(value("clicks")(link)), plain: value("clicks") },
    { name: "Conversions", number: true, text: (link) => number(value("conversions")(link)), plain: value("conversions") },
    { name: "", cell: (link) => linkActions(view, link, load) },
  ];
}
