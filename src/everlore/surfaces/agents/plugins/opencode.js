// Everlore for OpenCode 1.x and 2.x: tells the memory what a session does, and the session what is remembered.
// Every event is one run of `lore hook opencode EVENT` with JSON on standard input. A run fails in silence,
// and holds the agent up no longer than PATIENCE milliseconds.
import { spawn } from "node:child_process"

const LORE = ["lore"]
const PATIENCE = 2500
const MOST = 64

let running = 0

function hook(event, payload) {
  if (running >= MOST) return Promise.resolve("")
  running += 1
  return new Promise((resolve) => {
    let output = ""
    let timer
    const done = () => {
      clearTimeout(timer)
      resolve(output.trim())
    }
    try {
      const child = spawn(LORE[0], [...LORE.slice(1), "hook", "opencode", event], {
        stdio: ["pipe", "pipe", "ignore"],
        cwd: payload.directory || undefined,
        windowsHide: true,
      })
      timer = setTimeout(() => {
        output = ""
        child.kill("SIGKILL")
        done()
      }, PATIENCE)
      child.on("error", done)
      child.on("close", done)
      child.stdin.on("error", () => {})
      child.stdout.on("data", (piece) => {
        output += piece
      })
      child.stdin.end(JSON.stringify(payload))
    } catch {
      done()
    }
  }).finally(() => {
    running -= 1
  })
}

// What a session is to be told before its next request, and whether it was told at its start.
class Sessions {
  constructor(directory) {
    this.directory = directory
    this.waiting = new Map()
    this.started = new Set()
    this.parents = new Map()
  }

  base(sessionID) {
    const parentID = this.parents.get(sessionID)
    return { sessionID, directory: this.directory, ...(parentID ? { parentID } : {}) }
  }

  keep(sessionID, text) {
    if (!text) return
    const before = this.waiting.get(sessionID)
    this.waiting.set(sessionID, before ? `${before}\n\n${text}` : text)
    if (this.waiting.size > 100) this.waiting.delete(this.waiting.keys().next().value)
  }

  async start(sessionID, source) {
    if (!sessionID || this.started.has(sessionID)) return
    this.started.add(sessionID)
    this.keep(sessionID, await hook("session.start", { ...this.base(sessionID), source }))
  }

  async prompt(sessionID, messageID, text) {
    await this.start(sessionID, "startup")
    if (text) this.keep(sessionID, await hook("chat.message", { ...this.base(sessionID), messageID, text }))
  }

  async compacted(sessionID) {
    this.waiting.delete(sessionID)
    this.keep(sessionID, await hook("session.compacted", this.base(sessionID)))
  }
}

const textOf = (parts) =>
  (Array.isArray(parts) ? parts : [])
    .filter((part) => part && part.type === "text" && !part.synthetic && typeof part.text === "string")
    .map((part) => part.text)
    .join("\n")

// Version 1: a function that returns hooks.
export const Everlore = async ({ directory, worktree }) => {
  const sessions = new Sessions(directory || worktree || process.cwd())
  const answers = new Map()
  const told = new Map()
  return {
    "chat.message": async (input, output) => {
      const id = output?.message?.id || input?.messageID
      await sessions.prompt(input.sessionID, id, textOf(output?.parts))
    },
    "experimental.chat.system.transform": async (input, output) => {
      const id = input?.sessionID
      const fresh = id && sessions.waiting.get(id)
      if (fresh) {
        sessions.waiting.delete(id)
        told.set(id, told.has(id) ? `${told.get(id)}\n\n${fresh}` : fresh)
      }
      if (id && told.has(id) && Array.isArray(output?.system)) output.system.push(told.get(id))
    },
    "tool.execute.after": async (input, output) => {
      const result = output?.output ?? output?.content ?? ""
      void hook("tool.execute.after", {
        ...sessions.base(input.sessionID),
        tool: input.tool,
        callID: input.callID,
        args: input.args ?? output?.metadata?.args ?? {},
        output: result,
        ...(typeof output?.metadata?.exit === "number" ? { tool_response: { output: result, exit: output.metadata.exit } } : {}),
      })
    },
    "experimental.session.compacting": async (input) => {
      told.delete(input.sessionID)
      await sessions.compacted(input.sessionID)
    },
    event: async ({ event }) => {
      const about = event?.properties ?? {}
      const id = about.sessionID ?? about.info?.sessionID ?? about.info?.id
      if (event.type === "session.created" && about.info?.parentID) sessions.parents.set(about.info.id, about.info.parentID)
      if (event.type === "message.part.updated" && about.part?.type === "text" && about.part.time?.end && !about.part.synthetic) {
        answers.set(about.part.messageID, `${about.part.text ?? ""}`)
        if (answers.size > 200) answers.delete(answers.keys().next().value)
      }
      if (event.type === "message.updated" && about.info?.role === "assistant" && about.info.time?.completed) {
        const text = answers.get(about.info.id)
        answers.delete(about.info.id)
        if (text) void hook("message", { ...sessions.base(about.info.sessionID), messageID: about.info.id, text })
      }
      if (event.type === "session.idle" && id) void hook("session.idle", sessions.base(id))
      if (event.type === "session.error" && id) void hook("session.error", { ...sessions.base(id), message: `${about.error?.name ?? ""}` })
      if (event.type === "session.deleted" && id) void hook("session.deleted", sessions.base(id))
    },
  }
}

// Version 2: an object with `setup`; version 1 from 1.3.4 on takes its `server`.
export default {
  id: "everlore",
  server: Everlore,
  async setup(context) {
    const sessions = new Sessions(context?.directory || context?.location?.directory || process.cwd())
    const told = new Map()
    const on = async (place, name, handle) => {
      try {
        await place?.hook(name, handle)
      } catch {
        // a version without this hook
      }
    }
    await on(context.session, "prompt", async (e) => sessions.prompt(e.sessionID, e.messageID, e.prompt?.text ?? ""))
    await on(context.session, "context", async (e) => {
      await sessions.start(e.sessionID, "startup")
      const fresh = sessions.waiting.get(e.sessionID)
      if (fresh) {
        sessions.waiting.delete(e.sessionID)
        told.set(e.sessionID, told.has(e.sessionID) ? `${told.get(e.sessionID)}\n\n${fresh}` : fresh)
      }
      if (told.has(e.sessionID)) e.system?.push({ type: "text", text: told.get(e.sessionID) })
    })
    await on(context.tool, "execute.after", (e) => {
      const failed = e.status === "error" || e.error
      void hook("tool.execute.after", {
        ...sessions.base(e.sessionID),
        tool: e.tool,
        callID: e.callID ?? e.id,
        args: e.input,
        ...(failed ? { error: `${e.error?.message ?? e.error ?? "failed"}` } : { output: e.result ?? "" }),
      })
    })
    const stop = new AbortController()
    void (async () => {
      try {
        const said = new Map()
        for await (const event of context.event.subscribe({ signal: stop.signal })) {
          const data = event.data ?? event.properties ?? {}
          const id = data.sessionID
          if (!id) continue
          if (event.type === "session.text.ended" && data.text) said.set(id, `${data.text}`)
          if (/^session\.execution\.(succeeded|failed|interrupted)$/.test(event.type)) {
            if (said.has(id)) void hook("message", { ...sessions.base(id), text: said.get(id) })
            said.delete(id)
            void hook("session.idle", sessions.base(id))
          }
          if (event.type === "session.compaction.ended") {
            told.delete(id)
            void sessions.compacted(id)
          }
          if (event.type === "session.deleted") void hook("session.deleted", sessions.base(id))
        }
      } catch {
        // the stream ended
      }
    })()
    return () => stop.abort()
  },
}
