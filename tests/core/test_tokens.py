"""What the estimate of tokens says, against what real tokenizers counted; `tools/tokens.mjs` counts them again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from everlore.core.tokens import estimate

TEXTS = json.loads(Path(__file__).with_name("tokens.json").read_text("utf-8"))
TOKENIZERS = ("o200k", "cl100k", "claude", "llama3")
_SHORT = 0.9
_OVER = {"english": 1.2}
"""How far the mean of a kind may lie above the largest count."""


@pytest.mark.parametrize("row", TEXTS, ids=lambda row: f"{row['kind']}: {row['text'][:20]!r}")
def test_an_estimate_is_at_most_a_tenth_too_low_for_any_tokenizer(row: dict[str, object]) -> None:
    most = max(int(str(row[name])) for name in TOKENIZERS)
    assert estimate(str(row["text"])) >= _SHORT * most


@pytest.mark.parametrize("kind", sorted({row["kind"] for row in TEXTS}))
def test_an_estimate_is_not_far_too_high_either(kind: str) -> None:
    shares = [estimate(row["text"]) / max(row[name] for name in TOKENIZERS) for row in TEXTS if row["kind"] == kind]
    assert sum(shares) / len(shares) <= _OVER.get(kind, 1.15)


def test_every_kind_is_among_the_texts() -> None:
    kinds = {row["kind"] for row in TEXTS}
    assert kinds >= {
        "english",
        "python",
        "js",
        "rust",
        "sql",
        "shell",
        "json",
        "chinese",
        "japanese",
        "korean",
        "german",
        "russian",
    }
    assert kinds >= {"ids", "urls", "tables", "logs", "emoji", "space", "ours"}


@given(st.text(max_size=200), st.text(max_size=200))
def test_lines_together_cost_at_most_what_they_cost_apart(one: str, other: str) -> None:
    assert estimate(f"{one}\n{other}") <= estimate(one) + estimate(other) + 5


def test_nothing_costs_nothing_and_anything_something() -> None:
    assert estimate("") == 0
    assert all(estimate(text) >= 1 for text in (" ", "\n", "a", "é", "\x00", "\U0001f600", "_"))
