"""The bench of redaction, small: its figures add up and say what the goals ask for."""

from __future__ import annotations

from everlore.bench import redaction
from everlore.bench.goals import GOALS
from everlore.bench.lookalikes import LOOKALIKES
from everlore.bench.oracles import touches
from everlore.bench.passages import HOSTILE, PASSAGES, repeated


def test_the_report_has_ours_beside_others_and_meets_its_goal() -> None:
    said: list[str] = []
    report = redaction.measured(lambda what, done, of: said.append(what), 20_000, 1)
    assert report["recall"] >= 0.99 and report["recall of tokens"] == 1.0
    assert report["false alarms"] == sum(report["false alarms by kind"].values())
    assert report["innocent"] == sum(map(len, LOOKALIKES.values()))
    assert {"detect-secrets", "betterleaks"} == report["others"].keys()
    assert all(other["recall"] < report["recall"] for other in report["others"].values())
    assert report["MB/s"].keys() == PASSAGES.keys() and report["hostile"].keys() == HOSTILE.keys()
    assert report["slowest MB/s"] == min(report["MB/s"].values())
    assert len(report["carriers"]) == 11 and min(report["kinds"].values()) > 0.9
    assert report["cold"]["p50_ms"] > 0
    goal = next(goal for goal in GOALS if "redaction" in goal.what)
    figure = goal.find([{"what": "redaction", "report": report}])
    assert figure and figure.value == report["slowest MB/s"]
    assert said[0] == "planted texts" and said[-1] == "cold"


def test_a_detector_has_found_a_secret_when_it_names_a_good_part_of_it() -> None:
    assert touches("abcdefgh12", "abcdefgh123456") and touches("token=abcdefgh123456", "abcdefgh123456")
    assert (
        not touches("abc", "abcdefgh123456")
        and not touches("", "ab")
        and not touches("something else", "abcdefgh123456")
    )


def test_a_text_is_repeated_to_its_length() -> None:
    assert repeated("abc", 7) == "abcabca" and repeated("abc", 2) == "ab"
