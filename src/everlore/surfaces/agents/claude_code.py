"""Claude Code: hooks in settings.json, the MCP server in .claude.json, instructions in CLAUDE.md."""

from __future__ import annotations

from everlore.surfaces.agents import shared
from everlore.surfaces.agents.wiring import Agent, Context, Target

EVENTS = {
    "SessionStart": ("startup|resume|clear|compact|fork", 10), "UserPromptSubmit": (None, 5), "PostToolUse": ("*", 5),
    "PostToolUseFailure": ("*", 5), "PreCompact": ("*", 5), "Stop": (None, 5), "SubagentStart": ("*", 5), "SubagentStop": ("*", 5),
    "SessionEnd": (None, 5),
}  # fmt: skip


def _targets(context: Context) -> list[Target]:
    hooks = shared.nested(context, "claude-code", EVENTS)
    server = shared.server(context, type="stdio")
    if context.scope == "project" and context.project:
        root = context.project
        return [
            shared.hooks(root / ".claude" / "settings.json", hooks), shared.mcp(root / ".mcp.json", server), shared.told(root / "CLAUDE.md"),
        ]  # fmt: skip
    root = context.under("CLAUDE_CONFIG_DIR", ".claude")
    state = root / ".claude.json" if context.environ.get("CLAUDE_CONFIG_DIR") else context.home / ".claude.json"
    return [shared.hooks(root / "settings.json", hooks), shared.mcp(state, server), shared.told(root / "CLAUDE.md")]


def _present(context: Context) -> bool:
    return context.under("CLAUDE_CONFIG_DIR", ".claude").is_dir() or shared.on_path(context, "claude")


AGENT = Agent("claude-code", "Claude Code", _present, _targets)
