"""Writing what was planned, and noting it in `agents.json` of the home.

The note has for each file: the clients it is wired for and the parts, whether it was not there before and which directories
were made for it, which containers were, the hash of what was written last, and when. A file that was made for us and has not changed
since needs no backup.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from everlore.core.errors import InvalidInput, refused
from everlore.surfaces.agents.edits import Block, Managed
from everlore.surfaces.agents.wiring import Change, Record, instructions, read, skill_text

RECORD = "agents.json"
Notes = dict[str, dict[str, Any]]


def apply(changes: Iterable[Change], home: Path) -> list[Change]:
    """Write the changes and return what became of them; one that cannot be written is refused, and the others go on."""
    record = load_record(home)
    before = json.dumps(record)
    done = [_applied(change, record) for change in changes]
    if json.dumps(record) != before:
        _save(home, record)
    return done


def load_record(home: Path) -> Notes:
    """Return what was noted of files that were written, by path; nothing where there is no note that can be read."""
    try:
        found = json.loads((home / RECORD).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return {key: each for key, each in found.items() if isinstance(each, dict)} if isinstance(found, dict) else {}


def instructed(record: Record) -> Iterator[tuple[Path, bool]]:
    """Yield each file of instructions that was noted, and whether it has ours as they would be written now."""
    for name, known in record.items():
        path = Path(name)
        if "instructions" not in known.get("parts", ()) or path.suffix == ".mdc":
            continue
        edit = Managed(skill_text()) if path.name == "SKILL.md" else Block(instructions())
        try:
            there, text = read(path)
            yield path, there and edit.put(text) == text
        except (OSError, InvalidInput):
            yield path, False


def _applied(change: Change, record: Notes) -> Change:
    if change.state == "refused":
        return change
    try:
        if change.state != "same":
            if read(change.path) != (change.state != "new", change.old):
                return replace(change, state="refused", why="changed in the meantime; run this again")
            known = dict(record.get(str(change.path), {}))
            change = _write_one(change, known)
            record[str(change.path)] = known
    except OSError as error:
        return replace(change, state="refused", why=error.strerror or str(error))
    except InvalidInput as error:
        return replace(change, state="refused", why=error.message)
    _note(change, record)
    return change


def _write_one(change: Change, known: dict[str, Any]) -> Change:
    target = Path(os.path.realpath(change.path))
    if change.state == "new":
        known |= {"created": True, "directories": make_directories(target.parent)}
    elif not (known.get("created") and known.get("sha256") == _hash(change.old)):
        change = replace(change, backup=_back_up(target))
    if change.new is None:
        target.unlink()
        known["directories"] = _remove_empty(known.get("directories", []))
    else:
        write_whole(target, change.new)
    return change


def _note(change: Change, record: Notes) -> None:
    """Bring the note of one file up to date, without touching it where nothing is new."""
    key = str(change.path)
    known = record.get(key, {})
    clients = set(known.get("clients", ())) - {change.client}
    if not change.removes:
        clients.add(change.client)
    if change.removes and not clients:
        _bequeath(record.pop(key, {}).get("directories", []), record)
        return
    said = {
        "clients": sorted(clients),
        "parts": sorted({*known.get("parts", ()), *change.parts}),
        "made": [list(keys) for keys in change.made],
    } | ({"sha256": _hash(change.new or "")} if change.state != "same" else {})
    if any(known.get(name) != value for name, value in said.items()):
        record[key] = {"created": False, **known, **said, "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}


def _back_up(path: Path) -> Path:
    stamp = time.strftime("%Y%m%dT%H%M%S")
    for number in range(100):
        backup = path.with_name(f"{path.name}.everlore-backup-{stamp}" + (f"-{number}" if number else ""))
        with suppress(FileExistsError):
            file = os.open(backup, os.O_WRONLY | os.O_CREAT | os.O_EXCL, path.stat().st_mode & 0o777)
            with os.fdopen(file, "wb") as copy:
                copy.write(path.read_bytes())
                copy.flush()
                os.fsync(copy.fileno())
            return backup
    raise FileExistsError(17, "too many backups of this second", str(path))


def make_directories(directory: Path) -> list[str]:
    """Make a directory and those above it; return the ones that were not there, the deepest first."""
    missing = []
    while not directory.exists():
        missing.append(str(directory))
        directory = directory.parent
    for each in reversed(missing):
        Path(each).mkdir(exist_ok=True)
    return missing


def _remove_empty(directories: list[str]) -> list[str]:
    """Remove directories, and return those in which there is something still."""
    left = []
    for each in directories:
        try:
            Path(each).rmdir()
        except OSError:
            left.append(each)
    return left


def _bequeath(directories: list[str], record: Notes) -> None:
    """Leave the directories that were made for a file to another that lies in them, and goes with them."""
    for each in directories:
        for path, known in record.items():
            if Path(each) in Path(path).parents:
                known["directories"] = sorted({*known.get("directories", []), each}, key=len, reverse=True)
                break


def write_whole(path: Path, text: str) -> None:
    """Replace a file by another with the same mode, whole or not at all."""
    draft = path.with_name(f".{path.name}.{os.getpid()}-{time.monotonic_ns()}.everlore")
    mode = path.stat().st_mode & 0o7777 if path.exists() else None
    file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666 if mode is None else 0o600)
    try:
        with os.fdopen(file, "wb") as out:
            out.write(text.encode("utf-8"))
            out.flush()
            os.fsync(out.fileno())
        if mode is not None:
            draft.chmod(mode)
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _save(home: Path, record: Notes) -> None:
    if not record and not (home / RECORD).exists():
        return
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(home / RECORD, json.dumps(record, indent=1, sort_keys=True) + "\n")
        (home / RECORD).chmod(0o600)
    except OSError as error:
        raise refused(error, f"{home / RECORD} cannot be written", hint="check its permissions") from error
