// The forms of goals and of costs.

import { openDialog } from "../parts/dialog.js";
import { field, form } from "../parts/form.js";

export function openGoal(view, goal, done) {
  openDialog(goal ? `Edit ${goal.name}` : "New goal", (close) => {
    const fields = [
      field("name", "Name", "text", goal?.name, { required: true, placeholder: "purchase" }),
      field("currency", "Currency", "text", goal?.currency, { hint: "Another one is refused then. Empty: any." }),
      field("default_value", "Value", "text", goal?.default_value, { hint: "For conversions that are reported without one." }),
      field("attribution_days", "Days after a click", "number", goal?.attribution_days ?? 30, { hint: "So long after a click a conversion counts for its link." }),
      field("attribution", "Which click", "choice", goal?.attribution ?? "last", { options: { last: "The last one", first: "The first one" } }),
      field("attribute_by", "Counted at the time of the", "choice", goal?.attribute_by ?? "conversion", { options: { conversion: "Conversion", click: "Click" } }),
      field("repeats", "The same transaction again", "choice", goal?.repeats ?? "ignore",
        { options: { ignore: "Is ignored", add: "Adds up", replace: "Replaces what was" } }),
      field("tags", "Tags", "list", goal?.tags, { hint: "With commas between." }),
    ];
    return form(fields, "Save", async (body) => {
      if (goal) await view.api.patch(`/v1/goals/${goal.id}`, body);
      else await view.api.post("/v1/goals", body);
      close();
      done();
    }, { cancel: close });
  });
}

export function openCost(view, cost, done) {
  openDialog(cost ? "Edit the cost" : "New cost", (close) => {
    const fields = [
      field("campaign", "Campaign", "text", cost?.campaign, { hint: "Its name or id. Either a campaign or a link." }),
      field("link", "Link", "text", cost?.link, { hint: "Its slug or id." }),
      field("from", "From", "time", cost?.from), field("to", "Until", "time", cost?.to, { hint: "In your own time zone." }),
      field("amount", "Amount", "text", cost?.amount, { placeholder: "250.00" }),
      field("currency", "Currency", "text", cost?.currency ?? view.session.currency),
      field("note", "Note", "text", cost?.note),
    ];
    const save = async (body) => {
      const filled = cost ? body : Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null));
      if (cost) await view.api.patch(`/v1/costs/${cost.id}`, filled);
      else await view.api.post("/v1/costs", filled);
      close();
      done();
    };
    return form(fields, "Save", save, { cancel: close, all: !cost });
  });
}
