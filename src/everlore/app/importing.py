"""One import on its way into the store: records written in parts of one operation, then the links between them by name.

What an import brings in once it brings in once: a text that a memory of that place has or had is known already, whatever
became of it since, so that importing again changes nothing and does not bring back what was put away.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any

from everlore.app import answers
from everlore.app.authority import changes as begin
from everlore.app.authority import may_write, sight
from everlore.app.freshness import ask_to_anchor
from everlore.app.living import OnlyShown
from everlore.core.shorten import shorten
from everlore.core.types import Namespace
from everlore.core.wikilinks import slug
from everlore.graph import entities, links
from everlore.graph.links import Told
from everlore.guard import SCAN_RULES
from everlore.guard.injection import scan
from everlore.guard.redact import label, redact
from everlore.memory import life
from everlore.memory.changes import Changes
from everlore.sessions.intake import take_in
from everlore.sessions.records import (
    BadLine,
    EntityRecord,
    LeftOut,
    MemoryRecord,
    NamedLink,
    Record,
    RelationRecord,
    TurnRecord,
)
from everlore.store import journal, namespaces
from everlore.store.jobs import put

if TYPE_CHECKING:
    from everlore.app.app import App
    from everlore.app.caller import Caller
    from everlore.store.contract import Unit

_BATCH = 5_000
_SHOWN = 100
_SAMPLES = 5
_SAMPLE = 160
_SAID: dict[type, tuple[str, ...]] = {
    TurnRecord: ("text", "caption", "speaker", "session", "id"),
    MemoryRecord: ("text", "title", "source"),
    EntityRecord: ("name",),
    RelationRecord: ("source", "target", "said"),
}
"""The fields of a record that somebody wrote, and that may therefore hold a secret."""
_SHORT = 80
_redact_again = lru_cache(1_000)(redact)
"""For what comes again and again: a speaker, a session."""


class Skipped:
    """What was left out, the first of it by name."""

    def __init__(self) -> None:
        self._first: list[answers.Skipped] = []
        self._more = 0

    def add(self, where: str, error: str) -> None:
        """Note one thing that was left out."""
        if len(self._first) < _SHOWN:
            self._first.append(answers.Skipped(where=where, error=error))
        else:
            self._more += 1

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._first) + self._more

    def shown(self) -> list[answers.Skipped]:
        """Return the first of them and, if there are more, how many."""
        rest = [answers.Skipped(where="and more", error=f"{self._more} more were left out")] if self._more else []
        return [*self._first, *rest]


@dataclass(slots=True)
class _Names:
    """What came in by its names: uids of memories, None for a name that several bear, and of entities; and what links them."""

    memories: dict[str, str | None] = field(default_factory=dict)
    entities: dict[str, str] = field(default_factory=dict)
    told: list[tuple[str, NamedLink]] = field(default_factory=list)
    relations: list[RelationRecord] = field(default_factory=list)

    def add(self, uid: str, record: MemoryRecord) -> None:
        """Note a memory under its title and names, and where it leads."""
        for name in {slug(name) for name in (*record.names, record.title or "") if name}:
            known = self.memories.setdefault(name, uid)
            if known != uid:
                self.memories[name] = None
        self.told += [(uid, link) for link in record.links]

    def find(self, link: NamedLink) -> str | None:
        """Return what a link leads to; None where nothing bears the name, or several do."""
        if link.kind == "mentions":
            return self.entities.get(link.target.casefold())
        name = slug(link.target)
        return self.memories.get(name) or self.memories.get(name.rpartition("/")[2])


class Importer:
    """One import: counts, and the journal entry the later parts belong to."""

    def __init__(
        self, app: App, caller: Caller, namespace: str, skipped: Skipped, *, total: int, dry_run: bool
    ) -> None:
        self._app = app
        self._caller = caller
        self._path = label(namespace)
        self._total = total
        self._skipped = skipped
        self._dry_run = dry_run
        self._names = _Names()
        self._done = 0
        self.counts: Counter[str] = Counter()
        self.findings: Counter[str] = Counter()
        self.samples: list[answers.Sample] = []
        self.operation: str | None = None

    def take(self, records: Iterator[Record], name: str) -> None:
        """Write all records in parts; note when they are not those that were checked, for the file may have changed."""
        bad, known = 0, self._skipped.count
        while batch := list(islice(records, _BATCH)):
            good = [record for record in batch if not isinstance(record, (BadLine, LeftOut))]
            with suppress(OnlyShown):
                self._part(good)
            bad += len(batch) - len(good)
            self._done += len(batch)
            self._caller.progress("importing", self._done, self._total)
        for first in range(0, len(self._names.told) + len(self._names.relations), _BATCH):
            with suppress(OnlyShown):
                self._link(first)
        if (self._done - bad, bad) != (self._total - known, known):
            self._skipped.add(name, "it changed while it was read; import it again for what is missing")

    def _part(self, batch: Iterable[Record]) -> None:
        clean = [self._clean(record) for record in batch]
        with self._app.write() as unit:
            changes, namespace = self._begin(unit)
            entry = journal.begin(unit)
            taken = take_in(
                unit, (r for r in clean if isinstance(r, TurnRecord)), namespace, entry=entry, now=changes.now
            )
            if taken.turns:
                changes.note("turns", str(entry), True, False, count=taken.turns)
            self._admit(changes, (r for r in clean if isinstance(r, MemoryRecord)), namespace)
            for record in clean:
                if isinstance(record, EntityRecord):
                    self._name(changes, record, namespace)
                elif isinstance(record, RelationRecord):
                    self._names.relations.append(record)
            self.counts += Counter(sessions=taken.sessions, turns=taken.turns, unchanged=taken.unchanged)
            for session, turn in taken.refused:
                self._skipped.add(f"session {session}, turn {turn}", "another text is kept under this id")
            self._finish(changes, namespace)

    def _begin(self, unit: Unit) -> tuple[Changes, Namespace]:
        namespace = namespaces.ensure(unit, self._path, self._app.clock())
        may_write(unit, self._caller, namespace)
        return begin(self._app, unit, self._caller), namespace

    def _finish(self, changes: Changes, namespace: Namespace) -> None:
        if self._dry_run:
            raise OnlyShown
        if changes.noted:
            written = changes.finish(operation="import", namespace=namespace.path, reason=None, parent=self.operation)
            self.operation = self.operation or written.uid
            put(changes.unit, "embed")
            ask_to_anchor(changes.unit)

    def _admit(self, changes: Changes, records: Iterable[MemoryRecord], namespace: Namespace) -> None:
        seen = sight(changes.unit, self._caller)
        for record in records:
            draft = life.Draft(
                text=record.text, title=record.title, kind=record.kind, tags=record.tags, valid_from=record.valid_from,
                valid_until=record.valid_until, source=record.source, scanned=SCAN_RULES,
            )  # fmt: skip
            known = life.known(changes.unit, draft, namespace, seen)
            if known is not None:
                self.counts["unchanged"] += 1
                self._names.add(known, record)
                continue
            held = "; ".join(
                dict.fromkeys(found.kind for part in (record.title or "", record.text) for found in scan(part))
            )
            admission, memory = life.admit(changes, draft, namespace, self._caller.actor, held=held, seen=seen)
            self.counts["unchanged" if admission.outcome == "merged" else "memories"] += 1
            self.counts["held"] += admission.outcome == "held"
            self._names.add(memory.uid, record)
            if len(self.samples) < _SAMPLES:
                self.samples.append(
                    answers.Sample(
                        kind=memory.kind, title=record.title, text=shorten(" ".join(record.text.split()), _SAMPLE),
                        tags=list(record.tags), outcome=admission.outcome,
                    )
                )  # fmt: skip

    def _name(self, changes: Changes, record: EntityRecord, namespace: Namespace) -> None:
        """Make an entity unless one at this node, or seen from it, has the name."""
        found = entities.called(changes.unit, entities.clean(record.name), namespace, record.kind)
        if not found:
            found = [entities.make(changes, record.kind, record.name, namespace)]
            self.counts["entities"] += 1
        for alias in record.aliases:
            entities.add_alias(changes, found[0], label(alias))
        self._names.entities[record.name.casefold()] = found[0].uid

    def _link(self, first: int) -> None:
        """Write some of the links, now that everything has come in that they may lead to."""
        with self._app.write() as unit:
            changes, namespace = self._begin(unit)
            for kind, source, target, said in islice(self._ends(), first, first + _BATCH):
                if source and target and source != target:
                    known = links.between(unit, kind, source, target)
                    if not known:
                        links.put(changes, kind, source, target, Told(evidence=label(said) or None))
                        self.counts["links"] += 1
            self._finish(changes, namespace)

    def _ends(self) -> Iterator[tuple[str, str | None, str | None, str]]:
        for uid, link in self._names.told:
            yield link.kind, uid, self._names.find(link), link.said
        for each in self._names.relations:
            ends = (self._names.entities.get(end.casefold()) for end in (each.source, each.target))
            yield each.kind, next(ends), next(ends), each.said

    def _clean(self, record: Record) -> Record:
        """Return a record without the secrets in what somebody wrote."""
        clean: dict[str, Any] = {}
        for name in _SAID[type(record)]:
            text = getattr(record, name)
            if text and (redacted := (redact if len(text) > _SHORT else _redact_again)(text)).findings:
                self.findings.update({finding.kind: finding.count for finding in redacted.findings})
                clean[name] = redacted.text
        if isinstance(record, MemoryRecord) and record.tags:
            clean["tags"] = tuple(map(label, record.tags))
        return replace(record, **clean) if clean else record

    def told(self) -> list[answers.Finding]:
        """Return what was removed before it was kept, by kind."""
        return [answers.Finding(kind=kind, count=number) for kind, number in sorted(self.findings.items())]
