"""The exchange format: JSON lines, a header and then the lines of `everlore.app.lines`.

Every namespace, session, turn, handoff, memory with all its revisions and feedback, link, entity, alias and standard that the
caller sees goes out with its ids, dates and states; importing the file into an empty store and exporting again gives the same
lines. What is there already under the same id is left alone, but for what an undo took back. Agents, rules of policy,
proposals, derived data, jobs and the journal stay behind: the receiving store has its own, and writes a journal entry.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from everlore import __version__
from everlore.app import answers, lines
from everlore.app.authority import changes as begin
from everlore.app.authority import may_write, must_govern, sight
from everlore.app.caller import Caller
from everlore.app.freshness import ask_to_anchor
from everlore.app.parse import field_of, reject_bad_characters
from everlore.core.errors import Conflict, InvalidInput, refused
from everlore.core.namespaces import parse
from everlore.core.types import Namespace
from everlore.guard.redact import label
from everlore.memory import belief
from everlore.memory.changes import Changes
from everlore.memory.life import digest
from everlore.sessions.capture import said_digest
from everlore.store import index, journal, namespaces
from everlore.store.jobs import put

if TYPE_CHECKING:
    from everlore.app.app import App
    from everlore.store.contract import Unit

FORMAT = 2
_READS = (1, 2)
_BATCH = 5_000
_HINT = "nothing was imported"


def export_store(app: App, caller: Caller, path: Path, within: str | None = None) -> answers.Exported:
    """Write the store, or one namespace with what is below it, to a new file, whole or not at all."""
    if path.exists():
        raise Conflict(f"{path} exists already", field="path", hint="name another file")
    counts: Counter[str] = Counter()
    draft = path.with_name(f".{path.name[:200]}.{os.getpid()}.part")
    try:
        with app.read() as unit, os.fdopen(os.open(draft, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb") as file:
            file.write(msgspec.json.encode({"everlore_export": FORMAT, "version": __version__}) + b"\n")
            for number, line in enumerate(lines.lines(unit, within, sight(unit, caller))):
                file.write(msgspec.json.encode(line) + b"\n")
                counts[type(line).__name__] += 1
                counts["revisions"] += len(line.revisions) if isinstance(line, lines.Memory) else 0
                if number % 5000 == 0:
                    caller.progress("exporting", number, 0)
            file.flush()
            os.fsync(file.fileno())
        _name(draft, path)
    except FileExistsError:
        raise Conflict(f"{path} exists already", field="path", hint="name another file") from None
    except OSError as error:
        raise refused(error, f"{path} cannot be written", field="path", hint="nothing was written") from error
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
    return answers.Exported(
        path=str(path), memories=counts["Memory"], revisions=counts["revisions"], turns=counts["Turn"], links=counts["Link"],
        bytes=path.stat().st_size,
    )  # fmt: skip


def _name(draft: Path, path: Path) -> None:
    """Give a finished file its name without taking that of another."""
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        if path.exists():
            raise FileExistsError(path) from None
        draft.rename(path)


def import_store(app: App, caller: Caller, path: Path, started: float) -> answers.Imported:
    """Read an export into the store: checked whole before anything is written, then written in parts of one operation."""
    must_govern(app, caller, "import a store, with whose it is and who sees it")
    total = sum(1 for _ in _checked(path))
    reader = _Reader(app, caller, total)
    batch: list[lines.Any] = []
    for line in _checked(path):
        batch.append(line)
        if len(batch) == _BATCH:
            reader.write(batch)
            batch = []
    reader.write(batch)
    return answers.Imported(
        format="everlore", sessions=reader.new["session"], turns=reader.new["turn"], memories=reader.new["memory"],
        unchanged=reader.unchanged, skipped=[], findings=[], operation=reader.operation,
        seconds=round(time.perf_counter() - started, 3),
    )  # fmt: skip


def take(app: App, caller: Caller, batch: Sequence[lines.Any]) -> str | None:
    """Write some lines of an export as one import; return the operation, None where nothing was new."""
    reader = _Reader(app, caller, len(batch))
    reader.write(batch)
    return reader.operation


def _checked(path: Path) -> Iterator[lines.Any]:
    """Yield the lines of an export; raise `InvalidInput` naming line and field at the first that is wrong."""
    decoder = msgspec.json.Decoder(lines.Any)
    known: dict[str, set[str]] = {"session": set(), "entity": set()}
    with path.open("rb") as file:
        _check_header(next(file, b""), f"{path.name}, line 1")
        for number, text in enumerate(file, 2):
            where = f"{path.name}, line {number}"
            try:
                line = decoder.decode(text)
                _check(line, known)
            except msgspec.ValidationError as error:
                field, said = field_of(error)
                raise InvalidInput(f"{where}: {field}: {said}", field=field, hint=_HINT) from None
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                raise InvalidInput(f"{where}: not valid JSON: {error}", field="line", hint=_HINT) from None
            except InvalidInput as error:
                raise InvalidInput(f"{where}: {error.message}", field=error.field, hint=_HINT) from None
            yield line


def _check_header(text: bytes, where: str) -> None:
    try:
        header = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInput(f"{where}: not valid JSON: {error}", field="line", hint=_HINT) from None
    if not isinstance(header, dict) or header.get("everlore_export") not in _READS:
        raise InvalidInput(f"{where}: not an export that this version can read", field="everlore_export", hint=_HINT)


def _check(line: lines.Any, known: dict[str, set[str]]) -> None:
    """Raise `InvalidInput` for what the shape of a line cannot say."""
    reject_bad_characters(msgspec.to_builtins(line), "")
    if isinstance(line, lines.Node):
        parse(label(line.path), "path")
    elif isinstance(line, (lines.Session, lines.Memory, lines.Entity, lines.Handoff, lines.Standard)):
        parse(label(line.namespace))
    if isinstance(line, lines.Session):
        known["session"].add(line.uid)
    elif isinstance(line, lines.Entity):
        known["entity"].add(line.uid)
    elif isinstance(line, lines.Turn) and line.session not in known["session"]:
        raise InvalidInput("session: the file holds no such session before it", field="session")
    elif isinstance(line, lines.Alias) and line.entity not in known["entity"]:
        raise InvalidInput("entity: the file holds no such entity before it", field="entity")
    elif isinstance(line, lines.Memory):
        numbers = [revision.number for revision in line.revisions]
        if numbers != list(range(1, len(numbers) + 1)):
            raise InvalidInput("revisions: they are not numbered from 1 on", field="revisions")
        if line.head > len(numbers):
            raise InvalidInput("head: there is no such revision", field="head")


class _Reader:
    """An export on its way in."""

    def __init__(self, app: App, caller: Caller, total: int) -> None:
        self._app = app
        self.caller = caller
        self._total = total
        self._done = 0
        self.new = Counter[str]()
        self.unchanged = 0
        self.operation: str | None = None

    def write(self, batch: Sequence[lines.Any]) -> None:
        """Write one part."""
        with self._app.write() as unit:
            changes = begin(self._app, unit, self.caller)
            part = _Part(unit, changes, journal.begin(unit), self)
            for line in batch:
                part.take(line)
            part.finish()
            if changes.noted:
                written = changes.finish(operation="import", namespace=None, reason=None, parent=self.operation)
                self.operation = self.operation or written.uid
                put(unit, "embed")
                ask_to_anchor(unit)
            else:  # links, names and handoffs are noted nowhere, but asked about
                changes.ask("import", None)
        self._done += len(batch)
        self.caller.progress("importing", self._done, self._total)


class _Part:
    """The lines of one transaction; sessions that got turns are indexed at its end."""

    def __init__(self, unit: Unit, changes: Changes, entry: int, reader: _Reader) -> None:
        self._unit = unit
        self._changes = changes
        self._entry = entry
        self._reader = reader
        self._nodes: dict[str, Namespace] = {}
        self._sessions: dict[str, tuple[int, int]] = {}
        self._grown: dict[int, int] = {}
        self._visible = 0

    def take(self, line: lines.Any) -> None:
        """Write what one line says, unless it is there."""
        if isinstance(line, lines.Turn):
            self._turn(line)
        elif isinstance(line, lines.Memory):
            self._memory(line)
        elif isinstance(line, lines.Session):
            self._session(line)
        elif isinstance(line, lines.Handoff):
            self._handoff(line)
        elif isinstance(line, lines.Node):
            if namespaces.find(self._unit, line.path) is None:
                self._node(line.path, line.recorded)
        elif isinstance(line, lines.Standard):
            node = self._node(line.namespace, line.recorded)
            named = {"namespace": node.id, "name": label(line.name)}
            self._unit.run("standard_keep", **{**msgspec.structs.asdict(line), **named})
        elif isinstance(line, lines.Link):
            self._unit.run("link_keep", **{**msgspec.structs.asdict(line), "evidence": label(line.evidence)})
        elif isinstance(line, lines.Entity):
            node = self._node(line.namespace, line.recorded)
            values = {**msgspec.structs.asdict(line), "namespace": node.id, "name": label(line.name)}
            merged = values.pop("merged")
            self._unit.run("entity_insert", **values)
            if self._unit.changed() and merged:
                self._unit.run("entity_set_merged", uid=line.uid, merged=merged)
        elif isinstance(line, lines.Feedback):
            said = {"actor": label(line.actor), "note": label(line.note)}
            self._unit.run("feedback_keep", **{**msgspec.structs.asdict(line), **said})
        else:
            self._unit.run("alias_insert", **{**msgspec.structs.asdict(line), "name": label(line.name)})

    def _node(self, path: str, now: int) -> Namespace:
        """Return the namespace at a path, made where it is missing, if whoever imports may write there."""
        if path not in self._nodes:
            self._nodes[path] = namespaces.ensure(self._unit, path, now)
            may_write(self._unit, self._reader.caller, self._nodes[path])
        return self._nodes[path]

    def finish(self) -> None:
        """Index the sessions that got turns, and note the turns as one change."""
        indexer = index.Indexer(self._unit)
        for session, node in self._grown.items():
            index.reindex_session(self._unit, indexer, session, namespaces.by_id(self._unit, node))
        indexer.flush()
        if self._visible:
            self._changes.note("turns", str(self._entry), True, False, count=self._visible)

    def _session(self, line: lines.Session) -> None:
        if self._unit.one("session_by_uid", uid=line.uid) is not None:
            return
        node = self._node(line.namespace, line.recorded)
        parent = self._unit.one("session_by_uid", uid=line.parent)
        told = {
            name: label(getattr(line, name)) for name in ("external", "agent", "client", "cwd", "branch", "transcript")
        }
        named = {"namespace": node.id, "parent": parent[0] if parent else None, **told}
        self._unit.run("session_insert", **{**msgspec.structs.asdict(line), **named})
        self._reader.new["session"] += 1

    def _handoff(self, line: lines.Handoff) -> None:
        node = self._node(line.namespace, line.recorded)
        rows = (self._unit.one("session_by_uid", uid=uid) for uid in (line.session, line.claimed_by))
        session, claimed_by = (row[0] if row else None for row in rows)
        said = {name: label(getattr(line, name)) for name in ("client", "recipient", "occasion", "text", "body")}
        named = {"namespace": node.id, "session": session, "claimed_by": claimed_by, **said}
        self._unit.run("handoff_keep", **{**msgspec.structs.asdict(line), **named})

    def _turn(self, line: lines.Turn) -> None:
        unit = self._unit
        session, node = self._place(line.session)
        known = unit.one("turns_known", uids=json.dumps([line.uid]))
        if known is not None and (not known[3] or line.withdrawn):
            self._reader.unchanged += 1
            return
        if known is not None:
            unit.run("turn_return", uid=line.uid, entry=self._entry)
        else:
            taken = unit.one("turn_place_taken", session=session, position=line.position)
            position = unit.value("turn_last_position", session=session) + 1 if taken else line.position
            said = {name: label(getattr(line, name)) for name in ("text", "caption", "speaker", "external", "detail")}
            known_by = said_digest(line.event, said["text"] or "") if line.channel else None
            values = {"session": session, "position": position, "digest": known_by, **said}
            entry = 0 if line.withdrawn else self._entry
            row = unit.run("turn_insert", **{**msgspec.structs.asdict(line), **values}, entry=entry)
            unit.many("sighting_insert", ({"uid": uid, "turn": row} for uid in line.seen))
        self._reader.new["turn"] += 1
        self._visible += not line.withdrawn
        self._grown[session] = node

    def _place(self, uid: str) -> tuple[int, int]:
        if uid not in self._sessions:
            row = self._unit.one("session_by_uid", uid=uid)
            assert row is not None  # the check of the file saw it in front of its turns
            self._sessions[uid] = row[0], row[2]
        return self._sessions[uid]

    def _memory(self, line: lines.Memory) -> None:
        unit, changes = self._unit, self._changes
        known = unit.one("memory_by_uid", uid=line.uid)
        if known is not None:
            if known[4] == "withdrawn" != line.state:
                changes.set("memory.state", line.uid, "withdrawn", line.state)
                self._reader.new["memory"] += 1
            else:
                self._reader.unchanged += 1
            return
        values = msgspec.structs.asdict(line)
        revisions, node = values.pop("revisions"), self._node(line.namespace, line.created)
        tags = json.dumps(list(map(label, line.tags)), ensure_ascii=False)
        told = {"owner": label(line.owner), "placed": label(line.placed)}
        uses = {"uses": values.pop("uses"), "last_used": values.pop("last_used")}
        identity = unit.run("memory_insert", **{**values, **told, "namespace": node.id, "tags": tags, "scanned": 0})
        unit.run("memory_set_use", id=identity, **uses)
        for revision in revisions:
            given = msgspec.structs.asdict(revision)
            beliefs = given.pop("beliefs")
            said = {**given, **{name: label(given[name]) for name in ("text", "title", "actor", "source")}}
            if line.state == "purged":
                said |= {"text": "", "title": None}
            row = unit.run("revision_insert", memory=identity, digest=digest(said["title"], said["text"]), **said)
            if beliefs is None:  # written before beliefs were: what is held true is so since it was recorded
                held_true = line.state in belief.BELIEVED and revision.recorded_until is None
                since = revision.valid_from if revision.valid_from is not None else revision.recorded
                whole = lines.Belief(
                    valid_from=since, valid_until=revision.valid_until, recorded=revision.recorded, recorded_until=None
                )
                beliefs = [whole] if held_true else []
            unit.many("belief_insert", ({**msgspec.structs.asdict(held), "revision": row} for held in beliefs))
        if line.state != "purged":  # which nothing reverses, not even for the store that it comes to
            changes.note("memory.state", line.uid, "withdrawn", line.state)
            changes.touch(line.uid)
        self._reader.new["memory"] += 1
