"""Text written to be slow: the work stays in proportion to its length, counted in calls and not in seconds."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from everlore.bench.passages import HOSTILE, repeated
from everlore.guard.redact import redact
from everlore.guard.rules import RULES

SHORT = 3_000


def calls(work: Callable[[], object]) -> int:
    """Return how many functions, built in or not, a piece of work calls."""
    counted = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal counted
        counted += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(before)
    return counted


@pytest.mark.parametrize("name", HOSTILE)
def test_four_times_the_text_is_four_times_the_work(name: str) -> None:
    text = HOSTILE[name]
    redact(repeated(text, SHORT))  # so that every pattern is compiled
    short = calls(lambda: redact(repeated(text, SHORT)))
    long = calls(lambda: redact(repeated(text, 4 * SHORT)))
    assert long <= 5 * short + 300


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", HOSTILE)
def test_a_megabyte_of_it_comes_to_an_end(name: str) -> None:
    redact(repeated(HOSTILE[name], 1_000_000))


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "tail", [" ", "\n", "a", "A1", '"', "-", "/", "=", ": ", ".", ",", "\\", "a b ", "a\n", "aB3/"]
)
def test_a_long_tail_behind_any_hint_comes_to_an_end(tail: str) -> None:
    for hint in sorted({hint for rule in RULES for hint in rule.hints}):
        redact(hint + repeated(tail, 20_000))


def test_one_secret_after_the_other_is_taken_out_in_few_rounds() -> None:
    cookie = "Cookie: " + "; ".join(f"session{n}=" + "a1B2c3D4" * 3 for n in range(400))
    assert "a1B2c3D4" not in redact(cookie).text
