"""Marks: whether a passage is a standing instruction or a stated preference.

No question resembles these, so recall keeps a channel for them. They are recognised once, when a passage is written, by
plain patterns over English; a mark opens a place in an answer, it never closes one.
"""

from __future__ import annotations

import re

STANDING = "standing"
PREFERENCE = "preference"

# An instruction stands at the head of a sentence; longer turns are requests that merely contain such a word.
_STANDING_LIMIT = 600
_PREFERENCE_PIECES = 3

_STANDING = re.compile(
    r"(?:^|[.!?\n]\s*|,\s*(?:and|so|but)\s+)"
    r"(?:(?:so|ok|okay|also|and|but|hey|btw|note|reminder|remember|rule|important|in future|from here on"
    r"|for (?:this|the) (?:project|repo))[,:]?\s+)*"
    r"(?:please\s+|pls\s+|you (?:should|must)\s+|we\s+|i want you to\s+|make sure (?:to|you)\s+)?"
    r"(?:always|never|from now on|going forward|don'?t ever|do not ever|whenever i|every time|stop \w+ing|no more)\b",
    re.IGNORECASE,
)
_PREFERENCE = re.compile(
    r"\bi(?:'d| would)? (?:much |really |usually |generally |strongly )?(?:rather|prefer)\b|\bmy preference"
    r"|\bprefer (?:\w+ ){0,4}(?:over|to|for)|\bi(?:'ve| have)? (?:chosen|decided|chose|opted)\b"
    r"|\bi (?:really |usually |always |also )?(?:like|enjoy|love|hate|dislike) "
    r"|\b(?:always|never|from now on|going forward)\b|\bin (?:the )?future\b|\bstanding (?:rule|order)|\bas a rule\b"
    r"|\bhouse rule|\bi(?:'d| would) like you to\b|\bi want you to\b|\bno need to\b"
    r"|\bplease (?:don'?t|do not|keep|use|avoid|stop|always|only)\b",
    re.IGNORECASE,
)


def marks(text: str, *, role: str | None, length: int, pieces: int = 1) -> tuple[str, ...]:
    """Return the marks of a passage, to be indexed with it: `standing`, `preference`, both or none.

    Only what a person said in a session is marked; `length` (characters) and `pieces` are those of the whole turn.
    """
    if role != "user":
        return ()
    found: list[str] = []
    if length < _STANDING_LIMIT and _STANDING.search(text):
        found.append(STANDING)
    if pieces <= _PREFERENCE_PIECES and _PREFERENCE.search(text):
        found.append(PREFERENCE)
    return tuple(found)
