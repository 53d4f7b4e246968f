"""What every reader of transcripts is: where its files lie, and how one is read from where it was left.

A reader yields chunks. When the events of a chunk are stored, the file has been read up to its `position` and the reader goes
on from its `state`; both are stored in the same transaction. A line that is only half there is left for the next time, and
what cannot be read is counted and passed over. However a file is cut into pieces, the events are those of reading it at once.

`position` is in bytes of a file of lines, of a compressed one in bytes of what it holds; a document is read as a whole, and
its position is its size; what it is in a database its reader says.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath
from typing import Any, BinaryIO, cast

import msgspec

from everlore.core.errors import InvalidInput
from everlore.core.shorten import shorten
from everlore.sessions.clients.payload import instant, plain_output, read_output
from everlore.sessions.records import Event

LONGEST_LINE = 32 * 1024 * 1024
"""The most bytes of one line; a longer one is passed over."""
LARGEST_DOCUMENT = 256 * 1024 * 1024
"""The most bytes of a file that is one JSON document, since all of it is in memory at once."""
CHUNK_EVENTS = 1_000
CHUNK_BYTES = 4 * 1024 * 1024
LONGEST_OUTPUT = 16_000
"""The most characters of a tool's output that are kept."""
MOST_CALLS = 200
"""The most calls that wait for their results."""
NEVER = 1 << 62
DATABASES = frozenset({".db", ".vscdb"})
WHOLE = DATABASES | {".json"}
"""The suffixes of files that are written anew, so that neither beginning nor size tell what is new in them."""

State = dict[str, Any]
decode = msgspec.json.Decoder().decode

_PIECE = 1 << 20
_HALF_PAIR = re.compile(
    rb"(\\[^u]|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
)
"""An escape that is no half of a surrogate pair, so that it is stepped over; or one that is."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some events of a file, with where and in which state to go on; `bad` counts lines that could not be read."""

    events: list[Event]
    position: int
    state: State
    bad: int = 0


Read = Callable[[Path, int, State], Iterator[Chunk]]
Take = Callable[[dict[str, Any], State, int], list[Event]]
"""What one entry of a file of lines says, given what is remembered and the byte at which it starts."""


def lines_end(path: Path, read: Read) -> tuple[int, State]:
    """Return where a file of lines ends, and what its beginning says of the session."""
    state: State = {}
    with suppress(InvalidInput, OSError, StopIteration):
        state = next(read(path, 0, {})).state
    return last_line(path), {name: value for name, value in state.items() if name != "calls"}


def last_line(path: Path) -> int:
    """Return the position behind the last whole line; of a compressed file one that is never reached, for none grows."""
    if path.suffix == ".zst":
        return NEVER
    with path.open("rb") as file:
        at = file.seek(0, io.SEEK_END)
        while at > 0:
            start = max(0, at - 65536)
            file.seek(start)
            found = file.read(at - start).rfind(b"\n")
            if found >= 0:
                return start + found + 1
            at = start
    return 0


@dataclass(frozen=True, slots=True)
class Source:
    """The transcripts of one client. `globs` are relative to each of the roots.

    `looks` tells by the first bytes of a file whether it is one; `end` returns the position and the state of one that has
    been read to its end, for whoever wants only what comes later.
    """

    client: str
    roots: Callable[[Mapping[str, str], Path], list[Path]]
    globs: tuple[str, ...]
    read: Read
    looks: Callable[[bytes], bool] = field(default=lambda _: False)
    end_of: Callable[[Path, Read], tuple[int, State]] = lines_end

    def files(self, environ: Mapping[str, str], home: Path) -> Iterator[Path]:
        """Yield the files that are there, in no promised order."""
        for root in self.roots(environ, home):
            for glob in self.globs:
                yield from (path for path in root.glob(glob) if path.is_file())

    def owns(self, path: Path, environ: Mapping[str, str], home: Path) -> bool:
        """Tell whether a file lies where this client's files lie."""
        for root in self.roots(environ, home):
            if path.is_relative_to(root):
                below = path.relative_to(root)
                if any(len(PurePath(glob).parts) == len(below.parts) and below.match(glob) for glob in self.globs):
                    return True
        return False

    def end(self, path: Path) -> tuple[int, State]:
        """Return the position and the state of a file that has been read to its end."""
        return self.end_of(path, self.read)


def under(environ: Mapping[str, str], variable: str, home: Path, *otherwise: str) -> Path:
    """Return the directory that a variable names, else one below the home."""
    given = environ.get(variable, "")
    return Path(given).expanduser() if given else home.joinpath(*otherwise)


def lines(path: Path, position: int) -> Iterator[tuple[bytes | None, int, int]]:
    """Yield the whole lines from a position on, each with where it starts and ends; None for one that is too long."""
    with path.open("rb") as raw:
        if path.suffix == ".zst":
            yield from _compressed(path, raw, position)
        else:
            raw.seek(position)
            yield from _lines(raw, position)


def _compressed(path: Path, raw: BinaryIO, position: int) -> Iterator[tuple[bytes | None, int, int]]:
    import zstandard

    with zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True) as stream:
        file = io.BufferedReader(cast("io.RawIOBase", stream), _PIECE)
        try:
            left = position
            while left and (piece := file.read(min(left, _PIECE))):
                left -= len(piece)
            if not left:
                yield from _lines(file, position)
        except zstandard.ZstdError as error:
            raise InvalidInput(f"{path.name} cannot be decompressed: {error}", field="path") from None


def _lines(file: BinaryIO | io.BufferedReader, position: int) -> Iterator[tuple[bytes | None, int, int]]:
    while True:
        start, line = position, file.readline(LONGEST_LINE)
        if line.endswith(b"\n"):
            position += len(line)
            yield line, start, position
            continue
        if len(line) < LONGEST_LINE:
            return
        while not line.endswith(b"\n"):
            position += len(line)
            line = file.readline(_PIECE)
            if not line:
                return
        position += len(line)
        yield None, start, position


def objects(path: Path, position: int) -> Iterator[tuple[dict[str, Any] | None, int, int]]:
    """Yield the JSON objects of a file of lines, an empty one for a blank line; None for a line that is none."""
    for line, start, after in lines(path, position):
        found = None if line is None else {} if line.isspace() else parsed(line)
        yield (found if isinstance(found, dict) else None), start, after


def parsed(text: bytes) -> Any:  # noqa: ANN401 - any JSON
    """Return some JSON; None when it is none.

    Clients cut texts in the middle of a character; that character is lost and not what stands around it.
    """
    try:
        return decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        mended = text.strip(b"\0").decode("utf-8", "replace").encode()
        return decode(_HALF_PAIR.sub(lambda match: match[1] or rb"\ufffd", mended))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def chunked(path: Path, position: int, state: State, take: Take) -> Iterator[Chunk]:
    """Collect what `take` makes of each entry of a file of lines; it keeps what it has to remember in the state."""
    state, events = kept(state), list[Event]()
    bad, since = 0, position
    for entry, start, after in objects(path, position):
        if entry is None:
            bad += 1
        else:
            try:
                events += take(entry, state, start)
            except (TypeError, ValueError, KeyError, AttributeError, IndexError):
                bad += 1
        position = after
        if len(events) >= CHUNK_EVENTS or position - since >= CHUNK_BYTES:
            yield Chunk(events, position, kept(state), bad)
            events, bad, since = [], 0, position
    if events or bad or position != since:
        yield Chunk(events, position, kept(state), bad)


def kept(state: State) -> State:
    """Return a state that later reading does not change."""
    return {**state, "calls": dict(state["calls"])} if "calls" in state else dict(state)


def remember_call(state: State, call: str, detail: Mapping[str, Any]) -> None:
    """Keep what a tool's call gave until its result comes; of calls without a result the oldest go."""
    calls = state.setdefault("calls", {})
    calls[call] = detail
    while len(calls) > MOST_CALLS:
        calls.pop(next(iter(calls)))


def result(
    event: Event, call: str, content: object, state: State, *, failed: bool = False, status: int | None = None
) -> Event:
    """Return what came of a tool's call: a text that is itself JSON is a tool's output like any other."""
    output, bad, code = plain_output(content) if isinstance(content, str) else read_output(content)
    code = code if status is None else status
    detail = {**event.detail, **(state.get("calls", {}).pop(call, None) or {"tool": "tool"}), "call": call}
    if code is not None:
        detail["exit"] = code
    return replace(
        event, kind="tool_failure" if failed or bad or code else "tool_result", text=shorten(output, LONGEST_OUTPUT),
        key=f"result:{call}" if call else event.key, detail=detail,
    )  # fmt: skip


def reader(client: str, take: Take, about: Callable[[Path], State]) -> Read:
    """Return a reader of files of lines; `about` says what a file's place tells of its session."""

    def read(path: Path, position: int, state: State) -> Iterator[Chunk]:
        yield from chunked(path, position, state if "client" in state else {"client": client, **about(path)}, take)

    return read


def base(state: State, name: object, entry: Mapping[str, Any], key: str) -> Event:
    """Return an event of no kind yet, with what is remembered of its session."""
    return Event(
        state["client"], state["session"], "other", str(name), at=instant(entry, "timestamp", "created_at"), key=key,
        cwd=state.get("cwd"), branch=state.get("branch"), parent=state.get("parent"),
    )  # fmt: skip


def document(path: Path) -> dict[str, Any]:
    """Return the JSON object that a whole file is, one of `messages` if it is a list; raise `InvalidInput`."""
    if path.stat().st_size > LARGEST_DOCUMENT:
        raise InvalidInput(f"{path.name} is larger than {LARGEST_DOCUMENT >> 20} MB", field="path")
    found = parsed(path.read_bytes())
    if isinstance(found, list):
        found = {"messages": found}
    if not isinstance(found, dict):
        raise InvalidInput(f"{path.name} is no JSON object", field="path")
    return found
