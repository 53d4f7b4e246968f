"""A real server on loopback in a thread of the test's process, and a plain HTTP client for it."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import Any

from everlore.core.config import load
from everlore.surfaces.http.serve import Server, running

TYPE = {"Content-Type": "application/json"}


@contextmanager
def serving(home: Path, **settings: Any) -> Iterator[Server]:
    """Serve a home on a free port until the block ends."""
    config = replace(load(home, environ={}), **{"port": 0, **settings})
    with running(config) as server:
        thread = Thread(target=server.run, kwargs={"sockets": [server.listener]})
        thread.start()
        try:
            assert server.listening.wait(20), "the server did not come up"
            yield server
        finally:
            server.should_exit = True
            thread.join()


def ask(
    server: Server, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
) -> tuple[int, http.client.HTTPMessage, bytes]:
    """Send one request on a connection of its own."""
    host, port = server.listener.getsockname()[:2]
    connection = http.client.HTTPConnection(host, port, timeout=30)
    try:
        connection.request(method, path, body, dict(headers or {}))
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def post(server: Server, operation: str, request: Any, headers: Mapping[str, str] | None = None) -> tuple[int, Any]:
    """Run an operation over REST and return the status and the JSON."""
    status, _, answer = ask(
        server, "POST", f"/api/v1/{operation}", json.dumps(request).encode(), {**TYPE, **(headers or {})}
    )
    return status, json.loads(answer)
