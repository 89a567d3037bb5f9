// Who is signed in: with an API key, or with the token of a share, which sees numbers and nothing else.

import { client } from "./api.js";

const STORED = "millrace-key";

/** The token of this tab, if there is one. */
export const storedToken = () => sessionStorage.getItem(STORED);

/** Forgets the token of this tab. */
export const forget = () => sessionStorage.removeItem(STORED);

/** Signs in with `token`, and keeps it in this tab. Throws the API's problem if it opens nothing. */
export async function open(token) {
  const api = client(token);
  const isShare = token.startsWith("mrs_");
  const about = isShare ? await ofShare(api) : await ofKey(api);
  sessionStorage.setItem(STORED, token);
  const ending = new AbortController();
  const { currency, valueCurrency, ...rest } = about;
  /** The currency of a metric's sums, if there is one: costs are the account's, values what conversions brought. */
  const currencyOf = (metric) => (metric === "cost" ? currency : valueCurrency);
  return { api, isShare, ...rest, currency, currencyOf, signal: ending.signal, end: () => ending.abort() };
}

async function ofKey(api) {
  const [account, valueCurrency] = await Promise.all([api.get("/v1/account"), currencyOfValues(api)]);
  const { currency, timezone } = account.settings ?? {};
  return { name: account.name, currency, valueCurrency, timezone, showsMoney: true };
}

/** A share does not say what it hides: it is asked. */
async function ofShare(api) {
  await api.get("/v1/stats", { metrics: "clicks", range: "today" });
  try {
    const valueCurrency = await currencyOfValues(api);
    return { name: "Shared numbers", valueCurrency, showsMoney: true };
  } catch (problem) {
    if (problem.status !== 403) throw problem;
    return { name: "Shared numbers", showsMoney: false };
  }
}

/** The currency of all values of late; undefined where there are none, or several. */
async function currencyOfValues(api) {
  const { results } = await api.get("/v1/stats", { metrics: "value", group_by: "currency", range: "90d", limit: 2 });
  const found = (results ?? []).filter(({ currency }) => currency);
  return found.length === 1 && !found[0].other ? found[0].currency : undefined;
}
