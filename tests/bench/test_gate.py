"""The gate counts the same on an unchanged tree, and says what got worse."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from everlore.app.app import App
from everlore.bench.gate import BASELINE, compare
from everlore.core.errors import Conflict, InvalidInput, NotFound


@pytest.mark.parametrize(
    ("name", "baseline", "now", "verdict"),
    [
        ("recall.pages touched", 1000, 1110, "ok"),
        ("recall.pages touched", 1000, 1113, "worse"),
        ("recall.pages touched", 1000, 10, "ok"),
        ("read.full-scan steps", 0, 12, "ok"),
        ("read.full-scan steps", 0, 13, "worse"),
        ("quality.any@10 found", 90, 87, "ok"),
        ("quality.any@10 found", 90, 86, "worse"),
        ("quality.mrr", 0.60, 0.58, "ok"),
        ("quality.mrr", 0.60, 0.56, "worse"),
        ("quality.answerable withheld", 2, 5, "ok"),
        ("quality.answerable withheld", 2, 6, "worse"),
        ("quality.unanswerable withheld", 6, 2, "worse"),
        ("recall.processor ratio", 4.0, 9.0, "ok"),
        ("recall.processor ratio", 4.0, 11.0, "worse"),
    ],
)
def test_a_count_is_held_against_its_baseline(name: str, baseline: float, now: float, verdict: str) -> None:
    assert compare(name, now, baseline)["verdict"] == verdict


def test_a_count_that_vanished_is_worse_and_one_that_appeared_is_new() -> None:
    assert compare("recall.statements", None, 10)["verdict"] == "worse"
    assert compare("recall.statements", 10, None)["verdict"] == "new"


def gate(user: App, **request: Any) -> dict[str, Any]:
    answer: Any = user.call("bench", {"what": "gate", **request})
    found: dict[str, Any] = answer.report
    return found


def test_the_gate_passes_on_what_it_has_just_counted_and_names_what_got_worse(user: App, tmp_path: Path) -> None:
    file = tmp_path / "baseline.json"
    counts = gate(user, out=str(file))["counts"]
    kept = json.loads(file.read_text("utf-8"))
    assert kept["counts"] == counts
    assert counts["recall.pages touched"] > counts["recall.statements"] > 100
    assert counts["recall.bytes written"] == 0, "reads do not write"
    assert counts["import again.bytes written"] == 0, "the same import again writes nothing"
    assert counts["remember.bytes written"] > 0

    kept["counts"]["recall.vm steps"] = counts["recall.vm steps"] // 2
    kept["counts"]["quality.any@10 found"] = counts["quality.any@10 found"] + 10
    file.write_text(json.dumps(kept), "utf-8")
    with pytest.raises(Conflict) as failed:
        gate(user, data=str(file))
    assert "recall.vm steps" in failed.value.message
    assert "quality.any@10 found" in failed.value.message
    assert failed.value.message.count("->") == 2, "everything else is as it was"


def test_the_committed_baseline_is_one() -> None:
    kept = json.loads(BASELINE.read_text("utf-8"))
    assert kept["sqlite"]
    assert {"recall.vm steps", "remember.bytes written", "quality.mrr"} <= kept["counts"].keys()


def test_a_baseline_that_is_none_is_refused(user: App, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        gate(user, data=str(tmp_path / "nowhere.json"))
    (tmp_path / "other.json").write_text('{"counts": 3}', "utf-8")
    with pytest.raises(InvalidInput):
        gate(user, data=str(tmp_path / "other.json"))
