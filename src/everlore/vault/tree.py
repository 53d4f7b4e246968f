"""The files of a vault: where a page lies, and how its file is read and written without ever leaving the vault.

A page lies at `<namespace>/<kind>/<slug>.md`; a person may give it another name or another directory. Names that begin
with a dot, `index.md` and `log-*.md` are no pages. Symbolic links are not followed.
"""

from __future__ import annotations

import os
import re
import unicodedata
from contextlib import suppress
from pathlib import Path

from everlore.core.types import KINDS
from everlore.vault.frontmatter import Malformed

MOST_BYTES = 4_000_000
INDEX = "index.md"
_SLUG = 60
_RESERVED = re.compile(r"(?:index|log-.*|con|prn|aux|nul|com\d|lpt\d)")
_NO_PAGE = re.compile(r"\.|index\.md$|log-[\d-]+\.md$", re.IGNORECASE)


class Elsewhere(Exception):
    """Says which directory of the vault leads out of it."""


def slug(title: str) -> str:
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


def placed(path: str) -> tuple[str, str | None]:
    """Return the directory that names the namespace of a file, and the kind its own directory names, if it does."""
    parts = path.split("/")[:-1]
    kind = parts[-1].lower() if len(parts) > 1 and parts[-1].lower() in KINDS else None
    return "/".join(parts[:-1] if kind else parts), kind


def scan(root: Path) -> dict[str, tuple[int, int]]:
    """Return the pages that there are, with size in bytes and time of modification in nanoseconds."""
    found: dict[str, tuple[int, int]] = {}
    waiting = [(str(root), "")]
    while waiting:
        directory, prefix = waiting.pop()
        with suppress(OSError), os.scandir(directory) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                with suppress(OSError):
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append((entry.path, f"{prefix}{entry.name}/"))
                    elif (
                        entry.name.endswith(".md")
                        and not _NO_PAGE.match(entry.name)
                        and entry.is_file(follow_symlinks=False)
                    ):
                        about = entry.stat(follow_symlinks=False)
                        found[unicodedata.normalize("NFC", prefix + entry.name)] = about.st_size, about.st_mtime_ns
    return found


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
    descriptor = os.open(root / path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(descriptor, "rb") as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise Malformed(f"it is larger than {MOST_BYTES:,} bytes")
    return data


def write(root: Path, path: str, data: bytes) -> tuple[int, int]:
    """Put a file in its place, whole or not at all; return its size and time of modification. Raise `OSError` or `Elsewhere`.

    It is not forced to the disk: it can be made again.
    """
    target = root / path
    _must_be_inside(root, path)
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name[:80]}.{os.getpid()}.part")
    try:
        with os.fdopen(
            os.open(draft, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0), 0o600), "wb"
        ) as file:
            file.write(data)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    about = target.lstat()
    return about.st_size, about.st_mtime_ns


def append(root: Path, path: str, text: str) -> None:
    """Add lines to a file."""
    _must_be_inside(root, path)
    (root / path).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    flags = os.O_CREAT | os.O_APPEND | os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0)
    with os.fdopen(os.open(root / path, flags, 0o600), "ab") as file:
        file.write(text.encode())


def remove(root: Path, path: str) -> None:
    """Remove a file, and the directories that are empty without it."""
    (root / path).unlink(missing_ok=True)
    for parent in (root / path).parents:
        if parent == root:
            return
        try:
            parent.rmdir()
        except OSError:
            return


def leads_out(root: Path, path: str) -> str:
    """Return the directory on the way to a file that is a symbolic link, "" where none is."""
    directory = (root / path).parent
    while directory != root:
        if directory.is_symlink():
            return str(directory.relative_to(root))
        directory = directory.parent
    return ""


def _must_be_inside(root: Path, path: str) -> None:
    if link := leads_out(root, path):
        raise Elsewhere(f"{link} is a symbolic link, and nothing is written through one")
