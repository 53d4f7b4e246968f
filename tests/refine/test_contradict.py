"""Contradictions between two statements, and those of a memory among what its namespace keeps."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from everlore.app.app import App
from everlore.bench import admission
from everlore.core.types import Memory
from everlore.memory.changes import head_of, memory_of
from everlore.memory.life import near
from everlore.refine.contradict import CANDIDATES, Contradiction, Statement, contradiction, contradictions_among
from everlore.store import namespaces
from everlore.store.contract import Unit

TEXTS = sorted({text for look in admission.looks() for text in (look.old.text, look.new.text)})
DAY = 86_400_000


def test_a_contradiction_says_why_and_how_sure_it_is():
    value = contradiction(Statement("The gateway listens on 8443."), Statement("The gateway listens on 8080."))
    assert value and "8080 is now 8443" in value.why and value.confidence > 0.9
    name = contradiction(Statement("Jonas leads the search squad."), Statement("The search squad is led by Marta."))
    assert name and name.why.endswith("marta, now jonas") and 0.5 < name.confidence < 0.9
    denied = contradiction(Statement("Guests can't see drafts."), Statement("Guests can see drafts."))
    assert denied and "denied" in denied.why


@pytest.mark.parametrize(
    ("old", "new", "meet"),
    [
        ((None, None), (None, None), True),
        ((0, 5 * DAY), (5 * DAY, None), False),
        ((0, 5 * DAY), (4 * DAY, None), True),
        ((None, 5 * DAY), (9 * DAY, None), False),
        ((9 * DAY, None), (None, 9 * DAY), False),
        ((3 * DAY, 4 * DAY), (None, None), True),
    ],
)
def test_only_statements_that_hold_at_one_time_contradict(old, new, meet: bool):
    one, other = Statement("The cluster has 12 nodes.", *old), Statement("The cluster has 16 nodes.", *new)
    assert (contradiction(other, one) is not None) == meet


def test_a_question_and_a_line_of_code_claim_nothing():
    assert contradiction(Statement("Is the port 80?"), Statement("Is the port 81?")) is None
    assert contradiction(Statement("The port is 80", kind="question"), Statement("The port is 81")) is None
    assert contradiction(Statement("color: rgba(0, 0, 0, 1);"), Statement("color: rgba(0, 0, 0, 2);")) is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Backups are kept for 2 weeks.", "Backups are kept for 14 days."),
        ("The upload limit is 1 GB.", "The upload limit is 1000 MB."),
        ("The timeout is 90 seconds.", "The timeout is 1.5 minutes."),
    ],
)
def test_one_amount_in_two_units_is_no_contradiction(old: str, new: str):
    assert contradiction(Statement(new), Statement(old)) is None


@given(st.sampled_from(TEXTS))
def test_nothing_contradicts_itself(text: str):
    assert contradiction(Statement(text), Statement(text)) is None


@given(st.text(max_size=80), st.one_of(st.text(max_size=80), st.sampled_from(TEXTS)))
def test_any_two_texts_can_be_held_against_each_other(new: str, old: str):
    found = contradiction(Statement(new), Statement(old))
    assert found is None or (found.why and 0 < found.confidence <= 1)


def _contradicted(unit: Unit, memory: Memory) -> list[tuple[str, Contradiction]]:
    """Return what a memory contradicts of its nearest, as the curator asks."""
    head = head_of(unit, memory)
    kept = near(unit, head.text, namespaces.by_id(unit, memory.namespace), limit=CANDIDATES)
    return [(other.uid, against) for other, _, against in contradictions_among(memory, head, kept)]


def test_a_memory_is_held_against_what_its_namespace_keeps(app: App):
    kept = {}
    for name, text in {
        "leader": "Marta leads the payments squad.",
        "ship": "The payments squad ships on Tuesdays.",
        "other": "Marta leads the search squad.",
        "number": "The payments squad has six people.",
    }.items():
        kept[name] = app.call("remember", {"text": text, "namespace": "acme/pay"}).id
    app.call("remember", {"text": "Owen leads the payments squad.", "namespace": "elsewhere"})
    new = app.call("remember", {"text": "Jonas leads the payments squad.", "namespace": "acme/pay"}).id
    with app.read() as unit:
        memory = memory_of(unit, new)
        found = _contradicted(unit, memory)
    assert [uid for uid, _ in found] == [kept["leader"]]
    assert found[0][1].why == "the same subject with another value: marta, now jonas" and found[0][1].confidence == 0.85


def test_a_changed_value_in_other_words_is_found_where_admission_keeps_both(app: App):
    old = app.call("remember", {"text": "Backups are kept for 35 days in cold storage.", "namespace": "ops"})
    new = app.call("remember", {"text": "We keep backups for 90 days.", "namespace": "ops"})
    assert (old.outcome, new.outcome) == ("kept", "kept")
    with app.read() as unit:
        memory = memory_of(unit, new.id)
        assert [each[0] for each in _contradicted(unit, memory)] == [old.id]
