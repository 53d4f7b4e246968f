"""Hooks over and over, and what they leave: every event stored once, and no process, port or lock."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from everlore.app.open import open_app
from everlore.bench.hooks import Call, Hooks, command, processes
from everlore.bench.kills import kill_servers
from everlore.core.config import Config
from everlore.sessions import spool
from everlore.surfaces import daemon
from everlore.surfaces.hooks.run import LARGEST, is_usable

CALLS = 20
"""How often each way is tried; `lore bench` does it a thousand times."""


@pytest.fixture
def hooks(tmp_path: Path) -> Iterator[Hooks]:
    """An agent at work, and nobody beside it."""
    hooks = Hooks(tmp_path)
    hooks.environ["EVERLORE_PORT"] = "0"
    yield hooks
    daemon.stop(str(hooks.config.home))
    assert hooks.bad == []


def serve(hooks: Hooks) -> daemon.Daemon:
    ended = subprocess.run([*command(), "up"], env=hooks.environ, capture_output=True, check=False)
    assert ended.returncode == 0, ended
    found = daemon.find(str(hooks.config.home))
    assert found is not None
    return found


def calls(hooks: Hooks) -> list[Call]:
    return [hooks.prompt() if number % 10 == 0 else hooks.tool() for number in range(CALLS)]


def stored(hooks: Hooks) -> int:
    with open_app(Config(hooks.config.home, model="none")) as app:
        app.call("drain", {})
        assert app.call("verify", {}).ok
        return int(app.call("status", {}).turns)


def assert_clean(hooks: Hooks) -> None:
    """Assert that nothing runs, listens or holds a lock."""
    assert hooks.left_behind() == {"processes": 0, "servers": 0, "locks": 0}
    names = {path.name for path in hooks.config.home.iterdir()}
    assert "daemon.json" not in names
    with open_app(hooks.config) as app, app.write() as unit:
        unit.value("schema_version")


def test_hooks_without_a_server_leave_nothing_and_lose_nothing(hooks: Hooks) -> None:
    for call in calls(hooks):
        hooks.call(call)
    assert_clean(hooks)
    assert stored(hooks) == CALLS
    assert spool.names(str(hooks.config.home)) == []


def test_hooks_with_a_server_leave_its_one_process(hooks: Hooks) -> None:
    server = serve(hooks)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(hooks.call, calls(hooks)))
    assert processes(hooks.environ["EVERLORE_HOME"]) == 1
    assert daemon.find(str(hooks.config.home)).pid == server.pid  # type: ignore[union-attr]
    daemon.stop(str(hooks.config.home))
    gone(server.pid)
    assert_clean(hooks)
    assert stored(hooks) == CALLS


def test_a_server_that_is_told_to_end_has_stored_what_it_was_told(hooks: Hooks) -> None:
    server = serve(hooks)
    for call in calls(hooks)[:5]:
        hooks.call(call)
    daemon.stop(str(hooks.config.home))
    gone(server.pid)
    assert spool.names(str(hooks.config.home)) == []
    with open_app(Config(hooks.config.home, model="none")) as app:
        assert app.call("status", {}).turns == 5


def test_hooks_at_once_with_a_crash_between_leave_no_stale_address(hooks: Hooks) -> None:
    server = serve(hooks)
    todo = calls(hooks)
    for call in todo[: CALLS // 2]:
        hooks.call(call)
    os.kill(server.pid, signal.SIGKILL)
    gone(server.pid)
    assert (hooks.config.home / "daemon.json").exists()
    for call in todo[CALLS // 2 :]:
        hooks.call(call)
    assert serve(hooks).pid != server.pid
    daemon.stop(str(hooks.config.home))
    assert stored(hooks) == CALLS


@pytest.mark.parametrize("state", ["locked", "corrupt", "read-only"])
def test_a_store_that_cannot_be_used_keeps_no_agent_waiting_and_loses_nothing(hooks: Hooks, state: str) -> None:
    database = hooks.config.database
    hooks.call(hooks.tool())
    assert stored(hooks) == 1
    whole = database.read_bytes()
    if state == "corrupt":
        database.write_bytes(b"nothing that was ever a store" * 100)
    elif state == "read-only":
        database.unlink()
        database.mkdir()
    script = "import sys, apsw; c = apsw.Connection(sys.argv[1]); c.execute('BEGIN IMMEDIATE'); print(flush=True); sys.stdin.read()"
    place = str(database if state == "locked" else hooks.project / "other.db")
    with subprocess.Popen(
        [sys.executable, "-c", script, place], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        for _ in range(5):
            hooks.call(hooks.tool())
        prompt = hooks.prompt()
        prompt.silent = True
        hooks.call(prompt)
        other.communicate()
    assert hooks.bad == []
    if state != "locked":
        if database.is_dir():
            database.rmdir()
        database.write_bytes(whole)
    assert stored(hooks) == 7


def test_an_event_too_long_to_keep_is_counted(hooks: Hooks) -> None:
    body = b'{"prompt": "' + b"x" * (LARGEST + 1) + b'"}'
    ended = subprocess.run(
        [*command(), "hook", "claude-code", "UserPromptSubmit"], env=hooks.environ, input=body, capture_output=True, check=False,
    )  # fmt: skip
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, b"", b"")
    assert spool.refused(str(hooks.config.home)) == 1


def test_a_hook_alone_makes_the_store_and_does_not_open_one_that_is_broken_or_being_written(hooks: Hooks) -> None:
    database = hooks.config.database
    assert is_usable(str(database))
    hooks.call(hooks.tool())
    assert not database.exists()
    hooks.call(hooks.start())
    assert spool.names(str(hooks.config.home)) == []
    with open_app(hooks.config) as app:
        with app.write():
            assert not is_elsewhere_usable(database)
        with app.read():
            assert is_elsewhere_usable(database)
    database.write_bytes(b"nothing that was ever a store")
    assert not is_usable(str(database))
    (hooks.config.home / "encryption.json").write_text("{}")
    assert is_usable(str(database))


def is_elsewhere_usable(database: Path) -> bool:
    """Ask in another process: a lock of this one is none to itself."""
    script = (
        "import sys; from everlore.surfaces.hooks.run import LARGEST, is_usable; sys.exit(not is_usable(sys.argv[1]))"
    )
    return subprocess.run([sys.executable, "-c", script, str(database)], check=False).returncode == 0


def test_events_survive_the_death_of_their_server_and_are_stored_once(tmp_path: Path) -> None:
    found = kill_servers(Config(tmp_path / "home", model="none"), 3)
    assert found["events"] > 20
    assert {name: found[name] for name in ("lost", "doubled", "set aside", "refused", "waiting")} == dict.fromkeys(
        ("lost", "doubled", "set aside", "refused", "waiting"), 0
    )
    assert found["whole"]


def gone(pid: int) -> None:
    """Wait until a process that is nobody's child has ended."""
    while Path(f"/proc/{pid}").exists() and "Z" not in Path(f"/proc/{pid}/stat").read_text().split()[2]:
        pass


def test_what_a_killed_server_left_half_written_does_not_keep_its_hook_from_keeping_it(tmp_path: Path) -> None:
    delivery = {"key": spool.key(), "client": "claude-code", "event": "Stop", "payload": {}}
    place = Path(spool.directory(str(tmp_path)))
    place.mkdir()
    (place / delivery["key"]).write_text('{"key"')
    assert spool.put(str(tmp_path), delivery)
    assert spool.put(str(tmp_path), delivery)
    assert spool.names(str(tmp_path)) == [f"{delivery['key']}.json"]
    assert spool.read(str(tmp_path), spool.names(str(tmp_path))[0]) == delivery
