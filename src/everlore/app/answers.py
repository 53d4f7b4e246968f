"""What each operation answers. Times are ISO 8601 in UTC; ids are the ones that travel between machines."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct, field

from everlore.core.types import HandoffState, Kind, Outcome, State, Tier


class Answer(Struct, frozen=True, kw_only=True, omit_defaults=False):
    """The root of all answers."""


class Finding(Answer, frozen=True):
    """What the guard removed or objected to, by kind and never by value."""

    kind: str
    count: int = 1


class Remembered(Answer, frozen=True):
    """What became of the statement."""

    id: str
    outcome: Outcome
    why: str
    namespace: str
    revision: int
    operation: str | None
    other: str | None = None
    findings: list[Finding] = field(default_factory=list)


class Checked(Answer, frozen=True):
    """What `remember` would do."""

    outcome: Outcome
    why: str
    other: str | None
    similarity: float
    text: str | None = None


class Source(Answer, frozen=True):
    """Where an item comes from. `turn` is the id that came in with it."""

    session: str | None = None
    turn: str | None = None
    memory: str | None = None
    revision: int | None = None


class Item(Answer, frozen=True):
    """One cited line of recall."""

    id: str
    kind: Literal["turn", "memory"]
    text: str
    time: str | None
    speaker: str | None
    score: float
    source: Source
    namespace: str
    title: str | None = None
    memory_kind: str | None = None
    supersedes: str | None = None
    why: dict[str, Any] | None = None


class Recalled(Answer, frozen=True):
    """The answer to a question. `withheld` is true when nothing in reach is relevant; then `items` is empty, as it is when none fits the budget."""

    items: list[Item]
    tokens: int
    withheld: bool
    explain: dict[str, Any] | None = None


class RevisionView(Answer, frozen=True):
    """One revision."""

    number: int
    text: str
    title: str | None
    valid_from: str | None
    valid_until: str | None
    recorded: str
    recorded_until: str | None
    actor: str
    source: str | None


class LinkView(Answer, frozen=True):
    """One link of a memory."""

    kind: str
    source: str
    target: str
    valid_from: str | None
    valid_until: str | None


class MemoryView(Answer, frozen=True):
    """One memory with its newest revision."""

    id: str
    kind: Kind
    title: str | None
    text: str
    namespace: str
    state: State
    tags: list[str]
    importance: float
    layer: int
    tier: Tier
    pinned: bool
    revision: int
    valid_from: str | None
    valid_until: str | None
    created: str
    updated: str
    source: str | None
    uses: int


class TurnView(Answer, frozen=True):
    """One turn, verbatim."""

    id: str
    turn: str
    session: str
    position: int
    speaker: str
    role: str | None
    time: str | None
    text: str
    caption: str | None
    namespace: str


class Got(Answer, frozen=True):
    """One memory or one turn, whole."""

    memory: MemoryView | None = None
    links: list[LinkView] = field(default_factory=list)
    turn: TurnView | None = None


class Listed(Answer, frozen=True):
    """A page of memories. `next` continues the list when there is more."""

    memories: list[MemoryView]
    total: int
    next: str | None


class Chain(Answer, frozen=True):
    """Every revision of a memory, the first one first."""

    id: str
    state: State
    revisions: list[RevisionView]


class Changed(Answer, frozen=True):
    """What a change did. `operation` can be given to undo."""

    id: str
    state: State
    revision: int
    operation: str


class Undone(Answer, frozen=True):
    """What was reversed."""

    operation: str
    undid: str
    name: str
    changes: int


class Event(Answer, frozen=True):
    """One thing that happened or became true."""

    time: str
    what: str
    id: str
    text: str
    kind: str
    namespace: str
    valid_from: str | None = None
    valid_until: str | None = None


class Events(Answer, frozen=True):
    """Events in order of time."""

    events: list[Event]


class Skipped(Answer, frozen=True):
    """One line that could not be read."""

    where: str
    error: str


class Hooked(Answer, frozen=True):
    """What the client is to print, exactly; empty for nothing. `stored` is whether the event was taken in."""

    output: str
    stored: bool


class Drained(Answer, frozen=True):
    """What the spool held: events stored as turns, known already, ignored, set aside; and how many still wait."""

    turns: int
    known: int
    ignored: int
    aside: int
    waiting: int


class Mined(Answer, frozen=True):
    """What was read. With a dry run `read` and `bytes` are what there is to read and `estimate` the seconds it may take.

    `from_now_on` tells that this was the first run, which only noted where every file ends.
    """

    files: int
    read: int
    bytes: int
    sessions: int
    turns: int
    known: int
    ignored: int
    bad_lines: int
    failed: list[Skipped]
    findings: list[Finding]
    estimate: float | None
    from_now_on: bool
    watched: bool
    seconds: float


class SessionView(Answer, frozen=True):
    """One session; `about` is the beginning of what was asked first."""

    id: str
    session: str
    client: str | None
    namespace: str
    cwd: str | None
    branch: str | None
    started: str | None
    ended: str | None
    closed: str | None
    turns: int
    parent: str | None
    about: str | None


class SessionList(Answer, frozen=True):
    """Sessions, the latest first."""

    sessions: list[SessionView]


class HandoffView(Answer, frozen=True):
    """One handoff. `text` is what the next session is told; `occasion` is what it was written at."""

    id: str
    state: HandoffState
    namespace: str
    client: str | None
    session: str | None
    recipient: str | None
    occasion: str
    text: str
    recorded: str
    expires: str
    changed: str
    claimed_by: str | None


class Handoffs(Answer, frozen=True):
    """Handoffs, newest first; none where nothing waits."""

    handoffs: list[HandoffView]


class HandoffChanged(Answer, frozen=True):
    """What became of a handoff. `operation` can be given to undo."""

    handoff: HandoffView
    operation: str


class Imported(Answer, frozen=True):
    """What came in. Running the same import again brings in nothing."""

    format: str
    sessions: int
    turns: int
    memories: int
    unchanged: int
    skipped: list[Skipped]
    findings: list[Finding]
    operation: str | None
    seconds: float


class Exported(Answer, frozen=True):
    """What went out."""

    path: str
    memories: int
    revisions: int
    turns: int
    links: int
    bytes: int


class ModelStatus(Answer, frozen=True):
    """The embedding model and how far the background embedding is."""

    name: str | None
    embedded: int
    waiting: int


class StoreStatus(Answer, frozen=True):
    """What is in the store."""

    home: str
    version: str
    schema: int
    encrypted: bool
    memories: dict[str, int]
    turns: int
    sessions: int
    namespaces: int
    passages: int
    links: int
    journal: int
    jobs: dict[str, int]
    bytes: int
    text_bytes: int
    model: ModelStatus
    daemon: str | None


class Problem(Answer, frozen=True):
    """One disagreement found by verify."""

    what: str
    detail: str
    hint: str


class Verified(Answer, frozen=True):
    """The result of verify; `ok` is true when there is no problem."""

    ok: bool
    checked: dict[str, int]
    problems: list[Problem]


class Rebuilt(Answer, frozen=True):
    """What was made again."""

    passages: int
    terms: int
    vectors_waiting: int
    seconds: float


class Embedded(Answer, frozen=True):
    """What was embedded; `model` is None when there is no model to do it."""

    model: str | None
    embedded: int
    waiting: int


class BackedUp(Answer, frozen=True):
    """Where the copy is."""

    path: str
    bytes: int
    sha256: str


class Measured(Answer, frozen=True):
    """The result of a bench run; the report's shape depends on what was measured."""

    what: str
    report: dict[str, Any]
    out: str | None = None


class NodeView(Answer, frozen=True):
    """A memory or an entity as a graph shows it; `what` says which, `kind` is the memory's or the entity's own."""

    id: str
    what: Literal["memory", "entity"]
    kind: str
    name: str
    namespace: str
    state: str


class EdgeView(Answer, frozen=True):
    """One link with both of its intervals and what speaks for it."""

    id: str
    kind: str
    source: str
    target: str
    weight: float
    valid_from: str
    valid_until: str | None
    recorded: str
    evidence: str | None


class StepView(Answer, frozen=True):
    """One link on the way and the node it leads to; `forward` says whether the way goes along the link."""

    link: EdgeView
    to: NodeView
    forward: bool


class Neighbors(Answer, frozen=True):
    """What a node is linked with, the strongest first."""

    node: NodeView
    links: int
    neighbors: list[StepView]


class ReachedView(Answer, frozen=True):
    """A node and the best way to it; `score` is what of 1 the way passes on."""

    node: NodeView
    score: float
    path: list[StepView]


class Walked(Answer, frozen=True):
    """What lies around a node, what most reaches first."""

    start: NodeView
    reached: list[ReachedView]


class PathFound(Answer, frozen=True):
    """The way between two nodes; `found` is false where there is none."""

    source: NodeView
    target: NodeView
    found: bool
    score: float
    path: list[StepView]


class LinkEvent(Answer, frozen=True):
    """A link that began, ceased or was taken back, and the node at its other end."""

    time: str
    what: Literal["linked", "ceased", "taken back"]
    step: StepView


class LinkEvents(Answer, frozen=True):
    """What became linked with a node and what ceased to be, in order of time."""

    node: NodeView
    events: list[LinkEvent]


class OddityView(Answer, frozen=True):
    """One thing that is odd: the nodes it is about by id and name, the link if it is about one."""

    what: str
    ids: list[str]
    names: list[str]
    link: str | None
    kind: str
    count: int


class Audited(Answer, frozen=True):
    """What is odd about a graph: how many findings of each sort there are, and the first ones."""

    counts: dict[str, int]
    found: dict[str, list[OddityView]]


class GraphCounts(Answer, frozen=True):
    """How large a graph is. `links` are those in force by kind; `dead` have an end that is gone or was put away."""

    entities: dict[str, int]
    merged: int
    memories: int
    linked_memories: int
    links: dict[str, int]
    ended: int
    dead: int
    with_evidence: int
    most_linked: list[OddityView]


class Linked(Answer, frozen=True):
    """The links that were written or told anew; `outcome` is unchanged where all was known. `operation` can be undone."""

    outcome: Literal["linked", "ended", "taken back", "unchanged"]
    links: list[EdgeView]
    operation: str | None


class EntityView(Answer, frozen=True):
    """A named thing; `merged` is the id of the entity that it was found to be."""

    id: str
    kind: str
    name: str
    aliases: list[str]
    namespace: str
    merged: str | None


class EntityChanged(Answer, frozen=True):
    """What became of an entity; `operation` is None where nothing changed."""

    entity: EntityView
    operation: str | None


class EntitiesListed(Answer, frozen=True):
    """A page of entities. `next` continues the list when there is more."""

    entities: list[EntityView]
    next: str | None
