"""Mixed-case identifiers and their pieces: `maxRetries` is also max and retries.

Snake case, paths and dotted names need none of this: every tokenizer here splits them already.
"""

from __future__ import annotations

import re

_WORD = re.compile(r"[^\W_]+")
_CASE_EDGE = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
MIXED_CASE = re.compile("[A-Z](?:(?<=[a-z0-9].)|[A-Z][a-z])")


def pieces(word: str) -> list[str]:
    """Return the pieces of a mixed-case identifier in lower case, none for any other word."""
    if len(word) <= 3 or MIXED_CASE.search(word) is None:
        return []
    return [piece.lower() for piece in _CASE_EDGE.split(word)]


def parts(text: str) -> str:
    """Return the pieces of the mixed-case identifiers in a text, for an index column of their own.

    Snake case, paths and dotted names need none of this: the tokenizer of the index splits them already.
    """
    if MIXED_CASE.search(text) is None:
        return ""
    return " ".join(dict.fromkeys(piece for word in _WORD.findall(text) for piece in pieces(word) if len(piece) > 1))
