"""When it is spoken unasked: pure, silent when in doubt, and never the more silent for a word more."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from everlore.recall.candidates import Candidate, Ranked, Vocabulary
from everlore.recall.question import read_question
from everlore.recall.rank import rank
from everlore.recall.speaking import Said, heard, is_order, outdated, read_shown, shift, worth_saying
from everlore.recall.withhold import weigh
from everlore.recall.words import root, roots

DAY = 86_400_000


def memory(text: str, *, day: int = 0, kind: str = "fact") -> Candidate:
    return Candidate(
        passage=hash(text), item=text, session=None, position=0, text=text, time=day * DAY, kind=kind, revision=1
    )


def turn(text: str, *, day: int = 0, position: int = 0, role: str | None = "user") -> Candidate:
    return Candidate(
        passage=hash(text), item=text, session=f"s{day}", position=position, text=text, role=role, time=day * DAY
    )


def said(prompt: str, *candidates: Candidate, bar: float = 0.5, size: int | None = None) -> list[Said]:
    question = read_question(prompt)
    known = {
        form: sum(root(form) in roots(each.text) for each in candidates)
        for term in question.terms
        for form in term.forms
    }
    vocabulary = Vocabulary(size if size is not None else len(candidates), known)
    evidence = weigh(question, candidates, vocabulary)
    return worth_saying(question, rank(question, candidates, vocabulary), vocabulary, evidence, bar=bar)


def texts(found: list[Said]) -> list[str]:
    return [each.ranked.candidate.text for each in found]


def test_what_a_memory_states_is_said_and_the_rest_is_not() -> None:
    found = said(
        "Which port does the broker listen on?",
        memory("The broker listens on port 1884"),
        memory("The broker stands in Oslo"),
    )
    assert texts(found) == ["The broker listens on port 1884"]
    assert found[0].states and found[0].chance > 0.5
    assert found[0].why == "states 3 words of the prompt"


@pytest.mark.parametrize("prompt", ["", "   ", "thanks, that looks good", "ok next", "hello", "?!"])
def test_a_prompt_that_asks_for_nothing_is_met_with_silence(prompt: str) -> None:
    assert said(prompt, memory("The next release looks good and is thanked for")) == []


def test_what_a_tool_printed_states_nothing() -> None:
    line = "The broker listens on port 1884"
    assert texts(said("Which port does the broker listen on?", turn(line))) == [line]
    assert not said("Which port does the broker listen on?", turn(line, role="tool"))


def test_an_answer_that_stands_out_in_meaning_is_heard_above_many_that_are_as_close() -> None:
    question = read_question("Which port does the broker listen on?")

    def heard_of(*cosines: float) -> float:
        found = [
            replace(turn(f"The broker was named in line {place}", day=place), maxsim=cosine, around=cosine, pooled=0.4)
            for place, cosine in enumerate(cosines)
        ]
        vocabulary = Vocabulary(100, {"broker": 12})
        ranked = [Ranked(candidate, 1.0, 0.5, 0.5, {}) for candidate in found]
        shown = read_shown(question, ranked[:10], vocabulary)
        return heard(question, ranked, shown, vocabulary, weigh(question, found, vocabulary))

    assert heard_of(0.7, *[0.3] * 11) > heard_of(0.7, *[0.6] * 11)


def test_one_rare_word_is_not_enough() -> None:
    assert said("Commit the brush renderer and push it", memory("The brush was bought in Lyon")) == []


def test_a_higher_bar_never_says_more() -> None:
    lines = [
        memory(text)
        for text in ("The archive host is Basalt", "The archive is old", "The host has a disk for the archive machine")
    ]
    counts = [
        len(said("Which machine is the archive host?", *lines, bar=bar)) for bar in (0.0, 0.3, 0.5, 0.7, 0.9, 0.99)
    ]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > counts[-1]


WORDS = ("keel", "anchor", "rudder", "galley", "compass", "lantern")


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=6, unique=True), st.sampled_from(WORDS))
def test_a_word_more_of_the_prompt_never_turns_speech_into_silence(words: list[str], more: str) -> None:
    prompt = "Where do we keep the " + " ".join(WORDS) + "?"
    before = said(prompt, memory("Kept on deck: " + " ".join(words)))
    after = said(prompt, memory("Kept on deck: " + " ".join(dict.fromkeys([*words, more]))))
    assert len(after) >= len(before)
    if before:
        assert after[0].chance >= before[0].chance


def test_of_two_that_say_nearly_the_same_the_newer_is_said() -> None:
    old, new = memory("The club meets on Thursday evening", day=1), memory("The club meets on Tuesday evening", day=9)
    assert texts(said("On which evening does the club meet?", old, new)) == [new.text]
    assert texts(said("On which evening does the club meet?", new, old)) == [new.text]
    beside = replace(new, time=old.time)
    assert len(said("On which evening does the club meet?", old, beside)) == 2, "who says both at once means both"


def test_two_that_only_share_words_are_both_said() -> None:
    one, other = (
        memory("Tax rounding is done per rate on the total", day=1),
        memory("The rounding of tax lives in tax/rounding.py", day=9),
    )
    ranked = [Ranked(each, 1.0, 0.5, 0.5, {}) for each in (one, other)]
    shown = read_shown(read_question("tax rounding"), ranked, Vocabulary())
    assert outdated(ranked, shown) in (set(), {0})
    assert outdated(list(reversed(ranked)), list(reversed(shown))) in (set(), {1})


@pytest.mark.parametrize(
    "text",
    [
        "delete the release branch and force push main", "please restart the database right away", "now drain node 7", "把库存全部清零",
        "Book the zoo for Saturday. Then write to the teacher.", "bestell neue Fenster für das Bad",
    ],
)  # fmt: skip
def test_an_order_of_another_day_is_told_apart(text: str) -> None:
    assert is_order(text, "user")
    assert not is_order(text, "assistant"), "what an agent says it does is no order"


@pytest.mark.parametrize(
    "text",
    [
        "always delete the branch after the merge", "set the timeout to 45 minutes", "from now on write tests first", "the broker listens on port 1884",
        "people lose their basket, raise the session timeout", "use tabs instead of spaces",
    ],
)  # fmt: skip
def test_a_rule_or_a_statement_is_no_order(text: str) -> None:
    assert not is_order(text, "user")


def test_another_number_of_the_same_thing_is_not_meant() -> None:
    prompt = "Who recalibrated sensor 14 in February?"
    assert said(prompt, memory("Tomas recalibrated sensor 9 in February")) == []
    assert texts(said(prompt, memory("Then Tomas recalibrated sensor 14 in February")))


def test_what_anybody_knows_is_not_answered_from_memory() -> None:
    line = memory("We dropped the bloom filter since it saved nothing")
    assert said("Explain how a bloom filter works", line) == []
    assert texts(said("Why did we drop the bloom filter?", line)) == [line.text]


def test_a_store_of_a_few_lines_is_not_judged_as_a_whole() -> None:
    lines = [
        turn("the lock keeper closes the gate when the tide falls", day=1),
        turn("the market opens at nine", day=2),
    ]
    assert said("What has the harbour master decided about dredging the tide gate?", *lines) == []


def test_shift_is_the_share_of_a_prompt_that_is_new() -> None:
    before = [read_question("Which port does the broker listen on?")]
    assert shift(read_question("Which port does the broker use?"), before) == 0.0
    assert shift(read_question("Paint the login page blue"), before) == 1.0
    assert 0.0 < shift(read_question("Does the broker encrypt its log?"), before) < 1.0
    assert shift(read_question("Anything at all"), []) == 1.0


@given(st.text(max_size=80), st.lists(st.text(min_size=1, max_size=80), max_size=4))
def test_any_text_is_weighed_and_what_is_said_was_found(prompt: str, lines: list[str]) -> None:
    found = said(prompt, *(turn(text, day=day) for day, text in enumerate(lines)), size=500)
    assert set(texts(found)) <= set(lines)
    assert all(0.0 <= each.chance <= 1.0 for each in found)


def test_order_of_what_is_found_is_kept() -> None:
    lines = [memory(f"The gate of lock {name} is closed at the tide") for name in ("Arne", "Berta", "Carl")]
    ranked = [replace(Ranked(each, 1.0, 0.9, 1.0, {}), score=float(place)) for place, each in enumerate(lines)]
    question = read_question("When is the gate of the lock closed, at which tide?")
    known = {form: 3 for term in question.terms for form in term.forms}
    vocabulary = Vocabulary(3, known)
    found = worth_saying(question, ranked, vocabulary, weigh(question, lines, vocabulary))
    assert texts(found) == [each.text for each in lines if each.text in texts(found)]
