"""`lore serve` as a process: the one lock, the address it announces, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

import pytest

import everlore.app.upkeep
from everlore.core.config import Config
from everlore.core.errors import Conflict, Denied, EverloreError, InvalidInput, StoreBusy, StoreUnavailable
from everlore.surfaces import daemon
from everlore.surfaces.http.serve import running
from serving import ask, post, serving

SERVE = (sys.executable, "-P", "-m", "everlore", "serve", "--port", "0")


@contextmanager
def spawned(home: Path, command: Sequence[str] = SERVE) -> Iterator[subprocess.Popen[bytes]]:
    """Run `lore serve` on a free port until it listens."""
    environ = {**os.environ, "EVERLORE_HOME": str(home)}
    process = subprocess.Popen(command, env=environ, stderr=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        deadline = time.monotonic() + 30
        while daemon.find(str(home)) is None:
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline, "the server did not come up"
            time.sleep(0.01)
        yield process
    finally:
        process.kill()
        process.communicate()


def found(home: Path) -> daemon.Daemon:
    server = daemon.find(str(home))
    assert server is not None
    return server


def refused(home: Path, **settings: object) -> EverloreError:
    config = replace(Config(home), **{"port": 0, **settings})  # type: ignore[arg-type]
    with pytest.raises(EverloreError) as caught, running(config):
        pytest.fail("it was let in")
    return caught.value


def test_it_announces_its_address_to_its_owner_only(tmp_path: Path) -> None:
    with spawned(tmp_path) as process:
        told = json.loads((tmp_path / "daemon.json").read_text())
        assert told["pid"] == process.pid
        assert set(told) == {"pid", "host", "port", "token", "version", "started"}
        assert (tmp_path / "daemon.json").stat().st_mode & 0o777 == 0o600
        assert daemon.exchange(found(tmp_path), "GET", "/health", b"", {})[0] == 200


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_well_when_told_to_and_takes_back_its_address(tmp_path: Path, number: signal.Signals) -> None:
    with spawned(tmp_path) as process:
        daemon.post(found(tmp_path), "/api/v1/remember", b'{"text":"Kept before the end"}')
        process.send_signal(number)
        assert process.wait(20) == 0
        assert not (tmp_path / "daemon.json").exists()
        assert process.stderr is not None
        assert b"Traceback" not in process.stderr.read()
    with serving(tmp_path) as server:
        assert post(server, "list", {})[1]["total"] == 1


def test_a_crash_leaves_nothing_in_the_way(tmp_path: Path) -> None:
    with spawned(tmp_path) as process:
        daemon.post(found(tmp_path), "/api/v1/remember", b'{"text":"Kept before the crash"}')
        process.kill()
        process.wait()
    assert (tmp_path / "daemon.json").exists()
    assert daemon.find(str(tmp_path)) is None
    with serving(tmp_path) as server:
        assert post(server, "list", {})[1]["total"] == 1


def test_a_home_has_one_server(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        error = refused(tmp_path)
        assert isinstance(error, StoreBusy)
        assert server.url in error.message
        assert ask(server, "GET", "/health")[0] == 200


def test_a_taken_port_is_told_and_the_home_is_free_again(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        error = refused(tmp_path, port=other.getsockname()[1])
        assert isinstance(error, Conflict)
        assert error.field == "port"
    with serving(tmp_path) as server:
        assert ask(server, "GET", "/health")[0] == 200


def test_a_server_that_was_started_for_a_client_takes_another_port(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        config = replace(Config(tmp_path), port=other.getsockname()[1])
        with running(config, any_port=True) as server:
            assert server.listener.getsockname()[1] not in {0, config.port}


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org"])
def test_listening_beyond_this_machine_needs_a_token(tmp_path: Path, host: str) -> None:
    error = refused(tmp_path, host=host)
    assert isinstance(error, Denied)
    assert "token" in error.hint


def test_with_a_token_it_listens_beyond_this_machine(tmp_path: Path) -> None:
    with serving(tmp_path, host="0.0.0.0", token="t" * 16) as server:
        known = {"Authorization": f"Bearer {'t' * 16}", "Host": "memory.example:80"}
        assert ask(server, "GET", "/api/v1/status", headers=known)[0] == 200
        assert ask(server, "GET", "/api/v1/status", headers={**known, "Origin": "http://memory.example"})[0] == 200
        assert ask(server, "GET", "/api/v1/status", headers={**known, "Origin": "http://evil.example"})[0] == 403
        assert ask(server, "GET", "/api/v1/status", headers={"Host": "memory.example"})[0] == 401


@pytest.mark.parametrize(
    ("settings", "field"), [({"port": 70_000}, "port"), ({"port": -1}, "port"), ({"token": "a b"}, "token")]
)
def test_a_setting_that_cannot_be_is_named(tmp_path: Path, settings: dict[str, object], field: str) -> None:
    error = refused(tmp_path, **settings)
    assert isinstance(error, InvalidInput)
    assert error.field == field


def test_an_address_of_another_machine_is_told(tmp_path: Path) -> None:
    error = refused(tmp_path, host="127.1.2.3.4", token="t")
    assert (error.code, error.field) == ("invalid_input", "host")


def test_a_home_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("not a directory")
    assert isinstance(refused(tmp_path / "home"), StoreUnavailable)


def test_what_is_under_way_is_finished_before_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go = Event(), Event()
    status = everlore.app.upkeep.status

    def slow(*arguments: object) -> object:
        begun.set()
        assert go.wait(20)
        return status(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(everlore.app.upkeep, "status", slow)
    answers: list[int] = []
    with serving(tmp_path) as server:
        client = Thread(target=lambda: answers.append(post(server, "status", {})[0]))
        client.start()
        assert begun.wait(20)
        server.should_exit = True
        go.set()
    client.join()
    assert answers == [200]


def test_what_does_not_end_cannot_keep_the_server(tmp_path: Path) -> None:
    script = (
        "import os, threading, everlore.app.upkeep as upkeep;"
        "upkeep.verify = lambda *_: os.write(1, b'begun\\n') and threading.Event().wait();"
        "from everlore.core.config import load; from everlore.surfaces.http import serve as s;"
        "s.UVICORN['timeout_graceful_shutdown'] = s.LAST_SECONDS = 0.2; s.serve(load(), port=0)"
    )
    answers: list[tuple[int, bytes]] = []
    command = [sys.executable, "-P", "-c", script]
    with spawned(tmp_path, command=command) as process:
        client = Thread(target=lambda: answers.append(daemon.post(found(tmp_path), "/api/v1/verify", b"{}")))
        client.start()
        assert process.stdout is not None
        assert process.stdout.readline() == b"begun\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        client.join()
        assert process.stderr is not None
        assert b"Traceback" not in process.stderr.read()
    assert [(status, json.loads(body)["code"]) for status, body in answers] == [(503, "store_unavailable")]
    assert not (tmp_path / "daemon.json").exists()


def test_mcp_is_loaded_only_when_it_is_asked_for(tmp_path: Path) -> None:
    script = (
        "import sys, everlore.surfaces.http.serve, everlore.surfaces.http.openapi as o; o.document();"
        "print('\\n'.join({name.partition('.')[0] for name in sys.modules}))"
    )
    listed = subprocess.run(
        [sys.executable, "-P", "-c", script], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"mcp", "pydantic", "numpy", "tokenizers", "httpx2", "rich"} & set(listed)
