from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from everlore.recall.asked import Asked, read_asked, read_slot
from everlore.recall.candidates import Candidate, Ranked
from everlore.recall.question import read_question
from everlore.recall.statements import joined, read_statement
from everlore.recall.values import Reach, order_by_time

DAY = 86_400_000
JUNE = int(datetime(2031, 6, 1, tzinfo=UTC).timestamp() * 1000)
FILLER = ("Gulls again today.", "The paint on the pier dries slowly.", "Lunch was fine.", "Anna brought cake.")


def turn(name: str, day: int, text: str, role: str = "user", previous: str = "", following: str = "") -> Ranked:
    number = sum(map(ord, name)) + day
    candidate = Candidate(
        passage=number, item=name, session=f"s{day}", position=number, text=text, role=role, time=JUNE + day * DAY,
        previous=previous, following=following, length=len(text),
    )  # fmt: skip
    return Ranked(candidate, 1.0, 0.5, 0.5, {})


def order(question: str, *ranked: Ranked, asked: Asked | None = None) -> list[str]:
    fill = [turn(f"fill{n}", n, text) for n, text in enumerate(FILLER)]
    found = order_by_time(read_question(question), [*ranked, *fill], asked=asked or Asked("present"))
    return [entry.candidate.item for entry in found if not entry.candidate.item.startswith("fill")]


def test_a_port_that_moved_is_shown_where_it_moved_to():
    old = turn("old", 1, "The tide database listens on port 6380.")
    new = turn("new", 9, "Move the tide database from 6380 to 6390.")
    assert order("Which port does the tide database listen on?", old, new) == ["new", "old"]


def test_a_chain_of_changes_ends_at_the_last_value():
    first = turn("first", 1, "The tide database listens on port 6380.")
    second = turn("second", 5, "sed -i 's/6380/6390/' compose.yml", role="tool")
    third = turn("third", 9, "-  port: 6390\n+  port: 6401", role="tool")
    assert order("Which port does the tide database use?", first, second, third)[0] == "third"


def test_a_key_set_to_something_else_outdoes_the_earlier_setting():
    old = turn("old", 1, "Write content: max_boats_per_lock = 12", role="tool")
    new = turn("new", 9, "Write content: max_boats_per_lock = 20", role="tool")
    assert order("How many boats fit in one lock?", old, new) == ["new", "old"]


def test_a_decision_is_outdone_through_the_edit_that_carried_it_out():
    edit = "Edit lock.toml old_string: boats_per_lock = 8\nnew_string: boats_per_lock = 12"
    decision = turn("decision", 1, "make it 12", following=edit)
    later = turn(
        "later", 9, "Edit lock.toml\nold_string: boats_per_lock = 12\nnew_string: boats_per_lock = 20", role="tool"
    )
    assert order("How many boats may enter the lock?", decision, later) == ["later", "decision"]


def test_the_same_number_for_another_thing_changes_nothing():
    boats = turn("boats", 1, "The lock takes 12 boats at once.")
    bread = turn("bread", 9, "We bake 30 loaves now, not 12, since the school asks for more bread.")
    assert order("How many boats does the lock take?", boats, bread) == ["boats", "bread"]


def test_newer_without_a_replacement_is_not_better():
    one = turn("one", 1, "The lock takes 12 boats at once.")
    two = turn("two", 9, "The lock keeper counted 14 ducks beside the lock.")
    assert order("How many boats does the lock take?", one, two) == ["one", "two"]


def test_a_question_about_a_past_day_gets_the_value_of_that_day():
    old = turn("old", 1, "The tide database listens on port 6380.")
    new = turn("new", 9, "Move the tide database from 6380 to 6390.")
    asked = Asked("past", JUNE + 4 * DAY)
    assert order("Which port did the tide database listen on?", new, old, asked=asked) == ["old", "new"]
    assert (
        order("Which port did the tide database listen on?", new, old, asked=Asked("past", JUNE + 20 * DAY))[0] == "new"
    )


def test_a_story_and_a_past_without_a_date_keep_their_order():
    old = turn("old", 1, "The tide database listens on port 6380.")
    new = turn("new", 9, "Move the tide database from 6380 to 6390.")
    assert order("How did the port of the tide database develop?", old, new, asked=Asked("other")) == ["old", "new"]
    assert order("Which port was the tide database on?", old, new, asked=Asked("past")) == ["old", "new"]


def test_a_value_in_another_passage_of_a_long_item_counts():
    old = turn("old", 1, "The tide database listens on port 6380.")
    new = turn("new", 9, "About the tide database, at length.", role="tool")
    fill = [turn(f"fill{n}", n, text) for n, text in enumerate(FILLER)]
    change = Candidate(
        passage=9999, item="new", session="s9", position=new.candidate.position, text="port from 6380 to 6390",
        role="tool", time=new.candidate.time, piece=1, pieces=2,
    )  # fmt: skip
    question = read_question("Which port does the tide database listen on?")
    found = order_by_time(question, [old, new, *fill], [change], asked=Asked("present"))
    assert [entry.candidate.item for entry in found][:2] == ["new", "old"]


def test_two_memories_without_a_session_are_ordered_by_their_time():
    def memory(name: str, day: int, text: str) -> Ranked:
        return Ranked(
            Candidate(passage=day, item=name, session=None, position=0, text=text, time=JUNE + day * DAY),
            1.0,
            0.5,
            0.5,
            {},
        )

    old, new = memory("old", 1, "cache_port = 6380"), memory("new", 2, "cache_port = 6390")
    found = order_by_time(read_question("Which port does the cache use?"), [old, new], asked=Asked("present"))
    assert [entry.candidate.item for entry in found] == ["new", "old"]


@pytest.mark.parametrize(
    ("text", "tense"),
    [
        ("Which port does the database listen on?", "present"),
        ("How long do we wait before giving up?", "present"),
        ("How many boats have I counted since March?", "present"),
        ("On 13 March, which port was the database on?", "past"),
        ("Which limit was in force when the lock broke?", "past"),
        ("How many lines could a letter have in March?", "past"),
        ("Why do we keep prices in cents?", "other"),
        ("How did the limit develop over time?", "other"),
    ],
)
def test_the_time_asked_about_is_read_from_the_question(text, tense):
    assert read_asked(text, datetime(2031, 6, 1, tzinfo=UTC)).tense == tense


def test_a_named_past_month_ends_where_the_month_ends():
    asked = read_asked("How many lines could a letter have in March?", datetime(2031, 6, 1, tzinfo=UTC))
    assert asked.until == int(datetime(2031, 4, 1, tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("text", "replaced", "given_"),
    [
        ("raise it from 30 to 120 please", {"30"}, {"120"}),
        ("350. not 500, the tail is ugly", {"500"}, set()),
        ("sed -i 's/MAX = 200/MAX = 500/' limits.py", {"200"}, {"500"}),
        ("-port = 6380\n+port = 6390", {"6380"}, {"6390"}),
        ("old_string: ttl = 8\nnew_string: ttl = 12", {"8"}, {"12"}),
        ("127.0.0.1:6380->6379/tcp", set(), set()),
        ("gulls, 12 of them", set(), set()),
    ],
)
def test_what_a_text_says_about_replacing_is_read(text, replaced, given_):
    statement = read_statement(text)
    assert statement.replaced == replaced
    assert statement.given == given_


def test_dates_and_times_are_not_mistaken_for_numbers():
    kinds = {
        value.text: value.kind for value in read_statement("On 2031-05-02 at 09:33 we set 40 boats and 5 %.").values
    }
    assert kinds == {"2031-05-02": "date", "09:33": "date", "40": "number", "5": "percent"}


def test_thousands_separators_and_underscores_do_not_make_another_value():
    assert {value.text for value in read_statement("21_600 or 21,600 or 21600 seconds").values} == {"21600"}


def test_a_bare_answer_takes_the_words_of_what_it_answers():
    alone, answer = read_statement("350 then."), joined("350 then.", "How many boats may wait?", "", tool=False)
    assert not alone.values[0].near.keys() & {"boat"}
    assert "boat" in answer.values[0].near


@given(st.text(max_size=300), st.text(max_size=300))
def test_reading_never_fails_and_items_are_neither_lost_nor_made(one, two):
    ranked = [turn("a", 1, one), turn("b", 2, two, role="tool", previous=one)]
    found = order_by_time(
        read_question("Which value is it? " + one[:40]), ranked, asked=Asked("present"), reach=Reach(moves=1)
    )
    assert sorted(entry.candidate.item for entry in found) == ["a", "b"]


def test_a_value_restated_with_a_word_of_change_outdoes_the_earlier_one():
    old = turn("old", 1, "My weekly budget for harbour fees is $40.")
    new = turn("new", 9, "I increased the weekly budget for harbour fees to $55.")
    assert order("What is my weekly budget for harbour fees?", old, new) == ["new", "old"]


def test_a_restated_value_of_another_sort_or_subject_changes_nothing():
    old = turn("old", 1, "My weekly budget for harbour fees is $40.")
    sort = turn("sort", 9, "I increased the weekly budget review for harbour fees to 55 minutes.")
    subject = turn("subject", 9, "The bakery increased what it charges to $6.")
    assert order("What is my weekly budget for harbour fees?", old, sort, subject) == ["old", "sort", "subject"]


def test_a_restated_value_does_not_answer_for_the_past():
    old = turn("old", 1, "My weekly budget for harbour fees is $40.")
    new = turn("new", 9, "I increased the weekly budget for harbour fees to $55.")
    assert order("What was my weekly budget for harbour fees?", old, new, asked=Asked("past")) == ["old", "new"]


def test_an_old_value_named_beside_the_new_one_is_replaced_by_the_edit_that_follows():
    edit = "sed -i 's/MAX_BOATS = 20/MAX_BOATS = 35/' lock.py"
    said = joined("Anna's club has 28 boats and runs into our cap of 20. Make it 35.", "", edit, tool=False)
    assert "20" in said.replaced
    assert said.given == {"35"}
    assert "28" in said.standing()


def test_a_value_with_no_word_of_the_question_near_it_can_still_be_outdone():
    old = turn("old", 1, "The relay takes 4096 and drops the rest.")
    new = turn("new", 9, "edit: relay.conf\n-size_limit 4096\n+size_limit 8192", role="tool")
    assert order("How big may one parcel be?", old, new) == ["new", "old"]


@pytest.mark.parametrize(
    ("text", "replaced"),
    [
        ("Retention: 30 days becomes 90.", "30"),
        ("This replaces the old 450 in the lock table.", "450"),
        ("24 hours is too long for a ticket, make it 8.", "24"),
        ("It is 12 boats rather than the 9 we had.", "9"),
    ],
)
def test_phrases_that_name_the_value_they_replace(text: str, replaced: str):
    assert replaced in read_statement(text).replaced


@pytest.mark.parametrize(
    "line", ["proxy_read_timeout 45;", "#define MAX_BOATS 45", "maxBoats := 45", "+boats_limit 45"]
)
def test_settings_without_an_equals_sign_have_a_key(line: str):
    keys = read_statement(line).keys or {}
    assert [new for _, new in keys.values()] == [{"45"}]


def test_only_values_beside_a_word_of_change_are_updated():
    text = "I counted 11 boats on the first day, and later, after lunch, the new cap of 15 came."
    assert read_statement(text).updated == {"15"}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("What percentage of locks is open?", "percent"),
        ("When does the regatta start?", "date"),
        ("How long may a boat wait?", "duration"),
        ("What is the budget for paint?", "money"),
    ],
)
def test_a_question_names_the_sort_of_value_it_wants(text: str, kind: str):
    assert kind in read_slot(text)


@pytest.mark.parametrize("text", ["How many days passed between the two?", "How can I raise the limit?", "Who came?"])
def test_a_question_without_one_value_has_no_slot(text: str):
    assert read_slot(text) == frozenset()


def test_how_something_has_grown_is_a_story():
    assert read_asked("How has the list of piers grown?", datetime(2031, 6, 9, tzinfo=UTC)).tense == "other"


def test_between_which_times_asks_for_a_value_and_between_two_events_for_a_story():
    now = datetime(2031, 6, 9, tzinfo=UTC)
    assert read_asked("Between which times does the lock stay shut?", now).tense == "present"
    assert read_asked("What changed between the regatta and the storm?", now).tense == "other"
