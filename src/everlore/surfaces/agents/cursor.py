"""Cursor: flat lists of hooks in hooks.json, the MCP server in mcp.json, and in a project a rule that is always read."""

from __future__ import annotations

from everlore.surfaces.agents import shared
from everlore.surfaces.agents.edits import Hooks, Member, Own
from everlore.surfaces.agents.wiring import Agent, Context, Target, instructions

EVENTS = {
    "sessionStart": 10, "beforeSubmitPrompt": 5, "postToolUse": 5, "postToolUseFailure": 5, "afterAgentResponse": 5, "preCompact": 5,
    "stop": 5, "sessionEnd": 5,
}  # fmt: skip


def _targets(context: Context) -> list[Target]:
    root = (context.root or context.home) / ".cursor"
    elements = {
        event: {"command": f"{context.line} hook cursor {event}", "timeout": timeout}
        for event, timeout in EVENTS.items()
    }
    hooks = shared.hooks(
        root / "hooks.json", Member(("version",), 1, if_missing=True), Hooks(("hooks",), "cursor", elements)
    )
    found = [hooks, shared.mcp(root / "mcp.json", shared.server(context, type="stdio"))]
    if context.root:
        head = "---\ndescription: Memory across sessions and agents\nalwaysApply: true\n---\n\n"
        found.append(Target(root / "rules" / "everlore.mdc", (Own(f"{head}{instructions()}\n"),), "instructions"))
    return found


def _present(context: Context) -> bool:
    return (context.home / ".cursor").is_dir() or shared.on_path(context, "cursor", "cursor-agent")


AGENT = Agent("cursor", "Cursor", _present, _targets)
