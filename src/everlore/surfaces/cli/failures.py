"""Errors on a terminal: `error: ...`, then `hint: ...`, on standard error, and one table from code to exit status.

With `--json` the error is one JSON object on standard error, so that standard output holds an answer or nothing.
"""

from __future__ import annotations

import sys

from everlore.core.errors import AwaitingApproval, EverloreError
from everlore.surfaces.cli.terminal import clean, colour_on, tell

EXIT = {
    "error": 1,
    "invalid_input": 2,
    "not_found": 3,
    "conflict": 4,
    "denied": 5,
    "awaiting_approval": 8,
    "store_busy": 6,
    "store_unavailable": 6,
    "store_full": 6,
    "store_corrupt": 6,
    "wrong_key": 6,
    "newer_schema": 6,
    "model_unavailable": 7,
    "model_failed": 7,
    "budget_spent": 7,
}
INTERRUPTED = 130
PIPE_CLOSED = 141
"""What a shell reports for a process that SIGINT or SIGPIPE ended."""


def exit_status(error: EverloreError) -> int:
    """Return the exit status for an error; 1 for a code that this version does not know."""
    return EXIT.get(error.code, 1)


def show(error: EverloreError, *, as_json: bool) -> None:
    """Print an error to standard error."""
    if as_json:
        import json

        lines = [json.dumps(error.as_dict(), ensure_ascii=False)]
    else:
        red, cyan, plain = ("\x1b[1;31m", "\x1b[36m", "\x1b[0m") if colour_on(sys.stderr) else ("", "", "")
        word = "waits:" if isinstance(error, AwaitingApproval) else "error:"
        lines = [f"{red}{word}{plain} {clean(error.message)}"]
        if error.hint:
            lines.append(f"{cyan}hint:{plain} {clean(error.hint)}")
    tell("\n".join(lines))


def from_wire(body: dict[str, str]) -> EverloreError:
    """Return the error that `EverloreError.as_dict` spelled on the other side."""
    said, hint = body.get("error", "unknown error"), body.get("hint", "")
    if "proposal" in body:
        return AwaitingApproval(said, proposal=body["proposal"], hint=hint)
    error = EverloreError(said, hint=hint, field=body.get("field", ""))
    error.code = body.get("code", "error")
    return error
