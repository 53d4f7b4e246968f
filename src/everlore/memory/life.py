"""What can happen to a memory. Each function works inside one write, notes its changes, and decides nothing about who may.

`admit` is the only way in: it looks for what is kept already in the same namespace and answers *kept*, *merged* (nothing
is written), *superseded* (the old one stays, closed, with a link) or *held* (kept aside until a person restores it).
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from everlore.core import ids
from everlore.core.errors import Conflict, InvalidInput, NotFound
from everlore.core.types import VISIBILITIES, Memory, Namespace, Outcome, Revision
from everlore.memory import layers, tiers
from everlore.memory.admit import Comparison, compare
from everlore.memory.belief import since
from everlore.memory.changes import Changes, head_of, memory_of
from everlore.memory.wording import normalize
from everlore.store.contract import Row, Unit
from everlore.store.index import MEMORY_COLUMNS, memory_from
from everlore.store.sight import EVERYTHING, Sight

_WORD = re.compile(r"[^\W_]+")
_PROBES = 5
_MATCHES = 30
_SHARED, _RARE = 2, 12
_COMPARED = 8


@dataclass(frozen=True, slots=True)
class Draft:
    """A statement on its way in; times in Unix milliseconds. A layer of None follows from the kind;
    `scanned` are the rules by which it was scanned for orders."""

    text: str
    title: str | None = None
    kind: str = "fact"
    tags: tuple[str, ...] = ()
    importance: float = 0.5
    layer: int | None = None
    tier: str = "long"
    pinned: bool = False
    visibility: str = "unit"
    ttl: int | None = None
    expires: int | None = None
    valid_from: int | None = None
    valid_until: int | None = None
    source: str | None = None
    scanned: int = 0


@dataclass(frozen=True, slots=True)
class Admission:
    """The judgement on a draft. `other` is the uid of the memory it met."""

    outcome: Outcome
    why: str
    other: str | None
    similarity: float


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A memory that is kept already, its revision on top, and what a draft is to it."""

    memory: Memory
    revision: Revision
    comparison: Comparison


def judge(draft: Draft, kept: Sequence[Neighbour]) -> Admission:
    """Say what `admit` would do with a draft that nobody holds back, given its `neighbours`."""
    if not kept:
        return Admission("kept", "nothing like it is kept", None, 0.0)
    memory, revision, comparison = kept[0].memory, kept[0].revision, kept[0].comparison
    outcome: Outcome = "kept"
    why = comparison.why
    if comparison.relation == "same":
        outcome = "merged"
    elif comparison.relation == "other":
        why = "nothing like it is kept"
    elif draft.valid_from is not None and draft.valid_from < since(revision):
        why = f"{comparison.why}, but from before it"
    else:
        outcome = "superseded"
    return Admission(outcome, why, memory.uid, comparison.similarity)


def neighbours(unit: Unit, draft: Draft, namespace: Namespace, seen: Sight = EVERYTHING) -> list[Neighbour]:
    """Return what is kept in this namespace that is most like a draft, what counts most for its admission first.

    A memory under another title is none: titles say that two texts are about two things. Nor is one that is not seen.
    """
    found = []
    same = _with_same_text(unit, draft, namespace, "active", seen)
    if same:
        memory = memory_of(unit, same)
        found.append(Neighbour(memory, head_of(unit, memory), Comparison("same", 1.0, "the same text is kept already")))
    for memory, revision in near(unit, draft.text, namespace, seen):
        titled = draft.title and revision.title and normalize(draft.title) != normalize(revision.title)
        if titled or memory.uid == same:
            continue
        comparison = compare(draft.text, revision.text)
        if _may_meet(draft, memory, comparison.relation):
            found.append(Neighbour(memory, revision, comparison))
    return sorted(found, key=lambda each: _order(each.comparison), reverse=True)


def admit(
    changes: Changes, draft: Draft, namespace: Namespace, actor: str, *, held: str = "", seen: Sight = EVERYTHING
) -> tuple[Admission, Memory]:
    """Take a draft in; `held` is the reason to keep it aside. Return the judgement and the memory that now stands for it."""
    unit = changes.unit
    _must_last(draft)
    if held:
        if same := _with_same_text(unit, draft, namespace, "held", seen):
            return Admission("held", f"{held}; the same text is held already", same, 1.0), memory_of(unit, same)
        return Admission("held", held, None, 0.0), create(changes, draft, namespace, actor, state="held")
    admission = judge(draft, neighbours(unit, draft, namespace, seen))
    if admission.outcome == "merged" and admission.other:
        return admission, memory_of(unit, admission.other)
    memory = create(changes, draft, namespace, actor)
    if admission.outcome == "superseded" and admission.other:
        supersede(changes, memory_of(unit, admission.other), memory)
    return admission, memory


def known(unit: Unit, draft: Draft, namespace: Namespace, seen: Sight = EVERYTHING) -> str | None:
    """Return the memory of this namespace that has, or ever had, the very text of a draft; not one that was undone or purged."""
    for (uid,) in unit.rows(
        "memories_ever_with_digest", digest=digest(draft.title, draft.text), namespace=namespace.id
    ):
        memory = memory_of(unit, uid)
        if (seen.all or seen.sees(memory, namespace)) and _may_meet(draft, memory, "same"):
            return memory.uid
    return None


def create(changes: Changes, draft: Draft, namespace: Namespace, actor: str, *, state: str = "active") -> Memory:
    """Write a new memory with its first revision."""
    unit, now = changes.unit, changes.now
    uid = ids.fresh(now)
    layer, placed = layers.place(unit, namespace, draft.kind, draft.layer)
    expires, ttl = tiers.lifetime(draft.tier, now, ttl=draft.ttl, until=draft.expires)
    identity = unit.run(
        "memory_insert", uid=uid, namespace=namespace.id, kind=draft.kind, state=state, layer=layer, tier=draft.tier,
        importance=draft.importance, pinned=draft.pinned, tags=json.dumps(list(draft.tags), ensure_ascii=False), created=now, head=1,
        visibility=draft.visibility, owner=actor, expires=expires, ttl=ttl, tier_uses=0, placed=placed, scanned=draft.scanned,
    )  # fmt: skip
    _write_revision(unit, identity, 1, draft, now, actor)
    changes.note("memory.state", uid, "withdrawn", state, digest=digest(draft.title, draft.text).hex())
    changes.touch(uid)
    return memory_of(unit, uid)


def supersede(changes: Changes, old: Memory, new: Memory) -> None:
    """Close the validity of one memory where another takes over, and link them."""
    revision, successor = head_of(changes.unit, old), head_of(changes.unit, new)
    takes_over = max(since(successor), since(revision))
    if revision.valid_until is None or revision.valid_until > takes_over:
        changes.set("revision.valid_until", old.uid, revision.valid_until, takes_over, number=revision.number)
    changes.set("memory.state", old.uid, old.state, "superseded")
    link(changes, "supersedes", new.uid, old.uid, valid_from=takes_over)


def merge(changes: Changes, one: Memory, into: Memory) -> None:
    """Let another memory that says the same stand for one, with its tags; both stay."""
    tags = [*into.tags, *(tag for tag in one.tags if tag not in into.tags)]
    changes.set("memory.tags", into.uid, list(into.tags), tags)
    changes.set("memory.state", one.uid, one.state, "superseded", merge=True)
    link(changes, "supersedes", into.uid, one.uid, evidence="says the same")


def link(
    changes: Changes,
    kind: str,
    source: str,
    target: str,
    *,
    weight: float = 1.0,
    valid_from: int | None = None,
    valid_until: int | None = None,
    evidence: str | None = None,
) -> str:
    """Write an open link from one memory or entity to another, by uid; return its own uid."""
    uid = ids.fresh(changes.now)
    changes.unit.run(
        "link_insert", uid=uid, kind=kind, source=source, target=target, weight=weight, valid_from=valid_from, valid_until=valid_until,
        recorded=changes.now, recorded_until=None, evidence=evidence,
    )  # fmt: skip
    changes.note("link", uid, False, True, kind=kind, source=source, target=target)
    return uid


def revise(changes: Changes, memory: Memory, draft: Draft, actor: str) -> Revision:
    """Put a new revision on top; the one below ends where the new one begins to be true."""
    _must_be(memory, ("active", "held"), "revised")
    _must_last(draft)
    unit = changes.unit
    below = head_of(unit, memory)
    if below.digest == digest(draft.title, draft.text) and draft.valid_from is None and draft.valid_until is None:
        raise Conflict("the new text is the same as the present one", field="text", hint="there is nothing to revise")
    number = unit.value("revision_last_number", memory=memory.id) + 1
    _write_revision(unit, memory.id, number, draft, changes.now, actor, closed=True)
    unit.run("memory_scanned", id=memory.id, rules=draft.scanned)
    changes.set("revision.recorded_until", memory.uid, changes.now, None, number=number)
    begins = draft.valid_from if draft.valid_from is not None else changes.now
    ends = max(begins, since(below))
    if below.valid_until is None or below.valid_until > ends:
        changes.set("revision.valid_until", memory.uid, below.valid_until, ends, number=below.number)
    changes.set("memory.head", memory.uid, memory.head, number, digest=digest(draft.title, draft.text).hex())
    return head_of(unit, memory_of(unit, memory.uid))


def forget(changes: Changes, memory: Memory) -> None:
    """Archive a memory: recall no longer finds it, nothing is lost."""
    _must_be(memory, ("active", "held", "superseded"), "forgotten")
    revision = head_of(changes.unit, memory)
    changes.set("revision.recorded_until", memory.uid, revision.recorded_until, changes.now, number=revision.number)
    changes.set("memory.state", memory.uid, memory.state, "archived")


def restore(changes: Changes, memory: Memory, actor: str, number: int | None = None) -> None:
    """Make an archived, superseded or held memory active again, or put an earlier revision's text back on top."""
    unit = changes.unit
    if number is not None:
        row = unit.one("revision_by_number", memory=memory.id, number=number)
        if row is None:
            raise NotFound(f"{memory.uid} has no revision {number}", field="revision", hint="`lore history` lists them")
        old = Revision(*row)
        if memory.state != "active":
            restore(changes, memory, actor)
            memory = memory_of(unit, memory.uid)
        revise(changes, memory, Draft(old.text, old.title, source=old.source), actor)
        return
    _must_be(memory, ("archived", "superseded", "held", "withdrawn"), "restored")
    revision = head_of(unit, memory)
    if revision.recorded_until is not None:
        changes.set("revision.recorded_until", memory.uid, revision.recorded_until, None, number=revision.number)
    if memory.state == "superseded":
        until = unit.value("belief_before", revision=revision.id)
        changes.set("revision.valid_until", memory.uid, revision.valid_until, until, number=revision.number)
        for row in unit.rows("links_to", uid=memory.uid, kind="supersedes"):
            changes.apply({"what": "link", "id": row[0], "before": True, "after": False})
    changes.set("memory.state", memory.uid, memory.state, "active")


def digest(title: str | None, text: str) -> bytes:
    """Return the hash under which a text is looked up and known to the journal."""
    return ids.content_hash(normalize(title or ""), normalize(text))


def near(
    unit: Unit, text: str, namespace: Namespace, seen: Sight = EVERYTHING, limit: int = _COMPARED
) -> list[tuple[Memory, Revision]]:
    """Return the active memories of this namespace that share most words with a text, among those that share rare ones."""
    rows: dict[int, Row] = {}
    for probe in _probes(unit, text[:2000]):
        match = f'scope : "n{namespace.id}" AND scope : "kmemory" AND text : ({probe}) NOT scope : "old"'
        passages = [row[0] for row in unit.rows("match_newest", match=match, limit=_MATCHES)]
        if passages:
            found = unit.rows("heads_of_passages", ids=json.dumps(passages), namespace=namespace.id)
            rows |= {row[0]: row for row in found}
    own = set(text.lower().split())
    visible = [row for row in rows.values() if seen.all or seen.sees(memory_from(row), namespace)]
    nearest = sorted(visible, key=lambda row: -len(own.intersection(row[MEMORY_COLUMNS + 4].lower().split())))[:limit]
    return [(memory_from(row), Revision(*row[MEMORY_COLUMNS:])) for row in nearest]


def alike(
    unit: Unit, memory: Memory, text: str, namespace: Namespace, seen: Sight = EVERYTHING, limit: int = 4
) -> list[tuple[Memory, Revision]]:
    """Return the active memories of this namespace that share at least two words with one, the rarest words telling most."""
    stems = {
        word: stem[0]
        for word in dict.fromkeys(_WORD.findall(text[:2000].lower()))
        if len(stem := unit.stems(word)) == 1
    }
    frequencies: dict[str, int] = dict(unit.rows("term_frequencies", terms=json.dumps(sorted(set(stems.values())))))
    shared = sorted((w for w in stems if frequencies.get(stems[w], 0) > 1), key=lambda word: frequencies[stems[word]])
    if len(shared) < _SHARED:
        return []
    words = " OR ".join(f'"{word}"' for word in shared[:_RARE])
    match = f'scope : "n{namespace.id}" AND scope : "kmemory" AND text : ({words}) NOT scope : "old"'
    passages = [row[0] for row in unit.rows("search", match=match, limit=limit * 4, text=1.0, speaker=0.0, date=0.0)]
    rows = unit.rows("heads_of_passages", ids=json.dumps(passages), namespace=namespace.id)
    own = {stems[word] for word in shared[:_RARE]}
    found = [(memory_from(row), Revision(*row[MEMORY_COLUMNS:])) for row in rows if row[0] != memory.id]
    return [
        (one, top)
        for one, top in found
        if (seen.all or seen.sees(one, namespace)) and len(own.intersection(unit.stems(top.text))) >= _SHARED
    ][:limit]


def _probes(unit: Unit, text: str) -> list[str]:
    """Return full-text queries for what may say the same.

    The rarest words with all of the numbers or all but one find "service 7" among a thousand services of which the rest
    is said in the same words; the rarest words in pairs find the rest.
    """
    stems = {word: stem[0] for word in dict.fromkeys(_WORD.findall(text.lower())) if len(stem := unit.stems(word)) == 1}
    frequencies: dict[str, int] = dict(unit.rows("term_frequencies", terms=json.dumps(sorted(set(stems.values())))))
    known = sorted((w for w in stems if stems[w] in frequencies), key=lambda word: frequencies[stems[word]])
    numbers = [word for word in known if word.isdigit()][:_PROBES]
    rare = [word for word in known if not word.isdigit()][:_PROBES] or known[:1]
    if not rare:
        return []
    pairs = [f'("{a}" AND "{b}")' for n, a in enumerate(rare) for b in rare[n + 1 :]] or [f'"{rare[0]}"']
    whole = " AND ".join(f'"{word}"' for word in (*rare, *numbers))
    but_one = [[n for n in numbers if n != changed] for changed in numbers] if len(numbers) > 1 else []
    nearly = ["(" + " AND ".join(f'"{word}"' for word in (*rare, *some)) + ")" for some in but_one]
    return [*([whole] if numbers else []), *([" OR ".join(nearly)] if nearly else []), " OR ".join(pairs)]


def _with_same_text(unit: Unit, draft: Draft, namespace: Namespace, state: str, seen: Sight) -> str | None:
    rows = unit.rows(
        "memories_with_digest", digest=digest(draft.title, draft.text), namespace=namespace.id, state=state
    )
    for uid, _ in rows:
        memory = memory_of(unit, uid)
        if (seen.all or seen.sees(memory, namespace)) and _may_meet(draft, memory, "same"):
            return memory.uid
    return None


def _may_meet(draft: Draft, memory: Memory, relation: str) -> bool:
    """Tell whether a draft may be merged into a memory that says the same, or take the place of one with another value.

    It is not merged into what fewer would see, and takes nothing from those who would not see what took its place.
    """
    if relation == "same":
        return VISIBILITIES.index(memory.visibility) >= VISIBILITIES.index(draft.visibility)
    return relation == "other" or memory.visibility == draft.visibility


def _must_last(draft: Draft) -> None:
    if draft.valid_from is not None and draft.valid_until is not None and draft.valid_until <= draft.valid_from:
        raise InvalidInput("valid_until must be later than valid_from", field="valid_until")


def _write_revision(
    unit: Unit, memory: int, number: int, draft: Draft, now: int, actor: str, *, closed: bool = False
) -> None:
    """Write a revision; one that is written closed was never asserted until a change opens it, and undo closes it again."""
    unit.run(
        "revision_insert", memory=memory, number=number, title=draft.title, text=draft.text, digest=digest(draft.title, draft.text),
        valid_from=draft.valid_from, valid_until=draft.valid_until, recorded=now, recorded_until=now if closed else None, actor=actor, source=draft.source,
    )  # fmt: skip


def _order(comparison: Comparison) -> tuple[int, float]:
    return {"same": 2, "value": 1, "other": 0}[comparison.relation], comparison.similarity


def _must_be(memory: Memory, states: Sequence[str], verb: str) -> None:
    if memory.state not in states:
        raise Conflict(
            f"{memory.uid} is {memory.state} and cannot be {verb}",
            field="id",
            hint=f"`lore restore {memory.uid}` brings it back" if memory.state == "archived" else "",
        )
