"""What the wiring of most clients has in common."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from everlore.surfaces.agents.edits import Block, Edit, Hooks, Server
from everlore.surfaces.agents.wiring import SKILL, Context, Target, instructions

NAME = "everlore"


def on_path(context: Context, *programs: str) -> bool:
    """Tell whether one of some programs is to be found."""
    return any(shutil.which(program, path=context.environ.get("PATH")) for program in programs)


def told(path: Path) -> Target:
    """Return the block of instructions in a file."""
    return Target(path, (Block(instructions()),), "instructions")


def skill(directory: Path) -> Path:
    """Return where our skill lies below a directory of skills."""
    return directory / SKILL / "SKILL.md"


def server(context: Context, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    """Return how a client starts our MCP server."""
    return {"command": context.lore[0], "args": [*context.lore[1:], "mcp"], **more}


def mcp(path: Path, value: Mapping[str, Any], *keys: str) -> Target:
    """Return the entry of our MCP server in a JSON file."""
    return Target(path, (Server((*(keys or ("mcpServers",)), NAME), value),), "mcp")


def nested(
    context: Context,
    client: str,
    events: Mapping[str, tuple[str | None, int]],
    **more: Any,  # noqa: ANN401
) -> Hooks:
    """Return hooks in the shape that Claude Code brought up: event to groups of matcher and handlers.

    An event has its matcher and its longest time in the client's unit.
    """
    return Hooks(("hooks",), client, groups(context, client, events, **more))


def groups(
    context: Context,
    client: str,
    events: Mapping[str, tuple[str | None, int]],
    **more: Any,  # noqa: ANN401
) -> dict[str, Any]:
    """Return the group of hooks for each event."""
    found = {}
    for event, (matcher, timeout) in events.items():
        handler = {"type": "command", "command": f"{context.line} hook {client} {event}", "timeout": timeout, **more}
        group: dict[str, Any] = {"matcher": matcher} if matcher is not None else {}
        found[event] = {**group, "hooks": [handler]}
    return found


def hooks(path: Path, *edits: Edit) -> Target:
    """Return hooks in a file."""
    return Target(path, edits, "hooks")


def plugin(context: Context, name: str) -> str:
    """Return a plugin that ships with us, with the command that runs `lore` filled in."""
    text = (Path(__file__).parent / "plugins" / name).read_text("utf-8")
    return text.replace('const LORE = ["lore"]', f"const LORE = {json.dumps(list(context.lore))}")
