"""Events into the store: each thing once, whoever tells it and how often, in the session and the project it belongs to."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from everlore.core.types import Namespace
from everlore.sessions import capture
from everlore.sessions.capture import Captured, Channel
from everlore.sessions.records import Event
from everlore.store import journal, namespaces
from everlore.store.contract import Row
from everlore.store.sqlite import SqliteStore

NOW = 1_772_442_000_000


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with SqliteStore(tmp_path / "everlore.db") as opened:
        yield opened


def event(kind: Any, text: str = "", *, at: int = NOW, **more: Any) -> Event:
    return Event("claude-code", more.pop("session", "s1"), kind, more.pop("name", kind), at=at, text=text, **more)


def take(store: SqliteStore, *events: Event, channel: Channel = "hook", where: str = "acme/web") -> Captured:
    with store.write() as unit:

        def place(_: Event) -> Namespace | None:
            return namespaces.ensure(unit, where, NOW) if where else None

        return capture.take(unit, events, place, channel=channel, entry=journal.begin(unit), now=NOW)


def turns(store: SqliteStore) -> list[Row]:
    with store.read() as unit:
        return [(row[4], row[11], row[9]) for row in unit.rows("turns_all")]


def texts(store: SqliteStore) -> list[str]:
    return [row[2] for row in turns(store)]


def test_what_was_said_and_done_becomes_turns_in_order(store: SqliteStore):
    took = take(
        store,
        event("session_start", detail={"source": "startup"}),
        event("prompt", "Mend the export", key="prompt:1"),
        event("tool_result", "3 passed", key="result:t1", detail={"tool": "Bash", "command": "pytest -q", "exit": 0}),
        event("tool_failure", "boom", key="result:t2", detail={"tool": "Bash", "command": "make", "exit": 2}),
        event("answer", "Mended."),
        event("session_end", at=NOW + 1, detail={"reason": "logout"}),
    )
    assert (took.sessions, took.turns, took.known) == (1, 4, 0)
    assert turns(store) == [
        ("user", "prompt", "Mend the export"),
        ("Bash", "tool_result", "Bash pytest -q\n3 passed"),
        ("Bash", "tool_failure", "Bash make\nboom\nexit 2"),
        ("claude-code", "answer", "Mended."),
    ]
    with store.read() as unit:
        row = unit.one("session_of_client", client="claude-code", external="s1")
        assert row is not None
        assert row[6] == NOW + 1
        assert [kind for kind, *_ in unit.rows("happenings_of_session", session=row[0])] == [
            "session_start",
            "session_end",
        ]


def test_the_same_delivery_again_changes_nothing(store: SqliteStore):
    given = [
        event("session_start"),
        event("prompt", "Mend the export", key="prompt:1"),
        event("tool_result", "ok", key="result:t1", detail={"tool": "Bash", "command": "ls"}),
        event("answer", "Mended."),
        event("session_end"),
    ]
    take(store, *given)
    again = take(store, *given)
    assert (again.turns, again.known, again.closed) == (0, 5, [])
    assert len(turns(store)) == 3


def test_the_transcript_tells_what_the_hooks_told_and_only_the_rest_is_new(store: SqliteStore):
    take(
        store,
        event("prompt", "continue", key="prompt:1"),
        event("tool_result", "ok", key="result:t1", detail={"tool": "Bash", "command": "ls"}),
        event("answer", "Done."),
        event("prompt", "continue", key="prompt:2", at=NOW + 60_000),
    )
    told = [
        event("prompt", "continue", key="uuid:a", at=NOW - 900),
        event("answer", "First I look.", key="uuid:b"),
        event("tool_result", "ok\n", key="result:t1", detail={"tool": "Bash", "command": "ls"}),
        event("answer", "Done.  ", key="uuid:c", at=NOW + 1000),
        event("prompt", "continue", key="uuid:d", at=NOW + 59_000),
    ]
    took = take(store, *told, channel="transcript")
    assert (took.turns, took.known) == (1, 4)
    assert sorted(texts(store)) == ["Bash ls\nok", "Done.", "First I look.", "continue", "continue"]
    again = take(store, *told, channel="transcript")
    assert (again.turns, again.known) == (0, 5)


def test_the_hooks_tell_what_the_transcript_told(store: SqliteStore):
    take(store, event("prompt", "Mend it", key="uuid:a"), event("answer", "Done.", key="uuid:b"), channel="transcript")
    took = take(store, event("prompt", "Mend it", key="prompt:1"), event("answer", "Done."))
    assert (took.turns, took.known) == (0, 2)


def test_a_client_without_keys_that_says_the_same_later_says_it_anew(store: SqliteStore):
    take(store, event("prompt", "continue"), event("prompt", "continue", at=NOW + 300))
    take(store, event("prompt", "continue", at=NOW + capture.ECHO + 400))
    assert texts(store) == ["continue", "continue"]


def test_two_clients_hooks_that_run_for_one_prompt_tell_it_once(store: SqliteStore):
    take(store, event("prompt", "Mend it", key="generation:7:prompt"))
    took = take(store, event("prompt", "Mend it", key="prompt:1", at=NOW + 500))
    assert took.known == 1
    take(store, event("prompt", "Mend it", key="prompt:2", at=NOW + 5_000))
    assert len(texts(store)) == 2, "later it is another prompt"


def test_a_subagent_belongs_to_its_parent(store: SqliteStore):
    take(store, event("answer", "Found it", session="s1/agent-1", parent="s1"))
    with store.read() as unit:
        rows = {row[3]: row for row in unit.rows("sessions_all")}
    assert rows["s1/agent-1"][10] == rows["s1"][1]


def test_a_session_stays_where_it_began(store: SqliteStore):
    take(store, event("prompt", "one", key="prompt:1"))
    take(store, event("prompt", "two", key="prompt:2"), where="acme/other")
    with store.read() as unit:
        assert {row[8] for row in unit.rows("sessions_all")} == {"acme/web"}


def test_what_belongs_nowhere_is_ignored(store: SqliteStore):
    assert take(store, event("prompt", "one", key="prompt:1"), where="").ignored == 1
    assert texts(store) == []


def test_a_session_that_ended_goes_on_when_somebody_speaks(store: SqliteStore):
    take(store, event("prompt", "one", key="prompt:1"), event("session_end"))
    take(store, event("prompt", "two", key="prompt:2", at=NOW + 60_000))
    with store.read() as unit:
        row = unit.one("session_of_client", client="claude-code", external="s1")
    assert row is not None
    assert row[6] is None


KINDS = ["prompt", "answer", "tool_result", "turn_end", "other"]
EVENTS = st.builds(
    lambda kind, text, key, gap: event(kind, text, key=f"uuid:{key}" if key else "", at=NOW + gap * 60_000),
    st.sampled_from(KINDS),
    st.sampled_from(["a", "b", "c c"]),
    st.integers(0, 6),
    st.integers(0, 5),
)


@settings(max_examples=60)
@given(st.lists(EVENTS, max_size=12), st.data())
def test_telling_it_in_any_pieces_and_again_stores_the_same(
    tmp_path_factory: Any, events: list[Event], data: st.DataObject
):
    place = tmp_path_factory.mktemp("stores")
    cuts = sorted(data.draw(st.lists(st.integers(0, len(events)), max_size=3)))
    whole, pieces = place / "whole.db", place / "pieces.db"
    with SqliteStore(whole) as one, SqliteStore(pieces) as other:
        take(one, *events)
        for part in _cut(events, cuts):
            take(other, *part)
            take(other, *part)
        assert texts(one) == texts(other)


def _cut(events: Sequence[Event], cuts: Sequence[int]) -> Iterator[Sequence[Event]]:
    for start, end in zip([0, *cuts], [*cuts, len(events)], strict=True):
        yield events[start:end]
