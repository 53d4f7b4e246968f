"""The lines of an export: one JSON object each, named by its `object` field, in the order in which they can be read back.

The shapes are the contract of the format: a field more, a field less or one of another type makes the line wrong.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import Meta, Struct

from everlore.app.seen import source_of
from everlore.core.clock import FIRST, LAST
from everlore.core.types import HandoffState, Kind, LinkKind, Namespace, Role, State, Tier, Verdict, Visibility
from everlore.core.types import Memory as MemoryRow
from everlore.memory.changes import revisions_of
from everlore.store import index, namespaces
from everlore.store.contract import Unit
from everlore.store.sight import EVERYTHING, Sight

Time = Annotated[int, Meta(ge=FIRST, le=LAST)]
Count = Annotated[int, Meta(ge=0, le=(1 << 53) - 1)]
Number = Annotated[int, Meta(ge=1, le=(1 << 31) - 1)]
Uid = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[\w.:@/+#-]+$")]
Share = Annotated[float, Meta(ge=0, le=1)]


class Line(Struct, kw_only=True, forbid_unknown_fields=True, tag_field="object", tag=str.lower):
    """The root of all lines."""


class Node(Line, tag="namespace"):
    """A namespace; ancestors come before what is below them."""

    path: str
    recorded: Time


class Session(Line):
    """A session, before its turns."""

    uid: Uid
    namespace: str
    external: str
    agent: str | None
    started: Time | None
    ended: Time | None
    recorded: Time
    client: str | None
    parent: Uid | None
    cwd: str | None
    branch: str | None
    transcript: str | None
    closed: Time | None


class Turn(Line):
    """One turn; `withdrawn` is 1 when its import was undone, `seen` are the other uids under which it arrived."""

    uid: Uid
    session: Uid
    position: Count
    external: str
    speaker: str
    role: Role | None
    time: Time | None
    recorded: Time
    withdrawn: Annotated[int, Meta(ge=0, le=1)]
    text: str
    caption: str | None
    event: str | None
    detail: str | None
    channel: str | None
    seen: list[Uid]


class Handoff(Line):
    """What a session left for the next; `session` and `claimed_by` are uids."""

    uid: Uid
    namespace: str
    session: Uid | None
    client: str | None
    recipient: str | None
    occasion: str
    state: HandoffState | Literal["withdrawn"]
    text: str
    body: str
    recorded: Time
    expires: Time
    changed: Time
    claimed_by: Uid | None


class Belief(Struct, kw_only=True, forbid_unknown_fields=True):
    """Over which time in the world a revision was held true, and from when until when the store held it so."""

    valid_from: Time
    valid_until: Time | None
    recorded: Time
    recorded_until: Time | None


class Revision(Struct, kw_only=True, forbid_unknown_fields=True):
    """One revision of a memory."""

    number: Number
    title: str | None
    text: str
    valid_from: Time | None
    valid_until: Time | None
    recorded: Time
    recorded_until: Time | None
    actor: str
    source: str | None
    beliefs: list[Belief] | None = None


class Memory(Line):
    """A memory with its whole chain of revisions."""

    uid: Uid
    namespace: str
    kind: Kind
    state: State
    layer: Annotated[int, Meta(ge=0, le=3)]
    tier: Tier
    importance: Share
    pinned: bool
    tags: list[str]
    created: Time
    head: Number
    uses: Count
    last_used: Time | None
    revisions: Annotated[list[Revision], Meta(min_length=1)]
    visibility: Visibility = "unit"
    owner: str = ""
    expires: Time | None = None
    ttl: Count | None = None
    tier_uses: Count = 0
    placed: str | None = None


class Link(Line):
    """A link from one memory or entity to another."""

    uid: Uid
    kind: LinkKind
    source: Uid
    target: Uid
    weight: float
    valid_from: Time | None
    valid_until: Time | None
    recorded: Time
    recorded_until: Time | None
    evidence: str | None


class Entity(Line):
    """A named thing, before its aliases."""

    uid: Uid
    namespace: str
    kind: str
    name: str
    recorded: Time
    recorded_until: Time | None
    merged: Uid | None = None


class Alias(Line):
    """Another name of an entity."""

    entity: Uid
    name: str
    recorded: Time
    recorded_until: Time | None


class Feedback(Line):
    """What somebody said of a memory."""

    uid: Uid
    memory: Uid
    verdict: Verdict
    actor: str
    note: str | None
    recorded: Time
    recorded_until: Time | None


class Standard(Line):
    """A memory attached to a node under a name, after the memory."""

    uid: Uid
    namespace: str
    name: str
    memory: Uid
    recorded: Time
    recorded_until: Time | None


Any = Standard | Feedback | Node | Session | Turn | Handoff | Memory | Link | Entity | Alias


def lines(unit: Unit, within: str | None, seen: Sight = EVERYTHING) -> Iterator[Any]:
    """Yield a whole store, or what lies in the namespace `within` and below it, as far as it is seen."""
    inside = _Inside(unit, within, seen)
    for row in unit.rows("namespaces"):
        if row[2] in inside and inside.knows(row[0]):
            yield Node(path=row[2], recorded=row[4])
    yield from _conversations(unit, inside)
    yield from _knowledge(unit, inside)


def _conversations(unit: Unit, inside: _Inside) -> Iterator[Any]:
    sessions = [row for row in unit.rows("sessions_all") if row[8] in inside and inside.covers(row[2])]
    known = {row[1] for row in sessions}
    for row in sessions:
        told = (row[1], row[8], *row[3:8], row[9], _if_known(row[10], known, inside), *row[11:])
        yield Session(**dict(zip(Session.__struct_fields__, told, strict=True)))
    for row in unit.stream("turns_all"):
        if row[1] in known:
            yield Turn(**dict(zip(Turn.__struct_fields__, (*row[:14], json.loads(row[14])), strict=True)))
    for row in unit.stream("handoffs_all"):
        if row[1] in inside and inside.covers(row[13]):
            told = (*row[:2], _if_known(row[2], known, inside), *row[3:12], _if_known(row[12], known, inside))
            yield Handoff(**dict(zip(Handoff.__struct_fields__, told, strict=True)))


def _if_known(session: str | None, known: set[str], inside: _Inside) -> str | None:
    """Return the uid of a session unless whoever exports does not see it."""
    return session if inside.seen.all or session in known else None


def _knowledge(unit: Unit, inside: _Inside) -> Iterator[Any]:
    known = set()
    for row in unit.stream("memories_all"):
        memory = index.memory_from(row)
        if row[index.MEMORY_COLUMNS] in inside and inside.sees(memory):
            known.add(memory.uid)
            yield _memory(unit, memory, str(row[index.MEMORY_COLUMNS]), inside.seen)
    entities = [row for row in unit.rows("entities_all") if row[1] in inside and inside.covers(row[7])]
    named = {row[0] for row in entities}
    for row in unit.stream("links_all"):
        if inside.everything or {row[2], row[3]} <= known | named:
            yield Link(**dict(zip(Link.__struct_fields__, row, strict=True)))
    for row in entities:
        yield Entity(**dict(zip(Entity.__struct_fields__, row[:7], strict=True)))
    for row in unit.stream("aliases_all"):
        if row[0] in named:
            yield Alias(**dict(zip(Alias.__struct_fields__, row, strict=True)))
    for row in unit.rows("feedback_all"):
        if row[1] in known:
            yield Feedback(**dict(zip(Feedback.__struct_fields__, row, strict=True)))
    for row in unit.rows("standards_all"):
        if row[1] in inside and (inside.everything or (row[3] in known and inside.knows(row[6]))):
            yield Standard(**dict(zip(Standard.__struct_fields__, row[:6], strict=True)))


class _Inside:
    """The paths of a namespace and all below it, every path where no namespace is given; and what of it is seen."""

    def __init__(self, unit: Unit, within: str | None, seen: Sight) -> None:
        self.seen = seen
        self._root = None if within is None else namespaces.require(unit, within, seen).path.lower()
        self._nodes: dict[int, Namespace] = {} if seen.all else {row[0]: namespaces.by_id(unit, row[0]) for row in unit.rows("namespaces")}  # fmt: skip

    @property
    def everything(self) -> bool:
        """Whether nothing is left out."""
        return self._root is None and self.seen.all

    def __contains__(self, path: str) -> bool:
        return self._root is None or f"{path.lower()}/".startswith(f"{self._root}/")

    def knows(self, node: int) -> bool:
        """Tell whether the path of a node may be told."""
        return self.seen.all or self.seen.knows(self._nodes[node])

    def covers(self, node: int) -> bool:
        """Tell whether what lies at a node and is seen like its unit is seen."""
        return self.seen.all or self.seen.covers(self._nodes[node])

    def sees(self, memory: MemoryRow) -> bool:
        """Tell whether a memory is seen."""
        return self.seen.all or self.seen.sees(memory, self._nodes[memory.namespace])


def _memory(unit: Unit, memory: MemoryRow, path: str, seen: Sight) -> Memory:
    beliefs: dict[int, list[Belief]] = {}
    for number, *interval in unit.rows("beliefs_of", memory=memory.id):
        held = Belief(**dict(zip(Belief.__struct_fields__, interval, strict=True)))
        beliefs.setdefault(number, []).append(held)
    return Memory(
        uid=memory.uid, namespace=path, kind=memory.kind, state=memory.state, layer=memory.layer, tier=memory.tier,
        importance=memory.importance, pinned=memory.pinned, tags=list(memory.tags), created=memory.created, head=memory.head,
        uses=memory.uses, last_used=memory.last_used, visibility=memory.visibility, owner=memory.owner, expires=memory.expires, ttl=memory.ttl,
        tier_uses=memory.tier_uses, placed=memory.placed,
        revisions=[
            Revision(
                number=r.number, title=r.title, text=r.text, valid_from=r.valid_from, valid_until=r.valid_until, recorded=r.recorded,
                recorded_until=r.recorded_until, actor=r.actor, source=source_of(unit, r, seen), beliefs=beliefs.get(r.number, []),
            )
            for r in revisions_of(unit, memory)
        ],
    )  # fmt: skip
