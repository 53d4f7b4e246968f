"""From the vault to the store: what people, or `git pull`, have done to the files becomes changes by `vault`.

Each file is compared with what it showed when it was written last, key by key: what a person changed is taken over, what
the store changed stays, and where both changed the same the person's text stands on top and a proposal holds the other.
Every change goes through the operation that makes it elsewhere, so rules, redaction and the scan for orders hold here too.
A file that cannot be read is reported and left alone. Files that vanish in great numbers are asked about.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from hashlib import sha256
from typing import TYPE_CHECKING

from everlore.app.caller import Progress, no_progress
from everlore.app.requests.vault import Missing
from everlore.app.vaulting.adopted import adopt
from everlore.app.vaulting.edits import edited
from everlore.app.vaulting.new import keep_new
from everlore.app.vaulting.taken import Taken, call
from everlore.core.errors import AwaitingApproval, EverloreError
from everlore.guard.policy import BULK
from everlore.guard.redact import label
from everlore.memory.changes import memory_of
from everlore.store import jobs
from everlore.vault import tree
from everlore.vault.fields import SHOWN
from everlore.vault.frontmatter import Malformed
from everlore.vault.page import Page, parse

if TYPE_CHECKING:
    from everlore.app.app import App
    from everlore.store.contract import Row, Unit


_SETTLED = 50_000_000
"""Nanoseconds after which a file can no longer change without the time of its modification changing."""
_ID = re.compile(r"[0-9a-z]{20,26}")


def take_in(app: App, *, missing: Missing = "ask", dry_run: bool = False, progress: Progress = no_progress) -> Taken:
    """Bring the store in line with the files; the caller is `alone` at the vault."""
    root, taken = app.config.vault_root, Taken()
    there = tree.scan(root)
    with app.read() as unit:
        known = {row[1]: row for row in unit.rows("page_files") if row[4]}
        broken = {row[0]: row[1:] for row in unit.rows("page_problems")}
    changed = [path for path, about in there.items() if path not in known or about != tuple(known[path][2:4])]
    gone = {row[0]: path for path, row in known.items() if path not in there}
    read = _read(app, changed, there, known, taken, dry_run=dry_run)
    _swapped(app, read, {path: row[0] for path, row in known.items()}, gone, taken, dry_run=dry_run)
    for path, (page, data) in read.items():
        _one(app, path, page, data, gone, taken, dry_run=dry_run)
    _vanished(app, gone, len(known), there, taken, missing, dry_run=dry_run)
    if not dry_run:
        adopt(app, taken, progress)
        _remember_problems(app, there, broken, taken)
    return taken


def _read(
    app: App,
    changed: Iterable[str],
    there: Mapping[str, tuple[int, int]],
    known: Mapping[str, Row],
    taken: Taken,
    *,
    dry_run: bool,
) -> dict[str, tuple[Page, bytes]]:
    """Return the pages of files that are not as they were; note those whose time alone has changed."""
    found: dict[str, tuple[Page, bytes]] = {}
    seen: list[dict[str, object]] = []
    now = time.time_ns()
    with app.read() as unit:
        digests = {path: row[4] for path in changed if path in known and (row := unit.one("page_file_at", path=path))}
    for path in changed:
        try:
            data = tree.read(app.config.vault_root, path)
            if digests.get(path) == sha256(data).digest():
                size, modified = there[path]
                if now - modified > _SETTLED:
                    seen.append({"memory": known[path][0], "size": size, "modified": modified})
            elif data.strip():
                found[path] = parse(data), data
            elif path in known:  # an editor that saves empties first, and a crash may leave it so
                taken.problems[path] = "it is empty; delete it to archive its memory"
        except Malformed as error:
            taken.problems[path] = str(error)
        except OSError as error:
            taken.problems[path] = f"it cannot be read: {error.strerror}"
        except Exception as error:  # noqa: BLE001 - whatever a file holds, the others are read
            taken.problems[path] = f"it cannot be read: {type(error).__name__}"
    if seen and not dry_run:
        with app.write() as unit:
            unit.many("page_file_seen", seen)
    return found


def _swapped(
    app: App,
    read: Mapping[str, tuple[Page, bytes]],
    known: Mapping[str, str],
    gone: dict[str, str],
    taken: Taken,
    *,
    dry_run: bool,
) -> None:
    """Follow files that have taken the names of others: then the ids in them tell which is which, and not their paths."""
    lay = {uid: path for path, uid in known.items()}
    said = {path: page.fields.get("id") for path, (page, _) in read.items()}
    moves = {}
    for path, uid in said.items():
        if path in known and isinstance(uid, str) and uid != known[path] and uid in lay:
            old = lay[uid]
            if uid in gone or (old in said and said[old] != uid):
                moves[uid] = path
    if not moves or dry_run:
        return
    for path in moves.values():
        left = known[path]
        if left not in moves and left not in gone and left not in said.values():
            gone[left] = path
    with app.write() as unit:
        for uid in {*moves, *(known[path] for path in moves.values())}:
            unit.run("page_file_move", memory=uid, path=f"{uid}\n")  # a name that no file has
        for uid, path in moves.items():
            unit.run("page_file_move", memory=uid, path=path)
            gone.pop(uid, None)
            taken.moved.append(path)
    taken.touched += [lay[uid] for uid in moves]


def _one(app: App, path: str, page: Page, data: bytes, gone: dict[str, str], taken: Taken, *, dry_run: bool) -> None:
    """Do what one file says; whatever is wrong with it is noted, and the others go on."""
    try:
        with app.read() as unit:
            row = unit.one("page_file_at", path=path)
            uid = row[0] if row and row[4] else _named(unit, page, path, gone)
            memory = memory_of(unit, uid) if uid and unit.one("memory_by_uid", uid=uid) else None
        if uid and memory is None:
            taken.adopt[path] = page, data
        elif dry_run:
            (taken.revised if memory else taken.made).append(path)
            gone.pop(uid or "", None)
        elif memory is None:
            keep_new(app, path, page, data, taken)
        else:
            if memory.uid in gone:
                with app.write() as unit:
                    unit.run("page_file_move", memory=memory.uid, path=path)
                taken.touched.append(gone.pop(memory.uid))
                taken.moved.append(path)
            edited(app, memory.uid, path, page, data, taken)
        if path not in taken.problems:
            taken.touched.append(path)
    except AwaitingApproval as error:
        taken.waiting.append(path)
        taken.problems[path] = f"it waits for approval: {error.hint}"
    except Malformed as error:
        taken.problems[path] = str(error)
    except RecursionError:
        taken.problems[path] = "it is nested too deeply"
    except EverloreError as error:
        taken.problems[path] = f"{error.message}. {error.hint}".removesuffix(". ") if error.hint else error.message


def _named(unit: Unit, page: Page, path: str, gone: Mapping[str, str]) -> str | None:
    """Return the memory that a file at a new path is of, None when it is a new one: without an id, or a copy of another."""
    uid = page.fields.get("id")
    if not isinstance(uid, str) or not _ID.fullmatch(uid):
        return None
    row = unit.one("memory_by_uid", uid=uid)
    if row is not None and row[4] == "purged":
        raise Malformed("its memory was purged; delete the file, or take its id away to keep the text as a new memory")
    held = unit.one("page_file_of", memory=uid)
    return None if held is not None and held[4] and uid not in gone and held[1] != path else uid


def _vanished(
    app: App,
    gone: Mapping[str, str],
    known: int,
    there: Mapping[str, object],
    taken: Taken,
    missing: Missing,
    *,
    dry_run: bool,
) -> None:
    """Archive the memories whose files a person has deleted; ask where so many are gone that it may be an accident."""
    root = app.config.vault_root
    gone = {uid: path for uid, path in gone.items() if not tree.leads_out(root, path)}  # where nothing is looked at
    if missing == "write" and not dry_run:
        with app.write() as unit:
            for uid in gone:
                unit.run("page_file_drop", memory=uid)
                unit.run("mirror_again", memory=memory_of(unit, uid).id)
        return
    if missing == "ask" and gone and (len(gone) > BULK or not there or (len(gone) > 1 and 2 * len(gone) > known)):
        taken.missing = sorted(gone.values())
        return
    for uid, path in gone.items():
        if not dry_run and not _gone(app, uid, path, taken):
            continue
        taken.archived.append(path)
        taken.touched.append(path)


def _gone(app: App, uid: str, path: str, taken: Taken) -> bool:
    """Archive the memory of a deleted file; return whether its file may be forgotten."""
    try:
        with app.read() as unit:
            state = memory_of(unit, uid).state
        waits = state in SHOWN and call(app, "forget", {"id": uid, "reason": "its page was deleted in the vault"})
    except EverloreError as error:
        taken.problems[path] = error.message
        return False
    with app.write() as unit:
        unit.run("page_file_drop", memory=uid)
        if waits:
            unit.run("mirror_again", memory=memory_of(unit, uid).id)
    if waits:
        taken.waiting.append(path)
    return not waits


def _remember_problems(
    app: App, there: Mapping[str, tuple[int, int]], broken: Mapping[str, object], taken: Taken
) -> None:
    now = {path: problem for path, problem in taken.problems.items() if path in there}
    settled = [path for path in broken if path not in now and not tree.leads_out(app.config.vault_root, path)]
    if not settled and now.keys() <= broken.keys():
        return
    with app.write() as unit:
        for path in settled:
            unit.run("page_problem_drop", path=path)
            with suppress(TypeError):
                row = unit.one("page_file_at", path=path)
                if row is not None and (one := unit.one("memory_by_uid", uid=row[0])):
                    unit.run("mirror_again", memory=one[0])
                    jobs.put(unit, "mirror")
        for path, problem in now.items():
            size, modified = there[path]
            unit.run("page_problem_put", path=path, size=size, modified=modified, problem=label(problem))
