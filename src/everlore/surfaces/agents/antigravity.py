"""Antigravity: a named group of hooks, and the MCP server, in the directory that its three programs share."""

from __future__ import annotations

from pathlib import Path

from everlore.surfaces.agents import shared
from everlore.surfaces.agents.edits import Member
from everlore.surfaces.agents.gemini_cli import directory
from everlore.surfaces.agents.wiring import Agent, Context, Target


def _targets(context: Context) -> list[Target]:
    root = context.root / ".agents" if context.root else _directory(context)

    def handler(event: str) -> dict[str, object]:
        return {"type": "command", "command": f"{context.line} hook antigravity {event}", "timeout": 10}

    group = {
        "enabled": True,
        "PreInvocation": [handler("PreInvocation")],
        "PostToolUse": [{"matcher": "*", "hooks": [handler("PostToolUse")]}],
        "Stop": [handler("Stop")],
    }
    return [
        shared.hooks(root / "hooks.json", Member((shared.NAME,), group)),
        shared.mcp(root / "mcp_config.json", shared.server(context, disabled=False)),
        shared.told(context.root / "AGENTS.md" if context.root else directory(context) / "GEMINI.md"),
    ]


def _directory(context: Context) -> Path:
    return directory(context) / "config"


def _present(context: Context) -> bool:
    return _directory(context).is_dir() or shared.on_path(context, "agy", "antigravity")


AGENT = Agent("antigravity", "Antigravity", _present, _targets)
