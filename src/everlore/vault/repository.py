"""The vault's git: one commit a batch, through the system's own program, with nothing of the user's configuration run.

Without git the vault is a directory of files and nothing else is missed. What a person has staged or is about to merge is
left alone: a batch that cannot be committed now goes into the next commit.
"""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from everlore.core.git import QUIET, environment

_OURS = (
    "-c", "commit.gpgSign=false", "-c", "core.autocrlf=false", "-c", "core.safecrlf=false", "-c", "core.precomposeUnicode=true",
    "-c", "gc.auto=0", "-c", "user.name=Everlore", "-c", "user.email=everlore@localhost",
)  # fmt: skip
_SECONDS = 120.0
_ARGUMENTS = 200
_FORGOTTEN = 600.0


class Repository:
    """The git repository whose work tree is the vault."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def there(self) -> bool:
        """Whether the vault is a repository of its own."""
        return (self.root / ".git").exists()

    def prepare(self) -> bool:
        """Make the repository where there is none; return whether there is one."""
        if self.there:
            return shutil.which("git") is not None
        if shutil.which("git") is None:
            return False
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self.run("init", "-q", "-b", "main", "--template=") is not None

    def commit(self, paths: Sequence[str], message: str) -> str:
        """Commit what became of some files, and of what is known already; return "" or why there is no commit."""
        if not self.prepare():
            return "there is no git"
        if (self.root / ".git" / "MERGE_HEAD").exists():
            return "a merge is not settled"
        listed = "".join(f":(literal){path}\0" for path in self._known(paths))
        if not listed:
            return ""
        chosen = ("--pathspec-from-file=-", "--pathspec-file-nul")
        if self.run("add", "-A", *chosen, told=listed) is None:
            return self._why()
        if not self.run("diff", "--cached", "--name-only", "-z"):
            return ""
        return (
            ""
            if self.run("commit", "-q", "--no-verify", "-m", message, "--only", *chosen, told=listed) is not None
            else self._why()
        )

    def _known(self, paths: Sequence[str]) -> list[str]:
        """Return those of some paths that are there, or that git knows, so that it does not refuse the others."""
        gone = [path for path in dict.fromkeys(paths) if not (self.root / path).exists()]
        tracked: set[str] = set()
        for at in range(0, len(gone), _ARGUMENTS):
            said = self.run("ls-files", "-z", "--", *(f":(literal){path}" for path in gone[at : at + _ARGUMENTS]))
            tracked.update((said or "").split("\0"))
        return [path for path in dict.fromkeys(paths) if path in tracked or path not in set(gone)]

    def _why(self) -> str:
        lock = self.root / ".git" / "index.lock"
        if lock.exists():
            with suppress(OSError):
                if (
                    time.time() - lock.stat().st_mtime > _FORGOTTEN
                ):  # left by one that was killed; the next batch goes through
                    lock.unlink()
            return "another git is at work"
        return self.failed or "git refused"

    failed = ""
    """What git said when it failed last."""

    def run(self, *arguments: str, told: str | None = None) -> str | None:
        """Return what git prints, or None where it fails."""
        done = self._start(arguments, told)
        if done is None:
            return None
        self.failed = "" if done.returncode == 0 else done.stderr.decode("utf-8", "replace").strip()[:300]
        return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else None

    def _start(self, arguments: Sequence[str], told: str | None) -> subprocess.CompletedProcess[bytes] | None:
        given = (told or "").encode()  # nothing is read from where this program reads
        with suppress(OSError, subprocess.SubprocessError):
            return subprocess.run(  # noqa: S603 - no shell, and arguments of our own
                ["git", *QUIET, *_OURS, *arguments],  # noqa: S607 - the user's own git
                cwd=self.root, env={**environment(), "GIT_CEILING_DIRECTORIES": str(self.root.parent)},
                capture_output=True, timeout=_SECONDS, input=given, check=False,
            )  # fmt: skip
        return None

    def ever(self, said: str) -> list[str]:
        """Return the paths of all files that have held some words in any commit."""
        told = (
            self.run("log", "--all", "-m", "--no-renames", "--format=", "--name-only", "-z", f"-S{said}")
            if self.there
            else None
        )
        return [path for path in dict.fromkeys((told or "").split("\0")) if path]

    def paths(self) -> list[str]:
        """Return the paths of all files that there are or were."""
        told = self.run("log", "--all", "-m", "--no-renames", "--format=", "--name-only", "-z") if self.there else None
        return [path for path in dict.fromkeys((told or "").split("\0")) if path]

    def forget(self, paths: Sequence[str]) -> list[str]:
        """Take every version of some files out of the whole history; return what could not be, in words.

        Commits that were about them keep their place and lose their message.
        """
        if not self.there:
            return []
        exported = self.run("fast-export", "--all", "--no-data", "--signed-tags=strip", "--tag-of-filtered-object=drop")
        if exported is None:
            return [f"git could not write its history: {self.failed}"]
        told = "".join(_without(exported, frozenset(paths)))
        if self.run("fast-import", "--force", "--quiet", told=told) is None:
            return [f"git could not read its history: {self.failed}"]
        self.run("reset", "-q")
        self.run("reflog", "expire", "--expire=now", "--all")
        if self.run("gc", "-q", "--prune=now") is None:
            return [f"git could not throw away what is left over: {self.failed}"]
        return []


def _without(exported: str, paths: frozenset[str]) -> Iterator[str]:
    """Yield an exported history without some files, and without the words of the commits that touched them."""
    lines = (f"{line}\n" for line in exported.removesuffix("\n").split("\n"))
    commit: list[str] = []
    message, touched = "", False
    for line in lines:
        if line.startswith(("commit ", "reset ", "tag ", "done", "feature ")):
            yield from _commit(commit, message, touched)
            commit, message, touched = [line], "", False
        elif line.startswith("data ") and commit and commit[0].startswith("commit "):
            message, rest = _data(lines, int(line[5:]))
            commit += ["\0", rest]
        elif line.startswith(("M ", "D ", "R ", "C ")) and _path(line) in paths:
            touched = True
        else:
            commit.append(line)
    yield from _commit(commit, message, touched)


def _data(lines: Iterator[str], size: int) -> tuple[str, str]:
    """Return the message of so many bytes, and what follows in its last line."""
    read, said = 0, b""
    while read < size:
        said += next(lines).encode()
        read = len(said)
    return said[:size].decode(), said[size:].decode()


def _commit(lines: list[str], message: str, touched: bool) -> Iterator[str]:
    told = "something was purged\n" if touched else message
    for line in lines:
        yield f"data {len(told.encode())}\n{told}" if line == "\0" else line


def _path(line: str) -> str:
    """Return the path that a line of changes is about."""
    path = line.rstrip("\n").split(" ", 3)[3] if line.startswith("M ") else line.rstrip("\n")[2:]
    if path.startswith('"'):
        return path[1:-1].encode().decode("unicode_escape").encode("latin-1", "ignore").decode("utf-8", "replace")
    return path
