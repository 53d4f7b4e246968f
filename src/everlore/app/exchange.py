"""Handlers that move much at once: import of conversations, memories and exports; export of everything."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from everlore.app import answers, requests
from everlore.app.authority import changes as begin
from everlore.app.authority import may_write, sight
from everlore.app.caller import Caller
from everlore.app.freshness import ask_to_anchor
from everlore.app.parse import given_path
from everlore.core.errors import InvalidInput, NotFound
from everlore.core.types import Namespace
from everlore.guard import SCAN_RULES
from everlore.guard.injection import scan
from everlore.guard.redact import label, redact
from everlore.memory import life
from everlore.memory.changes import Changes
from everlore.sessions.intake import take_in
from everlore.sessions.readers import FORMATS, detect
from everlore.sessions.records import BadLine, MemoryRecord, Record, TurnRecord
from everlore.store import journal, namespaces
from everlore.store.jobs import put

if TYPE_CHECKING:
    from everlore.app.app import App

_BATCH = 5_000
_SHOWN = 100
_SAID = {
    TurnRecord: ("text", "caption", "speaker", "session", "id"),
    MemoryRecord: ("text", "title", "source"),
}
"""The fields of a record that somebody wrote, and that may therefore hold a secret."""
_SHORT = 80
_redact_again = lru_cache(1_000)(redact)
"""For what comes again and again: a speaker, a session."""


def import_path(app: App, caller: Caller, request: requests.Import) -> answers.Imported:
    """Import a file or directory: read it whole once to find what is wrong, then write it in large steps.

    Each step is one transaction with its journal entry; all of them are parts of one operation, which `undo` reverses.
    """
    started = time.perf_counter()
    path = given_path(request.path)
    if not path.exists():
        raise NotFound(f"{path} does not exist", field="path")
    if not path.is_file() and not path.is_dir():  # a pipe or a device may have no end, and cannot be read twice
        raise InvalidInput(f"{path} is no file or directory", field="path", hint="write what it gives to a file first")
    try:
        form = detect(path) if request.format == "auto" else request.format
        if form == "everlore":
            return _import_export(app, caller, request, path, started)
        skipped = _Skipped()
        total = _check(FORMATS[form](path), request.on_error, skipped, caller)
        importer = _Importer(app, caller, request.namespace or app.config.namespace, total, skipped)
        importer.take(FORMATS[form](path), path.name)
    except OSError as error:
        said = f"{error.filename or path} cannot be read: {error.strerror}"
        raise InvalidInput(said, field="path", hint="check its permissions") from error
    return answers.Imported(
        format=form, sessions=importer.sessions, turns=importer.turns, memories=importer.memories, unchanged=importer.unchanged,
        skipped=skipped.shown(), findings=[answers.Finding(kind=k, count=n) for k, n in sorted(importer.findings.items())],
        operation=importer.operation, seconds=round(time.perf_counter() - started, 3),
    )  # fmt: skip


def _import_export(app: App, caller: Caller, request: requests.Import, path: Path, started: float) -> answers.Imported:
    from everlore.app.portable import import_store

    if request.namespace:
        hint = "leave --namespace out; lore export --namespace writes a part of a store"
        raise InvalidInput("namespace: an export carries its own namespaces", field="namespace", hint=hint)
    if request.on_error != "fail":
        raise InvalidInput("on_error: an export comes in whole or not at all", field="on_error")
    return import_store(app, caller, path, started)


class _Skipped:
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


def _check(records: Iterator[Record], on_error: str, skipped: _Skipped, caller: Caller) -> int:
    """Read everything once; raise the first error, or note what will be left out; return how many records there are."""
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
            skipped.add(record.where, record.error.message)
        if total % 20_000 == 0:
            caller.progress("reading", total, 0)
    if total == 0:
        raise InvalidInput("there is nothing to import in it", field="path")
    return total


class _Importer:
    """One import on its way: counts, and the journal entry the later parts belong to."""

    def __init__(self, app: App, caller: Caller, namespace: str, total: int, skipped: _Skipped) -> None:
        self._app = app
        self._caller = caller
        self._path = namespace
        self._total = total
        self._skipped = skipped
        self._done = 0
        self.sessions = self.turns = self.memories = self.unchanged = 0
        self.findings: Counter[str] = Counter()
        self.operation: str | None = None

    def take(self, records: Iterator[Record], name: str) -> None:
        """Write all records in parts; note when they are not those that were checked, for the file may have changed."""
        bad, known = 0, self._skipped.count
        while batch := list(islice(records, _BATCH)):
            good = [record for record in batch if not isinstance(record, BadLine)]
            self._part(good)
            bad += len(batch) - len(good)
            self._done += len(batch)
            self._caller.progress("importing", self._done, self._total)
        if (self._done - bad, bad) != (self._total - known, known):
            self._skipped.add(name, "it changed while it was read; import it again for what is missing")

    def _part(self, batch: Iterable[Record]) -> None:
        clean = [self._clean(record) for record in batch]
        now = self._app.clock()
        with self._app.write() as unit:
            namespace = namespaces.ensure(unit, label(self._path), now)
            may_write(unit, self._caller, namespace)
            changes = begin(self._app, unit, self._caller)
            entry = journal.begin(unit)
            taken = take_in(unit, (r for r in clean if isinstance(r, TurnRecord)), namespace, entry=entry, now=now)
            if taken.turns:
                changes.note("turns", str(entry), True, False, count=taken.turns)
            memories, same = self._admit(changes, (r for r in clean if isinstance(r, MemoryRecord)), namespace)
            if changes.noted:
                written = changes.finish(
                    operation="import",
                    namespace=namespace.path,
                    reason=None,
                    parent=self.operation,
                )
                self.operation = self.operation or written.uid
                put(unit, "embed")
                ask_to_anchor(unit)
        self.sessions += taken.sessions
        self.turns += taken.turns
        self.memories += memories
        self.unchanged += taken.unchanged + same
        for session, turn in taken.refused:
            self._skipped.add(f"session {session}, turn {turn}", "another text is kept under this id")

    def _admit(self, changes: Changes, records: Iterable[MemoryRecord], namespace: Namespace) -> tuple[int, int]:
        kept = same = 0
        seen = sight(changes.unit, self._caller)
        for record in records:
            draft = life.Draft(
                text=record.text, title=record.title, kind=record.kind, tags=record.tags, valid_from=record.valid_from,
                source=record.source, scanned=SCAN_RULES,
            )  # fmt: skip
            said = (record.title or "", record.text)
            held = "; ".join(dict.fromkeys(finding.kind for part in said for finding in scan(part)))
            admission, _ = life.admit(changes, draft, namespace, self._caller.actor, held=held, seen=seen)
            kept += admission.outcome != "merged"
            same += admission.outcome == "merged"
        return kept, same

    def _clean(self, record: Record) -> Record:
        assert not isinstance(record, BadLine)
        clean: dict[str, Any] = {}
        for name in _SAID[type(record)]:
            text = getattr(record, name)
            if text and (redacted := (redact if len(text) > _SHORT else _redact_again)(text)).findings:
                self.findings.update({finding.kind: finding.count for finding in redacted.findings})
                clean[name] = redacted.text
        if isinstance(record, MemoryRecord) and record.tags:
            clean["tags"] = tuple(map(label, record.tags))
        return replace(record, **clean) if clean else record


def export_path(app: App, caller: Caller, request: requests.Export) -> answers.Exported:
    """Write everything, or one namespace with what is below it, to one file."""
    from everlore.app.portable import export_store

    return export_store(app, caller, given_path(request.path), request.namespace)
