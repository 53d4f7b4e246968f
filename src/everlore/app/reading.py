"""Reading transcripts in a second process, so that the secrets are taken out of one piece while the one before is stored.

That is worth its start only for much at once, and where there is a second processor. The process ends with the pipes to it,
whatever became of the one that started it. Where it cannot be started, or ends too early, reading goes on in this one.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from everlore.app.capturing import Places, Ready, ready
from everlore.core.errors import InvalidInput
from everlore.sessions.transcripts import SOURCES

LARGE = 32_000_000
"""From so many bytes on a second process is started."""


@dataclass(frozen=True, slots=True)
class Task:
    """A file to be read by the reader of a client, from where it was left."""

    client: str
    path: str
    position: int
    state: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Piece:
    """Some events of a file that may be stored, with where and in which state to go on; `bad` lines could not be read."""

    ready: Ready
    position: int
    state: dict[str, Any]
    bad: int


class Lost(Exception):
    """The other process has ended before its work."""


def read(task: Task, places: Places) -> Iterator[Piece]:
    """Read a file in this process."""
    for chunk in SOURCES[task.client].read(Path(task.path), task.position, task.state):
        yield Piece(ready(chunk.events, places), chunk.position, chunk.state, chunk.bad)


def explained(error: Exception) -> str:
    """Return what is said of an error that a file causes."""
    return error.message if isinstance(error, InvalidInput) else f"{type(error).__name__}: {error}"


class Reader:
    """A process that reads files in the order of `tasks`, a piece or two ahead of whoever takes them; a context manager.

    Starting it may raise `OSError`.
    """

    def __init__(self, tasks: Sequence[Task], workspace: str) -> None:
        self._process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-P", "-c", f"from {__name__} import main; main()"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )  # fmt: skip
        self._unread = False
        threading.Thread(target=self._tell, args=(tasks, workspace), daemon=True).start()

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()

    def pieces(self) -> Iterator[Piece]:
        """Yield the pieces of the next file; raise `InvalidInput` where it cannot be read, `Lost` if nothing comes."""
        self.skip(more=False)
        self._unread = True
        while (piece := self._next()) is not None:
            yield piece

    def skip(self, *, more: bool = True) -> None:
        """Leave out what has not been read of the file at hand, and the next one if there is to be `more`."""
        for unread in (self._unread, more):
            with suppress(InvalidInput):
                self._unread = unread
                while self._unread:
                    self._next()

    def _next(self) -> Piece | None:
        """Return the next piece of a file, None at its end."""
        try:
            answer = pickle.load(self._process.stdout)  # type: ignore[arg-type]  # noqa: S301 - from our own process
        except (EOFError, OSError, pickle.UnpicklingError) as error:
            self._unread = False
            raise Lost from error
        if isinstance(answer, Piece):
            return answer
        self._unread = False
        if answer:
            raise InvalidInput(answer, field="path")
        return None

    def _tell(self, tasks: Sequence[Task], workspace: str) -> None:
        """Say what is to be read; it takes as long as the reading, so it has a thread of its own."""
        told = self._process.stdin
        assert told
        with suppress(OSError, ValueError), told:
            pickle.dump(workspace, told)
            for task in tasks:
                pickle.dump(task, told)


def serve(told: BinaryIO, answers: BinaryIO) -> None:
    """Read the files that are told until there are no more: their pieces, then None or what is wrong."""
    places = Places(pickle.load(told))  # noqa: S301 - from the process that started this one
    while True:
        try:
            task = pickle.load(told)  # noqa: S301
        except EOFError:
            return
        failed: str | None = None
        try:
            for piece in read(task, places):
                pickle.dump(piece, answers)
                answers.flush()
        except BrokenPipeError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a file does, the others are read
            failed = explained(error) or "it cannot be read"
        pickle.dump(failed, answers)
        answers.flush()


def main() -> None:
    """Be the other process."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    with suppress(BrokenPipeError, KeyboardInterrupt, EOFError):
        serve(sys.stdin.buffer, answers)
    os._exit(0)
