/* What the popup and the options page share: asking the background, and making elements. Texts are set as text, always. */

/** Ask the background; return its answer or throw an `Error` that says what went wrong. */
export async function ask(kind, message = {}) {
  const answer = await chrome.runtime.sendMessage({ kind, ...message });
  if (!answer) throw new Error("That is not understood.");
  if (!answer.ok) throw new Error(answer.why);
  return answer.answer;
}

/** Return a new element with attributes or properties, and children. */
export function make(tag, given = {}, ...children) {
  const element = Object.assign(document.createElement(tag), given);
  element.append(...children);
  return element;
}

const PARTS = {
  editor: "the editor was not found; nothing is shown or kept there",
  send: "the button that sends was not found; memory is inserted on a click only",
  prompt: "the prompt was not found after it was sent; nothing is kept there",
  answer: "the answer was not found; nothing is kept there",
};

/** Return what the self-check of a site says, one sentence per part that is missing. */
export function complaints(health, site) {
  return Object.entries(health[site.id] ?? {}).map(([part, since]) => `${new URL(site.origin).host}: ${PARTS[part] ?? part} (since ${day(since)}).`);
}

/** Return a moment as a reader of this language writes it. */
export function day(moment) {
  return new Date(moment).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}
