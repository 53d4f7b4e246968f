"""Values: when a value changed, show the one that holds before the ones that held.

Similarity does not know time: "port 5433" and "port 5442" answer the same question equally well. Here a ranked list is
searched for pairs of items where the later one replaces a value of the earlier one, and only inside such a pair is
time allowed to decide. A pair needs evidence of two sorts: the later text says that it replaces this value, or sets the
same key to another; and the two speak of the same thing: a shared code name, a file, words near the value, or a few
turns of one conversation. Pairs form chains: of three values the last one is shown.

Which way to order is read from the question. Asked about the present, the item that holds the newest value is put
right above the first one whose value it replaced. Asked about a past time, an item whose value held then goes right
above the one that replaced it later. Any other question leaves the list as it is.

Invariants: nothing is dropped or invented; the order changes only by lifting single items, at most `Reach.moves`; an
item is never lifted above one it does not contradict unless that one stood between the two.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from itertools import chain
from math import log, sqrt

from everlore.recall.asked import Asked, read_asked, read_slot
from everlore.recall.candidates import Candidate, Ranked
from everlore.recall.question import Question
from everlore.recall.statements import Statement, Value, joined, unseparated
from everlore.recall.words import roots

_OPEN = re.compile(r"^\s*(?:\w+ ){0,4}(?:what|which|how)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reach:
    """How far to look: the places that may be outdone, the items that may outdo them, lifts, and steps of a chain.

    `nearby` is the distance in turns at which one conversation counts as one subject; `floor` the evidence a pair
    needs, 0 to 1; `share` how well a value must fit the question, against the best value of its item; `kept` the
    evidence, against the best pair of an item, that a later replacement needs.

    A value restated without a word about the old one is looked for in the first `rivals` places, for the first `heads`;
    both must fit the question `near` as well as the best there, and speak `alike`, 0 to 1.
    """

    anchors: int = 12
    pool: int = 150
    moves: int = 6
    hops: int = 3
    nearby: int = 8
    floor: float = 0.5
    share: float = 0.5
    kept: float = 0.75
    heads: int = 4
    rivals: int = 14
    near: float = 0.6
    alike: float = 0.2


DEFAULT_REACH = Reach()

_LONG = 800
_NOTHING = Statement()


def order_by_time(
    question: Question,
    ranked: Sequence[Ranked],
    candidates: Sequence[Candidate] = (),
    *,
    asked: Asked | None = None,
    reach: Reach = DEFAULT_REACH,
) -> list[Ranked]:
    """Return the same items, those with the value asked for above those they contradict.

    `candidates` may add passages of the ranked items: a long turn can state a value elsewhere than in its best passage.
    Without `asked` the question is read as of the latest item.
    """
    if not (_OPEN.search(question.text) or question.kinds & {"value", "rule"}):
        return list(ranked)
    times = [entry.candidate.time for entry in ranked if entry.candidate.time is not None]
    if asked is None:
        asked = read_asked(question.text, datetime.fromtimestamp(max(times, default=0) / 1000, UTC))
    if asked.tense == "other" or (asked.tense == "past" and asked.until is None) or len(times) < 2:
        return list(ranked)
    pool = _Pool(question, ranked[: reach.pool], candidates, reach)
    pairs = pool.newest(asked.until)
    if asked.until is None:
        pairs += pool.restated(read_slot(question.text), {below for below, _ in pairs})
    else:
        pairs += pool.valid_before(asked.until)
    order = list(ranked)
    for below, above in pairs[: reach.moves]:
        place, found = order.index(ranked[below]), order.index(ranked[above])
        if found > place:
            order.insert(place, order.pop(found))
    return order


@dataclass(frozen=True)
class _Item:
    """A ranked item by its place in the list, its text and the roots of its words."""

    place: int
    candidate: Candidate
    text: str
    words: frozenset[str]

    @cached_property
    def plain(self) -> str:
        """The text and its neighbours in lower case, digits unseparated: a cheap look before anything is read."""
        own = self.candidate
        return unseparated("\n".join((self.text, own.previous, own.following)).lower()).replace("-", "_")

    @cached_property
    def statement(self) -> Statement:
        """What the item states; a long answer of an agent argues about many values and sets none."""
        own = self.candidate
        if own.role == "assistant" and max(own.length, len(self.text)) > _LONG:
            return _NOTHING
        return joined(self.text, own.previous, own.following, tool=own.role == "tool")

    def mentions(self, values: Sequence[Value]) -> bool:
        """Tell whether any of the values, their keys or the code names beside them stand here at all."""
        return any(
            value.text in self.plain
            or (value.key is not None and value.key in self.plain)
            or any(name in self.plain for name in value.beside)
            for value in values
        )

    def before(self, other: _Item) -> bool:
        """Tell whether this was said first; two of one session are told apart by position."""
        mine, theirs = self.candidate, other.candidate
        if mine.time is None or theirs.time is None:
            return False
        if mine.session is not None and mine.session == theirs.session:
            return mine.position < theirs.position
        return mine.time < theirs.time


@dataclass(frozen=True, slots=True)
class _Link:
    """A later item that replaces a value, how sure that is, and the values that hold from then on."""

    item: _Item
    weight: float
    values: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Fit:
    """An item, how well it answers the question's slot, and the values it does so with."""

    item: _Item
    score: float
    values: list[Value]


class _Pool:
    """The items of one question, and the links between them."""

    def __init__(
        self, question: Question, ranked: Sequence[Ranked], candidates: Sequence[Candidate], reach: Reach
    ) -> None:
        self.reach = reach
        self.asked = frozenset(term.root for term in question.terms)
        self.wants = bool(question.kinds & {"value", "when"})
        texts = _texts(ranked, candidates)
        self.items = [
            _Item(place, entry.candidate, text, words)
            for place, (entry, (text, words)) in enumerate(zip(ranked, texts, strict=True))
        ]
        self.counts = Counter(word for item in self.items for word in item.words)

    def newest(self, until: int | None) -> list[tuple[int, int]]:
        """Return (place, place of the item with the newest value, by then, that replaced one of its values)."""
        found = []
        for item in self.items[: self.reach.anchors]:
            link = self._latest(item, self._fitting(item), until)
            if link is None:
                continue
            for _ in range(self.reach.hops):
                following = self._latest(link.item, _values_of(link), until)
                if following is None:
                    break
                link = following
            found.append((item.place, link.item.place))
        return found

    def restated(self, slot: frozenset[str], known: Set[int]) -> list[tuple[int, int]]:
        """Return (place, place of a later item that gives the slot another value with a word of change beside it).

        This is for values nobody said to replace: both must answer the question about equally well and in like words.
        Only the first `Reach.heads` places may be outdone, by one of the first `Reach.rivals`, and none of `known`.
        """
        fits = [_Fit(item, *self._slotted(item, slot)) for item in self.items[: self.reach.rivals]] if slot else []
        enough = self.reach.near * max((fit.score for fit in fits), default=0.0)
        fits = [fit for fit in fits if fit.values and fit.score >= enough]
        found = []
        for old in fits:
            if old.item.place >= self.reach.heads or old.item.place in known:
                continue
            alike = [(self._restates(old, fit), fit.item) for fit in fits if old.item.before(fit.item)]
            alike = [(weight, item) for weight, item in alike if weight >= self.reach.alike]
            best = max((weight for weight, _ in alike), default=0.0)
            latest: _Item | None = None
            for weight, item in alike:
                if weight >= self.reach.kept * best and (latest is None or latest.before(item)):
                    latest = item
            if latest is not None:
                found.append((old.item.place, latest.place))
        return found

    def valid_before(self, until: int) -> list[tuple[int, int]]:
        """Return (place of an item from after the time, place of the last one before it whose value it replaced)."""
        found = []
        early = [item for item in self.items if item.candidate.time is not None and item.candidate.time < until]
        for late in self.items[: self.reach.anchors]:
            if late.candidate.time is None or late.candidate.time < until or not late.statement.changes():
                continue
            outdone = [item for item in early if self._strongest(item, self._fitting(item), late) is not None]
            if outdone:
                last = max(outdone, key=lambda item: (item.candidate.time or 0, item.candidate.position))
                found.append((late.place, last.place))
        return found

    def _fitting(self, item: _Item) -> list[Value]:
        """Return the values of an item that hold and fit the question, or are set under a key.

        Where the question asks for a value and none is near its words, the item was found for what stands beside it;
        then any of its values may be meant.
        """
        standing = item.statement.standing()
        values = [value for value in item.statement.values if value.text in standing]
        scores = self._scores(item, values)
        best = max(scores, default=0.0)
        return [
            value
            for value, score in zip(values, scores, strict=True)
            if value.key is not None or (score >= self.reach.share * best and (best > 0 or self.wants))
        ]

    def _slotted(self, item: _Item, slot: frozenset[str]) -> tuple[float, list[Value]]:
        """Return how well an item's best value of the slot fits the question, and the values that fit about as well."""
        standing = item.statement.standing()
        values = [value for value in item.statement.values if value.kind in slot and value.text in standing]
        scores = self._scores(item, values)
        best = max(scores, default=0.0)
        return best, [value for value, score in zip(values, scores, strict=True) if score >= 0.7 * best]

    def _restates(self, old: _Fit, new: _Fit) -> float:
        """Return how alike the two speak of the slot, 0 where the new one repeats the old value or tells of no change."""
        said = new.item.statement
        if new.item.candidate.role == "tool" or {v.text for v in old.values} & {v.text for v in said.values}:
            return 0.0
        return max(
            (
                self._alike(one, other)
                for one in new.values
                if one.text in said.updated
                for other in old.values
                if one.kind == other.kind and self._common(one, other) >= 0.1
            ),
            default=0.0,
        )

    def _common(self, one: Value, other: Value) -> float:
        """Return the share of the question's information that stands near both values."""
        total = sum(self._rarity(word) for word in self.asked)
        both = self.asked & one.near.keys() & other.near.keys()
        return (
            sum(self._rarity(word) * min(one.near[word], other.near[word]) for word in both) / total if total else 0.0
        )

    def _scores(self, item: _Item, values: Sequence[Value]) -> list[float]:
        shared = 0.5 * sum(self._rarity(word) for word in self.asked & item.words)
        return [
            shared + sum(self._rarity(word) * near for word, near in value.near.items() if word in self.asked)
            for value in values
        ]

    def _latest(self, item: _Item, values: Sequence[Value], until: int | None) -> _Link | None:
        links = [
            link
            for other in self.items
            if item.before(other) and (until is None or (other.candidate.time or 0) < until)
            if other.mentions(values) and other.statement.changes()
            for link in [self._strongest(item, values, other)]
            if link is not None
        ]
        if not links:
            return None
        enough = self.reach.kept * max(link.weight for link in links)
        latest: _Link | None = None
        for link in links:
            if link.weight >= enough and (latest is None or latest.item.before(link.item)):
                latest = link
        return latest

    def _strongest(self, item: _Item, values: Sequence[Value], later: _Item) -> _Link | None:
        best: _Link | None = None
        for value in values:
            link = self._by_key(value, item, later) or self._by_value(value, item, later)
            if link is not None and link.weight >= self.reach.floor and (best is None or link.weight > best.weight):
                best = link
        return best

    def _by_key(self, value: Value, item: _Item, later: _Item) -> _Link | None:
        """Link when the later text sets the key of the value, or a code name beside it, to something else."""
        shared = bool(item.statement.files & later.statement.files)
        keys = [(value.key, 1.0)] if value.key else []
        keys += [(name, 0.8) for name in value.beside if name != value.key]
        for key, weight in keys:
            old, new = later.statement.assigned(key)
            if not new or value.text in new:
                continue
            telling = len(key) > 9 or (len(key) > 5 and "_" in key)
            if telling or (shared and (value.text in old or value.text in later.statement.replaced)):
                return _Link(later, weight, new)
        return None

    def _by_value(self, value: Value, item: _Item, later: _Item) -> _Link | None:
        """Link when the later text says that it replaces this value, and speaks of the same thing."""
        said = later.statement
        if value.text not in said.replaced or value.text in said.standing():
            return None
        if value.kind == "url" or sum(char.isdigit() for char in value.text) >= 4:
            return _Link(later, 1.0, said.given)
        alike = max((self._alike(value, other) for other in said.values if other.text == value.text), default=0.0)
        if alike >= 0.25:
            return _Link(later, 0.5 + alike, said.given)
        mine, theirs = item.candidate, later.candidate
        close = mine.session is not None and mine.session == theirs.session
        close = close and theirs.position - mine.position <= self.reach.nearby
        if close and (len(value.text) > 1 or alike > 0.1):
            return _Link(later, 0.7, said.given)
        if item.statement.files & said.files and len(value.text) > 1 and alike > 0.1:
            return _Link(later, 0.6, said.given)
        return None

    def _alike(self, one: Value, other: Value) -> float:
        """Return how much the words near two values agree, weighted by rarity, words of the question a half more."""
        shared = one.near.keys() & other.near.keys()
        common = sum(
            self._rarity(word) * min(one.near[word], other.near[word]) * (1.5 if word in self.asked else 1.0)
            for word in shared
        )
        if common < 2.0:
            return 0.0
        return common / sqrt(self._mass(one.near) * self._mass(other.near))

    def _mass(self, near: Mapping[str, float]) -> float:
        return sum(self._rarity(word) * weight for word, weight in near.items())

    def _rarity(self, word: str) -> float:
        size = len(self.items)
        count = min(size, self.counts[word] or 1)
        return log(1 + (size - count + 0.5) / (count + 0.5))


def _values_of(link: _Link) -> list[Value]:
    """Return the values that hold after a link; one written only inside a substitution has no words near it."""
    known = [value for value in link.item.statement.values if value.text in link.values]
    bare = link.values - {value.text for value in known}
    return known + [Value(text, "number", {}) for text in sorted(bare)]


def _texts(ranked: Sequence[Ranked], candidates: Sequence[Candidate]) -> list[tuple[str, frozenset[str]]]:
    """Return each item's text, all of its passages that were found in order, and the roots of its words."""
    pieces: dict[str, dict[int, str]] = {entry.candidate.item: {} for entry in ranked}
    for candidate in (*candidates, *(entry.candidate for entry in ranked)):
        if candidate.item in pieces:
            pieces[candidate.item][candidate.piece] = candidate.text
    found = []
    for entry in ranked:
        texts = [text for _, text in sorted(pieces[entry.candidate.item].items())]
        # Piece by piece, because ranking has just taken the roots of each.
        found.append(("\n".join(texts), frozenset(chain.from_iterable(map(roots, texts)))))
    return found
