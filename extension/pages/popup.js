/* The popup: whether the extension works on the site at hand, how it is, and what was inserted last. */

import { ask, complaints, day, make } from "./page.js";

async function show() {
  const [tab] = await chrome.tabs.query({ active: true, currentWindow: true });
  const state = await ask("state");
  const origin = URL.canParse(tab?.url ?? "") ? new URL(tab.url).origin : "";
  const site = state.sites.find((one) => one.origin === origin);
  document.querySelector("#site").replaceChildren(site ? choice(site) : elsewhere(origin));
  document.querySelector("#status").replaceChildren(...status(state, site));
  const { last } = state;
  document.querySelector("#last").textContent = last ? `Last inserted: ${last.count} notes, ${last.tokens} tokens, ${last.site}, ${day(last.at)}` : "";
  document.querySelector("#web").href = `${state.server}/web/`;
}

function choice(site) {
  const box = make("input", { type: "checkbox", checked: site.on });
  box.addEventListener("change", async () => {
    await ask("choose", { id: site.id, choice: { on: box.checked } });
    await show();
  });
  return make("label", { className: "line" }, box, `On for ${site.name}`);
}

function elsewhere(origin) {
  if (!origin.startsWith("http")) return make("p", { className: "soft" }, "It does nothing on this page.");
  const link = make("a", { href: `options.html?add=${encodeURIComponent(origin)}`, target: "_blank" }, "Add this site");
  return make("p", { className: "soft" }, "It does nothing on this site. ", link);
}

function status(state, site) {
  if (!state.paired) return [make("p", { className: "bad" }, "Not paired with Everlore yet: see the options.")];
  const lines = state.sites.flatMap((one) => (one.on ? complaints(state.health, one) : []));
  if (state.trouble) lines.unshift(state.trouble.why);
  if (state.lost.length) lines.push(`${state.lost.length} not kept: see the options.`);
  const bad = lines.map((line) => make("p", { className: "bad" }, line));
  if (state.queue.length) bad.push(make("p", {}, `${state.queue.length} waiting for the server.`));
  const fine = site?.on ? `Memory is shown${site.insert === "auto" ? ", inserted" : ""}${site.keep ? " and exchanges are kept" : ""}.` : "Paired.";
  return bad.length ? bad : [make("p", { className: "good" }, fine)];
}

void show();
