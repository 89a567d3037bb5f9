// What is shown stands behind the `#` of the address, so that going back works and an address can be passed on:
// `#/links/lnk_1?range=7d&country=DE`. The key never does.

const VIEWS = ["overview", "links", "events", "money", "campaigns", "settings", "data"];
/** What belongs to one view alone, and does not follow to another. */
const OWN = ["search", "with_tag", "archived", "cursor", "section", "type"];

/** The view, the id within it, and the parameters of the address. */
export function read(hash = location.hash) {
  const [path, params] = hash.replace(/^#\/?/, "").split("?", 2);
  const [view, id] = path.split("/").map(decodeURIComponent);
  return { view: VIEWS.includes(view) ? view : "overview", id: id || null, params: new URLSearchParams(params ?? "") };
}

/** The address of a view with these parameters. */
export function address(view, id, params) {
  const query = params.toString();
  return `#/${view}${id ? `/${encodeURIComponent(id)}` : ""}${query ? `?${query}` : ""}`;
}

/** The address of another view, with the question that is asked here. */
export function addressOf(view, id = null, more = {}) {
  const params = new URLSearchParams(read().params);
  for (const name of OWN) params.delete(name);
  set(params, more);
  return address(view, id, params);
}

/** Changes parameters of the address; null takes one away. `quietly`: going back does not come here again. */
export function change(changes, { quietly = false } = {}) {
  const { view, id, params } = read();
  set(params, changes);
  const target = address(view, id, params);
  if (target === location.hash) return;
  if (!quietly) {
    location.hash = target;
    return;
  }
  history.replaceState(null, "", target);
  window.dispatchEvent(new HashChangeEvent("hashchange"));
}

function set(params, changes) {
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === undefined) params.delete(name);
    else params.set(name, value);
  }
}
