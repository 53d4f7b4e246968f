"""How every run of `lore` begins and ends.

What is plain is parsed by `express`; the rest, and all help and complaint, is click's. Whatever goes wrong ends as one
of our errors and an exit status; Ctrl-C and a reader that has gone end quietly.
"""

from __future__ import annotations

import os
import sys

from everlore.core.errors import EverloreError
from everlore.surfaces.cli import express, operation
from everlore.surfaces.cli.failures import INTERRUPTED, PIPE_CLOSED, exit_status, show

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import TextIO


def run(arguments: list[str]) -> int:
    """Run the command that `arguments` spell and return the exit status."""
    as_json = "--json" in (arguments[: arguments.index("--")] if "--" in arguments else arguments)
    try:
        return _invoke(arguments)
    except KeyboardInterrupt:
        return INTERRUPTED
    except EverloreError as error:
        problem = error
    except BrokenPipeError:
        return PIPE_CLOSED
    except Exception as error:  # noqa: BLE001 - the boundary: a person gets a sentence, not a stack
        problem = _unexpected(error)
    finally:
        _settle(sys.stdout)
    try:
        show(problem, as_json=as_json)
    except OSError:  # nobody is left to tell
        _settle(sys.stderr)
    return exit_status(problem)


def _invoke(arguments: list[str]) -> int:
    descriptions = operation.descriptions()
    arguments = _joined(arguments, descriptions)
    if (plain := express.parse(arguments, descriptions)) is not None:
        name, given, as_json = plain
        return operation.run(name, descriptions[name], given, as_json=as_json)
    from everlore.surfaces.cli.group import invoke

    return invoke(arguments)


def _joined(arguments: list[str], descriptions: Collection[str]) -> list[str]:
    """Return the arguments with a command of two words (`handoff list`) as the operation that it names."""
    if len(arguments) < 2:
        return arguments
    if f"{arguments[0]}-{arguments[1]}" in descriptions:
        return [f"{arguments[0]}-{arguments[1]}", *arguments[2:]]
    short = _SHORT.get((arguments[0], arguments[1]))
    return [short, *arguments[2:]] if short else arguments


_SHORT = {
    ("handoff", "show"): "handoff",
    ("review", "list"): "review",
    ("policy", "show"): "policy",
    ("agent", "list"): "agents",
    ("namespace", "list"): "namespaces",
}
"""Commands of two words whose operation has a name of one."""


def _unexpected(error: Exception) -> EverloreError:
    """Return an error that we did not foresee, with the place where it happened if that was asked for."""
    if os.environ.get("EVERLORE_DEBUG"):
        import traceback

        traceback.print_exception(error)
    return EverloreError(
        f"unexpected {type(error).__name__}: {error}",
        hint="this is a defect; EVERLORE_DEBUG=1 shows where it happened, please report it",
    )


def _settle(stream: TextIO) -> None:
    """Write out what is buffered, or drop it where nobody reads: the interpreter would complain of it at its end."""
    try:
        stream.flush()
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
