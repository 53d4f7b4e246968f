"""Cutting a text into passages, the unit of search.

A text up to `WHOLE` characters stays whole. A longer one is cut into pieces of at most `PIECE` characters, each ending at
the best break in its last half: a blank line, a line end, a sentence end, a space. Pieces cover the text without gaps.
"""

from __future__ import annotations

PIECE = 500
WHOLE = 750
_BREAKS = ("\n\n", "\n", ". ", "? ", "! ", "; ", " ")


def cut(text: str) -> list[tuple[int, int]]:
    """Return (start, length) in characters of each passage of `text`; one empty passage for an empty text."""
    if len(text) <= WHOLE:
        return [(0, len(text))]
    pieces = []
    start = 0
    while len(text) - start > PIECE:
        end = _break(text, start + PIECE // 2, start + PIECE)
        pieces.append((start, end - start))
        start = end
    pieces.append((start, len(text) - start))
    return pieces


def _break(text: str, first: int, last: int) -> int:
    for mark in _BREAKS:
        at = text.rfind(mark, first, last)
        if at >= 0:
            return at + len(mark)
    return last
