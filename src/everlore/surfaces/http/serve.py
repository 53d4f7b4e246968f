"""The server process: one per home, from taking the lock to letting it go.

Order matters. The lock comes first, so that two servers never race for one store; the socket is bound next, so that a
taken port is told before anything is opened; the address is announced last, when requests are answered. On the way out
it is the reverse, and what clients were promised is finished before the store closes.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import socket
import sys
from collections.abc import Callable, Iterator
from threading import Event
from typing import TYPE_CHECKING, Any

import uvicorn

from everlore import __version__
from everlore.app.open import open_app
from everlore.core.errors import Conflict, Denied, InvalidInput, StoreBusy, StoreUnavailable
from everlore.surfaces import daemon, log
from everlore.surfaces.http.app import build
from everlore.surfaces.http.calls import Calls
from everlore.surfaces.http.guard import Door, is_loopback
from everlore.surfaces.http.places import check_base, named_origins
from everlore.surfaces.http.protocol import Http
from everlore.surfaces.http.tokens import Tokens

if TYPE_CHECKING:
    from everlore.core.config import Config

DRAIN_SECONDS = 5
LAST_SECONDS = 3
"""How long requests under way may take to finish when the server is told to stop, and then the threads behind them."""


def serve(
    config: Config, host: str | None = None, port: int | None = None, token: str | None = None, quiet: bool = False
) -> None:
    """Serve the home in `config` until SIGINT or SIGTERM; raise `EverloreError` if that cannot be. Port 0 is any free.

    `quiet` is for a server that one of our own processes starts, or the system: it writes to its log what it would print,
    and since its address is read from `daemon.json`, it takes any free port if another program has the configured one.
    """
    with running(config, host, port, token, any_port=quiet and port is None) as server:
        if quiet:
            log.begin(config.home)
        else:
            sys.stderr.write(
                f"Everlore serves {config.home} at {server.url}{config.base_path}/ (MCP at {server.url}{config.base_path}/mcp)\n"
            )
        log.log.info("%s: version %s, process %s, %s", log.STARTED, __version__, os.getpid(), server.url)
        server.run(sockets=[server.listener])
        log.log.info("%s: process %s", log.ENDS, os.getpid())


class Server(uvicorn.Server):
    """Uvicorn on a bound socket; a signal that ends it is not raised again, so that what comes after still runs."""

    def __init__(
        self,
        config: uvicorn.Config,
        listener: socket.socket,
        ready: Callable[[], None],
        end: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(config)
        self.listener = listener
        self.listening = Event()
        self._ready = ready
        self._end = end

    @property
    def url(self) -> str:
        """The address to print for a person."""
        host, port = self.listener.getsockname()[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to listen, then say so."""
        await super().startup(sockets)
        self._ready()
        self.listening.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End what would never end by itself, then wait for the rest."""
        self._end()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take SIGINT and SIGTERM as the wish to end."""
        with super().capture_signals():
            yield
            self._captured_signals.clear()


@contextlib.contextmanager
def running(
    config: Config,
    host: str | None = None,
    port: int | None = None,
    token: str | None = None,
    *,
    any_port: bool = False,
) -> Iterator[Server]:
    """Hold the home, open the application and yield a server that is ready to run; put all away afterwards."""
    host = config.host if host is None else host
    port = config.port if port is None else port
    token = config.token if token is None else token
    door = _door(config, host, port, token)
    home = str(config.home)
    lock = _hold(home)
    try:
        with bind(host, port, any_port) as listener, open_app(config, worker=True) as app:
            calls = Calls(app)
            bound = listener.getsockname()[1]
            asgi = build(app, calls, door)
            yield Server(
                uvicorn.Config(asgi, **UVICORN),
                listener,
                lambda: daemon.announce(home, host, bound, door.token, __version__),
                asgi.state.events.close,
            )
            if not calls.close(LAST_SECONDS):
                # A long operation still runs in a thread that cannot be stopped. It has promised nothing yet, and the
                # store survives an abrupt end, so end.
                daemon.retire(home, lock)
                os._exit(0)
    finally:
        daemon.retire(home, lock)


def _door(config: Config, host: str, port: int, token: str) -> Door:
    """Return who is let in. Where a token is asked and none is set, our own clients get one for this run from `daemon.json`."""
    if not 0 <= port <= 65535:
        raise InvalidInput(
            f"port: {port} is not a port", field="port", hint="give one from 1 to 65535, or 0 for any free one"
        )
    if not token.isascii() or not token.isprintable() or " " in token:
        raise InvalidInput("token: only printable ASCII without spaces fits a header", field="token")
    check_base(config)
    tokens = Tokens(config.home)
    if not is_loopback(host) and not token and not tokens.all():
        raise Denied(
            f"listening on {host} would let others read and change the memory, so it needs a token",
            field="token",
            hint="make one with `lore token create NAME`, set token in config.toml or EVERLORE_TOKEN, or listen on 127.0.0.1",
        )
    asks = bool(token) or not is_loopback(host) or config.require_token
    if asks and not token:
        token = secrets.token_urlsafe(32)
    return Door(host, token, tokens, asks, named_origins(config))


def _hold(home: str) -> daemon.Lock:
    try:
        lock = daemon.hold(home)
    except OSError as error:
        hint = "check that it is a directory you may write to, or set EVERLORE_HOME"
        raise StoreUnavailable(f"{home} cannot be used: {error.strerror}", hint=hint) from error
    if lock is None:
        other = daemon.find(home)
        where = f" (process {other.pid}, {other.url})" if other else ""
        raise StoreBusy(f"{home} already has a server{where}", hint="use that one, or stop it first")
    return lock


def bind(host: str, port: int, any_port: bool) -> socket.socket:
    """Return a socket that listens; raise `Conflict` if the port is taken, `InvalidInput` for a host not ours."""
    listener = None
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        if os.name == "posix":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(128)
    except OSError as error:
        if listener is not None:
            listener.close()
        if error.errno != errno.EADDRINUSE:
            message = f"host: cannot listen on {host} port {port}: {error.strerror}"
            raise InvalidInput(
                message, field="host", hint="give an address of this machine, such as 127.0.0.1"
            ) from error
        if any_port:
            return bind(host, 0, any_port=False)
        hint = "choose another with --port, or 0 for any free one"
        raise Conflict(f"port {port} on {host} is taken by another program", field="port", hint=hint) from error
    return listener


UVICORN: dict[str, Any] = {
    "loop": "asyncio",
    "http": Http,
    "ws": "none",
    "lifespan": "on",
    "log_config": None,
    "access_log": False,
    "proxy_headers": False,
    "server_header": False,
    "timeout_keep_alive": 30,
    "timeout_graceful_shutdown": DRAIN_SECONDS,
    "h11_max_incomplete_event_size": 256 * 1024,
}
