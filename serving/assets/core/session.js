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
  const { currency, currencies, ...rest } = about;
  /** The currency of a metric's sums, if there is one for all of them. */
  const currencyOf = (metric) => currencies?.[metric] ?? currencies?.value;
  return { api, isShare, ...rest, currency, currencyOf, signal: ending.signal, end: () => ending.abort() };
}

async function ofKey(api) {
  const [account, currencies] = await Promise.all([api.get("/v1/account"), currenciesOf(api)]);
  const { currency, timezone } = account.settings ?? {};
  return { name: account.name, currency, currencies: { cost: currency, ...currencies }, timezone, showsMoney: true };
}

/** A share does not say what it hides: it is asked. */
async function ofShare(api) {
  await api.get("/v1/stats", { metrics: "clicks", range: "today" });
  try {
    return { name: "Shared numbers", currencies: await currenciesOf(api), showsMoney: true };
  } catch (problem) {
    if (problem.status !== 403) throw problem;
    return { name: "Shared numbers", showsMoney: false };
  }
}

/** The currencies of all values, costs and profits of late; one that is missing has none, or several. */
async function currenciesOf(api) {
  const { results } = await api.get("/v1/stats", { metrics: "value,cost,profit", group_by: "currency", range: "90d" });
  const currencies = {};
  for (const metric of ["value", "cost", "profit"]) {
    const found = (results ?? []).filter((row) => row.currency && Number(row[metric]) !== 0);
    if (found.length === 1) currencies[metric] = found[0].currency;
  }
  return currencies;
}
