"""Words that hold words: mixed-case identifiers, and scripts written without spaces.

`maxRetries` is also max and retries; a run of Chinese characters, Japanese kana or Thai is also each pair of neighbours in
it, which finds words without a dictionary. Snake case, paths and dotted names need none of this: every tokenizer here
splits them already.
"""

from __future__ import annotations

import re

_WORD = re.compile(r"[^\W_]+")
_CASE_EDGE = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
MIXED_CASE = re.compile("[A-Z](?:(?<=[a-z0-9].)|[A-Z][a-z])")

UNSPACED = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+")


def pairs(text: str) -> list[str]:
    """Return each pair of neighbours in runs of a script written without spaces, and runs of one character as they are."""
    return [run[at : at + 2] for run in UNSPACED.findall(text) for at in range(max(len(run) - 1, 1))]


def pieces(word: str) -> list[str]:
    """Return the pieces of a mixed-case identifier in lower case, none for any other word."""
    if len(word) <= 3 or MIXED_CASE.search(word) is None:
        return []
    return [piece.lower() for piece in _CASE_EDGE.split(word)]


def parts(text: str) -> str:
    """Return what the words of a text hold beside themselves, to be indexed with it."""
    found = [] if text.isascii() else pairs(text)
    if MIXED_CASE.search(text) is not None:
        found += [piece for word in _WORD.findall(text) for piece in pieces(word) if len(piece) > 1]
    return " ".join(dict.fromkeys(found))
