"""Operating-system locks on files in the home, which a crash releases by itself: one daemon per store, and who uses it.

The use lock is shared by everybody who has the store open and held alone by whoever puts another file in its place. On
Windows nobody can replace a file that is open, so there it is not needed and taken by nobody.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from everlore.core.errors import StoreBusy

NAME = "daemon.lock"
USE = "use.lock"
_PAUSE = 0.02


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


def share(home: Path, wait_ms: int) -> IO[str] | None:
    """Take the use lock together with others and return the file that holds it until it is closed.

    Waits up to `wait_ms` milliseconds, then raises `StoreBusy`. None where it cannot be had: opening the store will say
    what is wrong with the home.
    """
    if os.name == "nt":
        return None
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(home / USE, os.O_CREAT | os.O_RDWR, 0o600)
    except OSError:
        return None
    return _wait(os.fdopen(descriptor, "r+", encoding="ascii"), home, wait_ms, alone=False)


@contextmanager
def use(home: Path, *, alone: bool, wait_ms: int) -> Iterator[None]:
    """Hold the use lock for a block, alone or with others; raise `StoreBusy` when it is not to be had in time."""
    if os.name == "nt":
        yield
        return
    descriptor = os.open(home / USE, os.O_CREAT | os.O_RDWR, 0o600)
    with _wait(os.fdopen(descriptor, "r+", encoding="ascii"), home, wait_ms, alone=alone):
        yield


@contextmanager
def hold(home: Path, name: str, wait_ms: int) -> Iterator[None]:
    """Hold a lock of some name alone for a block, with nobody shut out of the store; raise `StoreBusy`."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(home / name, os.O_CREAT | os.O_RDWR, 0o600), "r+", encoding="ascii") as file:
        until = time.monotonic() + wait_ms / 1000
        while not _try(file):
            if time.monotonic() >= until:
                raise StoreBusy(
                    f"another process is at {name.removesuffix('.lock')}", hint="try again when it has ended"
                )
            time.sleep(_PAUSE)
        yield


def _wait(file: IO[str], home: Path, wait_ms: int, *, alone: bool) -> IO[str]:
    import fcntl

    kind = fcntl.LOCK_EX if alone else fcntl.LOCK_SH
    until = time.monotonic() + wait_ms / 1000
    while True:
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                file.close()
                what = "another process uses" if alone else "another process is replacing"
                raise StoreBusy(f"{what} the store in {home}", hint="try again when it has ended") from None
            time.sleep(_PAUSE)
        except OSError:  # a file system without locks
            return file
        else:
            return file


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
