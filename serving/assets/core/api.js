// The API: requests and problems. Nothing here touches the page.

const TIME_OUT_MS = 40_000;
/** An account has four questions at once; one is left for others. */
const AT_ONCE = 3;

/** A refused or failed request, readable by people. `status` 0: the server was not reached. */
export class Problem extends Error {
  constructor(status, title, detail, code = "") {
    super(detail || title);
    this.status = status;
    this.title = title;
    this.detail = detail || "";
    this.code = code;
  }

  /** Whether what was sent opens nothing any more. */
  get needsKey() {
    return this.status === 401;
  }
}

/** The query of an address; fields without a value are left out. */
export function query(params) {
  const pairs = Object.entries(params).filter(([, value]) => value !== undefined && value !== null);
  return new URLSearchParams(pairs).toString();
}

/** A client that presents `token`: an API key, or the token of a share. */
export function client(token) {
  const turn = turns(AT_ONCE);

  async function open(method, path, { params = {}, body, accept = "application/json", signal }) {
    const headers = { Authorization: `Bearer ${token}`, Accept: accept };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const asked = query(params);
    let response;
    try {
      response = await fetch(asked ? `${path}?${asked}` : path,
        { method, headers, signal, cache: "no-store", body: body === undefined ? undefined : JSON.stringify(body) });
    } catch (error) {
      if (signal?.aborted && signal.reason?.name !== "TimeoutError") throw error;
      throw new Problem(0, "The server cannot be reached", "It is tried again shortly.");
    }
    if (!response.ok) throw await problemOf(response);
    return response;
  }

  /** An answer of JSON, or null where there is none. */
  const ask = (method) => (path, { params, body, signal, later = false } = {}) => turn(later, async () => {
    const limit = AbortSignal.timeout(TIME_OUT_MS);
    const response = await open(method, path, { params, body, signal: signal ? AbortSignal.any([signal, limit]) : limit });
    if (response.status === 204) return null;
    try {
      return await response.json();
    } catch {
      throw new Problem(response.status, "The answer could not be read", "It is tried again shortly.");
    }
  });

  /** One page of a list: its items, and the cursor of the next page if there is one. */
  async function page(path, params, cursor, signal) {
    const answer = await ask("GET")(path, { params: { ...params, cursor: cursor ?? undefined }, signal });
    return { items: answer.items ?? [], next: answer.next_cursor ?? null, meta: answer.meta };
  }

  return {
    open,
    get: (path, params, signal) => ask("GET")(path, { params, signal }),
    /** The same, after all that is asked for at once: for what is nice to have. */
    getLater: (path, params, signal) => ask("GET")(path, { params, signal, later: true }),
    post: (path, body) => ask("POST")(path, { body }),
    patch: (path, body) => ask("PATCH")(path, { body }),
    remove: (path) => ask("DELETE")(path),
    page,
    /** All of a list, page by page, `most` at most. */
    async list(path, params = {}, most = 1_000) {
      const items = [];
      let cursor;
      do {
        const found = await page(path, { limit: Math.min(1_000, most), ...params }, cursor);
        items.push(...found.items);
        cursor = found.next;
      } while (cursor && items.length < most);
      return items;
    },
  };
}

async function problemOf(response) {
  let body = {};
  try {
    body = await response.json();
  } catch { /* Not from us: a proxy, perhaps. */ }
  return new Problem(response.status, String(body.title || `Error ${response.status}`), String(body.detail || ""),
    String(body.code || ""));
}

/** Runs at most `count` tasks at once, the others in the order in which they came, and those for later last. */
function turns(count) {
  const [soon, later] = [[], []];
  let free = count;
  return async (isLater, task) => {
    if (free > 0) free -= 1;
    else await new Promise((resolve) => (isLater ? later : soon).push(resolve));
    try {
      return await task();
    } finally {
      const next = soon.shift() ?? later.shift();
      if (next) next();
      else free += 1;
    }
  };
}
