// A client of the API: what may be asked, and what comes back, is checked against the document's types.
//
//   const millrace = new Millrace("http://localhost:8081", key);
//   const stats = await millrace.call("get", "/v1/stats", { query: { range: "today" } });

import type { paths } from "./schema.ts";

type Method = "get" | "post" | "put" | "patch" | "delete";
type PathsWith<M extends Method> = { [P in keyof paths]: paths[P] extends Record<M, object> ? P : never }[keyof paths];
type Operation<P extends keyof paths, M extends Method> = paths[P] extends Record<M, infer O> ? O : never;
type Parameters<O, K extends string> = O extends { parameters: Partial<Record<K, infer T>> } ? T : never;
type Body<O> = O extends { requestBody?: { content: { "application/json": infer T } } } ? T : never;
type Json<R> = R extends { content: { "application/json": infer T } } ? T : undefined;
type Good<O> = O extends { responses: infer R } ? Json<R[keyof R & (200 | 201 | 202 | 204)]> : never;

export interface Options<O> {
  path?: Parameters<O, "path">;
  query?: Parameters<O, "query">;
  body?: Body<O>;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** What the API says is wrong: `application/problem+json`. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  /** Seconds after which another try makes sense. */
  readonly retryAfter: number | undefined;

  constructor(status: number, code: string, detail: string, retryAfter: number | undefined) {
    super(detail);
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

export class Millrace {
  readonly #base: string;
  readonly #key: string;

  constructor(base: string, key: string) {
    this.#base = base.replace(/\/$/, "");
    this.#key = key;
  }

  /** Asks, and gives the JSON of the answer; throws a {@link Problem} if it is none that was hoped for. */
  async call<M extends Method, P extends PathsWith<M>>(
    method: M,
    path: P,
    options: Options<Operation<P, M>> = {},
  ): Promise<Good<Operation<P, M>>> {
    const values = (options.path ?? {}) as Record<string, string>;
    const target = String(path).replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? ""));
    const url = new URL(this.#base + target);
    for (const [name, value] of Object.entries(options.query ?? {})) {
      if (value !== undefined && value !== null) url.searchParams.set(name, String(value));
    }
    const headers: Record<string, string> = { authorization: `Bearer ${this.#key}`, ...options.headers };
    if (options.body !== undefined) headers["content-type"] = "application/json";
    const response = await fetch(url, {
      method: method.toUpperCase(),
      headers,
      body: options.body === undefined ? undefined : JSON.stringify(options.body),
      signal: options.signal,
    });
    const text = await response.text();
    if (response.ok) return (text === "" ? undefined : JSON.parse(text)) as Good<Operation<P, M>>;
    const { code, detail } = said(text);
    const wait = Number(response.headers.get("retry-after") ?? NaN);
    throw new Problem(response.status, code, detail, Number.isNaN(wait) ? undefined : wait);
  }
}

/** What a refusal says; of one that is no problem document its beginning. */
function said(text: string): { code: string; detail: string } {
  try {
    return JSON.parse(text);
  } catch {
    return { code: "unknown", detail: text.slice(0, 200) };
  }
}
