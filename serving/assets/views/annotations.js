// Notes on what happened, which stand on the curve.

import { confirm, openDialog } from "../parts/dialog.js";
import { field, form } from "../parts/form.js";

const MOST = 20;

/** Those within the time of an answer, of what is shown, in order of time. */
export async function askAnnotations(view, question, answer) {
  const { start, end } = answer.meta?.query ?? {};
  const link = question.filters.get("link");
  const object = link && !link.isNot && link.values.length === 1 ? link.values[0] : undefined;
  try {
    const found = await view.api.list("/v1/annotations", { start, end }, MOST);
    const fits = found.filter((one) => !one.object || !object || one.object === object);
    return fits.sort((a, b) => Date.parse(a.from) - Date.parse(b.from)).slice(0, MOST);
  } catch {
    return [];
  }
}

/** A dialog for a new note (one without an id), or one that is there. */
export function openAnnotation(view, annotation, done) {
  openDialog(annotation.id ? "Edit the note" : "Add a note", (close) => {
    const fields = [
      field("text", "What happened", "text", annotation.text ?? "", { required: true, placeholder: "Newsletter sent" }),
      field("from", "When", "time", annotation.from, { hint: "In your own time zone." }),
      field("to", "Until", "time", annotation.to, { hint: "Empty: it is of a moment." }),
    ];
    return form(fields, "Save", async (body) => {
      const filled = Object.fromEntries(Object.entries(body).filter(([name, value]) => annotation.id || name !== "to" || value !== null));
      if (annotation.id) await view.api.patch(`/v1/annotations/${annotation.id}`, filled);
      else await view.api.post("/v1/annotations", filled);
      close();
      done();
    }, { cancel: close, all: !annotation.id });
  });
}

export function removeAnnotation(view, annotation, done) {
  confirm("Delete the note", `“${annotation.text}” is taken from the curve.`, "Delete", async () => {
    await view.api.remove(`/v1/annotations/${annotation.id}`);
    done();
  });
}
