// From page to page of a list: back is the browser's back.

import { button, el } from "../core/dom.js";
import { change } from "../core/route.js";

/** Links to the first and the next page. `at`: the cursor of this one, `next`: of the next. */
export function pages(at, next) {
  if (!at && !next) return "";
  return el("nav", { className: "actions", "aria-label": "Pages" },
    at && button("First page", () => change({ cursor: null })),
    next && button("Next page", () => change({ cursor: next }), { id: "next-page" }));
}
