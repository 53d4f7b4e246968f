"""Projects and workspaces with how much lies in each and when something happened there last; no memory is counted for it.

A project is the first two segments of a namespace. What lies at a workspace itself, such as `personal`, is a project of one
segment. What lies at no node, or where nothing is seen, is not listed.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from everlore.app import answers, proving, requests
from everlore.app.authority import sight
from everlore.app.caller import Caller
from everlore.app.review import waiting_by_node
from everlore.app.scope import scope_pattern
from everlore.core.clock import to_iso
from everlore.core.errors import InvalidInput
from everlore.memory.tiers import DAY
from everlore.store.sight import Sight, limits

if TYPE_CHECKING:
    from everlore.app.app import App
    from everlore.store.contract import Unit

_LATELY = 2_000
"""How many entries of the journal are looked at; of what was changed earlier the newest memory tells."""


@dataclass(slots=True)
class _Project:
    """What lies at some nodes together."""

    path: str
    memories: int = 0
    sessions: int = 0
    turns: int = 0
    last: int = 0
    handoffs: int = 0
    proposals: int = 0

    def view(self) -> answers.ProjectView:
        """Return it as every surface shows it."""
        workspace, _, project = self.path.partition("/")
        return answers.ProjectView(
            namespace=self.path, workspace=workspace, project=project, memories=self.memories, sessions=self.sessions, turns=self.turns,
            last=to_iso(self.last) if self.last else None, handoffs=self.handoffs, proposals=self.proposals,
        )  # fmt: skip


def projects(app: App, caller: Caller, request: requests.Projects) -> answers.ProjectList:
    """Return projects, those with the latest activity first."""
    if request.workspace and "/" in request.workspace:
        raise InvalidInput("a workspace is one segment, the first of a namespace", field="workspace")
    with app.read() as unit:
        found = _projects(unit, sight(unit, caller), app.clock(), request.workspace)
    return answers.ProjectList(projects=[each.view() for each in found[: request.limit]], total=len(found))


def workspaces(app: App, caller: Caller, request: requests.Workspaces) -> answers.WorkspaceList:
    """Return workspaces, those with the latest activity first."""
    with app.read() as unit:
        found = _projects(unit, sight(unit, caller), app.clock(), None)
    grouped: dict[str, list[_Project]] = {}
    for each in found:  # the latest first, so that a workspace stands where its latest project does
        grouped.setdefault(each.path.partition("/")[0], []).append(each)
    views = [
        answers.WorkspaceView(
            workspace=name, projects=len(some), memories=sum(each.memories for each in some),
            sessions=sum(each.sessions for each in some), turns=sum(each.turns for each in some),
            last=to_iso(some[0].last) if some[0].last else None,
        )
        for name, some in grouped.items()
    ]  # fmt: skip
    return answers.WorkspaceList(workspaces=views[: request.limit], total=len(views))


def growth(app: App, caller: Caller, request: requests.Growth) -> answers.Grew:
    """Return the weeks with what was kept in each."""
    now = app.clock()
    monday = now - (now + 3 * DAY) % (7 * DAY)  # the epoch began on a Thursday
    with app.read() as unit:
        seen = sight(unit, caller)
        scope = scope_pattern(unit, request.namespace, seen)
        since = monday - (request.weeks - 1) * 7 * DAY
        kept: dict[str, int] = dict(unit.rows("grown", scope=scope, since=since, **limits(unit, seen)))
    weeks = [(to_iso(at) or "")[:10] for at in range(since, monday + 1, 7 * DAY)]
    begun = next((place for place, week in enumerate(weeks) if week in kept), len(weeks))
    return answers.Grew(weeks=[answers.Grown(week=week, memories=kept.get(week, 0)) for week in weeks[begun:]])


def _projects(unit: Unit, seen: Sight, now: int, workspace: str | None) -> list[_Project]:
    rows = unit.rows(
        "project_nodes",
        now=now,
        scope=scope_pattern(unit, workspace, seen),
        proofs=proving.NAMESPACE,
        **limits(unit, seen),
    )
    waiting = waiting_by_node(unit, seen)
    # who does not see all learns nothing from the journal: what was done may be hidden from them
    lately = Counter(dict(unit.rows("journal_lately", limit=_LATELY))) if seen.all else Counter[str]()
    found: dict[str, _Project] = {}
    for node, path, memories, sessions, turns, ended, made, handoffs in rows:
        proposals = waiting[node]
        if not (memories or sessions or turns or handoffs or proposals):
            continue
        top = "/".join(path.split("/")[:2])
        one = found.setdefault(top, _Project(top))
        one.memories, one.sessions, one.turns = one.memories + memories, one.sessions + sessions, one.turns + turns
        one.handoffs, one.proposals = one.handoffs + handoffs, one.proposals + proposals
        one.last = max(one.last, ended or 0, made or 0, lately[path])
    return sorted(found.values(), key=lambda each: (-each.last, each.path))
