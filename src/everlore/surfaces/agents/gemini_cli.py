"""Gemini CLI: hooks (with their time in milliseconds) and the MCP server in settings.json, instructions in GEMINI.md."""

from __future__ import annotations

from everlore.surfaces.agents import shared
from everlore.surfaces.agents.edits import Member
from everlore.surfaces.agents.wiring import Agent, Context, Target

EVENTS = {
    "SessionStart": ("*", 8_000), "BeforeAgent": ("*", 5_000), "AfterTool": ("*", 5_000), "AfterAgent": ("*", 5_000),
    "PreCompress": ("*", 5_000), "SessionEnd": ("*", 5_000),
}  # fmt: skip


def _targets(context: Context) -> list[Target]:
    project = context.project if context.scope == "project" else None
    root = (project or context.home) / ".gemini"
    hooks = shared.nested(context, "gemini-cli", EVENTS, name=shared.NAME)
    server = Member(("mcpServers", shared.NAME), shared.server(context, timeout=60_000))
    settings = root / "settings.json"
    return [
        shared.hooks(settings, hooks), Target(settings, (server,), "mcp"), shared.told((project or root) / "GEMINI.md"),
    ]  # fmt: skip


def _present(context: Context) -> bool:
    return (context.home / ".gemini" / "settings.json").is_file() or shared.on_path(context, "gemini")


AGENT = Agent("gemini-cli", "Gemini CLI", _present, _targets)
