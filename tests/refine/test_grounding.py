"""Whether what a model says is in what it cites: what is accepted, what is refused and why, and the laws of both."""

from __future__ import annotations

import string

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from everlore.bench import admission
from everlore.refine.grounding import Claim, objection, unsupported

GIVEN = {
    "T1": "We decided to keep invoices in PostgreSQL 16, not MySQL, because Marta needs row locks. The worker retries 5 times "
    "with a timeout of 30s. Run `make deploy --prod` on Fridays; the config is in src/app/main.py.",
    "T2": "Never restart the gateway during business hours. It listens on port 8080 and allows 1,000 connections.",
    "T3": "Ana: the nightly backup failed because /var/lib was full; `df -h` showed it. Fixed by pruning old images.",
}


@pytest.mark.parametrize(
    ("text", "sources"),
    [
        ("Invoices are kept in PostgreSQL 16 because Marta needs row locks.", ["T1"]),
        ("Invoices live in PostgreSQL, not MySQL.", ["T1"]),
        ("The worker retries five times.", ["T1"]),
        ("Its timeout is 30 seconds.", ["T1"]),
        ("Deploy with `make deploy --prod`.", ["T1"]),
        ("Restarting the gateway during business hours is not allowed.", ["T2"]),
        ("The gateway allows 1000 connections on port 8080.", ["T2"]),
        ("The backup failed because /var/lib was full; pruning old images fixed it.", ["T3"]),
        ("Marta needs row locks, and the gateway listens on port 8080.", ["T1", "T2"]),
    ],
)
def test_what_is_in_the_cited_texts_is_accepted(text: str, sources: list[str]):
    assert objection(Claim(text, sources), GIVEN) == ""


@pytest.mark.parametrize(
    ("text", "sources", "why"),
    [
        ("The gateway listens on port 8080.", [], "cites nothing"),
        ("The gateway listens on port 8080.", ["T9"], "T9, which was not given"),
        ("The gateway listens on port 8080.", ["T1"], "number 8080"),
        ("  ", ["T1"], "says nothing"),
        ("Invoices are kept in Oracle.", ["T1"], "name Oracle"),
        ("Kafka keeps the invoices.", ["T1"], "name Kafka"),
        ("Маrta needs row locks.", ["T1"], "name"),  # its first letters are Cyrillic
        ("The worker retries 6 times.", ["T1"], "number 6"),
        ("The worker retries six times.", ["T1"], "number 6"),
        ("The timeout is 30 minutes.", ["T1"], "number 30 min"),
        ("The gateway listens on port 80.", ["T2"], "number 80"),
        ("The gateway allows 10,000 connections.", ["T2"], "number 10000"),
        ("PostgreSQL 17 keeps the invoices.", ["T1"], "number 17"),
        ("Run `make deploy --staging` on Fridays.", ["T1"], "identifier make deploy --staging"),
        ("The config is in src/app/other.py.", ["T1"], "identifier src/app/other.py"),
        ("Invoices go through the billing-service.", ["T1"], "identifier billing"),
        ("Restart the gateway during business hours.", ["T2"], "turns round"),
        ("We keep invoices in MySQL, not PostgreSQL.", ["T1"], "turns round"),
        ("The worker never retries.", ["T1"], "turns round"),
        ("Everybody should follow the usual guidelines and improve quality over time.", ["T1"], "most of its words"),
        ("Deploy on Mondays.", ["T1"], "name Mondays"),
    ],
)
def test_what_is_not_is_refused_with_the_reason(text: str, sources: list[str], why: str):
    assert why in objection(Claim(text, sources), GIVEN)


TEXTS = sorted({text for look in admission.looks() for text in (look.old.text, look.new.text)})


@given(st.sampled_from(TEXTS), st.lists(st.sampled_from(TEXTS), max_size=3))
def test_every_text_is_supported_by_itself_whatever_is_cited_beside_it(text: str, others: list[str]):
    assert unsupported(text, [*others, text]) == ""


@given(st.sampled_from(TEXTS), st.text(string.ascii_lowercase, min_size=4, max_size=9), st.integers(0, 10**6))
def test_a_name_a_number_or_a_path_that_is_in_no_source_is_never_accepted(text: str, word: str, number: int):
    assume(word not in text.lower() and str(number) not in text)
    from everlore.recall.words import root

    assume(root(word) not in {root(each) for each in text.lower().split()})
    said = text.rstrip(".!? ")
    assert unsupported(f"{said}, says {word.capitalize()}q.", [text])
    assert unsupported(f"{said}, src/{word}_x.py too.", [text])
    assert unsupported(f"{said}, and {number} more.", [text])


@given(st.text(max_size=200), st.lists(st.text(max_size=200), max_size=3))
def test_nothing_that_is_said_raises(text: str, cited: list[str]):
    assert isinstance(unsupported(text, cited), str)
    assert isinstance(objection(Claim(text, ["T1"]), GIVEN), str)
