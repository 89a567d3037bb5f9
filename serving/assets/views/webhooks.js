// Webhooks: who is told of what, how it went, and what a test comes back with.

import { button, el, showEmpty, showProblem } from "../core/dom.js";
import { when } from "../core/format.js";
import { confirm, openDialog } from "../parts/dialog.js";
import { field, form } from "../parts/form.js";
import { csvButton, table } from "../parts/table.js";
import { showSecret } from "./keys.js";

const MOST = 1_000;
const KINDS = { webhook: "Webhook: signed messages in JSON", postback: "Postback: an address with values in it" };

export function mountWebhooks(place, view) {
  const panel = el("div", { className: "panel" }, "Loading …");
  place.replaceChildren(el("section", { className: "card", "aria-label": "Webhooks" },
    el("div", { className: "card-head" }, el("h2", {}, "Webhooks"), button("New webhook", () => openForm(view, load), { id: "new-webhook" })),
    el("p", { className: "muted" }, "Servers that are told of clicks and conversions, at least once, for a day if they do not answer."), panel));

  async function load() {
    try {
      const webhooks = await view.api.list("/v1/webhooks", {}, MOST);
      if (webhooks.length === 0) showEmpty(panel, "No webhooks yet", "Make one to tell a shop, a chat or an ad network of conversions.");
      else show(webhooks);
    } catch (problem) {
      if (!view.failed(problem)) showProblem(panel, problem, load);
    }
  }

  function show(webhooks) {
    const columns = [
      { name: "Name", text: ({ name }) => name },
      { name: "Address", text: ({ url }) => url, cell: ({ url }) => el("code", {}, url) },
      { name: "Told of", text: ({ types }) => types.join(" "), cell: ({ types }) => el("div", {}, types.map((type) => el("span", { className: "badge" }, type))) },
      { name: "State", text: (webhook) => stateOf(webhook)[0], cell: (webhook) => el("span", { className: `badge ${stateOf(webhook)[1]}` }, stateOf(webhook)[0]) },
      { name: "", cell: (webhook) => el("div", { className: "actions" }, actions(webhook)) },
    ];
    panel.replaceChildren(table("Webhooks", columns, webhooks), el("div", { className: "card-foot" }, csvButton("webhooks", columns, () => webhooks)));
  }

  function actions(webhook) {
    const action = (name, act) => button(name, act, { className: "link", "aria-label": `${name} ${webhook.name}` });
    const turn = async () => {
      await view.api.patch(`/v1/webhooks/${webhook.id}`, { enabled: !webhook.enabled });
      load();
    };
    return [
      action("Log", () => openLog(view, webhook)), action("Test", () => openTest(view, webhook)),
      action(webhook.enabled ? "Stop" : "Start", turn), action("Delete", () => remove(webhook)),
    ];
  }

  const remove = ({ id, name }) => confirm(`Delete ${name}`, "Its address is told nothing any more.", "Delete", async () => {
    await view.api.remove(`/v1/webhooks/${id}`);
    load();
  });
  load();
  return { update: load };
}

function stateOf({ enabled, disabled_reason: reason }) {
  return enabled ? ["good", "good"] : [reason ? `stopped: ${reason}` : "stopped", "bad"];
}

function openForm(view, done) {
  openDialog("New webhook", (close) => form([
    field("name", "Name", "text", "", { required: true, placeholder: "Shop" }),
    field("kind", "Kind", "choice", "webhook", { options: KINDS }),
    field("url", "Address", "text", "", { required: true, placeholder: "https://shop.example/hooks", hint: "Of a postback with macros, such as ?click={click_id}&value={value}." }),
    field("types", "Told of", "list", ["conversion.created", "conversion.changed"], { hint: "Of link.clicked, conversion.created, conversion.changed, numbers.restated; a postback of conversions alone." }),
  ], "Make the webhook", async (body) => {
    const made = await view.api.post("/v1/webhooks", body);
    close();
    showSecret("The secret of the webhook", made.secret, "Messages are signed with it (docs/WEBHOOKS.md). It is shown only this once.");
    done();
  }, { cancel: close, all: true }));
}

const COLUMNS = [
  { name: "When", text: ({ at }) => when(at), plain: ({ at }) => at },
  { name: "What", text: ({ type }) => type },
  { name: "Answer", text: ({ status, error, delivered }) => (delivered ? `${status}` : error ?? `${status}`),
    cell: ({ status, error, delivered }) => el("span", { className: `badge ${delivered ? "good" : "bad"}` }, delivered ? `${status}` : error ?? `${status}`) },
  { name: "Try", text: ({ attempt }) => `${attempt}` },
  { name: "Took", text: ({ took_ms: ms }) => `${ms} ms` },
];

/** The newest messages that were sent, and how that went. */
function openLog(view, { id, name }) {
  openDialog(`Sent to ${name}`, (close) => {
    const panel = el("div", { className: "panel" }, "Loading …");
    const load = async () => {
      try {
        const sent = await view.api.list(`/v1/webhooks/${id}/deliveries`, {}, 100);
        if (sent.length === 0) showEmpty(panel, "Nothing was sent yet");
        else panel.replaceChildren(table("Sent", COLUMNS, sent), el("div", { className: "card-foot" }, csvButton("deliveries", COLUMNS, () => sent)));
      } catch (problem) {
        showProblem(panel, problem, load);
      }
    };
    load();
    return el("div", {}, panel, el("div", { className: "actions" }, button("Close", close)));
  }, { wide: true });
}

/** Sends a test, and shows what came back. */
function openTest(view, { id, name }) {
  openDialog(`Test of ${name}`, (close) => {
    const panel = el("div", { className: "panel" }, "Sending …");
    const send = async () => {
      try {
        const told = await view.api.post(`/v1/webhooks/${id}/test`);
        panel.replaceChildren(table("Test", COLUMNS, [told]), told.body ? el("pre", {}, told.body) : "");
      } catch (problem) {
        showProblem(panel, problem, send);
      }
    };
    send();
    return el("div", {}, panel, el("div", { className: "actions" }, button("Close", close)));
  });
}
