"""The recall bench on the chat set: what it reports, what it writes, and what it leaves alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from everlore.app.app import App
from everlore.bench import recall, scores
from everlore.bench.recall import Calendar
from everlore.core.errors import InvalidInput, ModelUnavailable, NotFound

CHAT = Path(__file__).parents[1] / "data" / "chat.jsonl"


def bench(user: App, **request: Any) -> dict[str, Any]:
    answer: Any = user.call("bench", {"what": "recall", **request})
    found: dict[str, Any] = answer.report
    return found


def test_every_question_is_asked_scored_and_written(user: App, tmp_path: Path) -> None:
    out = tmp_path / "asked.jsonl"
    report = bench(user, data=str(CHAT), arms=True, out=str(out))
    lines = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    own = [line for line in lines if not line["foreign"]]
    scored = [line for line in own if line["gold"]]
    assert len(own) == len(json.loads(CHAT.with_name("chat-questions.json").read_text("utf-8")))
    assert report["questions"] == len(scored)
    assert report["quality"]["any@10"]["value"] == scores.mean([line["scores"]["any@10"] for line in scored])
    assert sum(row["n"] for row in report["categories"].values()) == len(scored)
    for line in scored:
        assert line["scores"]["any@5"] == float(bool(set(line["ranked"][:5]) & set(line["gold"])))
        assert len(line["ranked"]) == len(set(line["ranked"])) <= scores.DEPTH
        assert not (line["withheld"] and line["ranked"]), "what is withheld counts as empty"


def test_the_three_groups_of_abstention_are_counted_apart(user: App) -> None:
    groups = bench(user, data=str(CHAT))["abstention"]
    assert groups["answerable"]["asked"] == 40
    assert groups["unanswerable"]["asked"] == 4
    assert groups["of another store"]["asked"] > 50, "the sample project's questions are asked of the chat"
    for row in groups.values():
        assert row["low"] <= row["withheld"] / row["asked"] <= row["high"]


def test_the_default_stands_beside_single_arms(user: App) -> None:
    arms = bench(user, data=str(CHAT), arms=True)["arms"]
    assert arms["words"]["any@10"] > 0.3, "plain full-text search finds something on a chat"
    lead = round(arms["this recipe"]["any@10"] - arms["words"]["any@10"], 3)
    assert arms["words"]["lead any@10"] == pytest.approx(lead, abs=0.002)
    assert arms["words"]["lead any@10 low"] <= arms["words"]["lead any@10"] <= arms["words"]["lead any@10 high"]


def test_a_sample_of_questions_is_the_same_each_time(user: App, tmp_path: Path) -> None:
    asked = []
    for name in ("one", "two"):
        assert bench(user, data=str(CHAT), questions=7, out=str(tmp_path / name))["questions"] <= 7
        lines = map(json.loads, (tmp_path / name).read_text("utf-8").splitlines())
        asked.append([(line["id"], line["ranked"]) for line in lines if not line["foreign"]])
    assert asked[0] == asked[1]
    assert len(asked[0]) == 7


def test_questions_are_asked_on_their_day() -> None:
    calendar = Calendar()
    before = calendar()
    calendar.set(1_000)
    assert calendar() == 1_000 < before


def test_what_cannot_be_measured_is_refused(user: App, tmp_path: Path) -> None:
    with pytest.raises(NotFound) as missing:
        bench(user, data=str(tmp_path / "nowhere"))
    assert missing.value.field == "data"
    with pytest.raises(InvalidInput) as unknown:
        bench(user, recipe="soup")
    assert unknown.value.field == "recipe"
    with pytest.raises(ModelUnavailable):
        bench(user, data=str(CHAT), model=True)


def test_foreign_questions_come_from_other_stores() -> None:
    every = recall.corpora.load("conversation", CHAT)
    (asked,) = recall.foreign_questions(every)
    own = {question.text for question in every[0].questions}
    assert asked
    assert not own.intersection(question.text for question in asked)
    sample = recall.corpora.load("conversation", recall.corpora.SAMPLE)
    assert recall.foreign_questions(sample) == [[]], "nobody else's questions ship with the product"
