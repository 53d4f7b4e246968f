"""What somebody says in a turn as statements: without what they quote, paste or show, each long enough to stand alone."""

from __future__ import annotations

import re

from everlore.sessions.boilerplate import said
from everlore.sessions.handoff import phrases
from everlore.sessions.lessons.rules import ONE_OFF

_QUOTED = re.compile(
    r"^\s*(?:>|\||\$ |#!|\+\+\+|---|diff --git|at \S+\(|Traceback|\[[\w.-]{2,12}\]|\d{4}-\d\d-\d\d[T ]\d|File \").*$",
    re.MULTILINE,
)
_INDENTED = re.compile(r"^(?: {4}|\t).*$", re.MULTILINE)
_ANNOUNCED = re.compile(
    r"\b(?:paste|pasted|wrote|says?|said|output|log|below|mail|quote|quoted)\b[^.!?\n]*:\s*\n.*",
    re.IGNORECASE | re.DOTALL,
)
"""What follows a line that announces somebody else's words, to the end."""
_POINTS_BACK = re.compile(
    r"^(?:it(?! turn|'s)|its|this|that|that's|it's(?! [\"“`])|they|they're|them|these|those|he|she|same|there|otherwise|because|since"
    r"|cause|with that|the fix is|fixed by|das(?! lag)|es(?! lag| stellt)|er|sie|dies\w*|weil|sonst|deshalb)\b",
    re.IGNORECASE,
)
_ADDS = re.compile(r"^(?:not|nor|no|never again|only|otherwise|or else|same as|as in)\b", re.IGNORECASE)
"""How a sentence goes on with what was said before it."""
_LEAD = re.compile(
    r"^(?:(?:ok(?:ay)?|yes|yep|yea|yeah|no|nope|hm+|ah|oh|well|right|good(?: find| catch)?|nice|great|fine|wait|hi|hello|hey|wow|argh|omg"
    r"|fyi|go|and|also|but|so|important|one (?:thing|correction|more)|another thing|one more(?: thing)?|two things|actually|please|pls"
    r"|btw|by the way|then|next|true|understood|found it|found|agreed"
    r"|moin|guten morgen|hallo|ja|nein|gut|bitte|danke|genau|dann|und|auch|aber|noch was)\b[\s,.:;!–-]*)+",
    re.IGNORECASE,
)
_BRIEF = 12
_SHORT = 4
"""Words that a statement must have to stand by itself."""
_LONGEST = 400


def own_words(text: str) -> str:
    """Return what somebody says in a text: nothing quoted, pasted, indented or fenced, nothing that a client put in."""
    text = said(text)
    text = "".join(text.split("```")[::2])
    for pattern in (_ANNOUNCED, _QUOTED, _INDENTED):
        text = pattern.sub("", text)
    return text.strip()


def statements(text: str) -> list[str]:
    """Return the statements of somebody's own words, in order.

    A sentence that points back, or is too short to stand alone, goes with the one before it where there is one.
    """
    found: list[str] = []
    for line in phrases.sentences(own_words(text)):
        sentence = " ".join(line.split())
        if found and not sentence.endswith("?") and not found[-1].endswith("?") and _belongs(sentence, found[-1]):
            found[-1] = f"{_ended(found[-1])} {sentence}"
        else:
            found.append(sentence)
    return [each for each in found if len(each) <= _LONGEST]


def points_back(sentence: str) -> bool:
    """Tell whether a sentence is about something that was named before it."""
    return bool(_POINTS_BACK.match(bare(sentence)))


def bare(sentence: str) -> str:
    """Return a sentence without the words that only lead into it."""
    left = _LEAD.sub("", sentence).strip()
    return left[:1].upper() + left[1:] if left else ""


def stands_alone(sentence: str) -> bool:
    """Tell whether a sentence says something by itself."""
    return len(bare(sentence).split()) >= _SHORT and not points_back(sentence)


def _belongs(sentence: str, before: str) -> bool:
    if len(before) + len(sentence) >= _LONGEST:
        return False
    if _ADDS.match(sentence) and len(sentence.split()) < _BRIEF:
        return True
    opens = 0 < len(bare(before).split()) < _SHORT and not ONE_OFF.match(bare(before))
    return opens or not stands_alone(sentence)


def _ended(text: str) -> str:
    return text if text[-1:] in ".!?:;" else f"{text}."
