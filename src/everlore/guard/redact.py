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
from everlore.guard.rules import LONG, RULES, Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import overload

    from everlore.guard.rules import Proof

_LOOK_BACK = 32
_ENDLESS = 200
_PRIVATE = lazy(r"<(?P<close>/?)private\b[^<>]{0,200}>", re.IGNORECASE)
_DATA_URI = lazy(r"data:[\w.+-]{1,40}/[\w.+-]{1,80}(?:;[\w=.-]{1,80}){0,4};base64,[A-Za-z0-9+/=_-]+", re.IGNORECASE)
_ASCII_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
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
    lowered = text.lower()
    if len(lowered) != len(text):  # some letter has no single lower case, and positions must agree
        lowered = text.translate(_ASCII_LOWER)
    found = [span for rank, m in _candidates(text, lowered) if (span := _proven(rank, m))]
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


def _candidates(text: str, lowered: str) -> Iterator[tuple[int, re.Match[str]]]:
    """Yield the rank of a rule and a match of it, for every rule whose hint is in the text."""
    for hint, ranks in _NEAR.items():
        if hint in lowered:
            yield from _at(hint, ranks, text, lowered)
    runs = " ".join([run for run in lowered.split() if len(run) >= LONG])
    if not runs:
        return
    for hint, ranks in _TOKENS.items():
        if hint in runs:
            yield from _at(hint, ranks, text, lowered)
    for rank in _SEARCHED:
        if not RULES[rank].hints or any(hint in runs for hint in RULES[rank].hints):
            yield from ((rank, m) for m in RULES[rank].pattern.finditer(text))


def _at(hint: str, ranks: list[int], text: str, lowered: str) -> Iterator[tuple[int, re.Match[str]]]:
    at = lowered.find(hint)
    while at >= 0:
        following = at + 1
        for rank in ranks:
            rule = RULES[rank]
            if rule.long and text[at - 1 : at].isalnum() and not _stands_right(rule, text, at):
                continue  # before the pattern runs to the end of a long line only to be refused
            if m := rule.pattern.match(text, at):
                # Nor is the inside of what matched looked at again: a token has none, and in one endless word (a name
                # assigned a name assigned a name) it would cost the square of its length.
                if rule.long or (m.end() - at > _ENDLESS and len(m.group().split()) == 1):
                    following = max(following, m.end())
                yield rank, m
        at = lowered.find(hint, following)


def _stands_right(rule: Rule, text: str, at: int) -> bool:
    return not rule.before or rule.before.search(text[max(0, at - _LOOK_BACK) : at]) is not None


def _proven(rank: int, m: re.Match[str]) -> _Span | None:
    rule, given = RULES[rank], m.groupdict()
    group = next((name for name in ("s", "u") if given.get(name) is not None), 0)
    if not _stands_right(rule, m.string, m.start()):
        return None
    return _Span(*m.span(group), rule.kind, rank) if PROOFS[rule.proof](m, m.group(group)) else None


def _by_hint(*, long: bool) -> dict[str, list[int]]:
    hints: dict[str, list[int]] = {}
    for rank, rule in enumerate(RULES):
        if rule.long == long and not rule.searched:
            for hint in rule.hints:
                hints.setdefault(hint, []).append(rank)
    return hints


_NEAR, _TOKENS = _by_hint(long=False), _by_hint(long=True)
_SEARCHED = [rank for rank, rule in enumerate(RULES) if rule.searched]


def _setting(m: re.Match[str]) -> Setting:
    if m.groupdict().get("q"):
        return Setting.QUOTED
    before = m.string[max(0, m.start() - 200) : m.start()]
    rest = m.string[m.end() : m.end() + 8]
    alone = _OWN_LINE.fullmatch(before, before.rfind("\n") + 1) and _LINE_END.match(rest)
    return Setting.OWN_LINE if alone else Setting.INLINE


def _is_url_password(m: re.Match[str], value: str) -> bool:
    return len(value) > 2 and value != m["user"] and not is_placeholder(value)


def _is_basic(_m: re.Match[str], value: str) -> bool:
    from base64 import b64decode

    try:
        pair = b64decode(value + "=" * (-len(value) % 4), validate=True).decode("ascii")
    except ValueError:
        return False
    return pair.isprintable() and ":" in pair.strip(":")


def _is_cookie(m: re.Match[str], value: str) -> bool:
    before = m.string[max(0, m.start() - 4096) : m.start()]
    return "cookie" in before[before.rfind("\n") + 1 :].lower() and is_key(value, Setting.INLINE)


PROOFS: dict[Proof, Callable[[re.Match[str], str], bool]] = {
    "form": lambda _m, value: not is_placeholder(value[-32:]),  # what stands in front may be called SECRET-KEY
    "password": lambda m, value: is_password(value, _setting(m)),
    "key": lambda m, value: is_key(value, _setting(m)),
    "url": _is_url_password,
    "basic": _is_basic,
    "cookie": _is_cookie,
    "block": lambda _m, value: _BASE64_RUN.search(value, max(0, value.find("-----", 5))) is not None,
}
