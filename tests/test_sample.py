"""The sample project and the chat set are sound: ids resolve, clocks run forward, and no question repeats its evidence.

Both sets feed the demo, the tests and the quality gate, so a slip in them would move every figure measured on them.
"""

import json
import re
from collections import defaultdict
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "src" / "everlore" / "app" / "sample"
CHAT = Path(__file__).parent / "data"
SETS = {
    "sample": (SAMPLE / "history.jsonl", SAMPLE / "questions.json"),
    "chat": (CHAT / "chat.jsonl", CHAT / "chat-questions.json"),
}
CATEGORIES = {
    "sample": {
        "decision-why", "current-value", "past-value", "failure-fix", "preference-or-rule", "command-or-environment",
        "where-in-code", "who-or-when", "multi-session", "unanswerable",
    },
    "chat": {
        "single-hop", "why", "temporal", "current-value", "past-value", "image", "multi-session", "unanswerable",
    },
}  # fmt: skip
KINDS = {"fact", "decision", "convention", "preference", "procedure", "failure", "question", "page"}
COMMON_WORDS = """
a about after ago all am an and any are as at be been before but by can could did do does done down for from get
had has have how i if in into is isn it its just let like long many may me more most much must my no not of off on
one only or our out over own per s set should so some t than that the their them then there these they this time to
too up us use used was we were what when where which who why will with would you your don
"""
STOP_WORDS = frozenset(COMMON_WORDS.split())

Row = dict[str, Any]


def read_lines(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def read_set(name: str) -> tuple[list[Row], list[Row]]:
    turns, questions = SETS[name]
    return read_lines(turns), json.loads(questions.read_text(encoding="utf-8"))


def content_words(text: str) -> set[str]:
    return {word for word in re.findall(r"\w+", text.lower()) if len(word) > 1} - STOP_WORDS


both = pytest.mark.parametrize("name", sorted(SETS))


@both
def test_turn_and_question_ids_are_unique(name: str) -> None:
    for rows in read_set(name):
        ids = [row["id"] for row in rows]
        assert len(ids) == len(set(ids))


@both
def test_every_turn_has_the_fields_of_the_conversation_format(name: str) -> None:
    turns, _ = read_set(name)
    required = {"session", "id", "speaker", "role", "time", "text"}
    for turn in turns:
        assert required <= turn.keys() <= required | {"caption"}, turn["id"]
        assert turn["role"] in ({None} if name == "chat" else {"user", "assistant", "tool"}), turn["id"]
        assert turn["speaker"] and turn["text"].strip(), turn["id"]


@both
def test_times_carry_a_zone_and_never_run_backwards(name: str) -> None:
    turns, _ = read_set(name)
    clock: dict[str, datetime] = {}
    for turn in turns:
        now = datetime.fromisoformat(turn["time"])
        assert now.utcoffset() is not None, turn["id"]
        assert clock.setdefault(turn["session"], now) <= now, turn["id"]
        assert turn["session"].removeprefix("chat-").startswith(f"{now:%Y-%m-%d}"), turn["id"]
        clock[turn["session"]] = now


@both
def test_sessions_are_contiguous_and_in_order_of_time(name: str) -> None:
    turns, _ = read_set(name)
    starts: dict[str, str] = {}
    previous = ""
    for turn in turns:
        if turn["session"] != previous:
            assert turn["session"] not in starts, "a session is split"
            starts[turn["session"]] = turn["time"]
        previous = turn["session"]
    instants = [datetime.fromisoformat(time) for time in starts.values()]
    assert instants == sorted(instants)


@both
def test_gold_and_stale_turns_exist_and_do_not_overlap(name: str) -> None:
    turns, questions = read_set(name)
    known = {turn["id"] for turn in turns}
    for question in questions:
        gold, stale = set(question["gold"]), set(question["stale"])
        assert gold | stale <= known, question["id"]
        assert not gold & stale, question["id"]
        assert len(gold) == len(question["gold"]), question["id"]
        assert bool(gold) == (question["category"] != "unanswerable"), question["id"]


@both
def test_questions_are_asked_after_the_last_turn(name: str) -> None:
    turns, questions = read_set(name)
    last = max(datetime.fromisoformat(turn["time"]) for turn in turns)
    assert all(datetime.fromisoformat(question["asked"]) > last for question in questions)


@both
def test_every_category_is_present_and_no_other(name: str) -> None:
    _, questions = read_set(name)
    assert {question["category"] for question in questions} == CATEGORIES[name]


@both
def test_no_question_shares_most_of_its_words_with_one_gold_turn(name: str) -> None:
    turns, questions = read_set(name)
    words = {turn["id"]: content_words(f"{turn['text']} {turn.get('caption', '')}") for turn in turns}
    for question in questions:
        asked = content_words(question["question"])
        assert asked, question["id"]
        for gold in question["gold"]:
            shared = asked & words[gold]
            assert len(shared) <= 0.6 * len(asked), f"{question['id']} repeats {gold}: {sorted(shared)}"


def test_the_sample_has_fourteen_sessions_of_three_agents_and_three_people() -> None:
    turns, questions = read_set("sample")
    speakers: dict[str, set[str]] = defaultdict(set)
    for turn in turns:
        speakers[turn["role"]].add(turn["speaker"])
    assert len({turn["session"] for turn in turns}) == 14
    assert speakers["assistant"] == {"claude-code", "codex", "opencode"}
    assert speakers["user"] == {"Noor", "Teo", "Hanne"}
    assert 260 <= len(turns) <= 350
    assert len(questions) >= 70


def test_the_chat_has_five_sessions_of_two_friends_with_pictures() -> None:
    turns, questions = read_set("chat")
    assert len({turn["session"] for turn in turns}) == 5
    assert len({turn["speaker"] for turn in turns}) == 2
    assert len(turns) == 120
    assert sum("caption" in turn for turn in turns) >= 5
    assert sum(bool(question["gold"]) for question in questions) >= 40


def test_each_sample_memory_is_well_formed_and_replaces_an_earlier_one() -> None:
    turns, _ = read_set("sample")
    when = {turn["id"]: datetime.fromisoformat(turn["time"]) for turn in turns}
    memories = read_lines(SAMPLE / "memories.jsonl")
    for index, memory in enumerate(memories):
        assert memory["kind"] in KINDS
        assert 0 <= memory.get("importance", 0.5) <= 1
        assert memory.get("layer", 2) in range(4)
        recorded = datetime.fromisoformat(memory["time"])
        if "source" in memory:
            assert when[memory["source"]] <= recorded, memory["title"]
        if "replaces" in memory:
            assert 0 <= memory["replaces"] < index
            assert memories[memory["replaces"]]["kind"] == memory["kind"]
            assert datetime.fromisoformat(memories[memory["replaces"]]["time"]) < recorded
    replaced = [memory["replaces"] for memory in memories if "replaces" in memory]
    assert len(replaced) == len(set(replaced)) >= 3
    assert {memory["kind"] for memory in memories} == KINDS
