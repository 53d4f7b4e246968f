"""Handlers on the tree of namespaces: the taxonomy with its counts, moving a node, and the standards that nodes hand down.

A standard is a memory attached to a node under a name. It holds at the node and everywhere below it, unless something
nearer has the name; one that the caller may not see, or that is not active any more, is as if it were not there.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from everlore.app import answers, requests
from everlore.app.authority import changes as begin
from everlore.app.authority import may_write, sight
from everlore.app.caller import Caller
from everlore.app.scope import project
from everlore.core import ids
from everlore.core import namespaces as paths
from everlore.core.errors import Conflict, InvalidInput, NotFound
from everlore.core.types import Memory, Namespace, Revision
from everlore.guard.redact import label
from everlore.memory.changes import head_of, memory_of
from everlore.store import index, namespaces
from everlore.store.sight import Sight, limits

if TYPE_CHECKING:
    from everlore.app.app import App
    from everlore.store.contract import Unit

_LAST = "\U0010ffff"
"""What is greater than every path."""


def taxonomy(app: App, caller: Caller, request: requests.Namespaces) -> answers.Tree:
    """Return the tree, or a part of it, with the counts of what the caller sees; no memory is read for it.

    Who has a place in the tree sees the tree of its workspace.
    """
    with app.read() as unit:
        seen = sight(unit, caller)
        root = namespaces.require(unit, request.namespace, seen) if request.namespace else None
        home = namespaces.by_id(unit, seen.place[0]) if seen.place and not seen.all else None
        top = root or home
        low = top.path.lower().replace("/", "\x01") if top else ""
        first = root.path.count("/") if root else 0
        rows = unit.rows(
            "tree",
            low=low,
            high=f"{low}\x02" if top else _LAST,
            deepest=first + request.depth - 1,
            **limits(unit, seen),
        )
    sums = [(0, 0, 0, 0)] * (paths.MAX_DEPTH + 1)
    views = []
    for uid, path, depth, memories, sessions, turns, nodes, *own in reversed(rows):
        n, m, s, t = sums[depth + 1]  # of the nodes below, which come after theirs
        n, m, s, t = n + nodes, m + memories, s + sessions, t + turns
        sums[depth + 1] = (0, 0, 0, 0)
        counts = answers.Counts(namespaces=n - 1, memories=m, sessions=s, turns=t)
        views.append(
            answers.NamespaceView(id=uid, namespace=path, memories=own[0], sessions=own[1], turns=own[2], below=counts)
        )
        beside = sums[depth]
        sums[depth] = (beside[0] + n, beside[1] + m, beside[2] + s, beside[3] + t)
    total = sums[first]
    return answers.Tree(
        namespaces=views[::-1],
        total=answers.Counts(namespaces=total[0], memories=total[1], sessions=total[2], turns=total[3]),
    )


def move(app: App, caller: Caller, request: requests.NamespaceMove) -> answers.Moved:
    """Give a node another path; directories and sessions that belong to it go with it, as they know it by its row."""
    with app.write() as unit:
        node = namespaces.require(unit, request.namespace, sight(unit, caller))
        may_write(unit, caller, node)
        after = "/".join(_path(label(request.to)))
        if after == node.path:
            raise Conflict(f"{node.path} lies there already", field="to", hint="there is nothing to move")
        if f"{after}/".lower().startswith(f"{node.path}/".lower()) and after.lower() != node.path.lower():
            raise InvalidInput(f"{after} lies below {node.path} itself", field="to", hint="move it to another branch")
        must_fit(unit, node, after)
        if "/" in after:
            may_write(unit, caller, namespaces.ensure(unit, after.rpartition("/")[0], app.clock()))
        changes = begin(app, unit, caller)
        changes.set("namespace.path", node.uid, node.path, after)
        number = len(unit.rows("namespaces_in", pattern=f"% {node.id} %"))
        entry = changes.finish(operation="namespace-move", namespace=after, reason=label(request.reason))
    return answers.Moved(id=node.uid, before=node.path, namespace=after, namespaces=number, operation=entry.uid)


def _path(text: str) -> tuple[str, ...]:
    try:
        return paths.parse(text, "to")
    except InvalidInput as error:
        if error.message.endswith("segments"):
            raise _too_deep(text) from None
        raise


def _too_deep(path: str) -> InvalidInput:
    return InvalidInput(
        f"{path[:80]} would lie deeper than {paths.MAX_DEPTH} levels", field="to",
        hint="move it higher up, or move what lies deepest out of it first",
    )  # fmt: skip


def must_fit(unit: Unit, node: Namespace, after: str) -> None:
    """Raise `InvalidInput` where something below the node would come to lie too deep."""
    for row in unit.rows("namespaces_in", pattern=f"% {node.id} %"):
        path = after + row[2][len(node.path) :]
        if path.count("/") >= paths.MAX_DEPTH:
            raise _too_deep(path)


@dataclass(frozen=True, slots=True)
class Standard:
    """A standard that holds at a node: its name, where it is attached, and the memory with the revision on top."""

    name: str
    namespace: int
    memory: Memory
    revision: Revision


def standards(app: App, caller: Caller, request: requests.Standards) -> answers.StandardList:
    """Return the standards that hold at a node, each with the node that it comes from."""
    with app.read() as unit:
        seen = sight(unit, caller)
        node = _node(app, unit, request.namespace, request.cwd, seen)
        return answers.StandardList(
            namespace=node.path,
            standards=[
                answers.StandardView(
                    name=each.name, namespace=namespaces.by_id(unit, each.namespace).path, inherited=each.namespace != node.id,
                    memory=each.memory.uid, kind=each.memory.kind, title=each.revision.title, text=each.revision.text,
                )
                for each in holding(unit, node, seen, app.clock())
            ],
        )  # fmt: skip


def holding(unit: Unit, node: Namespace, seen: Sight, now: int) -> list[Standard]:
    """Return the standards that hold at a node for a caller, by name: of each name the nearest that the caller sees."""
    nearest: dict[str, Standard] = {}
    for row in unit.rows("standards_of", nodes=json.dumps(node.lineage)):
        name = row[2].lower()
        held = nearest.get(name)
        if held is not None and node.lineage.index(held.namespace) > node.lineage.index(row[1]):
            continue
        known = unit.one("memory_by_uid", uid=row[3])
        memory = index.memory_from(known) if known else None
        if memory is None or memory.state != "active" or memory.has_ended(now):
            continue
        if not (seen.all or seen.sees(memory, namespaces.by_id(unit, memory.namespace))):
            continue
        head = head_of(unit, memory)
        if head.valid_until is None or head.valid_until > now:
            nearest[name] = Standard(row[2], row[1], memory, head)
    return [nearest[name] for name in sorted(nearest)]


def set_standard(app: App, caller: Caller, request: requests.StandardSet) -> answers.StandardChanged:
    """Attach a memory to a node under a name, in the place of the one that has the name there."""
    name = _name(request.name)
    with app.write() as unit:
        seen = sight(unit, caller)
        node = _node(app, unit, request.namespace, request.cwd, seen)
        may_write(unit, caller, node)
        memory = memory_of(unit, request.id, seen)
        if memory.state != "active":
            raise Conflict(
                f"{memory.uid} is {memory.state} and holds nowhere", field="id", hint=f"`lore restore {memory.uid}` brings it back"
            )  # fmt: skip
        old = unit.one("standard_at", namespace=node.id, name=name)
        if old is not None and old[3] == memory.uid:
            return answers.StandardChanged(
                name=name, namespace=node.path, memory=memory.uid, replaced=None, operation=None
            )
        changes = begin(app, unit, caller)
        if old is not None:
            changes.apply({"what": "standard", "id": old[0], "before": True, "after": False})
        uid = ids.fresh(changes.now)
        unit.run(
            "standard_insert", uid=uid, namespace=node.id, name=name, memory=memory.uid, recorded=changes.now, recorded_until=None
        )  # fmt: skip
        changes.note("standard", uid, before=False, after=True, memory=memory.uid)
        entry = changes.finish(operation="standard-set", namespace=node.path, reason=label(request.reason))
    return answers.StandardChanged(
        name=name, namespace=node.path, memory=memory.uid, replaced=old[3] if old else None, operation=entry.uid
    )


def drop_standard(app: App, caller: Caller, request: requests.StandardDrop) -> answers.StandardChanged:
    """Detach the standard that has a name at a node itself."""
    name = _name(request.name)
    with app.write() as unit:
        seen = sight(unit, caller)
        node = _node(app, unit, request.namespace, request.cwd, seen)
        may_write(unit, caller, node)
        row = unit.one("standard_at", namespace=node.id, name=name)
        if row is None:
            inherited = [each for each in holding(unit, node, seen, app.clock()) if each.name.lower() == name.lower()]
            where = namespaces.by_id(unit, inherited[0].namespace).path if inherited else ""
            raise NotFound(
                f"no standard {name!r} is attached to {node.path}", field="name",
                hint=f"it comes from {where}: drop it there, or set another here" if where else "`lore standards` shows them",
            )  # fmt: skip
        changes = begin(app, unit, caller)
        changes.apply({"what": "standard", "id": row[0], "before": True, "after": False})
        entry = changes.finish(operation="standard-drop", namespace=node.path, reason=label(request.reason))
    return answers.StandardChanged(name=row[2], namespace=node.path, memory=None, replaced=row[3], operation=entry.uid)


def _node(app: App, unit: Unit, namespace: str | None, cwd: str | None, seen: Sight) -> Namespace:
    node = project(app, unit, namespace, cwd, seen)
    if node is None:
        raise NotFound("this directory belongs to no project that is known", field="cwd", hint="name a namespace")
    return node


def _name(text: str) -> str:
    name = " ".join(label(text).split())
    if not name:
        raise InvalidInput("name: there is nothing in it but white space", field="name")
    return name
