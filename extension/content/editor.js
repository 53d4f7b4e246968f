/* The editor of a prompt: a text area, or an element that a framework edits. What is put into it must reach the framework.
 *
 * The browser's own insertion is tried first (it is typed text to every framework, and undo takes it back), then what the
 * kind of editor understands otherwise. Nothing counts as inserted before it can be read back. */

"use strict";

everlore.editor = (() => {
  const plain = (element) => element.tagName === "TEXTAREA" || element.tagName === "INPUT";

  /** Return what is written in an editor. */
  function read(element) {
    return plain(element) ? element.value.trim() : everlore.text.read(element);
  }

  /** Put a text before what is written; return whether it is there. */
  async function insert(element, text) {
    const before = read(element);
    for (const way of plain(element) ? [typed, assigned] : [typed, pasted]) {
      element.focus();
      toStart(element);
      way(element, `${text}\n\n`);
      await settled();
      const after = read(element);
      if (everlore.text.bare(after) === everlore.text.bare(text + before)) return true;
      if (after !== before) {
        document.execCommand("undo");
        return false;
      }
    }
    return false;
  }

  function toStart(element) {
    if (plain(element)) {
      element.setSelectionRange(0, 0);
      return;
    }
    const range = document.createRange();
    range.setStart(element.firstElementChild ?? element, 0);
    range.collapse(true);
    const selection = getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
  }

  function typed(element, text) {
    document.execCommand("insertText", false, text);
  }

  function assigned(element, text) {
    const { set } = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(element), "value");
    set.call(element, text + element.value);
    element.dispatchEvent(new InputEvent("input", { bubbles: true, inputType: "insertText", data: text }));
  }

  function pasted(element, text) {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", text);
    element.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
  }

  /** Wait until a framework has had its turn to take or undo what was done; a hidden page paints nothing. */
  function settled() {
    return new Promise((resolve) => setTimeout(resolve, 60));
  }

  return { read, insert };
})();
