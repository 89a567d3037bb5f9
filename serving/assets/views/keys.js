// Keys: made with what they may do, shown once, rotated, revoked.

import { button, copy, el, showEmpty, showProblem } from "../core/dom.js";
import { ago, when } from "../core/format.js";
import { confirm, openDialog } from "../parts/dialog.js";
import { field, form } from "../parts/form.js";
import { csvButton, table } from "../parts/table.js";

const MOST = 1_000;
const SCOPES = {
  read: "Read: see numbers and objects", create: "Create: make objects and send events, nothing else",
  write: "Write: also change and delete", admin: "Admin: also keys and settings",
};

export function mountKeys(place, view) {
  const panel = el("div", { className: "panel" }, "Loading …");
  place.replaceChildren(el("section", { className: "card", "aria-label": "Keys" },
    el("div", { className: "card-head" }, el("h2", {}, "API keys"), button("New key", () => openForm(view, load), { id: "new-key" })), panel));

  async function load() {
    try {
      const keys = await view.api.list("/v1/keys", {}, MOST);
      if (keys.length === 0) showEmpty(panel, "No keys");
      else show(keys);
    } catch (problem) {
      if (!view.failed(problem)) showProblem(panel, problem, load);
    }
  }

  function show(keys) {
    const columns = [
      { name: "Name", text: ({ name }) => name },
      { name: "May", text: ({ scopes }) => scopes.join(" "), cell: ({ scopes }) => el("div", {}, scopes.map((scope) => el("span", { className: "badge" }, scope))) },
      { name: "Last used", text: ({ last_used: used }) => (used ? ago(used) : "never"), plain: ({ last_used: used }) => used },
      { name: "Made", text: ({ created_at: at }) => when(at), plain: ({ created_at: at }) => at,
        cell: ({ created_at: at }) => el("span", { className: "nowrap" }, when(at)) },
      { name: "State", text: (key) => stateOf(key)[0], cell: (key) => el("span", { className: `badge ${stateOf(key)[1]}` }, stateOf(key)[0]) },
      { name: "", cell: (key) => !key.revoked && el("div", { className: "actions" },
        button("Rotate", () => openRotation(view, key, load), { className: "link", "aria-label": `Rotate ${key.name}` }),
        button("Revoke", () => revoke(key), { className: "link", "aria-label": `Revoke ${key.name}` })) },
    ];
    panel.replaceChildren(table("Keys", columns, keys), el("div", { className: "card-foot" }, csvButton("keys", columns, () => keys)));
  }

  const revoke = ({ id, name }) => confirm(`Revoke ${name}`, "It opens nothing any more, at once and for good. If it is the one that you are signed in with, you are signed out.",
    "Revoke", async () => {
      await view.api.remove(`/v1/keys/${id}`);
      load();
    });
  load();
  return { update: load };
}

function stateOf({ revoked, expires_at: expires, old_secret_until: old }) {
  if (revoked) return ["revoked", "bad"];
  if (expires && Date.parse(expires) <= Date.now()) return ["ended", "bad"];
  if (old && Date.parse(old) > Date.now()) return [`rotated; the old one is good until ${when(old)}`, "warn"];
  return expires ? [`until ${when(expires)}`, "warn"] : ["good", "good"];
}

function openForm(view, done) {
  openDialog("New key", (close) => form([
    field("name", "Name", "text", "", { required: true, placeholder: "Newsletter tool" }),
    field("scope", "What it may do", "choice", "read", { options: SCOPES }),
    field("expires_at", "Ends", "time", null, { hint: "Empty: it has no end." }),
  ], "Make the key", async ({ name, scope, expires_at: end }) => {
    const made = await view.api.post("/v1/keys", { name, scopes: [scope], ...(end && { expires_at: end }) });
    close();
    showSecret("The new key", made.api_key);
    done();
  }, { cancel: close, all: true }));
}

function openRotation(view, key, done) {
  openDialog(`Rotate ${key.name}`, (close) => [
    el("p", {}, "It gets a new secret. The old one stays good for some hours, so that programs can be changed one after another."),
    form([field("grace_hours", "Hours for which the old one stays good", "number", 24)], "Rotate", async (body) => {
      const made = await view.api.post(`/v1/keys/${key.id}/rotate`, body);
      close();
      showSecret(`The new secret of ${key.name}`, made.api_key);
      done();
    }, { cancel: close, all: true }),
  ]);
}

/** What is shown once, and kept nowhere. */
export function showSecret(title, secret, text = "Copy it now: it is shown only this once.") {
  openDialog(title, (close) => [
    el("p", {}, text), el("p", { className: "secret", id: "secret" }, secret),
    el("div", { className: "actions" }, button("Copy", () => copy(secret, "The secret is")), button("Done", close, { className: "" })),
  ]);
}
