"""Questions: what can be read from the words of a question before anything is searched.

The model is a bag of content words, each with its synonyms, plus a few facts about the whole: which kinds of answer it
asks for, whether it asks for help or about the past, whom it names, which months it means. Reading is pure, needs no
store and no model, and an empty or stop-word-only question still gives terms.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from everlore.recall.words import STOP_WORDS, forms, root, synonyms, tokens

_MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july", "august"),
    *("september", "october", "november", "december"),
)
_KINDS = {
    "why": r"\bwhy\b|\breasons?\b|\brationale\b|\bhow come\b|\bwhat (?:made|led|convinced|drove|motivated)\b|\bmotivat",
    "failure": (
        r"\b(?:fail\w*|crash\w*|broke|broken|break\w*|error\w*|bugs?|wrong|fix\w*|cause[ds]?|causing|culprit|outage|incident"
        r"|root cause|stuck|hang\w*|flak\w*|solved?|resolved?|went down|cured?|happened|problem|symptom)\b"
    ),
    "where": (
        r"\bwhere\b|\b(?:which|what) (?:file|module|function|class|folder|directory|method|table|script|package)\b"
        r"|\bin which\b|\blives?\b"
    ),
    "rule": (
        r"\b(?:should|must|may|allowed?|supposed|rules?|polic\w+|convention\w*|style|prefer\w*|always|never|standing"
        r"|expect\w* (?:of|from)|habit|insist\w*|how do (?:we|i|they|you) (?:want|like|name|write|handle))\b"
    ),
    "value": (
        r"\bhow (?:many|much|long|often|big|large|high|far|old|fast)\b|\bwhich version\b"
        r"|\b(?:limit|timeout|maximum|minimum|size|number|threshold|version|port|rate|value|interval|quota|default"
        r"|percentage|count|amount|cost|price)\b"
    ),
    "command": (
        r"\bcommands?\b|\bhow (?:do|can|should|would|does|did) (?:i|we|you|one|someone|a)\b|\bhow to\b"
        r"|\bwhat (?:do|should|must) (?:i|we|you) (?:run|type|set|do)\b|\benv\w*\b|\blocally\b|\brun\b"
    ),
    "who": r"\bwho(?:se|m)?\b|\bwhich (?:person|colleague|engineer|developer|one of us)\b",
    "when": (
        r"\bwhen\b|\bwhat (?:date|day|month|year|time)\b|\bsince when\b|\bhow long ago\b"
        r"|\bwhich (?:day|month|week|date|year)\b"
    ),
}
_KIND_PATTERNS = {kind: re.compile(pattern, re.IGNORECASE) for kind, pattern in _KINDS.items()}
# What a rule about such questions would talk about: "when is it due?" is governed by a rule about dates.
_TOPICS = {
    "when": ("date", "deadline", "schedule", "time", "calendar"),
    "value": ("number", "quantity", "amount"),
    "who": ("name", "person"),
    "where": ("location", "place"),
    "command": ("steps", "guide"),
}
_REQUEST = re.compile(
    r"\b(?:can you|could you|would you|will you|please|help me|show me|walk me|explain|suggest\w*|recommend\w*|advise"
    r"|advice|tips?|ideas?|how (?:do|can|should|would|might|could) (?:i|we|you|one)|how to"
    r"|what (?:should|can|could|do|would|are|is|steps|kinds?|types?|features|tools|options|materials)|which\b"
    r"|i'?m (?:planning|looking|trying|working|thinking|about|considering)|i (?:want|need|plan)|should (?:i|we))\b",
    re.IGNORECASE,
)
_PAST = re.compile(
    r"\b(?:did (?:i|we|you|they|he|she|it)|have (?:i|we|you)|had (?:i|we)|was|were|used to|previous\w*|earlier"
    r"|last (?:time|week|month)|before|so far|summary|summari\w+|in order|how many|how much|how long"
    r"|(?:our|my|across|throughout) (?:\w+ )?(?:conversations?|sessions?|discussions?|chats?|requests?|messages?)"
    r"|i (?:mention|said|told|brought)\w*)\b",
    re.IGNORECASE,
)
_ASKS_ASSISTANT = re.compile(
    r"\b(?:did|do|had|have|were|would|could) you\b"
    r"(?! (?:please|help|show|explain|suggest|walk|list|tell|give|recommend))"
    r"|\byou (?:said|told|gave|recommended|suggested|advised|proposed|explained|mentioned|provided|helped|showed|wrote"
    r"|listed)\b"
    r"|\byour (?:advice|suggestion|recommendation|answer|explanation|response)s?\b|\bdid you \w+",
    re.IGNORECASE,
)
_ASKS_SUMMARY = re.compile(r"\b(?:summar\w+|overview|recap|progress\w*|so far|over time)\b", re.IGNORECASE)
_QUOTED = re.compile(r"[\"“`]([^\"”`]{2,80})[\"”`]|(?<!\w)'([^']{2,80})'(?!\w)")
# Each way begins where a word does, and looks ahead in it no further than a name is long: a long word is read once.
_IDENTIFIER = re.compile(
    r"(?<![A-Za-z_])[A-Za-z_][\w-]{0,199}(?:[./:]+[\w-]+)+|\b\w*[a-z0-9]_\w+|\b[a-z]+[A-Z]\w*|\b[A-Z]{2,}-\d+\b|\b\w*[A-Za-z]\d\w*|--[a-z][\w-]+"
)
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")


@dataclass(frozen=True, slots=True)
class Term:
    """A content word of the question: its root, the forms to search for, and words often used in its place."""

    word: str
    root: str
    forms: tuple[str, ...]
    synonyms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """A question as read. `months` count from 1; `identifiers` and `phrases` are verbatim but for lower case."""

    text: str
    terms: tuple[Term, ...]
    kinds: frozenset[str] = frozenset()
    names: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = ()
    months: tuple[int, ...] = ()
    years: tuple[int, ...] = ()
    topics: tuple[str, ...] = ()
    request: bool = False
    past: bool = False
    asks_assistant: bool = False
    asks_summary: bool = False

    @property
    def seeks_help(self) -> bool:
        """Whether it asks for something new, where standing instructions and preferences apply."""
        return self.request and not self.past

    def vocabulary(self) -> tuple[str, ...]:
        """Return every word whose frequency ranking wants to know."""
        words = [word for term in self.terms for word in (*term.forms, *term.synonyms)]
        return tuple(dict.fromkeys((*words, *self.topics)))

    def match(self) -> str | None:
        """Return the full-text query of the question's own words, None when it has no word at all.

        The store puts its scope before it: `scope : "n12" AND (` + match + `)`.
        """
        return _any_of(dict.fromkeys(form for term in self.terms for form in term.forms))

    def match_related(self) -> str | None:
        """Return the full-text query of the synonyms, or None when there are none."""
        own = {term.root for term in self.terms}
        return _any_of(dict.fromkeys(word for term in self.terms for word in term.synonyms if root(word) not in own))


def _any_of(words: dict[str, None]) -> str | None:
    return "- {scope marks} : (" + " OR ".join(f'"{word}"' for word in words) + ")" if words else None


def read_question(text: str) -> Question:
    """Read a question of any length and language; patterns other than words and identifiers are English."""
    found = [word for word in tokens(text) if word not in STOP_WORDS] or tokens(text)
    by_root: dict[str, list[str]] = {}
    for word in found:
        by_root.setdefault(root(word), []).append(word)
    terms = tuple(
        Term(words[0], stem, tuple(dict.fromkeys(f for word in words for f in forms(word))), synonyms(words[0]))
        for stem, words in by_root.items()
    )
    kinds = frozenset(kind for kind, pattern in _KIND_PATTERNS.items() if pattern.search(text))
    return Question(
        text=text,
        terms=terms,
        kinds=kinds,
        names=_names(text),
        phrases=tuple((double or single).strip().lower() for double, single in _QUOTED.findall(text)),
        identifiers=tuple(dict.fromkeys(match.lower() for match in _IDENTIFIER.findall(text))),
        months=_months(text),
        years=tuple(dict.fromkeys(int(year) for year in _YEAR.findall(text))),
        topics=tuple(word for kind in sorted(kinds) for word in _TOPICS.get(kind, ())),
        request=_REQUEST.search(text) is not None,
        past=_PAST.search(text) is not None,
        asks_assistant=_ASKS_ASSISTANT.search(text) is not None,
        asks_summary=_ASKS_SUMMARY.search(text) is not None,
    )


def _names(text: str) -> tuple[str, ...]:
    """Return capitalised words that do not merely open a sentence, without the plural or genitive s."""
    found = re.findall(r"(?<![.!?]\s)(?<!^)\b([A-Z][a-z]+)\b", text)
    return tuple(dict.fromkeys(name for name in found if name.lower() not in STOP_WORDS))


def _months(text: str) -> tuple[int, ...]:
    """Return the months named; `may` and `march` are months only with a capital letter."""
    found = {word for word in re.findall(r"[^\W\d_]+", text) if word.istitle() or word.lower() not in ("may", "march")}
    lowered = {word.lower() for word in found}
    return tuple(number for number, month in enumerate(_MONTHS, 1) if month in lowered)
