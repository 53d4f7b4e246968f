"""Copilot CLI: a file of hooks of our own, and the MCP server. VS Code: the MCP server."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from everlore.surfaces.agents import shared
from everlore.surfaces.agents.edits import Own
from everlore.surfaces.agents.wiring import Agent, Context, Target

EVENTS = {
    "sessionStart": 10, "userPromptSubmitted": 5, "postToolUse": 5, "preCompact": 5, "agentStop": 5, "subagentStop": 5, "sessionEnd": 5,
}  # fmt: skip


def _copilot(context: Context) -> list[Target]:
    root = context.root / ".github" if context.root else context.under("COPILOT_HOME", ".copilot")
    events = {
        event: [{"type": "command", "command": f"{context.line} hook copilot {event}", "timeoutSec": timeout}]
        for event, timeout in EVENTS.items()
    }
    content = json.dumps({"version": 1, "hooks": events}, indent=2) + "\n"
    servers = root / ("mcp.json" if context.root else "mcp-config.json")
    entry = shared.server(context, type="local", env={}, tools=["*"])
    told = context.root / "AGENTS.md" if context.root else root / "copilot-instructions.md"
    return [shared.hooks(root / "hooks" / "everlore.json", Own(content)), shared.mcp(servers, entry), shared.told(told)]


def code_directory(context: Context, *parts: str) -> Path:
    """Return a path below the directory in which VS Code keeps what is the user's."""
    if sys.platform == "darwin":
        return context.home.joinpath("Library", "Application Support", "Code", "User", *parts)
    if sys.platform == "win32":
        return context.under("APPDATA", "AppData", "Roaming").joinpath("Code", "User", *parts)
    return context.config("Code", "User", *parts)


def _vscode(context: Context) -> list[Target]:
    path = context.root / ".vscode" / "mcp.json" if context.root else code_directory(context, "mcp.json")
    return [shared.mcp(path, shared.server(context, type="stdio"), "servers")]


COPILOT = Agent(
    "copilot", "Copilot CLI",
    lambda context: context.under("COPILOT_HOME", ".copilot").is_dir() or shared.on_path(context, "copilot"), _copilot,
)  # fmt: skip
VSCODE = Agent(
    "vscode", "VS Code", lambda context: code_directory(context).is_dir() or shared.on_path(context, "code"), _vscode,
)  # fmt: skip
