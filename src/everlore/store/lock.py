"""One daemon per store: an operating-system lock on a file in the home, which a crash releases by itself."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO

NAME = "daemon.lock"


def acquire(home: Path) -> IO[str] | None:
    """Take the lock and return the open file that holds it until it is closed; None when another process has it."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = (home / NAME).open("a+", encoding="ascii")
    if not _try(file):
        file.close()
        return None
    file.seek(0)
    file.truncate()
    file.write(str(os.getpid()))
    file.flush()
    return file


def holder(home: Path) -> str | None:
    """Return "process N" for the process that holds the lock, None when nobody does."""
    try:
        file = (home / NAME).open("r+", encoding="ascii")
    except OSError:
        return None
    with file:
        if _try(file):
            return None
        return f"process {file.read().strip() or '?'}"


def _try(file: IO[str]) -> bool:
    try:
        if os.name == "nt":
            import msvcrt

            file.seek(1 << 20)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
