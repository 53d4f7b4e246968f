/* What adapters.json says of a site, asked of its page. A part has several selectors; the first that finds something counts. */

"use strict";

everlore.Adapter = class {
  constructor({ pages, conversation, parts, skip, enter, timing, name }) {
    Object.assign(this, { parts, skip, enter, timing, name });
    this.pages = new RegExp(pages);
    this.conversations = new RegExp(conversation);
  }

  /** Return all elements of a part in the order of the page, none inside another. */
  all(part) {
    for (const selector of this.parts[part] ?? []) {
      const outer = [];
      for (const one of query(selector)) if (!outer.at(-1)?.contains(one)) outer.push(one);
      if (outer.length) return outer;
    }
    return [];
  }

  /** Return the first element of a part that can be seen, or null. */
  find(part) {
    for (const selector of this.parts[part] ?? []) {
      for (const found of query(selector)) if (found.isConnected && found.getClientRects().length) return found;
    }
    return null;
  }

  /** Return the site's id of the conversation on the page, or null while it has none. */
  conversation() {
    return this.conversations.exec(location.pathname)?.[1] ?? null;
  }

  /** Tell whether the page at hand is one that should have an editor. */
  hasEditor() {
    return this.pages.test(location.pathname);
  }

  /** Return the newest prompt on the page and the answer after it, as texts; null where there is no pair. */
  exchange() {
    const prompt = this.all("prompt").at(-1);
    const after = (one) => prompt.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING && !prompt.contains(one);
    const answers = prompt ? this.all("answer").filter(after) : [];
    const answer = answers.map((one) => everlore.text.read(one, { skip: this.skip, gap: 2 })).filter(Boolean).join("\n\n");
    return answer ? { prompt: everlore.text.read(prompt, { skip: this.skip }), answer } : null;
  }
};

function query(selector) {
  try {
    return document.querySelectorAll(selector);
  } catch {
    return []; // a selector that the user gave and that is none
  }
}
