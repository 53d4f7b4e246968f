"""Gemini CLI: hooks (with their time in milliseconds) and the MCP server in settings.json, instructions in GEMINI.md."""

from __future__ import annotations

from pathlib import Path

from everlore.surfaces.agents import shared
from everlore.surfaces.agents.wiring import Agent, Context, Target

EVENTS = {
    "SessionStart": ("*", 8_000), "BeforeAgent": ("*", 5_000), "AfterTool": ("*", 5_000), "AfterAgent": ("*", 5_000),
    "SessionEnd": ("*", 5_000),
}  # fmt: skip
"""PreCompress is not among them: it comes before every request, compressed or not."""


def directory(context: Context) -> Path:
    """Return the directory that Gemini CLI and Antigravity keep what is the user's in."""
    return context.under("GEMINI_CLI_HOME") / ".gemini"


def _targets(context: Context) -> list[Target]:
    root = context.root / ".gemini" if context.root else directory(context)
    settings = root / "settings.json"
    return [
        shared.hooks(settings, shared.nested(context, "gemini-cli", EVENTS, name=shared.NAME)),
        shared.mcp(settings, shared.server(context, timeout=60_000)),
        shared.told((context.root or root) / "GEMINI.md"),
    ]


def _present(context: Context) -> bool:
    return (directory(context) / "settings.json").is_file() or shared.on_path(context, "gemini")


AGENT = Agent(
    "gemini-cli", "Gemini CLI", _present, _targets, after="Gemini CLI starts MCP servers only in folders that you have trusted.",
)  # fmt: skip
