"""Links and entities through the operations: dates on both clocks, merging, mentions, sight, undo, and what a person reads."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from everlore.app.app import App
from everlore.app.caller import Caller
from everlore.core.errors import Conflict, EverloreError, InvalidInput, NotFound
from everlore.graph.mentioning import mention
from everlore.graph.suggestions import suggestions
from everlore.memory import life
from everlore.memory.changes import Changes, memory_of
from everlore.store import namespaces
from everlore.surfaces.cli.render import notes, render
from everlore.surfaces.cli.terminal import Page


def keep(app: App, text: str, namespace: str = "acme/web", **more: Any) -> str:
    return app.call("remember", {"text": text, "namespace": namespace, **more}).id


def link(app: App, source: str, target: str, **more: Any) -> Any:
    return app.call("graph-link", {"source": source, "target": target, **more})


def around(app: App, node: str, **more: Any) -> list[tuple[str, str, bool]]:
    found = app.call("graph-neighbors", {"id": node, **more}).neighbors
    return sorted((step.link.kind, step.to.name, step.forward) for step in found)


@pytest.fixture
def two(app: App) -> tuple[str, str]:
    return keep(app, "Pears are sold on market days"), keep(app, "Invoices leave the office by mail")


def test_a_link_is_found_from_both_ends_and_undone(app: App, two: tuple[str, str]):
    made = link(app, *two, kind="supports", weight=0.5, evidence="said so")
    assert made.outcome == "linked"
    assert around(app, two[0]) == [("supports", "Invoices leave the office by mail", True)]
    assert around(app, two[1]) == [("supports", "Pears are sold on market days", False)]
    assert around(app, two[0], direction="in") == []
    assert around(app, two[0], kinds=["related"]) == []
    assert around(app, two[0], min_weight=0.6) == []
    app.call("undo", {"operation": made.operation})
    assert around(app, two[0]) == []


def test_linking_again_changes_nothing_or_what_is_told(app: App, two: tuple[str, str]):
    first = link(app, *two, kind="supports", evidence="one")
    assert link(app, *two, kind="supports").outcome == "unchanged"
    assert link(app, *two, kind="supports", evidence="one").operation is None
    again = link(app, *two, kind="supports", weight=0.25)
    assert (again.links[0].weight, again.links[0].evidence, again.links[0].valid_from) == (
        0.25,
        "one",
        first.links[0].valid_from,
    )
    assert len(around(app, two[0])) == 1
    app.call("undo", {"operation": again.operation})
    assert app.call("graph-neighbors", {"id": two[0]}).neighbors[0].link.weight == 1.0


def test_a_relation_that_becomes_true_again_is_another_interval(app: App, two: tuple[str, str]):
    link(app, *two, kind="depends_on", valid_from="2025-01-01", valid_until="2025-02-28")
    link(app, *two, kind="depends_on", valid_from="2025-06-01")
    here = lambda day: len(around(app, two[0], as_of=day))  # noqa: E731
    assert [here(day) for day in ("2024-12-31", "2025-02-01", "2025-04-01", "2025-07-01")] == [0, 1, 0, 1]
    with pytest.raises(Conflict):
        link(app, *two, kind="depends_on", valid_from="2025-02-01", valid_until="2025-07-01")
    events = app.call("graph-timeline", {"id": two[0]}).events
    assert [(event.time[:10], event.what) for event in events] == [
        ("2025-01-01", "linked"), ("2025-02-28", "ceased"), ("2025-06-01", "linked"),
    ]  # fmt: skip
    assert len(app.call("graph-timeline", {"id": two[1], "as_of": "2025-03-10"}).events) == 2


def test_what_was_known_before_an_end_was_told_is_still_answered(app: App, two: tuple[str, str], clock: Any):
    made = link(app, *two, kind="supports", valid_from="2026-01-01")
    before = clock()
    clock.advance(days=3)
    ended = app.call("graph-unlink", {"id": made.links[0].id, "valid_until": "2026-02-01"})
    assert ended.outcome == "ended"
    day = "2026-02-15"
    assert around(app, two[0], as_of=day) == []
    known = msgspec.json.decode(msgspec.json.encode(made.links[0]))["recorded"]
    assert before
    assert len(around(app, two[0], as_of=day, recorded_as_of=known[:10])) == 1
    assert [event.what for event in app.call("graph-timeline", {"id": two[0]}).events] == ["linked", "ceased"]
    app.call("undo", {"operation": ended.operation})
    assert len(around(app, two[0], as_of=day)) == 1


def test_a_link_that_was_a_mistake_was_never_in_force(app: App, two: tuple[str, str], clock: Any):
    made = link(app, *two, valid_from="2026-01-01")
    clock.advance(days=1)
    app.call("graph-unlink", {"id": made.links[0].id})
    assert around(app, two[0], as_of="2026-02-01") == []
    assert len(around(app, two[0], recorded_as_of="2026-03-02")) == 1
    assert [event.what for event in app.call("graph-timeline", {"id": two[0]}).events] == ["linked", "taken back"]
    with pytest.raises(NotFound):
        app.call("graph-unlink", {"id": made.links[0].id})


def test_supersession_is_a_link_that_answers_as_of_a_date(app: App):
    old = keep(app, "Redis listens on port 6379", valid_from="2025-01-01")
    new = keep(app, "Redis listens on port 6380", valid_from="2025-06-01")
    assert around(app, new) == [("supersedes", "Redis listens on port 6379", True)]
    assert around(app, new, as_of="2025-05-01") == []
    assert around(app, old, as_of="2025-07-01") == [("supersedes", "Redis listens on port 6380", False)]


def test_superseding_by_hand_closes_what_is_superseded(app: App, two: tuple[str, str]):
    made = link(app, *two, kind="supersedes")
    assert app.call("get", {"id": two[1]}).memory.state == "superseded"
    assert app.call("get", {"id": two[1]}).memory.valid_until is not None
    with pytest.raises(Conflict):
        app.call("graph-unlink", {"id": made.links[0].id})
    app.call("undo", {"operation": made.operation})
    assert app.call("get", {"id": two[1]}).memory.state == "active"
    assert around(app, two[0]) == []


def test_what_was_put_away_is_not_walked_through(app: App, two: tuple[str, str]):
    third = keep(app, "Bells ring at noon in winter")
    link(app, two[0], two[1])
    link(app, two[1], third)
    reached = lambda: {each.node.id for each in app.call("graph-walk", {"id": two[0]}).reached}  # noqa: E731
    assert reached() == {two[1], third}
    app.call("forget", {"id": two[1]})
    assert reached() == set()
    assert app.call("graph-audit", {}).counts["dead"] == 2
    assert not app.call("graph-path", {"source": two[0], "target": third}).found


def test_a_text_is_read_once_and_anew_when_it_changes(app: App, clock: Any):
    uid = keep(app, "Noor said `TokenStore` in src/auth/session.py is slow", namespace="acme/web/auth")
    made = app.call("graph-link", {"source": uid})
    assert {step[1] for step in around(app, uid)} == {"Noor", "TokenStore", "src/auth/session.py"}
    assert "TokenStore" not in msgspec.json.encode(made).decode()
    assert app.call("graph-link", {"source": uid}).outcome == "unchanged"
    assert {each.namespace for each in app.call("entity-list", {}).entities} == {"acme/web"}
    clock.advance(days=1)
    app.call("revise", {"id": uid, "text": "`TokenStore` in src/auth/tokens.py is slow"})
    app.call("graph-link", {"source": uid})
    assert {step[1] for step in around(app, uid)} == {"TokenStore", "src/auth/tokens.py"}
    assert {step[1] for step in around(app, uid, as_of="2026-03-02")} == {"Noor", "TokenStore", "src/auth/session.py"}


def test_what_a_person_took_back_is_not_linked_again(app: App):
    uid = keep(app, "Noor said it is slow")
    app.call("undo", {"operation": app.call("graph-link", {"source": uid}).operation})
    assert app.call("graph-link", {"source": uid}).outcome == "unchanged"
    assert around(app, uid) == []


def test_what_is_private_names_nothing_for_others(app: App):
    with app.write() as unit:
        changes = Changes(unit, app.clock())
        node = namespaces.ensure(unit, "acme/web", 1)
        memory = life.create(changes, life.Draft("Noor said SECRET_PLAN", visibility="private"), node, "bot")
        assert mention(changes, memory) == []
        changes.finish(actor="bot", operation="remember", namespace=None, reason=None)
    assert app.call("entity-list", {}).entities == []


def test_an_entity_of_an_ancestor_is_found_from_below(app: App):
    made = app.call(
        "entity-add", {"name": "Falcon", "kind": "project", "aliases": ["the bird"], "namespace": "acme"}
    ).entity
    uid = keep(app, "[[falcon]] ships in May", namespace="acme/web/auth")
    app.call("graph-link", {"source": uid})
    assert [step[1] for step in around(app, uid)] == ["Falcon"]
    assert around(app, "the bird", namespace="acme/web") == around(app, made.id)
    with pytest.raises(NotFound):
        app.call("graph-neighbors", {"id": "the bird", "namespace": "acme/web/auth/x"})


def test_names_that_mean_several_things_are_asked_about(app: App):
    for kind in ("person", "project"):
        app.call("entity-add", {"name": "Mercury", "kind": kind, "namespace": "acme"})
    with pytest.raises(InvalidInput, match="several") as caught:
        app.call("graph-neighbors", {"id": "mercury", "namespace": "acme"})
    assert "person" in caught.value.hint


def test_merging_is_undone_and_split_without_loss(app: App):
    one, other = keep(app, "Noor said it is slow"), keep(app, "Ask Noor Haddad about winter bells")
    for uid in (one, other):
        app.call("graph-link", {"source": uid})
    before = around(app, "Noor"), around(app, "Noor Haddad")
    merged = app.call("entity-merge", {"id": "Noor", "into": "Noor Haddad"})
    assert len(around(app, "Noor")) == len(around(app, "Noor Haddad")) == 2
    assert {each.node.id for each in app.call("graph-walk", {"id": one}).reached if each.node.what == "memory"} == {
        other
    }
    assert [each.name for each in app.call("entity-list", {}).entities] == ["Noor Haddad"]
    with pytest.raises(Conflict):
        app.call("entity-merge", {"id": "Noor Haddad", "into": merged.entity.id})
    app.call("undo", {"operation": merged.operation})
    assert (around(app, "Noor"), around(app, "Noor Haddad")) == before
    again = app.call("entity-merge", {"id": "Noor", "into": "Noor Haddad"})
    app.call("entity-split", {"id": again.entity.id})
    assert (around(app, "Noor"), around(app, "Noor Haddad")) == before
    with pytest.raises(Conflict):
        app.call("entity-split", {"id": again.entity.id})


def test_an_agent_reaches_only_what_it_sees(app: App, two: tuple[str, str]):
    there = keep(app, "Secret bells ring at noon", namespace="other/place")
    link(app, two[0], there)
    made = link(app, there, two[1])
    with app.write() as unit:
        place = namespaces.find(unit, "acme/web")
        assert place
        unit.run(
            "agent_insert",
            uid="a1",
            name="bot",
            origin="agent",
            role=None,
            place=place.id,
            recorded=1,
            recorded_until=None,
        )
    bot = Caller("bot", "mcp")
    for name, request in (
        ("graph-neighbors", {"id": two[0]}), ("graph-walk", {"id": two[0]}), ("graph-timeline", {"id": two[0]}), ("graph-audit", {}),
        ("graph-stats", {}), ("graph-path", {"source": two[0], "target": two[1]}),
    ):  # fmt: skip
        answer = msgspec.json.encode(app.call(name, request, bot)).decode()
        assert there not in answer
        assert "ecret" not in answer
        assert made.links[0].id not in answer
    assert not app.call("graph-path", {"source": two[0], "target": two[1]}, bot).found
    for name, request in (
        ("graph-neighbors", {"id": there}), ("graph-link", {"source": two[0], "target": there}), ("graph-unlink", {"id": made.links[0].id}),
        ("undo", {"operation": made.operation}),
    ):  # fmt: skip
        with pytest.raises(NotFound):
            app.call(name, request, bot)


def test_an_audit_finds_what_is_odd(app: App, two: tuple[str, str]):
    link(app, *two, kind="contradicts")
    app.call("entity-add", {"name": "Lonely", "namespace": "acme/web"})
    app.call("entity-add", {"name": "lonely", "kind": "person", "namespace": "acme/web"})
    found = app.call("graph-audit", {"namespace": "acme/web"})
    assert found.counts == {"orphans": 2, "dead": 0, "one way": 1, "hubs": 0, "contradictions": 1, "duplicates": 1}
    assert app.call("graph-audit", {"namespace": "acme/web"}).found["contradictions"][0].ids == list(two)
    counts = app.call("graph-stats", {})
    assert (counts.entities, counts.links, counts.linked_memories) == ({"name": 1, "person": 1}, {"contradicts": 1}, 2)


def test_what_is_named_together_is_suggested_until_it_is_linked(app: App):
    one = keep(app, "`TokenStore` in src/auth/session.py caches for ten minutes")
    other = keep(app, "Winter bells: src/auth/session.py with `TokenStore` rings")
    keep(app, "src/none.py is alone")
    for memory in app.call("list", {}).memories:
        app.call("graph-link", {"source": memory.id})
    with app.read() as unit:
        found = suggestions(unit, namespaces.find(unit, "acme"), 5)
        assert [{each.source, each.target} for each in found] == [{one, other}]
        assert 0 < found[0].weight <= 1
        assert "TokenStore" in found[0].evidence
    link(app, other, one)
    with app.read() as unit:
        assert suggestions(unit, None, 5) == []
        assert memory_of(unit, one).state == "active"


@pytest.mark.parametrize(
    ("name", "request_"),
    [
        ("graph-walk", {"id": "x", "depth": 6}),
        ("graph-walk", {"id": "nothing there"}),
        ("graph-link", {"source": "{0}", "target": "{0}"}),
        ("graph-link", {"source": "{0}", "target": "nobody"}),
        ("graph-link", {"source": "{0}", "target": "{1}", "kind": "loves"}),
        ("graph-link", {"source": "{0}", "target": "{1}", "weight": 0}),
        ("graph-link", {"source": "{0}", "target": "{1}", "valid_from": "2026-02-01", "valid_until": "2026-01-01"}),
        ("graph-link", {"source": "{0}", "target": "{1}", "valid_until": "2020-01-01"}),
        ("graph-link", {"source": "{0}", "target": "{1}", "kind": "supersedes", "weight": 0.5}),
        ("graph-unlink", {"id": "no such link"}),
        ("entity-add", {"name": "   "}),
        ("entity-merge", {"id": "a", "into": "b"}),
        ("entity-split", {"id": "a"}),
        ("graph-neighbors", {"id": "{0}", "as_of": "the day the sun stood still"}),
        ("graph-timeline", {"id": "{0}", "namespace": "no/where"}),
    ],
)
def test_what_cannot_be_done_is_said_and_writes_nothing(
    app: App, two: tuple[str, str], name: str, request_: dict[str, Any]
):
    filled = {key: value.format(*two) if isinstance(value, str) else value for key, value in request_.items()}
    before = app.call("status", {})
    with pytest.raises(EverloreError) as caught:
        app.call(name, filled)
    assert caught.value.code in {"invalid_input", "not_found"}
    after = app.call("status", {})
    assert (after.links, after.journal) == (before.links, before.journal)


def test_a_person_reads_every_answer(app: App, two: tuple[str, str]):
    evil = keep(app, "Bells \x1b[2J ring", title="A \x1b[31mred title")
    link(app, *two, kind="supports", weight=0.5, evidence="because", valid_from="2026-01-01", valid_until="2030-01-01")
    link(app, two[1], evil)
    app.call("entity-add", {"name": "Noor", "aliases": ["@noor"], "kind": "person", "namespace": "acme/web"})
    asked: list[tuple[str, dict[str, Any], list[str]]] = [
        (
            "graph-neighbors",
            {"id": two[0]},
            ["─supports→ 0.5, from 2026-01-01 until 2030-01-01", "because", "Invoices leave"],
        ),
        ("graph-walk", {"id": two[0]}, ["0.315", "─supports→ Invoices leave the offi… ─related→"]),
        ("graph-path", {"source": two[0], "target": evil}, ["─supports→", "─related→"]),
        ("graph-timeline", {"id": two[1]}, ["2026-01-01 linked ←supports─ Pears", "2030-01-01 23:59 ceased"]),
        ("graph-audit", {}, ["entities that nothing links", "Noor"]),
        ("graph-stats", {}, ["links in force", "2 (", "1 (1 person)"]),
        ("entity-list", {}, ["Noor, @noor"]),
        (
            "entity-add",
            {"name": "Noor", "aliases": ["N."], "kind": "person", "namespace": "acme/web"},
            ["also @noor, N.", "lore undo"],
        ),
        ("graph-link", {"source": two[0], "target": evil}, ["linked: ", "lore undo"]),
    ]
    for name, request, wanted in asked:
        answer = msgspec.json.decode(msgspec.json.encode(app.call(name, request)))
        for page in (Page(), Page(60, colour=False)):
            text = render(name, answer, page)
            assert "\x1b" not in text
        for part in wanted:
            assert part in render(name, answer, Page()), (name, render(name, answer, Page()))
        assert notes(name, answer) == ""
    nothing = msgspec.json.decode(msgspec.json.encode(app.call("graph-neighbors", {"id": "Noor"})))
    assert notes("graph-neighbors", nothing) == "nothing is linked with it"
