"""How people and agents say what they want, what they decided, and what is left: plain patterns over sentences.

They choose among sentences that were said; they never make one.
"""

from __future__ import annotations

import re

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
_WORD = re.compile(r"[a-z][a-z_]{3,}")
_NUMBER = re.compile(r"\d[\d.,:]*")


def sentences(text: str) -> list[str]:
    """Return the sentences and lines of a text, code blocks left out."""
    parts = text.split("```")
    return [piece.strip(" \t-*•") for part in parts[::2] for piece in _SENTENCE.split(part) if piece.strip(" \t-*•#>")]


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


def replaces(newer: str, older: str) -> bool:
    """Tell whether a newer statement gives another value for what an older one is about."""
    numbers, before = set(_NUMBER.findall(newer)), set(_NUMBER.findall(older))
    if not before or not numbers or before <= numbers:
        return False
    words, about = set(_WORD.findall(newer.lower())), set(_WORD.findall(older.lower()))
    return len(words & about) >= 2 and len(words & about) >= 0.4 * min(len(words), len(about))
