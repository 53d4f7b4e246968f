"""What is not true now, or contradicted, is given with a mark on every surface and not dropped."""

from __future__ import annotations

import msgspec

from clocks import Clock
from everlore.app.app import App
from everlore.app.caller import Caller
from everlore.app.telling.prompt import at_prompt
from everlore.app.telling.start import at_start
from everlore.store import namespaces
from everlore.surfaces.cli import render as cli
from everlore.surfaces.cli.terminal import Page
from everlore.surfaces.mcp import rendering as mcp

PAST, FUTURE = "no longer true since 2026-02-01", "not true before 2026-04-01"


def keep(app: App, text: str, **more: object) -> str:
    return str(app.call("remember", {"text": text, "namespace": "acme", **more}).id)


def three(app: App) -> dict[str, list[str]]:
    """Keep what was, is and will be true; return what is to be said of each by id. The clock stands at 2 March 2026."""
    return {
        keep(
            app,
            "The crane at the north pier lifts 40 tonnes",
            valid_from="2026-01-01",
            valid_until="2026-02-01",
            kind="convention",
        ): [PAST],
        keep(app, "Nobody stands under the crane", kind="convention"): [],
        keep(app, "From the new year the crane is yellow", valid_from="2026-04-01", kind="convention"): [FUTURE],
    }


def test_recall_and_list_mark_what_is_not_true_now(app: App):
    wanted = three(app)
    recalled = app.call("recall", {"query": "crane", "namespace": "acme"})
    assert {item.id: item.caveats for item in recalled.items} == wanted
    listed = app.call("list", {"namespace": "acme"})
    assert {memory.id: memory.caveats for memory in listed.memories} == wanted
    for uid, caveats in wanted.items():
        assert app.call("get", {"id": uid}).memory.caveats == caveats
    then = app.call("list", {"namespace": "acme", "as_of": "2026-01-15", "recorded_as_of": "2100-01-01"})
    assert [memory.caveats for memory in then.memories] == [[]], "it was true then"
    then = app.call("recall", {"query": "crane", "namespace": "acme", "as_of": "2026-01-15"})
    assert [item.caveats for item in then.items] == [[]]


def test_every_renderer_shows_the_marks(app: App, clock: Clock):
    three(app)
    for name, request in (("recall", {"query": "crane", "namespace": "acme"}), ("list", {"namespace": "acme"})):
        answer = msgspec.to_builtins(app.call(name, request))
        for text in (mcp.render(name, answer), cli.render(name, answer, Page())):
            assert text.count(PAST) == text.count(FUTURE) == 1, text
    with app.read() as unit:
        node = namespaces.require(unit, "acme")
        start = at_start(unit, node, None, clock()).render("acme", clock()) or ""
        now, then = (
            at_prompt(unit, f"How many tonnes {asked} at the pier?", node, clock(), session=None, told=())
            for asked in ("does the crane lift", "did the crane lift in January 2026")
        )
    assert FUTURE in start and PAST in start
    assert now.render("acme", clock()) is None, "what holds no more is said only of the past"
    assert PAST in (then.render("acme", clock()) or "")


def test_recall_names_what_contradicts_an_item_where_that_is_seen(app: App):
    first = keep(app, "The night gate of the harbour opens at nine")
    other = keep(app, "The harbour's night gate is never open", visibility="private")
    made = app.call("graph-link", {"kind": "contradicts", "source": other, "target": first})

    def said(caller: Caller) -> dict[str, list[str]]:
        items = app.call("recall", {"query": "harbour night gate", "namespace": "acme"}, caller).items
        return {item.id: item.caveats for item in items}

    assert said(Caller()) == {first: [f"contradicted by {other}"], other: [f"contradicted by {first}"]}
    assert said(Caller("robin", "mcp")) == {first: []}
    app.call("undo", {"operation": made.operation})
    assert said(Caller()) == {first: [], other: []}
