"""Files of clients and what is to be done to them: planned as differences, then written whole or not at all.

A plan changes nothing. Applying it writes each file beside itself and renames it into place, through a symlink to what it
leads to, after one backup of a file that really changes. A file that cannot be read as what it should be, or that changed
after it was planned, is refused and left alone, and the others go on. What was written where is noted in `agents.json` of the
home, so that files, directories and empty objects that were not there before can go again.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import unified_diff
from functools import cache
from pathlib import Path
from typing import Any, Literal

from everlore.core.errors import InvalidInput
from everlore.surfaces.agents.edits import MANAGED, Edit, Managed, Own, containers

Scope = Literal["user", "project"]
Part = Literal["hooks", "mcp", "instructions"]
State = Literal["new", "changed", "gone", "same", "refused"]
Record = Mapping[str, Mapping[str, Any]]
SKILL = "everlore-memory"
_WHEN = (
    "Ask and feed the memory that all agents share. Use it when somebody asks what was discussed, decided or tried, where work "
    "stopped, or says to remember something."
)
_EMPTY = frozenset({"", "\ufeff", "{}", '{"version":1}'})
"""What is left of a file that was made for us alone."""


@dataclass(frozen=True, slots=True)
class Context:
    """For whom and where: the command that runs `lore`, the user's home, the project if there is one, the environment.

    `record` is what was noted of earlier writing; `leaving` are the clients that are taken out together.
    """

    lore: tuple[str, ...]
    home: Path
    environ: Mapping[str, str]
    project: Path | None = None
    scope: Scope = "user"
    record: Record = field(default_factory=dict)
    leaving: frozenset[str] = frozenset()

    @property
    def line(self) -> str:
        """The command as one line for a shell; on Windows always quoted, since some clients run Git's bash."""
        return " ".join(f'"{each}"' for each in self.lore) if os.name == "nt" else shlex.join(self.lore)

    @property
    def root(self) -> Path | None:
        """The project, if it is the project's files that are to be wired."""
        return self.project if self.scope == "project" else None

    def under(self, variable: str, *otherwise: str) -> Path:
        """Return the directory that a variable names, else one below the user's home."""
        given = self.environ.get(variable, "")
        if given.startswith("~"):
            return self.home / given[1:].lstrip("/\\")
        return Path(given) if given else self.home.joinpath(*otherwise)

    def config(self, *parts: str) -> Path:
        """Return a path below the directory of configuration files."""
        return self.under("XDG_CONFIG_HOME", ".config").joinpath(*parts)


@dataclass(frozen=True, slots=True)
class Target:
    """One file of a client and the edits that put us in. `part` is what that gives."""

    path: Path
    edits: tuple[Edit, ...]
    part: Part


@dataclass(frozen=True, slots=True)
class Agent:
    """One client: how it is found on this machine, and which files wire it.

    `after` is what its user has to do then, `skill` is where it reads a skill of ours, if it has such.
    """

    name: str
    title: str
    present: Callable[[Context], bool]
    targets: Callable[[Context], list[Target]]
    after: str = ""
    skill: Callable[[Context], Path | None] = lambda context: None

    def found(self, environ: Mapping[str, str], home: Path) -> bool:
        """Tell whether the client is on this machine."""
        return self.present(Context(("lore",), home, environ))

    def plan(self, context: Context, *, remove: bool = False, told: bool = False) -> list[Change]:
        """Return what would become of each file; with `told` of those alone that instruct its agent, a skill among them."""
        files: dict[Path, list[Target]] = {}
        targets = [target for target in self.targets(context) if target.part == "instructions" or not told]
        skill = self.skill(context)
        if skill is not None and (told or (remove and str(skill) in context.record)):
            targets.append(Target(skill, (Managed(skill_text()),), "instructions"))
        for target in targets:
            files.setdefault(target.path, []).append(target)
        return [_planned(self.name, path, targets, context, remove=remove) for path, targets in files.items()]

    def wired(self, context: Context) -> Wiring:
        """Tell which parts are in place as they would be written now."""
        there: dict[str, bool] = {}
        notes: list[str] = []
        for target in self.targets(context):
            change = _planned(self.name, target.path, [target], context, remove=False)
            there[target.part] = there.get(target.part, True) and change.state == "same"
            notes += [f"{change.path}: {change.why}"] if change.why else []
        got = {part: there.get(part, False) for part in ("hooks", "mcp", "instructions")}
        return Wiring(**got, notes=list(dict.fromkeys(notes)), has_hooks="hooks" in there)


@cache
def instructions() -> str:
    """Return what an agent is told of us in its own file of instructions."""
    return Path(__file__).with_name("instructions.txt").read_text("utf-8").strip()


def skill_text() -> str:
    """Return the same as a skill."""
    head = f"---\nname: {SKILL}\ndescription: {_WHEN}\n---\n\n{MANAGED}\n\n"
    return f"{head}{instructions()}\n"


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
    """What would become of one file, or became of it.

    `new` is None where the file goes; `why` says why it is refused; `made` are the containers that are there for us alone;
    `own` is whether the file is ours as a whole; `backup` is where the old one was kept.
    """

    client: str
    path: Path
    state: State
    old: str = ""
    new: str | None = ""
    why: str = ""
    parts: tuple[Part, ...] = ()
    removes: bool = False
    own: bool = False
    made: tuple[tuple[str, ...], ...] = ()
    backup: Path | None = None

    def diff(self) -> str:
        """Return the difference as a person reads it."""
        if self.state in {"same", "refused"}:
            return ""
        before, after = self.old.splitlines(keepends=True), (self.new or "").splitlines(keepends=True)
        names = (
            "/dev/null" if self.state == "new" else f"{self.path}",
            "/dev/null" if self.new is None else f"{self.path}",
        )
        lines = unified_diff(before, after, *names, n=2)
        return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def read(path: Path) -> tuple[bool, str]:
    """Return whether there is a file, and its text with line ends and byte order mark; raise `InvalidInput` if it is none."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return False, ""
    try:
        return True, data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InvalidInput(f"line {line}: not UTF-8", field="config") from None


def _planned(client: str, path: Path, targets: list[Target], context: Context, *, remove: bool) -> Change:
    known = context.record.get(str(path), {})
    others = set(known.get("clients", ())) - {client} - context.leaving
    if remove and others:  # a block of instructions that other clients still read
        targets = [each for each in targets if each.part != "instructions"]
    edits = tuple(edit for target in targets for edit in target.edits)
    parts = tuple(dict.fromkeys(target.part for target in targets))
    made = {tuple(keys) for keys in known.get("made", ())}
    try:
        there, old = read(path)
        text = old
        for edit in reversed(edits) if remove else edits:
            text = edit.take(text, frozenset(made) if known else None) if remove else edit.put(text)
        made |= set() if remove else {tuple(keys) for keys in containers(edits, old)}
    except InvalidInput as error:
        return Change(client, path, "refused", why=error.message, parts=parts, removes=remove)
    except OSError as error:
        return Change(client, path, "refused", why=error.strerror or str(error), parts=parts, removes=remove)
    own = any(isinstance(edit, Own | Managed) for edit in edits)
    state: State = "changed" if there else "new"
    new: str | None = text
    if text == old or (remove and not there):
        state = "same"
    if remove and there and text != old and (own or (known.get("created") and "".join(text.split()) in _EMPTY)):
        state, new = "gone", None
    return Change(client, path, state, old, new, "", parts, remove, own, tuple(sorted(made)))
