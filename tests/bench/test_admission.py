"""The labelled pairs: what they are made of, and that admission and contradictions meet their goals on them."""

from __future__ import annotations

from collections import Counter

import pytest

from everlore.bench import admission
from everlore.bench.goals import GOALS
from everlore.bench.report import page
from everlore.refine.contradict import contradiction

PAIRS, LOOKS = admission.pairs(), admission.looks()


@pytest.fixture(scope="module")
def report() -> dict:
    return admission.measured(lambda *_: None)


def test_there_are_enough_pairs_of_each_label_in_both_halves():
    labels = Counter((pair.label, pair.half) for pair in PAIRS)
    assert len(PAIRS) >= 330 and len({(pair.old, pair.new) for pair in PAIRS}) == len(PAIRS)
    assert {label for label, _ in labels} == set(admission.LABELS)
    assert all(labels[label, half] >= 25 for label in admission.LABELS for half in ("dev", "held-out"))


def test_about_half_of_the_looks_are_contradictions():
    contrary = sum(look.contrary for look in LOOKS)
    assert len(LOOKS) >= 160 and 0.4 < contrary / len(LOOKS) < 0.6
    assert {look.half for look in LOOKS} == set(admission.HALVES)


def test_nothing_is_merged_or_superseded_wrongly(report: dict):
    assert report["wrong merges"] == 0 and report["wrong values"] == 0
    assert report["confusion"]["repeat"]["same"] + report["confusion"]["repeat"]["other"] == 81


def test_repeats_are_caught_in_each_half(report: dict):
    assert report["repeats caught"] >= 0.95
    assert all(half["repeats caught"] >= 0.95 for half in report["halves"].values())


def test_contradictions_are_found_with_precision(report: dict):
    for row in (report["contradictions"], *report["contradictions by half"].values()):
        assert row["precision"] >= 0.95 and row["recall"] >= 0.70


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: f"{look.new.text} / {look.old.text}")
def test_which_is_newer_does_not_decide_whether_two_contradict(look: admission.Look):
    assert (contradiction(look.new, look.old) is None) == (contradiction(look.old, look.new) is None)


def test_the_goals_find_their_figures_and_the_page_shows_them(report: dict):
    results = [{"what": "admission", "report": report, "name": "admission"}]
    found = [goal.find(results) for goal in GOALS if goal.how == "lore bench admission"]
    assert len(found) == 5 and all(found)
    said = page(results)
    assert "## Admission" in said and "| other subject | 0 | 0 | 64 |" in said and "| late | 42 |" in said
