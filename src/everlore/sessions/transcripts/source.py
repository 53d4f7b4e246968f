"""What every reader of transcripts is: where its files lie, and how one is read from where it was left.

A reader yields chunks. When the events of a chunk are stored, the file has been read up to its `position` and the reader goes
on from its `state`; both are stored in the same transaction. A line that is only half there is left for the next time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from everlore.sessions.records import Event

LONGEST_LINE = 32 * 1024 * 1024
"""The most bytes of one line; a longer one is passed over."""
CHUNK_EVENTS = 1_000
CHUNK_BYTES = 4 * 1024 * 1024
LONGEST_OUTPUT = 16_000
"""The most characters of a tool's output that are kept."""

State = dict[str, Any]
decode = msgspec.json.Decoder().decode


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some events of a file; `position` is in bytes for files of lines, and what the reader says for databases.

    `bad` counts lines that could not be read.
    """

    events: list[Event]
    position: int
    state: State
    bad: int = 0


Read = Callable[[Path, int, State], Iterator[Chunk]]


@dataclass(frozen=True, slots=True)
class Source:
    """The transcripts of one client. `globs` are relative to each of the roots."""

    client: str
    roots: Callable[[Mapping[str, str], Path], list[Path]]
    globs: tuple[str, ...]
    read: Read
    looks: Callable[[bytes], bool] = field(default=lambda _: False)

    def files(self, environ: Mapping[str, str], home: Path) -> Iterator[Path]:
        """Yield the files that are there, in no promised order."""
        for root in self.roots(environ, home):
            for glob in self.globs:
                yield from (path for path in root.glob(glob) if path.is_file())


def under(environ: Mapping[str, str], variable: str, home: Path, *otherwise: str) -> Path:
    """Return the directory that a variable names, else one below the home."""
    given = environ.get(variable, "")
    return Path(given).expanduser() if given else home.joinpath(*otherwise)


def lines(path: Path, position: int) -> Iterator[tuple[bytes | None, int]]:
    """Yield the whole lines of a file from a position on, each with the position behind it; None for one too long."""
    with path.open("rb") as file:
        file.seek(position)
        while True:
            line = file.readline(LONGEST_LINE)
            if not line.endswith(b"\n"):
                if len(line) < LONGEST_LINE:
                    return
                position += len(line)
                while not line.endswith(b"\n"):
                    line = file.readline(LONGEST_LINE)
                    position += len(line)
                    if not line:
                        return
                yield None, position
                continue
            position += len(line)
            yield line, position


def objects(path: Path, position: int) -> Iterator[tuple[dict[str, Any] | None, int]]:
    """Yield the JSON objects of a file of lines; None for a line that is none. Blank lines are passed over."""
    for line, after in lines(path, position):
        if line is not None and line.isspace():
            continue
        try:
            found = decode(line) if line is not None else None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            found = None
        yield (found if isinstance(found, dict) else None), after


def chunked(
    entries: Iterator[tuple[dict[str, Any] | None, int]],
    state: State,
    position: int,
    take: Callable[[dict[str, Any], State], list[Event]],
) -> Iterator[Chunk]:
    """Collect what `take` makes of each entry into chunks; `take` keeps what it has to remember in `state`."""
    events: list[Event] = []
    bad, since = 0, position
    for entry, after in entries:
        if entry is None:
            bad += 1
        else:
            try:
                events += take(entry, state)
            except (TypeError, ValueError, KeyError, AttributeError, IndexError):
                bad += 1
        position = after
        if len(events) >= CHUNK_EVENTS or position - since >= CHUNK_BYTES:
            yield Chunk(events, position, dict(state), bad)
            events, bad, since = [], 0, position
    if events or bad or position != since:
        yield Chunk(events, position, dict(state), bad)


def remember_call(state: State, call: str, kept: Mapping[str, Any]) -> None:
    """Keep what a tool's call gave until its result comes; of calls without a result the oldest go."""
    calls = state.setdefault("calls", {})
    calls[call] = kept
    while len(calls) > 200:
        calls.pop(next(iter(calls)))
