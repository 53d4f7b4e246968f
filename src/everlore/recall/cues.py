"""Cues: what the wording of a passage says about the kind of question it can answer.

A reason, a repair, a path, a rule, a number, a command, a date: plain patterns over English, deterministic and cheap. A
cue is a hint worth a small boost, never a filter.
"""

from __future__ import annotations

import re

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


def answers(kind: str, text: str) -> bool:
    """Return whether a text holds the sort of words that answer a question of this kind; False for an unknown kind."""
    pattern = _ANSWERS.get(kind)
    return pattern is not None and pattern.search(text) is not None
