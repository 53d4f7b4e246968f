import pytest

from everlore.core.marks import marks
from everlore.recall.cues import answers


@pytest.mark.parametrize(
    "text",
    [
        "Always show distances in miles when I ask about routes.",
        "Thanks! From now on, write dates the long way.",
        "ok and never push to the harbour branch",
        "Please never use tabs.",
    ],
)
def test_an_instruction_at_the_head_of_a_sentence_is_standing(text):
    assert "standing" in marks(text, role="user", length=len(text))


@pytest.mark.parametrize(
    "text", ["I have never seen such a storm", "The ferry is always late, is it not?", "What is the tide?"]
)
def test_a_mere_adverb_is_not_a_standing_instruction(text):
    assert "standing" not in marks(text, role="user", length=len(text))


def test_only_what_a_person_said_is_marked():
    text = "Always show distances in miles."
    assert [marks(text, role=role, length=len(text)) for role in ("assistant", "tool", None)] == [(), (), ()]


def test_a_long_request_is_no_standing_instruction():
    assert "standing" not in marks("Always show miles.", role="user", length=4000, pieces=8)


def test_a_stated_choice_is_a_preference():
    text = "I prefer hemp ropes over nylon because they hold knots"
    assert marks(text, role="user", length=len(text)) == ("preference",)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("why", "We chose hemp because nylon slips."),
        ("failure", "The root cause was a stale chart."),
        ("where", "It is in harbour/tides.py now"),
        ("rule", "Never moor at night"),
        ("value", "The dock holds 42 boats"),
        ("command", "run `make tides`"),
        ("when", "we met last week"),
    ],
)
def test_a_passage_answers_its_kind_of_question(kind, text):
    assert answers(kind, text)
    assert not answers(kind, "Gulls circle over quiet water")


def test_an_unknown_kind_is_answered_by_nothing():
    assert not answers("who", "Bob repaired it")


def test_a_mere_wish_for_help_is_no_preference():
    for text in (
        "I want to make sure the ropes hold",
        "I'd like help with ropes",
        "I'm using hemp ropes, is that fine?",
    ):
        assert marks(text, role="user", length=len(text)) == ()
