"""Transcripts that are databases or whole documents: what is new in them is told once, what is being written waits."""

import json
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from everlore.core.errors import InvalidInput
from everlore.sessions.records import Event
from everlore.sessions.transcripts import SOURCES, source_of

DATA = Path(__file__).parents[2] / "data" / "transcripts"
SHOP = "/home/ana/src/shop"
LONG_AGO = 1_795_000_000_000

OPENCODE_1 = """
CREATE TABLE session (id text PRIMARY KEY, parent_id text, directory text NOT NULL, title text NOT NULL);
CREATE TABLE message (id text PRIMARY KEY, session_id text NOT NULL, time_created integer NOT NULL, time_updated integer NOT NULL, data text NOT NULL);
CREATE TABLE part (id text PRIMARY KEY, message_id text NOT NULL, session_id text NOT NULL, time_created integer NOT NULL, data text NOT NULL);
"""
OPENCODE_2 = """
CREATE TABLE {sessions} (id text PRIMARY KEY, parent_id text, directory text NOT NULL, title text NOT NULL);
CREATE TABLE session_message (id text PRIMARY KEY, session_id text NOT NULL, type text NOT NULL, seq integer NOT NULL,
  time_created integer NOT NULL, {updated} data text NOT NULL);
"""


class Database:
    """A database of a client, with as little in it as a test needs."""

    def __init__(self, path: Path, schema: str) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self.run("PRAGMA journal_mode = WAL")
        with closing(sqlite3.connect(path)) as opened:
            opened.executescript(schema)

    def run(self, statement: str, *values: object) -> None:
        with closing(sqlite3.connect(self.path)) as opened, opened:
            opened.execute(statement, [json.dumps(v) if isinstance(v, (dict, list)) else v for v in values])

    def session(self, identity: str = "ses_1", parent: str | None = None, table: str = "session") -> None:
        self.run(f"INSERT INTO {table} VALUES (?, ?, ?, 'Export')", identity, parent, SHOP)

    def message(
        self, identity: str, at: int, data: dict[str, Any], *parts: dict[str, Any], session: str = "ses_1"
    ) -> None:
        self.run("INSERT OR REPLACE INTO message VALUES (?, ?, ?, ?, ?)", identity, session, at, at, data)
        for number, part in enumerate(parts):
            row = (f"prt_{identity}_{number}", identity, session, at, part)
            self.run("INSERT OR REPLACE INTO part VALUES (?, ?, ?, ?, ?)", *row)


class Following:
    """A reader that goes on from where it was, as mining does."""

    def __init__(self, path: Path, client: str = "opencode") -> None:
        self.path, self.client = path, client
        self.position, self.state = 0, dict[str, Any]()
        self.seen: set[tuple[str, str]] = set()

    def new(self) -> list[tuple[str, str]]:
        """Return what is told that was not told before, which is known by its key."""
        return [(event.kind, event.text) for event in self.events() if not self._knows(event)]

    def events(self) -> list[Event]:
        found = []
        for chunk in SOURCES[self.client].read(self.path, self.position, self.state):
            found += chunk.events
            self.position, self.state = chunk.position, json.loads(json.dumps(chunk.state))
        return found

    def _knows(self, event: Event) -> bool:
        known = (event.session, event.key) in self.seen
        self.seen.add((event.session, event.key))
        return known


def user(at: int) -> dict[str, Any]:
    return {"role": "user", "time": {"created": at}}


def assistant(at: int, *, done: bool = True, **more: Any) -> dict[str, Any]:
    times = {"created": at, "completed": at} if done else {"created": at}
    return {"role": "assistant", "modelID": "m1", "time": times, **more}


def said(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "text", "text": text, **more}


def call(status: str, **state: Any) -> dict[str, Any]:
    given = {"command": "pytest -q"}
    return {"type": "tool", "tool": "bash", "callID": "call_1", "state": {"status": status, "input": given, **state}}


@pytest.fixture
def first(tmp_path: Path) -> Database:
    database = Database(tmp_path / "opencode.db", OPENCODE_1)
    database.session()
    return database


def test_opencode_1_says_prompts_answers_and_what_came_of_calls(first: Database) -> None:
    first.message("msg_1", LONG_AGO, user(LONG_AGO), said('"Mend the export"'), said("hidden", synthetic=True))
    failed = call("completed", output='{"failed": 1}', metadata={"exit": 1})
    first.message("msg_2", LONG_AGO + 1, assistant(LONG_AGO + 1), {"type": "step-start"}, said("I run it."), failed)
    found = Following(first.path).events()
    assert [(event.kind, event.text, event.key) for event in found] == [
        ("prompt", "Mend the export", "message:msg_1"),
        ("answer", "I run it.", "message:msg_2"),
        ("tool_failure", '{"failed": 1}', "result:call_1"),
    ]
    assert found[2].detail == {"tool": "bash", "command": "pytest -q", "call": "call_1", "exit": 1}
    assert {(event.session, event.cwd) for event in found} == {("ses_1", SHOP)}


def test_what_is_read_is_not_told_again(first: Database) -> None:
    following = Following(first.path)
    first.message("msg_1", LONG_AGO, user(LONG_AGO), said("Mend the export"))
    assert following.new() == [("prompt", "Mend the export")]
    assert following.new() == []
    first.message("msg_2", LONG_AGO + 60_000, assistant(LONG_AGO + 60_000), said("Mended."))
    assert following.new() == [("answer", "Mended.")]
    assert [event.key for event in following.events()] == ["message:msg_2"]


def test_of_a_message_that_is_being_written_only_calls_that_are_over_are_told(first: Database) -> None:
    now, following = int(time.time() * 1000), Following(first.path)
    first.message("msg_1", now, assistant(now, done=False), said("I ru"), call("running"))
    assert following.new() == []
    first.message("msg_1", now, assistant(now, done=False), said("I run it."), call("completed", output="1 passed"))
    assert following.new() == [("tool_result", "1 passed")]
    first.message("msg_2", now + 9, user(now + 9), said("And?"))
    assert following.new() == [("prompt", "And?")]
    first.message("msg_1", now, assistant(now), said("I run it. Done."), call("completed", output="1 passed"))
    assert following.new() == [("answer", "I run it. Done.")]


def test_what_an_agent_said_before_it_was_killed_is_told_in_the_end(first: Database) -> None:
    first.message("msg_1", LONG_AGO, assistant(LONG_AGO, done=False), said("I was about to"))
    assert Following(first.path).new() == [("answer", "I was about to")]


def test_a_summary_of_opencode_is_a_compaction(first: Database) -> None:
    first.message("msg_1", LONG_AGO, assistant(LONG_AGO, summary=True), said("Goal: mend the export"))
    (event,) = Following(first.path).events()
    assert (event.kind, event.text, event.detail["summary"]) == ("compaction", "", "Goal: mend the export")


def test_a_child_session_of_opencode_is_below_its_parent(first: Database) -> None:
    first.session("ses_2", "ses_1")
    first.message("msg_1", LONG_AGO, user(LONG_AGO), said("Look for callers"), session="ses_2")
    (event,) = Following(first.path).events()
    assert (event.session, event.parent) == ("ses_2", "ses_1")


def fill_second(database: Database, table: str, *, updated: bool) -> None:
    content = [
        said("I run it."),
        {"type": "tool", "id": "call_1", "name": "bash", "state": {
            "status": "completed", "input": {"command": "pytest -q"}, "content": [said("1 failed")], "structured": {"exit": 1},
        }},
        {"type": "tool", "id": "call_2", "name": "edit", "state": {
            "status": "error", "input": {"filePath": "a.py"}, "content": [], "structured": {}, "error": {"type": "unknown", "message": "no such file"},
        }},
    ]  # fmt: skip
    times = {"time": {"created": LONG_AGO, "completed": LONG_AGO}}
    rows = [
        ("user", {"text": "Mend the export", **times}),
        ("synthetic", {"text": "you are in plan mode", **times}),
        ("assistant", {"agent": "build", "model": {"id": "m1"}, "content": content, "finish": "stop", **times}),
        ("shell", {"callID": "call_3", "command": "git status", "output": "clean", **times}),
        ("compaction", {"reason": "auto", "summary": "Goal: mend the export", "recent": "", **times}),
    ]
    database.session("ses_1", table=table)
    for number, (kind, data) in enumerate(rows):
        at = LONG_AGO + number
        values = ("msg_" + str(number), "ses_1", kind, number, at, *([at] if updated else []), data)
        database.run(f"INSERT INTO session_message VALUES ({', '.join('?' * len(values))})", *values)


@pytest.mark.parametrize("table", ["session_v2", "session"])
@pytest.mark.parametrize("updated", [True, False])
def test_opencode_2_is_read_in_each_shape_it_has_had(tmp_path: Path, table: str, updated: bool) -> None:
    schema = OPENCODE_2.format(sessions=table, updated="time_updated integer NOT NULL," if updated else "")
    database = Database(tmp_path / "opencode.db", schema)
    fill_second(database, table, updated=updated)
    found = Following(database.path).events()
    assert [(event.kind, event.text) for event in found] == [
        ("prompt", "Mend the export"),
        ("answer", "I run it."),
        ("tool_failure", "1 failed"),
        ("tool_failure", "no such file"),
        ("tool_result", "clean"),
        ("compaction", ""),
    ]
    assert (found[2].detail["exit"], found[3].detail["paths"], found[4].detail["command"]) == (
        1,
        ["a.py"],
        "git status",
    )
    assert found[5].detail["summary"] == "Goal: mend the export"


def test_what_opencode_2_took_over_from_1_is_told_once(first: Database) -> None:
    with closing(sqlite3.connect(first.path)) as opened:
        opened.executescript(OPENCODE_2.format(sessions="session_v2", updated=""))
    first.message("msg_old", LONG_AGO, user(LONG_AGO), said("Mend the export"))
    first.session("ses_0")
    first.message("msg_0", LONG_AGO, user(LONG_AGO), said("Never taken over"), session="ses_0")
    fill_second(first, "session_v2", updated=False)
    prompts = [event.text for event in Following(first.path).events() if event.kind == "prompt"]
    assert prompts == ["Never taken over", "Mend the export"]


def test_a_large_opencode_database_comes_in_pieces(first: Database) -> None:
    with closing(sqlite3.connect(first.path)) as opened, opened:
        for number in range(2_500):
            at, identity = LONG_AGO + number, f"msg_{number:05}"
            opened.execute("INSERT INTO message VALUES (?, 'ses_1', ?, ?, ?)", (identity, at, at, json.dumps(user(at))))
            opened.execute(
                "INSERT INTO part VALUES (?, ?, 'ses_1', ?, ?)",
                (identity, identity, at, json.dumps(said(f"Prompt {number}"))),
            )
    chunks = list(SOURCES["opencode"].read(first.path, 0, {}))
    assert [event.text for chunk in chunks for event in chunk.events] == [f"Prompt {number}" for number in range(2_500)]
    assert [chunk.position for chunk in chunks] == [0, 0, LONG_AGO + 2_499]
    assert max(len(chunk.events) for chunk in chunks) < 1_200


def test_an_opencode_database_is_read_while_it_is_written(first: Database) -> None:
    first.message("msg_1", LONG_AGO, user(LONG_AGO), said("Mend the export"))
    with closing(sqlite3.connect(first.path)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("DELETE FROM message")
        assert Following(first.path).new() == [("prompt", "Mend the export")]


@pytest.mark.parametrize(("name", "client"), [("opencode.db", "opencode"), ("state.vscdb", "cursor")])
def test_a_broken_database_is_an_error_of_that_file(tmp_path: Path, name: str, client: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"SQLite format 3\0" + b"\xff" * 4_000)
    found = source_of(path)
    assert found is not None
    assert found.client == client
    with pytest.raises(InvalidInput, match="cannot be read"):
        list(found.read(path, 0, {}))


@pytest.mark.parametrize(("name", "client"), [("opencode.db", "opencode"), ("state.vscdb", "cursor")])
def test_a_database_without_the_tables_says_nothing(tmp_path: Path, name: str, client: str) -> None:
    database = Database(tmp_path / name, "CREATE TABLE other (id)")
    assert list(SOURCES[client].read(database.path, 0, {})) == []


def put(path: Path, found: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(found))


def test_opencode_before_it_had_a_database_is_read_from_its_files(tmp_path: Path) -> None:
    storage = tmp_path / "opencode" / "storage"
    session = storage / "session" / "project" / "ses_1.json"
    put(session, {"id": "ses_1", "directory": SHOP, "parentID": None, "title": "Export"})
    put(storage / "message" / "ses_1" / "msg_1.json", user(LONG_AGO))
    put(storage / "part" / "msg_1" / "prt_1.json", said("Mend the export"))
    put(storage / "message" / "ses_1" / "msg_2.json", assistant(LONG_AGO))
    put(storage / "part" / "msg_2" / "prt_1.json", said("I run it."))
    put(storage / "part" / "msg_2" / "prt_2.json", call("completed", output="1 passed"))
    assert list(SOURCES["opencode"].files({"XDG_DATA_HOME": str(tmp_path)}, tmp_path)) == [session]
    end = SOURCES["opencode"].end(session)
    following = Following(session)
    assert following.new() == [("prompt", "Mend the export"), ("answer", "I run it."), ("tool_result", "1 passed")]
    assert following.events() == []
    put(storage / "message" / "ses_1" / "msg_3.json", user(LONG_AGO))
    put(storage / "part" / "msg_3" / "prt_1.json", said("And the version"))
    assert following.new() == [("prompt", "And the version")]
    later = [event for chunk in SOURCES["opencode"].read(session, *end) for event in chunk.events]
    assert [event.text for event in later] == ["And the version"]


class Editor(Database):
    """Cursor's database."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, "CREATE TABLE cursorDiskKV (key TEXT UNIQUE ON CONFLICT REPLACE, value BLOB)")

    def conversation(self, identity: str, changed: int, bubbles: dict[str, dict[str, Any]], **more: Any) -> None:
        headers = [{"bubbleId": bubble} for bubble in bubbles]
        about = {"composerId": identity, "createdAt": LONG_AGO, "lastUpdatedAt": changed, **more}
        self.run(
            "INSERT INTO cursorDiskKV VALUES (?, ?)",
            f"composerData:{identity}",
            {**about, "fullConversationHeadersOnly": headers},
        )
        for name, bubble in bubbles.items():
            self.run("INSERT INTO cursorDiskKV VALUES (?, ?)", f"bubbleId:{identity}:{name}", bubble)


@pytest.fixture
def editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Editor:
    monkeypatch.setenv("HOME", str(tmp_path))
    return Editor(tmp_path / ".config" / "Cursor" / "User" / "globalStorage" / "state.vscdb")


ASKED = {"type": 1, "text": "Mend the export", "createdAt": "2026-11-20T09:00:01.000Z", "workspaceProjectDir": SHOP}
RAN = {"type": 2, "text": "", "toolFormerData": {
    "name": "run_terminal_cmd", "toolCallId": "k1", "status": "completed", "rawArgs": '{"command": "pytest"}',
    "result": '{"output": "1 failed", "exitCode": 1}',
}}  # fmt: skip


def test_cursors_editor_says_prompts_answers_and_what_came_of_calls(editor: Editor) -> None:
    editor.conversation("c1", LONG_AGO + 5, {"b1": ASKED, "b2": RAN, "b3": {"type": 2, "text": "It fails."}})
    found = Following(editor.path, "cursor").events()
    assert [(event.kind, event.text, event.key) for event in found] == [
        ("prompt", "Mend the export", "bubble:b1"),
        ("tool_failure", "1 failed", "result:k1"),
        ("answer", "It fails.", "bubble:b3"),
    ]
    assert found[1].detail == {"tool": "run_terminal_cmd", "command": "pytest", "call": "k1", "exit": 1}
    assert {(event.session, event.cwd) for event in found} == {("c1", SHOP)}


def test_a_conversation_of_cursor_is_read_when_it_rests_and_told_once(editor: Editor) -> None:
    now, following = int(time.time() * 1000), Following(editor.path, "cursor")
    editor.conversation("c1", now, {"b1": ASKED, "b2": {"type": 2, "text": "It fa"}}, status="generating")
    assert following.new() == []
    editor.conversation("c2", now + 60_000, {"b9": {"type": 1, "text": "Something else"}})
    assert following.new() == [("prompt", "Something else")]
    editor.conversation("c1", now + 1, {"b1": ASKED, "b2": {"type": 2, "text": "It fails."}}, status="completed")
    assert following.new() == [("prompt", "Mend the export"), ("answer", "It fails.")]
    assert following.new() == []


def test_what_is_in_a_transcript_of_cursor_is_not_read_from_its_editor(editor: Editor, tmp_path: Path) -> None:
    editor.conversation("c1", LONG_AGO, {"b1": ASKED})
    put(tmp_path / ".cursor" / "projects" / "shop" / "agent-transcripts" / "c1" / "c1.jsonl", {})
    assert Following(editor.path, "cursor").events() == []


def test_cursors_editor_lies_where_editors_keep_their_settings(editor: Editor, tmp_path: Path) -> None:
    assert list(SOURCES["cursor"].files({}, tmp_path)) == [editor.path]


def test_cline_says_prompts_without_what_its_editor_adds(tmp_path: Path) -> None:
    task = tmp_path / "cl-1" / "cl-1.messages.json"
    task.parent.mkdir()
    task.write_bytes((DATA / "cline.messages.json").read_bytes())
    found = Following(task, "cline").events()
    assert [(event.kind, event.text) for event in found] == [
        ("prompt", "Mend the export"), ("answer", "I run it."), ("tool_failure", "1 failed"), ("prompt", "Go on"),
    ]  # fmt: skip
    assert found[2].detail["command"] == "pytest"
    assert {(event.session, event.cwd) for event in found} == {("cl-1", SHOP)}


def test_cline_says_where_it_works_beside_its_messages(tmp_path: Path) -> None:
    task = tmp_path / "cl-1" / "cl-1.messages.json"
    put(task, {"messages": [{"role": "user", "content": "Mend the export"}]})
    put(tmp_path / "cl-1" / "cl-1.json", {"session_id": "cl-1", "cwd": SHOP})
    assert [event.cwd for event in Following(task, "cline").events()] == [SHOP]


def test_an_older_gemini_cli_chat_is_one_document() -> None:
    found = Following(DATA / "gemini-cli-older.json", "gemini-cli").events()
    assert [(event.kind, event.text) for event in found] == [
        ("prompt", "Mend the export"), ("answer", "Mended."), ("tool_result", "Successfully modified"), ("tool_failure", "cancelled by the user"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("client", "name", "message"),
    [
        ("cline", "api_conversation_history.json", {"role": "user", "content": "later"}),
        ("gemini-cli", "session-x.json", {"id": "g9", "type": "user", "content": "later"}),
    ],
)
def test_of_a_document_read_from_its_end_only_new_messages_are_told(
    tmp_path: Path, client: str, name: str, message: dict[str, Any]
) -> None:
    path, earlier = tmp_path / name, {**message, "id": "g1", "content": "earlier"}
    put(path, {"sessionId": "s1", "messages": [earlier]})
    end = SOURCES[client].end(path)
    put(path, {"sessionId": "s1", "messages": [earlier, message]})
    for _ in range(2):
        (chunk,) = SOURCES[client].read(path, *end)
        assert [event.text for event in chunk.events] == ["later"]
        end = (chunk.position, chunk.state)


@pytest.mark.parametrize("client", ["cline", "gemini-cli"])
@pytest.mark.parametrize("given", ["", "{", "3", "{}", '{"messages": 3}'])
def test_a_document_that_is_none_is_an_error_of_that_file(tmp_path: Path, client: str, given: str) -> None:
    path = tmp_path / "session-x.json"
    path.write_text(given)
    with pytest.raises(InvalidInput):
        list(SOURCES[client].read(path, 0, {}))
