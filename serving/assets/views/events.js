// The newest events, as they come, and files of all of them; and those that were refused.

import { announce, button, download, el, showEmpty, showProblem } from "../core/dom.js";
import { money } from "../core/format.js";
import { valueText } from "../core/names.js";
import { objectName } from "../core/objects.js";
import { asked, understand } from "../core/question.js";
import { addressOf } from "../core/route.js";
import { dayOf } from "../core/time.js";
import { showChips } from "../parts/chips.js";
import { controls, picker } from "../parts/controls.js";
import { showTruth } from "../parts/truth.js";
import { csvButton, table } from "../parts/table.js";
import { mountRejected } from "./rejected.js";

const EVERY_MS = 4_000;
const NEWEST = 50;
const FILES = { "text/csv": "CSV", "application/x-ndjson": "NDJSON", "application/vnd.apache.parquet": "Parquet" };
const ENDINGS = { "text/csv": "csv", "application/x-ndjson": "ndjson", "application/vnd.apache.parquet": "parquet" };
const TYPES = { click: "Click", view: "View", conversion: "Conversion" };
const MICROS = 1_000_000;

const SECTIONS = { newest: "Newest", refused: "Refused" };

export function mount(main, view) {
  const chosen = view.route.id === "refused" ? "refused" : "newest";
  const place = el("div", { className: "section" });
  const tabs = Object.entries(SECTIONS).map(([id, name]) => el("a", {
    href: addressOf("events", id === "newest" ? null : id), ...(id === chosen && { "aria-current": "page" }),
  }, name));
  main.replaceChildren(el("h1", {}, "Events"), el("nav", { className: "views sections", "aria-label": "Events" }, tabs), place);
  return chosen === "refused" ? mountRejected(place, view) : mountNewest(place, view);
}

function mountNewest(main, view) {
  const bar = el("div", {});
  const chips = el("div", { className: "chips", role: "group", "aria-label": "Filters" });
  const truth = el("div", { className: "truth", role: "status", hidden: true });
  const panel = el("div", { id: "feed" }, "Loading …");
  const pause = button("Pause", () => turn(), { id: "pause", "aria-pressed": "false" });
  let paused = false;
  let items = [];
  main.replaceChildren(
    el("div", { className: "page-head" }, el("p", {}, `The newest ${NEWEST}, as they come.`),
      el("div", { className: "actions" }, pause, csvButton("newest events", columns(view), () => items), exporter(view))),
    bar, chips, truth, el("section", { className: "card", "aria-label": "Newest events" }, panel));

  function turn() {
    paused = !paused;
    pause.textContent = paused ? "Go on" : "Pause";
    pause.setAttribute("aria-pressed", String(paused));
    if (!paused) refresh();
  }

  async function load() {
    if (paused) return true;
    const { route } = view;
    const question = understand(route.params, Date.now());
    try {
      const page = await view.api.get("/v1/events", { ...asked(question), limit: NEWEST }, view.signal);
      if (paused || view.route !== route) return true;
      ({ items } = page);
      await nameObjects(view, items);
      view.onState("live");
      showTruth(truth, [page.meta]);
      show();
      return true;
    } catch (problem) {
      if (view.failed(problem)) return false;
      view.onState("wait");
      showProblem(panel, problem, refresh);
      return false;
    }
  }

  function show() {
    if (items.length === 0) showEmpty(panel, "No events in this time", "Follow one of your links: it stands here within seconds.");
    else {
      const left = panel.firstElementChild?.scrollLeft ?? 0;
      panel.replaceChildren(table("Newest events", columns(view), items, { flat: true }));
      panel.firstElementChild.scrollLeft = left;
    }
  }

  const refresh = view.every(EVERY_MS, load);
  function update() {
    const question = understand(view.route.params, Date.now());
    bar.replaceChildren(controls(question, ["zone", "bots"]));
    showChips(chips, question, view.api);
  }
  update();
  return { update: () => { update(); refresh(); } };
}

/** Names of what events are of, each asked for once. */
async function nameObjects(view, items) {
  const kinds = { lnk: "link", gol: "goal", pxl: "pixel" };
  const ids = new Set(items.map(({ object }) => object).filter(Boolean));
  await Promise.all([...ids].map(async (id) => {
    const name = await objectName(view.api, kinds[id.slice(0, 3)], id);
    items.filter(({ object }) => object === id).forEach((item) => { item.called = name ?? id; });
  }));
}

function columns(view) {
  const zone = () => understand(view.route.params, Date.now()).zone;
  const time = ({ time: at }) => {
    const isToday = dayOf(Date.parse(at), zone()) === dayOf(Date.now(), zone());
    return new Intl.DateTimeFormat(undefined, { ...(isToday ? {} : { dateStyle: "short" }), timeStyle: "medium", timeZone: zone() }).format(Date.parse(at));
  };
  const amount = ({ value_micros: micros, currency }) => (Number.isFinite(micros) ? money(micros / MICROS, currency) : "");
  const place = ({ city, country }) => [city, country && valueText("country", country)].filter(Boolean).join(", ");
  const machine = ({ browser, os }) => [browser, os].filter(Boolean).join(" on ");
  return [
    { name: "Time", text: time, nowrap: true, plain: ({ time: at }) => at },
    { name: "What", text: ({ type }) => TYPES[type] ?? type, nowrap: true, bare: true, cell: (item) => el("span", {}, TYPES[item.type] ?? item.type,
      item.bot && [" ", el("span", { className: "badge warn", title: item.bot }, "bot")]) },
    { name: "Of", text: ({ called, object }) => called ?? object ?? "", nowrap: true, bare: true },
    { name: "From", text: place, nowrap: true, bare: true },
    { name: "With", text: machine, nowrap: true, bare: true },
    { name: "Came by", text: ({ referrer_domain: domain, channel }) => domain ?? (channel ? valueText("channel", channel) : ""), bare: true },
    { name: "Value", number: true, bare: true, text: amount, plain: ({ value_micros: micros }) => (Number.isFinite(micros) ? micros / MICROS : "") },
    { name: "Counted", bare: true, text: ({ settled }) => (settled ? "settled" : "live"), cell: ({ settled }) =>
      el("span", { className: `badge ${settled ? "" : "good"}` }, settled ? "settled" : "live") },
    { name: "Event id", text: ({ event_id: id }) => id, hidden: true },
  ];
}

/** Files of all events of the range, with what the filters leave. */
function exporter(view) {
  let type = "text/csv";
  const save = button("Save all", async () => {
    save.disabled = true;
    try {
      const params = asked(understand(view.route.params, Date.now()));
      const response = await view.api.open("GET", "/v1/events", { params, accept: type, signal: view.signal });
      download(`events.${ENDINGS[type]}`, type, await response.blob());
      announce("All events of the range are saved");
    } catch (problem) {
      if (!view.failed(problem)) announce(`Not saved: ${problem.detail || problem.title || "the file was cut off; try again"}`);
    }
    save.disabled = false;
  }, { id: "export-all" });
  const types = picker("Kind of file", FILES, type, (value) => { type = value; });
  types.classList.add("bare");
  return el("div", { className: "with-choice" }, save, types);
}
