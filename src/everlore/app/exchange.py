"""Handlers that move much at once: import of conversations, other tools' stores and exports; export of everything."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from everlore.app import answers, requests
from everlore.app.importing import Importer, Skipped
from everlore.app.parse import given_path
from everlore.core.errors import InvalidInput, NotFound
from everlore.sessions.readers import FORMATS, detect
from everlore.sessions.records import BadLine, LeftOut, Record

if TYPE_CHECKING:
    from everlore.app.app import App
    from everlore.app.caller import Caller


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
        skipped = Skipped()
        total = _check(FORMATS[form](path), request.on_error, skipped, caller)
        place = request.namespace or app.config.namespace
        importer = Importer(app, caller, place, skipped, total=total, dry_run=request.dry_run)
        importer.take(FORMATS[form](path), path.name)
    except OSError as error:
        said = f"{error.filename or path} cannot be read: {error.strerror}"
        raise InvalidInput(said, field="path", hint="check its permissions") from error
    counts = importer.counts
    return answers.Imported(
        format=form, sessions=counts["sessions"], turns=counts["turns"], memories=counts["memories"], held=counts["held"],
        entities=counts["entities"], links=counts["links"], unchanged=counts["unchanged"], skipped=skipped.shown(),
        findings=importer.told(), samples=importer.samples, applied=not request.dry_run, operation=importer.operation,
        seconds=round(time.perf_counter() - started, 3),
    )  # fmt: skip


def _import_export(app: App, caller: Caller, request: requests.Import, path: Path, started: float) -> answers.Imported:
    from everlore.app.portable import import_store

    if request.namespace:
        hint = "leave --namespace out; lore export --namespace writes a part of a store"
        raise InvalidInput("namespace: an export carries its own namespaces", field="namespace", hint=hint)
    if request.dry_run:
        hint = "import it into another home to look at it"
        raise InvalidInput("dry_run: an export comes in as it is", field="dry_run", hint=hint)
    if request.on_error != "fail":
        raise InvalidInput("on_error: an export comes in whole or not at all", field="on_error")
    return import_store(app, caller, path, started)


def _check(records: Iterator[Record], on_error: str, skipped: Skipped, caller: Caller) -> int:
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
        elif isinstance(record, LeftOut):
            skipped.add(record.where, record.why)
        if total % 20_000 == 0:
            caller.progress("reading", total, 0)
    if total == 0:
        raise InvalidInput("there is nothing to import in it", field="path")
    return total


def export_path(app: App, caller: Caller, request: requests.Export) -> answers.Exported:
    """Write everything, or one namespace with what is below it, to one file."""
    from everlore.app.portable import export_store

    return export_store(app, caller, given_path(request.path), request.namespace)
