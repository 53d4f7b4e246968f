"""Mining: each turn of what clients left on disk once, from where it was left, whatever becomes of single files."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

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
