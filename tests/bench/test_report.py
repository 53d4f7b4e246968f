"""PERFORMANCE.md is made from result files alone, and says of each goal whether it is met."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from everlore.bench import report
from everlore.bench.goals import GOALS

MACHINE = {
    "cores": 2,
    "memory_gb": 8,
    "system": "Linux",
    "python": "3.11",
    "sqlite": "3.50",
    "everlore": "0.1",
    "load": 0.5,
}
TIME = {"p50_ms": 4.0, "p95_ms": 9.5, "p99_ms": 12.0, "n": 200, "floor p50_ms": 0.5, "floor p95_ms": 1.0, "ratio": 8.0}


def estimate(value: float | None) -> dict[str, Any]:
    return {"value": value, "low": value and value - 0.02, "high": value and value + 0.02}


def recall_result(dataset: str, any10: float, model: str | None = None) -> dict[str, Any]:
    names = ("any@1", "any@5", "any@10", "frac@10", "mrr", "ndcg@10", "session any@5")
    category = {"n": 5} | {f"{m}{e}": 0.5 for m in ("any@10", "frac@10", "mrr") for e in ("", " low", " high")}
    arm = {
        "any@10": 0.5,
        "frac@10": 0.4,
        "mrr": 0.3,
        **{f"lead {m}{e}": 0.1 for m in ("any@10", "mrr") for e in ("", " low", " high")},
    }
    groups = {
        name: {"asked": 10, "withheld": 9, "share": 0.9, "low": 0.7, "high": 1.0}
        for name in ("answerable", "of another store")
    }
    return {"what": "recall", "report": {
        "dataset": dataset, "data": f"{dataset}-dev", "recipe": "default", "model": model, "questions": 5, "turns": 10, "passages": 10,
        "quality": {name: estimate(any10) for name in names}, "categories": {"why": category},
        "newest over stale": {"questions": 4, "newest first": 3, "stale first": 1, "neither": 0, "share": 0.75, "low": 0.2, "high": 1.0},
        "abstention": groups, "arms": {"this recipe": {"any@10": any10, "frac@10": 0.5, "mrr": 0.5}, "words": arm},
        "speed": {"recall": TIME, "import turns/s": 9000, "peak memory mb": 50.0}, "machine": MACHINE,
    }}  # fmt: skip


def ops_result(size: int) -> dict[str, Any]:
    return {"what": "ops", "report": {
        "size": size, "turns": size, "memories": size, "passages": 2 * size, "model": None,
        "import": {"turns/s": 12000, "floor turns/s": 50000, "ratio": 4.2},
        "bytes": {"turns": {"ratio": 3.5}, "all": {"ratio": 4.1}}, "operations": {"remember": TIME, "recall": TIME},
        "http": {"recall": TIME}, "command line": {"lore recall": TIME},
        "idle daemon": {"started": {"resident_mb": 40.0, "private_mb": 20.0}, "after use": {"resident_mb": 60.0, "private_mb": 40.0}},
        "machine": MACHINE,
    }}  # fmt: skip


def rows(page: str) -> dict[str, list[str]]:
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in page.splitlines() if line.startswith("|")
    ]
    return {row[0]: row[1:] for row in cells}


def test_each_goal_stands_with_its_figure_and_whether_it_is_met(tmp_path: Path) -> None:
    results = [recall_result("locomo", 0.86), recall_result("coding", 0.6), ops_result(10_000), ops_result(100_000)]
    for number, result in enumerate(results):
        (tmp_path / f"{number}.json").write_text(json.dumps(result), "utf-8")
    page = report.page(report.read_results(tmp_path), "It was a *slow* day.")
    table = rows(page)
    assert {goal.what for goal in GOALS} <= table.keys()
    assert table["LoCoMo, any@10, no model"][:4] == ["at least 0.845", "0.860", "0.840 to 0.880", "yes"]
    assert table["coding sessions, any@10, no model"][3] == "**no**"
    assert table["LoCoMo, any@10, with the model"][1] == "not measured"
    assert table["coding sessions: answerable but withheld, no model"][3] == "**no**"
    assert table["idle server, 10,000 memories"][:4] == ["at most 80 MB", "60 MB", "", "yes"]
    assert "100,000 memories" in table["remember, p95, 100,000 memories"][4], "the smallest store that is large enough"
    assert table["recall over HTTP, p95, 1,000,000 passages"][1] == "not measured"
    assert "It was a *slow* day." in page


def test_a_page_without_results_says_that_nothing_was_measured(tmp_path: Path) -> None:
    table = rows(report.page(report.read_results(tmp_path)))
    assert {table[goal.what][1] for goal in GOALS} == {"not measured"}


def test_a_file_that_is_no_result_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "odd.json").write_text("[]", "utf-8")
    assert report.main([str(tmp_path)]) == 1
    assert "odd.json" in capsys.readouterr().err
    assert report.main([str(tmp_path / "nowhere")]) == 1
    assert report.main([]) == 2


def test_the_committed_page_is_the_one_its_results_make() -> None:
    root = Path(__file__).parents[2]
    directory = root / "docs" / "performance"
    notes = directory / "notes.md"
    made = report.page(report.read_results(directory), notes.read_text("utf-8") if notes.exists() else "")
    assert (root / "PERFORMANCE.md").read_text("utf-8") == made
