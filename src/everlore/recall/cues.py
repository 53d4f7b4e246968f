"""Cues: what the wording of a passage says about the kind of question it can answer.

Two uses. `marks` runs once, when a passage is written: it says whether the passage is a standing instruction or a
stated preference, which no question resembles and which therefore has a channel of its own. `answers` runs on
candidates: a reason, a repair, a path, a rule, a number, a command, a date. Both are plain patterns over English,
deterministic and cheap; a cue is a hint worth a small boost, never a filter.
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

_FILE = (
    r"[\w.-]+/[\w./-]+"
    r"|\b\w+\.(?:py|ts|tsx|js|jsx|go|rs|java|rb|sql|toml|ya?ml|json|sh|md|css|html|kt|swift|c|h|cpp)\b"
)
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
_ANSWERS = {
    "why": re.compile(
        r"\b(?:because|since|so that|so we|so i|due to|reason|rationale|otherwise|instead of|rather than|decid\w+"
        r"|decision|chose|choose|trade-?offs?|agreed|that'?s why|in order to|avoid\w*|the point is|turned out)\b",
        re.IGNORECASE,
    ),
    "failure": re.compile(
        r"\b(?:root cause|caused?|because|fix\w*|fail\w*|error|exception|traceback|turned out"
        r"|the (?:problem|issue|bug|culprit)|was (?:missing|wrong|stale)|crash\w*|resolved?|solved?|workaround"
        r"|regression|broke\w*)\b",
        re.IGNORECASE,
    ),
    "where": re.compile(_FILE + r"|\b(?:lives? in|defined in|module|class|function)\b", re.IGNORECASE),
    "rule": re.compile(
        r"\b(?:always|never|must(?:n'?t)?|don'?t|do not|from now on|going forward|please|make sure|prefer\w*|rule"
        r"|convention|policy|only|no more|every time|want|should|remember|stop \w+ing|keep)\b",
        re.IGNORECASE,
    ),
    "value": re.compile(r"(?<![\w-])\d"),
    "command": re.compile(
        r"`[^`]+`|(?:^|\s)--?[a-z][\w-]+|\b(?:make|npm|pnpm|yarn|uv|pip|poetry|docker|kubectl|git|pytest|cargo|go|alembic"
        r"|ruff|terraform|helm|psql|curl|export|sudo|bash)\s[\w./-]+|\b[A-Z][A-Z0-9]+_[A-Z0-9_]+\b",
        re.IGNORECASE,
    ),
    "when": re.compile(
        r"\b(?:\d{4}-\d\d-\d\d|\d{1,2}(?:st|nd|rd|th)?(?: of)? " + _MONTH + r"\w*|" + _MONTH + r"\w* \d{1,2}"
        r"|(?:mon|tues|wednes|thurs|fri|satur|sun)day|yesterday|today|tomorrow|last (?:week|month|year|night)"
        r"|next (?:week|month|year)|ago|tonight|weekend|since)\b",
        re.IGNORECASE,
    ),
}


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


def answers(kind: str, text: str) -> bool:
    """Return whether a text holds the sort of words that answer a question of this kind; False for an unknown kind."""
    pattern = _ANSWERS.get(kind)
    return pattern is not None and pattern.search(text) is not None
