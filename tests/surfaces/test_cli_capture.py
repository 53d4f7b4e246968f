"""`lore capture` at the command line: where its texts come from."""

from __future__ import annotations

from pathlib import Path

import pytest

from commanding import Lore


def said(lore: Lore) -> set[str]:
    return {item["text"] for item in lore.json("transcripts-search", "port of the broker")["items"]}


def test_an_answer_comes_from_an_argument_from_standard_input_or_from_a_file(tmp_path: Path):
    lore = Lore(tmp_path / "home")
    (tmp_path / "answer.md").write_text("The port of the broker is 3.\n")
    assert lore.json("capture", "Which port has the broker?", "The port of the broker is 1.")["turns"] == 2
    assert (
        lore.json("capture", "Which port has the broker?", "-", stdin=b"The port of the broker is 2.\n")["turns"] == 2
    )
    assert lore.json("capture", "-", "--file", "answer.md", stdin=b"Which port has the broker?")["turns"] == 2
    assert {f"The port of the broker is {number}." for number in (1, 2, 3)} <= said(lore)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["q"], "response is missing"),
        (["q", "r", "--file", "x"], "response is given twice"),
        (["q", "--file", "no-such"], "no-such cannot be read: No such file"),
        (["q", "--file", "bytes"], "it is not valid UTF-8"),
        ([], "missing"),
    ],
)
def test_what_is_missing_or_given_twice_is_named(words: list[str], complaint: str, tmp_path: Path):
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    ended = Lore(tmp_path / "home")("capture", *words)
    assert ended.status == 2 and complaint in ended.err
