"""The bench of the scan for orders, small: its figures add up and say what the goals ask for."""

from __future__ import annotations

from everlore.bench import injection
from everlore.bench.goals import GOALS
from everlore.bench.report import page


def test_the_report_adds_up_and_makes_its_page() -> None:
    said: list[str] = []
    report = injection.measured(lambda what, done, of: said.append(what), 3_000)
    for half in injection.HALVES:
        kinds = report["caught by kind"][half].values()
        assert sum(found for found, _ in kinds) == report[half]["caught"]
        assert sum(of for _, of in kinds) == report[half]["attacks"] >= 30 and report[half]["benign"] >= 40
    assert "speed" in said and report["ms an item"] > 0
    result = {"what": "injection", "report": report, "name": "injection"}
    found = [goal.find([result]) for goal in GOALS if "held-out" in goal.what]
    assert [figure.value for figure in found if figure] == [
        report["held-out"]["caught share"],
        report["held-out"]["held share"],
    ]
    assert "## Attempts to steer" in page([result])
