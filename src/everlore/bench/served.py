"""A real `lore serve` in a process of its own, on a free loopback port, and a client that keeps its connection open."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from everlore.bench import machine
from everlore.core.config import Config
from everlore.core.errors import StoreUnavailable

_PATIENCE = 60.0
_PAUSE = 0.02


class Served:
    """A running server."""

    def __init__(self, pid: int, environment: dict[str, str], address: dict[str, Any]) -> None:
        self.pid = pid
        self._environment = environment
        self._token = str(address.get("token") or "")
        self.host, self.port = str(address["host"]), int(address["port"])
        self._connection = http.client.HTTPConnection(self.host, self.port, timeout=120)

    def call(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """Run an operation over REST; raise `StoreUnavailable` unless it answers with 200."""
        return self._ask("POST", f"/api/v1/{operation}", json.dumps(request).encode())

    def health(self) -> dict[str, Any]:
        """Ask for the least the server can answer."""
        return self._ask("GET", "/health", None)

    def memory(self) -> dict[str, float]:
        """Return the memory of the server in MB."""
        return machine.resident_mb(self.pid)

    def command(self, *arguments: str) -> None:
        """Run `lore` with some arguments in a process of its own, to its end."""
        self._run("-m", "everlore", *arguments)

    def nothing(self) -> None:
        """Run an interpreter that does nothing."""
        self._run("-c", "pass")

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _run(self, *arguments: str) -> None:
        nowhere = subprocess.DEVNULL
        command = [sys.executable, *arguments]
        subprocess.run(command, env=self._environment, stdin=nowhere, stdout=nowhere, stderr=nowhere, check=True)  # noqa: S603

    def _ask(self, method: str, path: str, body: bytes | None) -> dict[str, Any]:
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise StoreUnavailable(f"the server answered {path} with HTTP status {answer.status}: {text[:200]!r}")
        found: dict[str, Any] = json.loads(text)
        return found


@contextmanager
def serving(config: Config) -> Iterator[Served]:
    """Serve a home until the block ends; raise `StoreUnavailable` with the server's last words if it does not come up."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("EVERLORE_")}
    environment |= {
        "EVERLORE_HOME": str(config.home),
        "EVERLORE_MODEL": config.model,
        "EVERLORE_NAMESPACE": config.namespace,
    }
    if config.embedder_url:
        environment |= {"EVERLORE_EMBEDDER_URL": config.embedder_url, "EVERLORE_EMBEDDER_MODEL": config.embedder_model}
    log = config.home / "serve.log"
    with log.open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "everlore", "serve", "--host", "127.0.0.1", "--port", "0", "--quiet"],
            env=environment, cwd=config.home, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said,
        )  # fmt: skip
    try:
        served = Served(process.pid, environment, _address(config.daemon_file, process, log))
        try:
            yield served
        finally:
            served.close()
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _address(file: Path, process: subprocess.Popen[bytes], log: Path) -> dict[str, Any]:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError, ValueError):  # not there yet, or being written
            found: dict[str, Any] = json.loads(file.read_bytes())
            return found
        time.sleep(_PAUSE)
    raise StoreUnavailable("the server did not come up", hint=log.read_text("utf-8", "replace")[-300:])
