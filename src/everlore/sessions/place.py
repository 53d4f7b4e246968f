"""Which project a directory belongs to, read from the disk and from nothing else.

The nearest `.everlore.toml` in the directory or above it decides, else the main worktree of the git repository (linked
worktrees belong to it), else the directory itself. The home directory, the root of the file system and a system's
temporary directory are no projects. No process is started and nothing is written.

A marker may set `workspace` and `project` (names of namespace segments), `strategy` ("repository", the default, or
"directory": the marker's own), `capture` ("all", "talk": no tool calls, or "off") and `ignore` (globs of paths, relative to
it, whose reads and writes are not kept). A marker that cannot be read may have been meant to turn capture off, so it does.
"""

from __future__ import annotations

import re
import tempfile
import tomllib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, get_args

from everlore.core.errors import InvalidInput
from everlore.core.namespaces import MAX_SEGMENT

MARKER = ".everlore.toml"
Capture = Literal["all", "talk", "off"]
Strategy = Literal["repository", "directory"]

_MOST_GLOBS = 128
_LARGEST = 64 * 1024
_NO_SEGMENT = re.compile(r"[^\w.-]+|\.\.+")
_SEGMENT = re.compile(r"[^\W_][\w.-]*")
_ORIGIN = re.compile(r'\[remote "origin"\][^\[]*?^\s*url\s*=\s*(\S+)', re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Place:
    """A project's root directory and what its marker says; `project` is its name as a namespace segment.

    `named` is whether the marker names the project; `repository` whether git does; `identity` is the address of the
    repository's origin without credentials, which two checkouts of it share.
    """

    root: Path
    project: str
    workspace: str | None = None
    named: bool = False
    repository: bool = False
    identity: str | None = None
    capture: Capture = "all"
    ignore: tuple[str, ...] = ()

    def ignores(self, path: str) -> bool:
        """Tell whether a glob of the marker covers a path, absolute or relative to the root.

        A glob without a slash matches any name on the way to the file; one with a slash matches from the root.
        """
        relative = path
        if path.startswith("/") or path[1:3] == ":\\":
            try:
                relative = str(Path(path).relative_to(self.root))
            except ValueError:
                return False
        spelled = relative.replace("\\", "/").removeprefix("./")
        names = spelled.split("/")
        above = ["/".join(names[:depth]) for depth in range(1, len(names) + 1)]
        return any(
            any(fnmatchcase(each, glob.strip("/")) for each in (above if "/" in glob.strip("/") else names))
            for glob in self.ignore
        )


def locate(directory: str | Path, *, home: Path | None = None, strict: bool = False) -> Place | None:
    """Return the project that `directory` belongs to, or None where there is none.

    `strict` raises `InvalidInput` for a marker that cannot be read; otherwise nothing there is captured.
    """
    here = Path(directory)
    if not here.is_absolute():
        return None
    home = home or _home()
    here = Path(_real(here))
    projects = [above for above in (here, *here.parents) if _is_project(above, home)]
    marker = next((above / MARKER for above in projects if (above / MARKER).is_file()), None)
    settings = _settings(marker, strict=strict) if marker else {}
    repository = _main_worktree(projects)
    own = marker is not None and ("project" in settings or settings.get("strategy") == "directory")
    root = repository if repository and not own else marker.parent if marker else here
    if not _is_project(root, home):
        return None
    return Place(
        root=root, project=settings.get("project") or segment(root.name.removesuffix(".git")), workspace=settings.get("workspace"),
        named="project" in settings, repository=repository is not None, identity=_identity(repository) if repository else None,
        capture=settings.get("capture", "all"), ignore=settings.get("ignore", ()),
    )  # fmt: skip


def segment(name: str) -> str:
    """Return a directory's name as a segment of a namespace."""
    cleaned = _NO_SEGMENT.sub("-", name).strip("-._")[:MAX_SEGMENT]
    return cleaned if _SEGMENT.fullmatch(cleaned) else "project"


def _is_project(directory: Path, home: Path) -> bool:
    return directory not in (home, directory.parent, Path(tempfile.gettempdir()))


def _home() -> Path:
    try:
        return Path(_real(Path.home()))
    except RuntimeError:
        return Path("/")


@lru_cache(512)
def _real(path: Path) -> str:
    return str(path.resolve())


def _settings(marker: Path, *, strict: bool) -> dict[str, Any]:
    try:
        return _checked(marker)
    except InvalidInput:
        if strict:
            raise
        return {"capture": "off"}


def _checked(marker: Path) -> dict[str, Any]:
    hint = 'such as: workspace = "acme", project = "web", capture = "talk", ignore = ["*.env", "secrets/"]'
    try:
        with marker.open("rb") as file:
            given = tomllib.loads(file.read(_LARGEST).decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{marker} is not valid TOML: {error}", field="marker", hint="mend the file") from None
    except OSError as error:
        raise InvalidInput(f"{marker} cannot be read: {error.strerror}", field="marker", hint="check it") from None
    if unknown := given.keys() - {"workspace", "project", "strategy", "ignore", "capture"}:
        raise InvalidInput(f"{marker}: unknown key {min(unknown)!r}", field=min(unknown), hint=hint)
    for name in ("workspace", "project"):
        value = given.get(name)
        if value is not None and not (
            isinstance(value, str) and len(value) <= MAX_SEGMENT and _SEGMENT.fullmatch(value)
        ):
            raise InvalidInput(f"{marker}: {name} is no name of one segment", field=name, hint=hint)
    for name, choices in (("strategy", get_args(Strategy)), ("capture", get_args(Capture))):
        if name in given and given[name] not in choices:
            raise InvalidInput(f"{marker}: {name} must be one of {', '.join(choices)}", field=name, hint=hint)
    globs = given.get("ignore", [])
    if (
        not isinstance(globs, list)
        or not all(isinstance(glob, str) and glob for glob in globs)
        or len(globs) > _MOST_GLOBS
    ):
        raise InvalidInput(f"{marker}: ignore must be a list of at most {_MOST_GLOBS} globs", field="ignore", hint=hint)
    return {**given, "ignore": tuple(globs)}


def _main_worktree(projects: list[Path]) -> Path | None:
    """Return the main worktree of the repository that a directory, given with those above it, is in; git does not run."""
    for above in projects:
        entry = above / ".git"
        if entry.is_dir():
            return above
        if entry.is_file():
            return _linked(entry) or above
    return None


def _linked(entry: Path) -> Path | None:
    """Return the main worktree that the `.git` file of a linked one leads to; None for a submodule, which is its own."""
    try:
        text = entry.read_text("utf-8", "replace")[:4096]
        directory = (entry.parent / text.partition("gitdir:")[2].strip()).resolve()
        common = (directory / (directory / "commondir").read_text("utf-8").strip()).resolve()
    except OSError:
        return None
    return common.parent if common.name == ".git" else common


def _identity(root: Path) -> str | None:
    """Return the address of the repository's origin, without credentials and however it is spelled."""
    for config in (root / ".git" / "config", root / "config"):
        try:
            found = _ORIGIN.search(config.read_text("utf-8", "replace")[:_LARGEST])
        except OSError:
            continue
        if found is None:
            return None
        address = re.sub(r"^[\w+.-]+://", "", found[1])
        host, _, path = address.rpartition("@")[2].replace(":", "/", 1).partition("/")
        return f"{host}/{path.strip('/').removesuffix('.git')}".lower()
    return None
