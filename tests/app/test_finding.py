"""Search as one types: what it finds, where it says the words stand, and what its filters take away."""

from __future__ import annotations

from typing import Any

import pytest

from clocks import Clock
from everlore.app import answers
from everlore.app.app import App
from everlore.app.caller import Caller
from everlore.core.errors import InvalidInput

PERSON = Caller("person", "cli")


def keep(app: App, text: str, **more: Any) -> str:
    return str(app.call("remember", {"text": text, "namespace": "acme/web", **more}, PERSON).id)


def search(app: App, query: str, caller: Caller = PERSON, **more: Any) -> answers.SearchHits:
    found = app.call("search", {"query": query, **more}, caller)
    assert isinstance(found, answers.SearchHits)
    return found


def texts(found: answers.SearchHits) -> list[str]:
    return [hit.snippet for hit in found.hits]


def test_every_letter_more_keeps_what_is_meant(app: App) -> None:
    keep(app, "Deployments to production run on Tuesdays.")
    keep(app, "The canteen serves fish on Fridays.")
    for typed in (
        "de",
        "dep",
        "deployme",
        "deployments",
        "deployments pro",
        "deployments production",
        "tuesday deploy",
    ):
        assert texts(search(app, typed)) == ["Deployments to production run on Tuesdays."], typed


def test_where_nothing_has_all_words_what_has_any_comes(app: App) -> None:
    keep(app, "The broker listens on port 1883.")
    assert texts(search(app, "broker zeppelin ")) == ["The broker listens on port 1883."]
    assert texts(search(app, "zeppelin ")) == []


@pytest.mark.parametrize(
    ("text", "typed", "found"),
    [
        ("Das Gerät heißt Fähre.", "fahr", "Fähre"),
        ("e\u0301toile du nord", "etoi", "e\u0301toile"),
        ("🚢 the ferry 🚢 leaves at 9", "ferry", "ferry"),
        ("اسم القارب سلمى اليوم", "سلمى", "سلمى"),
    ],
)
def test_marks_stand_where_the_words_do(app: App, text: str, typed: str, found: str) -> None:
    keep(app, text)
    (hit,) = search(app, typed).hits
    marked = {hit.snippet[start:end] for start, end in hit.marks}
    assert any(each in found or found in each for each in marked), (hit.snippet, hit.marks)


def test_a_long_text_is_shown_where_the_words_are(app: App) -> None:
    keep(
        app,
        "Nothing of interest is said here. " * 18
        + "The spare key hangs behind the boiler. "
        + "And so on it goes. " * 9,
    )
    (hit,) = search(app, "spare boiler").hits
    assert "behind the boiler" in hit.snippet and len(hit.snippet) < 300
    assert {hit.snippet[start:end] for start, end in hit.marks} >= {"spare", "boiler"}


def test_filters_take_away_what_they_say(app: App, clock: Clock) -> None:
    keep(app, "The mast light is green.", tags=["lights"], kind="fact", layer=3)
    clock.advance(days=10)
    keep(app, "The mast light is checked weekly.", kind="convention", tier="mid")
    away = keep(app, "The mast light is a candle.")
    app.call("forget", {"id": away}, PERSON)
    app.call("remember", {"text": "The mast light of the other boat.", "namespace": "other/boat"}, PERSON)
    assert len(search(app, "mast light").hits) == 3
    assert texts(search(app, "mast", tag="lights")) == ["The mast light is green."]
    assert texts(search(app, "mast", layer=3, namespace="acme")) == ["The mast light is green."]
    assert texts(search(app, "mast", tier="mid")) == ["The mast light is checked weekly."]
    assert texts(search(app, "mast", kinds=["convention"])) == ["The mast light is checked weekly."]
    assert texts(search(app, "mast", state="archived")) == ["The mast light is a candle."]
    assert texts(search(app, "mast", namespaces=["other"])) == ["The mast light of the other boat."]
    assert len(search(app, "mast", namespaces=["other", "acme/web"]).hits) == 3
    assert len(search(app, "", namespace="acme").hits) == 2
    with pytest.raises(InvalidInput):
        search(app, "mast", limit=1000)


def test_the_past_is_found_as_it_was(app: App, clock: Clock) -> None:
    uid = keep(app, "The office is in Bergen.", valid_from="2026-01-01")
    clock.advance(days=30)
    app.call("revise", {"id": uid, "text": "The office is in Oslo."}, PERSON)
    assert texts(search(app, "office")) == ["The office is in Oslo."]
    assert texts(search(app, "office", as_of="2026-01-05")) == ["The office is in Bergen."]


def test_pages_leave_nothing_out_and_repeat_nothing(app: App) -> None:
    kept = {
        keep(app, f"Buoy number {number} is painted {colour}.")
        for number, colour in enumerate(("red", "green", "white", "black", "blue", "grey", "pink"))
    }
    found: list[str] = []
    offset: int | None = 0
    while offset is not None:
        page = search(app, "buoy", limit=2, offset=offset)
        found += [hit.id for hit in page.hits]
        offset = page.next
    assert len(found) == len(kept) and set(found) == kept


def test_nobody_finds_what_they_may_not_see_and_nothing_is_counted_as_told(app: App) -> None:
    app.call("agent-register", {"name": "visitor", "origin": "agent", "place": "other/boat"}, PERSON)
    keep(app, "The safe opens with nine turns.")
    keep(app, "My own note on the safe.", visibility="private")
    assert len(search(app, "safe").hits) == 2
    assert search(app, "safe", Caller("visitor", "mcp")).hits == []
    app.uses.flush(app.store)
    assert app.call("stats-logs", {}, PERSON).entries == []


def test_hostile_queries_are_only_words(app: App) -> None:
    keep(app, "The hold is dry.")
    for typed in (
        '" OR 1',
        "hold NEAR(",
        "scope : n1",
        "hold*",
        "(((",
        "-hold",
        "a" * 9_000,
        "^hold AND",
        "'; DROP",
    ):
        search(app, typed)
    assert texts(search(app, 'hold"')) == ["The hold is dry."]


def test_filters_hold_without_a_word_too(app: App, clock: Clock) -> None:
    keep(app, "The first of all.")
    clock.advance(days=40)
    then = keep(app, "The second of all.")
    clock.advance(days=40)
    keep(app, "The third of all.")
    day = str(app.call("get", {"id": then}, PERSON).memory.updated)[:10]
    assert [hit.title for hit in search(app, "", as_of=day).hits] == ["The second of all.", "The first of all."]
    assert [hit.title for hit in search(app, "", since=day, until=day).hits] == ["The second of all."]
    with pytest.raises(InvalidInput, match="banana"):
        search(app, "", since="banana")
