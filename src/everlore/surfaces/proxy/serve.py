"""The process of the proxy: a store, a recorder and a socket on loopback, from start to end.

It always listens on this machine alone: whoever reaches it is told what is remembered. It takes no lock on the home, as the
home's server does: both may run on one store.
"""

from __future__ import annotations

import contextlib
import gc
import logging
import sys
from collections.abc import Iterator
from threading import Thread
from typing import TYPE_CHECKING

import uvicorn

from everlore.app.open import open_app
from everlore.core.errors import InvalidInput
from everlore.core.urls import LOCAL
from everlore.surfaces import daemon
from everlore.surfaces.http.serve import UVICORN, Server, bind
from everlore.surfaces.proxy.memory import Memory
from everlore.surfaces.proxy.recording import Recorder
from everlore.surfaces.proxy.relay import build
from everlore.surfaces.proxy.upstreams import Upstreams

if TYPE_CHECKING:
    from everlore.core.config import Config

HOST = "127.0.0.1"
WARM_SECONDS = 10.0
LAST_SECONDS = 10.0
"""How long memory may take to be ready before requests are taken, and what waits to be written at the end."""
_SWITCH = 0.0005
"""Seconds after which a thread lets others run, so that a request does not wait 5 ms for each step behind what is being written."""


def serve(config: Config, port: int | None = None, upstream: str | None = None) -> None:
    """Relay until SIGINT or SIGTERM; raise `EverloreError` if that cannot be. Port 0 is any free."""
    with running(config, port, upstream) as server:
        sys.setswitchinterval(_SWITCH)
        gc.collect()
        gc.freeze()  # what was loaded stays loaded; no request is to wait while it is looked through
        _log_to_stderr()
        sys.stderr.write(f"Everlore relays {server.url} to {server.upstreams}; memory is {config.home}\n")
        sys.stderr.flush()
        server.run(sockets=[server.listener])


class Proxy(Server):
    """The server of the proxy, with its parts for whoever looks after it."""

    upstreams: str
    memory: Memory
    recorder: Recorder


@contextlib.contextmanager
def running(config: Config, port: int | None = None, upstream: str | None = None) -> Iterator[Proxy]:
    """Open everything and yield a server that is ready to run; write what waits and put all away afterwards."""
    port = config.proxy_port if port is None else port
    if not 0 <= port <= 65535:
        raise InvalidInput(f"port: {port} is not a port", field="port", hint="give one from 1 to 65535, or 0 for any")
    upstreams = Upstreams(config, upstream or "")
    with bind(HOST, port, any_port=False) as listener, open_app(config) as app:
        if config.start_daemon:
            Thread(target=_ensure, args=(str(config.home),), name="everlore-start", daemon=True).start()
        memory = Memory(app, config.proxy_wait_ms / 1000, config.proxy_namespace)
        recorder = Recorder(memory)
        try:
            warm = Thread(target=memory.warm, name="everlore-warm", daemon=True)
            warm.start()
            warm.join(WARM_SECONDS)
            asgi = build(memory, recorder, upstreams, LOCAL[config.outbound_local], host=HOST)
            server = Proxy(uvicorn.Config(asgi, **{**UVICORN, "date_header": False}), listener, lambda: None)
            server.upstreams = ", ".join(f"{each.scheme}://{each.netloc}{each.base}" for each in upstreams.all)
            server.memory, server.recorder = memory, recorder
            yield server
        finally:
            recorder.close(LAST_SECONDS)
            memory.close()


def _ensure(home: str) -> None:
    """Have the home's server run, which does in the background what the proxy leaves to it: embed, mirror, refine."""
    with contextlib.suppress(OSError):
        _ = daemon.find(home) or daemon.ensure(home)


def _log_to_stderr() -> None:
    """Print warnings of ours; a client that was cut off by its upstream is told so once, by us."""
    logging.getLogger("asyncio").setLevel(logging.ERROR)  # it would tell of each client that has gone
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(levelname)s: %(message)s"))
    logging.getLogger("everlore").addHandler(handler)
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
