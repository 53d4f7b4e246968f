"""The lossless exchange format: JSON lines, a header and then one object per line in an order that can be read back.

Every namespace, session, turn, memory with all its revisions, link, entity and alias goes out with its ids, dates and
states; importing the file into an empty store and exporting again gives the same lines. What is there already under the
same id is left alone. Derived data, jobs and the journal stay behind: the receiving store writes its own journal entry.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from everlore import __version__
from everlore.app import answers
from everlore.core.errors import Conflict, InvalidInput, StoreUnavailable
from everlore.core.namespaces import parse
from everlore.core.types import KINDS, ROLES, STATES, TIERS, Namespace
from everlore.guard.redact import redact
from everlore.memory.changes import Changes
from everlore.memory.life import digest
from everlore.store import index, journal, namespaces
from everlore.store.jobs import put

if TYPE_CHECKING:
    from everlore.app.app import App, Caller
    from everlore.store.contract import Unit

FORMAT = 1
_BATCH = 5_000
_SESSION = ("uid", "external", "agent", "started", "ended", "recorded")
_TURN = (
    "uid",
    "session",
    "position",
    "external",
    "speaker",
    "role",
    "time",
    "recorded",
    "withdrawn",
    "text",
    "caption",
)
_MEMORY = (
    "uid",
    "kind",
    "state",
    "layer",
    "tier",
    "importance",
    "pinned",
    "tags",
    "created",
    "head",
    "uses",
    "last_used",
)
_REVISION = ("number", "title", "text", "valid_from", "valid_until", "recorded", "recorded_until", "actor", "source")
_LINK = (
    "uid",
    "kind",
    "source",
    "target",
    "weight",
    "valid_from",
    "valid_until",
    "recorded",
    "recorded_until",
    "evidence",
)


def export_store(app: App, caller: Caller, path: Path) -> answers.Exported:
    """Write the store to a new file, whole or not at all."""
    if path.exists():
        raise Conflict(f"{path} exists already", field="path", hint="name another file")
    counts = dict.fromkeys(("namespace", "session", "turn", "memory", "revision", "link", "entity", "alias"), 0)
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with app.read() as unit, draft.open("wb") as file:
            draft.chmod(0o600)
            for number, line in enumerate(_lines(unit, counts)):
                file.write(msgspec.json.encode(line) + b"\n")
                if number % 5000 == 0:
                    caller.progress("exporting", number, 0)
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    except FileExistsError:
        raise Conflict(f"{path} exists already", field="path", hint="name another file") from None
    except OSError as error:
        raise StoreUnavailable(
            f"{path} cannot be written: {error.strerror}", field="path", hint="nothing was written"
        ) from error
    finally:
        draft.unlink(missing_ok=True)
    return answers.Exported(
        path=str(path), memories=counts["memory"], revisions=counts["revision"], turns=counts["turn"], links=counts["link"],
        bytes=path.stat().st_size,
    )  # fmt: skip


def _lines(unit: Unit, counts: dict[str, int]) -> Iterator[dict[str, Any]]:
    yield {"everlore_export": FORMAT, "version": __version__}
    for row in unit.rows("namespaces"):
        yield _line(counts, "namespace", path=row[2])
    for row in unit.rows("sessions_all"):
        yield _line(counts, "session", namespace=row[8], **dict(zip(_SESSION, (row[1], *row[3:8]), strict=True)))
    for row in unit.stream("turns_all"):
        yield _line(counts, "turn", **dict(zip(_TURN, row, strict=True)))
    for row in unit.stream("memories_all"):
        memory = index.memory_from(row)
        values = {name: getattr(memory, name) for name in _MEMORY}
        revisions = [
            dict(zip(_REVISION, (*r[2:5], *r[6:]), strict=True)) for r in unit.rows("revisions_of", memory=memory.id)
        ]
        counts["revision"] += len(revisions)
        yield _line(counts, "memory", namespace=row[14], **values, revisions=revisions)
    for row in unit.stream("links_all"):
        yield _line(counts, "link", **dict(zip(_LINK, row, strict=True)))
    for row in unit.stream("entities_all"):
        yield _line(
            counts,
            "entity",
            **dict(zip(("uid", "namespace", "kind", "name", "recorded", "recorded_until"), row, strict=True)),
        )
    for row in unit.stream("aliases_all"):
        yield _line(counts, "alias", **dict(zip(("entity", "name", "recorded", "recorded_until"), row, strict=True)))


def _line(counts: dict[str, int], sort: str, /, **values: object) -> dict[str, Any]:
    counts[sort] += 1
    return {"object": sort, **values}


def import_store(app: App, caller: Caller, path: Path, started: float) -> answers.Imported:
    """Read an export into the store: checked whole before anything is written, then written in parts of one operation."""
    total = sum(1 for _ in _checked(path))
    reader = _Reader(app, caller, total)
    batch: list[dict[str, Any]] = []
    for value in _checked(path):
        batch.append(value)
        if len(batch) == _BATCH:
            reader.write(batch)
            batch = []
    reader.write(batch)
    return answers.Imported(
        format="everlore", sessions=reader.new["session"], turns=reader.new["turn"], memories=reader.new["memory"],
        unchanged=reader.unchanged, skipped=[], findings=[], operation=reader.operation,
        seconds=round(time.perf_counter() - started, 3),
    )  # fmt: skip


def _checked(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the objects of an export; raise `InvalidInput` naming line and field at the first that is wrong."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            where = f"{path.name}, line {number}"
            try:
                value = msgspec.json.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                raise InvalidInput(
                    f"{where}: not valid JSON: {error}", field="line", hint="nothing was imported"
                ) from None
            if number == 1:
                if not isinstance(value, dict) or value.get("everlore_export") != FORMAT:
                    raise InvalidInput(f"{where}: not an export this version can read", field="everlore_export")
                continue
            try:
                _check_object(value)
            except (InvalidInput, KeyError, TypeError) as error:
                field = error.field if isinstance(error, InvalidInput) else str(error).strip("'")
                raise InvalidInput(
                    f"{where}: wrong or missing {field}", field=field, hint="nothing was imported"
                ) from None
            yield value


_TEXTS = {"session": ("uid", "external", "namespace"), "turn": ("uid", "session", "external", "speaker", "text"),
          "memory": ("uid", "namespace", "kind", "state", "tier"), "link": ("uid", "kind", "source", "target"),
          "entity": ("uid", "namespace", "kind", "name"), "alias": ("entity", "name"), "namespace": ("path",)}  # fmt: skip
_CHOICES = {"kind": KINDS, "state": STATES, "tier": TIERS}


def _check_object(value: dict[str, Any]) -> None:
    kind = value["object"]
    if kind not in _TEXTS:
        raise InvalidInput("unknown object", field="object")
    for field in _TEXTS[kind]:
        if not isinstance(value[field], str) or "\x00" in value[field]:
            raise InvalidInput("not a text", field=field)
        if kind == "memory" and field in _CHOICES and value[field] not in _CHOICES[field]:
            raise InvalidInput("unknown", field=field)
    if "namespace" in value or kind == "namespace":
        parse(value.get("namespace") or value["path"])
    if kind == "turn" and not (value["role"] is None or value["role"] in ROLES):
        raise InvalidInput("unknown", field="role")
    if kind == "memory":
        numbers = [revision["number"] for revision in value["revisions"]]
        if numbers != list(range(1, len(numbers) + 1)) or not 1 <= value["head"] <= len(numbers):
            raise InvalidInput("out of order", field="revisions")
        if any(not isinstance(revision["text"], str) for revision in value["revisions"]):
            raise InvalidInput("not a text", field="text")
    for field, content in value.items():
        if field in _WHOLE_NUMBERS and not (content is None or (isinstance(content, int) and abs(content) < 1 << 53)):
            raise InvalidInput("not a whole number", field=field)


_WHOLE_NUMBERS = {"started", "ended", "recorded", "recorded_until", "position", "time", "created", "head", "uses", "last_used",
                  "layer", "valid_from", "valid_until"}  # fmt: skip


class _Reader:
    """An export on its way in."""

    def __init__(self, app: App, caller: Caller, total: int) -> None:
        self._app = app
        self._caller = caller
        self._total = total
        self._done = 0
        self.new = {"session": 0, "turn": 0, "memory": 0}
        self.unchanged = 0
        self.operation: str | None = None

    def write(self, batch: list[dict[str, Any]]) -> None:
        """Write one part."""
        now = self._app.clock()
        with self._app.write() as unit:
            changes = Changes(unit, now)
            entry = journal.begin(unit)
            indexer = index.Indexer(unit)
            self._turns(unit, indexer, [v for v in batch if v["object"] == "turn"], batch, entry, now, changes)
            for value in batch:
                if value["object"] == "memory":
                    self._memory(unit, changes, value, now)
                elif value["object"] in {"link", "entity", "alias", "namespace"}:
                    self._other(unit, value, now)
            indexer.flush()
            if changes.noted:
                written = changes.finish(
                    actor=self._caller.actor, operation="import", namespace=None, reason=None, parent=self.operation
                )
                self.operation = self.operation or written.uid
                put(unit, "embed")
        self._done += len(batch)
        self._caller.progress("importing", self._done, self._total)

    def _turns(
        self, unit: Unit, indexer: index.Indexer, turns: list[dict[str, Any]], batch: Iterable[dict[str, Any]], entry: int, now: int,
        changes: Changes,
    ) -> None:  # fmt: skip
        for value in batch:
            if value["object"] == "session" and unit.one("session_by_uid", uid=value["uid"]) is None:
                namespace = namespaces.ensure(unit, value["namespace"], now)
                unit.run("session_insert", namespace=namespace.id, **{name: value[name] for name in _SESSION})
                self.new["session"] += 1
        first: dict[int, tuple[int, Namespace]] = {}
        stored = 0
        for value in turns:
            session = unit.one("session_by_uid", uid=value["session"])
            if session is None:
                raise InvalidInput(f"turn {value['uid']} belongs to no session of the file", field="session")
            if unit.one("turn_by_uid", uid=value["uid"]) is not None:
                self.unchanged += 1
                continue
            values = {
                **{name: value[name] for name in _TURN},
                "session": session[0],
                "text": redact(value["text"]).text,
            }
            unit.run("turn_insert", **values, entry=0 if value["withdrawn"] else entry)
            stored += not value["withdrawn"]
            self.new["turn"] += 1
            position, _ = first.get(session[0], (value["position"], None))
            first[session[0]] = min(position, value["position"]), namespaces.by_id(unit, session[2])
        for identity, (position, namespace) in first.items():
            index.append_turns(unit, indexer, identity, position, namespace)
        if stored:
            changes.note("turns", str(entry), True, False, count=stored)

    def _memory(self, unit: Unit, changes: Changes, value: dict[str, Any], now: int) -> None:
        if unit.one("memory_by_uid", uid=value["uid"]) is not None:
            self.unchanged += 1
            return
        namespace = namespaces.ensure(unit, value["namespace"], now)
        values = {name: value[name] for name in _MEMORY if name not in {"uses", "last_used"}}
        identity = unit.run(
            "memory_insert", namespace=namespace.id, **{**values, "tags": json.dumps(value["tags"], ensure_ascii=False)}
        )
        unit.run("memory_set_use", id=identity, uses=value["uses"], last_used=value["last_used"])
        for revision in value["revisions"]:
            text = redact(revision["text"]).text
            spelled = {**{name: revision[name] for name in _REVISION}, "text": text}
            unit.run("revision_insert", memory=identity, digest=digest(revision["title"], text), **spelled)
        changes.note("memory.state", value["uid"], "withdrawn", value["state"])
        changes.touch(value["uid"])
        self.new["memory"] += 1

    def _other(self, unit: Unit, value: dict[str, Any], now: int) -> None:
        if value["object"] == "namespace":
            namespaces.ensure(unit, value["path"], now)
        elif value["object"] == "link":
            unit.run("link_keep", **{name: value[name] for name in _LINK})
        elif value["object"] == "entity":
            namespace = namespaces.ensure(unit, value["namespace"], now)
            fields = {name: value[name] for name in ("uid", "kind", "name", "recorded", "recorded_until")}
            unit.run("entity_insert", namespace=namespace.id, **fields)
        else:
            unit.run("alias_insert", **{name: value[name] for name in ("entity", "name", "recorded", "recorded_until")})
