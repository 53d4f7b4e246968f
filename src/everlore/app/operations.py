"""Every operation once: its name, what it takes and answers, its effect, and where its handler is.

CLI commands, MCP tools, HTTP routes, the OpenAPI document and the reference pages are projections of `OPERATIONS`, so a
rule cannot exist in one surface alone. Handlers are named, not imported: a command loads only what it runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal

from everlore.app import answers, requests

Effect = Literal["read", "write", "destroy"]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation. `default` tells whether MCP shows it without `--profile full`; `idempotent` is about repeating it.

    `writes_file` marks a read that leaves the store as it is but writes a file where it is told.
    """

    name: str
    summary: str
    request: type[requests.Request]
    answer: type[answers.Answer]
    effect: Effect
    handler: str
    default: bool = False
    idempotent: bool = True
    positional: tuple[str, ...] = ()
    writes_file: bool = False

    def load(self) -> Any:  # noqa: ANN401 - handlers differ in their request and answer types
        """Import and return the handler: `handler(app, caller, request) -> answer`."""
        module, function = self.handler.split(":")
        return getattr(import_module(module), function)


_H = "everlore.app."

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "remember",
        "Keep one piece of knowledge; says whether it was kept, merged, superseded something or is held",
        requests.Remember,
        answers.Remembered,
        "write",
        _H + "knowledge:remember",
        default=True,
        positional=("text",),
    ),
    Operation(
        "recall",
        "Find what is relevant to a question, with date and source, or nothing",
        requests.Recall,
        answers.Recalled,
        "read",
        _H + "search:recall",
        default=True,
        positional=("query",),
    ),
    Operation(
        "get",
        "Show one memory or turn whole",
        requests.Get,
        answers.Got,
        "read",
        _H + "knowledge:get",
        default=True,
        positional=("id",),
    ),
    Operation(
        "list",
        "List memories, newest first",
        requests.List,
        answers.Listed,
        "read",
        _H + "knowledge:list_memories",
        default=True,
    ),
    Operation(
        "history",
        "Show every revision of a memory",
        requests.History,
        answers.Chain,
        "read",
        _H + "knowledge:history",
        positional=("id",),
    ),
    Operation(
        "revise",
        "Give a memory a new revision; the old one stays",
        requests.Revise,
        answers.Changed,
        "write",
        _H + "knowledge:revise",
        default=True,
        idempotent=False,
        positional=("id", "text"),
    ),
    Operation(
        "forget",
        "Archive a memory; restore brings it back",
        requests.Forget,
        answers.Changed,
        "write",
        _H + "knowledge:forget",
        default=True,
        positional=("id",),
    ),
    Operation(
        "restore",
        "Bring back an archived, superseded or held memory or an earlier revision",
        requests.Restore,
        answers.Changed,
        "write",
        _H + "knowledge:restore",
        positional=("id",),
    ),
    Operation(
        "undo",
        "Reverse an operation, the last one if none is named",
        requests.Undo,
        answers.Undone,
        "write",
        _H + "knowledge:undo",
        default=True,
        idempotent=False,
        positional=("operation",),
    ),
    Operation(
        "timeline",
        "Show what became true and what changed, in order of time",
        requests.Timeline,
        answers.Events,
        "read",
        _H + "knowledge:timeline",
        default=True,
    ),
    Operation(
        "check-duplicate",
        "Say what remember would do with a text, without writing",
        requests.CheckDuplicate,
        answers.Checked,
        "read",
        _H + "knowledge:check_duplicate",
        positional=("text",),
    ),
    Operation(
        "import",
        "Read conversations or memories from a file or directory",
        requests.Import,
        answers.Imported,
        "write",
        _H + "exchange:import_path",
        positional=("path",),
    ),
    Operation(
        "export",
        "Write the whole store to one file, losslessly",
        requests.Export,
        answers.Exported,
        "read",
        _H + "exchange:export_path",
        writes_file=True,
        positional=("path",),
    ),
    Operation(
        "hook",
        "Take in what an agent's client tells of its session; answers what the client is to print",
        requests.Hook,
        answers.Hooked,
        "write",
        _H + "hooks:hook",
        positional=("client", "event"),
    ),
    Operation(
        "drain",
        "Store what hooks left in the spool while no server was running",
        requests.Drain,
        answers.Drained,
        "write",
        _H + "hooks:drain",
    ),
    Operation(
        "mine",
        "Read the transcripts that agents' clients leave on disk, what is new of them",
        requests.Mine,
        answers.Mined,
        "write",
        _H + "mining:mine",
        positional=("paths",),
    ),
    Operation(
        "sessions",
        "List sessions of agents, the latest first",
        requests.Sessions,
        answers.SessionList,
        "read",
        _H + "transcripts:sessions",
    ),
    Operation(
        "transcripts-search",
        "Find what was said and done in sessions, also after the client has deleted its own record",
        requests.TranscriptsSearch,
        answers.Recalled,
        "read",
        _H + "transcripts:search",
        positional=("query",),
    ),
    Operation(
        "handoff",
        "Show what the last session in this project left for the next, or one handoff by its id",
        requests.Handoff,
        answers.Handoffs,
        "read",
        _H + "handoffs:show",
        default=True,
        positional=("id",),
    ),
    Operation(
        "handoff-list",
        "List handoffs, newest first",
        requests.HandoffList,
        answers.Handoffs,
        "read",
        _H + "handoffs:list_handoffs",
    ),
    Operation(
        "handoff-begin",
        "Write a handoff now, from the latest session of the project or in words of your own",
        requests.HandoffBegin,
        answers.HandoffChanged,
        "write",
        _H + "handoffs:begin",
        idempotent=False,
        positional=("text",),
    ),
    Operation(
        "handoff-accept",
        "Claim a handoff, so that no other session is offered it",
        requests.HandoffAccept,
        answers.HandoffChanged,
        "write",
        _H + "handoffs:accept",
        idempotent=False,
        positional=("id",),
    ),
    Operation(
        "handoff-cancel",
        "Take a handoff back; reopen offers it again",
        requests.HandoffCancel,
        answers.HandoffChanged,
        "write",
        _H + "handoffs:cancel",
        idempotent=False,
        positional=("id",),
    ),
    Operation(
        "handoff-reopen",
        "Offer a handoff again that was claimed, cancelled or has expired",
        requests.HandoffReopen,
        answers.HandoffChanged,
        "write",
        _H + "handoffs:reopen",
        idempotent=False,
        positional=("id",),
    ),
    Operation(
        "graph-neighbors",
        "Show what a memory or entity is linked with",
        requests.GraphNeighbors,
        answers.Neighbors,
        "read",
        _H + "graphs:neighbors",
        positional=("id",),
    ),
    Operation(
        "graph-path",
        "Show how two memories or entities hang together",
        requests.GraphPath,
        answers.PathFound,
        "read",
        _H + "graphs:path",
        positional=("source", "target"),
    ),
    Operation(
        "graph-walk",
        "Show what lies around a memory or entity, over several links",
        requests.GraphWalk,
        answers.Walked,
        "read",
        _H + "graphs:walk",
        positional=("id",),
    ),
    Operation(
        "graph-timeline",
        "Show what became linked with a memory or entity, and what ceased to be",
        requests.GraphTimeline,
        answers.LinkEvents,
        "read",
        _H + "graphs:timeline",
        positional=("id",),
    ),
    Operation(
        "graph-audit",
        "Show what is odd about links and entities",
        requests.GraphAudit,
        answers.Audited,
        "read",
        _H + "graphs:audit",
    ),
    Operation(
        "graph-stats",
        "Count entities and links",
        requests.GraphStats,
        answers.GraphCounts,
        "read",
        _H + "graphs:stats",
    ),
    Operation(
        "graph-link",
        "Link two memories or entities, or all that a memory mentions; dated, weighted, with evidence",
        requests.GraphLink,
        answers.Linked,
        "write",
        _H + "graphs:link",
        positional=("source", "target"),
    ),
    Operation(
        "graph-unlink",
        "Take a link back, or say when it ceased",
        requests.GraphUnlink,
        answers.Linked,
        "write",
        _H + "graphs:unlink",
        idempotent=False,
        positional=("id",),
    ),
    Operation(
        "entity-add",
        "Name a thing, with its kind and other names",
        requests.EntityAdd,
        answers.EntityChanged,
        "write",
        _H + "graphs:add_entity",
        positional=("name",),
    ),
    Operation(
        "entity-list",
        "List entities, newest first",
        requests.EntityList,
        answers.EntitiesListed,
        "read",
        _H + "graphs:list_entities",
        positional=("query",),
    ),
    Operation(
        "entity-merge",
        "Say that an entity is another one; split takes it back",
        requests.EntityMerge,
        answers.EntityChanged,
        "write",
        _H + "graphs:merge_entities",
        idempotent=False,
        positional=("id", "into"),
    ),
    Operation(
        "entity-split",
        "Make a merged entity one of its own again",
        requests.EntitySplit,
        answers.EntityChanged,
        "write",
        _H + "graphs:split_entity",
        idempotent=False,
        positional=("id",),
    ),
    Operation(
        "status",
        "Say what is in the store and how it is doing",
        requests.Status,
        answers.StoreStatus,
        "read",
        _H + "upkeep:status",
    ),
    Operation(
        "verify",
        "Walk the journal and compare every derived index with its truth",
        requests.Verify,
        answers.Verified,
        "read",
        _H + "upkeep:verify",
    ),
    Operation(
        "rebuild",
        "Make all derived data again from the truth",
        requests.Rebuild,
        answers.Rebuilt,
        "write",
        _H + "upkeep:rebuild",
    ),
    Operation(
        "embed",
        "Give every passage its vectors now instead of in the background",
        requests.Embed,
        answers.Embedded,
        "write",
        _H + "embedding:embed",
    ),
    Operation(
        "backup",
        "Copy the running store to a file",
        requests.Backup,
        answers.BackedUp,
        "read",
        _H + "upkeep:backup",
        writes_file=True,
        positional=("path",),
    ),
    Operation(
        "restore-backup",
        "Put a backup in the place of the store; the present one is kept beside it",
        requests.RestoreBackup,
        answers.StoreStatus,
        "destroy",
        _H + "upkeep:restore_backup",
        positional=("path",),
    ),
    Operation(
        "bench",
        "Measure recall quality or operation speed",
        requests.Bench,
        answers.Measured,
        "read",
        "everlore.bench.operation:run",
        writes_file=True,
        positional=("what",),
    ),
)

BY_NAME: dict[str, Operation] = {operation.name: operation for operation in OPERATIONS}
