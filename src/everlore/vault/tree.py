"""The files of a vault: where a page lies, and how its file is read and written without ever leaving the vault.

A page lies at `<namespace>/<kind>/<slug>.md`; a person may give it another name or another directory. Names that begin
with a dot, `index.md` and `log-*.md` are no pages. Symbolic links are not followed.
"""

from __future__ import annotations

import os
import re
import sys
import time
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from hashlib import sha256
from itertools import count
from pathlib import Path

from everlore.core.types import KINDS
from everlore.vault.frontmatter import Malformed

MOST_BYTES = 4_000_000
INDEX = "index.md"
_SLUG = 60
_TRIES = 5
_DRAFT = re.compile(r"\..*\.\d+-\d+\.part")
_NUMBER = count()
_FORGOTTEN = 60.0
"""Seconds after which nobody is at a draft any more."""
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_HERE, _EXCHANGE = -100, 2
"""AT_FDCWD and RENAME_EXCHANGE of renameat2(2)."""
_RESERVED = re.compile(r"(?:index|log-.*|con|prn|aux|nul|com\d|lpt\d)")
_NO_PAGE = re.compile(r"\.|index\.md$|log-[\d-]+\.md$", re.IGNORECASE)


class Elsewhere(Exception):
    """Says which directory of the vault leads out of it."""


def stem(title: str) -> str:
    """Return the name of a file for a title: lower case, words of any script joined by hyphens, at most 60 characters."""
    words = re.findall(r"[\w]+", unicodedata.normalize("NFC", title).lower().replace("_", " ").replace("'", ""))
    name = ""
    for word in words:
        longer = f"{name}-{word}" if name else word[:_SLUG]
        if len(longer) > _SLUG or len(longer.encode()) > 3 * _SLUG:
            break
        name = longer
    return f"{name or 'page'}-page" if not name or _RESERVED.fullmatch(name) else name


def directory(namespace: str, kind: str) -> str:
    """Return the directory of the pages of one kind in a namespace."""
    return f"{namespace}/{kind}"


def joined(directory: str, name: str) -> str:
    """Return the path of a page of some name in a directory, which is the vault itself where it is empty."""
    return f"{directory}/{name}.md" if directory else f"{name}.md"


def placed(path: str) -> tuple[str, str | None]:
    """Return the directory that names the namespace of a file, and the kind its own directory names, if it does."""
    parts = path.split("/")[:-1]
    kind = parts[-1].lower() if len(parts) > 1 and parts[-1].lower() in KINDS else None
    return "/".join(parts[:-1] if kind else parts), kind


def scan(root: Path) -> dict[str, tuple[int, int]]:
    """Return the pages that there are, with size in bytes and time of modification in nanoseconds.

    Drafts that a killed process has left are removed.
    """
    found: dict[str, tuple[int, int]] = {}
    waiting = [(str(root), "")]
    while waiting:
        directory, prefix = waiting.pop()
        with suppress(OSError), os.scandir(directory) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    if _DRAFT.fullmatch(entry.name):
                        _tidy(entry)
                    continue
                with suppress(OSError):
                    if entry.is_dir(follow_symlinks=False) and _is_text(entry.name):
                        waiting.append((entry.path, f"{prefix}{entry.name}/"))
                    elif (
                        entry.name.endswith(".md")
                        and _is_text(entry.name)
                        and not _NO_PAGE.match(entry.name)
                        and entry.is_file(follow_symlinks=False)
                    ):
                        about = entry.stat(follow_symlinks=False)
                        found[prefix + entry.name] = about.st_size, about.st_mtime_ns
    return found


def _is_text(name: str) -> bool:
    """Tell whether a name can be kept as text: some file systems hold names that are no characters."""
    return not any("\ud800" <= letter <= "\udfff" for letter in name)


def _tidy(entry: os.DirEntry[str]) -> None:
    with suppress(OSError):
        if time.time() - entry.stat(follow_symlinks=False).st_mtime > _FORGOTTEN:
            Path(entry.path).unlink()


def is_page(path: str) -> bool:
    """Tell whether a path within the vault may be that of a page."""
    parts = path.split("/")
    return path.endswith(".md") and not _NO_PAGE.match(parts[-1]) and not any(part.startswith(".") for part in parts)


def stat(root: Path, path: str) -> tuple[int, int] | None:
    """Return size and time of modification of a file, None where there is none."""
    try:
        about = (root / path).lstat()
    except OSError:
        return None
    return about.st_size, about.st_mtime_ns


def read(root: Path, path: str) -> bytes:
    """Return what is in a file; raise `Malformed` where it is too large or no file, `OSError` where it cannot be read."""
    descriptor = os.open(root / path, os.O_RDONLY | _NOFOLLOW | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(descriptor, "rb") as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise Malformed(f"it is larger than {MOST_BYTES:,} bytes")
    return data


def write(root: Path, path: str, data: bytes, over: bytes | None = None) -> int | None:
    """Put a file in its place, whole or not at all; return its size. Raise `OSError` or `Elsewhere`.

    With `over`, only over a file that holds that; None where a person has saved another meanwhile, which then stays. It is not
    forced to the disk: it can be made again.
    """
    target = root / path
    _must_be_inside(root, path)
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = _beside(target)
    try:
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | _NOFOLLOW, 0o600), "wb") as file:
            file.write(data)
        if over is None or not exchange(draft, target):
            draft.replace(target)
        else:
            for _ in range(_TRIES):
                if draft.read_bytes() in {over, data}:
                    break
                exchange(draft, target)  # what was there is the person's, and goes back
                if draft.read_bytes() == data:
                    return None
    finally:
        draft.unlink(missing_ok=True)
    return len(data)


def _beside(target: Path) -> Path:
    return target.with_name(f".{target.stem[:20]}.{os.getpid()}-{next(_NUMBER)}.part")


def exchange(one: Path, other: Path) -> bool:
    """Let two files change places in one step; return whether the system and the file system can do that."""
    call = _renameat2()
    return call is not None and call(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0


@cache
def _renameat2() -> Callable[[int, bytes, int, bytes, int], int] | None:
    """Return the system call that Python has no name for; None outside of Linux."""
    if sys.platform != "linux":
        return None
    import ctypes

    call: Callable[[int, bytes, int, bytes, int], int] | None = getattr(ctypes.CDLL(None), "renameat2", None)
    return call


def append(root: Path, path: str, text: str) -> None:
    """Add lines to a file."""
    _must_be_inside(root, path)
    (root / path).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    flags = os.O_CREAT | os.O_APPEND | os.O_WRONLY | _NOFOLLOW
    with os.fdopen(os.open(root / path, flags, 0o600), "ab") as file:
        file.write(text.encode())


def remove(root: Path, path: str, known: bytes | None = None) -> bool:
    """Remove a file, and the directories that are empty without it; with `known`, only one of that SHA-256 digest.

    Return whether it is gone.
    """
    if leads_out(root, path):
        return True
    target = root / path
    aside = _beside(target)
    try:
        target.rename(aside)
        if known is not None and sha256(aside.read_bytes()).digest() != known and not target.exists():
            aside.rename(target)
            return False
        aside.unlink()
    except FileNotFoundError:
        pass
    for parent in target.parents:
        if parent == root:
            break
        try:
            parent.rmdir()
        except OSError:
            break
    return True


def leads_out(root: Path, path: str) -> str:
    """Return the directory on the way to a file that is a symbolic link, "" where none is; the path itself if it leads elsewhere."""
    if path.startswith("/") or ".." in path.split("/"):
        return path
    directory = (root / path).parent
    while directory != root:
        if directory.is_symlink():
            return str(directory.relative_to(root))
        directory = directory.parent
    return ""


def _must_be_inside(root: Path, path: str) -> None:
    if link := leads_out(root, path):
        raise Elsewhere(f"{link} is a symbolic link, and nothing is written through one")
