// The API: requests, problems and the live stream. Nothing here touches the page.

const TIME_OUT_MS = 20_000;
const SILENCE_MS = 15_000;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;
const LONGEST_MESSAGE = 1_000_000;

/** A refused or failed request, readable by people. `status` 0: the server was not reached. */
export class Problem extends Error {
  constructor(status, title, detail) {
    super(detail || title);
    this.status = status;
    this.title = title;
    this.detail = detail || "";
  }

  /** Whether another key might help. */
  get needsKey() {
    return this.status === 401 || this.status === 403;
  }
}

/** The browser's time zone, by its IANA name. */
export function timeZone() {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
}

/** A client that presents `key`. */
export function client(key) {
  const headers = { Authorization: `Bearer ${key}` };

  async function open(path, params, accept, signal) {
    const url = `${path}?${new URLSearchParams(params)}`;
    let response;
    try {
      response = await fetch(url, { headers: { ...headers, Accept: accept }, signal, cache: "no-store" });
    } catch (error) {
      if (signal.aborted && signal.reason?.name !== "TimeoutError") throw error;
      throw new Problem(0, "The server cannot be reached", "It is tried again shortly.");
    }
    if (!response.ok) throw await problemOf(response);
    return response;
  }

  return {
    /** A JSON answer. */
    async get(path, params = {}) {
      const response = await open(path, params, "application/json", AbortSignal.timeout(TIME_OUT_MS));
      try {
        return await response.json();
      } catch {
        throw new Problem(response.status, "The answer could not be read", "It is tried again shortly.");
      }
    },

    /**
     * Follows the live stream until `signal` aborts, and comes back after every break.
     * Ends by itself only when the key is refused.
     */
    async follow(onMessage, onState, signal) {
      let pause = FIRST_PAUSE_MS;
      while (!signal.aborted) {
        try {
          onState("wait");
          await readLive(open, (message) => {
            pause = FIRST_PAUSE_MS;
            onState("live");
            onMessage(message);
          }, signal);
        } catch (error) {
          if (signal.aborted) return;
          if (error.needsKey) throw error;
        }
        onState("wait");
        await sleep(pause * (0.5 + Math.random() / 2), signal);
        pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
      }
    },
  };
}

async function problemOf(response) {
  let body = {};
  try {
    body = await response.json();
  } catch { /* Not from us: a proxy, perhaps. */ }
  return new Problem(response.status, String(body.title || `Error ${response.status}`), String(body.detail || ""));
}

async function readLive(open, onMessage, signal) {
  const silence = new AbortController();
  let alarm;
  const heard = () => {
    clearTimeout(alarm);
    alarm = setTimeout(() => silence.abort(), SILENCE_MS);
  };
  heard();
  try {
    const either = AbortSignal.any([signal, silence.signal]);
    const response = await open("/v1/live", { timezone: timeZone() }, "text/event-stream", either);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      heard();
      const messages = (rest + value).replaceAll("\r\n", "\n").split("\n\n");
      rest = messages.pop();
      if (rest.length > LONGEST_MESSAGE) throw new Problem(0, "The live stream is broken");
      messages.map(dataOf).filter(Boolean).forEach(onMessage);
    }
  } finally {
    clearTimeout(alarm);
  }
}

function dataOf(message) {
  const lines = message.split("\n").filter((line) => line.startsWith("data:"));
  if (lines.length === 0) return null;
  return JSON.parse(lines.map((line) => line.slice(5).trimStart()).join("\n"));
}

function sleep(ms, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => { clearTimeout(timer); resolve(); }, { once: true });
  });
}
