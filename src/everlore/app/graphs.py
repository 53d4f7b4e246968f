"""Handlers of the operations on the graph: links and entities, read through a caller's sight and written in its name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

from everlore.app import answers, requests
from everlore.app.authority import changes as begin
from everlore.app.authority import may_write, sight
from everlore.app.caller import Caller
from everlore.app.scope import scope_pattern, target, where
from everlore.core.clock import to_iso
from everlore.core.errors import Conflict, InvalidInput, NotFound
from everlore.core.types import Link, Memory, Namespace
from everlore.graph import audit as audits
from everlore.graph import entities, links, walks
from everlore.graph import timeline as timelines
from everlore.graph.entities import Entity
from everlore.graph.mentioning import mention
from everlore.guard.redact import label
from everlore.memory import life
from everlore.memory.changes import Changes, may_see, memory_of
from everlore.store import namespaces
from everlore.store.sight import Sight, limits

if TYPE_CHECKING:
    from everlore.app.app import App
    from everlore.store.contract import Unit

_HINT = "`lore list` prints ids of memories, `lore entity list` names and ids of entities"


def neighbors(app: App, caller: Caller, request: requests.GraphNeighbors) -> answers.Neighbors:
    """Return what a node is linked with."""
    with app.read() as unit:
        look = Look(app, unit, caller, request)
        start = look.start(request.id)
        found, every = [], look.graph.steps(start.id, request.direction)
        for step in every:
            found.append(step)
            if len(found) == request.limit:
                break
        count = len(found) if len(found) < request.limit else max(look.graph.degree(start.id), len(found))
        return answers.Neighbors(node=node_view(start), links=count, neighbors=look.steps(found))


def walk(app: App, caller: Caller, request: requests.GraphWalk) -> answers.Walked:
    """Return what lies around a node."""
    with app.read() as unit:
        look = Look(app, unit, caller, request)
        start = look.start(request.id)
        reached = walks.walk(look.graph, start.id, depth=request.depth, limit=request.limit)
        look.know(step for each in reached for step in each.steps)
        return answers.Walked(
            start=node_view(start),
            reached=[
                answers.ReachedView(node=look.view(each.node), score=round(each.score, 6), path=look.steps(each.steps))
                for each in reached
            ],
        )


def path(app: App, caller: Caller, request: requests.GraphPath) -> answers.PathFound:
    """Return how two nodes hang together."""
    with app.read() as unit:
        look = Look(app, unit, caller, request)
        source, end = look.start(request.source, "source"), look.start(request.target, "target")
        found = walks.path(look.graph, source.id, end.id, by=request.by, depth=request.depth)
        return answers.PathFound(
            source=node_view(source), target=node_view(end), found=found is not None, score=round(found.score, 6) if found else 0.0,
            path=look.steps(found.steps) if found else [],
        )  # fmt: skip


def timeline(app: App, caller: Caller, request: requests.GraphTimeline) -> answers.LinkEvents:
    """Return what became linked with a node and what ceased to be."""
    with app.read() as unit:
        look = Look(app, unit, caller, request)
        start = look.start(request.id)
        until = app.instant(request.as_of, "as_of")
        since = app.instant(request.since, "since", edge="start")
        events = timelines.timeline(
            unit, look.graph, start.id, since=since, until=until, limit=request.limit, kinds=tuple(request.kinds)
        )
        look.know(event.step for event in events)
        told: dict[str, Literal["linked", "ceased", "taken back"]] = {"linked": "linked", "ceased": "ceased"}
        return answers.LinkEvents(
            node=node_view(start),
            events=[
                answers.LinkEvent(
                    time=to_iso(event.at) or "", what=told.get(event.what, "taken back"), step=look.step(event.step)
                )
                for event in events
            ],
        )


def audit(app: App, caller: Caller, request: requests.GraphAudit) -> answers.Audited:
    """Return what is odd."""
    with app.read() as unit:
        look = Look(app, unit, caller, request)
        found = audits.audit(unit, look.graph, look.scope)
        shown = {what: each[: request.limit] for what, each in found.items()}
        look.names(uid for each in shown.values() for oddity in each for uid in oddity.nodes)
        return answers.Audited(
            counts={what: len(each) for what, each in found.items()},
            found={what: [look.oddity(each) for each in some] for what, some in shown.items() if some},
        )


def stats(app: App, caller: Caller, request: requests.GraphStats) -> answers.GraphCounts:
    """Return how large the graph is."""
    with app.read() as unit:
        look = Look(app, unit, caller, request)
        found = audits.census(unit, look.graph, look.scope)
        look.names(uid for uid, _ in found.hubs)
        return answers.GraphCounts(
            entities=dict(found.entities.most_common()), merged=found.merged, memories=found.memories.total(),
            linked_memories=found.linked_memories, links=dict(found.links.most_common()), ended=found.ended, dead=found.dead,
            with_evidence=found.with_evidence,
            most_linked=[look.oddity(audits.Oddity("node", (uid,), count=count)) for uid, count in found.hubs],
        )  # fmt: skip


def link(app: App, caller: Caller, request: requests.GraphLink) -> answers.Linked:
    """Link two nodes, or a memory with all that its text mentions."""
    told = links.Told(
        request.weight, app.instant(request.valid_from, "valid_from", edge="start"), app.instant(request.valid_until, "valid_until"),
        label(request.evidence),
    )  # fmt: skip
    if told.valid_from is not None and told.valid_until is not None and told.valid_until <= told.valid_from:
        raise InvalidInput("valid_until must be later than valid_from", field="valid_until")
    with app.write() as unit:
        seen = sight(unit, caller)
        here = where(app, unit, request.namespace, request.cwd, seen)
        source = _find(unit, request.source, here, seen, request.namespace is not None, "source")
        node = namespaces.by_id(unit, source.namespace)
        may_write(unit, caller, node)
        changes = begin(app, unit, caller)
        if request.target is None:
            written = mention(changes, _memory(source))
        else:
            end = _find(unit, request.target, here, seen, request.namespace is not None, "target")
            written = _link(changes, request.kind, source, end, told)
        operation = _finish(changes, "graph-link", node, request.reason) if changes.noted else None
    return answers.Linked(
        outcome="linked" if operation else "unchanged", links=[edge_view(each) for each in written], operation=operation
    )


def _link(changes: Changes, kind: str, source: Memory | Entity, end: Memory | Entity, told: links.Told) -> list[Link]:
    if kind != "supersedes":
        return [links.put(changes, kind, source.uid, end.uid, told)[0]]
    if not isinstance(source, Memory) or not isinstance(end, Memory):
        raise InvalidInput(
            "only a memory supersedes another", field="kind", hint="link entities with related, or merge them"
        )
    if told != links.Told(evidence=told.evidence):
        raise InvalidInput(
            "a memory supersedes another from when it became true, with its whole weight", field="valid_from",
            hint="`lore revise` sets when a memory became true",
        )  # fmt: skip
    known = links.between(changes.unit, kind, source.uid, end.uid)
    if known or source.uid == end.uid:
        return known or [links.put(changes, kind, source.uid, end.uid, told)[0]]
    if source.state != "active" or end.state != "active":
        old = source if source.state != "active" else end
        raise Conflict(f"{old.uid} is {old.state}; only what is active supersedes or is superseded", field="kind")
    life.supersede(changes, end, source)
    return links.between(changes.unit, kind, source.uid, end.uid)


def unlink(app: App, caller: Caller, request: requests.GraphUnlink) -> answers.Linked:
    """Take a link back, or say when it ceased."""
    until = app.instant(request.valid_until, "valid_until")
    with app.write() as unit:
        row, seen = unit.one("graph_link", uid=request.id), sight(unit, caller)
        known = Link(*row) if row else None
        if (
            known is None
            or known.recorded_until is not None
            or not all(may_see(unit, end, seen) for end in (known.source, known.target))
        ):
            raise NotFound(
                f"there is no link {request.id!r}", field="id", hint="`lore graph neighbors` prints ids of links"
            )
        if known.kind == "supersedes":
            raise Conflict(
                "what was superseded is brought back as a whole", field="id", hint=f"`lore restore {known.target}`"
            )
        node = namespaces.by_id(unit, _end(unit, known.source).namespace)
        may_write(unit, caller, node)
        changes = begin(app, unit, caller)
        if until is None:
            links.take_back(changes, known)
        else:
            known = links.end(changes, known, until)
        operation = _finish(changes, "graph-unlink", node, request.reason) if changes.noted else None
    outcome: Any = ("taken back" if until is None else "ended") if operation else "unchanged"
    return answers.Linked(outcome=outcome, links=[edge_view(known)], operation=operation)


def add_entity(app: App, caller: Caller, request: requests.EntityAdd) -> answers.EntityChanged:
    """Make an entity unless there is one, and give it its other names."""
    name = entities.clean(label(request.name))
    with app.write() as unit:
        node = target(app, unit, request.namespace, request.cwd, app.clock())
        changes = begin(app, unit, caller)
        known = [each for each in entities.called(unit, name, node, request.kind) if each.kind == request.kind]
        node = namespaces.by_id(unit, known[0].namespace) if known else node
        may_write(unit, caller, node)
        entity = known[0] if known else entities.make(changes, request.kind, name, node)
        for alias in request.aliases:
            entities.add_alias(changes, entity, label(alias))
        operation = _finish(changes, "entity-add", node, request.reason) if changes.noted else None
        return answers.EntityChanged(entity=_entity(unit, entity), operation=operation)


def list_entities(app: App, caller: Caller, request: requests.EntityList) -> answers.EntitiesListed:
    """Return a page of entities."""
    with app.read() as unit:
        seen = sight(unit, caller)
        rows = unit.rows(
            "entities_listed", kind=request.kind, before=request.before, scope=scope_pattern(unit, request.namespace, seen),
            seen=limits(unit, seen)["seen"], merged=request.merged, part=request.query, limit=request.limit + 1,
        )  # fmt: skip
        found = [_entity(unit, Entity(*row[:8])) for row in rows[: request.limit]]
        return answers.EntitiesListed(entities=found, next=found[-1].id if len(rows) > request.limit else None)


def merge_entities(app: App, caller: Caller, request: requests.EntityMerge) -> answers.EntityChanged:
    """Say that an entity is another one."""
    with app.write() as unit:
        seen = sight(unit, caller)
        here = where(app, unit, request.namespace, request.cwd, seen)
        entity = _named(unit, request.id, here, seen, request.namespace is not None)
        into = _named(unit, request.into, here, seen, request.namespace is not None)
        for each in (entity, into):
            may_write(unit, caller, namespaces.by_id(unit, each.namespace))
        changes = begin(app, unit, caller)
        entities.merge(changes, entity, into)
        operation = _finish(changes, "entity-merge", namespaces.by_id(unit, entity.namespace), request.reason)
        return answers.EntityChanged(entity=_entity(unit, entities.entity_of(unit, entity.uid)), operation=operation)


def split_entity(app: App, caller: Caller, request: requests.EntitySplit) -> answers.EntityChanged:
    """Make a merged entity one of its own again."""
    with app.write() as unit:
        entity = entities.entity_of(unit, request.id, sight(unit, caller))
        node = namespaces.by_id(unit, entity.namespace)
        may_write(unit, caller, node)
        changes = begin(app, unit, caller)
        entities.split(changes, entity)
        operation = _finish(changes, "entity-split", node, request.reason)
        return answers.EntityChanged(entity=_entity(unit, entities.entity_of(unit, entity.uid)), operation=operation)


class Look:
    """One read of the graph: its lens, where names count, and the nodes that are shown."""

    def __init__(self, app: App, unit: Unit, caller: Caller, request: requests.Request) -> None:
        self._unit = unit
        self.sight = sight(unit, caller)
        self._explicit = getattr(request, "namespace", None) is not None
        named, cwd = getattr(request, "namespace", None), getattr(request, "cwd", None)
        self._node = where(app, unit, named, cwd, self.sight)
        self.scope = f"% {self._node.id} %" if self._node and self._explicit else None
        known = app.instant(getattr(request, "recorded_as_of", None), "recorded_as_of")
        at = app.instant(getattr(request, "as_of", None), "as_of")
        moment = app.clock() if at is None and known is None else known if at is None else at
        assert moment is not None
        self.graph = walks.Graph(
            unit,
            walks.Lens(
                moment, known, tuple(getattr(request, "kinds", ())), getattr(request, "min_weight", 0.0), self.sight
            ),
        )
        self._known: dict[str, walks.Node] = {}
        self._steps: dict[tuple[str, str], answers.StepView] = {}

    def start(self, name: str, field: str = "id") -> walks.Node:
        """Return the node that is named."""
        found = _find(self._unit, name, self._node, self.sight, self._explicit, field)
        node = self.graph.node(self.graph.root(found.uid))
        if node is None:
            raise NotFound(
                f"{name!r} is not there to be walked from at that time",
                field=field,
                hint="it was put away, or not yet known",
            )
        self._known[node.id] = node
        return node

    def know(self, steps: Iterable[walks.Step]) -> None:
        """Read the nodes of some steps at once."""
        self.names(step.to for step in steps)

    def names(self, uids: Iterable[str]) -> None:
        """Read nodes that are to be shown."""
        if missing := set(uids) - self._known.keys():
            self._known |= self.graph.nodes(missing)

    def view(self, uid: str) -> answers.NodeView:
        """Return a node that is known."""
        return node_view(self._known[uid])

    def step(self, step: walks.Step) -> answers.StepView:
        """Return one step."""
        key = step.link.uid, step.to
        if key not in self._steps:  # many ways begin with the same steps
            self._steps[key] = answers.StepView(link=edge_view(step.link), to=self.view(step.to), forward=step.forward)
        return self._steps[key]

    def steps(self, steps: Iterable[walks.Step]) -> list[answers.StepView]:
        """Return steps in their order."""
        steps = list(steps)
        self.know(step for step in steps if step.to not in self._known)
        return [self.step(step) for step in steps if step.to in self._known]

    def oddity(self, odd: audits.Oddity) -> answers.OddityView:
        """Return one finding; a node that no longer stands has no name to show."""
        names = [self._known[uid].name if uid in self._known else "" for uid in odd.nodes]
        return answers.OddityView(
            what=odd.what, ids=list(odd.nodes), names=names, link=odd.link, kind=odd.kind, count=odd.count
        )


def _find(unit: Unit, name: str, node: Namespace | None, seen: Sight, explicit: bool, field: str) -> Memory | Entity:
    """Return the memory or entity that is named: by id, else by name from a node upwards and then anywhere."""
    if unit.one("memory_by_uid", uid=name) is not None:
        return memory_of(unit, name, seen)
    try:
        return _named(unit, name, node, seen, explicit)
    except NotFound:
        raise NotFound(f"there is no memory or entity {name!r}", field=field, hint=_HINT) from None


def _named(unit: Unit, name: str, node: Namespace | None, seen: Sight, explicit: bool) -> Entity:
    try:
        return entities.resolve(unit, name, node, seen)
    except NotFound:
        if explicit or node is None:
            raise
        return entities.resolve(unit, name, None, seen)


def _end(unit: Unit, uid: str) -> Memory | Entity:
    return memory_of(unit, uid) if unit.one("memory_by_uid", uid=uid) is not None else entities.entity_of(unit, uid)


def _memory(node: Memory | Entity) -> Memory:
    if isinstance(node, Entity):
        raise InvalidInput(
            "target: name what the entity is linked to; only a memory has a text to read", field="target"
        )
    return node


def _finish(changes: Changes, operation: str, node: Namespace, reason: str | None) -> str:
    return changes.finish(operation=operation, namespace=node.path, reason=label(reason)).uid


def node_view(node: walks.Node) -> answers.NodeView:
    """Return a node as every surface shows it."""
    what: Any = node.what
    return answers.NodeView(
        id=node.id, what=what, kind=node.kind, name=node.name, namespace=node.namespace, state=node.state
    )


def edge_view(link: Link) -> answers.EdgeView:
    """Return a link as every surface shows it."""
    return answers.EdgeView(
        id=link.uid, kind=link.kind, source=link.source, target=link.target, weight=link.weight, valid_from=to_iso(links.begins(link)) or "",
        valid_until=to_iso(link.valid_until), recorded=to_iso(link.recorded) or "", evidence=link.evidence,
    )  # fmt: skip


def _entity(unit: Unit, entity: Entity) -> answers.EntityView:
    return answers.EntityView(
        id=entity.uid, kind=entity.kind, name=entity.name, aliases=entities.aliases(unit, entity),
        namespace=namespaces.by_id(unit, entity.namespace).path, merged=entity.merged,
    )  # fmt: skip
