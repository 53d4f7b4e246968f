// Everlore for OpenClaw: tells the memory what a session does, and the session what is remembered.
// Every event is one run of `lore hook openclaw EVENT` with JSON on standard input; it fails in silence.
import { spawn } from "node:child_process"

const LORE = ["lore"]
const PATIENCE = 2500

function hook(event, payload) {
  return new Promise((resolve) => {
    let output = ""
    let timer
    const done = () => {
      clearTimeout(timer)
      resolve(output.trim())
    }
    try {
      const child = spawn(LORE[0], [...LORE.slice(1), "hook", "openclaw", event], { stdio: ["pipe", "pipe", "ignore"], windowsHide: true })
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
  })
}

const base = (event, context) => ({
  sessionId: context?.sessionId ?? event?.sessionId ?? context?.sessionKey ?? "",
  cwd: context?.workspaceDir ?? event?.workspaceDir ?? "",
})

export default {
  id: "everlore",
  name: "Everlore",
  register(api) {
    api.on("before_prompt_build", async (event, context) => {
      const told = await hook("before_prompt_build", { ...base(event, context), prompt: event?.prompt ?? "" })
      if (told) return { prependContext: told }
    }, { timeoutMs: 3000 })
    api.on("after_tool_call", async (event, context) => {
      void hook("after_tool_call", { ...base(event, context), toolName: event?.toolName, parameters: event?.params, result: event?.result, error: event?.error })
    })
    api.on("agent_end", async (event, context) => {
      void hook("agent_end", { ...base(event, context), messages: (Array.isArray(event?.messages) ? event.messages : []).slice(-4) })
    })
    for (const name of ["session_start", "session_end", "before_compaction"]) {
      api.on(name, async (event, context) => {
        await hook(name, base(event, context))
      })
    }
  },
}
