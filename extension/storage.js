/* What the extension keeps in the browser: the one place that reads and writes it, one change after the other.
 *
 * Only the background and the extension's own pages may read it; content scripts are shut out where the browser can do so. */

export const SERVER = "http://127.0.0.1:7411";

const EMPTY = {
  server: SERVER, // where Everlore answers
  token: "", // "" until paired; leaves the background for nobody but the server
  wait: true, // whether an exchange may wait here while the server is away
  key: "Alt+M", // what opens the panel
  sites: {}, // by id: what the user chose; an added site has its origin and parts here too
  health: {}, // by site id: by part: since when it is missing
  trouble: null, // { at, why }: the last call that failed, until one succeeds
  last: null, // { at, site, count, tokens }: what was inserted last
  queue: [], // exchanges that wait: { id, at, site, body }
  tries: 0, // failed deliveries in a row
  lost: [], // { at, site, why }: exchanges that were not kept; never their texts
};

export const NAMES = Object.keys(EMPTY);

let turn = Promise.resolve();

/** Return what is kept under `names`, with what is the rule where nothing is. */
export async function read(...names) {
  const wanted = names.length ? names : NAMES;
  return chrome.storage.local.get(Object.fromEntries(wanted.map((name) => [name, EMPTY[name]])));
}

/** Change what is kept: `change` gets the values of `names` and returns what to write; one change at a time. */
export function update(names, change) {
  const done = turn.then(async () => {
    const written = await change(await read(...names));
    if (written) await chrome.storage.local.set(written);
    return written;
  });
  turn = done.catch(() => {});
  return done;
}

/** Keep content scripts from what is stored; Firefox has no such switch for storage that stays. */
export async function shut() {
  try {
    await chrome.storage.local.setAccessLevel({ accessLevel: "TRUSTED_CONTEXTS" });
  } catch {
    // Not there: content scripts of ours do not read it, and those of others have their own.
  }
}
