"""Where the stdio front's tool calls go: to the daemon of the home, else into the application in this process.

A call is sent again only where that can do no harm: when nothing was sent, or when repeating the operation changes
nothing more. Otherwise the client is told that the outcome is unknown, and how to find out.
"""

from __future__ import annotations

import json
import os
import sys
from threading import Lock
from typing import TYPE_CHECKING, Any

from everlore.app.long import LONG
from everlore.core.errors import EverloreError
from everlore.surfaces import daemon
from everlore.surfaces.mcp import protocol

if TYPE_CHECKING:
    from everlore.app.app import App
    from everlore.core.config import Config

Json = dict[str, Any]

SECONDS = 120.0
LONG_SECONDS = 7200.0
ONCE = frozenset({"revise", "undo"})
"""Operations that do more when they are repeated."""


class Backend:
    """Runs operations for the front's threads and returns tool results; never raises."""

    def __init__(self) -> None:
        self._home = daemon.home_directory()
        self._session = os.urandom(8).hex()
        self._lock = Lock()
        self._app: App | None = None

    def call(self, operation: str, arguments: Json, client: str) -> Json:
        """Run an operation and return its tool result, whatever happens."""
        try:
            found = None if self._app is not None else self._daemon()
            if found is not None:
                return self._ask(found, operation, arguments, client)
            return self._run(operation, arguments, client)
        except EverloreError as error:
            return protocol.failure(error.as_dict())
        except Exception as error:  # noqa: BLE001 - a thread's last line: the client must get an answer
            sys.stderr.write(f"everlore: {operation} failed: {type(error).__name__}: {error}\n")
            return protocol.failure(protocol.INTERNAL)

    def close(self) -> None:
        """Put the application away if it was opened here."""
        with self._lock:
            if self._app is not None:
                self._app.close()
                self._app = None

    def _daemon(self) -> daemon.Daemon | None:
        """Return the running daemon, or one that is started for us, or None where there may be none."""
        found = daemon.find(self._home)
        if found is None and self._config().start_daemon:
            with self._lock:
                try:
                    found = daemon.ensure(self._home)
                except OSError as error:
                    sys.stderr.write(f"everlore: working without a daemon: {error}\n")
        return found

    def _ask(self, found: daemon.Daemon, operation: str, arguments: Json, client: str) -> Json:
        seconds = LONG_SECONDS if operation in LONG else SECONDS
        body = json.dumps(arguments).encode()
        headers = {
            "Everlore-Surface": "mcp",
            "Everlore-Actor": client.encode("ascii", "replace").decode(),
            "Everlore-Session": self._session,
        }
        for again in (True, False):
            try:
                status, answer = daemon.post(found, f"/api/v1/{operation}", body, seconds, headers)
            except TimeoutError:
                return protocol.failure(_lost(f"no answer within {seconds:g} seconds"))
            except OSError as error:
                safe = isinstance(error, daemon.Unreachable) or operation not in ONCE
                other = self._daemon() if again and safe else None
                if other is not None:
                    found = other
                elif isinstance(error, daemon.Unreachable):
                    return self._run(operation, arguments, client)
                else:
                    return protocol.failure(_lost("the daemon went away before it answered"))
            else:
                value = json.loads(answer)
                return protocol.result(operation, value) if status == 200 else protocol.failure(value)
        return protocol.failure(_lost("the daemon could not be reached"))

    def _run(self, operation: str, arguments: Json, client: str) -> Json:
        import msgspec

        from everlore.app.caller import Caller
        from everlore.app.open import open_app

        with self._lock:
            if self._app is None:
                self._app = open_app(self._config())
        answer = self._app.call(operation, arguments, Caller(client, "mcp", session=self._session))
        return protocol.result(operation, msgspec.to_builtins(answer))

    def _config(self) -> Config:
        from pathlib import Path

        from everlore.core.config import load

        return load(Path(self._home))


def _lost(message: str) -> Json:
    hint = "whether it was done is not known; look with recall, get or history before repeating it"
    return {"error": message, "code": "store_unavailable", "hint": hint}
