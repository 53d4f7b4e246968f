/* Calls to the Everlore server, and what went wrong with one, in words for the person who has to put it right. */

import { read, update } from "./storage.js";

/** A call that failed. `later`: it may succeed later by itself; `token`: not before there is another token. */
export class Failed extends Error {
  constructor(message, { later = false, token = false } = {}) {
    super(message);
    this.later = later;
    this.token = token;
  }
}

/** Return a server address in its one form; throw `Failed` where no token may be sent. */
export function address(text) {
  let url;
  try {
    url = new URL(text.trim().includes("://") ? text.trim() : `http://${text.trim()}`);
  } catch {
    throw new Failed(`“${text}” is not an address. The usual one is http://127.0.0.1:7411`);
  }
  const here = ["127.0.0.1", "localhost"].includes(url.hostname);
  if (url.username || url.password) throw new Failed("Leave name and password out of the address.");
  if (url.protocol !== "https:" && !(url.protocol === "http:" && here)) {
    throw new Failed("Beyond this machine the address must begin with https://, or the token could be read on its way.");
  }
  return url.origin + url.pathname.replace(/\/+$/, "");
}

/** Run an operation and return its answer; throw `Failed`. Whether it worked is kept for the popup to show. */
export async function call(operation, body, patience = 8000) {
  const { server, token, trouble } = await read("server", "token", "trouble");
  if (!token) throw new Failed("The extension is not paired with Everlore yet.", { token: true });
  try {
    const answer = await ask(`${server}/api/v1/${operation}`, token, body, patience);
    if (trouble) await update([], () => ({ trouble: null }));
    return answer;
  } catch (error) {
    if (error instanceof Failed && (error.later || error.token)) {
      await update([], () => ({ trouble: { at: Date.now(), why: error.message } }));
    }
    throw error;
  }
}

/** Throw `Failed` unless Everlore answers at `server` and takes `token`. */
export async function check(server, token) {
  const health = await send(`${server}/health`, { method: "GET" }, 8000);
  const status = await health.json().catch(() => null);
  if (!health.ok || status?.status !== "ok") throw new Failed(`Something answers at ${server}, but it is not Everlore.`);
  await ask(`${server}/api/v1/context`, token, { prompt: "hello", dry_run: true }, 8000);
}

async function ask(url, token, body, patience) {
  const headers = { "Content-Type": "application/json", Authorization: `Bearer ${token}` };
  const response = await send(url, { method: "POST", headers, body: JSON.stringify(body) }, patience);
  const answer = await response.json().catch(() => null);
  if (response.ok && answer) return answer;
  throw refusal(response.status, answer);
}

async function send(url, request, patience) {
  const options = { ...request, credentials: "omit", redirect: "error", cache: "no-store", referrerPolicy: "no-referrer" };
  try {
    return await fetch(url, { ...options, signal: AbortSignal.timeout(patience) });
  } catch {
    throw new Failed(`Nothing answers at ${new URL(url).origin}. Start it with: lore serve`, { later: true });
  }
}

function refusal(status, answer) {
  const said = [answer?.error, answer?.hint].filter((part) => typeof part === "string" && part).join(" – ");
  if (status === 401 || answer?.field === "origin") {
    return new Failed("The server does not know this token. Make one with: lore token create browser", { token: true });
  }
  if (status === 403) return new Failed(`The server refuses this: ${said || "no reason given"}`, { token: true });
  if (status === 429 || status >= 500) return new Failed(`The server cannot do it now: ${said || status}`, { later: true });
  return new Failed(said || `The server answered with status ${status}.`);
}
