"""The tool list, made from the registry: names, descriptions, input schemas and what each tool really does.

`document` is what `tools.json` holds, from which the stdio front answers without importing anything of ours.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from everlore.app.operations import OPERATIONS, Operation
from everlore.app.schema import flat, inlined
from everlore.surfaces.mcp.protocol import PROFILES

Json = dict[str, Any]

FILE = Path(__file__).with_name("tools.json")

_ADVICE = {
    "remember": "Use it whenever a decision, fix, convention, preference or fact is settled. Never store secrets.",
    "recall": "Use it before answering about past work and before starting a task.",
}


def tool_name(operation: Operation) -> str:
    """Return the name of the tool for `operation`."""
    return operation.name.replace("-", "_")


def instructions() -> str:
    """Return the text that tells a model when to use which tool."""
    return Path(__file__).with_name("instructions.txt").read_text("utf-8").strip()


def tools(profile: str = "default") -> list[Json]:
    """Return the tools of a profile, as `tools/list` answers them; the full one also says what tools answer."""
    return [
        _tool(operation, full=profile == "full") for operation in OPERATIONS if operation.default or profile == "full"
    ]


def document() -> str:
    """Return what `tools.json` holds, one tool a line."""
    profiles = [f'"{profile}": [\n{_lines(tools(profile))}\n]' for profile in PROFILES]
    return ",\n".join([f'{{"instructions": {json.dumps(instructions())}', *profiles]) + "}\n"


def hints(operation: Operation) -> Json:
    """Return the hints about an operation's effect; only `destroy` destroys, as all else can be had back."""
    if operation.effect == "read" and not operation.writes_file:
        return {"readOnlyHint": True, "openWorldHint": operation.outside}
    return {
        "readOnlyHint": False,
        "destructiveHint": operation.effect == "destroy",
        "idempotentHint": operation.idempotent,
        "openWorldHint": operation.outside,
    }


def _lines(tools: list[Json]) -> str:
    return ",\n".join(json.dumps(tool, separators=(",", ":")) for tool in tools)


def _tool(operation: Operation, *, full: bool) -> Json:
    described = ". ".join(filter(None, [operation.summary, _ADVICE.get(operation.name)]))
    tool = {"name": tool_name(operation), "description": described, "inputSchema": flat(operation.request, full=full)}
    if full:
        tool["outputSchema"] = inlined(operation.answer)
    return {**tool, "annotations": hints(operation)}


if __name__ == "__main__":
    FILE.write_text(document(), "utf-8")
