/* The background: takes messages of content scripts and of the extension's own pages, and is alone in speaking to the server.
 *
 * A content script says what it saw; which site that is follows from the browser's word for its sender, never from the message.
 * Anything of another shape is not answered. */

import * as queue from "./queue.js";
import { address, call, check, Failed } from "./server.js";
import * as sites from "./sites.js";
import { read, shut, update } from "./storage.js";

const LONGEST = 1_000_000; // characters of a prompt or an answer that the server takes
const KEY = /^(?:(?:Ctrl|Alt|Shift|Meta)\+)+[A-Z0-9]$/;

const text = (most = LONGEST, least = 0) => (value) => typeof value === "string" && value.length >= least && value.length <= most;
const maybe = (shape) => (value) => value === null || shape(value);
const flag = (value) => typeof value === "boolean";
const count = (value) => Number.isInteger(value) && value >= 0;
const ids = (value) => Array.isArray(value) && value.length <= 1000 && value.every(text(200, 1));
const parts = (value) => value !== null && typeof value === "object" && Object.values(value).every((list) => Array.isArray(list) && list.every(text(500, 1)));

const asked = { prompt: text(LONGEST, 1), session: maybe(text(200, 1)), told: ids };

/** What content scripts may say: the shape of it, and what is done, given the site that it comes from. */
const FROM_SITES = {
  hello: [{}, hello],
  ask: [asked, (site, message) => context(site, message, true)],
  tell: [asked, (site, message) => context(site, message, false)],
  inserted: [{ count, tokens: count }, (site, { count, tokens }) => update([], () => ({ last: { at: Date.now(), site: site.name, count, tokens } }))],
  exchange: [
    { prompt: text(Infinity, 1), answer: text(Infinity, 1), session: text(200, 1), url: text(2000, 1), injection: maybe(text(200, 1)) },
    exchange,
  ],
  health: [{ part: text(20, 1), found: flag }, health],
  never: [{}, async (site) => { await sites.choose(site.id, { on: false }); await sites.announce(); }],
};

/** What the popup and the options page may say. */
const FROM_PAGES = {
  state: [{}, state],
  pair: [{ server: text(2000, 1), token: text(1000) }, pair],
  unpair: [{}, () => update([], () => ({ token: "", trouble: null }))],
  choose: [{ id: text(300, 1), choice: (value) => value !== null && typeof value === "object" }, ({ id, choice }) => sites.choose(id, choice)],
  add: [{ origin: text(300, 1), parts }, add],
  remove: [{ id: text(300, 1) }, ({ id }) => sites.remove(id)],
  wait: [{ on: flag }, async ({ on }) => { await update([], () => ({ wait: on })); if (!on) await queue.discard(); }],
  key: [{ key: (value) => value === "" || KEY.test(value) }, ({ key }) => update([], () => ({ key }))],
  deliver: [{}, () => queue.flush()],
  discard: [{ id: maybe(text(100, 1)) }, ({ id }) => queue.discard(id ?? undefined)],
  noted: [{}, () => update([], () => ({ lost: [] }))],
};

chrome.runtime.onMessage.addListener((message, sender, respond) => {
  if (sender.id !== chrome.runtime.id || typeof message?.kind !== "string") return false;
  const page = sender.url?.startsWith(chrome.runtime.getURL("")) ?? false;
  const [shape, handle] = (page ? FROM_PAGES : FROM_SITES)[message.kind] ?? [];
  if (!handle || !Object.entries(shape).every(([name, fits]) => fits(message[name]))) return false;
  run(page, sender, message, handle).then(respond, (error) => {
    respond({ ok: false, why: error instanceof Failed ? error.message : String(error) });
  });
  return true;
});

async function run(page, sender, message, handle) {
  if (page) {
    const answer = await handle(message);
    if (!["state", "deliver", "discard", "noted"].includes(message.kind)) await sites.announce();
    void badge();
    return { ok: true, answer };
  }
  const site = sender.tab && sender.frameId === 0 ? await sites.of(sender.url) : undefined;
  if (!site?.on) return { ok: false, off: true };
  const answer = await handle(site, message);
  void badge(); // nobody waits for it: it reads all that waits
  return { ok: true, answer };
}

async function hello(site) {
  const { token, key } = await read("token", "key");
  const { id, name, origin, pages, conversation, enter, parts, skip, timing, insert, keep } = site;
  return { adapter: { id, name, origin, pages, conversation, enter, parts, skip, timing }, insert, keep, key, paired: token !== "" };
}

async function context(site, { prompt, session, told }, trial) {
  const answer = await call("context", {
    prompt, ...about(site), ...(session && { session }), told, dry_run: trial,
  });
  const items = answer.items.map(({ id, text: said, why, tokens }) => ({ id, text: said, why, tokens }));
  void queue.flush();
  return { items, tokens: answer.tokens, reason: answer.reason, block: answer.block, injection: trial ? null : answer.injection };
}

async function exchange(site, { prompt, answer, session, url, injection }) {
  if (!site.keep) return "off";
  if (prompt.length > LONGEST || answer.length > LONGEST) {
    await queue.lose(site.name, `It is longer than ${LONGEST} characters, more than Everlore takes at once.`);
    return "lost";
  }
  return queue.deliver(site.name, {
    prompt, response: answer, session, source_url: url, ...about(site), ...(injection && { injection }),
  });
}

function about(site) {
  return {
    platform: site.id.slice(0, 80), ...(site.provider && { provider: site.provider }), ...(site.namespace && { namespace: site.namespace }),
  };
}

function health(site, { part, found }) {
  return update(["health"], ({ health: kept }) => {
    const { [part]: since, ...rest } = kept[site.id] ?? {};
    if (found === (since === undefined)) return null;
    return { health: { ...kept, [site.id]: found ? rest : { ...rest, [part]: Date.now() } } };
  });
}

async function pair({ server, token }) {
  const kept = await read("token");
  const there = address(server);
  const secret = token.trim() || kept.token;
  if (!secret) throw new Failed("Give a token. Make one with: lore token create browser");
  await check(there, secret);
  await update([], () => ({ server: there, token: secret, trouble: null }));
  void queue.flush();
}

async function add({ origin: given, parts: own }) {
  const url = URL.canParse(given) ? new URL(given) : null;
  if (!url || !["http:", "https:"].includes(url.protocol)) throw new Failed(`“${given}” is not the address of a site.`);
  const there = await sites.of(url.origin);
  if (there && !there.own) throw new Failed(`${there.name} is there already.`);
  return sites.add(url.origin, own);
}

async function state() {
  const { token, ...kept } = await read();
  const list = (await sites.all()).map(({ id, name, origin, own, on, keep, insert, namespace }) => ({ id, name, origin, own, on, keep, insert, namespace }));
  const waiting = kept.queue.map(({ id, at, site, body }) => ({ id, at, site, prompt: body.prompt }));
  return { ...kept, queue: waiting, sites: list, paired: token !== "" };
}

async function badge() {
  const { health: kept, trouble, lost, queue: waiting } = await read("health", "trouble", "lost", "queue");
  const missing = Object.values(kept).some((found) => Object.keys(found).length);
  const alarm = missing || trouble || lost.length;
  await chrome.action.setBadgeText({ text: alarm ? "!" : waiting.length ? String(waiting.length) : "" });
  await chrome.action.setBadgeBackgroundColor({ color: alarm ? "#b3261e" : "#555555" });
  await chrome.action.setTitle({ title: trouble ? `Everlore: ${trouble.why}` : missing ? "Everlore: a site has changed" : "Everlore" });
}

async function begin() {
  await shut();
  await sites.register();
  await badge();
}

queue.listen();
chrome.runtime.onInstalled.addListener(({ reason }) => {
  void begin().then(() => reason === "install" && chrome.runtime.openOptionsPage());
});
chrome.runtime.onStartup.addListener(() => void begin().then(queue.flush));
chrome.permissions.onAdded.addListener(() => void sites.register());
