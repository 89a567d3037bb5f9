// What holds for an account as a whole: its name, its days, its money, and who is counted.

import { announce, button, el } from "../core/dom.js";
import { openDialog } from "../parts/dialog.js";
import { field, form } from "../parts/form.js";

const MEMORIES = { day: "one day", month: "one month" };

/** Shows the settings of `account` in `panel`; `change` is called by whoever wants to change them. */
export function showSettings(panel, { name, settings }, change) {
  const fact = (title, value) => el("div", {}, el("dt", {}, title), el("dd", {}, value));
  const listed = (values) => values.join(", ") || "none";
  const { visitor_memory: memory, visitor_memory_from: from } = settings;
  panel.replaceChildren(
    el("dl", { className: "facts" },
      fact("Name", name),
      fact("Time zone of its days", settings.timezone),
      fact("Currency of costs", settings.currency),
      fact("A visitor is known again for", `${MEMORIES[memory] ?? memory}${from && Date.parse(from) > Date.now() ? `, from ${from.slice(0, 10)} on` : ""}`),
      fact("Visitors who do not want to be tracked", settings.honour_dnt ? "are counted without details" : "are counted like others"),
      fact("Visits from data centres", settings.count_datacenters ? "count like people" : "count like bots"),
      fact("Networks that count like bots", listed(settings.excluded_networks)),
      fact("Parameter with the click id", settings.click_id_param ?? "mr_click"),
      fact("Further schemes of destinations", listed(settings.allowed_schemes)),
      fact("Pages that may ask the API", listed(settings.allowed_origins))),
    el("div", { className: "actions" }, button("Change", change, { id: "change-account" })));
}

export function openSettings(view, { name, settings }, done) {
  const setting = (path, label, kind, more) => field(`settings.${path}`, label, kind, settings[path], more);
  openDialog("Change the account", (close) => form([
    field("name", "Name", "text", name, { required: true }),
    setting("timezone", "Time zone", "choice", { options: zones(settings.timezone), hint: "How days are cut where a question does not say." }),
    setting("currency", "Currency of costs", "text", { placeholder: "USD", hint: "Of what links and campaigns cost, such as EUR." }),
    setting("visitor_memory", "A visitor is known again for", "choice", {
      options: MEMORIES, hint: "Whom a sender does not name. A change holds from the next day on." }),
    setting("honour_dnt", "Keep no details of visitors who do not want to be tracked", "check"),
    setting("count_datacenters", "Count visits from data centres like people", "check"),
    setting("excluded_networks", "Networks that count like bots", "list", { placeholder: "192.0.2.0/24", hint: "Such as your office's. With commas between." }),
    setting("click_id_param", "Parameter with the click id", "text", { placeholder: "mr_click" }),
    setting("allowed_schemes", "Further schemes of destinations", "list", { placeholder: "myapp", hint: "Beside http and https. With commas between." }),
    setting("allowed_origins", "Pages that may ask the API", "list", { placeholder: "https://intern.example", hint: "Their origins, with commas between." }),
  ], "Save", async (body) => {
    await view.api.patch("/v1/account", body);
    close();
    // The currency is known to all of the page.
    if (body.settings?.currency !== undefined) location.reload();
    announce("It is saved");
    done();
  }, { cancel: close }));
}

function zones(own) {
  const names = new Set([own, "UTC", ...Intl.supportedValuesOf("timeZone")]);
  return Object.fromEntries([...names].map((name) => [name, name]));
}
