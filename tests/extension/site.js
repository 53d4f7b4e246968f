/* A chat as the sites build them: the framework holds the text, renders it anew, and reverts what it did not notice.
 * What is sent is what the framework holds. Answers arrive word by word, in elements that are made anew each time. */
"use strict";

const SHAPES = {
  chatgpt: {
    path: "/c/", ids: ["10e1-aa", "10e1-bb", "10e1-cc"],
    prompt: (text) => `<article><div data-message-author-role="user"><div class="whitespace-pre-wrap"></div></div></article>`,
    answer: () => `<article><h6 class="sr-only">ChatGPT said:</h6><div data-message-author-role="assistant"><div class="markdown"></div></div></article>`,
    stop: () => `<button data-testid="stop-button" aria-label="Stop streaming">Stop</button>`,
  },
  claude: {
    path: "/chat/", ids: ["c0de-1", "c0de-2", "c0de-3"],
    prompt: () => `<div><div data-testid="user-message"></div></div>`,
    answer: (streaming) => `<div data-is-streaming="${streaming}"><div class="font-claude-response"></div></div>`,
    stop: () => `<button aria-label="Stop response">Stop</button>`,
  },
  gemini: {
    path: "/app/", ids: ["f00d1", "f00d2", "f00d3"],
    prompt: () => `<user-query><div class="query-text"></div></user-query>`,
    answer: () => `<model-response><message-content></message-content></model-response>`,
    stop: () => `<button class="send-button stop" aria-label="Stop response">Stop</button>`,
  },
  plain: {
    path: "/c/", ids: ["one", "two", "three"],
    prompt: () => `<div class="message user"></div>`,
    answer: () => `<div class="message assistant"></div>`,
    stop: () => `<button aria-label="Stop">Stop</button>`,
  },
};

const kind = document.body.dataset.kind;
const shape = SHAPES[kind];
const thread = document.querySelector("#thread");
const editor = document.querySelector("#editor");
const controls = document.querySelector("#controls");
window.sent = []; // what the model was sent
window.answers = []; // what it will answer; else one of its own
window.pace = 15;
let held = ""; // the framework's text
let messages = [];
let next = 0;
let running = null;

function linesOf(element) {
  return [...element.childNodes].map((node) => node.textContent).join("\n");
}

function renderEditor() {
  if (editor.tagName === "TEXTAREA") return;
  const paragraphs = (held || "").split("\n").map((line) => {
    const paragraph = document.createElement("p");
    if (line) paragraph.textContent = line;
    else paragraph.append(document.createElement("br"));
    return paragraph;
  });
  editor.replaceChildren(...paragraphs);
  const selection = getSelection();
  if (document.activeElement === editor) selection.setPosition(editor.lastChild, editor.lastChild.childNodes.length);
}

function renderControls() {
  const full = held.trim() !== "";
  controls.innerHTML = running ? shape.stop() : full ? controls.dataset.send : "";
  const send = controls.querySelector("button:not(.stop):not([data-testid=stop-button]):not([aria-label^=Stop])");
  if (send) send.addEventListener("click", submit);
}

editor.addEventListener("input", () => {
  if (window.deaf) return;
  held = editor.tagName === "TEXTAREA" ? editor.value : linesOf(editor);
  renderControls();
});
if (editor.tagName !== "TEXTAREA") {
  // What comes into the document without an event is not the framework's: it goes again.
  new MutationObserver(() => setTimeout(() => linesOf(editor) === held || renderEditor())).observe(editor, { childList: true, characterData: true, subtree: true });
}
editor.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && kind !== "plain") {
    event.preventDefault();
    submit();
  }
});

function show() {
  thread.replaceChildren(...messages.map(({ role, text, streaming }) => {
    const holder = document.createElement("template");
    holder.innerHTML = role === "user" ? shape.prompt() : shape.answer(Boolean(streaming));
    const element = holder.content.firstElementChild;
    let leaf = element;
    while (leaf.lastElementChild) leaf = leaf.lastElementChild;
    if (role === "user" && kind === "chatgpt") leaf.textContent = text;
    else leaf.append(...text.split("\n").map((line) => Object.assign(document.createElement("p"), { textContent: line })));
    if (role === "user" && kind === "chatgpt") leaf.style.whiteSpace = "pre-wrap";
    return element;
  }));
}

function submit() {
  const text = held.trim();
  if (!text || running) return;
  window.sent.push(text);
  messages.push({ role: "user", text });
  held = "";
  if (editor.tagName === "TEXTAREA") editor.value = "";
  renderEditor();
  if (!location.pathname.startsWith(shape.path)) history.pushState(null, "", shape.path + shape.ids[next++]);
  stream();
}

function stream() {
  const words = (window.answers.shift() ?? `Here is what I think of it, number ${window.sent.length}.`).split(/(?<=[ \n])/);
  const answer = { role: "assistant", text: "", streaming: true };
  messages.push(answer);
  running = setInterval(() => {
    answer.text += words.shift() ?? "";
    if (!words.length) {
      clearInterval(running);
      running = null;
      answer.streaming = false;
    }
    show();
    renderControls();
  }, window.pace);
  show();
  renderControls();
}

window.regenerate = () => {
  messages.pop();
  stream();
};

/** Go to a conversation with a history, without loading a page. */
window.visit = (id, history_) => {
  clearInterval(running);
  running = null;
  history.pushState(null, "", id === null ? "/" : shape.path + id);
  messages = history_;
  show();
  renderControls();
};

renderEditor();
renderControls();
document.querySelector("#composer").style.cssText = "position: fixed; bottom: 20px; left: 10vw; width: 80vw;";
