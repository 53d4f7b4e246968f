"""Statements: the values a text states, and what it says about the values that stood before.

A value is a number with its unit, a version, an address or a date, together with the words near it, nearer ones
weighing more. Conversations about code also say which value replaces which: a diff, a substitution, an edit with an
old and a new string, "from 3 to 5", "not 500", "instead of"; and they name what is set: `max_lines = 400`. A decision
and the edit that carries it out are two turns of one statement; `joined` puts them together.

Invariants: reading is pure, bounded by `_LIMIT` characters, and never raises; a value that one text both replaces and
gives counts as neither.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from everlore.recall.words import STOP_WORDS, root, roots

_LIMIT = 3000
_VALUES_PER_LINE = 12
_NEAR = 12
_BESIDE = 60
_SEPARATOR = re.compile(r"[_,](?<=\d[_,])(?=\d)")
_CLAUSE = 0.6

_UNIT_WORDS = r"ms|milliseconds?|secs?|seconds?|s|mins?|minutes?|m|hrs?|hours?|h|days?|d|nights?|weeks?|months?|years?"
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:t(?:ember)?)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_DATE = re.compile(
    r"\b\d{4}-\d\d(?:-\d\d)?(?:[T ]\d\d:\d\d\S*)?"
    r"|(?<![\w.:])\d{1,2}:\d\d(?::\d\d)?(?:\.\d+)?(?:\s?[ap]\.?m\b)?(?![\d:])|\b\d{1,2}\s?[ap]\.?m\b"
    rf"|\b{_MONTH}\.?\s+\d{{1,2}}(?:st|nd|rd|th)?(?:,?\s+\d{{4}})?\b"
    rf"|\b\d{{1,2}}(?:st|nd|rd|th)?\s+(?:of\s+)?{_MONTH}\b(?:\s+\d{{4}})?|\b\d{{1,2}}/\d{{1,2}}(?:/\d+)?\b",
    re.IGNORECASE,
)
_URL = re.compile(r"https?://[^\s'\"),\]}>`]+")
_NUMBER = re.compile(
    r"(?<![\w./#-])(?P<money>[$€£]\s?)?(?:>=|<=|~=|==|\^|~)?v?(?P<digits>\d[\d_,]*(?:\.\d+)*)"
    rf"(?:[\s-]?(?P<unit>%|percent\b|(?:{_UNIT_WORDS}|[kmgt]i?b|k)\b))?(?![\w]*-\w|\.\w|/\w|\w)",
    re.IGNORECASE,
)
_AFTER_COLON = re.compile(r"(?<=[\w\]]):(\d{2,5})\b")
_TAG = re.compile(r"(?<![\w.-])(\d+(?:\.\d+)+)(?=-[a-z]+)")
_SPELLED = {
    word: str(number)
    for number, word in enumerate("one two three four five six seven eight nine ten eleven twelve".split(), 1)  # noqa: SIM905
} | {"a": "1", "an": "1"}
_SPELLED_OUT = re.compile(
    r"\b((?:one|an?)(?=[\s-](?:seconds?|minutes?|hours?|days?|weeks?|months?|years?)\b)"
    r"|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
    r"(?:[\s-](seconds?|minutes?|hours?|days?|weeks?|months?|years?))?\b",
    re.IGNORECASE,
)
_HAS_VALUE = re.compile(
    r"\d|https?:|\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|true|false)\b"
    r"|\b(?:one|an?)[\s-](?:second|minute|hour|day|week|month|year)",
    re.IGNORECASE,
)
_ASSIGNED = re.compile(
    r"(?<![\w.])([A-Za-z_][\w.]{2,})[\"']?(?:\s*:\s*[a-z]\w*)?\s*(?::=|==|=|:)\s*[\"']?"
    r"(https?://[^\s\"'),]+|v?\d[\w.,]*|true\b|false\b)",
    re.IGNORECASE,
)
_SETTING = re.compile(r"^[+-]?\s*(?:#define\s+)?([A-Za-z][\w.-]*[_A-Za-z]\w*)\s+(\d[\w.]*);?(?:\s*#.*)?$")
_FLAG = re.compile(r"(?<!\w)(--?[a-zA-Z][\w-]*)[ =](\d[\w.]*)")
_IMAGE = re.compile(r"\b([a-z][a-z-]+):(\d+(?:\.\d+)*)(?=[-\s\"'/]|$)")
_IDENTIFIER = re.compile(
    r"(?<![\w/.-])(?:[a-z][a-z0-9]*(?:_[a-z0-9]+)+|[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|[a-z]+(?:[A-Z][a-z0-9]+)+)(?![\w(])"
)
_FILE = re.compile(
    r"[\w-]+\.(?:py|toml|ya?ml|json|ini|cfg|conf|env|sh|js|ts|tsx|go|rs|java|kt|rb|php|cs|sql|tf|md|lock)\b"
    r"|\b(?:Containerfile|Dockerfile|Makefile|justfile)\b"
)
_INSTEAD = re.compile(
    r"\b(?:not|instead of|rather than|no longer|up from|down from|used to be|were|was|replac(?:es|ed|ing))\s+(?:(?:the|an?)\s+)?"
    r"(?:old\s+)?[`'\"]?([$€£]?v?\d[\w.,%]*)"
    r"|(?<![\w./-])([$€£]?v?\d[\w.,%]*)(?:[\s-]+[a-z]+){0,3}\s+(?:is|are|was|were)\s+(?:[a-z]+\s+)?(?:too|not enough)\b",
    re.IGNORECASE,
)
_FROM_TO = re.compile(
    r"\bfrom\s+([$€£]?\S*\d\S*)(?:\s+\w+)?\s+to\s+([$€£]?\S*\d\S*)"
    r"|(\S*\d\S*)(?:\s+[a-z]+)?(?:\s+(?:->|=>|becomes?)\s+|\s*→\s*)(\S*\d\S*)",
    re.IGNORECASE,
)
_SUBSTITUTION = re.compile(r"\bs([/|#])([^/|#\n]+)\1([^/|#\n]*)\1")
_OLD_PART = re.compile(r"(?:\w+ )?old_?(?:string|str|text)\b", re.IGNORECASE)
_NEW_PART = re.compile(r"(?:\w+ )?new_?(?:string|str|text)\b", re.IGNORECASE)
_OTHER_PART = re.compile(
    r"(?:\w+ )?(?:file_?path|content|command|workdir)\b|The file |\*\*\*|Success|@@", re.IGNORECASE
)
_ARGUMENT = re.compile(
    r"^(?:\w+ )?(?:old_?(?:string|str|text)|new_?(?:string|str|text)|content|command|patch)\s*:\s*", re.IGNORECASE
)
_REMOVED = re.compile(r"-\s*(?!\s*[A-Za-z]\w+ \w+ \w+)\S")
_UPDATE = re.compile(
    r"\b(?:now|recent(?:ly)?|increas\w*|updat\w*|new|adjust\w*|chang\w*|extend\w*|resched\w*|mov(?:e[sd]?|ing)|improv\w*|shorten\w*"
    r"|reduc\w*|rais\w+|rise\w*|gr[eo]w\w*|reached|postpon\w*|lower\w*|drop\w*|bump\w*|instead|no longer|revis\w*|boost\w*"
    r"|expan\w*|switch\w*|upgrad\w*|(?:down|up|back) to|make (?:it|that)|becomes?|from \w+ on)\b",
    re.IGNORECASE,
)
_CLAUSE_EDGE = re.compile(r"[,;:()]\s|\band\b")
_CASE_EDGE = re.compile(r"([a-z0-9])([A-Z])")
_WORD = re.compile(r"[^\W_]+")
_SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n+")
# Arguments of agents' tools: they are set in every edit, to something else each time.
_TOOL_KEYS = frozenset(
    """file_path filepath command content workdir old_string new_string oldstring newstring old_str new_str patch
    status todos path pattern description timeout_ms cmd input output name type id limit offset activeform line
    lines""".split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True)
class Value:
    """A value as normalised text, its kind, the roots near it (0 to 1), the key it is set under, code names beside it.

    Kinds: number, percent, duration, size, money, version, url, date.
    """

    text: str
    kind: str
    near: Mapping[str, float]
    key: str | None = None
    beside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Statement:
    """What a text states: its values, those it says are `replaced`, those it `gives`, and files it names.

    `keys` maps a lower-case key to the values it had (by this text) and the values it has. `updated` are the values with a
    word of change beside them ("increased to 12", "now 8 hours").
    """

    values: tuple[Value, ...] = ()
    replaced: frozenset[str] = frozenset()
    given: frozenset[str] = frozenset()
    keys: Mapping[str, tuple[frozenset[str], frozenset[str]]] | None = None
    files: frozenset[str] = frozenset()
    updated: frozenset[str] = frozenset()

    def standing(self) -> frozenset[str]:
        """Return the values that hold once this has been said."""
        return frozenset(v.text for v in self.values if v.text not in self.replaced or v.text in self.given)

    def changes(self) -> bool:
        """Tell whether it can replace a value at all."""
        return bool(self.replaced or self.keys)

    def assigned(self, key: str) -> tuple[frozenset[str], frozenset[str]]:
        """Return the values a key had and has, both empty when the text does not set it."""
        return (self.keys or {}).get(key, (frozenset(), frozenset()))


class _Draft:
    """What has been read so far; turned into a `Statement` at the end."""

    def __init__(self) -> None:
        self.values: list[Value] = []
        self.replaced: set[str] = set()
        self.given: set[str] = set()
        self.keys: dict[str, tuple[set[str], set[str]]] = {}
        self.updated: set[str] = set()

    def note(self, side: str | None, value: str) -> None:
        if side == "old":
            self.replaced.add(value)
        elif side == "new":
            self.given.add(value)

    def finish(self, text: str) -> Statement:
        both = self.replaced & self.given
        return Statement(
            tuple(self.values),
            frozenset(self.replaced - both),
            frozenset(self.given - both),
            {key: (frozenset(old), frozenset(new)) for key, (old, new) in self.keys.items()},
            frozenset(name.lower() for name in _FILE.findall(text)),
            frozenset(self.updated),
        )


@lru_cache(maxsize=4096)
def read_statement(text: str) -> Statement:
    """Read the values of a text and what it says about replacing them."""
    text = text[:_LIMIT].replace("\\b", "")
    draft = _Draft()
    part: str | None = None
    for raw in _SENTENCE.split(text):
        line = raw.strip()
        if _OLD_PART.match(line):
            part = "old"
        elif _NEW_PART.match(line):
            part = "new"
        elif _OTHER_PART.match(line):
            part = None
        side = "old" if _REMOVED.match(line) else "new" if re.match(r"\+\s*\S", line) else part
        if _HAS_VALUE.search(line):
            _read_line(draft, _ARGUMENT.sub("", line), side)
    return draft.finish(text)


@lru_cache(maxsize=4096)
def joined(text: str, previous: str, following: str, *, tool: bool) -> Statement:
    """Read what someone says together with its neighbours.

    A value that the next turn writes into a file, or the turn before has written, takes over the key, the old value and
    the words of that edit. A value with hardly a word near it ("350 then.") takes the end of the turn before. Neither
    applies to a tool's own turn.
    """
    own = read_statement(text)
    if tool or not own.values:
        return own
    stated = {value.text for value in own.values}
    for beside in (following, previous):
        # Most neighbours do not hold the value at all.
        plain = unseparated(beside)
        if any(text in plain for text in stated):
            own = _with_edit(own, read_statement(beside))
    return _with_previous(own, previous)


def _with_edit(own: Statement, edit: Statement) -> Statement:
    stated = {value.text for value in own.values}
    carried = stated & edit.given
    if not carried:
        return own
    keys = dict(own.keys or {})
    key_of: dict[str, str] = {}
    for key, (old, new) in (edit.keys or {}).items():
        if new & carried:
            before = keys.get(key, (frozenset(), frozenset()))
            keys[key] = (before[0] | old, before[1] | new & carried)
            key_of.update(dict.fromkeys(new & carried, key))
    near: dict[str, dict[str, float]] = {}
    for value in edit.values:
        if value.text in carried:
            words = near.setdefault(value.text, {})
            for word, weight in value.near.items():
                words[word] = max(words.get(word, 0.0), 0.7 * weight)
    values = tuple(
        replace(value, near=near[value.text] | dict(value.near), key=value.key or key_of.get(value.text))
        if value.text in carried and value.text in near
        else value
        for value in own.values
    )
    return Statement(
        values,
        own.replaced | (edit.replaced - own.given - carried),
        own.given | carried,
        keys,
        own.files | edit.files,
        own.updated,
    )


def _with_previous(own: Statement, previous: str) -> Statement:
    words = {word: 0.4 for word in roots(previous[-250:]) if word not in STOP_WORDS and not word.isdigit()}
    values = tuple(
        replace(value, near=words | dict(value.near)) if sum(value.near.values()) < 2.5 else value
        for value in own.values
    )
    return replace(own, values=values)


def _read_line(draft: _Draft, line: str, side: str | None) -> None:
    replaced, given = _transitions(line)
    draft.replaced |= replaced
    draft.given |= given
    split = _CASE_EDGE.sub(r"\1 \2", line).lower()
    words = [(root(match.group()), match.start(), match.group()) for match in _WORD.finditer(split)]
    edges = [match.start() for match in _CLAUSE_EDGE.finditer(line)]
    beside = tuple(name.lower() for name in _IDENTIFIER.findall(line) if name.lower() not in _TOOL_KEYS)[:3]
    found = list(values_in(line))[:_VALUES_PER_LINE]
    keys = _assignments(draft, line, side, replaced)
    if side is None and found:
        draft.updated |= _updated(line, found, edges)
    for start, end, text, kind in found:
        near = _near(words, edges, start, end)
        unit = re.search(r"[a-z]+$", line[start:end].lower()) if kind == "duration" else None
        if unit:
            near[root(unit.group())] = 1.0
        draft.values.append(Value(text, kind, near, keys.get(text), beside))
        draft.note(side, text)


def _updated(line: str, found: Sequence[tuple[int, int, str, str]], edges: Sequence[int]) -> set[str]:
    """Return the values with a word of change beside them, in one clause."""
    spans = [match.span() for match in _UPDATE.finditer(line)]
    return {
        text
        for start, end, text, _ in found
        for first, last in spans
        if max(first - end, start - last) <= _BESIDE
        and sum(min(first, start) < edge < max(last, end) for edge in edges) < 2
    }


def _transitions(line: str) -> tuple[set[str], set[str]]:
    """Return the values a line says are replaced, and those it says replace them."""
    replaced, given = set(), set()
    for match in _FROM_TO.finditer(line):
        replaced.add(_normal(match.group(1) or match.group(3)))
        given.add(_normal(match.group(2) or match.group(4)))
    for match in _SUBSTITUTION.finditer(line):
        old = {text for _, _, text, _ in values_in(match.group(2))}
        new = {text for _, _, text, _ in values_in(match.group(3))}
        replaced |= old - new
        given |= new - old
    replaced.update(_normal(match.group(1) or match.group(2)) for match in _INSTEAD.finditer(line))
    return replaced, given


def _assignments(draft: _Draft, line: str, side: str | None, replaced: set[str]) -> dict[str, str]:
    """Note what a line sets, and return the key of each value."""
    dates = {match.start() for match in _DATE.finditer(line)}
    keys: dict[str, str] = {}
    for pattern in (_ASSIGNED, _SETTING, _FLAG, _IMAGE):
        for match in pattern.finditer(line):
            key = match.group(1).lower().replace("-", "_").strip("_")
            short = len(key) < 3 and not match.group(1).startswith("-")
            if key in _TOOL_KEYS or short or match.start(2) in dates:
                continue
            value = _normal(match.group(2).strip("\"'"))
            old, new = draft.keys.setdefault(key, (set(), set()))
            (old if side == "old" or value in replaced else new).add(value)
            keys.setdefault(value, key)
    return keys


def _near(words: list[tuple[str, int, str]], edges: list[int], start: int, end: int) -> dict[str, float]:
    first = sum(position < start for _, position, _ in words)
    past = sum(position < end for _, position, _ in words)
    near: dict[str, float] = {}
    for index in range(max(0, first - _NEAR), min(len(words), past + _NEAR)):
        if first <= index < past:
            continue
        word, position, written = words[index]
        if written in STOP_WORDS or written[0].isdigit():
            continue
        away = first - index if index < first else index - past + 1
        crossed = sum(min(position, start) < edge < max(position, start) for edge in edges)
        weight = (1.0 if away <= 4 else 0.7 if away <= 7 else 0.4) * _CLAUSE ** min(crossed, 3)
        near[word] = max(near.get(word, 0.0), weight)
    return near


def values_in(line: str) -> Iterator[tuple[int, int, str, str]]:
    """Yield (start, end, normalised text, kind) of each value in a line."""
    taken = []
    for match in _DATE.finditer(line):
        taken.append(match.span())
        yield (*match.span(), re.sub(r"\s+", " ", match.group().lower()), "date")
    for match in _URL.finditer(line):
        taken.append(match.span())
        yield (*match.span(), match.group().lower().rstrip(".,"), "url")
    for match in _NUMBER.finditer(line):
        if not _inside(match.start(), taken):
            yield (*match.span(), _normal(match["digits"]), _kind(match))
    for pattern in (_AFTER_COLON, _TAG):
        for match in pattern.finditer(line):
            if not _inside(match.start(), taken):
                yield (*match.span(1), match.group(1), "number")
    for match in _SPELLED_OUT.finditer(line):
        yield (*match.span(), _SPELLED[match.group(1).lower()], "duration" if match.group(2) else "number")


def _inside(position: int, spans: list[tuple[int, int]]) -> bool:
    return any(start <= position < end for start, end in spans)


def _kind(match: re.Match[str]) -> str:
    unit = (match["unit"] or "").lower()
    if match["money"]:
        return "money"
    if unit in ("%", "percent"):
        return "percent"
    if unit and re.fullmatch(_UNIT_WORDS, unit):
        return "duration"
    return "size" if unit else "version" if match["digits"].count(".") > 1 else "number"


def _normal(text: str) -> str:
    """Return a value without unit, currency, thousands separators and trailing punctuation; an address as it is."""
    text = re.sub(r"[\s_]", "", text.lower())
    if text.startswith("http"):
        return text.rstrip(".,")
    text = re.sub(r"(?<=\d),(?=\d{3})", "", text).rstrip(".,:;)")
    match = re.match(r"\D*(\d+(?:\.\d+)*)", text)
    return match.group(1) if match else text


def unseparated(text: str) -> str:
    """Return a text with no separators inside its numbers: 10,000 and 10_000 become 10000."""
    return _SEPARATOR.sub("", text)
