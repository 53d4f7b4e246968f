"""OpenCode, 1.x and 2.x: one plugin for both, the MCP server where the version has it, instructions in AGENTS.md."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from everlore.core.errors import InvalidInput
from everlore.surfaces.agents import shared
from everlore.surfaces.agents.edits import Own, Server
from everlore.surfaces.agents.jsonc import Document
from everlore.surfaces.agents.wiring import Agent, Context, Target, read


def _targets(context: Context) -> list[Target]:
    root = context.root / ".opencode" if context.root else context.config("opencode")
    names = ("opencode.jsonc", "opencode.json")
    settings = next((root / name for name in names if (root / name).exists()), root / "opencode.json")
    command = [*context.lore, "mcp"]
    if _is_second(settings, context):
        server = Server(("mcp", "servers", shared.NAME), {"type": "local", "command": command, "codemode": False})
    else:  # its five seconds for a server to start are too few for a machine that is busy
        local = {"type": "local", "command": command, "enabled": True, "timeout": 15_000}
        server = Server(("mcp", shared.NAME), local)
    return [
        shared.hooks(root / "plugins" / "everlore.js", Own(shared.plugin(context, "opencode.js"))),
        Target(settings, (server,), "mcp"),
        shared.told((context.root or root) / "AGENTS.md"),
    ]


def _is_second(settings: Path, context: Context) -> bool:
    """Tell whether it is version 2: by what only its settings have, else by the package that the program is of."""
    try:
        found = Document(read(settings)[1])
    except (OSError, InvalidInput):
        return False
    servers = found.get("mcp", "servers")
    if (isinstance(servers, dict) and "type" not in servers) or found.get("plugins") is not None:
        return True
    if found.get("mcp") or found.get("plugin") is not None:
        return False
    return _version(context).startswith("2.")


def _version(context: Context) -> str:
    """Return the version of the package that the program on the path is of, nothing where that cannot be read."""
    program = shutil.which("opencode", path=context.environ.get("PATH"))
    for directory in list(Path(program).resolve().parents)[:3] if program else ():
        try:
            package = json.loads((directory / "package.json").read_text("utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(package, dict) and str(package.get("name", "")).startswith("opencode"):
            return str(package.get("version", ""))
    return ""


def _present(context: Context) -> bool:
    return context.config("opencode").is_dir() or shared.on_path(context, "opencode")


def _skill(context: Context) -> Path:
    return shared.skill((context.root / ".opencode" if context.root else context.config("opencode")) / "skills")


AGENT = Agent("opencode", "OpenCode", _present, _targets, skill=_skill)
