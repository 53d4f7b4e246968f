"""A directory with code, read as data: which files there are, what they hold, and what git knows of them.

Nothing that the repository says is run: no hooks, pagers, external diffs, text converters, file monitors, signature checks
or transports, and git is started without a shell, inside a time and a number of bytes. Symbolic links are not followed, so
nothing outside of the directory is read. Where git is missing, slow or refuses, or there is no repository, files are
walked and the rest is empty.
"""

from __future__ import annotations

import os
import re
import stat
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from fnmatch import fnmatchcase
from pathlib import Path

from everlore.core.git import QUIET, environment

MOST_FILES = 50_000
_MOST_OUTPUT = 64 << 20
_SECONDS = 20.0
_SKIPPED = frozenset(
    """
    node_modules bower_components vendor third_party third-party site-packages __pycache__ .git .hg .svn .venv venv .tox .nox
    .mypy_cache .ruff_cache .pytest_cache .idea dist target out coverage htmlcov Pods Carthage .next .gradle .terraform
    testdata __snapshots__ .yarn
    """.split()  # noqa: SIM905 - many short words read better so
)
_GENERATED = re.compile(
    r"\.min\.(?:js|css)$|[._]pb2?(?:_grpc)?\.(?:py|go|js|ts|cc|h)$|\.pb\.\w+$|\.generated\.\w+$|\.g\.(?:dart|cs)$|\.lock$|"
    r"(?:^|/)(?:package-lock\.json|pnpm-lock\.yaml|go\.sum|npm-shrinkwrap\.json)$|\.(?:map|snap)$"
)
_ODD_NAME = re.compile(r"[\x00-\x1f\x7f\[\]`\\:;#\"]|^-|^\s|\s$")
_HASH = re.compile(r"[0-9a-f]{40,64}")


class NoAnswer(Exception):
    """Git failed, was stopped, or said more than anybody wants to read."""


class Repository:
    """A directory and, where it has a `.git`, its repository."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.git = (self.root / ".git").exists()
        self._inside: dict[str, bool] = {}
        self._left_out: Callable[[str], bool] = lambda path: False

    def leave_out(self, which: Callable[[str], bool]) -> None:
        """Have files left out, by their paths in the directory."""
        self._left_out = which

    @classmethod
    def around(cls, directory: Path) -> Repository:
        """Return the repository that a directory is in, or the directory itself where it is in none."""
        here = directory.resolve()
        return cls(next((above for above in (here, *here.parents) if (above / ".git").exists()), here))

    def head(self) -> str | None:
        """Return the commit that is checked out, None where there is none."""
        said = self.ask("rev-parse", "--verify", "--quiet", "HEAD^{commit}").strip()
        return said if _HASH.fullmatch(said) else None

    def ask(self, *arguments: str, seconds: float = _SECONDS, given: bytes = b"", most: int = _MOST_OUTPUT) -> str:
        """Return what git says, empty where it gives no answer."""
        with suppress(NoAnswer):
            return b"".join(self.stream(*arguments, seconds=seconds, given=given, most=most)).decode("utf-8", "replace")
        return ""

    def stream(
        self, *arguments: str, seconds: float = _SECONDS, given: bytes = b"", most: int = _MOST_OUTPUT
    ) -> Iterator[bytes]:
        """Yield what git prints piece by piece; raise `NoAnswer` where it fails or has to be stopped."""
        if not self.git:
            raise NoAnswer
        with tempfile.TemporaryFile() as asked:
            asked.write(given)
            asked.seek(0)
            try:
                running = subprocess.Popen(  # noqa: S603
                    ["git", *QUIET, *arguments],  # noqa: S607 - the user's own git
                    cwd=self.root, env={**environment(), "GIT_WORK_TREE": str(self.root)}, stdin=asked, stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                )  # fmt: skip
            except (OSError, ValueError):
                raise NoAnswer from None
            timer = threading.Timer(seconds, running.kill)
            timer.daemon = True
            timer.start()
            try:
                assert running.stdout is not None
                while piece := running.stdout.read1(1 << 16):  # type: ignore[attr-defined]  # a BufferedReader
                    most -= len(piece)
                    if most < 0:
                        raise NoAnswer
                    yield piece
                if running.wait() != 0:
                    raise NoAnswer
            finally:
                timer.cancel()
                running.kill()
                running.wait()
                if running.stdout is not None:
                    running.stdout.close()

    def files(self) -> list[str]:
        """Return the files worth reading, with slashes, in order: not ignored, vendored, generated, nor oddly named."""
        names: Sequence[str] = ()
        if self.git:
            said = self.ask("ls-files", "-z", "--cached", "--others", "--exclude-standard")
            names = said.split("\0")
        if not any(names):
            names = list(self._walk())
        return [name for name in sorted(set(names)) if name and is_own(name) and not self._left_out(name)][:MOST_FILES]

    def _walk(self) -> Iterator[str]:
        rules: list[tuple[str, str]] = []
        for directory, below, names in os.walk(self.root):
            here = os.path.relpath(directory, self.root).replace(os.sep, "/")
            lead = "" if here == "." else f"{here}/"
            if ".gitignore" in names:
                rules += [(lead, line) for line in (self.text(f"{lead}.gitignore") or "").splitlines()]
            below[:] = sorted(
                name for name in below if name not in _SKIPPED and not _is_ignored(f"{lead}{name}", rules, folder=True)
            )
            yield from (f"{lead}{name}" for name in sorted(names) if not _is_ignored(f"{lead}{name}", rules))

    def read(self, path: str, most: int = 1 << 18) -> bytes | None:
        """Return the first `most` bytes of a regular file inside the directory, None where it is none."""
        if not self._contains(path):
            return None
        try:
            handle = os.open(
                self.root / path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
            )
        except (OSError, ValueError):
            return None
        try:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                return None
            with os.fdopen(handle, "rb", closefd=False) as file:
                return file.read(most)
        finally:
            os.close(handle)

    def text(self, path: str, most: int = 1 << 18) -> str | None:
        """Return the beginning of a text file, None where it is none or holds bytes that are no text."""
        data = self.read(path, most)
        if data is None or b"\0" in data[:8192]:
            return None
        text = data.decode("utf-8", "replace").removeprefix("\ufeff").replace("\r\n", "\n")
        return text[: text.rfind("\n") + 1] if len(data) == most and "\n" in text else text

    def _contains(self, path: str) -> bool:
        """Tell whether a relative path leads to a place inside the directory without a link on its way."""
        parent, _, name = path.replace("\\", "/").rpartition("/")
        if not name or ".." in path.split("/") or name == "." or Path(path).is_absolute():
            return False
        if parent not in self._inside:
            wanted = os.path.normpath(self.root / parent)
            self._inside[parent] = os.path.realpath(wanted) == wanted and Path(wanted).is_relative_to(self.root)
        return self._inside[parent]


def is_own(name: str) -> bool:
    """Tell whether a file's name says that somebody here wrote it: not vendored, not generated, and fit to be cited."""
    return not (_ODD_NAME.search(name) or _GENERATED.search(name) or _SKIPPED.intersection(name.split("/")[:-1]))


def _is_ignored(path: str, rules: Sequence[tuple[str, str]], *, folder: bool = False) -> bool:
    """Tell whether patterns of `.gitignore` files, each with the directory it stands in, leave a path out; the last one that fits wins."""
    ignored = False
    for lead, line in rules:
        pattern = line.strip()
        if not pattern or pattern.startswith("#") or not path.startswith(lead):
            continue
        keeps, pattern = pattern.startswith("!"), pattern.removeprefix("!")
        if pattern.endswith("/") and not folder:
            continue
        pattern, within = pattern.rstrip("/"), path[len(lead) :]
        fits = (
            fnmatchcase(within, pattern.strip("/"))
            if "/" in pattern
            else fnmatchcase(within.rpartition("/")[2], pattern)
        )
        ignored = not keeps if fits else ignored
    return ignored
