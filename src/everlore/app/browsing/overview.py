"""How a project is, in one call: the handoff that waits, the briefing, and what is wrong with its memories.

Health is what indexes tell, and of the oldest memories what a look at each tells: nothing is read whole, and nothing compared.
The words mean what they mean in lint. Who looks at an overview is no model, so that the ledger does not count it as told.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from everlore.app import answers, handoffs, requests
from everlore.app.authority import sight
from everlore.app.caller import Caller
from everlore.app.review import waiting_by_effect
from everlore.app.scope import where
from everlore.app.slicing.briefing import briefing
from everlore.core.errors import NotFound
from everlore.memory.tiers import DAY
from everlore.store.sight import limits

if TYPE_CHECKING:
    from everlore.app.app import App
    from everlore.store.contract import Row

_MOST = 2_000
"""Memories that are looked at one by one, the oldest: what is stale or an orphan is among them first."""
_NEW = 7 * DAY
_SORTS = ("ended", "stale", "orphans")


def overview(app: App, caller: Caller, request: requests.Overview) -> answers.OverviewShown:
    """Return how a project is, or the whole store where none is named."""
    with app.read() as unit:
        node = where(app, unit, request.namespace, request.cwd, sight(unit, caller))
    if request.cwd and not request.namespace and node is None:
        raise NotFound("this directory belongs to no project that is known", field="cwd", hint="name a namespace")
    health = _health(app, caller, request, f"% {node.id} %" if node else None)
    if node is None:
        return answers.OverviewShown(namespace=None, handoff=None, briefing=None, health=health)
    waiting = handoffs.show(app, caller, requests.Handoff(namespace=node.path)).handoffs
    with app.uses.held():
        told = briefing(app, caller, requests.Briefing(namespace=node.path, since=request.since, budget=request.budget))
    return answers.OverviewShown(
        namespace=node.path, handoff=waiting[0] if waiting else None, briefing=told, health=health
    )


def _health(app: App, caller: Caller, request: requests.Overview, scope: str | None) -> answers.Health:
    now = app.clock()
    with app.read() as unit:
        seen = sight(unit, caller)
        within = limits(unit, seen)
        name, inside = ("health_oldest", {"scope": scope}) if scope else ("health_oldest_of_all", {})
        rows = unit.rows(name, **inside, **within, now=now, stale=now - request.days * DAY, new=now - _NEW, most=_MOST)
        found = {
            "contradictions": _once(unit.rows("health_contradictions", scope=scope, now=now, **within)),
            "drifted": unit.rows("health_drifted", scope=scope, **within),
        } | {sort: [row[:2] for row in rows if row[2 + place]] for place, sort in enumerate(_SORTS)}
        total = unit.value("titles_tally", scope=scope, **within)
        proposals = waiting_by_effect(unit, seen, scope)
    return answers.Health(
        counts={sort: len(some) for sort, some in found.items()},
        found={sort: [_ailing(row) for row in some[: request.limit]] for sort, some in found.items() if some},
        proposals=dict(Counter(proposals).most_common()), memories=total, read=len(rows),
    )  # fmt: skip


def _once(rows: list[Row]) -> list[Row]:
    """Return each pair once, whichever way it was told."""
    return list({frozenset((row[0], row[2])): row for row in rows}.values())


def _ailing(row: Row) -> answers.Ailing:
    return answers.Ailing(id=row[0], title=" ".join(row[1].split()), other=row[2] if len(row) > 2 else None)
