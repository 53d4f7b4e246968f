"""Taking secrets out of text before it touches any disk.

Private blocks go first, then whatever a rule of `everlore.guard.rules` finds and its proof upholds. Each secret gives
way to `[redacted:KIND]`; every other character stays as it was.

Invariants: redaction is idempotent (it repeats until nothing is found, and its own marks are placeholders); a finding
never holds the value; a private tag that is never closed takes the rest of the text if it stands first on its line.
"""

from __future__ import annotations

import re

from everlore.guard.lazily import pattern as lazy
from everlore.guard.plausibility import Setting, is_key, is_password, is_placeholder
from everlore.guard.rules import RULES, VALUE, Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import overload

    from everlore.guard.rules import Proof

_ENDLESS = 100
_LARGE = 1 << 14  # where a search for all at once pays for the time it takes to compile
_SHORTEST = 9  # `://:abc@h`, `<private>`
_PRIVATE = lazy(r"<\s?(?P<close>/?)\s?private\b[^<>]{0,200}>", re.IGNORECASE)
_DATA_URI = lazy(r"data:[\w.+-]{1,40}/[\w.+-]{1,80}(?:;[\w=.-]{1,80}){0,4};base64,[A-Za-z0-9+/=_-]+", re.IGNORECASE)
_OWN_LINE = lazy(
    r"[\s>#+*|-]*(?:(?:export|set|env|const|let|var|final|static|private|public|string)\s+|-e\s+|\$env:)*\\?[\"'`]?[\w.\-]*",
    re.IGNORECASE,
)
_LINE_END = lazy(r"[;,]?[ \t]*(?:\r?\n|#|$)")
_MARK = lazy(r"\[redacted:[a-z0-9-]+\]")
_BASE64_RUN = lazy(r"[A-Za-z0-9+/=]{16}")


class Finding:
    """What was taken out: its kind, how often, and the length in characters of each piece."""

    __slots__ = ("count", "kind", "lengths")

    def __init__(self, kind: str, count: int, lengths: tuple[int, ...]) -> None:
        self.kind = kind
        self.count = count
        self.lengths = lengths

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Finding) and (self.kind, self.count, self.lengths) == (
            other.kind,
            other.count,
            other.lengths,
        )

    def __hash__(self) -> int:
        return hash((self.kind, self.count, self.lengths))

    def __repr__(self) -> str:
        return f"Finding({self.kind!r}, {self.count}, {self.lengths})"


class Redacted:
    """A text without its secrets, and what they were, by kind in the order of first sight."""

    __slots__ = ("findings", "text")

    def __init__(self, text: str, findings: tuple[Finding, ...]) -> None:
        self.text = text
        self.findings = findings


class _Span:
    __slots__ = ("end", "kind", "rank", "start")

    def __init__(self, start: int, end: int, kind: str, rank: int) -> None:
        self.start = start
        self.end = end
        self.kind = kind
        self.rank = rank


def redact(text: str) -> Redacted:
    """Return the text with private blocks and secrets replaced by `[redacted:KIND]`. Never raises on any text."""
    if len(text) < _SHORTEST:
        return Redacted(text, ())
    lengths: dict[str, list[int]] = {}
    # Taking one secret out may lay bare another (two in one cookie header), hence until nothing is left. Every round
    # takes characters that are no mark, and gives back none, so this ends.
    while spans := list(_private_blocks(text)) or _secrets(text):
        text = _replace(text, spans, lengths)
    return Redacted(text, tuple(Finding(kind, len(each), tuple(each)) for kind, each in lengths.items()))


if TYPE_CHECKING:

    @overload
    def label(text: str) -> str: ...
    @overload
    def label(text: None) -> None: ...


def label(text: str | None) -> str | None:
    """Return a name, tag, id or remark without its secrets; None stays None.

    Two ids that differ in nothing but a secret become one. A path of a namespace with a secret in it is a path no more.
    """
    return redact(text).text if text else text


def _replace(text: str, spans: list[_Span], lengths: dict[str, list[int]]) -> str:
    pieces: list[str] = []
    at = 0
    for span in spans:
        pieces += (text[at : span.start], f"[redacted:{span.kind}]")
        lengths.setdefault(span.kind, []).append(span.end - span.start)
        at = span.end
    return "".join((*pieces, text[at:])) if spans else text


def private_blocks(text: str) -> list[tuple[int, int]]:
    """Return where the private blocks of a text begin and end."""
    return [(span.start, span.end) for span in _private_blocks(text)]


def _private_blocks(text: str) -> Iterator[_Span]:
    if "<" not in text:
        return
    depth, start = 0, 0
    for tag in _PRIVATE.finditer(text):
        if not tag["close"]:
            start = start if depth else tag.start()
            depth += 1
        elif depth:
            depth -= 1
            if not depth:
                yield _Span(start, tag.end(), "private", 0)
    if depth and not text[text.rfind("\n", 0, start) + 1 : start].strip():
        yield _Span(start, len(text), "private", 0)


def _secrets(text: str) -> list[_Span]:
    """Return the secrets of a text in order, overlapping ones joined under the name of the earlier rule."""
    # Hints are ASCII, and are found several times as fast where everything is; positions stay the same.
    plain = text if text.isascii() else text.encode("ascii", "replace").decode("ascii")
    lowered = plain.lower()
    found = [span for rank, at, m in _candidates(text, plain, lowered) if (span := _proven(rank, at, m))]
    if found and "base64," in lowered:
        images = [m.span() for m in _DATA_URI.finditer(text)]
        found = [one for one in found if not any(start <= one.start < end for start, end in images)]
    if found and "[redacted:" in lowered:
        found = _round_marks(text, found)
    merged: list[_Span] = []
    for span in sorted(found, key=lambda one: (one.start, one.rank)):
        if merged and span.start < merged[-1].end:
            last = merged[-1]
            first = min(last, span, key=lambda one: one.rank)
            merged[-1] = _Span(last.start, max(last.end, span.end), first.kind, first.rank)
        else:
            merged.append(span)
    return merged


def _round_marks(text: str, found: list[_Span]) -> list[_Span]:
    """Let no span cut a mark in two, nor replace what is nothing but marks."""
    marks = [m.span() for m in _MARK.finditer(text)]
    rounded = []
    for span in found:
        touched = [mark for mark in marks if mark[0] < span.end and span.start < mark[1]]
        start, end = min([span.start, *(a for a, _ in touched)]), max([span.end, *(b for _, b in touched)])
        if sum(b - a for a, b in touched) < end - start:
            rounded.append(_Span(start, end, span.kind, span.rank))
    return rounded


def _candidates(text: str, plain: str, lowered: str) -> Iterator[tuple[int, int, re.Match[str]]]:
    """Yield the rank of a rule, where it begins and a match of it, for every rule whose hint is in the text."""
    there: dict[str, bool] = {"": True}
    for root, hints in _NEAR.items():
        if root in lowered:
            for hint, rules in hints.items():
                at = lowered.find(hint)
                if at < 0:
                    continue
                for _, needed in rules:
                    if needed not in there:
                        there[needed] = needed in lowered
                yield from _at(hint, [rank for rank, needed in rules if there[needed]], text, lowered, at)
    for hint in _tokens(plain):
        yield from _at(hint, _TOKENS[hint], text, plain, plain.find(hint))
    for rank in _SEARCHED:
        rule = RULES[rank]
        if any(hint in text for hint in rule.hints) or (rule.probe and rule.probe.search(text)):
            yield from ((rank, m.start(), m) for m in rule.pattern.finditer(text))


def _tokens(text: str) -> Iterator[str]:
    """Yield the hints of tokens that are in the text.

    Most begin with a word and a separator, or with one and a word. All of one separator are looked for together, by what
    stands beside it wherever it is; that leaves a few to look for one by one.
    """
    yield from (hint for hint in _WORDS if hint in text)
    if len(text) < _LARGE:
        yield from (hint for hint in _CAPITAL_WORDS if hint in text)
    else:
        yield from set(_CAPITALS.findall(text))
    for separator, hints in _BESIDE.items():
        if separator in text:
            pieces = text.split(separator)
            beside = {piece[:2] for piece in pieces} if separator == "$" else {piece[-3:] for piece in pieces}
            beside |= {each[1:] for each in beside}
            for hint, word in hints:
                if word in beside and hint in text:
                    yield hint


def _at(hint: str, ranks: list[int], text: str, searched: str, at: int) -> Iterator[tuple[int, int, re.Match[str]]]:
    """Yield what rules match where their hint is: at this place and behind it."""
    while at >= 0 and ranks:
        following = at + 1
        for rank in ranks:
            rule = RULES[rank]
            if rule.token and text[at - 1 : at].isalnum() and not _stands_right(rule, text, at):
                continue  # before the pattern runs to the end of a long line only to be refused
            m = rule.pattern.match(text, at)
            if m and rule.assigned:
                m = VALUE.match(text, m.end())
            if m:
                # Nor is the inside of what matched looked at again: a token has none, and in one endless word (a name
                # assigned a name assigned a name) it would cost the square of its length.
                end = m.end()
                if rule.token or (end - at > _ENDLESS and len(text[at:end].split()) == 1):
                    following = max(following, end)
                yield rank, at, m
        at = searched.find(hint, following)


def _stands_right(rule: Rule, text: str, at: int) -> bool:
    return not rule.before or rule.before.search(text, max(0, at - rule.reach), at) is not None


def _proven(rank: int, at: int, m: re.Match[str]) -> _Span | None:
    rule, given = RULES[rank], m.groupdict()
    group = next((name for name in ("s", "u") if given.get(name) is not None), 0)
    if not _stands_right(rule, m.string, at):
        return None
    return _Span(*m.span(group), rule.kind, rank) if PROOFS[rule.proof](m, m.group(group), at) else None


def _near_hints() -> dict[str, dict[str, list[tuple[int, str]]]]:
    """Return hints, with the rank of their rules and what these need, by a shorter hint in them or the need of all rules."""
    given: dict[str, list[tuple[int, str]]] = {}
    for rank, rule in enumerate(RULES):
        for hint in rule.hints if not (rule.token or rule.searched) else ():
            given.setdefault(hint, []).append((rank, rule.needs))
    roots: dict[str, dict[str, list[tuple[int, str]]]] = {}
    for hint in sorted(given, key=len):
        needs = {needed for _, needed in given[hint]}
        shared = needs.pop() if len(needs) == 1 else ""
        root = shared or next((each for each in roots if each in hint), hint)
        roots.setdefault(root, {})[hint] = given[hint]
    return roots


def _beside() -> dict[str, list[tuple[str, str]]]:
    """Return hints by the first separator in them, each with the end of what stands before it, or the start of what follows."""
    hints: dict[str, list[tuple[str, str]]] = {}
    for hint in _TOKENS:
        if at := next((at for at, char in enumerate(hint) if not char.isalnum()), None):
            hints.setdefault(hint[at], []).append((hint, hint[max(0, at - 3) : at]))
        elif at == 0:
            hints.setdefault(hint[0], []).append((hint, hint[1:].rstrip(hint[0])[:2]))
    return hints


_NEAR = _near_hints()
_TOKENS: dict[str, list[int]] = {}
for _rank, _rule in enumerate(RULES):
    for _hint in _rule.hints if _rule.token and not _rule.searched else ():
        _TOKENS.setdefault(_hint, []).append(_rank)
_BESIDE = _beside()
_WORDS = [hint for hint in _TOKENS if hint.isalnum() and not hint[0].isupper()]
_CAPITAL_WORDS = [hint for hint in _TOKENS if hint.isalnum() and hint[0].isupper()]
_CAPITALS = lazy("|".join(_CAPITAL_WORDS))
_SEARCHED = [rank for rank, rule in enumerate(RULES) if rule.searched]


def _setting(m: re.Match[str], at: int) -> Setting:
    if m.groupdict().get("q"):
        return Setting.QUOTED
    before = m.string[max(0, at - 200) : at]
    rest = m.string[m.end() : m.end() + 8]
    alone = _OWN_LINE.fullmatch(before, before.rfind("\n") + 1) and _LINE_END.match(rest)
    return Setting.OWN_LINE if alone else Setting.INLINE


def _is_url_password(m: re.Match[str], value: str, _at: int) -> bool:
    return len(value) > 2 and value != m["user"] and not is_placeholder(value)


def _is_basic(_m: re.Match[str], value: str, _at: int) -> bool:
    from base64 import b64decode

    try:
        pair = b64decode(value + "=" * (-len(value) % 4), validate=True).decode("ascii")
    except ValueError:
        return False
    return pair.isprintable() and ":" in pair.strip(":")


def _is_cookie(m: re.Match[str], value: str, at: int) -> bool:
    before = m.string[max(0, at - 4096) : at]
    return "cookie" in before[before.rfind("\n") + 1 :].lower() and is_key(value, Setting.INLINE)


PROOFS: dict[Proof, Callable[[re.Match[str], str, int], bool]] = {
    "form": lambda _m, value, _at: not is_placeholder(value[-32:]),  # what stands in front may be called SECRET-KEY
    "password": lambda m, value, at: len(value) > 3 and is_password(value, _setting(m, at)),
    "key": lambda m, value, at: len(value) >= 12 and is_key(value, _setting(m, at)),
    "url": _is_url_password,
    "basic": _is_basic,
    "cookie": _is_cookie,
    "block": lambda _m, value, _at: _BASE64_RUN.search(value, max(0, value.find("-----", 5))) is not None,
}
