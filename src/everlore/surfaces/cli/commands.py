"""Commands made from their descriptions in `commands.json`, one at a time, when it is asked for."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import click

from everlore.core.errors import EverloreError, InvalidInput
from everlore.surfaces.cli import call
from everlore.surfaces.cli.terminal import stdout_page

Field = dict[str, Any]

FROM_STDIN = frozenset({"text", "query"})
_BY_TYPE = {"text": "TEXT", "integer": "N", "number": "NUMBER"}
_METAVARS = {"budget": "TOKENS", "namespace": "NAMESPACE", "out": "FILE", "data": "PATH", "tags": "TAG", "id": "ID"}
_METAVARS |= dict.fromkeys(("valid_from", "valid_until", "as_of", "since", "until"), "WHEN")


@cache
def descriptions() -> dict[str, dict[str, Any]]:
    """Return the description of every operation's command, in the order of the registry."""
    with open(os.path.join(os.path.dirname(__file__), "commands.json"), "rb") as file:  # noqa: PTH118, PTH120, PTH123
        found: dict[str, dict[str, Any]] = json.load(file)
    return found


def build(name: str) -> click.Command:
    """Return the command of an operation."""
    description = descriptions()[name]
    fields = description["fields"]
    help_text = f"{description['summary']}."
    if any(field["name"] in FROM_STDIN for field in fields):
        help_text += " A single - reads the text from standard input."
    return click.Command(
        name,
        params=[*(_parameter(field) for field in fields), json_option()],
        callback=partial(_run, name, description["effect"], fields),
        help=help_text,
    )


def json_option() -> click.Option:
    """Return the option that every command has."""
    return click.Option(["--json", "as_json"], is_flag=True, help="Print the answer as one JSON object")


def emit(text: str | bytes) -> None:
    """Write data to standard output, whole or not at all."""
    data = text.encode("utf-8", "backslashreplace") if isinstance(text, str) else text
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(data + b"\n")
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise EverloreError(f"cannot write the output: {error.strerror}") from error


def _parameter(field: Field) -> click.Parameter:
    kind = _type(field)
    if "flag" not in field:
        required = field.get("required", False)
        shown = "|".join(field["choices"]) if "choices" in field else field["name"].upper()
        metavar = shown if required else f"[{shown}]"
        return click.Argument([field["name"]], type=kind, required=required, metavar=metavar)
    if field["type"] == "flag":
        return click.Option([field["flag"], field["name"]], is_flag=True, help=field["help"])
    many = field.get("many", False)
    choices = f": {', '.join(field['choices'])}" if "choices" in field else ""
    return click.Option(
        [field["flag"], field["name"]],
        type=kind,
        multiple=many,
        metavar=_METAVARS.get(field["name"]) or _BY_TYPE.get(field["type"]) or field["flag"][2:].upper(),
        default=field.get("default"),
        show_default="default" in field,
        required=field.get("required", False),
        help=field["help"] + choices + ("; may be repeated" if many else ""),
    )


def _type(field: Field) -> click.ParamType[Any] | None:
    low, high = field.get("least"), field.get("most")
    made: dict[str, Callable[[], click.ParamType[Any]]] = {
        "choice": lambda: click.Choice(field["choices"]),
        "integer": lambda: click.IntRange(low, high),
        "number": lambda: click.FloatRange(low, high),
    }
    return made[field["type"]]() if field["type"] in made else None


def _run(name: str, effect: str, fields: list[Field], as_json: bool, **given: Any) -> int:  # noqa: ANN401 - whatever click parsed
    payload = {}
    for field in fields:
        value = given[field["name"]]
        if field["name"] in FROM_STDIN and value == "-":
            value = _read_stdin(field)
        if value is None or value is False or value == () or ("default" in field and value == field["default"]):
            continue
        payload[field["name"]] = list(value) if isinstance(value, tuple) else value
    answer = call.perform(name, payload, effect)
    if as_json:
        emit(answer)
        return _status(name, answer)
    return _print(name, answer)


def _read_stdin(field: Field) -> str:
    name, longest = field["name"], field["longest"]
    data = sys.stdin.buffer.read(4 * longest + 2)  # no character of UTF-8 is longer than four bytes
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.end < len(data) or len(data) <= 4 * longest:
            hint = "convert it first, for example with iconv"
            raise InvalidInput(f"{name}: standard input is not valid UTF-8", field=name, hint=hint) from None
        text = data.decode("utf-8", "ignore")
    text = text.removesuffix("\n").removesuffix("\r")
    if len(text) > longest:
        hint = "split it, or bring in large material with lore import"
        raise InvalidInput(f"{name}: standard input is longer than {longest:,} characters", field=name, hint=hint)
    return text


def _print(name: str, answer: bytes) -> int:
    from everlore.surfaces.cli.render import notes, render

    body = json.loads(answer)
    if text := render(name, body, stdout_page()):
        emit(text)
    if said := notes(name, body):
        click.echo(said.encode(), err=True)
    return _status(name, answer)


def _status(name: str, answer: bytes) -> int:
    """Return the exit status of an operation that succeeded in finding something wrong."""
    return int(name == "verify" and not json.loads(answer)["ok"])
