"""Every format: what it yields, and that what is wrong is named, left out on request, and never half taken in."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from everlore.app.app import App
from everlore.core.errors import InvalidInput, NotFound
from everlore.sessions.readers import FORMATS, detect, markdown
from everlore.sessions.records import MAX_TURN, BadLine, MemoryRecord, Record, TurnRecord

TIME = 1_772_442_000_000  # 2026-03-02T09:00:00Z


def line(**more: Any) -> dict[str, Any]:
    return {
        "session": "s1",
        "id": "t1",
        "speaker": "Ann",
        "role": "user",
        "time": "2026-03-02T09:00:00Z",
        "text": "hello",
    } | more


def conversation(path: Path, *lines: Any) -> Path:
    path.write_bytes(
        b"\n".join(each if isinstance(each, bytes) else json.dumps(each).encode() for each in lines) + b"\n"
    )
    return path


def read(path: Path, form: str | None = None) -> list[Record]:
    return list(FORMATS[form or detect(path)](path))


def bad(path: Path, form: str) -> InvalidInput:
    """Return the error of the one thing that is wrong in a file."""
    try:
        (error,) = (record.error for record in read(path, form) if isinstance(record, BadLine))
    except InvalidInput as raised:
        error = raised
    return error


def test_a_conversation_is_read_line_by_line(tmp_path: Path):
    path = conversation(tmp_path / "talk.jsonl", line(), b"", line(id="t2", role="ai", time="2026-03-02T10:00:00+01:00", caption="a map"),
                        line(id="t3", role=None, time=None, speaker=""), line(id="t4", text="", speaker=None))  # fmt: skip
    assert detect(path) == "conversation"
    assert read(path) == [
        TurnRecord("s1", "t1", "Ann", "user", TIME, "hello"),
        TurnRecord("s1", "t2", "Ann", "assistant", TIME, "hello", "a map"),
        TurnRecord("s1", "t3", "unknown", None, None, "hello"),
        TurnRecord("s1", "t4", "user", "user", TIME, ""),
    ]


def test_a_directory_of_conversations_is_read_in_order(tmp_path: Path):
    conversation(tmp_path / "b.jsonl", line(id="2"))
    conversation(tmp_path / "a.jsonl", line(id="1"))
    assert detect(tmp_path) == "conversation"
    assert [record.id for record in read(tmp_path) if isinstance(record, TurnRecord)] == ["1", "2"]


def test_a_byte_order_mark_and_windows_line_ends_are_no_part_of_a_file(tmp_path: Path):
    path = tmp_path / "talk.jsonl"
    path.write_bytes(
        b"\xef\xbb\xbf" + json.dumps(line()).encode() + b"\r\n" + json.dumps(line(id="t2")).encode() + b"\r\n"
    )
    assert detect(path) == "conversation"
    assert [type(record) for record in read(path)] == [TurnRecord, TurnRecord]


WRONG_LINES = [
    ("line", b"not json"),
    ("line", b"[1, 2]"),
    ("line", b'"text"'),
    ("line", b"{" * 5000),
    ("line", b'{"session": "s", "id": "1", "speaker": "A", "text": "\xff"}'),
    ("line", b'{"session": "s", "id": "1", "speaker": "A", "text": "\\ud800"}'),
    ("session", line(session="")),
    ("session", line(session=None)),
    ("session", line(session=[7])),
    ("session", line(session="x" * 401)),
    ("id", line(id=["t"])),
    ("id", line(id="a\x00b")),
    ("speaker", line(speaker={"name": "Ann"})),
    ("role", line(role="captain")),
    ("role", line(role={})),
    ("time", line(time=1_772_442_000)),
    ("time", line(time="yesterday")),
    ("time", line(time="0001-01-01T00:00:00+14:00")),
    ("time", line(time="9999-12-31T23:59:59-14:00")),
    ("text", {"session": "s", "id": "1", "speaker": "A"}),
    ("text", line(text=None)),
    ("text", line(text=["a"])),
    ("text", line(text="a\x00b")),
    ("text", line(text="x" * (MAX_TURN + 1))),
    ("caption", line(caption=3)),
    ("speeker", line(speeker="Ann")),
]


@pytest.mark.parametrize(("field", "wrong"), WRONG_LINES)
def test_a_wrong_line_is_named_with_its_field_and_left_out_on_request(tmp_path: Path, app: App, field: str, wrong: Any):
    path = conversation(tmp_path / "talk.jsonl", line(), wrong, line(id="t3"))
    error = bad(path, "conversation")
    assert error.field == field
    assert "talk.jsonl, line 2" in error.message
    with pytest.raises(InvalidInput) as refused:
        app.call("import", {"path": str(path)})
    assert refused.value.field == field
    assert app.call("status", {}).turns == 0, "one wrong line, and nothing is imported"
    imported = app.call("import", {"path": str(path), "on_error": "skip"})
    assert (imported.turns, [skipped.where for skipped in imported.skipped]) == (2, ["talk.jsonl, line 2"])


def locomo(*sessions: Any, **more: Any) -> list[Any]:
    talk: dict[str, Any] = {"speaker_a": "Ann", "speaker_b": "Ben"}
    for number, turns in enumerate(sessions, 1):
        talk |= {f"session_{number}": turns, f"session_{number}_date_time": "9:00 am on 2 March, 2026"}
    return [{"sample_id": "conv-1", "conversation": talk | more, "qa": []}]


def locomo_turn(**more: Any) -> dict[str, Any]:
    return {"speaker": "Ann", "dia_id": "D1:1", "text": "hello"} | more


BEAM_TURN = {"role": "user", "id": 1, "time_anchor": "March-02-2026", "content": "hello ->-> 1,1"}
HAYSTACK = {
    "question_id": "q1", "question": "?", "haystack_session_ids": ["s1", "s2"], "haystack_dates": ["2026/03/02 (Mon) 09:00", "2026/03/03"],
    "haystack_sessions": [[{"role": "user", "content": "hello"}], [{"role": "assistant", "content": "hi"}]],
}  # fmt: skip
CODING_TURN = {"id": "t1", "role": "user", "time": "2026-03-02T09:00:00Z", "text": "hello"}


def write(path: Path, document: Any) -> Path:
    path.write_text(json.dumps(document))
    return path


def test_locomo_is_read(tmp_path: Path):
    path = write(tmp_path / "x.json", locomo([locomo_turn(), locomo_turn(dia_id="D1:2", speaker="Ben", text="look", blip_caption="a dog")],
                                             [locomo_turn(dia_id="D2:1")]))  # fmt: skip
    assert detect(path) == "locomo"
    assert read(path) == [
        TurnRecord("conv-1/session_1", "D1:1", "Ann", None, TIME, "hello"),
        TurnRecord("conv-1/session_1", "D1:2", "Ben", None, TIME, "look", "a dog"),
        TurnRecord("conv-1/session_2", "D2:1", "Ann", None, TIME, "hello"),
    ]


def test_beam_is_read_from_a_file_a_chat_and_a_directory_of_chats(tmp_path: Path):
    for name in ("10", "9"):
        (tmp_path / name).mkdir()
        answer = {**BEAM_TURN, "role": "assistant", "id": "2", "time_anchor": None}
        write(tmp_path / name / "chat.json", [{"batch_number": 1, "turns": [[BEAM_TURN, answer]]}])
    day = TIME - 9 * 3_600_000
    expected = [
        TurnRecord("9/1", "1", "user", "user", day, "hello"),
        TurnRecord("9/1", "2", "assistant", "assistant", day, "hello"),
    ]
    assert read(tmp_path / "9" / "chat.json") == read(tmp_path / "9") == expected
    assert [detect(path) for path in (tmp_path, tmp_path / "9", tmp_path / "9" / "chat.json")] == ["beam"] * 3
    assert [record.session for record in read(tmp_path) if isinstance(record, TurnRecord)] == [
        "9/1",
        "9/1",
        "10/1",
        "10/1",
    ]


def test_longmemeval_is_read_each_session_once(tmp_path: Path):
    path = write(tmp_path / "x.json", [HAYSTACK, {**HAYSTACK, "question_id": "q2"}])
    assert detect(path) == "longmemeval"
    assert read(path) == [
        TurnRecord("s1", "s1#0", "user", "user", TIME, "hello"),
        TurnRecord("s2", "s2#0", "assistant", "assistant", TIME + 15 * 3_600_000, "hi"),
    ]


def test_coding_sessions_are_read_with_their_tools(tmp_path: Path):
    tool = {"name": "bash", "input": {"command": "make test"}, "output": "2 failed", "exit": 1}
    turns = [
        CODING_TURN,
        {**CODING_TURN, "id": "t2", "role": "assistant", "text": "I run it"},
        {"id": "t3", "role": "tool", "tool": tool},
    ]
    path = write(tmp_path / "sessions.json", [{"session": "s1", "agent": "codex", "turns": turns}])
    assert detect(path) == detect(tmp_path) == "coding"
    assert (
        read(path)
        == read(tmp_path)
        == [
            TurnRecord("s1", "t1", "user", "user", TIME, "hello"),
            TurnRecord("s1", "t2", "codex", "assistant", TIME, "I run it"),
            TurnRecord("s1", "t3", "bash", "tool", None, "bash command: make test\n2 failed\nexit 1"),
        ]
    )


def test_markdown_pages_are_read_with_their_front_matter(tmp_path: Path):
    (tmp_path / "sub").mkdir()
    (tmp_path / ".hidden").mkdir()
    (tmp_path / "a.md").write_bytes(
        b"\xef\xbb\xbf---\r\ntitle: Deploys\r\nkind: convention\r\ntags: [ci, 7]\r\nvalid_from: 2026-03-02\r\n---\r\n"
        b"# Other\r\n\r\nTwo reviews.\r\n"
    )
    (tmp_path / "sub" / "b_page.md").write_text("# Ports #\n\nSee below.\n")
    (tmp_path / "c-page.md").write_text("No heading.\n\n---\n")
    (tmp_path / ".hidden" / "d.md").write_text("not this")
    assert detect(tmp_path) == detect(tmp_path / "a.md") == "markdown"
    assert read(tmp_path) == [
        MemoryRecord("# Other\n\nTwo reviews.", "Deploys", "convention", ("ci", "7"), TIME - 9 * 3_600_000, None),
        MemoryRecord("No heading.\n\n---", "c page", "page", (), None, None),
        MemoryRecord("# Ports #\n\nSee below.", "Ports", "page", (), None, None),
    ]


WRONG_DOCUMENTS: list[tuple[str, str, Any]] = [
    ("locomo", "path", {}),
    ("locomo", "conversation", [7]),
    ("locomo", "conversation", [{"sample_id": "x"}]),
    ("locomo", "session_1", locomo("turns")),
    ("locomo", "session_1", locomo(["turn"])),
    ("locomo", "dia_id", locomo([locomo_turn(dia_id=None)])),
    ("locomo", "speaker", locomo([locomo_turn(speaker=3)])),
    ("locomo", "text", locomo([locomo_turn(text=None)])),
    ("locomo", "text", locomo([locomo_turn(text="\ud800")])),
    ("locomo", "time", locomo([locomo_turn()], session_1_date_time="soon")),
    ("beam", "batches", {}),
    ("beam", "batch", ["x"]),
    ("beam", "turns", [{"batch_number": 1}]),
    ("beam", "turns", [{"batch_number": 1, "turns": ["x"]}]),
    ("beam", "turns", [{"batch_number": 1, "turns": [["x"]]}]),
    ("beam", "id", [{"batch_number": 1, "turns": [[{**BEAM_TURN, "id": None}]]}]),
    ("beam", "id", [{"batch_number": 1, "turns": [[{**BEAM_TURN, "id": True}]]}]),
    ("beam", "role", [{"batch_number": 1, "turns": [[{**BEAM_TURN, "role": "captain"}]]}]),
    ("beam", "content", [{"batch_number": 1, "turns": [[{"role": "user", "id": 1}]]}]),
    ("longmemeval", "path", [{}]),
    ("longmemeval", "haystack_sessions", [{**HAYSTACK, "haystack_sessions": "x"}]),
    ("longmemeval", "haystack_sessions", [{**HAYSTACK, "haystack_sessions": ["x", "y"]}]),
    ("longmemeval", "haystack_sessions", [{**HAYSTACK, "haystack_sessions": [["x"], []]}]),
    ("longmemeval", "haystack_session_ids", [{**HAYSTACK, "haystack_session_ids": ["s1"]}]),
    ("longmemeval", "haystack_session_ids", [{**HAYSTACK, "haystack_session_ids": None}]),
    ("longmemeval", "haystack_dates", [{**HAYSTACK, "haystack_dates": [7, 8]}]),
    ("longmemeval", "haystack_dates", [{**HAYSTACK, "haystack_dates": ["soon", "later"]}]),
    ("longmemeval", "content", [{**HAYSTACK, "haystack_sessions": [[{"role": "user"}], []]}]),
    ("coding", "path", {"session": "s"}),
    ("coding", "session", ["x"]),
    ("coding", "session", [{"turns": []}, {"session": 3}][1:]),
    ("coding", "agent", [{"session": "s", "agent": 7}]),
    ("coding", "turns", [{"session": "s", "turns": {}}]),
    ("coding", "turns", [{"session": "s", "turns": [3]}]),
    ("coding", "id", [{"session": "s", "turns": [{**CODING_TURN, "id": 7}]}]),
    ("coding", "text", [{"session": "s", "turns": [{"id": "1", "role": "user"}]}]),
    ("coding", "tool", [{"session": "s", "turns": [{**CODING_TURN, "tool": "bash"}]}]),
    ("coding", "time", [{"session": "s", "turns": [{**CODING_TURN, "time": 12}]}]),
    ("coding", "speaker", [{"session": "s", "turns": [{**CODING_TURN, "speaker": ["Ann"]}]}]),
]


@pytest.mark.parametrize(("form", "field", "document"), WRONG_DOCUMENTS)
def test_a_wrong_document_names_the_field(tmp_path: Path, form: str, field: str, document: Any):
    assert bad(write(tmp_path / "x.json", document), form).field == field


@pytest.mark.parametrize("form", ["locomo", "beam", "longmemeval", "coding"])
@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 100_000])
def test_a_file_that_is_not_json_is_refused(tmp_path: Path, form: str, content: bytes):
    path = tmp_path / "x.json"
    path.write_bytes(content)
    assert bad(path, form).field == "path"


def test_a_wrong_conversation_is_left_out_whole_and_the_others_come_in(tmp_path: Path, app: App):
    good = {"sample_id": "good", "conversation": {"session_1": [locomo_turn()]}}
    path = write(tmp_path / "x.json", [*locomo([locomo_turn(), locomo_turn(dia_id=None)]), good])
    with pytest.raises(InvalidInput):
        app.call("import", {"path": str(path), "format": "locomo"})
    imported = app.call("import", {"path": str(path), "format": "locomo", "on_error": "skip"})
    assert (imported.sessions, imported.turns) == (1, 1)
    assert [skipped.where for skipped in imported.skipped] == ["x.json, conversation conv-1"]


WRONG_PAGES = [
    ("text", b""),
    ("text", b"---\ntitle: x\n---\n"),
    ("text", b"\xff\xfe"),
    ("text", b"a\x00b"),
    ("text", b"x" * 1_000_001),
    ("kind", b"---\nkind: poem\n---\ntext"),
    ("title", b"---\ntitle: [a, b]\n---\ntext"),
    ("title", b"---\ntitle: " + b"x" * 301 + b"\n---\ntext"),
    ("tags", b"---\ntags: {a: b}\n---\ntext"),
    ("tags", b"---\ntags: [" + b"t, " * 33 + b"]\n---\ntext"),
    ("tags", b"---\ntags: [[a]]\n---\ntext"),
    ("tags", b"---\ntags: " + b"x" * 65 + b"\n---\ntext"),
    ("valid_from", b"---\nvalid_from: soon\n---\ntext"),
    ("valid_from", b"---\ndate: [2026]\n---\ntext"),
    ("front matter", b"---\na: [\n---\ntext"),
    ("front matter", b"---\nvalid_from: 2026-13-45\n---\ntext"),
    ("front matter", b"---\n" + b"a: &a [x]\n" + b"b: *c\n" + b"---\ntext"),
    ("front matter", b"---\na: 1\na: 2\n---\ntext"),
]


@pytest.mark.parametrize(("field", "page"), WRONG_PAGES)
def test_a_wrong_page_names_the_field(tmp_path: Path, field: str, page: bytes):
    (tmp_path / "x.md").write_bytes(page)
    assert bad(tmp_path / "x.md", "markdown").field == field


def test_aliases_in_front_matter_do_not_explode(tmp_path: Path):
    levels = "\n".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12))
    (tmp_path / "x.md").write_text(f"---\na0: &a0 [x, x]\n{levels}\ntags: *a11\n---\ntext")
    assert bad(tmp_path / "x.md", "markdown").field == "tags"


def test_a_heading_too_long_for_a_title_stays_in_the_text(tmp_path: Path):
    (tmp_path / "x.md").write_text(f"# {'y' * 400}\n")
    (record,) = read(tmp_path / "x.md")
    assert isinstance(record, MemoryRecord)
    assert (record.title, len(record.text)) == ("x", 402)


def test_what_a_file_holds_may_be_unclear(tmp_path: Path):
    for name, content in (("x.json", "[]"), ("y.txt", "hello")):
        (tmp_path / name).write_text(content)
        with pytest.raises(InvalidInput) as unsure:
            detect(tmp_path / name)
        assert unsure.value.field == "format"
    (tmp_path / "empty").mkdir()
    with pytest.raises(InvalidInput) as unsure:
        detect(tmp_path / "empty")
    assert unsure.value.field == "path"
    with pytest.raises(NotFound):
        detect(tmp_path / "nothing")


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["user", "s1", "2026-03-02"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = ["type", "name", "entityType", "observations", "from", "to", "relationType", "entities", "relations", "memory", "metadata", "categories",
          "created_at", "results", "session", "id", "speaker", "role", "time", "text", "caption", "conversation", "session_1", "dia_id", "turns",
          "batch_number", "content", "haystack_sessions", "haystack_session_ids", "haystack_dates", "tool", "agent", "sample_id", "time_anchor"]  # fmt: skip
DOCUMENTS = st.recursive(
    st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner | JSON, max_size=4),
    max_leaves=12,
)


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("readers")


def check_any(make: Callable[[], list[Record]]) -> None:
    try:
        records = make()
    except InvalidInput as error:
        assert error.field
        return
    for record in records:
        if isinstance(record, BadLine):
            assert record.error.field
            assert record.where
        elif isinstance(record, (MemoryRecord, TurnRecord)):
            record.text.encode("utf-8")


@given(st.lists(DOCUMENTS | JSON, max_size=3) | DOCUMENTS)
def test_no_reader_trips_over_any_json(scratch: Path, document: Any):
    path = scratch / "x.json"
    path.write_bytes(json.dumps(document).encode())
    for form in ("locomo", "beam", "longmemeval", "coding", "conversation", "mem0", "mcp-memory"):
        check_any(lambda form=form: read(path, form))


@given(
    st.lists(
        st.sampled_from(
            ["# One", "## Two two", "### Three #x", "plain words", "", "```", "~~~", "- a point", "x" * 3000]
        ),
        max_size=30,
    )
)
def test_cutting_a_page_loses_no_word(lines: list[str]):
    text = "\n".join(lines).strip()
    parts = markdown.parts(text) if text else []
    assert " ".join(part for _, part in parts).split() == text.split()


@given(st.text(max_size=200).map(str.encode) | st.binary(max_size=200), st.booleans())
def test_no_reader_trips_over_any_bytes(scratch: Path, content: bytes, framed: bool):
    pages = [(form, "x.md") for form in ("markdown", "rules", "claude-memory", "basic-memory", "mempalace")]
    for form, name in (
        ("conversation", "x.jsonl"),
        ("locomo", "x.json"),
        ("mcp-memory", "x.json"),
        ("mem0", "x.json"),
        *pages,
    ):
        path = scratch / name
        path.write_bytes(b"---\n" + content + b"\n---\ntext" if framed else content)
        check_any(lambda path=path, form=form: read(path, form))
