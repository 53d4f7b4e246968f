"""The two clocks on every read: what was true at a moment, and what was held true at another."""

from __future__ import annotations

from typing import Any

import pytest
from tests.conftest import Clock

from everlore.app.app import App
from everlore.core.errors import InvalidInput, NotFound

AT = "acme/web"  # the clock begins on Monday 2 March 2026, 09:00 UTC


def call(app: App, operation: str, /, **request: object) -> Any:
    return app.call(operation, request)


def keep(app: App, text: str, **more: object) -> Any:
    return call(app, "remember", text=text, namespace=AT, **more)


def texts(app: App, **request: object) -> list[str]:
    return [memory.text for memory in call(app, "list", namespace=AT, **request).memories]


def found(app: App, query: str, **request: object) -> list[str]:
    return [item.text for item in call(app, "recall", query=query, namespace=AT, **request).items]


def held(app: App, uid: str) -> list[list[tuple[str | None, str | None, str | None, str | None]]]:
    """Return what was believed of each revision: from and until in the world, from and until in the store, as days."""
    chain = call(app, "history", id=uid).revisions
    rows = [(b.valid_from, b.valid_until, b.recorded, b.recorded_until) for r in chain for b in r.believed]
    numbers = [r.number for r in chain for _ in r.believed]
    days = [tuple(time and time[5:10] for time in row) for row in rows]
    return [[d for d, n in zip(days, numbers, strict=True) if n == r.number] for r in chain]  # type: ignore[misc]


def test_a_late_fact_was_true_before_it_was_known(app: App, clock: Clock) -> None:
    uid = keep(app, "The harbour database is MySQL", valid_from="2026-01-10").id
    clock.advance(days=10)  # 12 March
    call(app, "revise", id=uid, text="The harbour database is PostgreSQL", valid_from="2026-02-20")
    assert call(app, "get", id=uid, as_of="2026-02-15").memory.text == "The harbour database is MySQL"
    assert call(app, "get", id=uid, as_of="2026-02-25").memory.text == "The harbour database is PostgreSQL"
    believed = call(app, "get", id=uid, as_of="2026-02-25", recorded_as_of="2026-03-05").memory
    assert (believed.text, believed.valid_until) == ("The harbour database is MySQL", None)
    assert call(app, "get", id=uid, recorded_as_of="2026-03-05").memory.revision == 1
    for moment in ({"as_of": "2026-01-05"}, {"recorded_as_of": "2026-02-15"}):
        with pytest.raises(NotFound, match="was not held true then"):
            call(app, "get", id=uid, **moment)
    assert held(app, uid) == [
        [("01-10", None, "03-02", "03-12"), ("01-10", "02-20", "03-12", None)],
        [("02-20", None, "03-12", None)],
    ]


def test_a_list_is_of_its_moment(app: App, clock: Clock) -> None:
    port = keep(app, "The crane listens on port 4001", valid_from="2026-01-10").id
    gone = keep(app, "The pier has two lamps", valid_from="2026-01-20").id
    clock.advance(days=10)
    newer = keep(app, "The crane listens on port 4002", valid_from="2026-03-01")
    assert (newer.outcome, newer.other) == ("superseded", port)
    call(app, "forget", id=gone)
    assert texts(app) == ["The crane listens on port 4002"]
    assert texts(app, as_of="2026-02-15") == ["The crane listens on port 4001"]
    assert texts(app, as_of="2026-02-15", recorded_as_of="2026-03-05") == [
        "The pier has two lamps",
        "The crane listens on port 4001",
    ]
    assert texts(app, as_of="2026-03-02", recorded_as_of="2026-03-05")[-1] == "The crane listens on port 4001"
    page = call(app, "list", namespace=AT, as_of="2026-02-15", recorded_as_of="2026-03-05", limit=1)
    assert (page.total, len(page.memories)) == (2, 1)
    rest = call(app, "list", namespace=AT, as_of="2026-02-15", recorded_as_of="2026-03-05", limit=1, before=page.next)
    assert (rest.memories[0].id, rest.next) == (port, None)
    with pytest.raises(InvalidInput) as raised:
        call(app, "list", state="archived", as_of="2026-02-15")
    assert raised.value.field == "state"


def test_superseding_closes_the_interval_and_keeps_both(app: App, clock: Clock) -> None:
    old = keep(app, "The crane listens on port 4001", valid_from="2026-01-10", valid_until="2026-12-01").id
    clock.advance(days=10)
    new = keep(app, "The crane listens on port 4002", valid_from="2026-03-05")
    both = call(app, "timeline", id=old).events
    assert [e.time for e in both] == sorted(e.time for e in both)
    assert {e.id for e in both if e.what == "became true"} == {old, new.id}
    assert held(app, old) == [[("01-10", "12-01", "03-02", "03-12"), ("01-10", "03-05", "03-12", None)]]
    undone = call(app, "undo", operation=new.operation)
    assert call(app, "get", id=old).memory.valid_until[:10] == "2026-12-01"
    assert call(app, "get", id=old, as_of="2026-03-20").memory.text == "The crane listens on port 4001"
    call(app, "undo", operation=undone.operation)
    with pytest.raises(NotFound):
        call(app, "get", id=old, as_of="2026-03-20")
    clock.advance(days=1)
    call(app, "restore", id=old)
    restored = call(app, "get", id=old).memory
    assert (restored.state, restored.valid_until[:10]) == ("active", "2026-12-01")
    assert len(texts(app, as_of="2026-03-20")) == 2


def test_a_back_dated_value_ends_where_the_known_one_begins(app: App, clock: Clock) -> None:
    keep(app, "The crane listens on port 4002", valid_from="2026-02-01")
    clock.advance(days=1)
    earlier = keep(app, "The crane listens on port 4001", valid_from="2026-01-01", valid_until="2026-02-01")
    assert earlier.outcome == "kept"
    assert texts(app, as_of="2026-01-15") == ["The crane listens on port 4001"]
    assert texts(app, as_of="2026-02-15") == ["The crane listens on port 4002"]


def test_a_revision_put_back_is_believed_from_then_on(app: App, clock: Clock) -> None:
    uid = keep(app, "The gate is green", valid_from="2026-01-10").id
    clock.advance(days=10)
    call(app, "revise", id=uid, text="The gate is red")
    clock.advance(days=10)
    call(app, "restore", id=uid, revision=1)
    read = [call(app, "get", id=uid, as_of=day).memory.text for day in ("2026-03-05", "2026-03-15", "2026-03-25")]
    assert read == ["The gate is green", "The gate is red", "The gate is green"]
    known = call(app, "get", id=uid, as_of="2026-03-25", recorded_as_of="2026-03-15").memory.text
    assert known == "The gate is red"


def test_recall_answers_of_its_moment(app: App, clock: Clock) -> None:
    uid = keep(app, "The harbour database is MySQL", valid_from="2026-01-10").id
    clock.advance(days=10)
    call(app, "revise", id=uid, text="The harbour database is PostgreSQL", valid_from="2026-02-20")
    assert found(app, "harbour database") == ["The harbour database is PostgreSQL"]
    assert found(app, "harbour database", as_of="2026-02-15") == ["The harbour database is MySQL"]
    assert found(app, "harbour database", as_of="2026-02-25", recorded_as_of="2026-03-05") == [
        "The harbour database is MySQL"
    ]
    assert found(app, "harbour database", recorded_as_of="2026-02-15") == []


@pytest.mark.parametrize("how", ["revise", "remember"])
@pytest.mark.parametrize(
    "query", ["what was the port of the crane in February?", "which port did the crane listen on on 15 February 2026"]
)
def test_a_past_that_a_question_names_is_answered_without_as_of(app: App, clock: Clock, query: str, how: str) -> None:
    old, new = "The crane listens on port 4001", "The crane listens on port 4002"
    uid = keep(app, old, valid_from="2026-01-10").id
    clock.advance(days=10)
    if how == "revise":
        call(app, "revise", id=uid, text=new, valid_from="2026-03-01")
    else:
        keep(app, new, valid_from="2026-03-01")
    assert found(app, query)[0] == old
    assert found(app, "what is the port of the crane?") == [new]
    assert found(app, "what was the port of the crane in December 2025?")[0] == new  # nothing else is known of then


def handoffs(app: App, **request: object) -> list[tuple[str, str]]:
    return [(each.text, each.state) for each in call(app, "handoff-list", namespace=AT, **request).handoffs]


def test_handoffs_are_told_as_they_waited(app: App, clock: Clock) -> None:
    first = call(app, "handoff-begin", namespace=AT, text="Paint the gate").handoff.id  # 2 March
    clock.advance(days=2)
    call(app, "handoff-accept", id=first)
    clock.advance(days=2)
    call(app, "handoff-reopen", id=first)
    clock.advance(days=2)
    call(app, "handoff-begin", namespace=AT, text="Oil the crane")  # 8 March
    assert handoffs(app) == [("Oil the crane", "offered"), ("Paint the gate", "superseded")]
    assert handoffs(app, as_of="2026-03-01") == []
    for day, state in (("03", "offered"), ("05", "claimed"), ("07", "offered")):
        for clock_asked in ("as_of", "recorded_as_of"):
            assert handoffs(app, **{clock_asked: f"2026-03-{day}"}) == [("Paint the gate", state)]
    assert handoffs(app, as_of="2026-03-05", state="offered") == []
    assert call(app, "handoff", namespace=AT, as_of="2026-03-05").handoffs == []
    assert [h.id for h in call(app, "handoff", namespace=AT, as_of="2026-03-07").handoffs] == [first]
    assert call(app, "handoff", id=first, as_of="2026-03-05").handoffs[0].state == "claimed"
    assert call(app, "handoff", namespace=AT, as_of="2026-04-20").handoffs == []  # offered for two weeks
    with pytest.raises(NotFound, match="had not been written then"):
        call(app, "handoff", id=first, as_of="2026-03-01")


def test_a_link_holds_at_its_time(app: App, clock: Clock) -> None:
    old = keep(app, "The crane listens on port 4001", valid_from="2026-01-10").id
    clock.advance(days=10)
    keep(app, "The crane listens on port 4002", valid_from="2026-03-05")
    assert [link.kind for link in call(app, "get", id=old).links] == ["supersedes"]
    assert call(app, "get", id=old, as_of="2026-02-15").links == []
