// Tags of many links at once.

import { announce, el } from "../core/dom.js";
import { number } from "../core/format.js";
import { openDialog } from "../parts/dialog.js";
import { field, form } from "../parts/form.js";

export function openBulkTags(view, links, done) {
  openDialog(`Tags of ${number(links.length)} link${links.length > 1 ? "s" : ""}`, (close) => {
    const present = [...new Set(links.flatMap(({ tags }) => tags))];
    const fields = [
      field("add", "Add", "list", [], { hint: "With commas between." }),
      field("remove", "Take away", "list", [], { hint: present.length > 0 ? `They have: ${present.join(", ")}` : "They have none." }),
    ];
    return form(fields, "Save", async ({ add, remove }) => {
      const changes = links.map(({ id, tags }) => ({ id, tags: [...new Set([...tags.filter((tag) => !remove.includes(tag)), ...add])] }));
      const answer = await send(view, changes);
      const [refused] = answer.rejected ?? [];
      done();
      if (refused) throw new Error(`${number(answer.rejected.length)} of ${number(links.length)} were refused: ${refused.detail}`);
      close();
      announce("Tags are saved");
    }, { cancel: close, all: true });
  });
}

const send = (view, changes) => view.api.patch("/v1/links/bulk", changes);
