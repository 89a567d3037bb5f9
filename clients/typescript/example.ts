// Makes a link, counts a click on it, and asks for its numbers.
//
//   MILLRACE_KEY=… node example.ts [API [COLLECTOR]]      (Node 22.18 or newer)

import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

import { Millrace, Problem } from "./client.ts";

const [api = "http://localhost:8081", collector = "http://localhost:8080"] = process.argv.slice(2);
const millrace = new Millrace(api, process.env.MILLRACE_KEY ?? "");

const slug = `example-${randomUUID().slice(0, 8)}`;
const link = await millrace.call("post", "/v1/links", {
  body: { slug, destination: "https://example.com/" },
  headers: { "idempotency-key": slug },
});
console.log("made", link.id, link.slug);

// The collector hears of it within a second.
const headers = { "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0" };
let click = await fetch(`${collector}/${slug}`, { headers, redirect: "manual" });
while (click.status === 404) {
  await sleep(100);
  click = await fetch(`${collector}/${slug}`, { headers, redirect: "manual" });
}
console.log("counted", click.headers.get("millrace-event-id"));

for (;;) {
  const stats = await millrace.call("get", "/v1/stats", { query: { link: slug, range: "today", metrics: "clicks" } });
  if (stats.totals.clicks === 1) {
    console.log("clicks today:", stats.totals.clicks, "complete:", stats.meta.complete);
    break;
  }
  await sleep(100);
}

try {
  await millrace.call("get", "/v1/links/{id}", { path: { id: "lnk_0000000000000" } });
} catch (error) {
  if (!(error instanceof Problem) || error.code !== "not_found") throw error;
  console.log("there is no such link:", error.message);
}
