"""The spool: what hooks were told, on disk until it is in the store. The standard library alone, for hooks start cold.

A delivery is one JSON object {"key", "client", "event", "at", "cwd", "env", "payload"}: a client's event as it came, without
its secrets. It is written to a file of its own in `spool/` of the home, under a name that sorts by time, and is on the disk
when `put` returns; only then is it acknowledged. A file appears under its name whole or not at all. Whoever drains the
spool holds its lock, stores a batch in one transaction and then removes its files; a crash between the two delivers a file
again, which `key` tells.

The spool is bounded in files and in age. A delivery that would not fit is refused, and the refusals are counted in a file
of their own, so that nothing is lost without saying so.
"""

# ruff: noqa: PTH103, PTH104, PTH105, PTH108, PTH116, PTH118, PTH123, PTH208, SIM105
from __future__ import annotations

import os
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    Delivery = dict[str, Any]

MOST = 20_000
"""The most deliveries that may wait."""
LONGEST = 14 * 24 * 3600
"""The seconds after which a delivery that nobody could store is given up."""
LARGEST = 4 * 1024 * 1024
"""The most bytes of one delivery."""

_SUFFIX = ".json"
_REFUSED = "refused"
_BAD = ".bad"
_HALF_PAIR = rb"(\\[^u]|\\ud[89ab]..\\ud[c-f]..)|\\ud[89a-f].."
"""An escape that is no half of a surrogate pair, so that it is stepped over; or one that is: clients cut text in emoji."""


def directory(home: str) -> str:
    """Return where the spool of a home lies."""
    return os.path.join(home, "spool")


def key() -> str:
    """Return a new key for a delivery: it sorts by time, and no other process gives the same."""
    return f"{time.time_ns():019d}-{os.getpid():x}-{os.urandom(4).hex()}"


def is_key(text: str) -> bool:
    """Tell whether a text is a key as `key` gives them, and so fit to be the name of a file."""
    return 30 < len(text) < 60 and all(character in "0123456789abcdef-" for character in text)


def put(home: str, delivery: Mapping[str, Any]) -> bool:
    """Write a delivery to the disk; return False if the spool is full or it is too large. Raise `OSError`."""
    import json

    place = directory(home)
    body = json.dumps(delivery, separators=(",", ":")).encode("ascii")
    name = os.path.join(place, delivery["key"])
    draft = f"{name}-{os.urandom(4).hex()}"  # a server that was killed may have left one of the same key half-written
    if len(body) > LARGEST or _is_full(place):
        refuse(home)
        return False
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    try:
        file = os.open(draft, flags, 0o600)
    except FileNotFoundError:
        os.makedirs(place, mode=0o700, exist_ok=True)
        file = os.open(draft, flags, 0o600)
    try:
        try:
            rest = memoryview(body)
            while rest:
                rest = rest[os.write(file, rest) :]
            os.fsync(file)
        finally:
            os.close(file)
        os.rename(draft, name + _SUFFIX)
    except OSError:
        os.unlink(draft)
        raise
    return True


def refused(home: str) -> int:
    """Return how many deliveries were refused because the spool was full or they were too large."""
    try:
        return os.stat(os.path.join(directory(home), _REFUSED)).st_size
    except OSError:
        return 0


def bad(home: str) -> list[str]:
    """Return the names of the deliveries that were set aside."""
    return sorted(name for name in _listed(directory(home)) if name.endswith(_BAD))


def _listed(place: str) -> list[str]:
    try:
        return os.listdir(place)
    except OSError:
        return []


def _is_full(place: str) -> bool:
    return len(_listed(place)) > MOST


def refuse(home: str) -> None:
    """Count a delivery that is not kept."""
    place = directory(home)
    try:
        os.makedirs(place, mode=0o700, exist_ok=True)
        file = os.open(os.path.join(place, _REFUSED), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(file, b".")
        os.close(file)
    except OSError:
        pass


def names(home: str) -> list[str]:
    """Return the names of the deliveries that wait, the oldest first."""
    try:
        return sorted(name for name in os.listdir(directory(home)) if name.endswith(_SUFFIX))
    except OSError:
        return []


def read(home: str, name: str) -> Delivery | None:
    """Return a waiting delivery, or None if it is gone; one that is no delivery is set aside under another name."""
    import json
    import re

    path = os.path.join(directory(home), name)
    try:
        with open(path, "rb") as file:
            body = file.read()
        found = json.loads(re.sub(_HALF_PAIR, lambda match: match[1] or rb"\ufffd", body) if rb"\ud" in body else body)
        if isinstance(found, dict) and all(isinstance(found.get(each), str) for each in ("key", "client", "event")):
            return found
    except FileNotFoundError:
        return None
    except ValueError:
        pass
    set_aside(home, name)
    return None


def set_aside(home: str, name: str) -> None:
    """Keep a delivery that cannot be stored out of the way of the others, for a person to look at."""
    path = os.path.join(directory(home), name)
    try:
        os.replace(path, path + _BAD)
    except OSError:
        pass


def remove(home: str, done: Sequence[str]) -> None:
    """Remove deliveries that are in the store."""
    for name in done:
        try:
            os.unlink(os.path.join(directory(home), name))
        except OSError:
            pass


def lock(home: str) -> int | None:
    """Take the lock of whoever drains the spool; return a descriptor to close, None if somebody else drains it."""
    try:
        os.makedirs(directory(home), mode=0o700, exist_ok=True)
        file = os.open(os.path.join(directory(home), "lock"), os.O_RDWR | os.O_CREAT, 0o600)
    except OSError:
        return None
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(file)
        return None
    return file


def expire(home: str) -> int:
    """Give up what is too old, and what a crash left half-written; return how many deliveries were given up."""
    place, old, now = directory(home), 0, time.time()
    for name in _listed(place):
        path = os.path.join(place, name)
        try:
            age = now - os.stat(path).st_mtime
            if name.endswith((_SUFFIX, _BAD)) and age > LONGEST:
                os.unlink(path)
                old += 1
            elif "." not in name and "-" in name and age > 3600:
                os.unlink(path)
        except OSError:
            continue
    return old


def waiting(home: str) -> tuple[int, int | None, int]:
    """Return how many deliveries wait, the Unix milliseconds of the oldest (None without any), and their bytes."""
    found = names(home)
    size = 0
    for name in found:
        try:
            size += os.stat(os.path.join(directory(home), name)).st_size
        except OSError:
            continue
    oldest = found[0].partition("-")[0] if found else ""
    return len(found), int(oldest) // 1_000_000 if oldest.isdigit() else None, size
