"""The benches of speaking, small: cases are what they say, figures add up, and a judge is strict."""

from __future__ import annotations

import json
from pathlib import Path

from everlore.app.app import App
from everlore.bench import corpora, harm, speak
from everlore.bench.corpora import Corpus, Question
from everlore.bench.goals import GOALS
from everlore.bench.homes import temporary_home
from everlore.bench.report import page
from everlore.sessions.records import TurnRecord


def test_there_are_200_cases_in_two_equal_halves_and_no_prompt_twice() -> None:
    halves = {half: harm.cases(half) for half in harm.HALVES}
    assert [len(cases) for cases in halves.values()] == [100, 100]
    every = [case for cases in halves.values() for case in cases]
    assert len({(case.prompt, case.project) for case in every}) == 200
    assert {case.kind for case in every} == set(harm.CLASSES)
    assert all(any(not line.helpful for line in case.lines) for case in every)
    helped = sum(any(line.helpful for line in case.lines) for case in every)
    assert 90 <= helped <= 140, "about half have something to keep"
    assert not {line.text for case in halves["tune"] for line in case.lines} & {
        line.text for case in halves["held-out"] for line in case.lines
    }


def test_cases_are_asked_and_what_was_told_is_counted(user: App) -> None:
    told = []
    for case in [case for case in harm.cases("tune") if case.kind in {"absent", "superseded"}][15:21]:
        with temporary_home(user) as config:
            told.append(harm.ask(config, case, model=False))
    found = harm.summary(told)
    assert found["told"] == found["wrong"] + found["kept"]
    assert found["helpful"] == 3
    assert found["kept"] >= 2
    row = {**found, "kinds": dict.fromkeys(harm.CLASSES, found)}
    report = {"model": False, "cases": 6, "tune": row, "held-out": row, "machine": "here"}
    result = {"what": "harm", "report": report, "name": "harm"}
    assert sum(goal.find([result]) is not None for goal in GOALS if goal.what.startswith("harm suite")) == 2
    assert "## When it speaks" in page([{**result, "report": {**report, "machine": {}}}]).split("## Where")[0]


def test_a_judge_takes_gold_what_holds_it_and_the_same_evidence_and_nothing_else() -> None:
    turns = tuple(
        TurnRecord("s", name, "Ana", "user", None, text)
        for name, text in (
            ("a", "The broker moved to the cellar of the customs house"),
            ("b", "So the customs house has our broker in its cellar now"),
            ("c", "Lunch is at noon"),
        )
    )
    judge = speak.Judge(Corpus("c", turns, ()))
    question = Question("q", "Where did the broker move?", "fact", ("a",), answer="To the cellar of the customs house")
    assert judge.right(question, "a", "anything") == "gold"
    assert (
        judge.right(
            question, "c", "[head]\n> Lunch is at noon\n> Ana: The broker moved to the cellar\n> of the customs house"
        )
        == "holds"
    )
    assert judge.right(question, "b", "So the customs house has our broker in its cellar now") == "evidence"
    assert judge.right(question, "c", "Lunch is at noon") == ""
    assert judge.right(question, None, "The broker will move") == ""


def test_the_share_of_gold_turns_counts_each_turn_once_as_an_item_or_in_the_lines_beside_one() -> None:
    turns = tuple(
        TurnRecord("s", name, "Ana", "user", None, text)
        for name, text in (
            ("a", "The broker moved on Monday"),
            ("b", "It stands in the cellar now"),
            ("c", "Lunch is at noon"),
        )
    )
    judge = speak.Judge(Corpus("c", turns, ()))
    question = Question("q", "Where did the broker move?", "fact", ("a", "b"))
    assert judge.covered(question, []) == 0
    assert judge.covered(question, [("c", "[head]\n> Lunch is at noon")]) == 0
    assert judge.covered(question, [("a", "> The broker moved on Monday"), ("a", "again")]) == 0.5
    assert judge.covered(question, [("a", "> The broker moved on Monday\n> Ana: It stands in the cellar\n> now")]) == 1


def test_questions_are_asked_as_prompts(user: App, tmp_path: Path) -> None:
    out = tmp_path / "told.jsonl"
    report = user.call("bench", {"what": "speak", "questions": 6, "out": str(out)}).report
    lines = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    own = [line for line in lines if not line["foreign"]]
    assert len(own) == 6
    items = report["items"]
    assert items["told"] == items["gold"] + items["holds"] + items["evidence"] + items["wrong"]
    assert report["questions"] <= 6
    assert corpora.SAMPLE.name == report["data"]
