"""From the registry to `commands.json`, the description of every command from which the parser is built.

To read the registry takes msgspec and every request type, which is half the time that a whole command may take where a
server runs. So the description is written ahead, by `python -m everlore.surfaces.cli.projection`, and a test holds it
equal to the registry.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from everlore.app.operations import OPERATIONS, Operation
from everlore.app.schema import parameters

FILE = Path(__file__).with_name("commands.json")

_FLAGS = {"tags": "--tag", "kinds": "--kind", "pinned": "--pin", "unpinned": "--unpin", "aliases": "--alias"}
_TYPES = {"integer": "integer", "number": "number", "boolean": "flag"}
_BOUNDS = {"minimum": "least", "maximum": "most", "maxLength": "longest"}


def commands() -> dict[str, dict[str, Any]]:
    """Return every operation as a command: its summary, its effect and its fields in the order of the request."""
    return {operation.name: command(operation) for operation in OPERATIONS}


def command(operation: Operation) -> dict[str, Any]:
    """Return one operation as a command."""
    hints = get_type_hints(operation.request, include_extras=True)
    fields = [
        _field(operation, given, _literals(hints[given["name"]]))
        for given in parameters(operation.request)
        if given["schema"].get("type") != "object"  # what no command line spells
    ]
    order = {name: place for place, name in enumerate(operation.positional)}
    fields.sort(key=lambda field: order.get(field["name"], len(order)))
    return {"summary": operation.summary, "effect": operation.effect, "fields": fields}


def _field(operation: Operation, parameter: dict[str, Any], choices: list[str]) -> dict[str, Any]:
    name, schema = parameter["name"], parameter["schema"]
    field: dict[str, Any] = {"name": name, "help": parameter["description"], "type": "text"}
    if name not in operation.positional:
        field["flag"] = _FLAGS.get(name, "--" + name.replace("_", "-"))
    if parameter["required"]:
        field["required"] = True
    if schema.get("type") == "array":
        field["many"] = True
        schema = {**schema["items"], "default": None}
    if choices:
        field["type"], field["choices"] = "choice", choices
    else:
        field["type"] = _TYPES.get(schema["type"], "text")
    if schema.get("default") not in (None, False):
        field["default"] = schema["default"]
    return field | {ours: schema[theirs] for theirs, ours in _BOUNDS.items() if theirs in schema}


def _literals(hint: Any) -> list[str]:  # noqa: ANN401 - any type
    """Return the choices that a type leaves in the order in which it names them; JSON Schema has them by alphabet."""
    if get_origin(hint) is Literal:
        return list(get_args(hint))
    return [value for inner in get_args(hint) if not isinstance(inner, str) for value in _literals(inner)]


def main() -> None:
    """Write the file anew."""
    FILE.write_text(json.dumps(commands(), indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
