// Settings: domains, pixels, segments, keys, shares, webhooks, the account and its plan, and who changed what. Each section is a part of the address.

import { el } from "../core/dom.js";
import { addressOf } from "../core/route.js";
import { mountAccount } from "./account.js";
import { mountChanges } from "./changes.js";
import { mountDomains } from "./domains.js";
import { mountKeys } from "./keys.js";
import { mountPixels } from "./pixels.js";
import { mountSegments } from "./segments.js";
import { mountShares } from "./shares.js";
import { mountWebhooks } from "./webhooks.js";

const SECTIONS = {
  keys: { name: "Keys", mount: mountKeys },
  shares: { name: "Shares", mount: mountShares },
  domains: { name: "Domains", mount: mountDomains },
  pixels: { name: "Pixels", mount: mountPixels },
  segments: { name: "Segments", mount: mountSegments },
  webhooks: { name: "Webhooks", mount: mountWebhooks },
  account: { name: "Account", mount: mountAccount },
  changes: { name: "Changes", mount: mountChanges },
};

export function mount(main, view) {
  const chosen = SECTIONS[view.route.id] ? view.route.id : "keys";
  const place = el("div", { className: "section" });
  const tabs = Object.entries(SECTIONS).map(([id, { name }]) => el("a", {
    href: addressOf("settings", id), ...(id === chosen && { "aria-current": "page" }),
  }, name));
  main.replaceChildren(el("h1", {}, "Settings"), el("nav", { className: "views sections", "aria-label": "Settings" }, tabs), place);
  return SECTIONS[chosen].mount(place, view);
}
