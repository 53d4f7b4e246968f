"""Handlers that move projects and workspaces: each one operation that undo reverses, shown first where that is asked for.

`namespace-move` moves any node anywhere. These say what it is that moves, refuse what is none, tell how much goes along, and
merge where both ends hold something.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec

from everlore.app import answers, requests
from everlore.app.authority import changes as begin
from everlore.app.authority import may_write, sight
from everlore.app.living import OnlyShown
from everlore.app.tree import must_fit
from everlore.core import namespaces as paths
from everlore.core.errors import Conflict, Denied, InvalidInput
from everlore.core.types import Namespace
from everlore.graph import entities
from everlore.guard.redact import label
from everlore.memory.changes import Changes
from everlore.store import namespaces

if TYPE_CHECKING:
    from everlore.app.app import App
    from everlore.app.caller import Caller
    from everlore.store.contract import Unit

COUNTED = ("memories", "sessions", "turns", "entities", "handoffs", "namespaces")
_PROJECT = 2


def rename(app: App, caller: Caller, request: requests.RenameProject) -> answers.Touched:
    """Give a project another last segment."""
    (name,) = _segments(request.name, "name")
    return _move(app, caller, request, "rename-project", lambda node: f"{node.path.rpartition('/')[0]}/{name}", "name")


def move(app: App, caller: Caller, request: requests.MoveProject) -> answers.Touched:
    """Give a project another first segment."""
    (workspace,) = _segments(request.workspace, "workspace")
    return _move(
        app, caller, request, "move-project", lambda node: f"{workspace}/{node.path.rpartition('/')[2]}", "workspace"
    )


def _segments(path: str, field: str, number: int = 1) -> tuple[str, ...]:
    found = paths.parse(label(path), field)
    if len(found) != number:
        raise InvalidInput(
            f"{field}: expected one segment, without a slash",
            field=field,
            hint="namespace-move moves anything anywhere",
        )
    return found


def project_of(unit: Unit, caller: Caller, path: str) -> Namespace:
    """Return the project that is named; raise `InvalidInput` for what is none."""
    node = namespaces.require(unit, path, sight(unit, caller))
    if len(node.lineage) != _PROJECT:
        raise InvalidInput(
            f"{node.path} is no project: that is the second level, such as acme/web", field="project", hint="`lore namespaces` shows the tree"
        )  # fmt: skip
    return node


def may_count(unit: Unit, caller: Caller, *, dry_run: bool) -> None:
    """Raise `Denied` where a dry run would tell somebody how much there is of what they may not see."""
    if dry_run and not sight(unit, caller).all:
        hint = "ask for it without; where a person has to approve it, they see what it would do"
        raise Denied("a dry run counts what is private to others too", field="dry_run", hint=hint)


def counted(unit: Unit, node: Namespace) -> dict[str, int]:
    """Return how much of each sort lies at a node and below it."""
    row = unit.one("tree_counts", scope=f"% {node.id} %")
    assert row is not None
    return {name: number for name, number in zip(COUNTED, row, strict=True) if number}


def _move(
    app: App, caller: Caller, request: requests.RenameProject | requests.MoveProject, operation: str, after_of: Callable[[Namespace], str], field: str
) -> answers.Touched:  # fmt: skip
    answer: answers.Touched | None = None
    with suppress(OnlyShown), app.write() as unit:
        node = project_of(unit, caller, request.project)
        may_write(unit, caller, node)
        may_count(unit, caller, dry_run=request.dry_run)
        after = after_of(node)
        if after == node.path:
            raise Conflict(f"{node.path} lies there already", field=field, hint="there is nothing to move")
        must_fit(unit, node, after)
        may_write(unit, caller, namespaces.ensure(unit, after.rpartition("/")[0], app.clock()))
        changes = begin(app, unit, caller)
        changes.set("namespace.path", node.uid, node.path, after)
        remains = ["ids, links and what the journal says of the time before", "directories belong to it as they did"]
        answer = answers.Touched(
            before=node.path, namespace=after, touched=counted(unit, node), remains=remains, applied=not request.dry_run, operation=None,
        )  # fmt: skip
        answer = _finish(changes, answer, operation, after, request.reason)
    assert answer is not None
    return answer


def _finish(
    changes: Changes, answer: answers.Touched, operation: str, path: str, reason: str | None
) -> answers.Touched:
    if not answer.applied:
        raise OnlyShown
    entry = changes.finish(operation=operation, namespace=path, reason=label(reason))
    return msgspec.structs.replace(answer, operation=entry.uid)


def merge_workspace(app: App, caller: Caller, request: requests.MergeWorkspace) -> answers.Touched:
    """Move all of a workspace into another; where both have a node of a name, what lies at the one goes to the other."""
    (name,), (into,) = _segments(request.workspace, "workspace"), _segments(request.into, "into")
    answer: answers.Touched | None = None
    with suppress(OnlyShown), app.write() as unit:
        seen = sight(unit, caller)
        source, target = namespaces.require(unit, name, seen), namespaces.require(unit, into, seen)
        if source.id == target.id:
            raise InvalidInput("a workspace cannot be merged into itself", field="into")
        for node in (source, target):
            may_write(unit, caller, node)
        may_count(unit, caller, dry_run=request.dry_run)
        touched = Counter(counted(unit, source))
        changes = begin(app, unit, caller)
        emptied = _Merger(changes).merge(source, target)
        remains = [f"{path}, which is empty now" for path in emptied]
        answer = answers.Touched(
            before=source.path, namespace=target.path, touched=dict(touched), remains=remains, applied=not request.dry_run, operation=None,
        )  # fmt: skip
        if not changes.noted:
            raise Conflict(f"{source.path} holds nothing", field="workspace", hint="there is nothing to merge")
        answer = _finish(changes, answer, "merge-workspace", target.path, request.reason)
    assert answer is not None
    return answer


class _Merger:
    """Merging of one part of the tree into another, node by node."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._unit = changes.unit

    def merge(self, source: Namespace, target: Namespace) -> list[str]:
        """Move what lies at a node and below it; return the paths of the nodes that are left empty."""
        if ruled := [row[0] for row in self._unit.rows("node_ruled", namespace=source.id)]:
            raise Conflict(
                f"{', '.join(ruled[:3])} hold at {source.path} and would hold for all of {target.path}", field="workspace",
                hint="drop them first: `lore policy drop`, `lore agent retire`",
            )  # fmt: skip
        self._content(source, target)
        emptied = [source.path]
        for row in self._unit.rows("namespaces_in", pattern=f"% {source.id} %"):
            child = namespaces.by_id(self._unit, row[0])
            if len(child.lineage) != len(source.lineage) + 1 or child.lineage[-2] != source.id:
                continue
            path = f"{target.path}/{child.path.rpartition('/')[2]}"
            if twin := namespaces.find(self._unit, path):
                emptied += self.merge(child, twin)
            else:
                must_fit(self._unit, child, path)
                self._changes.set("namespace.path", child.uid, child.path, path)
        return emptied

    def _content(self, source: Namespace, target: Namespace) -> None:
        changes, unit = self._changes, self._unit
        for (uid,) in unit.rows("node_memories", namespace=source.id):
            changes.set("memory.namespace", uid, source.uid, target.uid)
        taken = {row[1].lower() for row in unit.rows("node_standard", namespace=target.id)}
        for uid, name in unit.rows("node_standard", namespace=source.id):
            if name.lower() in taken:  # what holds at the target goes on holding there
                changes.apply({"what": "standard", "id": uid, "before": True, "after": False})
            else:
                changes.set("standard.home", uid, source.uid, target.uid)
        for sort in ("session", "handoff", "place", "entity"):
            for (uid,) in unit.rows(f"node_{sort}", namespace=source.id):
                changes.set(f"{sort}.home", uid, source.uid, target.uid)
                if sort == "entity":
                    self._same(uid, target)

    def _same(self, uid: str, target: Namespace) -> None:
        """Say that an entity that came is the one of its name that was there."""
        mine = entities.Entity(*self._unit.one("entity_by_uid", uid=uid) or ())
        if mine.recorded_until is not None or mine.merged is not None:
            return
        twins = [
            each
            for each in entities.called(self._unit, mine.name, target, mine.kind)
            if each.uid != uid and each.namespace == target.id and each.kind == mine.kind
        ]
        if len(twins) == 1:
            entities.merge(self._changes, mine, twins[0])
