// The form of a link. Problems of the API stand at the fields that they are about.

import { announce, el } from "../core/dom.js";
import { openDialog } from "../parts/dialog.js";
import { field, form } from "../parts/form.js";

const STATUSES = { 302: "302: may change", 301: "301: for ever", 303: "303", 307: "307: keeps the method", 308: "308: for ever, keeps the method" };
const RULES = `[{"name": "phones", "when": {"device": "mobile"}, "to": "https://m.example/"}]`;

/** Opens the form of `link`, or of a new one. `done(link)` is called with what was saved. */
export function openLinkForm(view, link, done) {
  openDialog(link ? `Edit /${link.slug}` : "New link", (close) => {
    const [first, more, fields] = fieldsOf(link);
    const made = form(fields, link ? "Save" : "Make the link", async (body) => {
      const saved = link ? await view.api.patch(`/v1/links/${link.id}`, body) : await view.api.post("/v1/links", withoutNulls(body));
      close();
      announce(link ? `/${saved.slug} is saved` : `/${saved.slug} is made`);
      done(saved);
    }, { cancel: close });
    made.prepend(...first.map(({ element }) => element),
      el("details", { className: "behind" }, el("summary", {}, "Rules, limits and the rest"),
        el("div", { className: "form" }, more.map(({ element }) => element))));
    return made;
  }, { wide: false });
}

function fieldsOf(link) {
  const of = (name) => link?.[name];
  const first = [
    field("destination", "Destination", "text", of("destination"), { required: true, placeholder: "https://example.com/page" }),
    field("slug", "Slug", "text", of("slug"), { hint: "What stands behind the domain. Empty: one is made up." }),
    field("title", "Title", "text", of("title")),
    field("tags", "Tags", "list", of("tags"), { hint: "With commas between." }),
    field("note", "Note", "area", of("note")),
  ];
  const more = [
    field("campaign", "Campaign", "text", of("campaign"), { hint: "Its name or its id." }),
    field("rules", "Rules", "json", of("rules"), { hint: `The first that fits decides where a visitor goes. For example: ${RULES}` }),
    field("max_clicks", "Most clicks", "number", of("max_clicks"), { hint: "Afterwards it leads to the fallback." }),
    field("starts_at", "Begins", "time", of("starts_at"), { hint: "In your own time zone." }),
    field("expires_at", "Ends", "time", of("expires_at"), { hint: "In your own time zone." }),
    field("fallback_url", "Fallback", "text", of("fallback_url"), { hint: "Where it leads before it begins, after it has ended, and when it is used up." }),
    field("domain", "Domain", "text", of("domain"), { hint: "One of your own. Empty: the installation's." }),
    field("cost_per_click", "Cost of a click", "text", of("cost_per_click"), { hint: "In the account's currency, such as 0.25." }),
    field("utm.source", "UTM source", "text", of("utm")?.source),
    field("utm.medium", "UTM medium", "text", of("utm")?.medium),
    field("utm.campaign", "UTM campaign", "text", of("utm")?.campaign),
    field("pass_query", "Pass parameters of the request on", "check", of("pass_query") ?? false),
    field("append_click_id", "Append the click id, for conversions", "check", of("append_click_id") ?? false),
    field("external_id", "External id", "text", of("external_id"), { hint: "Your own name for it." }),
  ];
  const status = link && field("status", "Redirect", "choice", String(of("status") ?? 302), { options: STATUSES });
  if (status) more.push(numeric(status));
  return [first, more, [...first, ...more]];
}

/** The API takes the status as a number. */
const numeric = (one) => ({ ...one, kind: "choice-number" });

/** What is not given is not sent: nulls take something away, and there is nothing yet. */
const withoutNulls = (body) => Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null));
