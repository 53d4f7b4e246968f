"""Scores of ranked lists against values worked out by hand."""

from __future__ import annotations

from math import log2

import pytest

from everlore.bench import scores

SESSIONS = {f"t{n}": f"s{n // 2}" for n in range(40)}


def test_a_list_is_scored_by_the_places_of_its_gold() -> None:
    ranked = [f"t{n}" for n in range(20)]
    found = scores.score(ranked, ["t1", "t7", "t30"], SESSIONS)
    assert [found[f"any@{k}"] for k in scores.CUTS] == [0, 1, 1, 1]
    assert found["frac@5"] == pytest.approx(1 / 3)
    assert found["frac@10"] == pytest.approx(2 / 3)
    assert found["mrr"] == 1 / 2
    ideal = sum(1 / log2(place + 1) for place in (1, 2, 3))
    assert found["ndcg@10"] == pytest.approx((1 / log2(3) + 1 / log2(9)) / ideal)


def test_sessions_are_ranked_by_their_best_turn() -> None:
    ranked = ["t0", "t1", "t2", "t4", "t6", "t8", "t10"]
    assert scores.score(ranked, ["t9"], SESSIONS)["session any@5"] == 1
    assert scores.score(ranked, ["t11"], SESSIONS)["session any@5"] == 0


def test_an_empty_list_scores_nothing() -> None:
    assert set(scores.score([], ["t1"], SESSIONS).values()) == {0.0}


def test_what_comes_after_the_twentieth_place_does_not_count() -> None:
    ranked = [f"t{n}" for n in range(30)]
    assert scores.score(ranked, ["t20"], SESSIONS)["mrr"] == 0


@pytest.mark.parametrize(
    ("ranked", "first"),
    [
        (["new", "old"], True),
        (["old", "new"], False),
        (["x", "new"], True),
        (["x", "old"], False),
        (["x"], None),
        ([], None),
        (["old", "new", "newer"], False),
    ],
)
def test_the_newest_value_has_to_stand_above_every_older_one(ranked: list[str], first: bool | None) -> None:
    assert scores.is_newest_first(ranked, ["new", "newer"], ["old"]) is first


def test_an_interval_holds_the_mean_and_narrows_with_more_questions() -> None:
    few, many = [0.0, 1.0] * 10, [0.0, 1.0] * 500
    (low, high), (lower, higher) = scores.interval(few), scores.interval(many)
    assert low < 0.5 < high
    assert low < lower < 0.5 < higher < high
    assert higher - lower == pytest.approx(4 * 0.5 / 1000**0.5, rel=0.15)  # two standard errors to either side


def test_an_interval_is_the_same_each_time_and_empty_for_nothing() -> None:
    values = [0.1, 0.5, 0.9, 0.2]
    assert scores.interval(values) == scores.interval(values)
    assert scores.interval([]) == []
    assert scores.mean([]) is None


def test_percentiles_lie_between_neighbours() -> None:
    assert scores.percentile([1, 2, 3, 4], 0.5) == 2.5
    assert scores.percentile([5], 0.95) == 5
    assert scores.spread([3, 1, 2])["p50_ms"] == 2
    assert scores.spread([]) == {"n": 0}
