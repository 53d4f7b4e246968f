/* The sites that the extension works on: those of adapters.json and those that the user added.
 *
 * A site's script is registered with the browser only while the site is on, so where it is off nothing of ours runs. */

import { read, update } from "./storage.js";

const SCRIPTS = ["content/text.js", "content/adapter.js", "content/editor.js", "content/panel.js", "content/content.js"];
export const CHOICES = { on: true, keep: true, insert: "click", namespace: "" };

let adapters = null;

async function data() {
  adapters ??= await (await fetch(chrome.runtime.getURL("adapters.json"))).json();
  return adapters;
}

/** Return all sites: adapter and choices in one. */
export async function all() {
  const { sites: known, added, timing } = await data();
  const { sites: chosen } = await read("sites");
  const own = Object.entries(chosen).filter(([, choice]) => choice.origin);
  return [
    ...known.map((site) => ({ ...CHOICES, ...site, ...chosen[site.id], timing, own: false })),
    ...own.map(([id, { parts, ...choice }]) => ({
      ...CHOICES, ...added, ...choice, id, name: id, provider: null, timing, own: true,
      parts: { ...added.parts, ...parts },
    })),
  ];
}

/** Return the site that a page belongs to, if any. */
export async function of(url) {
  let origin;
  try {
    ({ origin } = new URL(url));
  } catch {
    return undefined;
  }
  return (await all()).find((site) => site.origin === origin);
}

/** Return the pattern that covers an origin; browsers know none with a port. */
export function pattern(origin) {
  const { protocol, hostname } = new URL(origin);
  return `${protocol}//${hostname}/*`;
}

/** Change what the user chose for a site; return false if there is no such site. */
export async function choose(id, given) {
  if (!(await all()).some((site) => site.id === id)) return false;
  const wanted = Object.fromEntries(Object.entries(given).filter(([name]) => name in CHOICES));
  await update(["sites"], ({ sites }) => ({ sites: { ...sites, [id]: { ...sites[id], ...wanted } } }));
  await register();
  return true;
}

/** Add a site of the user's own, with selectors in place of the usual ones where given. */
export async function add(origin, parts = {}) {
  const id = new URL(origin).host;
  await update(["sites"], ({ sites }) => ({ sites: { ...sites, [id]: { ...sites[id], origin, parts } } }));
  await register();
  return id;
}

/** Forget a site that the user added. */
export async function remove(id) {
  await update(["sites", "health"], ({ sites: { [id]: _, ...sites }, health: { [id]: __, ...health } }) => ({ sites, health }));
  await register();
}

/** Make the browser run our script on exactly the sites that are on, also in the tabs that are open. */
export async function register() {
  const wanted = new Map();
  for (const site of await all()) if (site.on) wanted.set(pattern(site.origin), `site:${pattern(site.origin)}`);
  const there = await chrome.scripting.getRegisteredContentScripts();
  const gone = there.filter((script) => ![...wanted.values()].includes(script.id)).map((script) => script.id);
  if (gone.length) await chrome.scripting.unregisterContentScripts({ ids: gone });
  for (const [matches, id] of wanted) {
    if (there.some((script) => script.id === id) || !(await chrome.permissions.contains({ origins: [matches] }))) continue;
    await chrome.scripting.registerContentScripts([{ id, matches: [matches], js: SCRIPTS, runAt: "document_start" }]);
  }
  await Promise.all((await tabs([...wanted.keys()])).map(wake));
}

async function tabs(matches) {
  const granted = [];
  for (const match of matches) if (await chrome.permissions.contains({ origins: [match] })) granted.push(match);
  return granted.length ? chrome.tabs.query({ url: granted }) : [];
}

async function wake(tab) {
  try {
    await chrome.scripting.executeScript({ target: { tabId: tab.id }, files: SCRIPTS });
  } catch {
    // The tab shows an error page or is gone.
  }
}

/** Tell the scripts in open tabs to ask anew what holds for them. */
export async function announce() {
  for (const tab of await chrome.tabs.query({})) {
    chrome.tabs.sendMessage(tab.id, { kind: "changed" }).catch(() => {});
  }
}
