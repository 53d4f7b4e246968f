"""Reading in a second process: the same comes in as without it, whatever becomes of it, and it leaves nothing behind."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from everlore.app import mining, reading
from everlore.app.app import App
from everlore.bench import transcripts


class Watched(reading.Reader):
    """A reader that a test gets hold of."""

    made: list[Watched]

    def __enter__(self) -> Watched:
        Watched.made.append(self)
        return self

    @property
    def ended(self) -> bool:
        return self._process.returncode is not None


class Dying(Watched):
    """A reader whose process dies when it has read a little."""

    def pieces(self) -> Iterator[reading.Piece]:
        for piece in super().pieces():
            self._process.kill()
            yield piece


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Transcripts of a few sessions, of which some are larger than what is stored at once; a second process reads them."""
    for name in (
        "CLAUDE_CONFIG_DIR",
        "CODEX_HOME",
        "XDG_DATA_HOME",
        "XDG_CONFIG_HOME",
        "COPILOT_HOME",
        "GEMINI_CLI_HOME",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(reading, "LARGE", 0)
    monkeypatch.setattr(reading.os, "cpu_count", lambda: 2)
    monkeypatch.setattr(reading, "Reader", Watched)
    Watched.made = []
    return transcripts.write(tmp_path, 11, each=5)


def turns(app: App) -> list[tuple[str, int]]:
    return sorted((each.session, each.turns) for each in app.call("sessions", {"limit": 100}).sessions)


def alone(files: list[Path]) -> list[tuple[str, int]]:
    """Return how many turns each session has, read in this process."""
    tasks = [reading.Task("claude-code", str(file), 0, {}) for file in files]
    places = mining.Places("personal")
    return sorted(
        (Path(task.path).stem, sum(len(piece.ready.events) for piece in reading.read(task, places))) for task in tasks
    )


def test_a_second_process_reads_what_this_one_would(app: App, files: list[Path]) -> None:
    mined = app.call("mine", {"history": True})
    assert (mined.failed, mined.bytes) == ([], sum(file.stat().st_size for file in files))
    assert turns(app) == alone(files)
    assert [made.ended for made in Watched.made] == [True]
    assert app.call("mine", {"history": True}).read == 0


def test_when_the_process_dies_reading_goes_on_where_it_was(
    app: App, files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "Reader", Dying)
    mined = app.call("mine", {"history": True})
    assert (mined.failed, mined.known) == ([], 0)
    assert turns(app) == alone(files)
    assert [made.ended for made in Watched.made] == [True]


def test_when_no_process_can_be_started_reading_is_done_here(
    app: App, files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    assert app.call("mine", {"history": True}).failed == []
    assert turns(app) == alone(files)


def test_files_that_fail_are_named_and_the_others_come_in(app: App, files: list[Path], tmp_path: Path) -> None:
    for number in range(9):
        path = tmp_path / f".gemini/tmp/shop/chats/session-{number}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("[")
    mined = app.call("mine", {"history": True})
    assert len(mined.failed) == mining.BREAKER + 1
    assert mined.failed[0].error == "session-0.json is no JSON object"
    assert turns(app) == alone(files)


def test_secrets_are_gone_and_counted(app: App, files: list[Path]) -> None:
    secret = "gh" + "p_" + "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"
    files[0].write_text(files[0].read_text("utf-8").replace("invoice", secret, 1), "utf-8")
    assert sum(finding.count for finding in app.call("mine", {"history": True}).findings) == 1
    assert not any(secret.encode() in path.read_bytes() for path in app.config.home.rglob("*") if path.is_file())


def test_stopping_ends_the_process(app: App, files: list[Path]) -> None:
    app.call("mine", {"clients": ["codex"], "watch": "on"})
    with app.write() as unit:
        unit.run("setting_set", name="mined", value="claude-code")
    for file in files:
        os.utime(file, (1_000_000_000, 1_000_000_000))
    stops = iter([False, False, True])
    assert mining.round_of_watching(app, lambda: next(stops)) < sum(count for _, count in alone(files))
    assert all(made.ended for made in Watched.made)
