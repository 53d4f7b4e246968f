"""The clients that take an MCP server alone, and Devin, which takes Claude's hooks too."""

from __future__ import annotations

import sys
from pathlib import Path

from everlore.surfaces.agents import claude_code, copilot, shared
from everlore.surfaces.agents.wiring import Agent, Context, Target


def _desktop(context: Context) -> Path:
    if sys.platform == "darwin":
        return context.home / "Library" / "Application Support" / "Claude"
    if sys.platform == "win32":
        return context.under("APPDATA", "AppData", "Roaming") / "Claude"
    return context.config("Claude")


def _claude_desktop(context: Context) -> list[Target]:
    packaged = context.under("LOCALAPPDATA", "AppData", "Local") / "Packages"
    found = [*packaged.glob("Claude_*/LocalCache/Roaming/Claude")] if sys.platform == "win32" else []
    places = [*found, *([] if found and not _desktop(context).is_dir() else [_desktop(context)])]
    return [shared.mcp(place / "claude_desktop_config.json", shared.server(context)) for place in places]


def _zed(context: Context) -> list[Target]:
    root = context.root / ".zed" if context.root else _zed_directory(context)
    return [shared.mcp(root / "settings.json", shared.server(context, env={}), "context_servers")]


def _zed_directory(context: Context) -> Path:
    return context.under("APPDATA", "AppData", "Roaming") / "Zed" if sys.platform == "win32" else context.config("zed")


def _cline_paths(context: Context) -> list[Path]:
    settings = ("settings", "cline_mcp_settings.json")
    return [
        context.home.joinpath(".cline", "data", *settings),
        copilot.code_directory(context, "globalStorage", "saoudrizwan.claude-dev", *settings),
    ]


def _cline(context: Context) -> list[Target]:
    paths = _cline_paths(context)
    there = [path for path in paths if path.parent.parent.is_dir()] or paths[:1]
    return [shared.mcp(path, shared.server(context, disabled=False)) for path in there]


def _devin_directory(context: Context) -> Path:
    return (
        context.under("APPDATA", "AppData", "Roaming") / "devin" if sys.platform == "win32" else context.config("devin")
    )


def _devin(context: Context) -> list[Target]:
    root = context.root / ".devin" if context.root else _devin_directory(context)
    events = {
        name: claude_code.EVENTS[name]
        for name in ("SessionStart", "UserPromptSubmit", "PostToolUse", "Stop", "SessionEnd")
    }
    hooks = shared.hooks(root / "config.json", shared.nested(context, "devin", events))
    return [hooks, shared.mcp(root / "mcp_config.json", shared.server(context))]


CLAUDE_DESKTOP = Agent(
    "claude-desktop", "Claude Desktop", lambda context: _desktop(context).is_dir(), _claude_desktop, after="Restart Claude Desktop.",
)  # fmt: skip
ZED = Agent("zed", "Zed", lambda context: _zed_directory(context).is_dir() or shared.on_path(context, "zed"), _zed)
CLINE = Agent(
    "cline", "Cline", lambda context: any(path.parent.parent.is_dir() for path in _cline_paths(context)), _cline
)
DEVIN = Agent("devin", "Devin (formerly Windsurf)", lambda context: _devin_directory(context).is_dir(), _devin)
