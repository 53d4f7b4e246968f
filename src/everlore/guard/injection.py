"""Finding text that tries to steer the agent that will read it, so that it is held for review rather than kept.

Orders are looked for where an order can stand (`everlore.guard.orders`). The same words quoted in a sentence about
them ("we saw a prompt injection that said '…'"), in a code block, negated, or told of somebody else are a discussion
and pass. Characters that nobody sees are looked for in the text as it is; everything else in a copy without them and
with look-alike letters folded (NFKC), so that they hide nothing.

Invariants: total over strings; the work is linear in the text but for bounded windows; the scan says nothing about
secrets, which `redact` has taken out before.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from everlore.guard.disguise import decoded, unmasked
from everlore.guard.lazily import pattern as lazy
from everlore.guard.orders import BLOB, DECODE_AND_OBEY, ORDERS, PLACES, RUNS, Order
from everlore.guard.takeover import TAKEOVER
from everlore.guard.tongues import TONGUES

_EXCERPT = 120
_WINDOW = 240
_BEFORE = 120
_UNSPACED = "\u2e80"  # from here on scripts set no spaces between words


@dataclass(frozen=True, slots=True)
class Finding:
    """Why a text is held: the kind of attempt, and the words that show it (at most 120 characters)."""

    kind: str
    excerpt: str


def scan(text: str) -> list[Finding]:
    """Return what in the text tries to steer its reader, at most one finding of a kind. Never raises on any text."""
    found: dict[str, str] = {}
    if hidden := _unseen(text):
        found["hidden text"] = hidden
    plain = _plain(text)
    lowered = _lowered(plain)
    _look(plain, lowered, found)
    bare = unmasked(plain)
    if bare != plain:
        _look(bare, _lowered(bare), found)
    if "encoded payload" not in found and (words := _payload(plain, lowered)):
        found["encoded payload"] = words
    return [Finding(kind, " ".join(words.split())[:_EXCERPT]) for kind, words in found.items()]


def _lowered(text: str) -> str:
    lowered = text.lower()
    # Some letter may have no single lower case, and positions must agree.
    return lowered if len(lowered) == len(text) else text.translate(_ASCII_LOWER)


def _look(text: str, lowered: str, found: dict[str, str]) -> None:
    """Add the orders that stand in a text to what was found."""
    for at, order in _hinted(lowered):
        if order.kind not in found and (words := _given(order, text, at)):
            found[order.kind] = words


def _hinted(lowered: str) -> Iterator[tuple[int, Order]]:
    """Yield the places of all hints with the orders that they hint at: words where a word begins, the rest anywhere."""
    for m in _BEGINNINGS.finditer(lowered):
        at = m.start()
        for hint in _BY_BEGINNING.get(m.group(), ()):
            if lowered.startswith(hint, at):
                yield from ((at, order) for order in _BY_HINT[hint])
    for hint in _SIGNS if lowered.isascii() else _ANYWHERE:
        at = lowered.find(hint)
        while at >= 0:
            yield from ((at, order) for order in _BY_HINT[hint])
            at = lowered.find(hint, at + len(hint))


def _given(order: Order, text: str, at: int) -> str:
    """Return the words of the order that stands at a place of the text, nothing if none does or it is discussed."""
    if at and text[at].isalpha() and text[at] < _UNSPACED and (text[at - 1].isalnum() or text[at - 1] == "_"):
        return ""
    m = order.pattern.match(text, at)
    if not m or not PLACES[order.place].search(text[max(0, at - _BEFORE) : at]):
        return ""
    return "" if _is_discussed(text, at, m.end()) else m.group()


def _payload(text: str, lowered: str) -> str:
    """Return the words beside an encoded payload that say to decode and obey it."""
    if "decod" in lowered or "base64" in lowered or "base 64" in lowered or "unhex" in lowered or "rot13" in lowered:
        for m in BLOB.finditer(text):
            for start, end in ((max(0, m.start() - _BEFORE), m.start()), (m.end(), m.end() + _BEFORE)):
                if told := DECODE_AND_OBEY.search(text, start, end):
                    return told.group()
    for words in decoded(text, lowered):
        within: dict[str, str] = {}
        _look(words, _lowered(words), within)
        if within or RUNS.search(words):
            return words
    return ""


_BY_HINT: dict[str, list[Order]] = {}
for _each in (*ORDERS, *TAKEOVER, *TONGUES):
    for _hint in _each.hints:
        _BY_HINT.setdefault(_hint, []).append(_each)
_BY_BEGINNING: dict[str, list[str]] = {}
for _hint in _BY_HINT:
    if _hint[:1].isalpha() and _hint[:1] < _UNSPACED:
        _BY_BEGINNING.setdefault(_hint[:2], []).append(_hint)
_ANYWHERE = [hint for hint in _BY_HINT if not (hint[:1].isalpha() and hint[:1] < _UNSPACED)]
_SIGNS = [hint for hint in _ANYWHERE if hint.isascii()]
_BEGINNINGS = lazy(r"(?<![^\W])[^\W\d_].", re.DOTALL)
_ASCII_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
_FLAG = lazy("\U0001f3f4[\U000e0020-\U000e007e]{1,8}\U000e007f")  # the flag of Scotland and its like
_ZERO = "\u00ad\u180e\u200b-\u200d\u2060-\u2064\ufeff"
_UNSEEN_ANYWHERE = (
    lazy("[\U000e0000-\U000e007f]+"),  # tags: a whole hidden alphabet
    lazy("[\u202d\u202e]"),  # direction overrides
    lazy(f"[{_ZERO}]{{4,}}|(?:[A-Za-z0-9][{_ZERO}]+){{4,}}"),
    lazy("[\ufe00-\ufe0f\U000e0100-\U000e01ef]{3,}"),  # variation selectors, one of which follows an emoji
)
_BIDI = lazy("[\u202a-\u202c\u2066-\u2069]")
_RIGHT_TO_LEFT = lazy("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_DROPPED = lazy(f"[{_ZERO}\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f\U000e0100-\U000e01ef]")


def _unseen(text: str) -> str:
    """Return the first characters that hide something, as code points; nothing where every one has its use."""
    if text.isascii():
        return ""
    bare = _FLAG.sub("", text)
    patterns = _UNSEEN_ANYWHERE if _RIGHT_TO_LEFT.search(bare) else (*_UNSEEN_ANYWHERE, _BIDI)
    m = next((m for pattern in patterns if (m := pattern.search(bare))), None)
    return " ".join(f"U+{ord(char):04X}" for char in m.group()[:8]) if m else ""


def _plain(text: str) -> str:
    return text if text.isascii() else unicodedata.normalize("NFKC", _DROPPED.sub("", text)).replace("’", "'")


_REPORTS = lazy(
    r"(?<![.\w/-])(?:sa(?:ys?|id|ying)|saw|mention\w*|contain\w*|inject\w*|attack\w*|payloads?|phrases?|strings?|such\s+as|e\.g\.|for\s+example|example\w*|detect\w*"
    r"|flag\w*|block\w*|filter\w*|jailbreak\w*|patterns?|rules?|regex\w*|match\w*|test\w*|fixtures?|quot\w*|wrote|writes|written|reads?|known\s+as|like"
    r"|ask\w*|told|spam|called|named|titled|literal\w*|reject\w*|catch\w*|caught|refus\w*|trick\w*|tried|tries|trying|attempt\w*|log\w*|prompts?|tags?|tokens?"
    r"|templates?|markers?|delimiters?|mean\w*|explain\w*|describ\w*|docs?|documentation|typed|past(?:ed|es)|posted|complain\w*|declin\w*|comments?|sentences?|show\w*|fool\w*|hid(?:den|es)?|begin\w*|start\w*|wrap\w*|strip\w*|escape\w*)\b",
    re.IGNORECASE,
)
# A sentence that names the thing tells of it: what stands behind such a word on its line is no order.
_TOLD = lazy(
    r"\b(?:attackers?|attacks?|injections?|jailbreaks?|jailbroke|phishing|malicious|adversar\w+|red\s+team\w*|OWASP|threat\s+model"
    r"|held\s+(?:for|because)|excerpt|quarantin\w+|exploits?|payloads?|poisoning|poisoned|smuggl\w+|(?:a|some|the)\s+(?:web\s*)?(?:page|document|issue|mail|message|website|file)\s+(?:that\s+)?"
    r"(?:tells|told|says|asks|asked|claims|claimed))\b(?![.@]\w)[^.!?;\n]*$",
    re.IGNORECASE,
)
# A quotation right behind a word of the sentence, or handed to a function, is a mention; one behind a colon or a comma is data.
_MENTIONS = lazy(r"[\w)]\s+[\"'“‘«„「][^\"“”«»「」]*$|\w\([bru]?[\"'][^\"']*$")
_PAIRS = {'"': '"', "'": "'", "`": "`", "“": "”", "‘": "’", "«": "»", "„": "“", "「": "」"}


def _is_discussed(text: str, start: int, end: int) -> bool:
    """Say whether the words stand in quotes (or a code block) of a text that talks about them."""
    before = text[max(0, start - _WINDOW) : start]
    line = before[before.rfind("\n") + 1 :]
    if text.count("```", 0, start) % 2:
        return _REPORTS.search(before) is not None
    if _TOLD.search(line):
        return True
    if line.startswith(("    ", "\t", ">", " >")) and _REPORTS.search(before[: -len(line)]):
        return True
    # The match may begin with the quote itself.
    lead = text[start:end].lstrip()[:1]
    opened = lead if lead in _PAIRS else _open_quote(line)
    closed = text.find(_PAIRS[opened], max(start + 1, end - 1), end + _WINDOW) if opened else -1
    if closed < 0:
        return False
    if opened != "`" and _MENTIONS.search(line if lead not in _PAIRS else line + lead):
        return True
    after = text[closed : closed + _WINDOW].split("\n", 1)[0]
    return _REPORTS.search(line) is not None or _REPORTS.search(after) is not None


def _open_quote(line: str) -> str:
    """Return the quote that is open at the end of a line's part, an apostrophe within a word being none."""
    opened = ""
    for at, char in enumerate(line):
        if opened:
            if char == _PAIRS[opened] and not (char == "'" and line[at + 1 : at + 2].isalnum()):
                opened = ""
        elif char in _PAIRS and not (char == "'" and line[at - 1 : at].isalnum() and at):
            opened = char
    return opened
