"""Bootstrap: the first pages of a project out of its repository, with no model, each with its sources.

Reading comes first and writes nothing. Writing goes in batches of one transaction each, all of them parts of one operation
that `undo` reverses. A seed is known again by its key, so that a run that was killed is gone on with by the next one, and a
run over an unchanged repository writes nothing. What somebody has edited, archived or purged since is theirs and left alone.
What was read is data: secrets are taken out, and what tries to steer its reader is held or left out and told.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from everlore.app import answers, requests
from everlore.app.anchoring import anchor_waiting
from everlore.app.authority import changes as begin
from everlore.app.authority import identify, may_write, sight
from everlore.app.freshness import ask_to_anchor
from everlore.app.living import OnlyShown
from everlore.app.parse import given_path
from everlore.app.proposals import propose_release
from everlore.core.errors import InvalidInput, NotFound
from everlore.core.ids import derived
from everlore.core.types import Namespace
from everlore.guard import SCAN_RULES
from everlore.guard.injection import scan
from everlore.guard.redact import redact
from everlore.memory import life
from everlore.memory.changes import Changes, memory_of
from everlore.refine.bootstrap import pages
from everlore.refine.bootstrap.sources import unresolved
from everlore.refine.bootstrap.values import Limits, Seed, cited
from everlore.refine.repository import Repository
from everlore.sessions import projects
from everlore.sessions.place import Place, locate
from everlore.store import namespaces
from everlore.store.jobs import put

if TYPE_CHECKING:
    from everlore.app.answers.projects import Step
    from everlore.app.app import App
    from everlore.app.caller import Caller
    from everlore.store.contract import Row, Unit

_BATCH = 50
_SHOWN = 50
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def bootstrap(app: App, caller: Caller, request: requests.Bootstrap) -> answers.Bootstrapped:
    """Read a repository and keep what it says of itself as pages, decisions, conventions, procedures and failures."""
    started = time.perf_counter()
    repository, place = _found(request)
    since = app.instant(request.since, "since", edge="start")
    limits = Limits(seeds=request.max_pages, since=None if since is None else since // 1000)
    reading = pages.read(repository, place.project, limits, caller.progress)
    run = _Run(app, caller, request, repository, place)
    seeds = [run.clean(seed) for seed in reading.seeds]
    sources = [source for seed in seeds for source in seed.sources]
    caller.progress("checking sources", 0, 0)
    lost = unresolved(repository, sources)
    for start in range(0, len(seeds), len(seeds) or 1) if request.dry_run else range(0, len(seeds), _BATCH):
        run.write(seeds[start : start + (len(seeds) if request.dry_run else _BATCH)])
        caller.progress("writing", min(start + _BATCH, len(seeds)), len(seeds))
    if not reading.cut and since is None:
        run.archive({seed.key for seed in seeds})
    if not request.dry_run:
        caller.progress("anchoring", 0, 0)
        with app.read() as unit:
            node = namespaces.find(unit, run.path)
        anchor_waiting(app, node=node)
    return answers.Bootstrapped(
        namespace=run.path, root=str(repository.root), dry_run=request.dry_run, files=reading.files, commits=reading.commits, seeds=run.seeded,
        counts=dict(sorted(Counter(each.what for each in run.seeded).items())), sources=len(sources), unresolved=lost[:_SHOWN],
        skipped=[answers.Skipped(where=where, error=f"left out, as it tries to steer who reads it: {why}") for where, why in reading.held[:_SHOWN]],
        cut=reading.cut, findings=[answers.Finding(kind=kind, count=count) for kind, count in sorted(run.findings.items())],
        operation=run.operation, seconds=round(time.perf_counter() - started, 3),
    )  # fmt: skip


def _found(request: requests.Bootstrap) -> tuple[Repository, Place]:
    """Return the repository that a request names, and the project that it is; raise where there is none."""
    given = request.path or request.cwd
    if given is None:
        raise InvalidInput("name the directory of a project", field="path", hint="`lore bootstrap PATH`")
    path = given_path(given)
    if not path.is_dir():
        raise NotFound(f"{path} is no directory", field="path")
    for repository in (Repository.around(path), Repository(path)):  # a home may be a repository, but is no project
        place = locate(str(repository.root), strict=True)
        if place is not None:
            repository.leave_out(place.ignores)
            return repository, place
    raise InvalidInput(f"{path} is no project, but holds many", field="path", hint="name the directory of one project")


@dataclass(slots=True)
class _Run:
    """One run: where it writes, and what became of each seed."""

    app: App
    caller: Caller
    request: requests.Bootstrap
    repository: Repository
    place: Place
    path: str = ""
    operation: str | None = None
    seeded: list[answers.Seeded] = field(default_factory=list)
    findings: Counter[str] = field(default_factory=Counter)

    @property
    def origin(self) -> str:
        """By what the repository is known again, in whatever directory: where it comes from, else its name."""
        return derived("origin", self.place.identity or self.place.project)

    def clean(self, seed: Seed) -> Seed:
        """Return a seed without secrets; its sources are those that its text names then."""
        text, title = redact(_UNSEEN.sub("", seed.text)), redact(_UNSEEN.sub("", seed.title))
        for found in (*text.findings, *title.findings):
            self.findings[found.kind] += found.count
        return replace(
            seed, key=derived("seed", seed.key), text=text.text, title=title.text[:300], sources=tuple(cited(text.text))
        )

    def write(self, seeds: Sequence[Seed]) -> None:
        """Write one batch; of a dry run nothing stays."""
        with suppress(OnlyShown), self.app.write() as unit:
            node, changes = self._begin(unit)
            known = {row[0]: row for row in unit.rows("seeds_of", namespace=node.id, origin=self.origin)}
            for seed in seeds:
                what, uid = self._put(changes, seed, node, known.get(seed.key))
                told = answers.Seeded(
                    title=seed.title, kind=seed.kind, what=what, id=None if self.request.dry_run and what in {"kept", "held"} else uid,
                    sources=len(seed.sources),
                )  # fmt: skip
                self.seeded.append(told)
            self._end(changes, node)

    def archive(self, keys: set[str]) -> None:
        """Archive what earlier runs made of what is no more there, unless somebody has touched it since."""
        with suppress(OnlyShown), self.app.write() as unit:
            node, changes = self._begin(unit)
            for key, uid, state, head, digest, lasting in unit.rows("seeds_of", namespace=node.id, origin=self.origin):
                if key in keys or lasting or state not in {"active", "held"} or head != digest:
                    continue
                memory = memory_of(unit, uid)
                row = unit.one("revision_by_number", memory=memory.id, number=memory.head)
                life.forget(changes, memory)
                unit.run("seed_drop", namespace=node.id, origin=self.origin, key=key)
                title = row[3] if row else ""
                self.seeded.append(
                    answers.Seeded(title=title or "", kind=memory.kind, what="archived", id=uid, sources=0)
                )
            self._end(changes, node)

    def _begin(self, unit: Unit) -> tuple[Namespace, Changes]:
        now = self.app.clock()
        if self.request.namespace:
            node = namespaces.ensure(unit, redact(self.request.namespace).text, now)
        else:
            node = projects.ensure(unit, self.place, self.app.config.namespace, now)
        may_write(unit, self.caller, node)
        self.path = node.path
        unit.run("checkout_put", namespace=node.id, root=str(self.repository.root), recorded=now)
        return node, begin(self.app, unit, self.caller)

    def _end(self, changes: Changes, node: Namespace) -> None:
        if self.request.dry_run:
            raise OnlyShown
        if changes.noted:
            entry = changes.finish(operation="bootstrap", namespace=node.path, reason=None, parent=self.operation)
            self.operation = self.operation or entry.uid
            put(changes.unit, "embed")
            ask_to_anchor(changes.unit)

    def _put(self, changes: Changes, seed: Seed, node: Namespace, known: Row | None) -> tuple[Step, str | None]:
        """Keep, revise or leave a seed; return what was done, and with which memory."""
        unit, digest = changes.unit, life.digest(seed.title, seed.text)
        held = "; ".join(dict.fromkeys(found.kind for part in (seed.title, seed.text) for found in scan(part)))
        draft = life.Draft(
            text=seed.text, title=seed.title, kind=seed.kind, tags=seed.tags, importance=seed.importance, layer=seed.layer, scanned=SCAN_RULES,
        )  # fmt: skip
        if known is None:
            return self._new(changes, seed, node, draft, digest, held)
        _, uid, state, head, written, _ = known
        if state in {"archived", "superseded", "purged"}:
            return "put aside", uid
        if state != "withdrawn" and head != written:
            return "edited", uid
        if state != "withdrawn" and head == digest:
            return "unchanged", uid
        if state == "withdrawn":  # an undo took it back, and whoever runs this again wants it again
            changes.set("memory.state", uid, "withdrawn", "held" if held else "active")
        if head != digest:
            life.revise(changes, memory_of(unit, uid), draft, self.caller.actor)
            memory = memory_of(unit, uid)
            if held:
                changes.set("memory.state", uid, memory.state, "held")
        self._note(unit, seed, node, memory_of(unit, uid).id, digest)
        return "held" if held else "revised" if head != digest else "kept", uid

    def _new(
        self, changes: Changes, seed: Seed, node: Namespace, draft: life.Draft, digest: bytes, held: str
    ) -> tuple[Step, str | None]:
        unit = changes.unit
        if not held:
            near = life.neighbours(unit, draft, node, sight(unit, self.caller))
            if near and near[0].comparison.relation == "same":
                return "unchanged", near[0].memory.uid
            if unit.value("seeded_before", namespace=node.id, kind=seed.kind, title=seed.title):
                return "edited", None  # of a store that was made again from its files, which say nothing of seeds
        draft = replace(draft, valid_from=None if seed.since is None else seed.since * 1000)
        memory = life.create(changes, draft, node, self.caller.actor, state="held" if held else "active")
        if held and not self.request.dry_run:
            propose_release(unit, changes.now, memory, held, identify(unit, self.caller).requester)
        self._note(unit, seed, node, memory.id, digest)
        return "held" if held else "kept", memory.uid

    def _note(self, unit: Unit, seed: Seed, node: Namespace, memory: int, digest: bytes) -> None:
        unit.run(
            "seed_put", namespace=node.id, origin=self.origin, key=seed.key, memory=memory, digest=digest, lasting=seed.lasting,
        )  # fmt: skip
