"""From the commands that are no operations to `commands.json`, so that a completion need not load what parses them.

It is written by `python tools/docs.py`, as `commands.json` of the command line is for operations; a test holds it equal.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from everlore.surfaces.cli.group import EXTRA, lore

FILE = Path(__file__).with_name("commands.json")


def described() -> str:
    """Return what the file has to say."""
    root = click.Context(lore)
    found = {}
    for name, (_, summary) in EXTRA.items():
        command = lore.get_command(root, name)
        assert command is not None
        found[name] = _command(command, summary)
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"


def _command(command: click.Command, summary: str) -> dict[str, Any]:
    if not isinstance(command, click.Group):
        return {"summary": summary, "fields": [_field(each) for each in command.params]}
    context, inner = click.Context(command), {}
    for name in command.list_commands(context):
        each = command.get_command(context, name)
        assert each is not None
        inner[name] = _command(each, each.get_short_help_str(80))
    return {"summary": summary, "commands": inner}


def _field(parameter: click.Parameter) -> dict[str, Any]:
    field: dict[str, Any] = {"name": parameter.name, "type": "text", "help": getattr(parameter, "help", None) or ""}
    if isinstance(parameter, click.Option):
        field["flag"] = max(parameter.opts, key=len)
        field["type"] = "flag" if parameter.is_flag else "text"
    if parameter.nargs == -1 or parameter.multiple:
        field["many"] = True
    if isinstance(parameter.type, click.Choice):
        field["choices"] = list(parameter.type.choices)
    return field


def main() -> None:
    """Write the file anew."""
    FILE.write_text(described(), "utf-8")


if __name__ == "__main__":
    main()
