"""Handlers of who is who and who may do what: agents, and the rules of policy. Both are changed like anything else, and undone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from everlore.app import answers, requests
from everlore.app.authority import PEOPLE, sight
from everlore.app.authority import changes as begin
from everlore.app.caller import Caller
from everlore.core import ids
from everlore.core.clock import to_iso
from everlore.core.errors import InvalidInput, NotFound
from everlore.guard.policy import DEFAULTS
from everlore.guard.redact import label
from everlore.store import namespaces

if TYPE_CHECKING:
    from everlore.app.app import App
    from everlore.memory.changes import Changes
    from everlore.store.contract import Unit
    from everlore.store.sight import Sight


def register(app: App, caller: Caller, request: requests.AgentRegister) -> answers.AgentList:
    """Register an identity, in the place of what the name was registered as before."""
    name = label(" ".join(request.name.split()))
    if not name:
        raise InvalidInput("name: there is nothing in it but white space", field="name")
    if name.lower() in PEOPLE:
        raise InvalidInput(f"name: {name} is who speaks through the command line", field="name", hint="take another")
    with app.write() as unit:
        changes, seen = begin(app, unit, caller), sight(unit, caller)
        place = namespaces.ensure(unit, request.place, changes.now) if request.place else None
        _retire(changes, unit, name)
        uid = ids.fresh(changes.now)
        unit.run(
            "agent_insert", uid=uid, name=name, origin=request.origin, role=label(request.role), place=place.id if place else None,
            recorded=changes.now, recorded_until=None,
        )  # fmt: skip
        changes.note("agent", uid, False, True, name=name)
        entry = changes.finish(
            operation="agent-register", namespace=place.path if place else None, reason=label(request.reason)
        )
        return answers.AgentList(agents=_agents(unit, seen, name), operation=entry.uid)


def retire(app: App, caller: Caller, request: requests.AgentRetire) -> answers.AgentList:
    """Take a registration back."""
    with app.write() as unit:
        changes, seen = begin(app, unit, caller), sight(unit, caller)
        if not _agents(unit, seen, request.name) or not _retire(changes, unit, request.name):
            raise NotFound(f"no agent is registered as {request.name!r}", field="name", hint="`lore agents` lists them")
        entry = changes.finish(operation="agent-retire", namespace=None, reason=label(request.reason))
        return answers.AgentList(agents=_agents(unit, seen), operation=entry.uid)


def agents(app: App, caller: Caller, request: requests.Agents) -> answers.AgentList:
    """List who is registered."""
    with app.read() as unit:
        return answers.AgentList(agents=_agents(unit, sight(unit, caller)))


def policy(app: App, caller: Caller, request: requests.Policy) -> answers.Rules:
    """Show the rules in force."""
    with app.read() as unit:
        return _rules(unit, sight(unit, caller), request.namespace)


def set_rule(app: App, caller: Caller, request: requests.PolicySet) -> answers.Rules:
    """Set a rule, in the place of the one for the same effect, caller and node."""
    with app.write() as unit:
        changes, seen = begin(app, unit, caller), sight(unit, caller)
        node = namespaces.ensure(unit, request.namespace, changes.now) if request.namespace else None
        for row in unit.rows("rules"):
            if (row[1], row[2], row[3]) == (node.id if node else None, request.effect, request.who):
                changes.apply({"what": "rule", "id": row[0], "before": True, "after": False})
        uid = ids.fresh(changes.now)
        unit.run(
            "rule_insert", uid=uid, namespace=node.id if node else None, effect=request.effect, who=label(request.who),
            decision=request.decision, approvals=request.approvals, recorded=changes.now, recorded_until=None,
        )  # fmt: skip
        changes.note("rule", uid, False, True)
        entry = changes.finish(
            operation="policy-set", namespace=node.path if node else None, reason=label(request.reason)
        )
        return _rules(unit, seen, request.namespace, entry.uid)


def drop_rule(app: App, caller: Caller, request: requests.PolicyDrop) -> answers.Rules:
    """Take a rule back."""
    with app.write() as unit:
        seen = sight(unit, caller)
        found = next((row for row in unit.rows("rules") if row[0] == request.id and _knows(unit, row[7], seen)), None)
        if found is None:
            raise NotFound(f"there is no rule {request.id!r}", field="id", hint="`lore policy` lists them")
        changes = begin(app, unit, caller)
        changes.apply({"what": "rule", "id": request.id, "before": True, "after": False})
        entry = changes.finish(operation="policy-drop", namespace=found[7], reason=label(request.reason))
        return _rules(unit, seen, None, entry.uid)


def _retire(changes: Changes, unit: Unit, name: str) -> bool:
    row = unit.one("agent_named", name=name)
    if row is not None:
        changes.apply({"what": "agent", "id": row[0], "before": True, "after": False, "name": row[1]})
    return row is not None


def _knows(unit: Unit, path: str | None, seen: Sight) -> bool:
    node = namespaces.find(unit, path) if path else None
    return node is None or seen.knows(node)


def _agents(unit: Unit, seen: Sight, name: str | None = None) -> list[answers.AgentView]:
    """Return who is registered, as far as the caller may know of it: in no place, or in one that it may name."""
    return [
        answers.AgentView(name=row[1], origin=row[2], role=row[3], place=row[4], recorded=to_iso(row[5]) or "")
        for row in unit.rows("agents")
        if (name is None or row[1].lower() == name.lower()) and _knows(unit, row[4], seen)
    ]


def _rules(unit: Unit, seen: Sight, namespace: str | None, operation: str | None = None) -> answers.Rules:
    """Return the rules at nodes that the caller may name, those of one and its ancestors if it is named, the nearest first; and the defaults."""
    rows = [row for row in unit.rows("rules") if _knows(unit, row[7], seen)]
    if namespace:
        lineage = namespaces.require(unit, namespace, seen).lineage
        rows = [row for row in rows if row[1] is None or row[1] in lineage]
    rows.sort(key=lambda row: -len((row[7] or "").split("/")) if row[7] else 0)
    return answers.Rules(
        rules=[
            answers.RuleView(id=row[0], effect=row[2], who=row[3], decision=row[4], approvals=row[5], namespace=row[7])
            for row in rows
        ],
        defaults=[
            answers.RuleView(
                id=None, effect=rule.effect, who=rule.who, decision=rule.decision, namespace=None,
                approvals=rule.approvals if rule.decision == "approve" else 0,
            )
            for rule in DEFAULTS
        ],
        operation=operation,
    )  # fmt: skip
