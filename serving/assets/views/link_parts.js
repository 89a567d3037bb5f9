// What every view of a link has: its state, and what can be done with it.

import { announce, button, copy, el } from "../core/dom.js";
import { number, when } from "../core/format.js";
import { openQr } from "./qr.js";

/** Badges of a link that does not simply lead on. */
export function stateOf(link) {
  const badge = (text, mood = "") => el("span", { className: `badge ${mood}` }, text);
  const now = Date.now();
  const badges = [];
  if (link.archived) badges.push(badge("archived", "warn"));
  if (link.starts_at && Date.parse(link.starts_at) > now) badges.push(badge(`begins ${when(link.starts_at)}`, "warn"));
  if (link.expires_at) badges.push(badge(Date.parse(link.expires_at) <= now ? "ended" : `until ${when(link.expires_at)}`, "warn"));
  if (link.max_clicks) badges.push(badge(`at most ${number(link.max_clicks)} clicks`));
  if (link.rules?.length > 0) badges.push(badge(`${number(link.rules.length)} rule${link.rules.length > 1 ? "s" : ""}`));
  return badges.length > 0 ? el("span", { className: "badges" }, badges) : "";
}

/** Buttons of a link in a row. */
export function linkActions(view, link, done) {
  const named = (what) => ({ className: "link", "aria-label": `${what} /${link.slug}` });
  return el("div", { className: "actions" },
    button("Copy", () => copy(link.url, "The short address is"), named("Copy the address of")),
    button("QR", () => openQr(link), named("QR code of")),
    button(link.archived ? "Use again" : "Archive", () => archive(view, link, done), named(link.archived ? "Use again" : "Archive")));
}

/** Archives a link, or takes it from the archive. */
export async function archive(view, link, done) {
  try {
    await view.api.patch(`/v1/links/${link.id}`, { archived: !link.archived });
    done();
  } catch (problem) {
    if (!view.failed(problem)) announce(`Not changed: ${problem.detail || problem.title}`);
  }
}
