"""What a language model is asked to suggest of memories: contradictions with others, tags, and links."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal

import msgspec

from everlore.app.asking import cleaned, prompt_of
from everlore.app.scope import scope_pattern
from everlore.app.spending import GIVEN_UP
from everlore.app.steering import steers
from everlore.app.suggesting import LONGEST_NOTE, MOST, Found, Item, Suggested, Suggestion, Work, labelled_as, was_read
from everlore.core.shorten import shorten
from everlore.core.types import Memory, Namespace, Revision
from everlore.memory import life
from everlore.memory.changes import head_of
from everlore.refine.grounding import unsupported
from everlore.refine.prompts import Source
from everlore.store import namespaces
from everlore.store.index import memory_from
from everlore.store.sight import Sight

if TYPE_CHECKING:
    from everlore.app.app import App
    from everlore.store.contract import Unit

_NEAREST, _TOGETHER, _KNOWN_TAGS = 4, 8, 60
"""Memories that one is held against, memories in one request for tags, and tags in use that it names."""


class _Opposed(msgspec.Struct):
    source: str
    why: str
    ours: str
    theirs: str


class _Opposites(msgspec.Struct):
    contradictions: list[_Opposed]


def contradictions(app: App, unit: Unit, after: int, limit: int, namespace: str | None, session: str | None) -> Found:
    """Yield memories that were not held against those which are like them and older, or read since."""
    for memory, head, node in _unread(unit, "contradictions", after, limit, namespace):
        yield memory.id, [_contradiction_work(app, unit, memory, head, node)]


def _contradiction_work(app: App, unit: Unit, memory: Memory, head: Revision, node: Namespace) -> Work:
    item = Item(memory.uid, head.digest)
    near = [
        (one, top)
        for one, top in life.alike(unit, memory, head.text, node, Sight(), _NEAREST + 4)
        if one.kind not in {"page", "question"} and one.visibility != "private"
        and (one.id < memory.id or was_read(unit, "contradictions", Item(one.uid, top.digest)))
        and not _linked(unit, memory.uid, one.uid, "contradicts") and not steers(top.text)
    ][:_NEAREST]  # fmt: skip
    if not near or steers(head.text):
        return Work("contradictions", [item], node)
    labelled = {f"M{number}": pair for number, pair in enumerate(near, 1)}
    sources = [labelled_as("N", memory, head), *(labelled_as(label, *pair) for label, pair in labelled.items())]

    def take(unit: Unit, answer: _Opposites, out: Suggested) -> None:
        for said in answer.contradictions[:MOST]:
            if said.source not in labelled:
                out.refused.append("it cites what was not given")
                continue
            other, top = labelled[said.source]
            text, why = cleaned(said.why[:LONGEST_NOTE])
            if not (_quoted(said.ours, head.text) and _quoted(said.theirs, top.text)):
                why = why or "the words that it quotes are not there"
            if why := why or unsupported(text, [head.text, top.text], short=True):
                out.refused.append(why)
                continue
            out.proposals.append(_link("contradicts", memory.uid, other.uid, text))

    shown = [Source(one.label, shorten(one.text, LONGEST_NOTE), one.about) for one in sources]
    prompt = prompt_of(app, unit, "contradictions", node, shown)
    return Work("contradictions", [item], node, prompt, _Opposites, take)


class _Tags(msgspec.Struct):
    source: str
    tags: list[str]


class _Tie(msgspec.Struct):
    source: str
    target: str
    kind: Literal["related", "supports", "depends_on"]
    why: str


class _Tagged(msgspec.Struct):
    tags: list[_Tags]
    links: list[_Tie]


def tags(app: App, unit: Unit, after: int, limit: int, namespace: str | None, session: str | None) -> Found:
    """Yield memories that were not read for tags and links, some of one namespace at a time."""
    batch: list[tuple[Memory, Revision, Namespace]] = []
    for one in _unread(unit, "tags", after, limit * _TOGETHER, namespace):
        if batch and (len(batch) == _TOGETHER or one[2].id != batch[0][2].id):
            yield batch[-1][0].id, [_tag_work(app, unit, batch)]
            batch = []
        batch.append(one)
    if batch:
        yield batch[-1][0].id, [_tag_work(app, unit, batch)]


def _tag_work(app: App, unit: Unit, batch: Sequence[tuple[Memory, Revision, Namespace]]) -> Work:
    node = batch[0][2]
    items = [Item(memory.uid, head.digest) for memory, head, _ in batch]
    known: dict[str, int] = dict(unit.rows("tags_shared", scope=f"% {node.lineage[0]} %"))
    in_use = sorted(known, key=lambda tag: (-known[tag], tag))[:_KNOWN_TAGS]
    mine = {memory.uid for memory, _, _ in batch}
    beside = {
        one.uid: (one, top)
        for memory, head, _ in batch
        for one, top in life.alike(unit, memory, head.text, node, Sight(), 2)
        if one.uid not in mine and one.visibility != "private" and one.kind != "page"
    }  # fmt: skip
    pairs = [*((memory, head) for memory, head, _ in batch), *list(beside.values())[:_TOGETHER]]
    labelled = {f"M{n}": pair for n, pair in enumerate(pairs, 1) if not steers(pair[1].text)}
    if not labelled:
        return Work("tags", items, node)
    sources = [
        Source(o.label, shorten(o.text, LONGEST_NOTE), o.about)
        for o in (labelled_as(la, *p) for la, p in labelled.items())
    ]
    if in_use:
        sources.append(Source("tags in use", ", ".join(in_use)))

    def take(unit: Unit, answer: _Tagged, out: Suggested) -> None:
        for said in answer.tags:
            if said.source in labelled and labelled[said.source][0].uid in mine:
                _take_tags(*labelled[said.source], said.tags, known, out)
        for tie in answer.links[:MOST]:
            ends = [labelled.get(tie.source), labelled.get(tie.target)]
            if ends[0] is None or ends[1] is None or ends[0][0].uid == ends[1][0].uid:
                out.refused.append("it cites what was not given")
                continue
            (one, top), (other, below) = ends[0], ends[1]
            text, why = cleaned(tie.why[:LONGEST_NOTE])
            if why := why or unsupported(text, [top.text, below.text], short=True):
                out.refused.append(why)
            elif not _linked(unit, one.uid, other.uid, tie.kind):
                out.proposals.append(_link(tie.kind, one.uid, other.uid, text))

    return Work("tags", items, node, prompt_of(app, unit, "tags", node, sources), _Tagged, take)


def _take_tags(memory: Memory, head: Revision, said: Sequence[str], known: dict[str, int], out: Suggested) -> None:
    fresh = []
    for tag in dict.fromkeys(" ".join(tag.lower().split())[:64] for tag in said[:3]):
        text, why = cleaned(tag)
        if not tag or tag in memory.tags:
            continue
        if (
            why
            or (text not in known and unsupported(text, [head.text], short=True))
            or not _stands_in(text, head, known)
        ):
            out.refused.append("a tag is neither in use nor in the memory")
        else:
            fresh.append(text)
    if fresh:
        payload = {"id": memory.uid, "tags": [*memory.tags, *fresh][:32]}
        out.proposals.append(
            Suggestion("tags", "revise", "set", payload, [memory.uid], f"it speaks of {', '.join(fresh)}")
        )


def _stands_in(tag: str, head: Revision, known: dict[str, int]) -> bool:
    return tag in known or tag in f"{head.title or ''} {head.text}".lower()


def _link(kind: str, source: str, target: str, why: str) -> Suggestion:
    payload = {"kind": kind, "source": source, "target": target, "weight": 0.6, "evidence": why[:1000] or kind}
    return Suggestion(f"{kind} links", "link", "graph-link", payload, (source, target), why[:1000] or kind)


def _unread(
    unit: Unit, purpose: str, after: int, limit: int, namespace: str | None
) -> Iterator[tuple[Memory, Revision, Namespace]]:
    rows = unit.rows(
        "memories_unread",
        purpose=purpose,
        after=after,
        scope=scope_pattern(unit, namespace),
        most=GIVEN_UP,
        limit=limit,
    )
    for memory in map(memory_from, rows):
        yield memory, head_of(unit, memory), namespaces.by_id(unit, memory.namespace)


def _linked(unit: Unit, one: str, other: str, kind: str) -> bool:
    return any(
        target == there
        for source, there in ((one, other), (other, one))
        for target, *_ in unit.rows("links_from", uid=source, kind=kind)
    )


def _quoted(words: str, text: str) -> bool:
    inside = " ".join(words.split()).casefold().strip("\"'.`")
    return len(inside) > 2 and inside in " ".join(text.split()).casefold()
