"""Files of clients and what is to be done to them: planned as differences, then written whole or not at all.

A plan changes nothing. Applying it writes each file beside itself and renames it into place, through a symlink to what it
leads to, after one backup of a file that really changes. A file that cannot be read as what it should be is refused and left
alone, and the others go on. What was written where is noted in `agents.json` of the home, so that files and directories that
were not there before can go again.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from difflib import unified_diff
from pathlib import Path
from typing import Literal

from everlore.core.errors import EverloreError, InvalidInput, refused
from everlore.surfaces.agents.edits import Edit, Own

Scope = Literal["user", "project"]
RECORD = "agents.json"
_EMPTY = frozenset({"", "{}", '{"version":1}'})
"""What is left of a file that was made for us alone."""


@dataclass(frozen=True, slots=True)
class Context:
    """For whom and where: the command that runs `lore`, the user's home, the project if there is one, the environment."""

    lore: tuple[str, ...]
    home: Path
    environ: Mapping[str, str]
    project: Path | None = None
    scope: Scope = "user"
    record: Mapping[str, Mapping[str, object]] = field(default_factory=dict)

    @property
    def line(self) -> str:
        """The command as one line for a shell."""
        import shlex

        return (
            shlex.join(self.lore)
            if os.name != "nt"
            else " ".join(f'"{each}"' if " " in each else each for each in self.lore)
        )

    def under(self, variable: str, *otherwise: str) -> Path:
        """Return the directory that a variable names, else one below the user's home."""
        given = self.environ.get(variable, "")
        return Path(given).expanduser() if given else self.home.joinpath(*otherwise)

    def config(self, *parts: str) -> Path:
        """Return a path below the directory of configuration files."""
        return self.under("XDG_CONFIG_HOME", ".config").joinpath(*parts)


@dataclass(frozen=True, slots=True)
class Target:
    """One file of a client and the edits that put us in. `part` is what that gives: hooks, mcp or instructions."""

    path: Path
    edits: tuple[Edit, ...]
    part: Literal["hooks", "mcp", "instructions"]


@dataclass(frozen=True, slots=True)
class Agent:
    """One client: how it is found on this machine, and which files wire it."""

    name: str
    title: str
    present: Callable[[Context], bool]
    targets: Callable[[Context], list[Target]]
    after: str = ""

    def found(self, environ: Mapping[str, str], home: Path) -> bool:
        """Tell whether the client is on this machine."""
        return self.present(Context(("lore",), home, environ))

    def plan(self, context: Context, *, remove: bool = False) -> list[Change]:
        """Return what would become of each file."""
        return [_change(target, context.record, remove=remove) for target in self.targets(context)]

    def wired(self, context: Context) -> Wiring:
        """Tell which parts are in place as they would be written now."""
        changes = list(zip(self.targets(context), self.plan(context), strict=True))
        parts = {part: [c for t, c in changes if t.part == part] for part in ("hooks", "mcp", "instructions")}
        there = {part: bool(found) and all(c.state == "same" for c in found) for part, found in parts.items()}
        notes = [f"{change.path}: {change.why}" for _, change in changes if change.why]
        return Wiring(there["hooks"], there["mcp"], there["instructions"], notes, has_hooks=bool(parts["hooks"]))


@dataclass(frozen=True, slots=True)
class Wiring:
    """What is in place of a client; `has_hooks` is whether it has hooks at all."""

    hooks: bool
    mcp: bool
    instructions: bool
    notes: list[str]
    has_hooks: bool = True


@dataclass(frozen=True, slots=True)
class Change:
    """What would become of one file: `new` is None where it goes, `why` says why it is refused."""

    path: Path
    state: Literal["new", "changed", "gone", "same", "refused"]
    old: str = ""
    new: str | None = ""
    why: str = ""

    def diff(self) -> str:
        """Return the difference as a person reads it."""
        before, after = self.old.splitlines(keepends=True), (self.new or "").splitlines(keepends=True)
        lines = unified_diff(before, after, f"{self.path}", f"{self.path}", n=2)
        return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)


def _change(target: Target, record: Mapping[str, Mapping[str, object]], *, remove: bool) -> Change:
    path = target.path
    try:
        there, old = _read(path)
        text = old
        for edit in target.edits:
            text = edit.take(text) if remove else edit.put(text)
    except InvalidInput as error:
        return Change(path, "refused", why=error.message)
    except OSError as error:
        return Change(path, "refused", why=error.strerror or str(error))
    if remove and not there:
        return Change(path, "same")
    own = any(isinstance(edit, Own) for edit in target.edits)
    created = bool(record.get(str(path), {}).get("created"))
    if remove and (own or (created and "".join(text.split()) in _EMPTY)):
        return Change(path, "gone", old, None)
    if text == old and there:
        return Change(path, "same", old, text)
    return Change(path, "changed" if there else "new", old, text)


def _read(path: Path) -> tuple[bool, str]:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return False, ""
    try:
        return True, data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"not UTF-8 at byte {error.start}", field="config") from None


def apply(changes: Iterable[Change], home: Path) -> list[Path]:
    """Write the changes, and return the backups that were made; raise `EverloreError` for a file that cannot be written."""
    record, backups = load_record(home), []
    for change in changes:
        if change.state in {"same", "refused"}:
            continue
        known = record.get(str(change.path), {})
        target = Path(os.path.realpath(change.path))
        try:
            if change.state == "new":
                made = _make(target.parent)
                record[str(change.path)] = {"created": True, "directories": made}
            elif not known.get("created"):
                backups.append(_back_up(target))
                record.setdefault(str(change.path), {"created": False})
            if change.new is None:
                target.unlink(missing_ok=True)
                _remove_empty(record.pop(str(change.path), {}).get("directories", []))
            else:
                _write(target, change.new)
        except OSError as error:
            raise refused(error, f"{change.path} cannot be written", hint="check its permissions") from error
    _save(home, record)
    return backups


def _back_up(path: Path) -> Path:
    stamp = time.strftime("%Y%m%dT%H%M%S")
    for number in range(100):
        backup = path.with_name(f"{path.name}.everlore-backup-{stamp}" + (f"-{number}" if number else ""))
        with suppress(FileExistsError):
            file = os.open(backup, os.O_WRONLY | os.O_CREAT | os.O_EXCL, path.stat().st_mode & 0o777)
            with os.fdopen(file, "wb") as copy:
                copy.write(path.read_bytes())
            return backup
    raise FileExistsError(path)


def _make(directory: Path) -> list[str]:
    """Make a directory and those above it; return the ones that were not there, the deepest first."""
    missing = []
    while not directory.exists():
        missing.append(str(directory))
        directory = directory.parent
    for each in reversed(missing):
        Path(each).mkdir()
    return missing


def _remove_empty(directories: object) -> None:
    for each in directories if isinstance(directories, list) else ():
        with suppress(OSError):
            Path(str(each)).rmdir()


def _write(path: Path, text: str) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}.everlore")
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
    file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        with os.fdopen(file, "wb") as out:
            out.write(text.encode("utf-8"))
            out.flush()
            os.fsync(out.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def load_record(home: Path) -> dict[str, dict[str, object]]:
    """Return what was noted of files that were written: by path, whether and in which new directories they were made."""
    try:
        found = json.loads((home / RECORD).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _save(home: Path, record: Mapping[str, object]) -> None:
    with suppress(OSError, EverloreError):
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        if record or (home / RECORD).exists():
            _write(home / RECORD, json.dumps(record, indent=1) + "\n")
