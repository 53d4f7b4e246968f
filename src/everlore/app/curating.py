"""The curator: it reads what is new or changed, mends what needs no judgement, and proposes the rest.

Nothing in it asks a model or a clock of the wall: the same store gives the same findings. What has been read is noted with
its digest, so that a run over an unchanged store reads nothing. A run is one operation in parts of one transaction each,
short enough that nobody waits; `undo` reverses all of them. What a person rejected does not come back.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from everlore.app import answers, requests
from everlore.app.authority import changes as begin
from everlore.app.authority import identify, may_write, must_not_be_denied, sight
from everlore.app.caller import Caller
from everlore.app.living import OnlyShown, sweep_changes
from everlore.app.proposals import propose
from everlore.app.scope import scope_pattern
from everlore.core.types import Memory, Namespace, Revision
from everlore.graph import links
from everlore.graph.links import Told
from everlore.graph.mentioning import mention
from everlore.graph.suggestions import suggestions
from everlore.guard.redact import label
from everlore.memory import life
from everlore.memory.changes import Changes, head_of, memory_of
from everlore.refine import clusters, tags
from everlore.refine.contradict import CANDIDATES
from everlore.refine.findings import Finding
from everlore.refine.repeats import contradicted, repeats
from everlore.store import namespaces
from everlore.store.index import memory_from
from everlore.store.sight import Sight

if TYPE_CHECKING:
    from everlore.app.app import App
    from everlore.store.contract import Unit

VERSION = 1
"""Of the rules by which memories are read; a higher one has all of them read again."""

NAME = "curator"
_BATCH = 100
_DEAD = 1000
_SUGGESTED = 20
"""Links between memories that one run proposes at most."""


@dataclass(slots=True)
class _Run:
    """One run: what it may do, what it has done, and until when it may go on."""

    app: App
    caller: Caller
    request: requests.Curate
    until: float
    changed: Counter[str] = field(default_factory=Counter)
    proposed: Counter[str] = field(default_factory=Counter)
    read: int = 0
    operation: str | None = None
    known: dict[int, dict[str, int]] = field(default_factory=dict)

    @property
    def spent(self) -> bool:
        """Whether its time or its changes are used up."""
        done = self.changed.total() + self.proposed.total()
        return time.monotonic() >= self.until or done >= self.request.changes


def curate(app: App, caller: Caller, request: requests.Curate) -> answers.Curated:
    """Run once over what is new, inside its budget of time and changes; what is left is for the next run."""
    started = time.monotonic()
    with app.read() as unit:
        node = namespaces.require(unit, request.namespace, sight(unit, caller)) if request.namespace else None
        who = identify(unit, caller)
        if node is None and who.place and not who.sight.all:  # whoever has a place has what lies there curated
            node, request = who.place, msgspec.structs.replace(request, namespace=who.place.path)
        must_not_be_denied(unit, caller, "revise", node)
    run = _Run(app, _as_curator(caller), request, started + request.seconds)
    after, complete = 0, True
    while True:
        if run.spent:
            complete = False
            break
        last = _part(run, after)
        if last is None:
            break
        after = last
        caller.progress("curating", run.read, 0)
    if complete:
        _finish(run)
    return answers.Curated(
        changed=dict(sorted(run.changed.items())), proposed=dict(sorted(run.proposed.items())), read=run.read,
        complete=complete, seconds=round(time.monotonic() - started, 3), operation=run.operation,
    )  # fmt: skip


def _as_curator(caller: Caller) -> Caller:
    """Return the curator's name for whoever has it run: its rules hold, not those of the caller."""
    return replace(caller, actor=NAME, surface="curate", origin="curator")


def _part(run: _Run, after: int) -> int | None:
    """Read the next memories; return the last one's row id, None if there are no more."""
    last: int | None = None
    with suppress(OnlyShown), run.app.write() as unit:
        rows = unit.rows(
            "memories_uncurated",
            after=after,
            scope=scope_pattern(unit, run.request.namespace),
            version=VERSION,
            limit=_BATCH,
        )
        changes = begin(run.app, unit, run.caller)
        for memory in map(memory_from, rows):
            if run.spent:
                break
            _read(run, changes, memory)
            last = memory.id
        _write(run, changes)
    return last


def _finish(run: _Run) -> None:
    """Do what is about the store as a whole: expiry and promotion, pages, dead links."""
    with suppress(OnlyShown), run.app.write() as unit:
        changes = begin(run.app, unit, run.caller)
        asked = requests.Sweep(namespace=run.request.namespace, apply=True, limit=1000)
        if changes.verdict("archive", None) == "allow":
            may = partial(_may, changes)
            for one in sweep_changes(run.app, changes, asked, run.caller, may):
                (run.proposed if one.what.startswith("proposed") else run.changed)[one.what] += 1
        for uid, *_ in unit.rows("links_dead", limit=_DEAD):
            changes.apply({"what": "link", "id": uid, "before": True, "after": False})
            run.changed["dead links"] += 1
        if run.read:  # else nothing is there that was not there before
            for finding, node in (*_pages(unit, run.request.namespace), *_related(unit, run.request.namespace)):
                _propose(run, changes, finding, node)
        _write(run, changes)


def _may(changes: Changes, effect: str, memory: Memory) -> bool:
    return changes.verdict(effect, memory) == "allow"


def _write(run: _Run, changes: Changes) -> None:
    if run.request.dry_run:
        raise OnlyShown
    if changes.noted:
        entry = changes.finish(operation="curate", namespace=run.request.namespace, reason=None, parent=run.operation)
        run.operation = run.operation or entry.uid


def _read(run: _Run, changes: Changes, memory: Memory) -> None:
    """Read one memory beside its nearest, and note that it was."""
    unit = changes.unit
    head, node = head_of(unit, memory), namespaces.by_id(unit, memory.namespace)
    if changes.verdict("link", memory) == "allow":
        run.changed["mentions"] += len(mention(changes, memory))
    for finding in _findings(run, changes, memory, head, node):
        _take(run, changes, finding, node, memory)
    unit.run("curated_put", memory=memory.id, digest=head.digest, version=VERSION)
    run.read += 1


def _findings(run: _Run, changes: Changes, memory: Memory, head: Revision, node: Namespace) -> Iterator[Finding]:
    unit = changes.unit
    if found := tags.earned(memory, head, _known_tags(run, unit, node)):
        payload = {"id": memory.uid, "tags": [*memory.tags, *found]}
        reason = f"carried by others and named in it: {', '.join(found)}"
        yield Finding("tags", "revise", "set", payload, (memory.uid,), reason, judgement=False)
    seen = Sight(memory.owner) if memory.visibility == "private" else Sight()
    near = life.near(unit, head.text, node, seen, CANDIDATES)
    if repeated := list(repeats(memory, head, near)):
        yield from repeated
        return
    for finding in contradicted(memory, head, near):
        yield _link(finding)
        yield finding


def _link(finding: Finding) -> Finding:
    """Return that two memories contradict each other, which is seen and kept whatever is decided."""
    payload = {"kind": "contradicts", "source": finding.targets[1], "target": finding.targets[0]}
    return replace(
        finding, sort="contradicts links", effect="link", operation="graph-link", payload=payload, judgement=False
    )


def _known_tags(run: _Run, unit: Unit, node: Namespace) -> dict[str, int]:
    """Return how many memories of the workspace carry each tag."""
    root = node.lineage[0]
    if root not in run.known:
        run.known[root] = dict(unit.rows("tags_known", scope=f"% {root} %"))
    return run.known[root]


def _take(run: _Run, changes: Changes, finding: Finding, node: Namespace, memory: Memory) -> None:
    """Do what a finding says where that needs no judgement and policy allows it; else propose it, or leave it."""
    verdict = changes.verdict(finding.effect, memory)
    if verdict == "deny":
        return
    if finding.judgement or verdict == "approve":
        _propose(run, changes, finding, node)
        return
    if finding.operation == "graph-link":
        source, target = finding.payload["source"], finding.payload["target"]
        _, fresh = links.put(changes, "contradicts", source, target, Told(finding.confidence, evidence=finding.reason))
        run.changed[finding.sort] += fresh
        return
    changes.set("memory.tags", memory.uid, list(memory.tags), list(finding.payload["tags"]))
    run.changed[finding.sort] += 1


def _propose(run: _Run, changes: Changes, finding: Finding, node: Namespace) -> None:
    made = propose(
        changes.unit, changes.now, effect=finding.effect, operation=finding.operation, payload=finding.payload, namespace=node.id,
        targets=finding.targets, reason=finding.reason, origin="curator", actor=NAME, evidence=finding.evidence, confidence=finding.confidence,
    )  # fmt: skip
    if made:
        run.proposed[finding.sort] += 1


def _pages(unit: Unit, namespace: str | None) -> Iterator[tuple[Finding, Namespace]]:
    """Yield the pages that clusters make which are not made yet, or not of all their members."""
    inside = namespaces.require(unit, namespace).id if namespace else None
    for _, name, _, place, uids in unit.rows("clusters", fewest=clusters.FEWEST, most=clusters.MOST):
        node = namespaces.by_id(unit, place)
        if inside is not None and inside not in node.lineage:
            continue
        memories = [memory_of(unit, uid) for uid in uids.split()]
        members = [(memory, head_of(unit, memory)) for memory in memories]
        known = unit.value("page_titled", namespace=place, title=name)
        page = memory_of(unit, known) if known else None
        finding = clusters.gather(clusters.Cluster(name, members), page)
        if finding is not None and not (page and _cites(unit, page.uid, finding.targets)):
            yield finding, node


def _related(unit: Unit, namespace: str | None) -> Iterator[tuple[Finding, Namespace]]:
    """Yield the links between memories that name the same rare things."""
    inside = namespaces.require(unit, namespace) if namespace else None
    for each in suggestions(unit, inside, _SUGGESTED):
        node = namespaces.by_id(unit, memory_of(unit, each.source).namespace)
        payload = {
            "kind": "related",
            "source": each.source,
            "target": each.target,
            "weight": each.weight,
            "evidence": each.evidence,
        }
        ends = (each.source, each.target)
        yield (
            Finding("related links", "link", "graph-link", payload, ends, each.evidence, confidence=each.weight),
            node,
        )


def _cites(unit: Unit, page: str, sources: tuple[str, ...]) -> bool:
    cited = {row[0] for row in unit.rows("links_from", uid=page, kind="derived_from")}
    return cited.issuperset(sources)


def consolidate(app: App, caller: Caller, request: requests.Consolidate) -> answers.Changed:
    """Gather memories into a page that cites each of them; they stay as they are."""
    with app.write() as unit:
        seen = sight(unit, caller)
        notes = [
            (memory, head_of(unit, memory))
            for uid in dict.fromkeys(request.ids)
            if (memory := memory_of(unit, uid, seen))
        ]
        node = namespaces.by_id(unit, notes[0][0].namespace)
        may_write(unit, caller, node)
        changes = begin(app, unit, caller)
        title = label(request.title)
        draft = life.Draft(clusters.text(title, notes), title, kind="page")
        if request.page:
            page = memory_of(unit, request.page, seen)
            life.revise(changes, page, draft, caller.actor)
        else:
            page = life.create(changes, draft, node, caller.actor)
        cited = {row[0] for row in unit.rows("links_from", uid=page.uid, kind="derived_from")}
        for memory, _ in notes:
            if memory.uid not in cited:
                life.link(changes, "derived_from", page.uid, memory.uid)
        entry = changes.finish(operation="consolidate", namespace=node.path, reason=label(request.reason))
        page = memory_of(unit, page.uid)
        return answers.Changed(id=page.uid, state=page.state, revision=page.head, operation=entry.uid)
