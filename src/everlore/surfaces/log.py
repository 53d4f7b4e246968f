"""The log of a home's server: `logs/daemon.log`, a line for each thing that happened, and the one before it.

A server that nobody watches points its standard output and error there, so that whatever it says is kept. A line has its
time, its level and a sentence without secrets. Of an error nobody foresaw it names the kind and the places it came
through, and the words only where the operating system chose them: others may quote what somebody told us. A file that has
grown to `LARGEST` makes way when a server starts or the next line is written; one old one is kept.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from traceback import extract_tb
from types import TracebackType

from everlore.core.quote import visible
from everlore.guard.redact import label

LARGEST = 1 << 20
"""The bytes after which a log makes way."""

STARTED, ENDS = "the server starts", "the server ends"

log = logging.getLogger("everlore")

_LONGEST = 500
_PAUSE = 0.2
_FRAMES = 6

_Raised = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def path(home: Path) -> Path:
    """Return where the log of a home is."""
    return home / "logs" / "daemon.log"


def before(home: Path) -> Path:
    """Return where the log is that made way for this one."""
    return path(home).with_name("daemon.log.1")


def begin(home: Path) -> None:
    """Send everything that this process prints or logs to the log from now on; only the server of `home` may."""
    path(home).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handler = _Handler(home)
    handler.setFormatter(_Line())
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    log.setLevel(logging.INFO)
    logging.captureWarnings(capture=True)
    threading.excepthook = lambda args: log.error("a thread ended", exc_info=args.exc_value)


def tail(home: Path, number: int) -> list[str]:
    """Return the last lines, of the file before too if this one is short."""
    lines: deque[str] = deque(maxlen=number)
    for file in (before(home), path(home)):
        with suppress(FileNotFoundError, NotADirectoryError), file.open(encoding="utf-8", errors="replace") as opened:
            lines.extend(line.rstrip("\n") for line in opened)
    return list(lines)


def follow(home: Path, number: int) -> Iterator[str]:
    """Yield the last lines, then those that come, without end; a file that makes way is read to its end first."""
    fresh = True
    while True:
        try:
            opened = path(home).open("rb")
        except (FileNotFoundError, NotADirectoryError):
            fresh = False
            time.sleep(_PAUSE)
            continue
        with opened:
            if fresh:
                *whole, rest = opened.read().split(b"\n")
                os.lseek(opened.fileno(), opened.tell() - len(rest), os.SEEK_SET)
                yield from [line.decode("utf-8", "replace") for line in whole][-number:]
                fresh = False
            yield from _lines(opened.fileno(), path(home))


def _lines(descriptor: int, file: Path) -> Iterator[str]:
    rest, replaced = b"", False
    while True:
        data = os.read(descriptor, 65536)
        rest += data
        *whole, rest = rest.split(b"\n")
        yield from (line.decode("utf-8", "replace") for line in whole)
        if data:
            continue
        if replaced:
            return
        try:
            replaced = not os.path.samestat(file.stat(), os.fstat(descriptor))
        except FileNotFoundError:
            replaced = True
        if not replaced:
            time.sleep(_PAUSE)


class _Handler(logging.Handler):
    """Writes a line to standard error, which is the log; looks first whether it has to make way."""

    def __init__(self, home: Path) -> None:
        super().__init__()
        self._home = home
        self._take()

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line, whole or not at all."""
        try:
            if os.fstat(2).st_size > LARGEST:
                self._take()
            os.write(2, (self.format(record) + "\n").encode("utf-8", "backslashreplace"))
        except OSError:
            return  # a full disk must not end the server

    def _take(self) -> None:
        """Point standard output and error at the log, after it has made way if it is large."""
        file = path(self._home)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)  # Windows moves no file that is open
        os.dup2(nowhere, 2)
        os.close(nowhere)
        with suppress(OSError):
            if file.stat().st_size > LARGEST:
                file.replace(before(self._home))
        opened = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(opened, 1)
        os.dup2(opened, 2)
        os.close(opened)
        if sys.stderr is None:  # of a Windows program without a console
            sys.stdout = sys.stderr = os.fdopen(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False)


class _Line(logging.Formatter):
    """One line to a record, in UTC."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created))
        said = label(record.getMessage())[:_LONGEST]
        if record.exc_info:
            said += f": {_told(record.exc_info)}"
        return visible(" ".join(f"{at} {record.levelname.lower()}: {said}".split()))


def _told(raised: _Raised) -> str:
    kind, error, trace = raised
    if kind is None or error is None:
        return "an error"
    said = f" ({error.strerror})" if isinstance(error, OSError) and error.strerror else ""
    places = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in extract_tb(trace)[-_FRAMES:]]
    return f"{kind.__name__}{said} at {' < '.join(reversed(places))}"
