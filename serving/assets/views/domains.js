// Domains of the account: what to put into DNS, whether they are verified, and where those are led who ask for no link.

import { announce, button, copy, el, showEmpty, showProblem } from "../core/dom.js";
import { when } from "../core/format.js";
import { confirm, openDialog } from "../parts/dialog.js";
import { field, form } from "../parts/form.js";
import { csvButton, table } from "../parts/table.js";

const MOST = 1_000;

export function mountDomains(place, view) {
  const panel = el("div", { className: "panel" }, "Loading …");
  place.replaceChildren(el("section", { className: "card", "aria-label": "Domains" },
    el("div", { className: "card-head" }, el("h2", {}, "Domains"), button("New domain", () => openForm(view, null, load), { id: "new-domain" })),
    el("p", { className: "muted" }, "Links answer at a domain of yours once it is known to be yours."), panel));

  async function load() {
    try {
      const domains = await view.api.list("/v1/domains", {}, MOST);
      if (domains.length === 0) showEmpty(panel, "No domains yet", "Add one, such as go.yourshop.com, and choose it in the form of a link.");
      else show(domains);
    } catch (problem) {
      if (!view.failed(problem)) showProblem(panel, problem, load);
    }
  }

  function show(domains) {
    const state = ({ verified }) => (verified ? "verified" : "not verified");
    const columns = [
      { name: "Domain", text: ({ host }) => host },
      { name: "State", text: state, cell: (domain) => el("span", { className: `badge ${domain.verified ? "good" : "warn"}` }, state(domain)) },
      { name: "Without a link", text: ({ root_url: url }) => url ?? "not found" },
      { name: "Unknown link", text: ({ not_found_url: url }) => url ?? "not found" },
      { name: "Added", text: ({ created_at: at }) => when(at), plain: ({ created_at: at }) => at },
      { name: "", cell: (domain) => el("div", { className: "actions" },
        !domain.verified && button("Verify", () => openVerification(view, domain, load), { className: "link", "aria-label": `Verify ${domain.host}` }),
        button("Edit", () => openForm(view, domain, load), { className: "link", "aria-label": `Edit ${domain.host}` }),
        button("Delete", () => remove(domain), { className: "link", "aria-label": `Delete ${domain.host}` })) },
    ];
    panel.replaceChildren(table("Domains", columns, domains), el("div", { className: "card-foot" }, csvButton("domains", columns, () => domains)));
  }

  const remove = ({ id, host }) => confirm(`Delete ${host}`, "Its links answer nowhere any more.", "Delete", async () => {
    await view.api.remove(addressOf(id));
    load();
  });
  load();
  return { update: load };
}

const addressOf = (id) => `/v1/domains/${encodeURIComponent(id)}`;

function openForm(view, domain, done) {
  openDialog(domain ? `Edit ${domain.host}` : "New domain", (close) => form([
    !domain && field("host", "Domain", "text", "", { required: true, placeholder: "go.yourshop.com" }),
    field("root_url", "Who asks for no link is led to", "text", domain?.root_url, { placeholder: "https://www.yourshop.com/", hint: "Empty: they are told that there is nothing." }),
    field("not_found_url", "Who asks for a link that there is not is led to", "text", domain?.not_found_url, { hint: "Empty: they are told that there is nothing." }),
  ].filter(Boolean), "Save", async (body) => {
    const saved = domain ? await view.api.patch(addressOf(domain.id), body) : await view.api.post("/v1/domains", body);
    close();
    done();
    if (!saved.verified) openVerification(view, saved, done);
  }, { cancel: close }));
}

/** Says what is to be done, and looks whether it is. */
function openVerification(view, { id, host, verification }, done) {
  openDialog(`Verify ${host}`, (close) => {
    if (!verification) {
      return [el("p", {}, "Whoever runs this installation verifies domains. Tell them the name of yours."),
        el("div", { className: "actions" }, button("Close", close))];
    }
    const error = el("p", { className: "error", role: "alert" });
    const check = el("button", { type: "button", onclick: async () => {
      error.textContent = "";
      try {
        await view.api.post(`${addressOf(id)}/verify`);
        announce(`${host} is verified`);
        close();
        done();
      } catch (problem) {
        error.textContent = problem.detail || problem.title;
      }
    } }, "Look again");
    const record = Object.entries(verification).map(([name, value]) => el("div", {}, el("dt", {}, name.replaceAll("_", " ")),
      el("dd", {}, el("code", {}, String(value)), " ", button("Copy", () => copy(String(value), name), { className: "link", "aria-label": `Copy ${name}` }))));
    return [el("p", {}, "Add this record where the DNS of your domain is kept. It may take some minutes until everybody sees it."),
      el("dl", { className: "facts panel" }, record), error,
      el("div", { className: "actions" }, button("Later", close), check)];
  });
}
