"""Somebody else's text where it could be taken for ours: quoted line by line, and with its control characters shown.

The standard library alone, without anything that takes time to load.
"""

from __future__ import annotations

_BIDIRECTIONAL = (*range(0x202A, 0x202F), *range(0x2066, 0x206A))
"""Overrides of the direction of writing: they make a line read as what it does not say."""
_CONTROLS: dict[int, str] = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160)) if code not in (9, 10)}
_CONTROLS |= dict.fromkeys((*_BIDIRECTIONAL, *range(0xE0000, 0xE0080)), "")  # the latter say things that nobody sees


def visible(text: str) -> str:
    """Return text with its control characters made visible; line breaks and tabs stay."""
    return text.translate(_CONTROLS)


def quote(text: str) -> str:
    """Return text with every line marked as quotation, so that none can pass for a line of ours."""
    return "\n".join(f"> {visible(line)}" for line in text.splitlines() or [""])
