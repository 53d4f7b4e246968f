"""The server process: one per home, from taking the lock to letting it go.

Order matters. The lock comes first, so that two servers never race for one store; the socket is bound next, so that a
taken port is told before anything is opened; the address is announced last, when requests are answered. On the way out
it is the reverse, and what clients were promised is finished before the store closes.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import uvicorn

from everlore import __version__
from everlore.app.open import open_app
from everlore.core.errors import Conflict, Denied, InvalidInput, StoreBusy, StoreUnavailable
from everlore.surfaces import daemon
from everlore.surfaces.http.app import build
from everlore.surfaces.http.calls import Calls
from everlore.surfaces.http.guard import is_loopback

if TYPE_CHECKING:
    from everlore.core.config import Config

DRAIN_SECONDS = 10
"""How long requests under way may take to finish when the server is told to stop."""

HEADER_BYTES = 64 * 1024


class Server(uvicorn.Server):
    """Uvicorn, telling when it listens, and ending a served signal as an ordinary return rather than by raising it again."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to listen, then say so."""
        await super().startup(sockets)
        self._ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take SIGINT and SIGTERM as the wish to end."""
        with super().capture_signals():
            yield
            self._captured_signals.clear()


def serve(
    config: Config, host: str | None = None, port: int | None = None, token: str | None = None, quiet: bool = False
) -> None:
    """Serve the home in `config` until SIGINT or SIGTERM; port 0 takes any free one. Raise `EverloreError` if it cannot be."""
    with running(config, host, port, token) as server:
        if not quiet:
            print(f"Everlore serves {config.home} at {server.config.app_url}", file=sys.stderr, flush=True)  # noqa: T201
        server.run(sockets=server.sockets)


@contextlib.contextmanager
def running(
    config: Config, host: str | None = None, port: int | None = None, token: str | None = None
) -> Iterator[Server]:
    """Hold the home, open the application and yield a server that is ready to run; put all away afterwards."""
    host = config.host if host is None else host
    port = config.port if port is None else port
    token = config.token if token is None else token
    if not is_loopback(host) and not token:
        raise Denied(
            f"to listen on {host} a token is needed, as others can reach it",
            field="host",
            hint="set EVERLORE_TOKEN or token in config.toml, or listen on 127.0.0.1",
        )
    home = str(config.home)
    lock = _hold(home)
    try:
        listener = _bind(host, port)
    except BaseException:
        lock.release()
        raise
    try:
        yield from _serving(config, listener, host, token)
    finally:
        listener.close()
        daemon.retire(home, lock)
