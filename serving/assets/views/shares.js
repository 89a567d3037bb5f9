// Shares: addresses that show numbers to whoever has them.

import { button, el, showEmpty, showProblem } from "../core/dom.js";
import { when } from "../core/format.js";
import { confirm, openDialog } from "../parts/dialog.js";
import { field, form } from "../parts/form.js";
import { csvButton, table } from "../parts/table.js";
import { showSecret } from "./keys.js";

const MOST = 1_000;

export function mountShares(place, view) {
  const panel = el("div", { className: "panel" }, "Loading …");
  place.replaceChildren(el("section", { className: "card", "aria-label": "Shares" },
    el("div", { className: "card-head" }, el("h2", {}, "Shares"), button("New share", () => openForm(view, load), { id: "new-share" })),
    el("p", { className: "muted" }, "Whoever has the address of a share sees the Overview within its filters, and nothing else."), panel));

  async function load() {
    try {
      const shares = await view.api.list("/v1/shares", {}, MOST);
      if (shares.length === 0) showEmpty(panel, "No shares yet", "Make one for an agency or a partner: they need no key.");
      else show(shares);
    } catch (problem) {
      if (!view.failed(problem)) showProblem(panel, problem, load);
    }
  }

  function show(shares) {
    const columns = [
      { name: "Name", text: ({ name }) => name },
      { name: "Filters", text: ({ filters }) => filters || "none: all numbers", cell: ({ filters }) => (filters ? el("code", {}, filters) : "none: all numbers") },
      { name: "Money", text: ({ hides_money: hides }) => (hides ? "hidden" : "shown") },
      { name: "Ends", text: ({ expires_at: at }) => when(at, "never"), plain: ({ expires_at: at }) => at },
      { name: "Made", text: ({ created_at: at }) => when(at), plain: ({ created_at: at }) => at },
      { name: "", cell: (share) => el("div", { className: "actions" },
        button("Revoke", () => revoke(share), { className: "link", "aria-label": `Revoke ${share.name}` })) },
    ];
    panel.replaceChildren(table("Shares", columns, shares), el("div", { className: "card-foot" }, csvButton("shares", columns, () => shares)));
  }

  const revoke = ({ id, name }) => confirm(`Revoke ${name}`, "Its address shows nothing any more.", "Revoke", async () => {
    await view.api.remove(`/v1/shares/${id}`);
    load();
  });
  load();
  return { update: load };
}

function openForm(view, done) {
  openDialog("New share", (close) => form([
    field("name", "Name", "text", "", { required: true, placeholder: "Agency" }),
    field("filters", "Filters", "text", "", { placeholder: "link=spring&country=DE,AT", hint: "What it shows, as in addresses of the API. Empty: all numbers." }),
    field("hides_money", "Hide money", "check", true),
    field("expires_at", "Ends", "time", null, { hint: "Empty: it has no end." }),
  ], "Make the share", async (body) => {
    const filled = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null));
    const made = await view.api.post("/v1/shares", filled);
    close();
    showSecret("The address of the share", `${location.origin}/#key=${made.token}`,
      "Pass it on as it is: it signs in by itself. It is shown only this once.");
    done();
  }, { cancel: close, all: true }));
}
