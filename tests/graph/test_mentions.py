"""Rules find what a text names and leave everyday words alone, in time that grows with the length of the text."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from labelled import LINES

from everlore.graph.mentions import KINDS, mentions


def told(text: str) -> set[str]:
    return {f"{each.kind} {each.name}" for each in mentions(text)}


def wanted(labels: str) -> set[str]:
    return set(filter(None, labels.split("|")))


def test_few_names_are_made_up_and_few_missed():
    right = sum(len(told(text) & wanted(labels)) for text, labels in LINES)
    found = sum(len(told(text)) for text, _ in LINES)
    there = sum(len(wanted(labels)) for _, labels in LINES)
    wrong = [(text, told(text) ^ wanted(labels)) for text, labels in LINES if told(text) != wanted(labels)]
    assert len(LINES) >= 120
    assert right / found >= 0.97, wrong
    assert right / there >= 0.95, wrong


@given(
    st.text(max_size=400)
    | st.lists(st.sampled_from([" ", *"a_A/.`[]@\"':<\n\x00-", "pip install ", "Noor said ", "```\n"])).map("".join)
)
def test_mentions_are_pieces_of_the_text_in_order(text: str):
    end = 0
    for each in mentions(text):
        assert each.kind in KINDS
        assert end <= each.start < each.end <= len(text)
        piece = text[each.start : each.end]
        assert each.name.split("/")[0].lstrip("@").split()[0] in piece
        end = each.end


def test_fenced_code_gives_paths_and_packages_only():
    text = (
        "Before `TokenStore`\n```python\nimport requests\nx_y = foo_bar()\nopen('src/a/b.py')\n```\nafter retry_limit"
    )
    assert told(text) == {"code TokenStore", "package requests", "path src/a/b.py", "code retry_limit"}


@pytest.mark.parametrize(
    "piece",
    [
        "[",
        "[[a",
        "`",
        "@",
        "a_",
        "A",
        "/",
        "a/",
        '"',
        "Aa ",
        "Aa-",
        "x@",
        "a.",
        "```\n",
        "https://",
        "pip install ",
        "from a.",
    ],
)
def test_hostile_text_takes_no_longer_than_its_length(piece: str):
    def seconds(size: int) -> float:
        text = piece * (size // len(piece))
        started = time.thread_time()
        mentions(text)
        return time.thread_time() - started

    short, long = (min(seconds(size) for _ in range(3)) for size in (20_000, 160_000))
    assert long < 30 * max(short, 0.005)
