/* Texts of a page: what an element says, as Markdown as far as that matters, and a prompt without what we put into it. */

"use strict";

var everlore = globalThis.everlore ?? {};

everlore.text = (() => {
  const BLOCKS = new Set(("ADDRESS ARTICLE ASIDE BLOCKQUOTE DETAILS DIV DL DD DT FIGURE H1 H2 H3 H4 H5 H6 HR LI MAIN MESSAGE-CONTENT " +
    "OL P PRE SECTION SUMMARY TABLE TBODY THEAD TR UL").split(" "));
  const UNSAID = new Set(["SCRIPT", "STYLE", "NOSCRIPT", "TEMPLATE", "SVG", "svg", "IFRAME", "INPUT", "SELECT"]);
  const FENCE = /<everlore[-\s]memory(?:\s[^<>]*)?>[\s\S]*?(?:<\/everlore[-\s]memory>|$)/gi;

  /** Return what an element says: a line per block, `gap` lines between paragraphs, nothing of elements that match `skip`. */
  function read(element, { skip = [], gap = 1 } = {}) {
    const unsaid = skip.join(",");
    const lines = [""];
    const open = (wide = 1) => {
      if (!/^(?:- |#+ |\| )?$/.test(lines.at(-1))) lines.push("");
      if (wide > 1 && lines.at(-1) === "" && lines.length > 1 && lines.at(-2) !== "") lines.push("");
    };
    const walk = (node) => {
      if (node.nodeType === Node.TEXT_NODE) {
        lines[lines.length - 1] += node.data.replace(/\s+/g, lines.at(-1) === "" ? (all) => (all.length === node.data.length ? "" : " ") : " ");
        return;
      }
      if (node.nodeType !== Node.ELEMENT_NODE || UNSAID.has(node.tagName) || (unsaid && node.matches(unsaid))) return;
      if (node.tagName === "BR") lines.push("");
      else if (node.tagName === "PRE") code(node);
      else if (preserved(node)) verbatim(node);
      else block(node);
    };
    const block = (node) => {
      const own = BLOCKS.has(node.tagName);
      const wide = node.tagName === "P" || /^H[1-6]$/.test(node.tagName) ? gap : 1;
      if (own) open(wide);
      if (node.tagName === "LI") lines[lines.length - 1] += "- ";
      if (/^H[1-6]$/.test(node.tagName) && gap > 1) lines[lines.length - 1] += `${"#".repeat(Number(node.tagName[1]))} `;
      if (node.tagName === "TD" || node.tagName === "TH") lines[lines.length - 1] += "| ";
      const inner = node.tagName === "CODE" && gap > 1;
      if (inner) lines[lines.length - 1] += "`";
      node.childNodes.forEach(walk);
      if (inner) lines[lines.length - 1] += "`";
      if (own) open(wide);
    };
    const code = (node) => {
      open(gap);
      const inside = node.querySelector("code") ?? node;
      lines[lines.length - 1] += "```";
      lines.push(...inside.textContent.replace(/\n$/, "").split("\n"), "```", "");
    };
    const verbatim = (node) => {
      open();
      const [first, ...rest] = node.textContent.split("\n");
      lines[lines.length - 1] += first;
      lines.push(...rest);
      open();
    };
    walk(element);
    return lines.map((line) => line.replace(/[\s\u200b\ufeff]+$/, "")).join("\n").replace(/\n{3,}/g, "\n\n").trim();
  }

  /** Tell whether an element shows line breaks as they are in its text, and holds nothing but text. */
  function preserved(node) {
    return !node.firstElementChild && node.textContent.includes("\n") && getComputedStyle(node).whiteSpace.startsWith("pre");
  }

  /** Return a text without what was told with it: our block, and lines of `told` that lost their fence. */
  function spoken(text, told = "") {
    const without = text.replace(FENCE, "");
    const ours = new Set(told.split("\n").map(bare).filter((line) => line.length > 3));
    const lines = without.split("\n").filter((line) => !ours.has(bare(line)));
    return lines.join("\n").replace(/\n{3,}/g, "\n\n").trim();
  }

  /** Return the letters and figures of a text, for comparing what different renderings have in common. */
  function bare(text) {
    return text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "");
  }

  return { read, spoken, bare, holds: (text) => /<everlore[-\s]memory/i.test(text) };
})();
