/* One page of a site: shows what memory would add, puts it into the prompt, and tells an exchange once it is finished.
 *
 * Only what the person does (trusted events) makes anything happen, and only while the site is on. Nothing here may break the
 * page: where something is not found it stays silent on the page, and the self-check says so in the popup. */

"use strict";

everlore.Page = class {
  constructor() {
    this.told = new Set(); // ids that this conversation was told, for sites that give it no id before it begins
    this.block = ""; // all that was put into prompts of this page, to know it again
    this.kept = new Set(); // exchanges that were told already
    this.found = null; // what would be told with the prompt at hand: { prompt, items, tokens, reason }
    this.live = null; // an answer under way: { sent, before, seen, text, changed, started }
    this.told_with = null; // { injection } of the prompt that is sent next
    this.quiet = ""; // a prompt for which the person wants nothing
    this.alone = `page-${crypto.randomUUID()}`; // the conversation's name where the site has none
    this.healthy = {};
    this.hooks = [];
  }

  /** Ask what holds for this page, and work or rest accordingly. */
  async wake() {
    const answer = await say({ kind: "hello" });
    if (!answer?.ok) return this.rest();
    this.rules = answer.answer;
    this.adapter = new everlore.Adapter(this.rules.adapter);
    if (!this.hooks.length) this.work();
    return undefined;
  }

  work() {
    this.panel = new everlore.Panel({
      open: () => this.open(), insert: () => this.insert(), later: () => this.later(), never: () => say({ kind: "never" }),
    });
    this.since = Date.now();
    this.path = location.pathname;
    this.conversation = this.adapter.conversation();
    this.hook("input", (event) => this.typed(event));
    this.hook("keydown", (event) => this.pressed(event));
    this.hook("click", (event) => this.clicked(event));
    this.observer = new MutationObserver(() => this.soon());
    this.observer.observe(document, { childList: true, subtree: true, characterData: true, attributes: true, attributeFilter: ["data-is-streaming", "aria-label", "class", "data-testid"] });
    this.soon();
  }

  /** Take everything back: nothing of us stays on a page of a site that is off. */
  rest() {
    for (const [kind, act] of this.hooks) removeEventListener(kind, act, true);
    this.hooks = [];
    this.observer?.disconnect();
    clearTimeout(this.pause);
    clearTimeout(this.turn);
    this.turn = undefined;
    this.panel?.remove();
    this.adapter = undefined;
    this.live = null;
  }

  hook(kind, act) {
    this.hooks.push([kind, act]);
    addEventListener(kind, act, true);
  }

  // ---- what would be told

  editorOf(event) {
    const editor = this.adapter.find("editor");
    return editor && event.isTrusted && editor.contains(event.target) ? editor : null;
  }

  typed(event) {
    if (!this.editorOf(event) || this.busy) return;
    clearTimeout(this.pause);
    this.pause = setTimeout(() => void this.ask(), this.adapter.timing.pause);
  }

  /** Ask what would be told with the prompt at hand, and show it. */
  async ask() {
    const editor = this.adapter?.find("editor");
    const prompt = editor ? everlore.editor.read(editor) : "";
    if (!this.rules.paired || prompt.length < 3 || prompt === this.quiet || everlore.text.holds(prompt)) {
      this.found = null;
      if (editor && !everlore.text.holds(prompt)) this.panel.show(editor, "");
      return;
    }
    const answer = await say({ kind: "ask", ...this.about(prompt) });
    if (!this.adapter || prompt !== everlore.editor.read(editor)) return;
    this.found = answer?.ok ? { prompt, ...answer.answer } : { prompt, items: [], why: answer?.why };
    this.panel.show(editor, summary(this.found));
  }

  about(prompt) {
    return { prompt, session: this.adapter.conversation(), told: [...this.told] };
  }

  async open() {
    const editor = this.adapter.find("editor");
    if (!editor) return;
    this.panel.show(editor, this.panel.chip.textContent);
    if (everlore.text.holds(everlore.editor.read(editor))) return this.panel.open(null, "Memory is in this prompt already.");
    if (this.found?.prompt !== everlore.editor.read(editor)) {
      this.quiet = "";
      await this.ask();
    }
    const nothing = !this.rules.paired ? "The extension is not paired with Everlore yet." : this.found?.why ?? this.found?.reason ?? "Nothing is written yet.";
    return this.panel.open(this.found, this.found?.items.length ? `Memory would add ${summary(this.found)}` : nothing);
  }

  later() {
    this.quiet = this.found?.prompt ?? "";
    this.found = null;
    this.panel.close();
    this.panel.show(this.panel.editor, "");
  }

  /** Put what memory has into the prompt; return whether anything was. It counts as told from here on. */
  async insert(patience = 8000) {
    const editor = this.adapter.find("editor");
    const prompt = editor ? everlore.editor.read(editor) : "";
    if (!prompt || everlore.text.holds(prompt)) return false;
    const answer = await within(patience, say({ kind: "tell", ...this.about(prompt) }));
    this.panel.close();
    if (!answer?.ok || !answer.answer.block || !this.adapter || everlore.editor.read(editor) !== prompt) return false;
    const { block, items, tokens, injection } = answer.answer;
    this.block += `${block}\n`;
    this.told_with = injection;
    for (const item of items) this.told.add(item.id);
    if (!(await everlore.editor.insert(editor, block))) {
      this.panel.say("It could not be inserted here");
      return false;
    }
    this.found = null;
    this.panel.say(`Inserted ${summary({ items, tokens })}`);
    void say({ kind: "inserted", count: items.length, tokens });
    return true;
  }

  // ---- sending

  pressed(event) {
    if (event.isTrusted && this.rules.key && matches(event, this.rules.key)) {
      event.preventDefault();
      event.stopImmediatePropagation();
      if (this.panel.isOpen) this.panel.close();
      else void this.open();
      return;
    }
    const plain = event.key === "Enter" && !event.shiftKey && !event.altKey && !event.isComposing;
    const editor = plain && this.adapter.enter ? this.editorOf(event) : null;
    if (editor && !chooses(editor)) this.send(event, editor);
  }

  clicked(event) {
    const send = event.isTrusted ? this.adapter.find("send") : null;
    const editor = send?.contains(event.target) ? this.adapter.find("editor") : null;
    if (editor) this.send(event, editor);
  }

  /** The person sends the prompt: where that is allowed, hold it until memory is in it, but not for long. */
  send(event, editor) {
    const prompt = everlore.editor.read(editor);
    if (this.busy) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    if (!prompt) return;
    clearTimeout(this.pause);
    const wanted = this.rules.insert === "auto" && this.rules.paired && prompt !== this.quiet && !everlore.text.holds(prompt);
    if (!wanted) {
      this.sent(prompt);
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    this.busy = true;
    void this.insert(this.adapter.timing.hold).catch(() => false).then(() => this.resend(editor)).finally(() => {
      this.busy = false;
    });
  }

  async resend(editor) {
    this.sent(everlore.editor.read(editor));
    for (let look = 0; look < 10; look += 1) {
      const button = this.adapter?.find("send");
      if (button && !button.disabled && button.getAttribute("aria-disabled") !== "true") {
        button.click();
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    editor.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", code: "Enter", keyCode: 13, bubbles: true, cancelable: true }));
  }

  sent(text) {
    if (!this.adapter) return;
    const now = Date.now();
    this.live = { sent: everlore.text.spoken(text, this.block), before: this.key(this.adapter.exchange()), seen: false, text: "", changed: now, started: now };
    this.found = null;
    this.quiet = "";
    this.panel.show(this.panel.editor ?? this.adapter.find("editor"), "");
    this.soon();
  }

  // ---- what the page shows

  /** Look at the page soon; many changes are one look. */
  soon(after = 200) {
    this.turn ??= setTimeout(() => {
      this.turn = undefined;
      try {
        this.look();
      } catch (error) {
        console.debug("Everlore:", error);
      }
    }, after);
  }

  look() {
    const now = Date.now();
    this.moved(now);
    const editor = this.adapter.find("editor");
    this.check(now, editor);
    if (editor) {
      if (this.panel.editor && this.panel.editor !== editor) this.panel.show(editor, this.panel.chip.hidden ? "" : this.panel.chip.textContent);
      else this.panel.place();
    }
    this.follow(now);
    if (this.live || (!editor && this.adapter.hasEditor() && this.healthy.editor !== false) || this.written) this.soon(500);
  }

  /** Notice that the site shows another conversation, without a new page. */
  moved(now) {
    if (this.path === location.pathname) return;
    const conversation = this.adapter.conversation();
    const begins = this.conversation === null && this.live?.sent;
    if (conversation !== this.conversation && !begins) {
      this.live = null;
      this.told.clear();
      this.told_with = null;
      this.found = null;
      this.alone = `page-${crypto.randomUUID()}`;
      this.panel.show(this.panel.editor, "");
    }
    this.path = location.pathname;
    this.conversation = conversation;
    this.since = now;
  }

  /** Follow an answer until it is finished: nothing says that it goes on, and its text has come to rest. */
  follow(now) {
    const streaming = this.adapter.find("streaming") !== null;
    if (streaming) {
      this.live ??= { sent: "", before: "", seen: true, text: "", changed: now, started: now };
      this.live.seen = true;
    }
    if (!this.live) return;
    const { live } = this;
    const exchange = this.adapter.exchange();
    const key = this.key(exchange);
    if (streaming || key !== live.text) Object.assign(live, { text: key, changed: now });
    const { settle, guess, answered } = this.adapter.timing;
    if (streaming || now - live.changed < (live.seen ? settle : guess)) return;
    if (exchange && key !== live.before) this.finish(exchange, key);
    else if (now - live.started > answered) this.unanswered(exchange);
  }

  finish(exchange, key) {
    const { sent } = this.live;
    this.live = null;
    this.report("prompt", true);
    this.report("answer", true);
    const said = everlore.text.spoken(exchange.prompt, this.block);
    const same = !sent || everlore.text.bare(said).includes(everlore.text.bare(sent).slice(0, 200));
    const injection = this.told_with;
    this.told_with = null;
    if (!said || !same || this.kept.has(key) || !this.rules.keep || !this.rules.paired) return;
    this.kept.add(key);
    void say({
      kind: "exchange", prompt: sent || said, answer: exchange.answer, injection,
      session: this.adapter.conversation() ?? this.alone, url: location.origin + location.pathname,
    });
  }

  /** Nothing of an exchange was found in all that time after a prompt was sent. */
  unanswered() {
    this.live = null;
    for (const part of ["prompt", "answer"]) this.report(part, this.adapter.all(part).length > 0);
  }

  key(exchange) {
    return exchange ? `${this.adapter.conversation() ?? ""}\n${exchange.prompt}\n${exchange.answer}` : "";
  }

  // ---- the self-check

  /** See whether the parts are there that should be by now, and say so when that changes. */
  check(now, editor) {
    if (editor) this.report("editor", true);
    else if (this.adapter.hasEditor() && !document.hidden && now - this.since > this.adapter.timing.open) this.report("editor", false);
    const text = editor ? everlore.editor.read(editor) : "";
    if (!text || this.live || this.healthy.send === true) this.written = undefined;
    else this.written ??= now;
    if (this.adapter.find("send")) this.report("send", true);
    else if (this.written && now - this.written > this.adapter.timing.typed) this.report("send", false);
    if (this.healthy.send !== undefined) this.written = undefined;
  }

  report(part, found) {
    if (this.healthy[part] === found) return;
    this.healthy[part] = found;
    void say({ kind: "health", part, found });
  }
};

/** Say something to the background; undefined where there is none any more, because the extension was taken away or renewed. */
async function say(message) {
  try {
    return await chrome.runtime.sendMessage(message);
  } catch {
    if (!chrome.runtime?.id) everlore.page.rest();
    return undefined;
  }
}

function within(patience, promise) {
  return Promise.race([promise, new Promise((resolve) => setTimeout(resolve, patience))]);
}

function summary({ items, tokens }) {
  return items.length ? `${items.length} ${items.length === 1 ? "note" : "notes"}, ${tokens} tokens` : "";
}

function matches(event, key) {
  const names = key.split("+");
  const last = names.pop();
  const held = { Ctrl: event.ctrlKey, Alt: event.altKey, Shift: event.shiftKey, Meta: event.metaKey };
  return event.code === (/\d/.test(last) ? `Digit${last}` : `Key${last}`) && Object.entries(held).every(([name, down]) => down === names.includes(name));
}

/** Tell whether Enter would choose from a list that the editor has open rather than send. */
function chooses(editor) {
  return editor.getAttribute("aria-expanded") === "true" || editor.hasAttribute("aria-activedescendant");
}

if (everlore.page) {
  void everlore.page.wake();
} else {
  everlore.page = new everlore.Page();
  chrome.runtime.onMessage.addListener((message, sender) => {
    if (sender.id === chrome.runtime.id && message?.kind === "changed") void everlore.page.wake();
    return false;
  });
  void everlore.page.wake();
}
