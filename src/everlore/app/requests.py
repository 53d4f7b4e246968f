"""What each operation takes. The fields, their bounds and their descriptions are the single source from which the CLI
options, the MCP schemas, the OpenAPI document and the reference pages are made. Unknown fields are refused.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from everlore.core.types import HandoffState, Kind, LinkKind, Origin, State, Tier, Verdict, Visibility
from everlore.guard.policy import Effect
from everlore.guard.policy import Verdict as Ruling

MAX_TEXT = 1_000_000

Text = Annotated[str, Meta(min_length=1, max_length=MAX_TEXT)]
Name = Annotated[str, Meta(min_length=1, max_length=600)]
Title = Annotated[str, Meta(min_length=1, max_length=300, description="A short title")]
Id = Annotated[str, Meta(min_length=1, max_length=200, description="A memory's id, as recall prints it")]
Namespace = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=600,
        description="Where it belongs, such as acme/web; reading includes what is below",
    ),
]
Directory = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=4096,
        description="Your directory; its project counts where no namespace is named",
    ),
]
Reason = Annotated[str, Meta(max_length=1000, description="Why")]
Tag = Annotated[str, Meta(min_length=1, max_length=64)]
Instant = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=80,
        description="2026-03-02, 2026-03-02T09:00:00Z, or a phrase such as 'last monday'",
    ),
]
PathText = Annotated[
    str, Meta(min_length=1, max_length=4096, description="A file or directory on the machine that holds the store")
]
Format = Literal[
    "auto", "conversation", "locomo", "beam", "longmemeval", "coding", "markdown", "chatgpt", "claude-ai", "slack", "chatlog", "everlore",
]  # fmt: skip
Limit = Annotated[int, Meta(ge=1, le=1000, description="The most items to return")]


FULL = {"profile": "full"}
"""Marks a field that few callers need: of MCP tools only the full profile shows it, though every surface takes it."""

AsOf = Annotated[Instant | None, Meta(description="As it was then", extra=FULL)]
RecordedAsOf = Annotated[Instant | None, Meta(description="As it was known then", extra=FULL)]
Layer = Annotated[
    int,
    Meta(
        ge=0,
        le=3,
        description="0 told at every session's start, 1 general convention, 2 default, 3 only on explicit search; by kind if none is given",
    ),
]
Ttl = Annotated[int, Meta(ge=1, le=315_360_000, description="Seconds it lives unless used, instead of its tier's span")]


class Request(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The root of all requests."""


class Remember(Request, frozen=True):
    """Keep one piece of knowledge."""

    text: Annotated[Text, Meta(description="One self-contained statement")]
    title: Title | None = None
    kind: Annotated[Kind, Meta(description="What sort of knowledge it is")] = "fact"
    namespace: Namespace | None = None
    cwd: Directory | None = None
    tags: Annotated[list[Tag], Meta(max_length=32, description="Labels to find it by")] = field(default_factory=list)
    importance: Annotated[float, Meta(ge=0, le=1, description="0 to 1")] = 0.5
    layer: Layer | None = None
    tier: Annotated[Tier, Meta(description="How long it matters: hours, days, for good")] = "long"
    ttl: Annotated[Ttl | None, Meta(extra=FULL)] = None
    expires: Annotated[Instant | None, Meta(description="When it is archived, used or not", extra=FULL)] = None
    visibility: Annotated[Visibility, Meta(description="Who may see it: its owner, or agents so near in the tree")] = (
        "unit"
    )
    valid_from: Annotated[Instant | None, Meta(description="When it became true in the world")] = None
    valid_until: Annotated[Instant | None, Meta(description="When it ceased to be true")] = None
    pinned: Annotated[bool, Meta(description="Is to stay", extra=FULL)] = False
    source: Annotated[
        Annotated[str, Meta(max_length=200)] | None,
        Meta(description="The id of the turn it was learnt from", extra=FULL),
    ] = None
    reason: Reason | None = None


class CheckDuplicate(Request, frozen=True):
    """Say what `remember` would do with a text, without writing."""

    text: Annotated[Text, Meta(description="The statement to check")]
    namespace: Namespace | None = None
    cwd: Directory | None = None
    threshold: Annotated[
        float, Meta(ge=0.5, le=1, description="How similar a duplicate is at least, where no check objects")
    ] = 0.85


class Recall(Request, frozen=True):
    """Find what is relevant to a question."""

    query: Annotated[str, Meta(min_length=1, max_length=10_000, description="The question, in plain words")]
    namespace: Namespace | None = None
    cwd: Directory | None = None
    limit: Annotated[int, Meta(ge=1, le=200, description="The most items to return")] = 10
    budget: Annotated[
        Annotated[int, Meta(ge=1, le=1_000_000)] | None,
        Meta(description="The most tokens of all items; neighbouring lines are added while they fit"),
    ] = None
    kinds: Annotated[
        list[Literal["turn", "memory"] | Kind],
        Meta(max_length=16, description="Only these: turn, memory, or kinds of memory"),
    ] = field(default_factory=list)
    as_of: Annotated[Instant | None, Meta(description="Answer with what was true then")] = None
    recorded_as_of: Annotated[Instant | None, Meta(description="Answer with what was known then", extra=FULL)] = None
    explain: Annotated[bool, Meta(description="Show what each signal contributed", extra=FULL)] = False
    recipe: Annotated[
        Annotated[str, Meta(min_length=1, max_length=40)] | None,
        Meta(description="The named ranking recipe", extra=FULL),
    ] = None


class Get(Request, frozen=True):
    """Show one memory or turn whole."""

    id: Id
    as_of: AsOf = None
    recorded_as_of: RecordedAsOf = None


class List(Request, frozen=True):
    """List memories, newest first."""

    namespace: Namespace | None = None
    kind: Annotated[Kind | None, Meta(description="Only this kind")] = None
    state: Annotated[State, Meta(description="Only in this state")] = "active"
    tag: Annotated[Tag | None, Meta(description="Only with this tag")] = None
    as_of: AsOf = None
    recorded_as_of: RecordedAsOf = None
    limit: Limit = 50
    before: Annotated[
        Annotated[str, Meta(max_length=40)] | None, Meta(description="Continue after this id of the page before")
    ] = None


class History(Request, frozen=True):
    """Show every revision of a memory."""

    id: Id


class Revise(Request, frozen=True):
    """Give a memory a new revision."""

    id: Id
    text: Annotated[Text, Meta(description="The new text")]
    title: Title | None = None
    valid_from: Annotated[Instant | None, Meta(description="When the new text became true")] = None
    valid_until: Annotated[Instant | None, Meta(description="When it ceases to be true")] = None
    reason: Reason | None = None


class Forget(Request, frozen=True):
    """Archive a memory; it can be restored."""

    id: Id
    reason: Reason | None = None


class Restore(Request, frozen=True):
    """Bring back an archived, superseded or held memory, or one of its earlier revisions."""

    id: Id
    revision: Annotated[Annotated[int, Meta(ge=1)] | None, Meta(description="Put this revision's text back on top")] = (
        None
    )
    reason: Reason | None = None


class Undo(Request, frozen=True):
    """Reverse an operation."""

    operation: Annotated[
        Annotated[str, Meta(min_length=1, max_length=40)] | None,
        Meta(description="The operation's id; the last one if none is given"),
    ] = None
    reason: Reason | None = None


class Timeline(Request, frozen=True):
    """Show what became true and what changed, in order of time."""

    namespace: Namespace | None = None
    id: Annotated[
        Annotated[str, Meta(min_length=1, max_length=200)] | None,
        Meta(description="Only this memory and what it superseded"),
    ] = None
    since: Annotated[Instant | None, Meta(description="From this instant on")] = None
    until: Annotated[Instant | None, Meta(description="Up to this instant")] = None
    limit: Limit = 100


class Namespaces(Request, frozen=True):
    """Show the tree of namespaces with how much lies at each and below it."""

    namespace: Namespace | None = None
    depth: Annotated[int, Meta(ge=1, le=8, description="How many levels to show")] = 3


class NamespaceMove(Request, frozen=True):
    """Rename or move a namespace with all that is in it and below it."""

    namespace: Annotated[str, Meta(min_length=1, max_length=600, description="The namespace to move")]
    to: Annotated[str, Meta(min_length=1, max_length=600, description="Its whole new path, such as acme/shop")]
    reason: Reason | None = None


class StandardSet(Request, frozen=True):
    """Attach a memory to a namespace under a name, for it and all below it."""

    name: Annotated[str, Meta(min_length=1, max_length=64, description="What it is a standard for, such as style")]
    id: Id
    namespace: Namespace | None = None
    cwd: Directory | None = None
    reason: Reason | None = None


class StandardDrop(Request, frozen=True):
    """Detach a standard from a namespace."""

    name: Annotated[str, Meta(min_length=1, max_length=64, description="The name of the standard")]
    namespace: Namespace | None = None
    cwd: Directory | None = None
    reason: Reason | None = None


class Standards(Request, frozen=True):
    """Show the standards that hold in a namespace, its own and those it inherits."""

    namespace: Namespace | None = None
    cwd: Directory | None = None


class Import(Request, frozen=True):
    """Read conversations or memories from files."""

    path: PathText
    format: Annotated[
        Format,
        Meta(description="What the file holds"),
    ] = "auto"
    namespace: Namespace | None = None
    on_error: Annotated[
        Literal["fail", "skip"],
        Meta(description="What to do with a line that cannot be read: import nothing, or leave it out and say so"),
    ] = "fail"


class Export(Request, frozen=True):
    """Write the whole store to one file, losslessly."""

    path: PathText
    namespace: Namespace | None = None


class Hook(Request, frozen=True):
    """Take in what an agent's client tells of its session."""

    client: Annotated[str, Meta(min_length=1, max_length=40, description="The client, such as claude-code")]
    event: Annotated[str, Meta(min_length=1, max_length=80, description="The event, by the client's own name for it")]
    payload: Annotated[
        Annotated[str, Meta(min_length=1, max_length=4_000_000)] | None,
        Meta(description="What the client sent, JSON as it came"),
    ] = None
    cwd: Directory | None = None
    environ: Annotated[
        dict[str, str], Meta(max_length=64, description="Variables that tell which client it really is")
    ] = field(default_factory=dict)
    at: Annotated[
        Annotated[int, Meta(ge=0, le=253_402_300_799_999)] | None, Meta(description="When, Unix milliseconds")
    ] = None
    key: Annotated[
        Annotated[str, Meta(min_length=1, max_length=100)] | None,
        Meta(description="The same for each try to deliver it"),
    ] = None


class Mine(Request, frozen=True):
    """Read what agents' clients have left on disk."""

    paths: Annotated[
        list[PathText],
        Meta(max_length=1000, description="Only these files or directories; else where each client keeps its own"),
    ] = field(default_factory=list)
    clients: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=40)]],
        Meta(max_length=32, description="Only of these clients, such as claude-code"),
    ] = field(default_factory=list)
    history: Annotated[bool, Meta(description="Read everything that is there, at the first run too")] = False
    dry_run: Annotated[bool, Meta(description="Only say how much there is and how long it may take")] = False
    retry: Annotated[bool, Meta(description="Try files again that were given up")] = False
    watch: Annotated[
        Literal["on", "off"] | None, Meta(description="Have the server go on reading what is new, or no longer")
    ] = None


class Sessions(Request, frozen=True):
    """List sessions, the latest first."""

    namespace: Namespace | None = None
    client: Annotated[
        Annotated[str, Meta(min_length=1, max_length=40)] | None, Meta(description="Only of this client")
    ] = None
    limit: Limit = 20
    before: Annotated[Instant | None, Meta(description="Only sessions that ended before then")] = None


class TranscriptsSearch(Request, frozen=True):
    """Find what was said and done in sessions."""

    query: Annotated[str, Meta(min_length=1, max_length=10_000, description="The words or the question")]
    namespace: Namespace | None = None
    cwd: Directory | None = None
    limit: Annotated[int, Meta(ge=1, le=200, description="The most turns to return")] = 10
    as_of: Annotated[Instant | None, Meta(description="Only what was said by then")] = None


class Drain(Request, frozen=True):
    """Store what hooks left in the spool."""


class Handoff(Request, frozen=True):
    """Show the handoff that waits in a project, or one by its id; showing it claims nothing."""

    id: Annotated[
        Annotated[str, Meta(min_length=1, max_length=200)] | None, Meta(description="The id of a handoff")
    ] = None
    namespace: Namespace | None = None
    cwd: Directory | None = None
    as_of: AsOf = None
    recorded_as_of: RecordedAsOf = None


class HandoffList(Request, frozen=True):
    """List handoffs, newest first."""

    namespace: Namespace | None = None
    cwd: Directory | None = None
    state: Annotated[HandoffState | None, Meta(description="Only in this state")] = None
    as_of: AsOf = None
    recorded_as_of: RecordedAsOf = None
    limit: Limit = 20


class HandoffBegin(Request, frozen=True):
    """Write a handoff now."""

    namespace: Namespace | None = None
    cwd: Directory | None = None
    text: Annotated[
        Annotated[str, Meta(min_length=1, max_length=20_000)] | None,
        Meta(description="What the next session should know; else the latest session of the project says it"),
    ] = None
    recipient: Annotated[
        Annotated[str, Meta(min_length=1, max_length=40)] | None,
        Meta(description="Only for this client, such as codex"),
    ] = None


class HandoffAccept(Request, frozen=True):
    """Claim a handoff, so that nobody else is offered it."""

    id: Annotated[
        Annotated[str, Meta(min_length=1, max_length=200)] | None, Meta(description="The id of a handoff")
    ] = None
    namespace: Namespace | None = None
    cwd: Directory | None = None


class HandoffCancel(Request, frozen=True):
    """Take a handoff back."""

    id: Annotated[str, Meta(min_length=1, max_length=200, description="The id of a handoff")]
    reason: Reason | None = None


class HandoffReopen(Request, frozen=True):
    """Offer a handoff again."""

    id: Annotated[str, Meta(min_length=1, max_length=200, description="The id of a handoff")]
    reason: Reason | None = None


class Set(Request, frozen=True):
    """Change what is kept about a memory beside its text; what is not given stays."""

    id: Id
    kind: Annotated[Kind | None, Meta(description="What sort of knowledge it is")] = None
    layer: Layer | None = None
    tier: Annotated[Tier | None, Meta(description="How long it matters: hours, days, for good")] = None
    ttl: Ttl | None = None
    expires: Annotated[Instant | None, Meta(description="When it is archived, used or not")] = None
    importance: Annotated[Annotated[float, Meta(ge=0, le=1)] | None, Meta(description="0 to 1")] = None
    pinned: Annotated[bool, Meta(description="Exempt it from fading")] = False
    unpinned: Annotated[bool, Meta(description="Let it fade again")] = False
    tags: Annotated[
        Annotated[list[Tag], Meta(max_length=32)] | None, Meta(description="Labels, instead of those it has")
    ] = None
    visibility: Annotated[Visibility | None, Meta(description="Who may see it")] = None
    namespace: Annotated[
        Annotated[str, Meta(min_length=1, max_length=600)] | None, Meta(description="Move it to this namespace")
    ] = None
    valid_from: Annotated[Instant | None, Meta(description="When it became true in the world")] = None
    valid_until: Annotated[Instant | None, Meta(description="When it ceased to be true")] = None
    reason: Reason | None = None


class Supersede(Request, frozen=True):
    """Say that one memory took the place of another; both are kept."""

    id: Annotated[str, Meta(min_length=1, max_length=200, description="The memory that is true no more")]
    by: Annotated[str, Meta(min_length=1, max_length=200, description="The memory that took its place")]
    reason: Reason | None = None


class Merge(Request, frozen=True):
    """Say that memories say the same as another, which then stands for them; all are kept."""

    ids: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=200)]],
        Meta(min_length=1, max_length=100, description="The memories that say the same"),
    ]
    into: Annotated[str, Meta(min_length=1, max_length=200, description="The memory that stands for them")]
    reason: Reason | None = None


class Feedback(Request, frozen=True):
    """Say whether a memory was of use."""

    id: Id
    verdict: Annotated[Verdict, Meta(description="Helpful; no longer true; or wrong")]
    note: Annotated[Annotated[str, Meta(min_length=1, max_length=1000)] | None, Meta(description="In your words")] = (
        None
    )


class Sweep(Request, frozen=True):
    """Archive what has expired or faded; shows what that would be unless told to apply it."""

    namespace: Namespace | None = None
    below: Annotated[
        float, Meta(ge=0, le=1, description="Also what is weaker than that, long-lived memories too; 0 for none")
    ] = 0.0
    apply: Annotated[bool, Meta(description="Do it, rather than show it")] = False
    limit: Limit = 1000
    reason: Reason | None = None


class Purge(Request, frozen=True):
    """Remove the text of memories for good; says what is gone and what remains where."""

    ids: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=200)]],
        Meta(min_length=1, max_length=100, description="The memories whose text is to go"),
    ]
    with_turns: Annotated[bool, Meta(description="The turns they were learnt from too")] = False
    reason: Reason | None = None


class Curate(Request, frozen=True):
    """Tidy: tags, duplicates, contradictions, promotion, expiry, mentions, dead links. Judgements become proposals."""

    namespace: Namespace | None = None
    dry_run: Annotated[bool, Meta(description="Show what would be done and proposed")] = False
    seconds: Annotated[float, Meta(ge=0.1, le=3600, description="The longest it may take")] = 120.0
    changes: Annotated[int, Meta(ge=1, le=100_000, description="The most changes and proposals of one run")] = 10_000


class Consolidate(Request, frozen=True):
    """Gather memories into a page that cites each of them; they stay as they are."""

    ids: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=200)]],
        Meta(min_length=1, max_length=200, description="The memories to gather"),
    ]
    title: Annotated[str, Meta(min_length=1, max_length=300, description="What the page is about")]
    page: Annotated[
        Annotated[str, Meta(min_length=1, max_length=200)] | None,
        Meta(description="The page to write anew, if there is one"),
    ] = None
    reason: Reason | None = None


class AgentRegister(Request, frozen=True):
    """Register who makes changes: a name with its origin, role and place in the tree."""

    name: Annotated[str, Meta(min_length=1, max_length=80, description="The name it calls itself")]
    origin: Annotated[Origin, Meta(description="What it is")] = "agent"
    role: Annotated[
        Annotated[str, Meta(min_length=1, max_length=40)] | None,
        Meta(description="What it may do by policy; a reviewer approves proposals"),
    ] = None
    place: Annotated[
        Annotated[str, Meta(min_length=1, max_length=600)] | None,
        Meta(
            description="Its namespace: it sees what lies there and what others share with it; everything shared without one"
        ),
    ] = None
    reason: Reason | None = None


class AgentRetire(Request, frozen=True):
    """Take a registration back; what the agent did stays under its name."""

    name: Annotated[str, Meta(min_length=1, max_length=80, description="The name it is registered under")]
    reason: Reason | None = None


class Agents(Request, frozen=True):
    """List registered agents and people."""


class Policy(Request, frozen=True):
    """Show the rules that were set, those of a namespace with what it inherits, and the defaults."""

    namespace: Namespace | None = None


class PolicySet(Request, frozen=True):
    """Set what may be done, by whom, at a namespace and below it."""

    effect: Annotated[Effect | Literal["any"], Meta(description="What is done")]
    decision: Annotated[Ruling, Meta(description="Whether it may be, or waits for approval")]
    who: Annotated[
        str,
        Meta(
            pattern="^(any|owner|origin:(person|agent|curator|model|peer|import)|role:[^:]{1,40}|name:.{1,80})$",
            description="any, owner, origin:agent, role:reviewer or name:claude-code",
        ),
    ] = "any"
    namespace: Annotated[
        Annotated[str, Meta(min_length=1, max_length=600)] | None,
        Meta(description="Where; everywhere if none is named"),
    ] = None
    approvals: Annotated[int, Meta(ge=1, le=20, description="How many others have to approve")] = 1
    reason: Reason | None = None


class PolicyDrop(Request, frozen=True):
    """Take a rule back."""

    id: Annotated[str, Meta(min_length=1, max_length=200, description="The rule's id, as policy prints it")]
    reason: Reason | None = None


class Review(Request, frozen=True):
    """List proposals, newest first."""

    namespace: Namespace | None = None
    state: Annotated[Literal["waiting", "approved", "rejected"], Meta(description="Only in this state")] = "waiting"
    effect: Annotated[Effect | None, Meta(description="Only of this effect")] = None
    origin: Annotated[Origin | None, Meta(description="Only from there")] = None
    limit: Limit = 50


class ReviewShow(Request, frozen=True):
    """Show one proposal with its evidence and what it would change."""

    id: Annotated[str, Meta(min_length=1, max_length=200, description="The proposal's id")]


class ReviewApprove(Request, frozen=True):
    """Approve proposals; each is carried out when it has its approvals."""

    ids: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=200)]],
        Meta(min_length=1, max_length=1000, description="The proposals' ids"),
    ]


class ReviewReject(Request, frozen=True):
    """Reject proposals; what a program proposed does not come back."""

    ids: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=200)]],
        Meta(min_length=1, max_length=1000, description="The proposals' ids"),
    ]
    reason: Reason | None = None


class ReviewEdit(Request, frozen=True):
    """Change the text or title that a proposal would write, before it is approved."""

    id: Annotated[str, Meta(min_length=1, max_length=200, description="The proposal's id")]
    text: Annotated[Text, Meta(description="The text to write instead")]
    title: Title | None = None


class Status(Request, frozen=True):
    """Say what is in the store and how it is doing."""


class Verify(Request, frozen=True):
    """Walk the journal's chain and compare every derived index with its truth."""


class Rebuild(Request, frozen=True):
    """Make all derived data again from the truth."""


class Embed(Request, frozen=True):
    """Give every passage its vectors now instead of in the background."""


class Backup(Request, frozen=True):
    """Copy the running store to a file."""

    path: PathText


class RestoreBackup(Request, frozen=True):
    """Put a backup in the place of the store."""

    path: PathText


class Bench(Request, frozen=True):
    """Measure recall quality or operation speed."""

    what: Annotated[
        Literal[
            "recall",
            "ops",
            "gate",
            "hooks",
            "mining",
            "handoff",
            "redaction",
            "injection",
            "admission",
            "graph",
            "curate",
        ],
        Meta(description="What to measure"),
    ]
    dataset: Annotated[
        Literal["locomo", "beam", "longmemeval", "coding", "conversation"], Meta(description="The shape of the data")
    ] = "conversation"
    data: Annotated[
        Annotated[str, Meta(max_length=4096)] | None,
        Meta(
            description="Where the data lies, what ships with the bench if none is given; for ops and graph the directory to work in, for gate the baseline"
        ),
    ] = None
    model: Annotated[bool, Meta(description="Use the embedding model")] = False
    recipe: Annotated[Annotated[str, Meta(max_length=40)] | None, Meta(description="The named ranking recipe")] = None
    arms: Annotated[bool, Meta(description="Measure single arms and the other recipes beside it")] = False
    questions: Annotated[Annotated[int, Meta(ge=1)] | None, Meta(description="Ask only so many, a fixed sample")] = None
    size: Annotated[
        int,
        Meta(
            ge=100,
            le=1_000_000,
            description="Memories and turns in the store measured by ops and hooks; megabytes for mining, links for graph",
        ),
    ] = 10_000
    out: Annotated[
        Annotated[str, Meta(max_length=4096)] | None,
        Meta(description="Write the full result to this file: question by question, or the gate's new baseline"),
    ] = None


EntityKind = Literal["code", "path", "package", "person", "page", "name", "url", "project", "organization", "concept"]
NodeName = Annotated[
    str, Meta(min_length=1, max_length=300, description="The id of a memory, or an entity by its id, name or alias")
]
LinkKinds = Annotated[list[LinkKind], Meta(max_length=8, description="Only links of these kinds")]
Weight = Annotated[float, Meta(ge=0, le=1)]


class GraphRead(Request, frozen=True, kw_only=True):
    """What every read of links may ask: whose project names count, which links, and which moment on either clock."""

    namespace: Namespace | None = None
    cwd: Directory | None = None
    kinds: LinkKinds = field(default_factory=list)
    min_weight: Annotated[Weight, Meta(description="Only links of at least this weight, 0 to 1")] = 0.0
    as_of: Annotated[Instant | None, Meta(description="Only links that were in force then")] = None
    recorded_as_of: Annotated[Instant | None, Meta(description="Only what was known then")] = None


class GraphNeighbors(GraphRead, frozen=True, kw_only=True):
    """Show what a memory or entity is linked with."""

    id: NodeName
    direction: Annotated[Literal["both", "out", "in"], Meta(description="Which way the links lead")] = "both"
    limit: Limit = 50


class GraphPath(GraphRead, frozen=True, kw_only=True):
    """Show how two memories or entities hang together."""

    source: NodeName
    target: NodeName
    by: Annotated[
        Literal["shortest", "strongest"], Meta(description="With the fewest links, or the one that passes on most")
    ] = "shortest"
    depth: Annotated[int, Meta(ge=1, le=5, description="The most links on the way")] = 5


class GraphWalk(GraphRead, frozen=True, kw_only=True):
    """Show what lies around a memory or entity, over several links."""

    id: NodeName
    depth: Annotated[int, Meta(ge=1, le=5, description="The most links on the way")] = 3
    limit: Limit = 50


class GraphTimeline(Request, frozen=True):
    """Show what became linked with a memory or entity, and what ceased to be."""

    id: NodeName
    namespace: Namespace | None = None
    cwd: Directory | None = None
    kinds: LinkKinds = field(default_factory=list)
    since: Annotated[Instant | None, Meta(description="From this instant on")] = None
    as_of: Annotated[Instant | None, Meta(description="Up to this instant")] = None
    recorded_as_of: Annotated[Instant | None, Meta(description="Only what was known then")] = None
    limit: Limit = 100


class GraphAudit(Request, frozen=True):
    """Show what is odd about links and entities."""

    namespace: Namespace | None = None
    as_of: Annotated[Instant | None, Meta(description="Only links that were in force then")] = None
    recorded_as_of: Annotated[Instant | None, Meta(description="Only what was known then")] = None
    limit: Annotated[int, Meta(ge=1, le=1000, description="The most findings of each sort to show")] = 10


class GraphStats(Request, frozen=True):
    """Count entities and links."""

    namespace: Namespace | None = None
    as_of: Annotated[Instant | None, Meta(description="Only links that were in force then")] = None
    recorded_as_of: Annotated[Instant | None, Meta(description="Only what was known then")] = None


class GraphLink(Request, frozen=True):
    """Link two memories or entities, or tell anew when and how strongly they are linked."""

    source: NodeName
    target: Annotated[
        NodeName | None,
        Meta(description="What it is linked to; without one, what the text of a memory mentions is linked"),
    ] = None
    kind: Annotated[LinkKind, Meta(description="What the link says of its source")] = "related"
    weight: Annotated[
        Annotated[float, Meta(gt=0, le=1)] | None, Meta(description="How strong it is, up to 1; a new link has 1")
    ] = None
    valid_from: Annotated[Instant | None, Meta(description="When it came into force; now for a new link")] = None
    valid_until: Annotated[Instant | None, Meta(description="When it ceases to be in force")] = None
    evidence: Annotated[
        Annotated[str, Meta(min_length=1, max_length=1000)] | None, Meta(description="What speaks for it")
    ] = None
    namespace: Namespace | None = None
    cwd: Directory | None = None
    reason: Reason | None = None


class GraphUnlink(Request, frozen=True):
    """Take a link back that was a mistake, or say when it ceased."""

    id: Annotated[str, Meta(min_length=1, max_length=200, description="The id of a link")]
    valid_until: Annotated[
        Instant | None, Meta(description="When it ceased to be in force; else it is taken back as never true")
    ] = None
    reason: Reason | None = None


class EntityAdd(Request, frozen=True):
    """Name a thing, or give one more names."""

    name: Annotated[str, Meta(min_length=1, max_length=300, description="What it is called")]
    kind: Annotated[EntityKind, Meta(description="What sort of thing it is")] = "name"
    aliases: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=300)]],
        Meta(max_length=32, description="What else it is called"),
    ] = field(default_factory=list)
    namespace: Namespace | None = None
    cwd: Directory | None = None
    reason: Reason | None = None


class EntityList(Request, frozen=True):
    """List entities, newest first."""

    query: Annotated[
        Annotated[str, Meta(min_length=1, max_length=300)] | None, Meta(description="Only with this in a name or alias")
    ] = None
    namespace: Namespace | None = None
    kind: Annotated[EntityKind | None, Meta(description="Only this kind")] = None
    merged: Annotated[bool, Meta(description="Also those that were merged into others")] = False
    limit: Limit = 50
    before: Annotated[
        Annotated[str, Meta(max_length=40)] | None, Meta(description="Continue after this id of the page before")
    ] = None


class EntityMerge(Request, frozen=True):
    """Say that an entity is another one; split takes it back."""

    id: Annotated[str, Meta(min_length=1, max_length=300, description="The entity that is another, by id or name")]
    into: Annotated[str, Meta(min_length=1, max_length=300, description="The entity that it is, by id or name")]
    namespace: Namespace | None = None
    cwd: Directory | None = None
    reason: Reason | None = None


class EntitySplit(Request, frozen=True):
    """Make a merged entity one of its own again."""

    id: Annotated[str, Meta(min_length=1, max_length=300, description="The id of the entity that was merged")]
    reason: Reason | None = None
