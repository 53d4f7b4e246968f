"""Data whose ids give the gold away is refused; data whose ids are all of one form is not."""

from __future__ import annotations

from random import Random

import pytest

from everlore.bench.leaks import refuse_telling_ids
from everlore.core.errors import InvalidInput


def hexes(number: int, seed: int, size: int = 8) -> list[str]:
    random = Random(seed)
    return ["".join(random.choices("0123456789abcdef", k=size)) for _ in range(number)]


@pytest.mark.parametrize(
    ("gold", "other"),
    [
        ([f"answer_{name}" for name in hexes(12, 1)], [f"chat_{name}" for name in hexes(200, 2)]),
        (
            [f"answer_{name}" for name in hexes(12, 1)],
            [f"{kind}_{name}" for kind in ("ultra", "share") for name in hexes(50, 2)],
        ),
        ([f"t{n}-gold" for n in range(10)], [f"t{n}" for n in range(100)]),
        (hexes(30, 1, size=12), hexes(300, 2, size=8)),
        ([f"T{n:03}" for n in range(20)], [f"t{n:03}" for n in range(100)]),
        ([f"{n}:{n}" for n in range(10, 20)], [f"{n}-{n}" for n in range(10, 60)]),
        ([f"{word}{n}" for word in ("kitten", "falcon", "otter") for n in range(3)], [f"d{n}" for n in range(100)]),
    ],
    ids=["prefix", "two other prefixes", "suffix", "length", "letter case", "shape", "only the others are alike"],
)
def test_ids_that_tell_gold_from_the_rest_are_refused(gold: list[str], other: list[str]) -> None:
    with pytest.raises(InvalidInput, match="gold") as caught:
        refuse_telling_ids("session", gold, other)
    assert caught.value.field == "data"
    assert caught.value.hint


@pytest.mark.parametrize(
    ("gold", "other"),
    [
        (
            [f"s{n // 20:02}-{n % 20:03}" for n in range(0, 400, 9)],
            [f"s{n // 20:02}-{n % 20:03}" for n in range(1, 400, 9)],
        ),
        ([str(n) for n in range(0, 300, 7)], [str(n) for n in range(1, 300, 7)]),
        (hexes(40, 3), hexes(400, 4)),
        ([f"D{n % 30}:{n % 17}" for n in range(60)], [f"D{n % 29}:{n % 23}" for n in range(400)]),
        (["answer_1", "answer_2"], [f"chat_{n}" for n in range(200)]),
    ],
    ids=["turns in sessions", "numbers", "random", "dialogue ids", "too few to tell"],
)
def test_ids_of_one_form_pass(gold: list[str], other: list[str]) -> None:
    refuse_telling_ids("turn", gold, other)


def test_a_few_strays_do_not_hide_a_leak() -> None:
    gold = [f"answer_{n}" for n in range(60)] + ["chat_900"]
    with pytest.raises(InvalidInput):
        refuse_telling_ids("session", gold, [f"chat_{n}" for n in range(200)] + ["answer_901"])
