// The QR code of a link. Who scans it is counted as such: the address says `?qr=1`.

import { button, download, el } from "../core/dom.js";
import { openDialog } from "../parts/dialog.js";
import { encode } from "../vendor/uqr.js";

/** Empty modules around the code: ISO/IEC 18004 asks for four. */
const MARGIN = 4;
const NAMESPACE = "http://www.w3.org/2000/svg";

export function openQr(link) {
  const code = svgOf(`${link.url}?qr=1`);
  openDialog(`QR code of /${link.slug}`, () => [
    el("div", { className: "qr", role: "img", "aria-label": `QR code that leads to ${link.url}` }, code),
    el("p", { className: "muted" }, "Clicks by this code are counted with the trigger “QR code”."),
    el("div", { className: "actions" }, button("Download as SVG",
      () => download(`${link.slug}.svg`, "image/svg+xml", new XMLSerializer().serializeToString(code)), { id: "download-qr" })),
  ]);
}

/** A picture of the code of `text`: one path of squares. */
function svgOf(text) {
  const { data, size } = encode(text, { ecc: "M", border: MARGIN });
  const squares = data.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x},${y}h1v1h-1z`] : [])));
  const svg = document.createElementNS(NAMESPACE, "svg");
  svg.setAttribute("viewBox", `0 0 ${size} ${size}`);
  svg.setAttribute("width", 600);
  svg.setAttribute("height", 600);
  svg.setAttribute("shape-rendering", "crispEdges");
  const part = (name, attributes) => {
    const element = document.createElementNS(NAMESPACE, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    svg.append(element);
  };
  part("rect", { width: size, height: size, fill: "#fff" });
  part("path", { d: squares.join(""), fill: "#000" });
  return svg;
}
