"""The measure of lessons: what counts as found, right, replaced, wrong, and as a decoy that was hit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from everlore.app.app import App
from everlore.bench.lessons import score
from everlore.core.errors import InvalidInput

SESSION: dict[str, Any] = {
    "session": "s", "turns": [
        {"id": "1", "role": "user", "text": "Never deploy after 16:00, the shops close their registers then."},
        {"id": "2", "role": "user", "text": "We decided to keep the cap at 200 lines."},
        {"id": "3", "role": "user", "text": "Always bring biscuits to the review."},
        {"id": "4", "role": "user", "text": "The office has a cat."},
    ],
}  # fmt: skip


def scored(lessons: list[dict[str, Any]], decoys: list[str]) -> dict[str, Any]:
    return score([SESSION], {"lessons": lessons, "decoys": decoys}).report()


def test_a_label_is_found_by_its_turn_and_values_and_everything_else_is_wrong():
    deploys = {"text": "No deployment after 16:00.", "source": ["1"], "kind": "convention"}
    cat = {"text": "The office has a cat.", "source": ["4"], "kind": "environment"}
    report = scored(
        [deploys, cat, {"text": "The cap is 400 lines.", "source": ["9"], "kind": "fact", "supersedes": ["2"]}], ["3"]
    )
    assert (report["labels"], report["found"], report["missed"]) == (2, 1, ["4"])
    assert (report["statements"], report["right"], report["decoys hit"]) == (3, 1, 1)
    assert report["wrong"] == ["2 (decision)", "3 (standing order)"], "a label of another session replaces nothing here"
    assert report["precision"] == pytest.approx(1 / 3, abs=0.001)


def test_what_a_later_session_replaced_is_neither_right_nor_wrong():
    newer = {"text": "The office has a cat.", "source": ["4"], "kind": "fact", "supersedes": ["2"]}
    report = scored([newer], [])
    assert (report["replaced later"], report["right"], len(report["wrong"])) == (1, 0, 2)


def test_the_same_turn_with_other_words_is_wrong():
    report = scored([{"text": "Registers of shops are audited in 2031 by Ilse.", "source": ["3"], "kind": "fact"}], [])
    assert report["right"] == 0


def test_a_directory_without_labels_is_refused(app: App, tmp_path: Path):
    with pytest.raises(InvalidInput):
        app.call("bench", {"what": "lessons", "data": str(tmp_path)})
