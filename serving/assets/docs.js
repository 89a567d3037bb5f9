// The reference of the API: what /openapi.json says, for people.

import { byId, el } from "./core/dom.js";

const METHODS = ["get", "post", "put", "patch", "delete"];
const PROBLEM = "application/problem+json";
/** Fields of fields are shown so deep. */
const DEEPEST = 4;

const answer = await fetch("/openapi.json");
if (!answer.ok) {
  byId("reference").replaceChildren(el("p", { className: "error" }, "The document cannot be loaded just now."));
  throw new Error(`openapi.json: ${answer.status}`);
}
const api = await answer.json();
const operations = Object.entries(api.paths).flatMap(([path, methods]) => METHODS
  .filter((method) => methods[method])
  .map((method) => ({ path, method, id: `${method}${path}`, about: methods[method] })));

/** What a reference within the document points at; anything else is itself. */
function resolve(part) {
  if (!part?.$ref) return part ?? {};
  const target = part.$ref.slice(2).split("/").reduce((at, name) => at?.[name], api);
  return { ...resolve(target), ...(part.description && { description: part.description }) };
}

/** The fields of an object, those of its parts too. */
function fieldsOf(schema) {
  const { properties = {}, required = [], allOf = [] } = resolve(schema);
  const own = Object.entries(properties).map(([name, field]) => ({ name, field, required: required.includes(name) }));
  return [...own, ...allOf.flatMap(fieldsOf)];
}

/** A schema without its null, and whether there was one. */
function withoutNull(schema) {
  const any = schema?.oneOf?.filter((one) => one.type !== "null");
  if (any?.length === 1) return { schema: { ...any[0], description: schema.description ?? any[0].description }, nullable: true };
  const types = [schema?.type].flat();
  return { schema, nullable: types.includes("null") };
}

function typeOf(given) {
  const { schema: inner, nullable } = withoutNull(given);
  const schema = resolve(inner);
  const type = [schema.type].flat().find((name) => name && name !== "null");
  let text = type ?? (schema.allOf ? "object" : schema.oneOf ? schema.oneOf.map(typeOf).join(" or ") : "anything");
  if (type === "array" && schema.items) text = `list of ${typeOf(schema.items)}`;
  if (schema.enum) text = schema.enum.map(String).join(" | ");
  return nullable ? `${text} or null` : text;
}

/** The schema whose fields are worth showing beneath a field: its own, or that of its items. */
function beneath(given) {
  const { schema } = withoutNull(given);
  const { items } = resolve(schema);
  return items ? beneath(items) : schema;
}

/** Text with `code` in it. */
function prose(text = "") {
  return text.split("`").map((part, n) => (n % 2 ? el("code", {}, part) : part));
}

function entry(name, type, about, ...more) {
  return el("li", {}, el("code", {}, name), el("span", { className: "muted" }, ` ${type}`), el("div", {}, ...about), ...more);
}

function fieldList(schema, depth = 0) {
  const alternatives = resolve(schema).oneOf;
  if (alternatives && !withoutNull(schema).nullable) {
    return el("div", {}, ...alternatives.flatMap((one) => [el("p", {}, ...prose(one.description ?? resolve(one).description)), fieldList(one, depth)]));
  }
  const fields = fieldsOf(schema);
  if (fields.length === 0 || depth > DEEPEST) return "";
  return el("ul", { className: "fields" }, ...fields.map(({ name, field, required }) => entry(
    name,
    typeOf(field) + (required ? "" : ", may be absent"),
    prose(field.description ?? resolve(withoutNull(field).schema).description),
    fieldList(beneath(field), depth + 1),
  )));
}

function parameterList(parameters) {
  return el("ul", { className: "fields" }, ...parameters.map((parameter) => {
    const schema = resolve(parameter.schema);
    const usual = schema.default === undefined ? "" : ` Unless given: \`${schema.default}\`.`;
    const bounds = schema.minimum === undefined ? "" : `, ${schema.minimum} to ${schema.maximum}`;
    const example = parameter.example === undefined ? "" : ` For example: \`${parameter.example}\``;
    const about = (parameter.description ?? "") + usual + example;
    return entry(parameter.name, `${parameter.in}, ${typeOf(schema)}${bounds}`, prose(about));
  }));
}

const json = (value) => el("pre", { tabIndex: 0 }, JSON.stringify(value, null, 2));

function contents(title, part) {
  return Object.entries(part.content ?? {}).flatMap(([type, { schema, example }], n) => [
    el("h3", {}, title, " ", el("span", { className: "muted" }, type)),
    ...(n === 0 && part.description ? [el("p", {}, ...prose(part.description))] : []),
    fieldList(beneath(schema)),
    json(example),
  ]);
}

function answers(responses) {
  const good = Object.entries(responses).filter(([, response]) => !response.content?.[PROBLEM]);
  return good.flatMap(([status, response]) => response.content
    ? contents(`Answer ${status}`, response)
    : [el("h3", {}, `Answer ${status}`), el("p", {}, ...prose(response.description))]);
}

function problems(responses) {
  const entries = Object.entries(responses).flatMap(([status, response]) => {
    const examples = Object.entries(response.content?.[PROBLEM]?.examples ?? {});
    return examples.map(([code, example]) => entry(code, status, prose(resolve(example).value.detail)));
  });
  if (entries.length === 0) return [];
  return [
    el("h3", {}, "Problems ", el("span", { className: "muted" }, PROBLEM)),
    el("ul", { className: "fields" }, ...entries),
  ];
}

function who(security = []) {
  if (security.length === 0) return "Open to all.";
  const names = security.map((one) => Object.entries(one).map(([scheme, scopes]) => (scheme === "key"
    ? `an API key with the scope ${scopes.join(", ")}`
    : "the admin token")).join(""));
  return `Needs ${names.join(" or ")}.`;
}

/** The operation as a command line. */
function command({ path, method, about }) {
  const parameters = about.parameters ?? [];
  const needed = parameters.filter((one) => one.in === "path");
  const filled = needed.reduce((text, one) => text.replace(`{${one.name}}`, encodeURIComponent(one.example)), path);
  const body = about.requestBody?.content?.["application/json"]?.example;
  const server = about.servers?.[0]?.url ?? location.origin;
  return el("pre", { tabIndex: 0 }, [
    `curl -X ${method.toUpperCase()} '${server}${filled}'`,
    ...(about.security ? ["-H 'Authorization: Bearer KEY'"] : []),
    ...(body ? ["-H 'Content-Type: application/json'", `-d '${JSON.stringify(body)}'`] : []),
  ].join(" \\\n  "));
}

function details(operation) {
  const { about } = operation;
  const parameters = about.parameters ?? [];
  return el("div", {},
    ...(about.description ? [el("p", {}, ...prose(about.description))] : []),
    el("p", { className: "muted" }, who(about.security)),
    command(operation),
    ...(parameters.length ? [el("h3", {}, "Parameters"), parameterList(parameters)] : []),
    ...(about.requestBody ? contents("Body", about.requestBody) : []),
    ...answers(about.responses),
    ...problems(about.responses));
}

function show(operation) {
  const { path, method, id, about } = operation;
  const section = el("details", { id, className: "card operation" }, el("summary", {},
    el("span", { className: "method" }, method.toUpperCase()), el("code", {}, path), el("span", { className: "muted" }, about.summary ?? "")));
  // Made when it is looked at: together they are long.
  section.addEventListener("toggle", () => {
    if (section.open && section.children.length === 1) section.append(details(operation));
  });
  return section;
}

function open() {
  const section = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!section) return;
  section.open = true;
  section.scrollIntoView();
}

function listed(text) {
  const wanted = operations.filter(({ id, about }) => `${id} ${about.summary}`.toLowerCase().includes(text.toLowerCase()));
  byId("contents-list").replaceChildren(...api.tags.flatMap(({ name }) => {
    const own = wanted.filter(({ about }) => about.tags.includes(name));
    if (own.length === 0) return [];
    return [el("h2", {}, name), ...own.map(({ id, method, path }) => el("a", { href: `#${encodeURIComponent(id)}` },
      el("span", { className: "method" }, method.toUpperCase()), path))];
  }));
}

byId("reference").replaceChildren(
  el("h1", {}, `${api.info.title} API`),
  el("p", {}, ...prose(api.info.description)),
  ...api.tags.map(({ name, description }) => el("section", { className: "tag" },
    el("h2", {}, name),
    el("p", { className: "muted" }, description ?? ""),
    ...operations.filter(({ about }) => about.tags.includes(name)).map(show))));
byId("search").addEventListener("input", (event) => listed(event.target.value));
addEventListener("hashchange", open);
listed("");
open();
