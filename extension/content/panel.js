/* What the page's reader sees of us: a chip beside the editor and the panel that it opens, in a closed shadow root.
 *
 * What is remembered was written by anybody: it is set as text, nowhere as markup. The page can neither read what is in here
 * nor press its buttons: only what the person does counts. */

"use strict";

everlore.Panel = class {
  /** `on` has what the buttons do: open, insert, later, never. */
  constructor(on) {
    this.on = on;
    this.host = document.createElement("everlore-chip");
    this.host.style.cssText = "all: initial; position: fixed; z-index: 2147483647; display: none;";
    const root = this.host.attachShadow({ mode: "closed" });
    style(root);
    this.chip = root.appendChild(button("chip", () => (this.isOpen ? this.close() : on.open())));
    this.chip.setAttribute("aria-haspopup", "dialog");
    this.chip.setAttribute("aria-expanded", "false");
    this.box = root.appendChild(make("section", "box"));
    this.box.setAttribute("role", "dialog");
    this.box.setAttribute("aria-label", "What memory would add");
    this.box.tabIndex = -1;
    this.box.hidden = true;
    this.status = root.appendChild(make("p", "status"));
    this.status.setAttribute("role", "status");
    for (const kind of ["keydown", "keypress", "keyup", "input", "click", "mousedown", "pointerdown"]) {
      root.addEventListener(kind, (event) => {
        if (kind === "keydown" && event.key === "Escape" && event.isTrusted) this.close();
        event.stopPropagation();
      });
    }
    this.place = this.place.bind(this);
    addEventListener("resize", this.place, { passive: true });
    addEventListener("scroll", this.place, { passive: true, capture: true });
  }

  get isOpen() {
    return !this.box.hidden;
  }

  /** Show the chip beside an editor with a few words; without words there is none. */
  show(editor, words) {
    this.editor = editor;
    this.chip.textContent = words;
    this.chip.hidden = !words;
    this.host.style.display = words || this.isOpen ? "block" : "none";
    if (!this.host.isConnected) document.documentElement.append(this.host);
    this.place();
  }

  /** Open the panel with what would be told, or with why there is nothing. */
  open(found, words) {
    const told = found?.items ?? [];
    const list = make("ol", "told");
    for (const item of told) {
      const entry = list.appendChild(make("li", "item"));
      entry.append(make("div", "said", item.text), make("div", "why", [item.why, `${item.tokens} tokens`].filter(Boolean).join(" · ")));
    }
    const actions = make("div", "actions");
    if (told.length) actions.append(button("insert", () => this.on.insert(), "Insert"), button("later", () => this.on.later(), "Not now"));
    actions.append(button("never", () => this.on.never(), "Never on this site"), button("close", () => this.close(), "Close"));
    this.box.replaceChildren(make("h2", "title", words), ...(told.length ? [list] : []), actions);
    this.box.hidden = false;
    this.chip.setAttribute("aria-expanded", "true");
    this.host.style.display = "block";
    this.place();
    this.box.querySelector("button").focus();
  }

  /** Close the panel and go back to the editor. */
  close() {
    if (!this.isOpen) return;
    this.box.hidden = true;
    this.chip.setAttribute("aria-expanded", "false");
    if (this.chip.hidden) this.host.style.display = "none";
    this.editor?.focus();
  }

  /** Say something to those who listen to the page, and let it be seen in the chip. */
  say(words) {
    this.status.textContent = words;
    this.show(this.editor, words);
  }

  /** Stand beside the editor, on its side that has more room, and within the window. */
  place() {
    if (!this.editor?.isConnected || this.host.style.display === "none") return;
    const { top, bottom, right } = this.editor.getBoundingClientRect();
    const edge = Math.min(Math.max(right, 80), innerWidth - 4);
    const above = top > innerHeight / 2;
    const [near, far] = above ? ["bottom", "top"] : ["top", "bottom"];
    const away = Math.max(4, (above ? innerHeight - top : bottom) + 6);
    Object.assign(this.host.style, { right: `${innerWidth - edge}px`, [near]: `${away}px`, [far]: "auto" });
    const width = Math.min(460, innerWidth * 0.94);
    Object.assign(this.box.style, { right: `${Math.min(0, edge - 8 - width)}px`, [near]: "calc(100% + 6px)", [far]: "auto" });
  }

  /** Take everything off the page. */
  remove() {
    removeEventListener("resize", this.place);
    removeEventListener("scroll", this.place, { capture: true });
    this.host.remove();
  }
};

function make(tag, name, text = "") {
  const element = document.createElement(tag);
  element.className = name;
  element.textContent = text;
  return element;
}

function button(name, act, text = "") {
  const element = make("button", name, text);
  element.type = "button";
  element.addEventListener("click", (event) => event.isTrusted && act());
  return element;
}

function style(root) {
  const rules = `
    :host { color-scheme: light dark; }
    * { box-sizing: border-box; font: 13px/1.45 system-ui, sans-serif; }
    [hidden] { display: none !important; }
    .chip, .box button { border: 1px solid light-dark(#8a8a8a, #777); border-radius: 14px; padding: 3px 11px; cursor: pointer;
      background: light-dark(#fff, #222); color: light-dark(#1a1a1a, #eee); }
    .chip { display: block; margin-left: auto; box-shadow: 0 1px 4px #0003; }
    .chip:hover, .box button:hover { background: light-dark(#eef3ff, #333); }
    :focus-visible { outline: 2px solid light-dark(#0b57d0, #a8c7fa); outline-offset: 2px; }
    .box { position: absolute; width: min(460px, 94vw); max-height: min(60vh, 480px); overflow: auto;
      padding: 12px; border: 1px solid light-dark(#bbb, #555); border-radius: 10px; box-shadow: 0 6px 24px #0005;
      background: light-dark(#fff, #1e1e1e); color: light-dark(#1a1a1a, #eee); animation: rise 120ms ease-out; }
    .title { margin: 0 0 8px; font-weight: 600; }
    .told { margin: 0 0 10px; padding: 0 0 0 20px; }
    .item { margin-bottom: 8px; }
    .said { white-space: pre-wrap; overflow-wrap: anywhere; }
    .why { color: light-dark(#595959, #b0b0b0); font-size: 12px; }
    .actions { display: flex; flex-wrap: wrap; gap: 6px; }
    .box .insert { background: light-dark(#0b57d0, #a8c7fa); color: light-dark(#fff, #062e6f); border-color: transparent; }
    .status { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); }
    @keyframes rise { from { opacity: 0; transform: translateY(4px); } }
    @media (prefers-reduced-motion: reduce) { .box { animation: none; } }`;
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(rules);
    root.adoptedStyleSheets = [sheet];
  } catch {
    root.append(make("style", "", rules)); // where a content script may not make sheets
  }
}
