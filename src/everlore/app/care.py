"""Handlers that look for what is wrong with memories and where they would lie better. Both propose at most; neither changes.

Every finding is the curator's: what it has proposed already is not proposed again, and what a person rejected does not
come back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING

import msgspec

from everlore.app import answers, requests
from everlore.app.authority import identify, must_not_be_denied, sight
from everlore.app.curating import NAME
from everlore.app.proposals import propose
from everlore.app.scope import scope_pattern
from everlore.core.shorten import shorten
from everlore.core.types import Namespace, Revision
from everlore.core.wikilinks import slug
from everlore.graph.audit import audit
from everlore.graph.walks import Graph, Lens
from everlore.memory import life
from everlore.refine import lint, places
from everlore.refine.contradict import CANDIDATES
from everlore.refine.findings import Finding
from everlore.refine.lint import Note, Problem
from everlore.refine.repeats import contradicted, repeats
from everlore.store import namespaces
from everlore.store.index import MEMORY_COLUMNS, memory_from
from everlore.store.sight import Sight, limits

if TYPE_CHECKING:
    from everlore.app.app import App
    from everlore.app.caller import Caller
    from everlore.store.contract import Unit

MOST = 50_000
"""Memories that one run reads, the newest first."""
_REVISION = 12
_TITLE = 80


def lint_memories(app: App, caller: Caller, request: requests.Lint) -> answers.Linted:
    """Return what is wrong; with `fix` propose what would mend the findings that are shown."""
    with app.read() as unit:
        look = _Look(unit, app, caller, request.namespace)
        found: dict[str, list[Problem]] = {sort: [] for sort in lint.SORTS}
        for problem in look.problems(request):
            found[problem.sort].append(problem)
        compared, beside = look.compare(request.compare, caller)
        for problem in beside:
            found[problem.sort].append(problem)
        found = {sort: _once(each) for sort, each in found.items()}
        shown = [problem for each in found.values() for problem in each[: request.limit]]
        views = [look.view(problem) for problem in shown]
        complete = len(look.notes) < MOST and compared >= len(look.notes)
        counts = {sort: len(each) for sort, each in found.items()}
    proposed = 0
    if request.fix:
        views, proposed = _propose_all(app, [problem.fix for problem in shown], views)
    return answers.Linted(
        counts=counts, found=views, proposed=proposed, read=len(look.notes), compared=compared, complete=complete
    )  # fmt: skip


def reorg(app: App, caller: Caller, request: requests.Reorg) -> answers.Linted:
    """Propose better places and kinds."""
    with app.read() as unit:
        look = _Look(unit, app, caller, request.namespace)
        nodes = look.nodes()
        busy = [row[0] for row in unit.rows("care_busy")]
        every = chain(
            places.misplaced(look.notes, nodes), places.thin(look.notes, nodes, busy), places.misjudged(look.notes)
        )
        once: dict[tuple[str, ...], Finding] = {}
        for each in every:  # of two places for one memory the surer comes first
            once.setdefault((each.sort, *each.targets), each)
        found = list(once.values())
        shown = found[: request.limit]
        views = [look.view(Problem(each.sort, each.targets, each.reason, _spelled(each), each)) for each in shown]
        counts = dict(Counter(each.sort for each in found))
    proposed = 0
    if not request.dry_run:
        views, proposed = _propose_all(app, shown, views)
    return answers.Linted(
        counts=counts, found=views, proposed=proposed, read=len(look.notes), compared=0, complete=len(look.notes) < MOST
    )  # fmt: skip


def _spelled(finding: Finding) -> str:
    to = finding.payload.get("namespace")
    return f"move it to {to}" if to else f"make it a {finding.payload['kind']}"


def _propose_all(
    app: App, fixes: Sequence[Finding | None], views: Sequence[answers.Ill]
) -> tuple[list[answers.Ill], int]:
    """Keep the proposals in one write; return the views with those that are new, and how many they are."""
    told, number = list[answers.Ill](), 0
    with app.write() as unit:
        for fix, shown in zip(fixes, views, strict=True):
            made = None
            if fix is not None:
                home = namespaces.find(unit, shown.namespace)
                assert home is not None  # it was read a moment ago, and nodes are never removed
                made = propose(
                    unit, app.clock(), effect=fix.effect, operation=fix.operation, payload=fix.payload, namespace=home.id,
                    targets=fix.targets, reason=fix.reason, origin="curator", actor=NAME, evidence=fix.evidence, confidence=fix.confidence,
                )  # fmt: skip
            number += made is not None
            told.append(msgspec.structs.replace(shown, proposal=made))
    return told, number


class _Look:
    """One reading of what a caller sees in a part of the tree."""

    def __init__(self, unit: Unit, app: App, caller: Caller, namespace: str | None) -> None:
        self._unit = unit
        self._now = app.clock()
        self._sight = sight(unit, caller)
        who = identify(unit, caller)
        inside = namespace or (who.place.path if who.place and not self._sight.all else None)
        must_not_be_denied(unit, caller, "revise", namespaces.require(unit, inside, self._sight) if inside else None)
        self._scope = scope_pattern(unit, inside, self._sight)
        self._nodes: dict[int, Namespace] = {}
        counted = {row[0]: (row[1], bool(row[2])) for row in unit.rows("care_links")}
        self.notes: list[Note] = []
        for row in unit.stream("care_memories", scope=self._scope, limit=MOST, **limits(unit, self._sight)):
            memory, head = memory_from(row), Revision(*row[MEMORY_COLUMNS : MEMORY_COLUMNS + _REVISION])
            linked, cites = counted.get(memory.uid, (0, False))
            self.notes.append(Note(memory, head, int(row[-1].split()[0]), linked, cites))
        self._by_id = {note.memory.uid: note for note in self.notes}

    def problems(self, request: requests.Lint) -> Iterator[Problem]:
        """Yield what is found by reading each memory once, and what the graph tells."""
        notes, now = self.notes, self._now
        yield from lint.duplicates(notes)
        yield from lint.ended(notes, now)
        yield from lint.stale(notes, now, request.days)
        yield from lint.orphans(notes, now)
        yield from lint.broken(notes, self._names())
        yield from lint.oversized(notes, request.longest)
        yield from lint.sources(notes)
        odd = audit(self._unit, Graph(self._unit, Lens(now, None, (), 0.0, self._sight)), self._scope)
        for each in odd["contradictions"]:
            todo = "decide which holds: `lore supersede` the other, or `lore graph unlink` the link"
            yield Problem(
                "contradictions", each.nodes, "they are said to contradict each other and both are held true", todo
            )
        for each in odd["dead"]:
            why = f"a {each.kind} link of which an end is gone or was put away"
            yield Problem("dead links", each.nodes, why, "take the link back", self._unlink(each.link or "", why))

    def _unlink(self, link: str, why: str) -> Finding:
        return Finding("dead links", "link", "graph-unlink", {"id": link}, (), why)

    def compare(self, most: int, caller: Caller) -> tuple[int, list[Problem]]:
        """Hold the newest memories against their nearest; return how many, and what says the same or the opposite."""
        found, done = list[Problem](), 0
        for done, note in enumerate(self.notes[:most], 1):
            memory, head = note.memory, note.head
            seen = self._sight
            if seen.all:  # what is private to one is held against nothing that others see
                seen = Sight(memory.owner) if memory.visibility == "private" else Sight()
            near = life.near(self._unit, head.text, self.node(memory.namespace), seen, CANDIDATES)
            if same := list(repeats(memory, head, near)):
                found += [
                    Problem("duplicates", one.targets, one.reason, f"merge them into {one.payload['into']}", one)
                    for one in same
                ]
                continue
            for one in contradicted(memory, head, near):
                todo = f"decide which holds; {one.payload['by']} is the newer"
                found.append(Problem("contradictions", one.targets, one.reason, todo, one))
            if done % 100 == 0:
                caller.progress("comparing", done, min(most, len(self.notes)))
        return done, found

    def nodes(self) -> dict[int, Namespace]:
        """Return the nodes of the tree by row id, as far as the caller may know them."""
        rows = self._unit.rows("namespaces")
        nodes = (Namespace(row[0], row[1], row[2], tuple(map(int, row[3].split()))) for row in rows)
        return {node.id: node for node in nodes if self._sight.knows(node)}

    def node(self, identity: int) -> Namespace:
        """Return a node by its row id."""
        if identity not in self._nodes:
            self._nodes[identity] = namespaces.by_id(self._unit, identity)
        return self._nodes[identity]

    def _names(self) -> dict[int, dict[str, str]]:
        """Return the names of memories and things in each workspace, by slug."""
        found: dict[int, dict[str, str]] = {}
        for lineage, name in self._unit.rows("care_names", **limits(self._unit, self._sight)):
            found.setdefault(int(lineage.split()[0]), {}).setdefault(slug(name), name)
        for note in self.notes:
            found.setdefault(note.workspace, {})[note.memory.uid] = note.memory.uid
        return found

    def view(self, problem: Problem) -> answers.Ill:
        """Return a finding as it is answered: where the first of its memories lies and how that is called."""
        note = next((self._by_id[uid] for uid in problem.ids if uid in self._by_id), None)
        where = self.node(note.memory.namespace).path if note else ""
        title = (note.head.title or shorten(" ".join(note.head.text.split()), _TITLE)) if note else ""
        return answers.Ill(
            sort=problem.sort, ids=list(problem.ids), namespace=where, title=title, why=problem.why, todo=problem.todo,
            operation=problem.fix.operation if problem.fix else None,
        )  # fmt: skip


def _once(found: Iterable[Problem]) -> list[Problem]:
    """Return each finding once, one with a fix rather than one without: two memories are found by more than one way."""
    kept: dict[tuple[frozenset[str], str], Problem] = {}
    for problem in sorted(found, key=lambda each: each.fix is None):
        about = problem.why if problem.sort in {"broken links", "dead links"} else ""
        kept.setdefault((frozenset(problem.ids), about), problem)
    return list(kept.values())
