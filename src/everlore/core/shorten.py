"""Cutting what is too long to keep in the middle, so that its beginning and its end stay and the cut says how much went.

The mark in the middle is read back by `given`, so that the length of the original is never lost, however often a text is
cut on its way. It imports nothing, for those who must start at once.
"""

from __future__ import annotations

_BEFORE, _AFTER = "\n[", " characters left out]\n"


def shorten(text: str, limit: int) -> str:
    """Return at most about `limit` characters of a text: its head, a mark of what was left out, its tail."""
    if len(text) <= limit:
        return text
    head, tail = text[: limit * 2 // 3], text[len(text) - limit // 3 :]
    head = head[: head.rfind("\n") + 1 or len(head)] if "\n" in head[-400:] else head
    tail = tail[tail.find("\n") + 1 :] if "\n" in tail[:400] else tail
    return f"{head}{_BEFORE}{given(text) - given(head) - given(tail)}{_AFTER}{tail}"


def given(text: str) -> int:
    """Return how many characters a text had before `shorten` cut it; its own length if it did not."""
    length, at = len(text), text.find(_AFTER)
    while at >= 0:
        start = text.rfind(_BEFORE, max(0, at - 20), at)
        number = text[start + len(_BEFORE) : at]
        if start >= 0 and number.isascii() and number.isdigit():
            length += int(number) - (at + len(_AFTER) - start)
        at = text.find(_AFTER, at + 1)
    return length
