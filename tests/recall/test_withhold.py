from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from everlore.recall.candidates import Candidate, Vocabulary
from everlore.recall.question import read_question
from everlore.recall.withhold import Evidence, confidence, should_withhold, weigh
from everlore.recall.words import root, roots

HARBOUR = (
    "The ferry to Brannholm leaves at seven from the north pier.",
    "I painted the yellow ferry with Oskar on Sunday.",
    "Oskar wants to sell his hemp ropes at the autumn market.",
    "The lock keeper closes the gate when the tide falls.",
    "My sister teaches the violin in Brannholm.",
    "We counted forty boats behind the lock.",
    "Gulls took my sandwich again.",
    "The market opens at nine, bring the small cart.",
)


def passages(*texts: str, role: str | None = None) -> list[Candidate]:
    around = ("", *texts, "")
    return [
        Candidate(
            passage=n, item=f"t{n}", session="s", position=n, text=text, role=role, previous=around[n], following=around[n + 2],
            words=1.0,
        )
        for n, text in enumerate(texts)
    ]  # fmt: skip


def evidence(question: str, candidates: list[Candidate], size: int = 0) -> Evidence:
    read = read_question(question)
    known = {
        form: sum(root(form) in roots(candidate.text) for candidate in candidates)
        for term in read.terms
        for form in term.forms
    }
    return weigh(read, candidates, Vocabulary(size or len(candidates), known))


@pytest.mark.parametrize(
    "question",
    [
        "When does the ferry to Brannholm leave?",
        "Who painted the yellow ferry with me?",
        "What does Oskar want to sell at the market?",
        "How many boats were behind the lock?",
    ],
)
def test_what_was_said_is_answered(question):
    assert not should_withhold(evidence(question, passages(*HARBOUR)))


@pytest.mark.parametrize(
    "question",
    [
        "Which database migration broke the billing service for Kwame?",
        "What did Priscilla cook for the embassy dinner in Lisbon?",
        "How much did the violin cost Theodora in Montreal?",
        "When did Ignatius open his pottery studio?",
    ],
)
def test_what_belongs_to_another_life_is_withheld(question):
    assert should_withhold(evidence(question, passages(*HARBOUR)))


def test_nothing_found_is_withheld():
    assert should_withhold(weigh(read_question("When does the ferry leave?"), []))
    assert confidence(weigh(read_question("When does the ferry leave?"), [])) == 0.0


def test_one_rare_word_is_not_enough():
    found = evidence("Did the violin soloist rehearse her Sibelius cadenza?", passages(*HARBOUR))
    assert found.matched == 1
    assert should_withhold(found)


def test_a_name_the_store_never_saw_counts_against_an_answer():
    known = evidence("What does Oskar want to sell at the market?", passages(*HARBOUR))
    other = evidence("What does Balthasar want to sell at the market?", passages(*HARBOUR))
    assert (known.unknown, other.unknown) == (0, 1)
    assert confidence(other) < confidence(known)


def test_an_identifier_the_store_never_saw_counts_against_an_answer():
    assert evidence("Where is max_boats set?", passages("max_boats = 40 in lock.toml", role="tool")).unknown == 0
    assert evidence("Where is min_depth set?", passages("max_boats = 40 in lock.toml", role="tool")).unknown > 0


def test_words_of_the_neighbours_help_a_short_answer():
    alone = evidence("How many boats wait behind the lock?", passages("Forty of them."))
    beside = evidence(
        "How many boats wait behind the lock?", passages("How many boats behind the lock?", "Forty of them.")
    )
    assert beside.matched > alone.matched


def test_the_same_passage_says_less_in_a_larger_store():
    question = "Who repaired the copper weathervane behind the lock?"
    small, large = evidence(question, passages(*HARBOUR)), evidence(question, passages(*HARBOUR), size=100_000)
    assert large.missing > small.missing
    assert confidence(large) < confidence(small)


def test_the_setting_is_read_from_who_speaks():
    assert evidence("boats?", passages("boats")).setting == "people"
    assert evidence("boats?", passages("boats", role="user")).setting == "chat"
    assert evidence("boats?", [*passages("boats", role="user"), *passages("ls", role="tool")]).setting == "agent"
    assert evidence("boats?", [replace(passages("boats")[0], kind="fact")]).setting == "agent"


def test_a_model_that_sees_no_likeness_withholds_and_one_that_does_answers():
    question = read_question("Which hour does the boat depart?")
    strange = [replace(candidate, maxsim=0.12, pooled=0.05) for candidate in passages(*HARBOUR, role="user")]
    alike = [replace(candidate, maxsim=0.5, pooled=0.6) for candidate in passages(*HARBOUR, role="user")]
    assert should_withhold(weigh(question, strange))
    assert not should_withhold(weigh(question, alike))


def test_a_higher_bar_withholds_more():
    found = evidence("What does Oskar want to sell at the market?", passages(*HARBOUR))
    assert not should_withhold(found)
    assert should_withhold(found, bar=1.0)


@given(
    st.integers(0, 12), st.floats(0, 200), st.integers(0, 5), st.sampled_from(["people", "chat", "agent"]),
    st.one_of(st.none(), st.floats(-1, 1)),
)  # fmt: skip
def test_better_evidence_never_turns_an_answer_into_silence(matched, missing, unknown, setting, likeness):
    worse = Evidence(matched, missing, unknown, setting, likeness, likeness)
    better = Evidence(matched + 1, missing / 2, max(0, unknown - 1), setting, likeness, likeness)
    assert 0 <= confidence(worse) <= confidence(better) <= 1
