// Forms that say the API's problems where they belong.

import { button, el } from "../core/dom.js";
import { escaped, listed } from "../core/question.js";

let count = 0;

/**
 * A field. `kind`: `text`, `area`, `number`, `check`, `json`, `list` (texts with commas between), `time` (a moment, which
 * the browser shows in its own time zone) or `choice` with `options`. `path`: its name in the body, `a.b` within an object.
 */
export function field(path, label, kind, value, { hint, options, placeholder, required } = {}) {
  count += 1;
  const id = `field-${count}`;
  const describes = `${id}-error${hint ? ` ${id}-hint` : ""}`;
  const input = inputOf(kind, value, options, { id, placeholder, "aria-describedby": describes, spellcheck: kind === "text" && false, required });
  const error = el("p", { id: `${id}-error`, className: "error", role: "alert" });
  const name = el("label", { for: id }, label);
  const note = hint && el("p", { id: `${id}-hint`, className: "hint" }, hint);
  const parts = kind === "check" ? [el("div", { className: "check" }, input, name), note, error] : [name, input, note, error];
  return { path, kind, input, error, element: el("div", { className: "field", "data-field": path }, parts) };
}

function inputOf(kind, value, options, properties) {
  const text = value ?? "";
  switch (kind) {
    case "check": return el("input", { type: "checkbox", checked: value === true, ...properties });
    case "area": return el("textarea", { rows: 2, value: text, ...properties });
    case "json": return el("textarea", {
      rows: 8, className: "code", value: hasContent(value) ? JSON.stringify(value, null, 2) : "", ...properties });
    case "number": return el("input", { type: "number", min: 0, value: text, ...properties });
    case "time": return el("input", { type: "datetime-local", value: localTime(value), ...properties });
    case "list": return el("input", { type: "text", value: (value ?? []).map(escaped).join(", "), ...properties });
    case "choice": return el("select", properties, Object.entries(options).map(([key, shown]) =>
      el("option", { value: key, selected: String(text) === key }, shown)));
    default: return el("input", { type: "text", value: text, ...properties });
  }
}

const hasContent = (value) => value && Object.keys(value).length > 0;

/** The form of `datetime-local` for a moment, in the browser's time zone. */
export function localTime(value) {
  const time = new Date(value ?? NaN);
  if (Number.isNaN(time.getTime())) return "";
  return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** What a field says. Throws a text for people. */
function valueOf({ kind, input }) {
  const text = input.value.trim();
  switch (kind) {
    case "check": return input.checked;
    case "list": return listed(text).filter(Boolean);
    case "number": case "choice-number": return text === "" ? null : Number(text);
    case "time": return text === "" ? null : new Date(text).toISOString();
    case "json": try {
      return text === "" ? [] : JSON.parse(text);
    } catch (error) {
      throw new Error(`This is no JSON: ${error.message}`);
    }
    default: return text === "" ? null : text;
  }
}

/** A form. `save(body)` sends what was said; fields that say what they said at the start are left out. */
export function form(fields, verb, save, { cancel, all = false } = {}) {
  const start = new Map(fields.map((one) => [one, JSON.stringify(valueOf(one))]));
  const error = el("p", { className: "error", role: "alert" });
  const submit = el("button", { type: "submit" }, verb);
  const send = async (event) => {
    event.preventDefault();
    clear(fields, error);
    const body = bodyOf(fields, (one, value) => all || JSON.stringify(value) !== start.get(one));
    if (!body) return;
    submit.disabled = true;
    try {
      await save(body);
    } catch (problem) {
      showAt(fields, error, problem);
    } finally {
      submit.disabled = false;
    }
  };
  return el("form", { className: "form", noValidate: true, onsubmit: send },
    fields.map(({ element }) => element), error,
    el("div", { className: "actions" }, cancel && button("Cancel", cancel), submit));
}

function clear(fields, error) {
  error.textContent = "";
  for (const one of fields) {
    one.error.textContent = "";
    one.input.removeAttribute("aria-invalid");
  }
}

/** The body that the fields make; null where one says nothing that can be sent. */
function bodyOf(fields, isWanted) {
  const body = {};
  for (const one of fields) {
    let value;
    try {
      value = valueOf(one);
    } catch (problem) {
      mark(one, problem.message);
      return null;
    }
    if (!isWanted(one, value)) continue;
    const [outer, inner] = one.path.split(".");
    if (inner) body[outer] = { ...body[outer], [inner]: value };
    else body[outer] = value;
  }
  return body;
}

/** Shows a problem at the field that it names first, else below all of them. */
function showAt(fields, error, problem) {
  const text = problem.detail || problem.title || String(problem);
  const words = [...text.matchAll(/`([^`]+)`/g)].map((match) => match[1]);
  const names = (one, word) => one.path === word || one.path.split(".").includes(word);
  const named = () => words.map((word) => fields.find((one) => names(one, word))).find(Boolean);
  const at = (UNKNOWN.test(text) && guess(fields, text)) || named() || guess(fields, text);
  if (at) mark(at, text);
  else error.textContent = text;
}

/** A name that the fields of a form cannot have. */
const UNKNOWN = /there is no (field|value) `/;
/** Problems of JSON name what is wrong, not where it is: it can only be in the field of JSON. */
const guess = (fields, text) => (/there is no (field|value) `|missing field|invalid type|at line/.test(text) ? fields.find(({ kind }) => kind === "json") : null);

function mark(one, text) {
  one.error.textContent = text;
  one.input.setAttribute("aria-invalid", "true");
  one.element.closest("details")?.setAttribute("open", "");
  one.input.focus();
}
