"""Mining: what agents' clients have left on disk, into the store, each file from where it was left.

The position in a file moves in the transaction that stores what was read, so that a crash loses and doubles nothing. A file
whose size and time are those of the last look is not opened. One whose beginning is another, or which has become shorter, is
read anew, and what is known of it is recognised. A file that fails is tried again, later each time, and after `MOST` tries
left alone with its reason; after `BREAKER` failures in a row the other files of that client wait for the next round. One bad
file never stops the rest.
"""

from __future__ import annotations

import json
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

from everlore.app import answers, reading, requests
from everlore.app.caller import ANYBODY, Caller
from everlore.app.capturing import WATCH, Places, store
from everlore.app.parse import given_path
from everlore.core.errors import InvalidInput, NotFound, StoreBusy, StoreUnavailable
from everlore.sessions.transcripts import DATABASES, SOURCES, WHOLE, Source, source_of

if TYPE_CHECKING:
    from everlore.app.app import App
    from everlore.store.contract import Row, Unit

MOST, BREAKER = 5, 5
_FIRST_PAUSE_MS, _LONGEST_PAUSE_MS = 30_000, 3_600_000
SETTLE_SECONDS = 2.0
"""How long a file must have been quiet for the watcher to read it."""
_BEGUN = "mined"
"""The setting that names the clients whose places have been looked at, so that what is new in them is new."""
_HEAD = 512
_SPEED = 10_000_000
_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Known:
    """What the store knows of a file; `passed` when what stood there at the first look was passed over."""

    position: int = 0
    size: int = -1
    modified: int = 0
    mark: str | None = None
    state: dict[str, Any] = field(default_factory=dict)
    attempts: int = 0
    next_try: int = 0
    dead: bool = False
    passed: bool = False


@dataclass(frozen=True, slots=True)
class File:
    """A file that is to be read, with what was known of it; `back` when what was passed over is to be read after all."""

    path: Path
    source: Source
    known: Known
    size: int
    modified: int
    back: bool = False


def mine(app: App, caller: Caller, request: requests.Mine) -> answers.Mined:
    """Read what is new, everything with `history`, or only say how much that is."""
    started = time.perf_counter()
    if request.watch:
        with app.write() as unit:
            unit.run("setting_set", name=WATCH, value=request.watch)
    if request.retry:
        with app.write() as unit:
            unit.run("transcripts_retry")
    mined = _Mined(app, caller)
    found = list(_files(request.paths, request.clients, mined.failed))
    fresh = set() if request.paths else set(request.clients or SOURCES) - _begun(app)
    passed = set() if request.history else fresh
    todo = _changed(
        app,
        [each for each in found if each[1].client not in passed],
        history=request.history or bool(request.paths),
    )
    size = sum(max(0, file.size - file.known.position) for file in todo)
    if not request.dry_run:
        _begin(app, fresh, [each for each in found if each[1].client in passed])
        mined.run(todo, size)
    return answers.Mined(
        files=len(found), read=mined.read if not request.dry_run else len(todo), bytes=mined.bytes if not request.dry_run else size,
        sessions=mined.counts["sessions"], turns=mined.counts["turns"], known=mined.counts["known"], ignored=mined.counts["ignored"],
        bad_lines=mined.counts["bad"], failed=_shown(mined.failed),
        findings=[answers.Finding(kind=kind, count=count) for kind, count in sorted(mined.findings.items())],
        estimate=round(size / _SPEED, 1) if request.dry_run else None, from_now_on=bool(passed), watched=is_on(app),
        seconds=round(time.perf_counter() - started, 3),
    )  # fmt: skip


def is_on(app: App) -> bool:
    """Tell whether the server is to mine."""
    with app.read() as unit:
        return bool(unit.value("setting_get", name=WATCH) == "on")


def round_of_watching(app: App, stop: Callable[[], bool], *, settle: bool = True) -> int:
    """Read what has changed and been quiet for a while; return how many turns came in. For the server's thread.

    With no need to `settle` files of lines are read at once, for of these half a line does no harm.
    """
    quiet = time.time() - SETTLE_SECONDS
    mined = _Mined(app, ANYBODY, stop)
    begun = _begun(app)
    found = [each for each in _files([], [], mined.failed) if each[1].client in begun]
    todo = _changed(app, found)
    mined.run([f for f in todo if f.modified / 1e9 <= quiet or not (settle or f.path.suffix in WHOLE)])
    return mined.counts["turns"]


def _files(
    paths: Sequence[str], clients: Sequence[str], failed: list[answers.Skipped]
) -> Iterator[tuple[Path, Source]]:
    """Yield the files to look at with what reads them; raise for a path or client that makes no sense.

    A place of a client that cannot be looked into is added to `failed`.
    """
    for name in clients:
        if name not in SOURCES:
            raise NotFound(
                f"no transcripts of {name!r} can be read", field="clients", hint=f"clients are: {', '.join(SOURCES)}"
            )
    for given in paths:
        path = given_path(given, "paths")
        if not path.exists():
            raise NotFound(f"{path} does not exist", field="paths")
        for each in sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]:
            if source := source_of(each):
                yield each, source
            elif not path.is_dir():
                raise InvalidInput(
                    f"{path.name} is no transcript that can be read",
                    field="paths",
                    hint="`lore import` reads other files",
                )
    if not paths:
        for source in SOURCES.values() if not clients else [SOURCES[name] for name in clients]:
            try:
                yield from ((path, source) for path in source.files(os.environ, Path.home()))
            except OSError as error:
                failed.append(answers.Skipped(where=str(error.filename or source.client), error=str(error.strerror)))


def _shown(failed: Sequence[answers.Skipped]) -> list[answers.Skipped]:
    more = len(failed) - _SHOWN
    rest = [answers.Skipped(where="and more", error=f"{more} more failed")] if more > 0 else []
    return [*failed[:_SHOWN], *rest]


def _begun(app: App) -> set[str]:
    with app.read() as unit:
        return set((unit.value("setting_get", name=_BEGUN) or "").split())


def _begin(app: App, clients: set[str], passed: Sequence[tuple[Path, Source]]) -> None:
    """Note that the places of some clients have been looked at, and where the files end whose beginning is passed over."""
    if not clients:
        return
    with app.read() as unit:
        known = {row[0] for row in unit.rows("transcripts_known")}
    ends = list(_ends([(path, source) for path, source in passed if str(path) not in known]))
    now = app.clock()
    with app.write() as unit:
        begun = set((unit.value("setting_get", name=_BEGUN) or "").split())
        unit.run("setting_set", name=_BEGUN, value=" ".join(sorted(begun | clients)))
        for path, client, about, mark, position, state in ends:
            unit.run(
                "transcript_read", path=str(path), client=client, position=position, size=about.st_size, modified=about.st_mtime_ns,
                mark=mark, state=json.dumps(state), passed=-1, now=now,
            )  # fmt: skip


def _ends(found: Sequence[tuple[Path, Source]]) -> Iterator[tuple[Path, str, os.stat_result, str | None, int, Any]]:
    for path, source in found:
        with suppress(OSError, InvalidInput):
            about, mark = path.stat(), _mark(path)
            yield path, source.client, about, mark, *source.end(path)


def _changed(app: App, found: Sequence[tuple[Path, Source]], *, history: bool = False) -> list[File]:
    """Return the files that are not as they were at the last look and whose turn it is; one query, one stat a file."""
    with app.read() as unit:
        known = {row[0]: _known(row) for row in unit.rows("transcripts_known")}
    now, changed = app.clock(), []
    for path, source in found:
        with suppress(OSError):
            about, before = path.stat(), known.get(str(path), Known())
            size, modified = about.st_size, about.st_mtime_ns
            if path.suffix in DATABASES:
                with suppress(FileNotFoundError):
                    modified = max(modified, Path(f"{path}-wal").stat().st_mtime_ns)
            back = history and before.passed
            before = Known() if back else before
            same = (size, modified) == (before.size, before.modified)
            if not before.dead and before.next_try <= now and (not same or before.attempts):
                changed.append(File(path, source, before, size, modified, back))
    return sorted(changed, key=lambda file: file.modified)


def _known(row: Row) -> Known:
    """Return what a row of `transcripts_known` says."""
    _, _, position, size, modified, mark, state, attempts, next_try, dead, turns = row
    held = json.loads(state) if state else {}
    return Known(position, size, modified, mark, held, attempts, next_try, bool(dead), passed=turns < 0)


def _mark(path: Path) -> str | None:
    """Return what tells whether a file is still the one that was read: its beginning, up to the first line's end."""
    if path.suffix in WHOLE:
        return None
    with suppress(OSError), path.open("rb") as file:
        head = file.read(_HEAD)
        end = head.find(b"\n")
        if end >= 0 or len(head) == _HEAD:
            return blake2b(head[: end + 1] if end >= 0 else head, digest_size=8).hexdigest()
    return None


def _start(file: File) -> tuple[str | None, reading.Task]:
    """Return the mark of a file, and where to begin: where it was left, or anew when it is not the same any more."""
    mark, known = _mark(file.path), file.known
    cut = file.path.suffix not in WHOLE | {".zst"} and file.size < known.position
    again = cut or (known.mark is not None and (mark != known.mark or file.size < known.size))
    position, state = (0, {}) if again else (known.position, known.state)
    return mark, reading.Task(file.source.client, str(file.path), position, state)


class _Mined:
    """One run: what was read and what became of it."""

    def __init__(self, app: App, caller: Caller, stop: Callable[[], bool] = lambda: False) -> None:
        self._app = app
        self._caller = caller
        self._total = 0
        self._stop = stop
        self._places = Places(app.config.namespace)
        self.counts: Counter[str] = Counter()
        self.findings: Counter[str] = Counter()
        self.failed: list[answers.Skipped] = []
        self.read = self.bytes = 0
        self._reader: reading.Reader | None = None

    def run(self, files: Sequence[File], size: int = 0) -> None:
        """Read the files, `size` bytes in all; those of one client until too many fail one after the other."""
        self._total = size
        starts = [(file, *_start(file)) for file in files]
        with ExitStack() as held:
            if size >= reading.LARGE and (os.cpu_count() or 1) > 1:
                with suppress(OSError):
                    tasks = [task for _, _, task in starts]
                    self._reader = held.enter_context(reading.Reader(tasks, self._app.config.namespace))
            self._all(starts)

    def _all(self, starts: Sequence[tuple[File, str | None, reading.Task]]) -> None:
        in_a_row: Counter[str] = Counter()
        for file, mark, task in starts:
            client = file.source.client
            if self._stop():
                return
            if in_a_row[client] >= BREAKER:
                self._pass_over()
                continue
            try:
                self._file(file, mark, task)
                in_a_row[client] = 0
            except (StoreBusy, StoreUnavailable):
                raise
            except Exception as error:  # noqa: BLE001 - whatever a file does, the others are read
                in_a_row[client] += 1
                self._fail(file, error)
                if in_a_row[client] == BREAKER:
                    said = f"{BREAKER} files in a row failed; its other files wait for the next run"
                    self.failed.append(answers.Skipped(where=client, error=said))

    def _pass_over(self) -> None:
        if self._reader is not None:
            try:
                self._reader.skip()
            except reading.Lost:
                self._reader = None

    def _pieces(self, task: reading.Task) -> Iterator[reading.Piece]:
        """Yield the pieces of a file, from the other process as long as there is one."""
        if self._reader is not None:
            try:
                for piece in self._reader.pieces():
                    task = replace(task, position=piece.position, state=piece.state)
                    yield piece
                return
            except reading.Lost:
                self._reader = None
        yield from reading.read(task, self._places)

    def _file(self, file: File, mark: str | None, task: reading.Task) -> None:
        position, state, back = task.position, task.state, file.back
        self.read += 1
        for chunk in self._pieces(task):
            stored = store(
                self._app, chunk.ready, channel="transcript", places=self._places,
                also=lambda unit, chunk=chunk, back=back: self._advance(unit, file, mark, chunk.position, chunk.state, done=False, back=back),  # type: ignore[misc]
            )  # fmt: skip
            back = False
            self.counts.update(
                sessions=stored.sessions, turns=stored.turns, known=stored.known, ignored=stored.ignored, bad=chunk.bad
            )
            self.findings.update(stored.findings)
            self.bytes += max(0, chunk.position - position) if file.path.suffix not in DATABASES else 0
            position, state = chunk.position, chunk.state
            self._caller.progress("mining", self.bytes, self._total)
            if self._stop():
                return
        with self._app.write() as unit:
            self._advance(unit, file, mark, position, state, done=True, back=back)

    def _advance(
        self, unit: Unit, file: File, mark: str | None, position: int, state: dict[str, Any], *, done: bool, back: bool
    ) -> None:
        """Note how far a file has been read; its size and time only when it has been read to the end.

        With the first that is read of what was passed over, `back`, the position tells the truth again.
        """
        unit.run(
            "transcript_read", path=str(file.path), client=file.source.client, position=position, size=file.size if done else -1,
            modified=file.modified if done else 0, mark=mark, state=json.dumps(state, ensure_ascii=False, default=str),
            passed=int(back), now=self._app.clock(),
        )  # fmt: skip

    def _fail(self, file: File, error: Exception) -> None:
        said = reading.explained(error)
        pause = min(_FIRST_PAUSE_MS << file.known.attempts, _LONGEST_PAUSE_MS)
        now = self._app.clock()
        with self._app.write() as unit:
            unit.run(
                "transcript_failed", path=str(file.path), client=file.source.client, next_try=now + pause + random.randrange(pause // 4),
                error=said[:500], most=MOST, now=now,
            )  # fmt: skip
        self.failed.append(answers.Skipped(where=str(file.path), error=said[:300]))
