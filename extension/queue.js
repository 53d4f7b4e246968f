/* Exchanges that could not be delivered wait here, in the browser's storage and as they are: see docs/guides/extension.md.
 *
 * First the server is tried; only what it could not take waits. Delivery is at least once, and the server keeps an exchange
 * once. What is given up, because there is no room or it is too old or was refused, is told on the options page. */

import { call, Failed } from "./server.js";
import { read, update } from "./storage.js";

export const MOST = 200;
export const MOST_BYTES = 4 * 1024 * 1024;
export const LONGEST_DAYS = 7;
const ALARM = "deliver";
const NOTES = 50;

const size = (entry) => new TextEncoder().encode(JSON.stringify(entry)).length;

let running = null;

/** Deliver an exchange, or let it wait; return "kept", "waiting" or "lost". */
export async function deliver(site, body) {
  try {
    await call("capture", body, 15000);
  } catch (error) {
    if (!(error instanceof Failed)) throw error;
    const { wait } = await read("wait");
    if (wait && (error.later || error.token)) {
      await add(site, body);
      return "waiting";
    }
    await lose(site, wait ? error.message : `${error.message} Waiting is turned off.`);
    return "lost";
  }
  void flush();
  return "kept";
}

/** Try to deliver what waits, oldest first, until all is delivered or the server cannot take it. */
export function flush() {
  running ??= run().finally(() => {
    running = null;
  });
  return running;
}

async function run() {
  if (!(await read("queue")).queue.length) return undefined;
  await expire();
  for (let { queue } = await read("queue"); queue.length; { queue } = await read("queue")) {
    const [entry] = queue;
    try {
      await call("capture", entry.body, 15000);
    } catch (error) {
      if (!(error instanceof Failed)) throw error;
      if (error.later || error.token) return again();
      await lose(entry.site, error.message);
    }
    await discard(entry.id);
  }
  await update([], () => ({ tries: 0 }));
  return chrome.alarms.clear(ALARM);
}

async function again() {
  const { tries } = await update(["tries"], (kept) => ({ tries: kept.tries + 1 }));
  await chrome.alarms.create(ALARM, { delayInMinutes: Math.min(60, 0.5 * 2 ** (tries - 1)) });
}

/** Forget one exchange that waits, or all. */
export function discard(id) {
  return update(["queue"], ({ queue }) => ({ queue: id === undefined ? [] : queue.filter((entry) => entry.id !== id) }));
}

/** Note that an exchange was not kept, and why. */
export function lose(site, why, at = Date.now()) {
  return update(["lost"], ({ lost }) => ({ lost: [...lost, { at, site, why }].slice(-NOTES) }));
}

async function add(site, body) {
  const entry = { id: crypto.randomUUID(), at: Date.now(), site, body };
  await update(["queue", "lost"], ({ queue, lost }) => {
    if (queue.some((other) => JSON.stringify(other.body) === JSON.stringify(body))) return null;
    const kept = [...queue, entry];
    let bytes = kept.reduce((sum, other) => sum + size(other), 0);
    const given = [];
    while (kept.length > MOST || bytes > MOST_BYTES) {
      const oldest = kept.shift();
      bytes -= size(oldest);
      given.push({ at: oldest.at, site: oldest.site, why: "There was no more room for what waits." });
    }
    return { queue: kept, lost: [...lost, ...given].slice(-NOTES) };
  });
  if (!(await chrome.alarms.get(ALARM))) await again();
}

async function expire() {
  const oldest = Date.now() - LONGEST_DAYS * 86_400_000;
  await update(["queue", "lost"], ({ queue, lost }) => {
    const late = queue.filter((entry) => entry.at < oldest);
    if (!late.length) return null;
    const notes = late.map(({ at, site }) => ({ at, site, why: `It waited for ${LONGEST_DAYS} days.` }));
    return { queue: queue.filter((entry) => entry.at >= oldest), lost: [...lost, ...notes].slice(-NOTES) };
  });
}

/** Listen to the alarm; called once, when the background starts. */
export function listen() {
  chrome.alarms.onAlarm.addListener((alarm) => {
    if (alarm.name === ALARM) void flush();
  });
}
