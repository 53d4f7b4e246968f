"""The bench of the proxy, small: memory takes part, answers are the same both ways, and the report and its goals can be written."""

from __future__ import annotations

from pathlib import Path

from everlore.bench import proxy
from everlore.bench.goals import GOALS
from everlore.bench.report import page
from everlore.core.config import Config


def test_requests_are_measured_both_ways_and_memory_takes_part(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(proxy, "WARM", 2)
    config = Config(tmp_path / "home", model="none")
    config.home.mkdir()
    report = proxy.measured(config, proxy.prompts(config, 200, 26))
    for part in (report, report["memory off"]):
        assert part["different"] == 0
        assert {part[way]["n"] for way in ("direct", "proxied", "overhead")} == {12}
        assert part["proxied"]["p50_ms"] > 0
    assert report["memory"]["n"] == 12 and report["memory"]["p50_ms"] > 0
    assert report["told"] > 0 == report["memory off"]["told"]
    results = [{"what": "proxy", "report": {**report, "size": 200, "model": False}, "name": "proxy"}]
    figures = [goal.find(results) for goal in GOALS if goal.how == "lore bench proxy"]
    assert len(figures) == 2 and all(figures)
    assert "## Proxy\n\nOn 200 memories. Waiting for recall: " in page(results)
