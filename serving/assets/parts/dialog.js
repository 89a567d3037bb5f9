// A dialog above the page: the browser's own, which keeps the focus and closes by Escape.

import { button, el } from "../core/dom.js";

/** Opens a dialog with this title. `fill(close)` gives what is in it. Gives the element. */
export function openDialog(title, fill, { wide = false } = {}) {
  const dialog = el("dialog", { className: wide ? "dialog wide-dialog" : "dialog", "aria-label": title });
  const close = () => dialog.close();
  dialog.append(
    el("header", { className: "dialog-head" }, el("h2", {}, title),
      button("✕", close, { className: "chip-remove", "aria-label": "Close" })),
    el("div", { className: "dialog-body" }, fill(close)));
  dialog.addEventListener("close", () => dialog.remove());
  // What is behind changes with the address: the dialog is of what was there.
  const gone = () => dialog.open && dialog.close();
  window.addEventListener("hashchange", gone, { once: true });
  document.body.append(dialog);
  dialog.showModal();
  dialog.querySelector(".dialog-body :is(input, select, textarea)")?.focus();
  return dialog;
}

/** Asks before something that cannot be undone; `act` may fail with a problem, which is shown. */
export function confirm(title, text, verb, act) {
  openDialog(title, (close) => {
    const error = el("p", { className: "error", role: "alert" });
    const go = button(verb, async () => {
      go.disabled = true;
      try {
        await act();
        close();
      } catch (problem) {
        error.textContent = problem.detail || problem.title || String(problem);
        go.disabled = false;
      }
    }, { className: "danger" });
    return [el("p", {}, text), error, el("div", { className: "actions" }, button("Cancel", close), go)];
  });
}
