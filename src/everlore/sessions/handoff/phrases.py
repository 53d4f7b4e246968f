"""How people and agents say what they want, what they decided, and what is left: plain patterns over sentences.

They choose among sentences that were said; they never make one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9`\"'(a-z])|\n+")
_NO_GOAL = re.compile(
    r"\s*(?:\[.*\]|(?:hi|hello|hey|good (?:morning|evening|afternoon)|yo|thanks?(?: you)?|thank you|ok(?:ay)?|yes|yep|sure|go(?: on| ahead)?|continue"
    r"|proceed|next|great|perfect|nice|done|stop|wait|resume|please continue|where were we)(?:,? please)?[\s.!,?]*|/\w[\w:-]*)\s*",
    re.IGNORECASE | re.DOTALL,
)
_ACCEPTS = re.compile(
    r"^\W*(?:yes|yep|yeah|ok(?:ay)?|go(?: ahead)?|sure|good|great|agreed|do (?:it|that|so)|fine|perfect|exactly|right|sounds good|ship it|that one"
    r"|ja|genau|oui|d'accord|s[ií]|vale|claro|va bene)\b",
    re.IGNORECASE,
)
_REFUSES = re.compile(r"^\W*(?:no\b|nope|nah|don'?t|stop|wrong|that isn'?t|not that|nein|non\b|instead)", re.IGNORECASE)
_DIRECTS = re.compile(
    r"\b(?:use|using|keep|make it|put|set|take|drop|remove|delete|don'?t|do not|never|always|must(?:n'?t)?|should(?:n'?t)?|has to|have to"
    r"|instead|only|from now on|prefer|rather|go with|let'?s"
    r"|we(?:'ll| will| both)? (?:move|use|go|take|keep|stay|switch|need)|stays?|is out|are out|goes? (?:to|in)|limit|at most|at least|cap"
    r"|no (?:\w+)|not \w+|change|switch|rename|move|add|raise|lower|want|bump|pin|split|merge|stick to"
    r"|nur|immer|nie|niemals|kein\w*|statt|toujours|jamais|siempre|nunca)\b",
    re.IGNORECASE,
)
_LEAVES = re.compile(
    r"\b(?:next(?: step| up)?|remaining|remains|left to|still (?:to|needs?|open|missing|fails?|failing|has to)"
    r"|not (?:yet )?(?:written|done|started|implemented|wired|tested|committed)|to do\b|todo|after that|follow[- ]up|has to|needs? to"
    r"|must be|I'?d|I would|waiting (?:for|on)|blocked)\b",
    re.IGNORECASE,
)
_PROPOSES = re.compile(
    r"\b(?:proposal|propose|plan|alternative|suggest|recommend|option|I'?d|I would|we could|let me|should (?:I|we)|shall (?:I|we)|how about|then give)\b",
    re.IGNORECASE,
)
_TURNS = re.compile(
    r"^\W*(?:now\b|next\b|new (?:task|goal|topic)|back to|unrelated|change of plan|forget that|actually|the goal|goal:"
    r"|big one|today\b|another thing|different topic|then:|ok now|and now|so now)",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d]{4,}")
_VALUE = re.compile(r"\d[\d.,:]*(?<=\d)[kKmMgG]?|[\"“„«]([^\"“”»]{2,80})[\"“”»]")
_NAMED_VALUE = re.compile(
    r"\b([^\W\d_]{4,})(?:\s*[=:]\s*|\s+(?:(?:is|are|stays|goes|to|at|of|now|auf|ist|sind|bei|est|à|de|es|son|en)\s+){0,2})(\d[\d.,]*(?<=\d))"
)
_NO_NAME = frozenset({
    "about", "above", "after", "around", "before", "below", "bitte", "chapter", "dans", "every", "from", "have", "issue", "last", "least", "less",
    "like", "line", "make", "more", "most", "nach", "next", "noch", "only", "over", "page", "phase", "please", "point", "section", "step",
    "task", "than", "thanks", "that", "then", "these", "this", "those", "ticket", "until", "unter", "vers", "week", "with", "within", "über",
})  # fmt: skip
"""Words that stand before a number without being what it is the value of."""
_PRAISE = re.compile(
    r"\W*(?:thank(?:s| you)|wonderful|great|nice|lovely|perfect|super|excellent|good (?:question|job|work|point)|oui|ja|danke|merci|looks? (?:good|great))"
    r"\b[^\d/_`:;]{0,48}",
    re.IGNORECASE,
)
_GIVES_UP = re.compile(
    r"\b(?:scratch|scrap|ditch|forget|drop|no longer|no more|instead of|rather than|not|kein\w*|statt|anstelle|au lieu d[eu]s?|plutôt que)"
    r" (?:the |a |an |our |der |die |das |le |la |les |l')?(\w(?:[\w./-]*\w)?(?: [a-z]\w+)?)",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"\w(?:[\w./-]*\w)?")
_CLAUSE = re.compile(r"(?<=[,;])\s+|\s+(?=(?:and|but|und|aber|et|mais)\s)")
_LEAST = 9
"""What is shorter says nothing without the sentence beside it."""


def sentences(text: str) -> list[str]:
    """Return the sentences and lines of a text, code blocks left out."""
    parts = text.split("```")
    return [piece.strip(" \t-*•") for part in parts[::2] for piece in _SENTENCE.split(part) if piece.strip(" \t-*•#>")]


def statements(text: str) -> list[str]:
    """Return what a person states: sentences that ask nothing, each too short to stand alone with the one beside it."""
    found: list[str] = []
    whole = " ".join(text.split())
    for sentence in map(_line, sentences(text)):
        joined = f"{found[-1]} {sentence}" if found else ""
        if joined and (len(sentence) < _LEAST or len(found[-1]) < _LEAST) and joined in whole:
            found[-1] = joined
        else:
            found.append(sentence)
    return [
        each
        for each in found
        if not each.endswith("?") and states(each) and (directs(each) or not _PRAISE.fullmatch(each))
    ]


def states(text: str) -> bool:
    """Tell whether a text is long enough to say something, and more than thanks or "go on"."""
    return len(text) >= _LEAST and is_real(text)


def clauses(sentence: str) -> list[str]:
    """Return the parts of a sentence between its commas and its conjunctions."""
    return [part.rstrip(",;") for part in _CLAUSE.split(sentence)]


def _line(text: str) -> str:
    return " ".join(text.split())


def is_real(text: str) -> bool:
    """Tell whether a prompt asks for something: it is no greeting, no acknowledgement and no command of the client."""
    return bool(text.strip()) and _NO_GOAL.fullmatch(text) is None


def accepts(text: str) -> bool:
    """Tell whether a reply accepts what was proposed."""
    return bool(_ACCEPTS.match(text)) and not re.search(r"\bbut\b|\bexcept\b|\binstead\b", text[:80], re.IGNORECASE)


def refuses(text: str) -> bool:
    """Tell whether a reply refuses what was proposed."""
    return bool(_REFUSES.match(text))


def directs(sentence: str) -> bool:
    """Tell whether a sentence of a person decides or directs something."""
    return not sentence.rstrip().endswith("?") and bool(_DIRECTS.search(sentence)) and len(sentence) > 8


def leaves(sentence: str) -> bool:
    """Tell whether a sentence says what is still to be done."""
    return bool(_LEAVES.search(sentence)) and not sentence.rstrip().endswith("?")


def proposes(sentence: str) -> bool:
    """Tell whether a sentence of an agent proposes something."""
    return bool(_PROPOSES.search(sentence))


def turns_to(text: str) -> bool:
    """Tell whether a prompt turns to another goal."""
    return bool(_TURNS.match(text)) and len(text) > 12


@dataclass(frozen=True, slots=True)
class About:
    """What a statement is about: its words, the values in it, which of them have a name, and what it gives up."""

    spaced: str
    words: frozenset[str]
    values: frozenset[str]
    named: Mapping[str, frozenset[str]]
    given_up: tuple[str, ...]


def about(text: str) -> About:
    """Return what a statement is about."""
    low = text.lower()
    named: dict[str, frozenset[str]] = {}
    for name, value in _NAMED_VALUE.findall(low):
        if name not in _NO_NAME:
            named[name] = named.get(name, frozenset()) | {value}
    return About(
        f" {' '.join(_TOKEN.findall(low))} ", frozenset(_WORD.findall(low)) - _NO_NAME,
        frozenset(each[1] or each[0] for each in _VALUE.finditer(text)), named,
        tuple(f" {each} " for each in _GIVES_UP.findall(low) if " " in each or each[0].isdigit()),
    )  # fmt: skip


def replaces(newer: About, older: About) -> bool:
    """Tell whether a newer statement gives up what an older one says, or gives another value for what it is about."""
    if any(each in older.spaced for each in newer.given_up):
        return True
    if any(newer.named[name].isdisjoint(older.named[name]) for name in newer.named.keys() & older.named.keys()):
        return True
    if not older.values or not newer.values or older.values <= newer.values:
        return False
    common = len(newer.words & older.words)
    return common >= 2 and common >= 0.4 * min(len(newer.words), len(older.words))
