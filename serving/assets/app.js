// The dashboard: who is signed in, what is shown, and when it is asked for again.

import { client, timeZone } from "./api.js";
import { drawForecast, drawMinutes } from "./charts.js";
import { byId, decimal, number, showEmpty, showProblem, showRanking, showStatus } from "./view.js";

const STORED_KEY = "millrace-key";
const MINUTES_EVERY_MS = 15_000;
const RANKINGS_EVERY_MS = 60_000;
const FORECAST_EVERY_MS = 300_000;
const AFTER_PROBLEM_MS = 5_000;
const ANNOUNCE_EVERY_MS = 60_000;
const COUNTRIES = new Intl.DisplayNames(undefined, { type: "region" });

let session = null;
let grain = "daily";

/** One signed-in stay; its signal ends everything it started. */
function start(key) {
  const ending = new AbortController();
  session = { api: client(key), signal: ending.signal, end: () => ending.abort() };
  byId("sign-in").hidden = true;
  byId("dashboard").hidden = false;
  byId("sign-out").hidden = false;
  byId("connection").hidden = false;
  for (const id of ["minutes", "links", "countries", "forecast", "status"]) showEmpty(byId(id), "Loading …");
  every(MINUTES_EVERY_MS, refreshMinutes);
  every(RANKINGS_EVERY_MS, refreshLinks);
  every(RANKINGS_EVERY_MS, refreshCountries);
  every(FORECAST_EVERY_MS, refreshForecast);
  followLive();
}

function stop(message = "") {
  session?.end();
  session = null;
  sessionStorage.removeItem(STORED_KEY);
  for (const id of ["dashboard", "sign-out", "connection"]) byId(id).hidden = true;
  byId("sign-in").hidden = false;
  byId("sign-in-error").textContent = message;
  byId("key").value = "";
  byId("key").focus();
}

/** Does `task` now and then again, one at a time, only while somebody looks. */
function every(ms, task) {
  const { signal } = session;
  let running = false;
  let last = 0;
  const turn = async () => {
    if (running || document.hidden || signal.aborted || Date.now() - last < ms) return;
    running = true;
    const fine = await task();
    last = Date.now() - (fine ? 0 : Math.max(0, ms - AFTER_PROBLEM_MS));
    running = false;
  };
  const timer = setInterval(turn, 1_000);
  document.addEventListener("visibilitychange", turn, { signal });
  signal.addEventListener("abort", () => clearInterval(timer));
  turn();
}

/** Asks, shows the answer or the problem in the panel, and leaves when the key is refused. */
async function fill(id, ask, show) {
  const mine = session;
  try {
    const answer = await ask(mine.api);
    if (session === mine) show(answer, byId(id));
    return true;
  } catch (problem) {
    if (session !== mine) return false;
    if (problem.needsKey) stop("This key is not accepted any more.");
    else showProblem(byId(id), problem, () => fill(id, ask, show));
    if (id === "minutes") showEmpty(byId("status"), "Not known at the moment", problem.title);
    return false;
  }
}

const stats = (params) => (api) => api.get("/v1/stats", { metrics: "clicks", timezone: timeZone(), ...params });

function refreshMinutes() {
  return fill("minutes", stats({ range: "today", interval: "minute" }), (answer, panel) => {
    showStatus(byId("status"), answer.meta ?? {});
    const rows = (answer.results ?? []).filter((row) => Date.parse(row.time) <= Date.now());
    if (rows.some((row) => row.clicks > 0)) drawMinutes("minutes", rows);
    else showEmpty(panel, "No clicks yet today", "The first one will be here within a second.");
  });
}

function refreshLinks() {
  const query = { range: "30d", interval: "none", group_by: "link", limit: 10, order: "-clicks" };
  return fill("links", stats(query), (answer, panel) => {
    const rows = ranking(answer, (row) => {
      if (row.link === "other") return { name: "All other links" };
      return { name: row.slug ? `/${row.slug}` : String(row.link ?? "unknown"), title: row.link };
    });
    if (rows.length > 0) showRanking(panel, "Link", rows);
    else showEmpty(panel, "No clicks in the last 30 days", "Create a link with POST /v1/links and share it.");
  });
}

function refreshCountries() {
  const query = { range: "30d", interval: "none", group_by: "country", limit: 10, order: "-clicks" };
  return fill("countries", stats(query), (answer, panel) => {
    const rows = ranking(answer, (row) => ({ name: countryName(row.country), title: row.country }));
    if (rows.length > 0) showRanking(panel, "Country", rows);
    else showEmpty(panel, "No clicks in the last 30 days");
  });
}

function ranking(answer, nameOf) {
  const rows = (answer.results ?? []).filter((row) => row.clicks > 0);
  return rows.map((row) => ({ value: row.clicks, ...nameOf(row) }));
}

function countryName(code) {
  if (code === "other") return "All other countries";
  if (!/^[A-Z]{2}$/.test(code ?? "")) return "Unknown";
  return COUNTRIES.of(code);
}

function refreshForecast() {
  const wanted = grain;
  const daily = wanted === "daily";
  const ask = async (api) => {
    const forecasts = await api.get("/v1/forecasts", { grain: wanted, entity: "account" });
    const forecast = (forecasts.results ?? []).find((result) => result.points?.length > 0);
    if (!forecast) return null;
    const range = daily ? { range: "30d", interval: "day", timezone: "UTC" } : { range: "7d", interval: "hour" };
    return { forecast, history: await stats(range)(api) };
  };
  return fill("forecast", ask, (answer, panel) => {
    if (wanted !== grain) return;
    if (!answer) {
      showEmpty(panel, "No forecast yet", "It needs some days of history and one run of the batch layer.");
      return;
    }
    // The bucket that is still filling would look like a fall.
    const width = daily ? 86_400_000 : 3_600_000;
    const past = (answer.history.results ?? []).filter((row) => Date.parse(row.time) + width <= Date.now());
    drawForecast("forecast", past, answer.forecast, daily);
  });
}

async function followLive() {
  const mine = session;
  let announced = 0;
  const onMessage = (live) => {
    const clicks = live.today?.clicks;
    byId("live-total").textContent = number(clicks);
    byId("live-rate").textContent = decimal(live.last_seconds?.clicks / live.last_seconds?.seconds);
    byId("live-views").textContent = number(live.today?.views);
    byId("live-conversions").textContent = number(live.today?.conversions);
    byId("live-bots").textContent = number(live.today?.bot_clicks);
    byId("live-note").textContent = live.complete === false ? "Catching up: some events are still missing here." : "";
    if (Date.now() - announced >= ANNOUNCE_EVERY_MS) {
      announced = Date.now();
      byId("announcer").textContent = `${number(clicks)} clicks today`;
    }
  };
  const onState = (state) => {
    const pill = byId("connection");
    if (session !== mine || pill.dataset.state === state) return;
    pill.dataset.state = state;
    pill.textContent = state === "live" ? "live" : "connecting …";
  };
  try {
    await mine.api.follow(onMessage, onState, mine.signal);
  } catch {
    if (session === mine) stop("This key is not accepted any more.");
  }
}

/** Starts with `key` if the API takes it; says why not otherwise. */
async function signIn(key) {
  const [error, button] = [byId("sign-in-error"), byId("sign-in-button")];
  if (!/^[\x21-\x7e]+$/.test(key)) {
    error.textContent = "Enter an API key, such as mr_ and 43 more characters.";
    return;
  }
  error.textContent = "";
  button.disabled = true;
  try {
    await stats({ range: "today", interval: "none" })(client(key));
    sessionStorage.setItem(STORED_KEY, key);
    start(key);
  } catch (problem) {
    error.textContent = problem.needsKey ? "This key is not accepted." : `${problem.title}. ${problem.detail}`;
  } finally {
    button.disabled = false;
  }
}

/** Signs in with the key of an address `/#key=…`, which then leaves the address bar and the history. */
function signInByAddress() {
  const key = new URLSearchParams(location.hash.slice(1)).get("key");
  if (key === null) return false;
  history.replaceState(null, "", location.pathname + location.search);
  stop();
  signIn(key.trim());
  return true;
}

function choose(event) {
  const chosen = event.target.dataset?.grain;
  if (!chosen || chosen === grain || !session) return;
  grain = chosen;
  for (const button of document.querySelectorAll("[data-grain]")) {
    button.setAttribute("aria-pressed", String(button.dataset.grain === grain));
  }
  showEmpty(byId("forecast"), "Loading …");
  refreshForecast();
}

byId("sign-in-form").addEventListener("submit", (event) => {
  event.preventDefault();
  signIn(byId("key").value.trim());
});
byId("sign-out").addEventListener("click", () => stop());
document.querySelector(".switch").addEventListener("click", choose);
window.addEventListener("hashchange", signInByAddress);

const stored = sessionStorage.getItem(STORED_KEY);
if (!signInByAddress()) {
  if (stored) start(stored);
  else stop();
}
