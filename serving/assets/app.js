// The dashboard: who is signed in, and which view is shown.

import { byId, el } from "./core/dom.js";
import { every } from "./core/poll.js";
import { addressOf, read } from "./core/route.js";
import { forget, open, storedToken } from "./core/session.js";
import * as campaigns from "./views/campaigns.js";
import * as data from "./views/data.js";
import * as events from "./views/events.js";
import * as links from "./views/links.js";
import * as money from "./views/money.js";
import * as overview from "./views/overview.js";
import * as settings from "./views/settings.js";

/** Views by their names in addresses: what they are called, and what shows them. A share sees numbers alone. */
const VIEWS = {
  overview: { name: "Overview", module: overview, forShares: true },
  links: { name: "Links", module: links },
  events: { name: "Events", module: events },
  money: { name: "Goals and money", module: money },
  campaigns: { name: "Campaigns", module: campaigns },
  data: { name: "Data", module: data },
  settings: { name: "Settings", module: settings },
};
const NOT_ACCEPTED = "This key is not accepted any more.";

let session = null;
let shown = null;

function start(opened) {
  session = opened;
  byId("sign-in").hidden = true;
  for (const id of ["main", "views", "sign-out"]) byId(id).hidden = false;
  show();
}

/** Shows the form to sign in. The token is forgotten, unless it may be good: the server could not be asked. */
function stop(message = "", { keeps = false } = {}) {
  session?.end();
  session = null;
  leave();
  if (!keeps) forget();
  for (const id of ["main", "views", "sign-out", "connection"]) byId(id).hidden = true;
  byId("main").replaceChildren();
  document.querySelectorAll("dialog").forEach((dialog) => dialog.close());
  byId("sign-in").hidden = false;
  byId("sign-in-error").textContent = message;
  byId("key").value = "";
  byId("key").focus();
}

/** Shows what the address says: within the same view it is only told that the address has changed. */
function show() {
  const route = read();
  if (session.isShare && !VIEWS[route.view].forShares) Object.assign(route, { view: "overview", id: null });
  const { name, module } = VIEWS[route.view];
  document.title = `${name} – Millrace`;
  showViews(route.view);
  if (shown?.name === route.view && shown.view.route.id === route.id && shown.update) {
    shown.view.route = route;
    shown.update();
    return;
  }
  const first = shown === null;
  leave();
  showConnection("off");
  const ending = new AbortController();
  const view = viewOf(route, AbortSignal.any([ending.signal, session.signal]));
  shown = { name: route.view, view, leave: () => ending.abort() };
  Object.assign(shown, module.mount(byId("main"), view) ?? {});
  if (!first) byId("main").focus({ preventScroll: true });
  if (!first) scrollTo(0, 0);
}

function leave() {
  shown?.leave();
  shown?.end?.();
  shown = null;
}

/** What a view works with: it ends when its signal does. */
function viewOf(route, signal) {
  const mine = session;
  return {
    api: mine.api, session: mine, route, signal,
    every: (pause, task, own = signal) => every(pause, task, own),
    onState: (state) => { if (!signal.aborted) showConnection(state); },
    /** Whether a problem needs not be shown: the view is gone, or the key is refused, which signs out. */
    failed(problem) {
      if (signal.aborted || session !== mine) return true;
      if (problem.needsKey) stop(NOT_ACCEPTED);
      return Boolean(problem.needsKey);
    },
  };
}

function showViews(current) {
  const names = Object.entries(VIEWS).filter(([, { forShares }]) => forShares || !session.isShare);
  const focused = byId("views").contains(document.activeElement) ? document.activeElement.dataset.view : null;
  byId("views").replaceChildren(...names.map(([view, { name }]) => el("a", {
    href: addressOf(view), "data-view": view, ...(view === current && { "aria-current": "page" }),
  }, name)));
  if (focused) byId("views").querySelector(`[data-view="${focused}"]`)?.focus();
  // On a phone not all of them are in sight.
  const here = byId("views").querySelector("[aria-current]");
  here?.scrollIntoView({ block: "nearest", inline: "center" });
}

function showConnection(state) {
  const pill = byId("connection");
  pill.hidden = state === "off";
  if (pill.dataset.state === state) return;
  pill.dataset.state = state;
  pill.textContent = state === "live" ? "live" : "connecting …";
}

/** Signs in with `token` if the API takes it; says why not otherwise. */
async function signIn(token) {
  const [error, button] = [byId("sign-in-error"), byId("sign-in-button")];
  if (!token) {
    error.textContent = "Type a key first.";
    return;
  }
  button.disabled = true;
  error.textContent = "";
  try {
    start(await open(token));
  } catch (problem) {
    const isRefused = problem.status === 401 || problem.status === 403;
    stop(problem.needsKey ? "This key is not accepted." : `${problem.title}. ${problem.detail}`, { keeps: !isRefused });
  } finally {
    button.disabled = false;
  }
}

/** Signs in with the key of an address `/#key=…`, which then leaves the address bar and the history. */
function signInByAddress() {
  if (!location.hash.startsWith("#key=")) return false;
  const key = new URLSearchParams(location.hash.slice(1)).get("key");
  history.replaceState(null, "", location.pathname + location.search);
  stop();
  signIn(key.trim());
  return true;
}

byId("sign-in-form").addEventListener("submit", (event) => {
  event.preventDefault();
  signIn(byId("key").value.trim());
});
byId("sign-out").addEventListener("click", () => stop());
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  (session ? byId("main") : byId("key")).focus();
});
window.addEventListener("hashchange", () => {
  if (!signInByAddress() && session) show();
});

if (!signInByAddress()) {
  const stored = storedToken();
  if (stored) signIn(stored);
  else stop();
}
