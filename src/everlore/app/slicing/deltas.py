"""Changes to what is remembered that follow from what a slice shows: few, and each from something that is certain.

    link           two memories of one place contradict each other by the rules that the curator has; or one cites the other's id
    supersede      of these two the newer takes the place of the older; a decision answers a question that it is linked with
    archive        all the code that a memory speaks of is gone
    revise         a file that a memory names was renamed, as git says, and what is said of it stands there unchanged
    open question  the session that handed over asked it and nobody answered

What needs no judgement is safe where policy lets a curator do it: links, and a name that git says is another now. Everything else
waits for a person. New memories are not proposed here: a slice has no words of its own, and `compile` reads sessions for lessons.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

from everlore.app.slicing.picks import Pick
from everlore.core.errors import NotFound
from everlore.core.types import Memory, Revision
from everlore.memory.belief import since
from everlore.memory.changes import head_of, memory_of
from everlore.recall.words import STOP_WORDS, root, tokens
from everlore.refine.findings import Finding
from everlore.refine.repeats import contradicted, shown
from everlore.store.sight import Sight

if TYPE_CHECKING:
    from everlore.store.contract import Unit

SORTS = {"link": "link", "supersede": "supersede", "archive": "archive", "revise": "revise", "create": "open question"}
_HELD_AGAINST = 40
_ALIKE = 0.4
"""Of the shorter text's words, how many two must share to be held against each other."""
_QUESTIONS = 3
_ID = re.compile(r"\b[0-9a-hjkmnp-tv-z]{26}\b")
_ANSWERS = frozenset({"supports", "derived_from"})

Kept = tuple[Memory, Revision]


def deltas(unit: Unit, shown_now: Sequence[Pick], told: Sequence[str], seen: Sight) -> Iterator[tuple[Finding, int]]:
    """Yield what should change, with the node of each; `told` are memories that the conversation holds from before."""
    kept: dict[str, Kept] = {}
    for uid in dict.fromkeys([*(pick.id for pick in shown_now if pick.memory and pick.kind != "resolved"), *told]):
        try:
            memory = memory_of(unit, uid, seen)
        except NotFound:
            continue
        if memory.state == "active" and len(kept) < _HELD_AGAINST:
            kept[uid] = memory, head_of(unit, memory)
    found = [*_against(unit, kept), *_cites(unit, kept, seen), *_answered(unit, kept), *_code(unit, kept)]
    for finding in found:
        yield finding, kept[finding.targets[0]][0].namespace
    for pick in shown_now:
        if pick.kind == "handoff":
            yield from _asked(unit, pick)


def _against(unit: Unit, kept: Mapping[str, Kept]) -> Iterator[Finding]:
    """Yield of memories that contradict each other the link that says so, and that the newer supersedes the older."""
    words = {uid: _words(head.text) for uid, (memory, head) in kept.items() if memory.kind not in {"page", "question"}}
    for one, other in combinations(words, 2):
        (memory, head), beside = kept[one], kept[other]
        if memory.namespace != beside[0].namespace or not _alike(words[one], words[other]):
            continue
        for finding in contradicted(memory, head, [beside]):
            older, newer = finding.targets
            if not _linked(unit, older, newer, "contradicts"):
                payload = {"kind": "contradicts", "source": newer, "target": older}
                yield replace(
                    finding, sort="link", effect="link", operation="graph-link", payload=payload, judgement=False
                )
            yield replace(finding, sort="supersede")


def _words(text: str) -> frozenset[str]:
    return frozenset(root(word) for word in tokens(text) if word not in STOP_WORDS)


def _alike(one: frozenset[str], other: frozenset[str]) -> bool:
    return bool(one and other) and len(one & other) >= _ALIKE * min(len(one), len(other))


def _linked(unit: Unit, one: str, other: str, kind: str | None = None) -> bool:
    rows = unit.rows("links_of", uid=one)
    return any({row[2], row[3]} == {one, other} and kind in {None, row[1]} for row in rows)


def _cites(unit: Unit, kept: Mapping[str, Kept], seen: Sight) -> Iterator[Finding]:
    """Yield the link from a memory to another whose id stands in its text."""
    for uid, (memory, head) in kept.items():
        for cited in dict.fromkeys(_ID.findall(head.text)):
            if cited == uid or _linked(unit, uid, cited):
                continue
            try:
                other = memory_of(unit, cited, seen)
            except NotFound:
                continue
            if other.state == "active" and "private" not in {memory.visibility, other.visibility}:
                payload = {"kind": "related", "source": uid, "target": cited}
                yield Finding(
                    "link",
                    "link",
                    "graph-link",
                    payload,
                    (uid, cited),
                    f"{uid} cites {cited} by its id",
                    judgement=False,
                )


def _answered(unit: Unit, kept: Mapping[str, Kept]) -> Iterator[Finding]:
    """Yield the question that a newer decision is linked with as its answer, or names by its id."""
    for uid, (question, asked) in kept.items():
        if question.kind != "question":
            continue
        linked = {row[2] for row in unit.rows("links_of", uid=uid) if row[3] == uid and row[1] in _ANSWERS}
        naming = {other for other, (_, head) in kept.items() if uid in head.text}
        for other in sorted(linked | naming):
            try:
                decision = memory_of(unit, other)
            except NotFound:
                continue
            head = head_of(unit, decision)
            if decision.kind == "decision" and decision.state == "active" and since(head) >= since(asked):
                why = (
                    f"{other} decides it and is linked with it"
                    if other in linked
                    else f"{other} decides it and names it"
                )
                payload = {"id": uid, "by": other}
                yield Finding(
                    "supersede", "supersede", "supersede", payload, (uid, other), why, shown(asked, head), 0.8
                )
                break


def _code(unit: Unit, kept: Mapping[str, Kept]) -> Iterator[Finding]:
    """Yield what the last look at the code says: nothing is left of what a memory speaks of, or a file has another name."""
    places: dict[str, list[Any]] = {}
    for row in unit.rows("anchors_of", uids=json.dumps(list(kept))):
        places.setdefault(row[0], []).append(row)
    for uid, rows in places.items():
        memory, head = kept[uid]
        if not memory.pinned and all(row[2] == "gone" for row in rows):
            paths = ", ".join(dict.fromkeys(row[3] for row in rows))
            why = f"the code that it speaks of is gone: {paths}"
            yield Finding("archive", "archive", "forget", {"id": uid, "reason": why}, (uid,), why, shown(head), 0.8)
            continue
        moved = {row[3]: row[7] for row in rows if row[2] == "fresh" and row[7]}
        text = head.text
        for before, after in moved.items():
            text = re.sub(rf"(?<![\w/.-]){re.escape(before)}(?![\w/-])", after.replace("\\", r"\\"), text)
        if text != head.text:
            why = "renamed, as git says, and otherwise as it was: " + ", ".join(
                f"{old} to {new}" for old, new in moved.items()
            )
            yield Finding(
                "revise", "revise", "revise", {"id": uid, "text": text}, (uid,), why, shown(head), judgement=False
            )


def _asked(unit: Unit, pick: Pick) -> Iterator[tuple[Finding, int]]:
    """Yield what the session that handed over asked and nobody answered."""
    uid = pick.id.partition(":")[2]
    row, body = unit.one("handoff_by_uid", uid=uid), unit.value("handoff_body", uid=uid)
    if row is None:
        return
    for line in json.loads(body or "{}").get("questions", [])[:_QUESTIONS]:
        if text := str(line.get("quote", "")).strip():
            payload = {"text": text, "kind": "question", "namespace": row[3]}
            why = f"asked in session {row[5] or 'before'} and not answered when it handed over"
            yield Finding("open question", "create", "remember", payload, (), why, (text,), 0.6), row[13]
