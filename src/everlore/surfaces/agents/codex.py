"""Codex: hooks in hooks.json, the MCP server in config.toml, instructions in AGENTS.md."""

from __future__ import annotations

import json

from everlore.surfaces.agents import shared
from everlore.surfaces.agents.edits import Toml
from everlore.surfaces.agents.wiring import Agent, Context, Target

EVENTS = {
    "SessionStart": ("startup|resume|clear|compact", 10), "UserPromptSubmit": (None, 5), "PostToolUse": (None, 5), "PreCompact": (None, 5),
    "SubagentStart": (None, 5), "SubagentStop": (None, 5), "Stop": (None, 5), "SessionEnd": (None, 3),
}  # fmt: skip


def server(context: Context) -> Toml:
    """Return our MCP server as a table of TOML."""
    arguments = json.dumps([*context.lore[1:], "mcp"])
    lines = [
        "[mcp_servers.everlore]", f"command = {json.dumps(context.lore[0])}", f"args = {arguments}", "startup_timeout_sec = 20",
        'default_tools_approval_mode = "approve"',
    ]  # fmt: skip
    return Toml("\n".join(lines), ("mcp_servers", "everlore"))


def _targets(context: Context) -> list[Target]:
    project = context.project if context.scope == "project" else None
    root = project / ".codex" if project else context.under("CODEX_HOME", ".codex")
    return [
        shared.hooks(root / "hooks.json", shared.nested(context, "codex", EVENTS)),
        Target(root / "config.toml", (server(context),), "mcp"),
        shared.told((project or root) / "AGENTS.md"),
    ]


def _present(context: Context) -> bool:
    return context.under("CODEX_HOME", ".codex").is_dir() or shared.on_path(context, "codex")


AGENT = Agent(
    "codex", "Codex", _present, _targets,
    after="Codex runs hooks only when you have trusted them: start `codex` and answer its question, or type /hooks.",
)  # fmt: skip
