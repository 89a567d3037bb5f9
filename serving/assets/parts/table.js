// Tables, and their files.

import { button, download, el, hiddenText } from "../core/dom.js";
import { csv } from "../core/format.js";

/**
 * A table that scrolls by itself where it is wider than the page. `columns`: `{name, text, cell?, number?, plain?, hidden?}`:
 * `text` of a row is for people, `cell` an element in its place, `plain` what files get instead of the text; `hidden`: for
 * files alone. The first column names the row; one without a
 * name has what can be done.
 */
export function table(caption, all, rows, { className = "" } = {}) {
  const columns = all.filter(({ hidden }) => !hidden);
  const head = columns.map(({ name, number }) => el("th", { scope: "col", className: number ? "number" : "" }, name || hiddenText("Actions")));
  const body = rows.map((row) => el("tr", {}, columns.map((column, at) => {
    const properties = { className: column.number ? "number" : "" };
    const inside = column.cell ? column.cell(row) : column.text(row);
    return at === 0 ? el("th", { scope: "row", ...properties }, inside) : el("td", properties, inside);
  })));
  return el("div", { className: "scroll", role: "region", tabIndex: 0, "aria-label": `Table: ${caption}` },
    el("table", { className: `table ${className}` },
      el("caption", { className: "visually-hidden" }, caption),
      el("thead", {}, el("tr", {}, head)), el("tbody", {}, body)));
}

/** A button that gives the reader these rows as a file. */
export function csvButton(name, columns, rows) {
  const save = () => {
    const listed = rows();
    const kept = columns.filter((column) => column.text || column.plain);
    const lines = listed.map((row) => kept.map((column) => (column.plain ?? column.text)(row)));
    download(`${name}.csv`, "text/csv;charset=utf-8", csv([kept.map((column) => column.name), ...lines]));
  };
  return button("CSV", save, { className: "link", title: "Save these rows as a file", "aria-label": `Save ${name} as CSV` });
}
