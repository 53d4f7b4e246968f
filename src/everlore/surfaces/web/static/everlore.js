// What every page does: keys, theme, lists, and telling of what htmx was refused. Pages work without it.

const body = document.body;

// Theme: the system's, until somebody chooses; the server reads the cookie, so that no page flashes.
document.getElementById("theme")?.addEventListener("click", () => {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  document.cookie = `lore-theme=${root.dataset.theme}; path=/; max-age=31536000; samesite=strict`;
  document.dispatchEvent(new Event("lore:theme"));
});

// Times in the reader's own clock; the server writes them in UTC.
function localTimes(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const at = new Date(time.dateTime);
    if (!Number.isNaN(at.valueOf())) time.title = at.toLocaleString();
  }
}
localTimes(document);

// Keys.
let pending = "";
const typing = (target) => target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (event.key === "Escape" && typing(event.target)) { event.target.blur(); return; }
  if (typing(event.target) || document.querySelector("dialog[open]")) return;
  if (pending === "g") {
    pending = "";
    const link = document.querySelector(`.side [data-go="${CSS.escape(event.key)}"]`);
    if (link) { event.preventDefault(); link.click(); }
    return;
  }
  if (event.key === "g") { pending = "g"; setTimeout(() => { pending = ""; }, 1200); return; }
  if (event.key === "?") { event.preventDefault(); document.getElementById("keys")?.showModal(); return; }
  if (event.key === "/") {
    event.preventDefault();
    const all = [...document.querySelectorAll('[data-key="/"]')].filter((one) => one.offsetParent);
    (all.at(-1))?.focus();
    return;
  }
  if (event.key === "j" || event.key === "k") { step(event.key === "j" ? 1 : -1); event.preventDefault(); return; }
  const chosen = document.activeElement?.closest("[data-row]");
  const button = (chosen ?? document).querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (button && event.key !== "Enter") { event.preventDefault(); button.click(); }
});

// Rows of a list: j and k move the focus to the first link of the next or the previous.
function step(by) {
  const rows = [...document.querySelectorAll("[data-row]")];
  if (!rows.length) return;
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const next = rows[Math.max(0, Math.min(rows.length - 1, at < 0 ? (by > 0 ? 0 : rows.length - 1) : at + by))];
  const first = next.querySelector("a, button, input") ?? next;
  first.focus();
  next.scrollIntoView({ block: "nearest" });
}

// A form that cannot be taken back easily asks first.
document.addEventListener("submit", (event) => {
  const ask = event.target.dataset?.ask;
  if (ask && !confirm(ask)) event.preventDefault();
});

// All checkboxes of a form at once.
document.addEventListener("change", (event) => {
  const name = event.target.dataset?.all;
  if (!name) return;
  for (const box of document.querySelectorAll(`input[type="checkbox"][name="${CSS.escape(name)}"]`)) box.checked = event.target.checked;
});

// What is new: elements that show it ask again by themselves (hx-trigger="changed from:body").
body.addEventListener("htmx:after:swap", () => localTimes(document));
document.addEventListener("htmx:error", (event) => say(`That did not work: ${event.detail?.error?.message ?? "the server did not answer"}`));

// Say something to everybody, those who listen too.
export function say(text) {
  const place = document.getElementById("said");
  if (!place) return;
  const line = document.createElement("div");
  line.className = "said";
  line.textContent = text;
  place.replaceChildren(line);
}

// The menu of a narrow screen closes when it is left.
const menu = document.querySelector("details.menu");
document.addEventListener("click", (event) => { if (menu?.open && !menu.contains(event.target)) menu.open = false; });
document.addEventListener("keydown", (event) => { if (event.key === "Escape" && menu?.open) { menu.open = false; menu.querySelector("summary").focus(); } });
