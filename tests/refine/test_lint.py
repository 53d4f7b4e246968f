"""Each finder finds what it is for, and nothing where that is not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from everlore.core.types import Memory, Namespace, Revision
from everlore.memory.tiers import DAY
from everlore.refine import lint, places
from everlore.refine.lint import Note

NOW = 1_000 * DAY
OLD = NOW - 400 * DAY


def note(
    uid: str = "m1",
    text: str = "The tide gauge reports hourly",
    *,
    title: str | None = None,
    at: int = OLD,
    **more: Any,
) -> Note:
    memory = Memory(
        1, uid, more.pop("namespace", 2), more.pop("kind", "fact"), "active", 2, "long", 0.5, more.pop("pinned", False), (), at, 1,
        more.pop("uses", 0), more.pop("last_used", None), more.pop("visibility", "unit"), "ana", None, None, 0, None,
    )  # fmt: skip
    head = Revision(
        1, 1, 1, title, text, text.encode(), None, more.pop("until", None), more.pop("revised", at), None, "ana", more.pop("source", None)
    )  # fmt: skip
    return Note(memory, head, 1, **more)


def found(problems: Any) -> list[tuple[str, ...]]:
    return [problem.ids for problem in problems]


def test_what_is_true_no_more_has_ended() -> None:
    assert found(lint.ended([note(until=NOW)], NOW)) == [("m1",)]
    assert found(lint.ended([note(until=NOW + 1), note()], NOW)) == []


@pytest.mark.parametrize("fresh", [{"last_used": NOW - DAY}, {"revised": NOW - DAY}, {"pinned": True}])
def test_what_nobody_touched_is_stale(fresh: dict[str, Any]) -> None:
    (problem,) = lint.stale([note()], NOW, 180)
    assert problem.fix is not None
    assert (problem.fix.operation, problem.fix.payload["id"]) == ("forget", "m1")
    assert found(lint.stale([note(**fresh)], NOW, 180)) == []


@pytest.mark.parametrize(
    "held", [{"linked": 1}, {"uses": 1}, {"pinned": True}, {"at": NOW - DAY}, {"text": "see [[Ports]]"}]
)
def test_what_nothing_leads_to_is_an_orphan(held: dict[str, Any]) -> None:
    assert found(lint.orphans([note()], NOW)) == [("m1",)]
    assert found(lint.orphans([note(**held)], NOW)) == []


def test_what_another_text_names_is_no_orphan() -> None:
    named, other = note(title="Tide Gauge"), note("m2", "see [[tide-gauge]]", linked=1)
    assert found(lint.orphans([named, other], NOW)) == []
    assert found(lint.orphans([replace(named, workspace=7), other], NOW)) == [("m1",)]


@pytest.mark.parametrize(
    "name", ["Harbour Log", "harbour-log", "pages/Harbour log.md", "Harbour log#times", "Harbour Log|the log"]
)
def test_a_link_to_a_name_leads_somewhere_however_it_is_written(name: str) -> None:
    names = {1: {"harbour-log": "Harbour Log"}}
    assert found(lint.broken([note(text=f"see [[{name}]]")], names)) == []
    assert found(lint.broken([note(text=f"see [[{name}]]")], {})) == [("m1",)]


def test_a_link_that_is_nearly_right_is_mended_and_one_in_code_is_none() -> None:
    names = {1: {"harbour-log": "Harbour Log", "tides": "Tides"}}
    (problem,) = lint.broken([note(text="see [[Harbor Log]] and `[[x]]`\n```\n[[y]]\n```\n![[map.png]]")], names)
    assert problem.fix is not None
    assert "[[Harbour Log]]" in problem.fix.payload["text"]
    (far,) = lint.broken([note(text="see [[Anchors]]")], names)
    assert far.fix is None


def test_the_same_text_twice_in_one_place_is_a_duplicate() -> None:
    (problem,) = lint.duplicates([note("m1"), note("m2", uses=3)])
    assert problem.fix is not None
    assert problem.fix.payload == {"ids": ["m1"], "into": "m2"}
    apart = [
        note("m1"),
        note("m2", namespace=3),
        note("m3", kind="decision"),
        note("m4", "Another"),
        note("m5", visibility="private"),
    ]
    assert found(lint.duplicates(apart)) == []


def test_pages_of_one_name_are_duplicates() -> None:
    pages = [note("m1", "one", title="Tides", kind="page"), note("m2", "two", title="tides", kind="page")]
    assert found(lint.duplicates(pages)) == [("m1", "m2")]
    assert found(lint.duplicates([replace(pages[0]), note("m2", "two", title="Ports", kind="page")])) == []


def test_what_is_too_long_and_what_names_no_source() -> None:
    assert found(lint.oversized([note(text="x" * 101), note("m2", "x" * 100)], 100)) == [("m1",)]
    assert found(
        lint.sources([note(), note("m2", source="t1"), note("m3", cites=True), note("m4", kind="convention")])
    ) == [("m1",)]


NODES = {
    1: Namespace(1, "u1", "acme", (1,)), 2: Namespace(2, "u2", "acme/harbour", (1, 2)), 3: Namespace(3, "u3", "acme/lighthouse", (1, 3)),
    4: Namespace(4, "u4", "acme/harbour/cranes", (1, 2, 4)), 5: Namespace(5, "u5", "other/lighthouse", (9, 5)),
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "to"),
    [
        ("The lighthouse lamp turns twice a minute", "acme/lighthouse"),
        ("The lighthouse lamp is seen from the harbour", None),
        ("The lighthouses are old", None),
        ("The gauge reports hourly", None),
    ],
)
def test_a_memory_that_speaks_of_one_other_project_would_lie_better_there(text: str, to: str | None) -> None:
    moved = [each.payload["namespace"] for each in places.misplaced([note(text=text)], NODES)]
    assert moved == ([to] if to else [])


def test_a_node_that_holds_next_to_nothing_is_thin() -> None:
    one = note("m1", namespace=4)
    assert [each.payload for each in places.thin([one], NODES, [])] == [{"id": "m1", "namespace": "acme/harbour"}]
    assert list(places.thin([one], NODES, [4])) == []
    assert list(places.thin([note("m2")], NODES, [])) == []
    assert list(places.thin([one, note("m2", namespace=4), note("m3", namespace=4)], NODES, [])) == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [("We decided to keep tides in UTC", "decision"), ("Never edit generated files", "convention"), ("Who owns the crane?", "question"),
     ("Ana prefers dark roast", "preference"), ("The gauge reports hourly", None), ("It is always hourly", None)],
)  # fmt: skip
def test_a_fact_that_reads_like_another_kind_is_misjudged(text: str, kind: str | None) -> None:
    assert [each.payload["kind"] for each in places.misjudged([note(text=text)])] == ([kind] if kind else [])
    assert list(places.misjudged([note(text=text, kind="procedure")])) == []
