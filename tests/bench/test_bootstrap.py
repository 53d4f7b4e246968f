"""The bench of first pages on a small made repository, which is the same each time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from everlore.app.app import App
from everlore.bench import projects
from everlore.refine.repository import Repository


def test_a_made_repository_is_read_and_every_source_leads_somewhere(user: App, tmp_path: Path) -> None:
    answer: Any = user.call(
        "bench", {"what": "bootstrap", "size": 200, "data": str(tmp_path), "out": str(tmp_path / "out.json")}
    )
    report = answer.report
    assert (report["commits"], report["resolved"], report["second run"]["written"]) == (200, 1.0, 0)
    assert report["sources"] > report["pages and memories"] > 30
    assert report["peak MB"] > 0
    assert json.loads((tmp_path / "out.json").read_text("utf-8")) == report


def test_it_is_the_same_each_time(tmp_path: Path) -> None:
    heads = set()
    for name in ("one", "two"):
        projects.make(tmp_path / name, 50, 15)
        heads.add(Repository(tmp_path / name).head())
    assert len(heads) == 1
    assert None not in heads
