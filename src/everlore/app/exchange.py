"""Handlers that move much at once: import of conversations, memories and exports; export of everything."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from everlore.app import answers, requests
from everlore.core.errors import InvalidInput, NotFound
from everlore.core.types import Namespace
from everlore.guard.injection import scan
from everlore.guard.redact import redact
from everlore.memory import life
from everlore.memory.changes import Changes
from everlore.sessions.intake import take_in
from everlore.sessions.readers import FORMATS, detect
from everlore.sessions.records import BadLine, MemoryRecord, Record, TurnRecord
from everlore.store import journal, namespaces
from everlore.store.jobs import put

if TYPE_CHECKING:
    from everlore.app.app import App, Caller

_BATCH = 5_000
_SHOWN = 100


def import_path(app: App, caller: Caller, request: requests.Import) -> answers.Imported:
    """Import a file or directory: read it whole once to find what is wrong, then write it in large steps.

    Each step is one transaction with its journal entry; all of them are parts of one operation, which `undo` reverses.
    """
    started = time.perf_counter()
    path = Path(request.path).expanduser()
    if not path.exists():
        raise NotFound(f"{path} does not exist", field="path")
    form = detect(path) if request.format == "auto" else request.format
    if form == "everlore":
        from everlore.app.portable import import_store

        return import_store(app, caller, path, started)
    skipped, total = _check(FORMATS[form](path), request.on_error, caller)
    importer = _Importer(app, caller, request.namespace or app.config.namespace, total)
    importer.take(FORMATS[form](path))
    return answers.Imported(
        format=form, sessions=importer.sessions, turns=importer.turns, memories=importer.memories, unchanged=importer.unchanged,
        skipped=skipped[:_SHOWN], findings=[answers.Finding(kind=k, count=n) for k, n in sorted(importer.findings.items())],
        operation=importer.operation, seconds=round(time.perf_counter() - started, 3),
    )  # fmt: skip


def _check(records: Iterator[Record], on_error: str, caller: Caller) -> tuple[list[answers.Skipped], int]:
    """Read everything once; raise the first error, or return what will be left out and how many records there are."""
    skipped: list[answers.Skipped] = []
    total = 0
    for record in records:
        total += 1
        if isinstance(record, BadLine):
            if on_error == "fail":
                error = record.error
                raise InvalidInput(
                    error.message,
                    field=error.field,
                    hint=error.hint or "nothing was imported; --on-error skip leaves such lines out",
                )
            skipped.append(answers.Skipped(where=record.where, error=record.error.message))
        if total % 20_000 == 0:
            caller.progress("reading", total, 0)
    if total == 0:
        raise InvalidInput("there is nothing to import in it", field="path")
    return skipped, total


class _Importer:
    """One import on its way: counts, and the journal entry the later parts belong to."""

    def __init__(self, app: App, caller: Caller, namespace: str, total: int) -> None:
        self._app = app
        self._caller = caller
        self._path = namespace
        self._total = total
        self._done = 0
        self.sessions = self.turns = self.memories = self.unchanged = 0
        self.findings: Counter[str] = Counter()
        self.operation: str | None = None

    def take(self, records: Iterator[Record]) -> None:
        """Write all records in parts."""
        while batch := list(islice(records, _BATCH)):
            self._part([record for record in batch if not isinstance(record, BadLine)])
            self._done += len(batch)
            self._caller.progress("importing", self._done, self._total)

    def _part(self, batch: Iterable[Record]) -> None:
        clean = [self._clean(record) for record in batch]
        now = self._app.clock()
        with self._app.write() as unit:
            namespace = namespaces.ensure(unit, self._path, now)
            changes = Changes(unit, now)
            entry = journal.begin(unit)
            taken = take_in(unit, (r for r in clean if isinstance(r, TurnRecord)), namespace, entry=entry, now=now)
            if taken.turns:
                changes.note("turns", str(entry), True, False, count=taken.turns)
            memories, same = self._admit(changes, (r for r in clean if isinstance(r, MemoryRecord)), namespace)
            if changes.noted:
                written = changes.finish(
                    actor=self._caller.actor,
                    operation="import",
                    namespace=namespace.path,
                    reason=None,
                    parent=self.operation,
                )
                self.operation = self.operation or written.uid
                put(unit, "embed")
        self.sessions += taken.sessions
        self.turns += taken.turns
        self.memories += memories
        self.unchanged += taken.unchanged + same

    def _admit(self, changes: Changes, records: Iterable[MemoryRecord], namespace: Namespace) -> tuple[int, int]:
        kept = same = 0
        for record in records:
            draft = life.Draft(
                text=record.text, title=record.title, kind=record.kind, tags=record.tags, valid_from=record.valid_from,
                source=record.source,
            )  # fmt: skip
            held = "; ".join(finding.kind for finding in scan(record.text))
            admission, _ = life.admit(changes, draft, namespace, self._caller.actor, held=held)
            kept += admission.outcome != "merged"
            same += admission.outcome == "merged"
        return kept, same

    def _clean(self, record: Record) -> Record:
        assert not isinstance(record, BadLine)
        redacted = redact(record.text)
        if redacted.findings:
            self.findings.update({finding.kind: finding.count for finding in redacted.findings})
            record = replace(record, text=redacted.text)
        if isinstance(record, TurnRecord) and record.caption:
            record = replace(record, caption=redact(record.caption).text)
        return record


def export_path(app: App, caller: Caller, request: requests.Export) -> answers.Exported:
    """Write everything to one file."""
    from everlore.app.portable import export_store

    return export_store(app, caller, Path(request.path).expanduser())
