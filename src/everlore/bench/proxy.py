"""How much later a client gets the first byte of an answer through `lore proxy` than straight from the same upstream.

The proxy is a process of its own on a store of so many memories, the upstream streams an answer from this one, and the
client keeps one connection to each. The same request goes both ways in turn, so that what else the machine does hits both;
the overhead is that of each pair. Every request is the first of a conversation of its own and asks something else, every
second one about a memory in words of it. What came back is compared byte for byte, and what the upstream got tells whether
memory took part. `memory` is that part of the time in which the proxy waited for recall.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import IO, TYPE_CHECKING, Any

from everlore.bench import machine, scores, workload
from everlore.bench.homes import open_store, temporary_home
from everlore.bench.speed import write_memories
from everlore.core.errors import StoreUnavailable

if TYPE_CHECKING:
    from everlore.app import requests
    from everlore.app.app import App
    from everlore.app.caller import Caller
    from everlore.core.config import Config

ROUNDS = 300
WARM = 10
_PAUSE = 0.1
"""Seconds between requests, in which the last exchange is written: no model answers as fast as the one here."""
_PATH = "/v1/chat/completions"
_ADDRESS = re.compile(r"relays http://127\.0\.0\.1:([0-9]+) ")


def measure(app: App, caller: Caller, request: requests.Bench) -> dict[str, Any]:
    """Build a store of `request.size` memories and measure requests through a proxy on it; return the report."""
    rounds = request.questions or ROUNDS
    with temporary_home(app, model=request.model) as config:
        caller.progress("writing", 0, 0)
        asked = prompts(config, request.size, 2 * rounds + WARM)
        caller.progress("relaying", 0, 0)
        return measured(config, asked) | {"size": request.size, "model": request.model, "machine": machine.describe()}


def prompts(config: Config, size: int, number: int) -> list[str]:
    """Write so many memories and return prompts: questions, and in turn with them words of memories."""
    known = list[str]()
    with open_store(config) as app:
        for batch in write_memories(app, size):
            known += [text for _, path, text in batch if path == workload.PROJECTS[0]]
        app.store.optimize()
    step = max(1, len(known) // number)
    about = [f"Tell me what we know about {' '.join(text.split()[:8])}" for text in known[::step]]
    asked = workload.questions(number)
    return [about[place // 2 % len(about)] if place % 2 else text for place, text in enumerate(asked)]


def measured(config: Config, asked: Sequence[str]) -> dict[str, Any]:
    """Measure a home: the first half of the prompts with memory, the rest with the header that switches it off."""
    rounds = (len(asked) - WARM) // 2
    with _upstream() as upstream, _proxy(config, upstream.url) as port:
        pair = _Pair(upstream, port)
        for prompt in asked[:WARM]:
            pair.ask(prompt)
        pair.forget()
        for prompt in asked[WARM : WARM + rounds]:
            pair.ask(prompt)
        report = pair.report()
        pair.forget()
        for prompt in asked[WARM + rounds :]:
            pair.ask(prompt, {"Everlore-Memory": "off"})
        pair.close()
    return report | {"memory": _asked(config, rounds), "memory off": pair.report()}


def _asked(config: Config, rounds: int) -> dict[str, float]:
    """Return the milliseconds that those requests waited for memory, as the proxy itself has noted them in the ledger."""
    with open_store(config) as app, app.read() as unit:
        rows = unit.rows("ledger_waited", surface="proxy", skip=WARM, limit=rounds)
    return scores.spread([milliseconds for (milliseconds,) in rows])


class _Upstream(ThreadingHTTPServer):
    """A model that streams the same answer to everybody, and keeps the last body it was sent."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Model)
        self.last = b""

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.server_port}"


class _Model(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    server: _Upstream

    def do_POST(self) -> None:
        """Answer."""
        self.server.last = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for event in _EVENTS:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(event), event))
            self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _event(**choice: object) -> bytes:
    return f"data: {json.dumps({'model': 'script', 'choices': [{'index': 0, **choice}]})}\n\n".encode()


_EVENTS = (
    *(_event(delta={"content": f"word {number} "}) for number in range(40)),
    _event(delta={}, finish_reason="stop"),
    b"data: [DONE]\n\n",
)


class _Pair:
    """One client's two connections: to the upstream and to the proxy."""

    def __init__(self, upstream: _Upstream, port: int) -> None:
        self._upstream = upstream
        self._direct = http.client.HTTPConnection("127.0.0.1", upstream.server_port, timeout=60)
        self._proxied = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.forget()

    def forget(self) -> None:
        """Begin to measure."""
        self._times: list[tuple[float, float]] = []
        self._told = self._different = 0

    def ask(self, prompt: str, headers: Mapping[str, str] | None = None) -> None:
        """Send one request both ways, first one way and then the other by turns."""
        body = json.dumps(
            {"model": "script", "stream": True, "messages": [{"role": "user", "content": prompt}]}
        ).encode()
        more = {"Content-Type": "application/json", "Everlore-Project": workload.PROJECTS[0], **(headers or {})}
        ways = [self._direct, self._proxied]
        if len(self._times) % 2:
            ways.reverse()
        took = {}
        for way in ways:
            time.sleep(_PAUSE)
            took[way] = _timed(way, body, more)
            if way is self._proxied:
                self._told += self._upstream.last != body
        self._times.append((took[self._direct][0], took[self._proxied][0]))
        self._different += took[self._direct][1] != took[self._proxied][1]

    def report(self) -> dict[str, Any]:
        """Return milliseconds to the first byte both ways and between them, and how many requests memory took part in."""
        return {
            "direct": scores.spread([direct for direct, _ in self._times]),
            "proxied": scores.spread([proxied for _, proxied in self._times]),
            "overhead": scores.spread([proxied - direct for direct, proxied in self._times]),
            "told": self._told,
            "different": self._different,
        }

    def close(self) -> None:
        """Close both connections."""
        self._direct.close()
        self._proxied.close()


def _timed(connection: http.client.HTTPConnection, body: bytes, headers: Mapping[str, str]) -> tuple[float, bytes]:
    """Return the milliseconds to the first byte of an answer's body, and the whole body."""
    started = time.perf_counter()
    connection.request("POST", _PATH, body, dict(headers))
    answer = connection.getresponse()
    first = answer.read(1)
    took = (time.perf_counter() - started) * 1000
    return took, first + answer.read()


@contextmanager
def _upstream() -> Iterator[_Upstream]:
    with _Upstream() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def _proxy(config: Config, upstream: str) -> Iterator[int]:
    """Run `lore proxy` until the block ends and yield its port; raise `StoreUnavailable` with its words if it does not come up."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("EVERLORE_")}
    environment |= {"EVERLORE_HOME": str(config.home), "EVERLORE_MODEL": config.model, "EVERLORE_START_DAEMON": "0"}
    with subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-P", "-m", "everlore", "proxy", "--port", "0", "--upstream", upstream],
        env=environment, cwd=config.home, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        said: IO[str] = process.stderr  # type: ignore[assignment]
        try:
            line = said.readline()
            found = _ADDRESS.search(line)
            if found is None:
                raise StoreUnavailable("the proxy did not come up", hint=line.strip()[-300:])
            threading.Thread(target=said.read, daemon=True).start()
            yield int(found[1])
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
