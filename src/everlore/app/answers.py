"""What each operation answers. Times are ISO 8601 in UTC; ids are the ones that travel between machines."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct, field

from everlore.core.types import HandoffState, Kind, Outcome, State, Tier, Verdict, Visibility


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


class Likeness(Answer, frozen=True):
    """A memory that is like a statement, what the statement is to it, and which checks object to taking them for one."""

    id: str
    relation: Literal["same", "value", "other"]
    similarity: float
    why: str
    text: str
    differs: list[Literal["negation", "number", "identifier", "subject"]] = field(default_factory=list)


class Checked(Answer, frozen=True):
    """What `remember` would do, and the nearest memories, what counts most for that first.

    `duplicate` says that one of them says the same, or is as similar as the threshold and no check objects.
    """

    outcome: Outcome
    why: str
    other: str | None
    similarity: float
    text: str | None = None
    duplicate: bool = False
    nearest: list[Likeness] = field(default_factory=list)


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


class Quarantined(Answer, frozen=True):
    """What is relevant but tries to steer its reader, so that only its id is told; `get` shows it."""

    id: str
    kind: Literal["turn", "memory"]
    why: str


class Recalled(Answer, frozen=True):
    """The answer to a question. `withheld` is true when nothing in reach is relevant; then `items` is empty, as it is when none fits the budget."""

    items: list[Item]
    tokens: int
    withheld: bool
    explain: dict[str, Any] | None = None
    quarantined: list[Quarantined] = field(default_factory=list)


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
    believed: list[BeliefView] = field(default_factory=list)


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
    visibility: Visibility
    owner: str
    expires: str | None
    strength: float
    placed: str | None


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


class FeedbackView(Answer, frozen=True):
    """What somebody said of a memory."""

    verdict: Verdict
    actor: str
    note: str | None
    time: str


class Got(Answer, frozen=True):
    """One memory or one turn, whole."""

    memory: MemoryView | None = None
    links: list[LinkView] = field(default_factory=list)
    turn: TurnView | None = None
    feedback: list[FeedbackView] = field(default_factory=list)


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


class BeliefView(Answer, frozen=True):
    """Over which time in the world a revision was held true, and from when until when it was held so."""

    valid_from: str | None
    valid_until: str | None
    recorded: str | None
    recorded_until: str | None


class NamespaceView(Answer, frozen=True):
    """One node of the tree. The counts are of active memories, sessions and turns at it, `below` counts those under it too."""

    id: str
    namespace: str
    memories: int
    sessions: int
    turns: int
    below: Counts


class Counts(Answer, frozen=True):
    """How much lies at a node and below it."""

    namespaces: int
    memories: int
    sessions: int
    turns: int


class Tree(Answer, frozen=True):
    """Namespaces in the order of the tree, each before what is below it; and how much there is in all."""

    namespaces: list[NamespaceView]
    total: Counts


class Moved(Answer, frozen=True):
    """Where a namespace was and is, and how many moved with it. `operation` can be given to undo."""

    id: str
    before: str
    namespace: str
    namespaces: int
    operation: str


class StandardView(Answer, frozen=True):
    """One standard: under which name and from which node it holds, and the memory that says it."""

    name: str
    namespace: str
    inherited: bool
    memory: str
    kind: Kind
    title: str | None
    text: str


class StandardList(Answer, frozen=True):
    """The standards that hold at a node, by name; the nearest of a name wins."""

    namespace: str
    standards: list[StandardView]


class StandardChanged(Answer, frozen=True):
    """What became of a standard; `replaced` is the memory that had the name at this node. `operation` can be given to undo."""

    name: str
    namespace: str
    memory: str | None
    replaced: str | None
    operation: str | None


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


class Faded(Answer, frozen=True):
    """One memory that a sweep archives or promotes, and why."""

    id: str
    what: Literal["archived", "promoted", "proposed for purge"]
    why: str
    strength: float
    text: str


class Swept(Answer, frozen=True):
    """What a sweep did, or would do. `operation` can be given to undo."""

    applied: bool
    memories: list[Faded]
    archived: int
    promoted: int
    proposed: int
    operation: str | None


class Left(Answer, frozen=True):
    """Where a purged text was, and whether it is gone from there."""

    where: str
    gone: bool
    detail: str


class Purged(Answer, frozen=True):
    """What is gone for good, and what remains where. It cannot be undone."""

    ids: list[str]
    places: list[Left]
    operation: str


class Curated(Answer, frozen=True):
    """What a curator did, or would do, by sort, and what it left for a person to decide. `operation` can be given to undo."""

    changed: dict[str, int]
    proposed: dict[str, int]
    notes: list[str]
    read: int
    complete: bool
    seconds: float
    operation: str | None


class AgentView(Answer, frozen=True):
    """One registered identity."""

    name: str
    origin: str
    role: str | None
    place: str | None
    recorded: str


class AgentList(Answer, frozen=True):
    """Registered identities by name. `operation` can be given to undo what was just registered or retired."""

    agents: list[AgentView]
    operation: str | None = None


class RuleView(Answer, frozen=True):
    """One rule of policy; one without an id is a default."""

    id: str | None
    effect: str
    who: str
    decision: str
    approvals: int
    namespace: str | None


class Rules(Answer, frozen=True):
    """The rules in force, the nearest first, and the defaults behind them. `operation` can be given to undo."""

    rules: list[RuleView]
    defaults: list[RuleView]
    operation: str | None = None


class ProposalView(Answer, frozen=True):
    """One proposal. `confidence` is 0 to 1; `approvals` are the names of those who approved."""

    id: str
    state: str
    effect: str
    operation: str
    namespace: str
    reason: str
    confidence: float
    origin: str
    actor: str
    needed: int
    approvals: list[str]
    recorded: str
    about: str
    targets: list[str]


class Inbox(Answer, frozen=True):
    """Proposals, newest first; `waiting` is how many wait in all."""

    proposals: list[ProposalView]
    waiting: int


class ProposalShown(Answer, frozen=True):
    """One proposal whole: what speaks for it, the request it would carry out, and what that changes line by line."""

    proposal: ProposalView
    evidence: list[str]
    request: dict[str, Any]
    diff: list[str]


class Decided(Answer, frozen=True):
    """What became of one proposal. `operation` can be given to undo."""

    id: str
    state: str
    detail: str
    operation: str | None = None


class Decisions(Answer, frozen=True):
    """What became of the proposals."""

    decided: list[Decided]


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
    findings: dict[str, list[OddityView]]


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
