import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pairs import CHANGED_VALUES, CONTAINED, LABELS, NEAR_IDENTICAL, NEGATIONS, OTHER_SUBJECTS, PAIRS, REPEATS

from everlore.bench import admission
from everlore.memory.admit import THRESHOLD, compare
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


NEGATED = [pair.old for pair in admission.pairs()]
NUMBERED = [text for text in NEGATED if re.search(r"\d", text)]


@given(st.sampled_from(NEGATED), st.data())
def test_a_negation_put_anywhere_in_a_labelled_statement_is_never_merged(statement: str, data: st.DataObject):
    parts = statement.split()
    at = data.draw(st.integers(0, len(parts)))
    negation = data.draw(
        st.sampled_from(["not", "never", "no", "without", "don't", "cannot", "only", "except", "unless"])
    )
    assert compare(" ".join((*parts[:at], negation, *parts[at:])), statement).relation == "other"


@given(st.sampled_from(NUMBERED), st.integers(0, 99_999), st.data())
def test_another_number_in_a_labelled_statement_is_never_merged(statement: str, number: int, data: st.DataObject):
    found = data.draw(st.sampled_from(list(re.finditer(r"\d+", statement))))
    if int(found.group()) != number:
        changed = f"{statement[: found.start()]}{number}{statement[found.end() :]}"
        assert compare(changed, statement).relation != "same"


@given(st.text(max_size=60), st.one_of(st.text(max_size=60), st.sampled_from(STATEMENTS)))
def test_the_order_of_two_texts_does_not_change_the_judgement(one: str, other: str):
    there, back = compare(one, other), compare(other, one)
    assert (there.relation, there.similarity, set(there.differs)) == (back.relation, back.similarity, set(back.differs))


@given(st.sampled_from(STATEMENTS), st.sampled_from(STATEMENTS))
def test_an_objection_is_named_and_forbids_a_merge(new: str, old: str):
    found = compare(new, old)
    assert not (found.relation == "same" and found.differs)
    assert found.duplicates(0.5) or not found.duplicates(THRESHOLD)


@pytest.mark.parametrize(
    ("new", "old", "differs"),
    [
        ("Deploy on Fridays", "Do not deploy on Fridays", ["negation"]),
        ("The heating is on at night", "The heating is off at night", ["negation"]),
        ("Issue 12 is fixed", "Issue 13 is fixed", ["number"]),
        ("orders_v1 is read-only", "orders_v2 is read-only", ["identifier"]),
        ("The header is rendered", "The footer is rendered", ["subject"]),
        ("The port is 6380", "The port is 6390", ["number"]),
        ("The port is 6380", "The port is 6380.", []),
    ],
)
def test_each_check_objects_to_what_it_is_for(new: str, old: str, differs: list[str]):
    assert list(compare(new, old).differs) == differs


def test_small_words_are_let_pass_only_where_much_is_alike():
    long = compare(
        "We format the code of all our services with gofumpt", "Format the code of all our services with gofumpt"
    )
    short = compare("We use it", "Use it")
    assert (long.relation, short.relation) == ("same", "other")
    assert short.duplicates(0.5) and not short.duplicates(THRESHOLD)
