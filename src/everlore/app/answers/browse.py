"""What is answered to whoever shows a store: projects, sessions whole, the journal, titles, graphs to draw, how a project is."""

from __future__ import annotations

from typing import Any

from msgspec import field

from everlore.app.answers.context import Briefed
from everlore.app.answers.graph import EdgeView, NodeView
from everlore.app.answers.ledger import Told
from everlore.app.answers.root import Answer
from everlore.app.answers.sessions import HandoffView, SessionView
from everlore.core.types import Kind, State, Tier


class ProjectView(Answer, frozen=True):
    """One project: the first two segments of its namespace, or the first alone for what lies at a workspace itself.

    `memories`, `sessions` and `turns` are those at it and below it, `last` is when something happened there last: a session
    ended, or what is remembered changed. `handoffs` are open ones, `proposals` those that wait for a decision.
    """

    namespace: str
    workspace: str
    project: str
    memories: int
    sessions: int
    turns: int
    last: str | None
    handoffs: int
    proposals: int


class ProjectList(Answer, frozen=True):
    """Projects, those with the latest activity first; `total` is how many there are."""

    projects: list[ProjectView]
    total: int


class WorkspaceView(Answer, frozen=True):
    """One workspace: the first segment of namespaces, how many projects it has, and what lies in all of them."""

    workspace: str
    projects: int
    memories: int
    sessions: int
    turns: int
    last: str | None


class WorkspaceList(Answer, frozen=True):
    """Workspaces, those with the latest activity first; `total` is how many there are."""

    workspaces: list[WorkspaceView]
    total: int


class Grown(Answer, frozen=True):
    """How many memories were kept in the week that begins on this Monday, whatever became of them."""

    week: str
    memories: int


class Grew(Answer, frozen=True):
    """Weeks in order of time, from the first in which anything was kept to this one, those in which nothing was too."""

    weeks: list[Grown]


class SearchHit(Answer, frozen=True):
    """One memory or turn that was found; `snippet` is the part of it that has the words, `marks` where, as [start, end] in characters.

    `title_marks` are the same in the title. `session` and `position` are those of a turn. `time` is when a memory became true or
    was written, or a turn was said. `why` has the parts of the score, where they were asked for.
    """

    id: str
    kind: str
    title: str | None
    snippet: str
    marks: list[list[int]]
    namespace: str
    time: str | None
    score: float
    state: State = "active"
    tags: list[str] = field(default_factory=list)
    tier: Tier | None = None
    layer: int | None = None
    pinned: bool = False
    title_marks: list[list[int]] = field(default_factory=list)
    speaker: str | None = None
    session: str | None = None
    position: int | None = None
    why: dict[str, float] | None = None


class SearchHits(Answer, frozen=True):
    """What was found, best first; `next` is to be given as `offset` for more. `completions` are what the last word may become."""

    hits: list[SearchHit]
    next: int | None
    completions: list[str]
    milliseconds: float


class SessionTurn(Answer, frozen=True):
    """One turn of a session, verbatim; `turn` is the id that came in with it.

    `event` is what the client did (prompt, answer, tool_call, tool_result, tool_failure), None for what was imported. `detail`
    may hold `tool`, `call` (the same in a call and its result), `command`, `paths`, `writes`, `input`, `exit`, `todos`, `task`
    and `duration` (milliseconds).
    """

    id: str
    turn: str
    position: int
    speaker: str
    role: str | None
    time: str | None
    text: str
    caption: str | None
    event: str | None
    detail: dict[str, Any] = field(default_factory=dict)


class LearntView(Answer, frozen=True):
    """A memory that was learnt from a turn of a session, as it reads now; `text` is its beginning."""

    id: str
    kind: Kind
    state: State
    title: str | None
    text: str
    turn: str
    position: int


class TitledItem(Told, frozen=True):
    """One item of an entry with its title or first words."""

    title: str = ""


class ToldView(Answer, frozen=True):
    """One time that a session was told something: the ledger's entry, and after which turn by its position, -1 for before all.

    `tokens` are those of all that was told, also of items that the caller may not see.
    """

    entry: str
    at: str
    after: int
    surface: str
    operation: str
    tokens: int
    withheld: bool
    items: list[TitledItem]


class SessionShown(Answer, frozen=True):
    """One session, whole or a page of it; `next` is to be given as `after` for more turns.

    `learnt` are all memories learnt from it, `page` is the page that it was compiled to, `told` what it was told between the
    turns that are shown, `handoff` the last one that it left.
    """

    session: SessionView
    turns: list[SessionTurn]
    next: int | None
    learnt: list[LearntView]
    page: str | None
    told: list[ToldView]
    handoff: HandoffView | None


class JournalEntry(Answer, frozen=True):
    """One operation as the journal keeps it, which holds no text of anything.

    `changes` is how many things it changed, `touched` how many of each sort (such as memory.state), `ids` the first of them.
    `part_of` is the operation that it is a later part of, `undone_by` the one that took it back. `undoable` says that it has
    not been and that nothing of it was purged; what was changed since may still speak against it.
    """

    id: str
    at: str
    actor: str
    operation: str
    namespace: str | None
    reason: str | None
    changes: int
    touched: dict[str, int]
    ids: list[str]
    part_of: str | None
    undone_by: str | None
    undoable: bool


class JournalPage(Answer, frozen=True):
    """Entries, newest first; `next` is to be given as `before` for the next page.

    `length` is how many entries the journal has and `head` the hash of its last one, which `verify` checks; both only for who
    sees everything.
    """

    entries: list[JournalEntry]
    next: str | None
    length: int | None
    head: str | None


class PageTitle(Answer, frozen=True):
    """One memory without its text; `name` is its title, else its first words, and `titled` says which.

    `updated` is when its newest revision was written; `freshness` says whether the code that it speaks of is as it was.
    """

    id: str
    name: str
    titled: bool
    kind: Kind
    state: State
    layer: int
    tier: Tier
    pinned: bool
    tags: list[str]
    namespace: str
    updated: str
    freshness: str | None = None


class PageTitles(Answer, frozen=True):
    """Titles in the order asked for, `total` of all that match; `next` is to be given as `before` for more."""

    pages: list[PageTitle]
    total: int
    next: str | None


class DrawnNode(NodeView, frozen=True):
    """A node with how many links it has, drawn or not, and from when until when what a memory says is true."""

    degree: int = 0
    valid_from: str | None = None
    valid_until: str | None = None


class Span(Answer, frozen=True):
    """When the first and the last of some links came into force, at whatever moment they are looked at."""

    earliest: str
    latest: str


class Drawn(Answer, frozen=True):
    """A part of the graph: nodes, and the links among them, the strongest first, no more than three for each node asked for.

    `total` is how many nodes there are to draw, None where only those were read that are answered; `truncated` says that nodes
    or links were left out. `span` is that of all links which leave the nodes.
    """

    nodes: list[DrawnNode]
    edges: list[EdgeView]
    total: int | None
    truncated: bool
    span: Span | None


class Ailing(Answer, frozen=True):
    """Memories of which something is wrong; `other` is what the first contradicts."""

    id: str
    title: str
    other: str | None = None


class Health(Answer, frozen=True):
    """What is wrong with memories, as far as that is found at once: `lint` reads all of them.

    `counts` and the first of each sort in `found`: contradictions (both sides are held true), drifted (the code spoken of has
    changed), ended (true no more), stale (neither used nor revised for long), orphans (nothing is linked with it and nobody has
    used it). The last three are of the `read` oldest memories of `memories`. `proposals` are those that wait, by effect.
    """

    counts: dict[str, int]
    found: dict[str, list[Ailing]]
    proposals: dict[str, int]
    memories: int
    read: int


class OverviewShown(Answer, frozen=True):
    """How a project is; of the whole store there is no one handoff and no briefing."""

    namespace: str | None
    handoff: HandoffView | None
    briefing: Briefed | None
    health: Health
