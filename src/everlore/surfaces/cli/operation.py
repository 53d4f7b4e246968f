"""One operation, from what was typed to what is printed. Loaded for every command, so it imports next to nothing."""

from __future__ import annotations

import json
import os
import sys

from everlore.core.errors import InvalidInput
from everlore.surfaces.cli import call
from everlore.surfaces.cli.terminal import Page, emit, tell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    Field = dict[str, Any]

FROM_STDIN = frozenset({"text", "query", "prompt", "response"})
"""The fields for which a single - means standard input."""


def descriptions() -> dict[str, dict[str, Any]]:
    """Return the description of every operation's command, in the order of the registry."""
    with open(os.path.join(os.path.dirname(__file__), "commands.json"), "rb") as file:  # noqa: PTH118, PTH120, PTH123
        found: dict[str, dict[str, Any]] = json.loads(file.read())
    return found


def run(name: str, description: Mapping[str, Any], given: Mapping[str, Any], *, as_json: bool) -> int:
    """Run an operation on the values `given` for its fields, print its answer and return the exit status."""
    answer = call.perform(name, request(description["fields"], given), description["effect"])
    if as_json:
        emit(answer)
        return _status(name, answer)
    from everlore.surfaces.cli.render import notes, render

    body = json.loads(answer)
    if text := render(name, body, Page.of(sys.stdout)):
        emit(text)
    if said := notes(name, body):
        tell(said)
    return _status(name, answer)


def request(fields: list[Field], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the request that the values spell: without those that were left out or are the default anyway."""
    payload: dict[str, Any] = {}
    for field in fields:
        value = given[field["name"]]
        if field["name"] in FROM_STDIN and value == "-":
            value = read_stdin(field["name"], field["longest"])
        if value is None or value is False or value == () or ("default" in field and value == field["default"]):
            continue
        payload[field["name"]] = list(value) if isinstance(value, tuple) else value
    if "namespace" not in payload and "cwd" not in payload and any(field["name"] == "cwd" for field in fields):
        payload |= here()
    return payload


def here() -> dict[str, str]:
    """Return the working directory, whose project counts where no namespace is named."""
    try:
        return {"cwd": os.getcwd()}  # noqa: PTH109 - pathlib is not loaded here
    except OSError:
        return {}


def read_stdin(name: str, longest: int) -> str:
    """Return standard input as the text of the field `name`; raise `InvalidInput` where it is longer or no UTF-8."""
    data, most = b"", 4 * longest + 2  # no character of UTF-8 is longer than four bytes
    stdin = sys.stdin.buffer
    while len(data) < most and (piece := stdin.read1(min(most - len(data), 1 << 16))):  # type: ignore[union-attr]
        data += piece  # piece by piece, so that Ctrl-C is noticed in between
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.end < len(data) or len(data) <= 4 * longest:
            hint = "convert it first, for example with iconv"
            raise InvalidInput(f"{name}: standard input is not valid UTF-8", field=name, hint=hint) from None
        text = data.decode("utf-8", "ignore")
    text = text.removesuffix("\n").removesuffix("\r")
    if len(text) > longest:
        hint = "split it, or bring in large material with `lore import`"
        raise InvalidInput(f"{name}: standard input is longer than {longest:,} characters", field=name, hint=hint)
    return text


def _status(name: str, answer: bytes) -> int:
    """Return the exit status of an operation that succeeded in finding something wrong."""
    return int(name == "verify" and not json.loads(answer)["ok"])
