"""Mining: each turn of what clients left on disk once, from where it was left, whatever becomes of single files."""

from __future__ import annotations

import json
import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from everlore.app import mining, worker
from everlore.app.app import App

DATA = Path(__file__).parents[1] / "data" / "transcripts"
PLACES = {
    "claude-code.jsonl": ".claude/projects/-home-ana-src-shop/568dad60-7645-485d-aa61-39caf2199d81.jsonl",
    "codex.jsonl": ".codex/sessions/2026/11/26/rollout-2026-11-26T20-12-17-01a2197c-c8a3-7ce0-bc77-5838f926cfc3.jsonl",
    "gemini-cli.jsonl": ".gemini/tmp/shop/chats/session-2026-11-26T20-13-a3cb7428.jsonl",
    "gemini-cli-older.json": ".gemini/tmp/shop/chats/session-2026-11-20T09-00-9c0e.json",
    "pi.jsonl": ".pi/agent/sessions/--home-ana-src-shop--/2026_pi-1.jsonl",
    "copilot.jsonl": ".copilot/session-state/cop-1/events.jsonl",
    "cursor.jsonl": ".cursor/projects/home-ana-src-shop/agent-transcripts/c1/c1.jsonl",
    "antigravity.jsonl": ".gemini/antigravity/brain/b1/.system_generated/logs/transcript.jsonl",
    "cline.messages.json": ".cline/data/sessions/cl-1/cl-1.messages.json",
}
OPENCODE = ".local/share/opencode/opencode.db"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with the transcripts of every client, and none of the variables that would lead elsewhere."""
    for name in (
        "CLAUDE_CONFIG_DIR",
        "CODEX_HOME",
        "XDG_DATA_HOME",
        "XDG_CONFIG_HOME",
        "COPILOT_HOME",
        "GEMINI_CLI_HOME",
    ):
        monkeypatch.delenv(name, raising=False)
    home = tmp_path / "ana"
    monkeypatch.setenv("HOME", str(home))
    for name, place in PLACES.items():
        path = home / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes((DATA / name).read_bytes())
    (home / OPENCODE).parent.mkdir(parents=True)
    with closing(sqlite3.connect(home / OPENCODE)) as database, database:
        database.execute("CREATE TABLE session (id, parent_id, directory)")
        database.execute("CREATE TABLE message (id, session_id, time_created, time_updated, data)")
        database.execute("CREATE TABLE part (id, message_id, data)")
        database.execute("INSERT INTO session VALUES ('ses_1', NULL, '/home/ana/src/shop')")
    opencode(home, 1, 1_795_000_000_000)
    return home


def opencode(home: Path, number: int, at: int) -> None:
    with closing(sqlite3.connect(home / OPENCODE)) as database, database:
        values = (f"msg_{number}", "ses_1", at, at, '{"role": "user"}')
        database.execute("INSERT INTO message VALUES (?, ?, ?, ?, ?)", values)
        part = json.dumps({"type": "text", "text": f"Prompt {number} for opencode"})
        database.execute("INSERT INTO part VALUES (?, ?, ?)", (f"prt_{number}", f"msg_{number}", part))


def append(path: Path, *entries: dict[str, Any]) -> None:
    with path.open("a") as file:
        file.writelines(f"{json.dumps(entry)}\n" for entry in entries)


def sessions(app: App) -> dict[str, int]:
    return {each.client: each.turns for each in app.call("sessions", {"limit": 100}).sessions if not each.parent}


def test_every_client_is_read_once(app: App, home: Path) -> None:
    first = app.call("mine", {"history": True})
    assert (first.files, first.failed, first.bad_lines) == (len(PLACES) + 1, [], 0)
    assert first.turns > 30
    again = app.call("mine", {"history": True})
    assert (again.read, again.turns, again.known) == (0, 0, 0)


def test_mining_begins_with_what_comes_next(app: App, home: Path) -> None:
    assert app.call("mine", {}).from_now_on
    for number in range(2):
        prompt = {"role": "user", "content": f"What came later {number}"}
        append(
            home / PLACES["claude-code.jsonl"],
            {"type": "user", "uuid": f"n{number}", "sessionId": "568d", "message": prompt},
        )
    turn = {
        "type": "event_msg",
        "timestamp": "2026-11-26T21:00:00Z",
        "payload": {"type": "user_message", "message": "And in codex"},
    }
    append(home / PLACES["codex.jsonl"], turn)
    message = {"id": "m9", "type": "user", "timestamp": "2026-11-26T21:00:00Z", "content": [{"text": "And in gemini"}]}
    append(home / PLACES["gemini-cli.jsonl"], message)
    append(
        home / PLACES["cursor.jsonl"],
        {"role": "user", "message": {"content": [{"type": "text", "text": "And in cursor"}]}},
    )
    for name in ("cline.messages.json", "gemini-cli-older.json"):
        whole = json.loads((home / PLACES[name]).read_bytes())
        whole["lastUpdated"] = "2026-11-26T21:00:00Z"
        whole["messages"].append({"id": "n1", "role": "user", "type": "user", "content": f"And in {name}"})
        (home / PLACES[name]).write_text(json.dumps(whole))
    opencode(home, 2, 4_000_000_000_000)
    later = app.call("mine", {})
    assert (later.turns, later.failed) == (8, [])


def test_history_is_read_when_it_is_asked_for_later(app: App, home: Path) -> None:
    app.call("mine", {})
    told = app.call("mine", {"history": True})
    assert told.turns > 30
    again = app.call("mine", {"history": True})
    assert (again.read, again.turns) == (0, 0)


def test_a_file_that_cannot_be_read_stops_no_other(app: App, home: Path) -> None:
    (home / OPENCODE).write_bytes(b"SQLite format 3\0" + b"\xff" * 5_000)
    (home / PLACES["gemini-cli-older.json"]).write_text("{")
    mined = app.call("mine", {"history": True})
    assert sorted(Path(each.where).name for each in mined.failed) == [
        "opencode.db",
        "session-2026-11-20T09-00-9c0e.json",
    ]
    assert mined.turns > 25


CLAUDE = PLACES["claude-code.jsonl"]
_opened: list[str] = []
_listening = False


def _listen(event: str, given: tuple[Any, ...]) -> None:
    if _listening and event == "open" and isinstance(given[0], (str, os.PathLike)):
        _opened.append(os.fspath(given[0]))


sys.addaudithook(_listen)


@contextmanager
def opened() -> Iterator[list[str]]:
    """Give the paths that Python opens meanwhile."""
    global _listening
    _opened.clear()
    _listening = True
    try:
        yield _opened
    finally:
        _listening = False


def prompt(number: int, text: str, session: str = "s1") -> str:
    message = {"role": "user", "content": text}
    return json.dumps({"type": "user", "uuid": f"u{number}", "sessionId": session, "message": message}) + "\n"


def transcript(home: Path, name: str, *lines: str) -> Path:
    path = home / ".claude" / "projects" / "-home-ana-src-shop" / f"{name}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(lines))
    return path


def texts(app: App) -> list[str]:
    """Return everything that has been said, in the order in which it came in."""
    with app.read() as unit:
        (identity,) = (row[0] for row in unit.rows("sessions_all"))
        return [row[8] for row in unit.rows("turns_of_session", session=identity, first=0, withdrawn=0)]


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with no transcript in it."""
    for name in (
        "CLAUDE_CONFIG_DIR",
        "CODEX_HOME",
        "XDG_DATA_HOME",
        "XDG_CONFIG_HOME",
        "COPILOT_HOME",
        "GEMINI_CLI_HOME",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "bare"))
    return tmp_path / "bare"


def test_a_file_that_is_as_it_was_is_not_opened(app: App, home: Path) -> None:
    with opened() as paths:
        app.call("mine", {"history": True})
    assert str(home / CLAUDE) in paths
    with opened() as paths:
        assert app.call("mine", {}).read == 0
        mining.round_of_watching(app, lambda: False)
    assert [path for path in paths if path.startswith(str(home))] == []


def test_a_line_that_is_half_there_waits_for_its_end(app: App, bare: Path) -> None:
    whole = prompt(2, "Now the other half.")
    path = transcript(bare, "s1", prompt(1, "First."), whole[:50])
    assert app.call("mine", {"history": True}).turns == 1
    with path.open("a") as file:
        file.write(whole[50:])
    mined = app.call("mine", {})
    assert (mined.turns, mined.bad_lines) == (1, 0)
    assert texts(app) == ["First.", "Now the other half."]


def test_a_file_that_was_cut_or_replaced_is_read_anew_and_what_is_known_is_known(app: App, bare: Path) -> None:
    lines = [prompt(number, f"Prompt {number}.") for number in range(5)]
    path = transcript(bare, "s1", *lines)
    app.call("mine", {"history": True})
    path.write_text("".join([*lines[:2], prompt(9, "After the cut.")]))
    cut = app.call("mine", {})
    assert (cut.turns, cut.known) == (1, 2)
    path.write_text("".join([prompt(10, "Another file, under the same name and as long."), *lines]))
    replaced = app.call("mine", {})
    assert (replaced.turns, replaced.known) == (1, 5)


def test_a_file_that_was_cut_while_it_was_being_read_is_read_anew(app: App, bare: Path) -> None:
    lines = [prompt(number, f"Prompt {number}.") for number in range(2_500)]
    path = transcript(bare, "s1", *lines)
    stops = iter([False, True])
    app.call("mine", {"clients": ["claude-code"]})
    path.write_text("".join(lines) + prompt(9_000, "x"))
    with app.write() as unit:
        unit.run("setting_set", name="mined", value="claude-code")
        unit.run(
            "transcript_read",
            path=str(path),
            client="claude-code",
            position=0,
            size=-1,
            modified=0,
            mark=None,
            state="{}",
            passed=1,
            now=1,
        )
    os.utime(path, (1, 1))
    assert mining.round_of_watching(app, lambda: next(stops)) == 1_000, "it was told to stop after the first piece"
    path.write_text("".join([*lines[:10], prompt(9_999, "After the cut.")]))
    assert app.call("mine", {}).turns == 1


def test_a_file_that_fails_is_tried_again_later_and_given_up_in_the_end(app: App, clock: Any, bare: Path) -> None:
    path = bare / OPENCODE
    path.parent.mkdir(parents=True)
    path.write_bytes(b"SQLite format 3\0" + b"\xff" * 5_000)
    pauses, tries = [], 0
    while (failed := app.call("mine", {"history": True}).failed) or tries < 5:
        assert [each.where for each in failed] == [str(path)]
        tries += 1
        assert app.call("mine", {"history": True}).failed == [], "its turn has not come"
        before = clock.now
        while tries < 5 and not app.call("mine", {"dry_run": True}).read:
            clock.advance(seconds=5)
        pauses.append((clock.now - before) // 1000)
    assert tries == 5
    assert all(30 * 2**n <= pause <= 30 * 2**n * 1.25 + 6 for n, pause in enumerate(pauses[:4])), pauses
    clock.advance(days=30)
    assert app.call("mine", {"history": True}).read == 0, "it has been given up"
    assert [each.where for each in app.call("mine", {"retry": True}).failed] == [str(path)]


def test_what_failed_is_kept_with_its_reason(app: App, bare: Path) -> None:
    path = transcript(bare, "s1", prompt(1, "x"))
    path.unlink()
    path.symlink_to(path)
    other = bare / ".gemini/tmp/shop/chats/session-1.json"
    other.parent.mkdir(parents=True)
    other.write_text("[")
    mined = app.call("mine", {"history": True})
    assert [each.where for each in mined.failed] == [str(other)]
    with app.read() as unit:
        ((where, client, attempts, error, dead),) = unit.rows("transcripts_failed", limit=9)
    assert (where, client, attempts, dead) == (str(other), "gemini-cli", 1, 0)
    assert error


def test_a_client_whose_files_fail_one_after_the_other_is_left_alone_for_this_run(
    app: App, clock: Any, bare: Path
) -> None:
    for number in range(12):
        path = bare / f".gemini/tmp/shop/chats/session-{number:02}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("[")
        os.utime(path, (number, number))
    transcript(bare, "s1", prompt(1, "Of another client."))
    first = app.call("mine", {"history": True})
    assert (first.turns, first.read) == (1, 6)
    assert [Path(each.where).name for each in first.failed][-1] == "gemini-cli"
    assert len(first.failed) == 6
    path.write_text(json.dumps({"sessionId": "g1", "messages": [{"id": "1", "type": "user", "content": "Mended."}]}))
    os.utime(path, (1, 1))
    second = app.call("mine", {"history": True})
    assert second.turns == 1, "the next run tries the others"
    assert len(second.failed) == 6


def test_clients_are_begun_one_by_one(app: App, home: Path) -> None:
    assert app.call("mine", {"clients": ["codex"]}).from_now_on
    told = app.call("mine", {})
    assert (told.from_now_on, told.turns) == (True, 0), "nobody asked for the history of the others"
    assert not app.call("mine", {}).from_now_on
    fresh = home / CLAUDE.replace("568d", "669e")
    fresh.write_text(prompt(1, "A new session."))
    assert app.call("mine", {}).turns == 1


def test_a_dry_run_reads_and_notes_nothing(app: App, home: Path) -> None:
    told = app.call("mine", {"history": True, "dry_run": True})
    assert told.read == len(PLACES) + 1
    assert told.bytes > 1000
    assert told.estimate is not None
    assert app.call("status", {}).turns == 0
    assert app.call("mine", {}).from_now_on


def test_watching_leaves_a_file_alone_that_is_being_written(app: App, bare: Path) -> None:
    transcript(bare, "s0", prompt(1, "Old."))
    app.call("mine", {"watch": "on"})
    path = transcript(bare, "s1", prompt(1, "New."))
    assert mining.round_of_watching(app, lambda: False) == 0
    os.utime(path, (1_000_000_000, 1_000_000_000))
    assert mining.round_of_watching(app, lambda: False) == 1
    assert mining.is_on(app)
    assert not app.call("mine", {"watch": "off"}).watched


def test_a_session_of_an_agent_below_another_belongs_to_it(app: App, bare: Path) -> None:
    line = json.loads(prompt(1, "Look into the queue.", "s1")) | {"isSidechain": True, "agentId": "a1"}
    path = bare / ".claude/projects/-home-ana-src-shop/s1/subagents/agent-a1.jsonl"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(line) + "\n")
    transcript(bare, "s1", prompt(2, "Have somebody look into it.", "s1"))
    app.call("mine", {"history": True})
    parents = {each.session: each.parent for each in app.call("sessions", {}).sessions}
    assert parents == {"s1": None, "s1/a1": "s1"}


def test_secrets_in_a_transcript_are_not_kept(app: App, bare: Path) -> None:
    secret = "gh" + "p_" + "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"
    transcript(bare, "s1", prompt(1, f"Use {secret} for it."))
    mined = app.call("mine", {"history": True})
    assert sum(finding.count for finding in mined.findings) == 1
    assert texts(app) == ["Use [redacted:github-token] for it."]
    files = [path.read_bytes() for path in app.config.home.rglob("*") if path.is_file()]
    assert not any(secret.encode() in each for each in files)


def test_what_was_said_is_found_after_the_client_has_deleted_its_file(app: App, bare: Path) -> None:
    transcript(bare, "s1", prompt(1, "The export stalls on Mondays."))
    app.call("mine", {"history": True})
    transcript(bare, "s1").unlink()
    app.call("mine", {})
    found = app.call("transcripts-search", {"query": "when does the export stall?"})
    assert [item.text for item in found.items] == ["The export stalls on Mondays."]


def test_the_end_of_a_turn_has_the_server_look_at_once(app: App, bare: Path) -> None:
    transcript(bare, "s0", prompt(1, "Old."))
    told = {"client": "claude-code", "event": "Stop", "payload": json.dumps({"session_id": "s1", "cwd": str(bare)})}
    app.call("mine", {})
    app.call("hook", told)
    app.call("drain", {})
    assert app.call("status", {}).jobs == {}, "mining is not switched on"
    app.call("mine", {"watch": "on"})
    transcript(bare, "s1", prompt(1, "Being written."))
    app.call("hook", told | {"key": "0123456789abcdef"})
    app.call("drain", {})
    assert app.call("status", {}).jobs.get("mine") == 1
    worker.drain(app)
    assert "Being written." in texts(app)


def test_a_directory_named_like_a_transcript_is_none(app: App, bare: Path) -> None:
    path = transcript(bare, "s1", prompt(1, "Of a file."))
    path.with_name("s2.jsonl").mkdir()
    mined = app.call("mine", {"history": True})
    assert (mined.turns, mined.failed) == (1, [])


def told_by_hooks(app: App, client: str) -> None:
    for line in (DATA.parent / "hooks" / f"{client}.jsonl").read_text().splitlines():
        delivered = json.loads(line)
        app.call("hook", {"client": client, "event": delivered["event"], "payload": json.dumps(delivered["payload"])})
    app.call("drain", {})


def stored(app: App, client: str) -> list[tuple[str, str]]:
    """Return what is kept of a client's only session: who said it, and how it begins."""
    with app.read() as unit:
        rows = unit.rows("sessions_all")
        assert len(rows) == 1
        turns = unit.rows("turns_of_session", session=rows[0][0], first=0, withdrawn=0)
    assert [each.client for each in app.call("sessions", {}).sessions] == [client]
    return sorted((row[5], row[8].splitlines()[0][:24]) for row in turns)


WHEN_RECORDED = 1_795_724_000_000  # 2026-11-26T20:13:20Z


@pytest.mark.parametrize("client", ["claude-code", "codex", "gemini-cli"])
@pytest.mark.parametrize("hooks_first", [True, False], ids=["hooks-first", "transcript-first"])
def test_what_hooks_and_the_transcript_tell_is_stored_once(
    app: App, clock: Any, home: Path, client: str, hooks_first: bool
) -> None:
    clock.now = WHEN_RECORDED
    paths = [str(home / PLACES[f"{client}.jsonl"])]
    if hooks_first:
        told_by_hooks(app, client)
        first = stored(app, client)
        mined = app.call("mine", {"paths": paths})
        assert (mined.turns, mined.known) == (0, len(first))
    else:
        app.call("mine", {"paths": paths})
        first = stored(app, client)
        told_by_hooks(app, client)
    assert stored(app, client) == first
    assert len([text for _, text in first if text == "Mend the nightly export"]) == 1
    again = app.call("mine", {"paths": paths})
    assert (again.read, again.turns) == (0, 0)
