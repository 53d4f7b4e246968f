"""OpenCode, 1.x and 2.x: one plugin for both, the MCP server where the version has it, instructions in AGENTS.md."""

from __future__ import annotations

import json
from pathlib import Path

from everlore.surfaces.agents import shared
from everlore.surfaces.agents.edits import Member, Own
from everlore.surfaces.agents.jsonc import Document
from everlore.surfaces.agents.wiring import Agent, Context, Target

_LORE = 'const LORE = ["lore"]'


def plugin(context: Context, name: str) -> str:
    """Return a plugin that ships with us, with the command that runs `lore` filled in."""
    text = (Path(__file__).parent / "plugins" / name).read_text("utf-8")
    return text.replace(_LORE, f"const LORE = {json.dumps(list(context.lore))}")


def _targets(context: Context) -> list[Target]:
    project = context.project if context.scope == "project" else None
    root = project / ".opencode" if project else context.config("opencode")
    settings = next(
        (path for path in (root / "opencode.jsonc", root / "opencode.json") if path.is_file()), root / "opencode.json"
    )
    command = [*context.lore, "mcp"]
    if _is_second(settings):
        server = Member(("mcp", "servers", shared.NAME), {"type": "local", "command": command, "codemode": False})
    else:
        local = {"type": "local", "command": command, "enabled": True, "timeout": 15_000}
        server = Member(("mcp", shared.NAME), local)
    return [
        shared.hooks(root / "plugins" / "everlore.js", Own(plugin(context, "opencode.js"))),
        Target(settings, (server,), "mcp"),
        shared.told((project or root) / "AGENTS.md"),
    ]


def _is_second(settings: Path) -> bool:
    """Tell whether a settings file is one of version 2."""
    try:
        found = Document(settings.read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(found.get("mcp", "servers"), dict) or found.get("plugins") is not None


def _present(context: Context) -> bool:
    return context.config("opencode").is_dir() or shared.on_path(context, "opencode")


AGENT = Agent("opencode", "OpenCode", _present, _targets)
