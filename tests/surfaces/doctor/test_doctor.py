"""`lore doctor`: one word, a fix for everything that is wrong, and no trace of the proof."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from commanding import Lore
from everlore.app import proving
from everlore.sessions import spool
from everlore.sessions.place import MARKER
from everlore.surfaces import daemon, log
from everlore.surfaces.doctor.report import EXIT, Finding, guarded, overall


@pytest.fixture
def lore(tmp_path: Path) -> Iterator[Lore]:
    """The command line of somebody who has no client at all."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    lore = Lore(
        home, HOME=str(tmp_path), EVERLORE_PORT="0", EVERLORE_MODEL="none", PATH="/usr/bin:/bin", APPDATA=str(tmp_path)
    )
    try:
        yield lore
    finally:
        daemon.stop(str(home))


def report(lore: Lore, *words: str) -> dict[str, list[dict[str, Any]]]:
    """Run the doctor and return its findings by area."""
    ended = lore("doctor", "--json", *words)
    assert ended.err == ""
    assert ended.status == EXIT[ended.answer["overall"]]
    found: dict[str, list[dict[str, Any]]] = {}
    for finding in ended.answer["findings"]:
        assert finding["fix"] or finding["state"] in ("ok", "note"), finding
        found.setdefault(finding["area"], []).append(finding)
    return found


def states(lore: Lore, area: str, *words: str) -> list[tuple[str, str]]:
    return [(one["state"], one["said"]) for one in report(lore, *words)[area]]


def test_an_empty_machine_has_nothing_wrong_with_its_store_and_nothing_is_made(lore: Lore) -> None:
    found = report(lore, "--no-proof")
    assert found["store"][0]["state"] == "note"
    assert found["settings"][0]["state"] == "ok"
    assert list(lore.home.iterdir()) == []


def test_a_person_reads_a_line_for_each_finding_and_a_word_for_all(lore: Lore) -> None:
    lore.home.chmod(0o755)
    ended = lore("doctor", "--no-proof")
    assert ended.out.rstrip().endswith("DEGRADED")
    assert f"fix: chmod 700 {lore.home}" in ended.out
    assert ended.status == 1


def test_a_store_that_is_well_is_counted(lore: Lore) -> None:
    lore.json("remember", "Deploys need two reviews")
    (finding,) = report(lore, "--no-proof")["store"]
    assert finding["state"] == "ok"
    assert (finding["detail"]["memories"], finding["detail"]["encrypted"]) == (1, None)


@pytest.mark.parametrize("damage", [b"nothing that was ever a store" * 500, b""])
def test_a_broken_store_is_found_with_its_fix(lore: Lore, damage: bytes) -> None:
    lore.json("remember", "Deploys need two reviews")
    database = lore.home / "everlore.db"
    if damage:
        database.write_bytes(damage)
    else:
        size = database.stat().st_size
        with database.open("r+b") as file:
            file.seek(4096)
            file.write(b"\xff" * (size - 8192))
    found = report(lore)
    assert found["store"][0]["state"] == "failing"
    assert "restore-backup" in found["store"][0]["fix"]
    assert spool.names(str(lore.home)) == []


def test_broken_settings_are_found_and_the_rest_is_looked_at_all_the_same(lore: Lore) -> None:
    (lore.home / "config.toml").write_text("port = [")
    found = report(lore, "--no-proof")
    assert found["settings"][0]["state"] == "failing"
    assert "config.toml" in found["settings"][0]["said"]
    assert found["programs"][0]["state"] == "ok"


def test_an_encrypted_store_without_its_key_is_found(lore: Lore, tmp_path: Path) -> None:
    lore.json("remember", "Deploys need two reviews")
    lore.json("encrypt", "--key-file", str(tmp_path / "key"))
    assert report(lore, "--no-proof")["store"][0]["detail"]["encrypted"] == "file"
    (tmp_path / "key").unlink()
    (finding,) = report(lore, "--no-proof")["store"]
    assert (finding["state"], finding["detail"]["code"]) == ("failing", "wrong_key")


def test_a_locked_store_degrades_and_leaves_nothing_waiting(lore: Lore) -> None:
    lore.json("remember", "Deploys need two reviews")
    script = "import sys, apsw; c = apsw.Connection(sys.argv[1]); c.execute('BEGIN EXCLUSIVE'); print('held', flush=True); sys.stdin.read()"
    lore.environ["EVERLORE_BUSY_TIMEOUT_MS"] = "50"
    with subprocess.Popen(
        [sys.executable, "-c", script, str(lore.home / "everlore.db")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        report(lore)
        process.communicate()
    assert spool.names(str(lore.home)) == []


def test_the_server_is_found_and_asked(lore: Lore) -> None:
    assert states(lore, "server", "--no-proof")[0][0] == "note"
    told = lore.json("up")
    (finding,) = report(lore, "--no-proof")["server"]
    assert (finding["state"], finding["detail"]["pid"]) == ("ok", told["pid"])


def test_a_server_that_was_killed_is_found_in_its_log(lore: Lore) -> None:
    pid = lore.json("up")["pid"]
    assert states(lore, "log", "--no-proof") == [("ok", "no errors")]
    os.kill(pid, signal.SIGKILL)
    while daemon.held(str(lore.home)):
        pass
    assert states(lore, "log", "--no-proof") == [("degraded", "the last server was killed or crashed")]
    lore.json("up")
    lore.json("down")
    assert states(lore, "log", "--no-proof") == [("ok", "no errors")]


def test_errors_that_a_server_logged_are_counted_since_it_started(lore: Lore) -> None:
    file = log.path(lore.home)
    file.parent.mkdir()
    begun = f"2026-03-02T09:00:00Z info: {log.STARTED}: version 1\n"
    file.write_text(f"{begun}2026-03-02T09:00:00Z error: old\n{begun}2026-03-02T09:00:01Z error: new\nerror: bare\n")
    ((state, said),) = states(lore, "log", "--no-proof")
    assert state == "degraded"
    assert "2 errors" in said
    assert "bare" in said


def test_what_waits_what_was_refused_and_what_was_set_aside_is_counted(lore: Lore) -> None:
    home = str(lore.home)
    old = f"{1_700_000_000_000_000_000:019d}-1-0"
    spool.put(home, {"key": old, "client": "claude-code", "event": "Stop", "payload": {}})
    spool.put(
        home, {"key": spool.key(), "client": "claude-code", "event": "Stop", "payload": {"x": "y" * spool.LARGEST}}
    )
    (Path(spool.directory(home)) / "x.json.bad").write_text("{")
    found = states(lore, "spool", "--no-proof")
    assert [state for state, _ in found] == ["degraded"] * 3
    assert "1 event of hooks waits" in found[0][1]
    lore.json("drain")
    assert states(lore, "spool", "--no-proof")[0] == ("ok", "no events of hooks wait to be stored")


def test_work_that_was_given_up_is_told_with_its_reason(lore: Lore) -> None:
    lore.json("remember", "Deploys need two reviews")
    from everlore.app.open import open_app
    from everlore.core.config import Config

    with open_app(Config(lore.home)) as app, app.write() as unit:
        unit.run("job_put", kind="embed", key="x", payload="{}", run_at=0)
        for _ in range(9):
            unit.run("job_lease", id=_job(unit), until=0, owner="w", now=1 << 50)
        unit.run("job_bury", now=1 << 50, most=8, error="its worker died each time")
    found = states(lore, "work", "--no-proof")
    assert ("degraded", "embed x was given up after 9 attempts: its worker died each time") in found


def _job(unit: Any) -> int:
    return next(row[0] for row in unit.rows("job_due", now=1 << 50, limit=10) if row[2] == "x")


def test_hooks_that_are_turned_off_are_told(lore: Lore) -> None:
    lore.environ["EVERLORE_HOOKS"] = "off"
    assert ("degraded", "EVERLORE_HOOKS turns hooks off") in states(lore, "settings", "--no-proof")


@pytest.mark.parametrize(
    ("marker", "state", "said"),
    [
        ('capture = "Off"', "failing", "nothing is captured there until it is mended"),
        ('capture = "off"', "note", "lets nothing be captured here"),
        ('capture = "talk"', "note", "no tool call, be captured here"),
    ],
)
def test_what_a_project_keeps_back_is_told(lore: Lore, marker: str, state: str, said: str) -> None:
    lore.directory /= "web"
    lore.directory.mkdir()
    (lore.directory / MARKER).write_text(marker)
    ((found, what),) = states(lore, "project", "--no-proof")
    assert found == state
    assert said in what


def test_a_check_that_breaks_is_a_finding() -> None:
    def broken() -> Iterator[Finding]:
        yield Finding("x", "ok", "so far")
        raise KeyError("what")

    found = guarded("x", broken)
    assert [one.state for one in found] == ["ok", "degraded"]
    assert overall(found) == "DEGRADED"
    assert overall([]) == "HEALTHY"


def test_the_namespace_of_proofs_is_the_one_its_marker_names() -> None:
    assert json.dumps(proving.NAMESPACE) == f'"{proving.WORKSPACE}/{proving.PROJECT}"'
