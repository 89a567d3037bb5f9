// Tables, and their files.

import { button, download, el, hiddenText } from "../core/dom.js";
import { csv } from "../core/format.js";

/**
 * A table that scrolls by itself where it is wider than the page. `columns`: `{name, text, cell?, number?, nowrap?, bare?, plain?,
 * hidden?}`: `text` of a row is for people, `cell` an element in its place, `plain` what files get instead of the text; `hidden`:
 * for files alone. The first column names the row; one without a name has what can be done.
 *
 * On a phone a row is a paragraph: its name, and below it (`flat`: beside it) each value after the name of its column, unless that is
 * `bare`. Not so where all columns are `narrow`. The roles are said, since browsers forget them where rows are no rows to the eye.
 */
export function table(caption, all, rows, { narrow = false, flat = false } = {}) {
  const columns = all.filter(({ hidden }) => !hidden);
  const head = columns.map(({ name, number }) =>
    el("th", { scope: "col", role: "columnheader", className: number ? "number" : "" }, name || hiddenText("Actions")));
  const body = rows.map((row) => el("tr", { role: "row" }, columns.map((column, at) => {
    const className = [column.number && "number", (column.nowrap || (narrow && at === 0)) && "nowrap"].filter(Boolean).join(" ");
    const inside = column.cell ? column.cell(row) : column.text(row);
    if (at === 0) return el("th", { scope: "row", role: "rowheader", className }, inside);
    return el("td", { role: "cell", className, "data-name": column.bare ? null : column.name || null }, inside);
  })));
  return el("div", { className: "scroll", role: "region", tabIndex: 0, "aria-label": `Table: ${caption}` },
    el("table", { className: `table ${narrow ? "" : "folding"} ${flat ? "flat" : ""}`, role: "table" },
      el("caption", { className: "visually-hidden" }, caption),
      el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, head)), el("tbody", { role: "rowgroup" }, body)));
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
