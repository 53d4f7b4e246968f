import pytest
from hypothesis import given
from hypothesis import strategies as st
from pairs import CHANGED_VALUES, CONTAINED, LABELS, NEAR_IDENTICAL, NEGATIONS, OTHER_SUBJECTS, PAIRS, REPEATS

from everlore.memory.admit import compare
from everlore.memory.wording import normalize, words

STATEMENTS = [
    old for old, _ in (*REPEATS, *NEAR_IDENTICAL, *CHANGED_VALUES, *NEGATIONS, *OTHER_SUBJECTS, *CONTAINED, *LABELS)
]
NAMES = ["Anna", "Bergen", "kafka", "nginx", "search", "invoice", "Lisbon", "heron"]


def test_the_table_is_large_enough_to_mean_something():
    assert len(PAIRS) >= 120
    assert len(set(PAIRS)) == len(PAIRS)


@pytest.mark.parametrize(("relation", "old", "new"), PAIRS)
def test_a_statement_is_judged_as_a_person_would(relation: str, old: str, new: str):
    found = compare(new, old)
    assert found.relation == relation, found.why
    assert 0 <= found.similarity <= 1
    assert found.why


@pytest.mark.parametrize(("relation", "old", "new"), PAIRS)
def test_the_judgement_does_not_depend_on_which_was_first(relation: str, old: str, new: str):
    assert compare(old, new).relation == relation


@given(st.sampled_from(STATEMENTS), st.data())
def test_a_negation_put_anywhere_is_never_the_same(statement: str, data: st.DataObject):
    parts = statement.split()
    at = data.draw(st.integers(0, len(parts)))
    negation = data.draw(st.sampled_from(["not", "never", "no", "without", "don't", "cannot", "only", "except"]))
    assert compare(" ".join((*parts[:at], negation, *parts[at:])), statement).relation == "other"


@given(st.sampled_from(STATEMENTS), st.sampled_from(NAMES), st.data())
def test_another_word_anywhere_is_never_the_same(statement: str, name: str, data: st.DataObject):
    parts = statement.split()
    at = data.draw(st.integers(0, len(parts) - 1))
    if parts[at].strip(".,:!-*()").lower() == name.lower():
        return
    assert compare(" ".join((*parts[:at], name, *parts[at + 1 :])), statement).relation != "same"


@given(st.sampled_from(STATEMENTS), st.sampled_from(NAMES), st.data())
def test_a_name_more_makes_another_statement(statement: str, name: str, data: st.DataObject):
    parts = statement.split()
    at = data.draw(st.integers(0, len(parts)))
    assert compare(" ".join((*parts[:at], name, *parts[at:])), statement).relation == "other"


@given(st.sampled_from(STATEMENTS), st.integers(0, 10**6), st.data())
def test_another_number_is_never_the_same(statement: str, number: int, data: st.DataObject):
    digits = [n for n, letter in enumerate(statement) if letter.isdigit() and letter.isascii()]
    if not digits:
        return
    at = data.draw(st.sampled_from(digits))
    changed = statement[:at] + str((int(statement[at]) + 1 + number % 9) % 10) + statement[at + 1 :]
    assert compare(changed, statement).relation != "same"


@given(st.sampled_from(STATEMENTS), st.sampled_from(["  {}", "{}\n", "{} .", "{}!", "\t{} "]))
def test_space_and_a_closing_mark_change_nothing(statement: str, frame: str):
    assert compare(frame.format(statement), statement).relation == "same"


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_two_texts_can_be_compared(new: str, old: str):
    found = compare(new, old)
    assert found.relation == "same" or (words(new), new.strip()[-1:]) != (words(old), old.strip()[-1:])


@given(st.text(max_size=60))
def test_normalizing_twice_is_normalizing_once(text: str):
    assert normalize(normalize(text)) == normalize(text)


@pytest.mark.timeout(30)
@pytest.mark.parametrize("piece", ["word ", "n't ", "a=", "<a", "(", "**", "1,000", "a: 1 ", "`x` "])
def test_the_longest_texts_are_compared_in_time_that_grows_with_their_length(piece: str):
    old = piece * (300_000 // len(piece))
    scattered = " x ".join(old[at : at + 100] for at in range(0, len(old), 100))
    assert compare(scattered, old).relation == "other"
    assert compare(f"x{old[: len(old) // 2]}y{old[len(old) // 2 :]}z", old).relation == "other"
