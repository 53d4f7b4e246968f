"""Where a command runs: in the server of this home if one is alive and of our version, else in this process.

Long work on files (import, export, backup and the like) always runs here: it shows its progress, it reads paths as the
person wrote them, and stopping it is one Ctrl-C.
"""

from __future__ import annotations

import json
import os

from everlore import __version__
from everlore.app.long import LONG
from everlore.core.errors import InvalidInput, StoreUnavailable
from everlore.surfaces import daemon
from everlore.surfaces.cli.failures import from_wire

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

TIMEOUT = 120.0

_FROM_ENVIRONMENT = {"remember": "namespace", "check-duplicate": "namespace", "recall": "recipe"}
"""Settings that this command's environment may hold and the server's does not, with the operation that heeds each."""


def perform(name: str, payload: dict[str, Any], effect: str, *, timeout: float = TIMEOUT) -> bytes:
    """Run an operation and return its answer as JSON; raise `EverloreError`. A server has `timeout` seconds."""
    if name not in LONG and (server := daemon.find(daemon.home_directory())) and server.version == __version__:
        answer = _ask(server, name, payload, effect, timeout)
        if answer is not None:
            return answer
    return _run(name, payload)


def _ask(server: daemon.Daemon, name: str, payload: dict[str, Any], effect: str, timeout: float) -> bytes | None:
    """Return the server's answer, or None if it turns out not to serve us, in which case nothing was done."""
    if (setting := _FROM_ENVIRONMENT.get(name)) and (value := os.environ.get(f"EVERLORE_{setting.upper()}")):
        payload = {setting: value, **payload}
    try:
        status, body = daemon.post(
            server, f"/api/v1/{name}", encode(payload), timeout, {"Everlore-Surface": "cli", "Everlore-Actor": actor()}
        )
    except daemon.Unreachable:
        return None
    except OSError as error:
        if effect == "read":
            return None
        hint = "the change may have been made all the same: look with `lore timeline` before you repeat it"
        raise StoreUnavailable(f"the server did not answer: {error}", hint=hint) from None
    if status == 200:
        return body
    if status == 401:
        return None
    try:
        refusal = from_wire(json.loads(body))
    except (ValueError, AttributeError):
        hint = "stop it with `lore down` and try again"
        raise StoreUnavailable(f"the server answered with HTTP status {status}", hint=hint) from None
    raise refusal


def actor() -> str:
    """Return in whose name the command runs: the agent that the environment names, else a person."""
    return os.environ.get("EVERLORE_AGENT", "").strip()[:80] or "person"


def encode(payload: dict[str, Any]) -> bytes:
    """Return a request as JSON in UTF-8; raise `InvalidInput` naming the field that is not Unicode."""
    for name, value in payload.items():
        for text in value if isinstance(value, list) else [value]:
            try:
                str(text).encode("utf-8")
            except UnicodeEncodeError:
                message = f"{name}: the text is not valid UTF-8"
                raise InvalidInput(message, field=name, hint="give the text as UTF-8") from None
    return json.dumps(payload, ensure_ascii=False).encode("utf-8")


def _run(name: str, payload: dict[str, Any]) -> bytes:
    encode(payload)
    import msgspec

    from everlore.app.caller import Caller
    from everlore.app.open import open_app
    from everlore.core.config import load
    from everlore.surfaces.cli.keys import ask_if_needed
    from everlore.surfaces.cli.progress import Bars

    config = load()
    ask_if_needed(config)
    with Bars() as bars, open_app(config) as app:
        return msgspec.json.encode(app.call(name, payload, Caller(actor(), "cli", bars)))
