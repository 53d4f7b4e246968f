import time

import pytest

from everlore.recall.question import read_question


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Why do lanterns use kerosene?", "why"),
        ("What broke the harbour crane?", "failure"),
        ("Which module parses tide tables?", "where"),
        ("Are we allowed to moor at night?", "rule"),
        ("How many boats fit in the dock?", "value"),
        ("How do I refuel the ferry?", "command"),
        ("Who repaired the buoy?", "who"),
        ("When did the storm hit?", "when"),
    ],
)
def test_the_kind_of_answer_is_read_from_the_question(text, kind):
    assert kind in read_question(text).kinds


def test_forms_of_one_word_are_one_term_and_stop_words_none():
    question = read_question("Did the rounding of rounded prices change?")
    assert [term.word for term in question.terms] == ["rounding", "prices", "change"]
    assert "cost" in question.terms[1].synonyms


def test_a_question_of_stop_words_alone_still_has_terms():
    assert [term.word for term in read_question("who are you").terms] == ["who", "are", "you"]


def test_a_question_without_any_word_searches_for_nothing():
    question = read_question(" ?! ")
    assert (question.terms, question.match(), question.match_related()) == ((), None, None)


def test_identifiers_phrases_and_names_are_kept_verbatim():
    question = read_question(
        'Does Bob set lock_timeout in src/db/pool.py for HARBOR-31 after "tide is out" with maxBoats?'
    )
    assert {"lock_timeout", "src/db/pool.py", "harbor-31", "maxboats"} <= set(question.identifiers)
    assert question.phrases == ("tide is out",)
    assert question.names == ("Bob",)


def test_months_and_years_are_read_and_the_verb_may_is_no_month():
    dated = read_question("What was decided in March 2025?")
    assert (dated.months, dated.years) == ((3,), (2025,))
    assert read_question("may we march on?").months == ()
    assert read_question("What changed in May and in october?").months == (5, 10)


def test_help_is_told_from_memory():
    assert read_question("Can you suggest a rope for the ferry?").seeks_help
    assert not read_question("Which rope did I mention in our conversations?").seeks_help


def test_a_question_about_the_assistants_own_words_is_noticed():
    assert read_question("Which rope did you recommend?").asks_assistant
    assert not read_question("Could you recommend a rope?").asks_assistant


def test_the_query_quotes_every_word_and_leaves_filter_columns_out():
    question = read_question('What is "the limit" OR scope: n1 NEAR?')
    assert question.match() == '- {scope marks} : ("limit" OR "scope" OR "n1" OR "near")'


def test_related_words_never_repeat_the_questions_own():
    related = read_question("maximum limit of boats").match_related() or ""
    assert '"cap"' in related
    assert '"limit"' not in related
    assert '"maximum"' not in related


def test_the_vocabulary_names_everything_ranking_weighs():
    question = read_question("When is the decision due?")
    assert {"decision", "decide", "deadline", "choice"} <= set(question.vocabulary())


@pytest.mark.parametrize("piece", ["1", "a", "A", "a.", "-", "_a", "a-", "1a", "Aa", "a1_", "://", "--a", '"', "a b "])
def test_hostile_text_takes_no_longer_than_its_length(piece: str):
    def seconds(size: int) -> float:
        text = piece * (size // len(piece))
        started = time.thread_time()
        read_question(text)
        return time.thread_time() - started

    short, long = (min(seconds(size) for _ in range(3)) for size in (2_500, 20_000))
    assert long < 30 * max(short, 0.005)
