"""Antigravity: a named group of hooks, and the MCP server, in the directory that its three programs share."""

from __future__ import annotations

from everlore.surfaces.agents import shared
from everlore.surfaces.agents.edits import Member
from everlore.surfaces.agents.wiring import Agent, Context, Target


def _targets(context: Context) -> list[Target]:
    project = context.project if context.scope == "project" else None
    root = project / ".agents" if project else context.home / ".gemini" / "config"

    def handler(event: str) -> dict[str, object]:
        return {"type": "command", "command": f"{context.line} hook antigravity {event}", "timeout": 10}

    group = {
        "enabled": True,
        "PreInvocation": [handler("PreInvocation")],
        "PostToolUse": [{"matcher": "*", "hooks": [handler("PostToolUse")]}],
        "Stop": [handler("Stop")],
    }
    found = [
        shared.hooks(root / "hooks.json", Member((shared.NAME,), group)),
        shared.mcp(root / "mcp_config.json", shared.server(context, disabled=False)),
    ]
    return [*found, shared.told(project / "AGENTS.md")] if project else found


def _present(context: Context) -> bool:
    return (context.home / ".gemini" / "config").is_dir() or shared.on_path(context, "agy", "antigravity")


AGENT = Agent("antigravity", "Antigravity", _present, _targets)
