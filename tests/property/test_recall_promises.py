"""What recall promises whatever is stored and asked: its budget, its limit, its moment, and no answer that wrote anything."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from everlore.app.app import App
from everlore.app.open import open_app
from everlore.core.config import Config
from everlore.core.tokens import estimate

WORDS = st.sampled_from([
    "harbour", "crane", "pilot", "redis", "port", "deploy", "friday", "always", "test", "before", "commit", "the", "a", "is", "of", "café",
    "日本語", "6380", "pier-7", "snake_case", "v1.2",
])  # fmt: skip
SENTENCES = st.lists(WORDS, min_size=1, max_size=60).map(" ".join)
NASTY = st.sampled_from([
    '"', "''", "NEAR(a b)", "a*", "^a", "scope : n1", "AND", "OR NOT", "{text} : x", "(", ")", "-", "+", "?", "\U0001f6a2", "שלום", "ﷺ",
    "\u202e", "a" * 900, "'; DROP TABLE memory; --", "%", "\\", "\n", "last week", "as of 3 May", "how many?",
])  # fmt: skip
QUESTIONS = st.lists(WORDS | NASTY, min_size=1, max_size=8).map(" ".join)


@contextmanager
def holding(texts: list[str], turns: list[str]) -> Iterator[App]:
    with TemporaryDirectory() as directory, open_app(Config(Path(directory) / "home", durability="normal")) as app:
        for text in texts:
            app.call("remember", {"text": text})
        if turns:
            path = Path(directory) / "talk.jsonl"
            lines = (
                {"session": str(n // 5), "id": str(n), "speaker": "Ann", "role": "user", "text": text}
                for n, text in enumerate(turns)
            )
            path.write_text("\n".join(map(json.dumps, lines)))
            app.call("import", {"path": str(path)})
        yield app


@settings(max_examples=25)
@given(st.lists(SENTENCES, max_size=6), st.lists(SENTENCES, max_size=12), st.data())
def test_an_answer_stays_within_its_budget_and_its_limit(texts: list[str], turns: list[str], data: st.DataObject):
    with holding(texts, turns) as app:
        for _ in range(6):
            query, limit = data.draw(QUESTIONS), data.draw(st.integers(1, 20))
            budget = data.draw(st.none() | st.integers(1, 60) | st.integers(60, 2000))
            answer = app.call(
                "recall", {"query": query, "limit": limit} | ({} if budget is None else {"budget": budget})
            )
            assert len(answer.items) <= limit
            assert not (answer.withheld and answer.items)
            assert answer.items or answer.withheld or budget is not None, (
                "only a budget leaves nothing of what is relevant"
            )
            assert answer.tokens >= sum(estimate(item.text) for item in answer.items)
            if budget is not None:
                assert answer.tokens <= budget
            assert len({(item.id, item.text) for item in answer.items}) == len(answer.items)


@settings(max_examples=25)
@given(st.lists(SENTENCES, max_size=5), st.lists(SENTENCES, max_size=8), st.lists(QUESTIONS, min_size=1, max_size=5))
def test_asking_changes_no_answer(texts: list[str], turns: list[str], queries: list[str]):
    with holding(texts, turns) as app:

        def ask() -> list[Any]:
            return [[(i.id, i.text, i.score) for i in app.call("recall", {"query": query}).items] for query in queries]

        before, journal = ask(), app.call("status", {}).journal
        assert ask() == before
        app.call("rebuild", {})
        assert ask() == before
        assert app.call("status", {}).journal == journal


@settings(max_examples=25)
@given(
    st.lists(st.tuples(st.integers(1, 360), st.integers(1, 9)), min_size=1, max_size=5, unique_by=lambda pair: pair[0]),
    st.data(),
)
def test_each_moment_has_the_value_that_was_true_then(changes: list[tuple[int, int]], data: st.DataObject):
    """Values that follow each other, as memories that supersede or as revisions, one for each span of days."""
    spans: list[tuple[int, int]] = []
    for day, value in sorted(changes):
        if not spans or spans[-1][1] != value:
            spans.append((day, value))
    with (
        TemporaryDirectory() as directory,
        open_app(Config(Path(directory) / "home", durability="normal"), clock=lambda: 1_830_000_000_000) as app,
    ):
        memory = ""
        for day, value in spans:
            text, since = f"The harbour fee is {value}{value} euros", date(day)
            if memory and data.draw(st.booleans()):
                app.call("revise", {"id": memory, "text": text, "valid_from": since})
            else:
                kept = app.call("remember", {"text": text, "valid_from": since})
                assert kept.outcome in {"kept", "superseded"}
                memory = kept.id
        for day in range(1, 361, 7):
            answer = app.call("recall", {"query": "harbour fee euros", "as_of": f"{date(day)}T12:00:00Z"})
            true = [value for start, value in spans if start <= day]
            expected = [f"The harbour fee is {true[-1]}{true[-1]} euros"] if true else []
            assert [item.text for item in answer.items] == expected, date(day)


def date(day: int) -> str:
    from datetime import date as calendar
    from datetime import timedelta

    return (calendar(2026, 1, 1) + timedelta(day)).isoformat()


@pytest.fixture(scope="module")
def busy() -> Iterator[App]:
    texts = ["Redis listens on port 6380", "The harbour crane is at pier 7", "always test before commit"]
    with holding(texts, ["the café at the harbour", "שלום to the pilot", "日本語 harbour \U0001f6a2"]) as app:
        yield app


@settings(max_examples=150)
@given(query=st.text(min_size=1, max_size=60) | QUESTIONS)
def test_no_question_is_too_strange(busy: App, query: str):
    try:
        query.encode()
    except UnicodeEncodeError:
        return
    if "\x00" in query or not query.strip():
        return
    answer = busy.call("recall", {"query": query, "budget": 200, "explain": True})
    assert answer.tokens <= 200


def test_the_longest_question_is_answered(busy: App):
    words = " ".join(f"word{n}" for n in range(1100))[:9990]
    assert busy.call("recall", {"query": f"harbour {words}"}).tokens >= 0
    for query in ("NEAR(" * 1500, '"' * 9999, "a OR " * 1999, "(" * 9999, "harbour " * 1200):
        busy.call("recall", {"query": query})
