/* The options: pairing, sites and what is wrong with them, what waits and what was given up. */

import { ask, complaints, day, make } from "./page.js";

const at = (id) => document.getElementById(id);

/** Do something that the person asked for, say how it went, and show everything anew. */
async function act(done, work) {
  const said = at("said");
  try {
    await work();
    said.className = "good";
    said.textContent = done;
  } catch (error) {
    said.className = "bad";
    said.textContent = error.message;
  }
  await show();
}

async function show() {
  const state = await ask("state");
  if (document.activeElement !== at("server")) at("server").value = state.server;
  at("paired").textContent = state.paired ? `Paired with ${state.server}.` : "Not paired: nothing is shown, sent or kept.";
  at("paired").className = state.paired ? "good" : "bad";
  at("unpair").hidden = !state.paired;
  at("sites").replaceChildren(...state.sites.map((site) => form(site, state.health)));
  at("wait").checked = state.wait;
  at("queue").replaceChildren(...state.queue.map(waiting));
  at("deliver").hidden = at("discard").hidden = !state.queue.length;
  at("lost").replaceChildren(...lost(state.lost));
  if (document.activeElement !== at("key")) at("key").value = state.key;
  if (state.trouble && !at("said").textContent) {
    at("said").className = "bad";
    at("said").textContent = state.trouble.why;
  }
}

function form(site, health) {
  const choose = (choice) => act("Saved.", () => ask("choose", { id: site.id, choice }));
  const box = (name, label) => {
    const input = make("input", { type: "checkbox", checked: site[name] });
    input.addEventListener("change", () => choose({ [name]: input.checked }));
    return make("label", { className: "line" }, input, label);
  };
  const auto = make("input", { type: "checkbox", checked: site.insert === "auto" });
  auto.addEventListener("change", () => choose({ insert: auto.checked ? "auto" : "click" }));
  const namespace = make("input", { type: "text", id: `namespace-${site.id}`, value: site.namespace, placeholder: "the default one", autocomplete: "off" });
  namespace.addEventListener("change", () => choose({ namespace: namespace.value.trim() }));
  const wrong = complaints(health, site).map((line) => make("p", { className: "bad" }, line));
  const parts = [
    make("legend", {}, site.own ? site.origin : site.name), ...wrong, box("on", "On"), box("keep", "Keep exchanges"),
    make("label", { className: "line" }, auto, "Insert by itself when I send"),
    make("label", { htmlFor: namespace.id }, "Project in memory"), namespace,
  ];
  if (site.own) {
    const remove = make("button", { type: "button" }, "Remove");
    remove.addEventListener("click", () => act("Removed.", () => ask("remove", { id: site.id })));
    parts.push(make("p", { className: "row" }, remove));
  }
  const field = make("fieldset", {}, ...parts);
  field.dataset.site = site.id;
  return field;
}

function waiting(entry) {
  const drop = make("button", { type: "button" }, "Forget");
  drop.setAttribute("aria-label", `Forget the exchange of ${day(entry.at)}`);
  drop.addEventListener("click", () => act("Forgotten.", () => ask("discard", { id: entry.id })));
  return make("li", {}, `${entry.site}, ${day(entry.at)}: ${entry.prompt.slice(0, 80)} `, drop);
}

function lost(notes) {
  if (!notes.length) return [];
  const noted = make("button", { type: "button" }, "Noted");
  noted.addEventListener("click", () => act("", () => ask("noted")));
  const list = make("ul", {}, ...notes.map(({ at: moment, site, why }) => make("li", {}, `${site}, ${day(moment)}: ${why}`)));
  return [make("h2", {}, "Not kept"), list, make("p", { className: "row" }, noted)];
}

/** Ask the browser for leave to reach an origin; it must be asked while the person's click counts, before all else. */
async function permit(address) {
  const { protocol, hostname } = new URL(address);
  const origins = [`${protocol}//${hostname}/*`];
  if (!(await chrome.permissions.request({ origins }))) throw new Error("Without your leave the extension cannot reach it.");
}

at("pair").addEventListener("submit", (event) => {
  event.preventDefault();
  const server = at("server").value.trim();
  void act("Paired.", async () => {
    if (URL.canParse(server) && server.startsWith("https:")) await permit(server);
    await ask("pair", { server, token: at("token").value });
    at("token").value = "";
  });
});
at("unpair").addEventListener("click", () => act("Forgotten.", () => ask("unpair")));
at("add").addEventListener("submit", (event) => {
  event.preventDefault();
  void act("Added.", async () => {
    const { origin } = new URL(at("origin").value);
    const parts = {};
    for (const part of ["editor", "send", "prompt", "answer", "streaming"]) {
      const given = at(`part-${part}`).value.split("\n").map((line) => line.trim()).filter(Boolean);
      for (const selector of given) if (!isSelector(selector)) throw new Error(`“${selector}” is not a CSS selector.`);
      if (given.length) parts[part] = given;
    }
    await permit(origin);
    await ask("add", { origin, parts });
    at("add").reset();
  });
});
at("wait").addEventListener("change", () => act("Saved.", () => ask("wait", { on: at("wait").checked })));
at("deliver").addEventListener("click", () => act("Tried.", () => ask("deliver")));
at("discard").addEventListener("click", () => act("Forgotten.", () => ask("discard", { id: null })));
at("keyboard").addEventListener("submit", (event) => {
  event.preventDefault();
  void act("Set.", async () => {
    try {
      await ask("key", { key: at("key").value.trim() });
    } catch {
      throw new Error("Give a key such as Alt+M or Ctrl+Shift+Y, or none.");
    }
  });
});

function isSelector(text) {
  try {
    document.createDocumentFragment().querySelector(text);
    return true;
  } catch {
    return false;
  }
}

at("origin").value = new URLSearchParams(location.search).get("add") ?? "";
void show();
