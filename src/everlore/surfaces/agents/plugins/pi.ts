// Everlore for Pi and OMP: tells the memory what a session does, and the session what is remembered.
// Every event is one run of `lore hook` with JSON on standard input; it fails in silence and never holds the agent up for long.
import { spawn } from "node:child_process"

const LORE = ["lore"]
const CLIENT = "pi"
const PATIENCE = 2500

function hook(event: string, payload: Record<string, unknown>): Promise<string> {
  return new Promise((resolve) => {
    let output = ""
    let timer: ReturnType<typeof setTimeout> | undefined
    const done = () => {
      clearTimeout(timer)
      resolve(output.trim())
    }
    try {
      const child = spawn(LORE[0], [...LORE.slice(1), "hook", CLIENT, event], { stdio: ["pipe", "pipe", "ignore"], windowsHide: true })
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

export default function (pi: any) {
  let waiting = ""
  const base = (ctx: any) => ({
    session: ctx?.sessionManager?.getSessionId?.() ?? ctx?.sessionId ?? `${CLIENT}-${process.pid}`,
    cwd: ctx?.cwd ?? process.cwd(),
  })
  pi.on("session_start", async (_event: any, ctx: any) => {
    waiting = await hook("session_start", { ...base(ctx), source: "startup" })
  })
  pi.on("before_agent_start", async (event: any, ctx: any) => {
    const told = await hook("before_agent_start", { ...base(ctx), prompt: event?.prompt ?? "" })
    const content = [waiting, told].filter(Boolean).join("\n\n")
    waiting = ""
    if (content) return { message: { customType: "everlore-memory", content, display: false } }
  })
  pi.on("tool_result", async (event: any, ctx: any) => {
    const output = (Array.isArray(event?.content) ? event.content : []).map((part: any) => part?.text ?? "").join("\n")
    void hook("tool_result", { ...base(ctx), tool: event?.toolName, call_id: event?.toolCallId, input: event?.input, output, isError: event?.isError === true })
  })
  pi.on("agent_end", async (event: any, ctx: any) => {
    const messages = (Array.isArray(event?.messages) ? event.messages : []).slice(-4)
    void hook("agent_end", { ...base(ctx), messages })
  })
  pi.on("session_before_compact", async (_event: any, ctx: any) => {
    void hook("session_before_compact", base(ctx))
  })
  pi.on("session_shutdown", async (_event: any, ctx: any) => {
    await hook("session_shutdown", base(ctx))
  })
}
