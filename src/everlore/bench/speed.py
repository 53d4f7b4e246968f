"""How fast operations are on a store of a given size, each beside its floor.

The store is a real file with as many memories as turns. Turns come in through the import operation; memories are written
by the same code as `remember`, thousands in a transaction and without looking for duplicates, since none is like
another. Every operation is then timed through `App.call` and, over HTTP and the command line, against a server in a
process of its own. An operation and its floor are timed in turn, so that what else the machine does hits both; a row
ends after `ROUNDS` or, once it has `LEAST`, after `SECONDS`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from everlore.bench import machine, scores, workload
from everlore.bench.floor import Floor
from everlore.bench.homes import open_store, temporary_home, write_turns
from everlore.bench.served import Served, serving
from everlore.core.clock import to_iso
from everlore.core.errors import InvalidInput, StoreUnavailable
from everlore.memory import life
from everlore.memory.changes import Changes
from everlore.store import namespaces

if TYPE_CHECKING:
    from everlore.app import requests
    from everlore.app.app import App
    from everlore.app.caller import Caller
    from everlore.core.config import Config

ROUNDS = 200
LEAST = 20
SECONDS = 20.0
COLD = 12
NAMESPACES = 10_000
_SHOWN = 20
_BATCH = 2_000
_PROJECT = workload.PROJECTS[0]


def measure(app: App, caller: Caller, request: requests.Bench) -> dict[str, Any]:
    """Build a store of `request.size` memories and turns, time every operation on it, and return the report."""
    if request.data and not Path(request.data).expanduser().is_dir():
        raise InvalidInput(
            f"{request.data} is not a directory", field="data", hint="ops builds its store in the directory named"
        )
    under = str(Path(request.data).expanduser()) if request.data else None
    with temporary_home(app, model=request.model, under=under) as config:
        floor = Floor(config.home / "floor.db")
        report = _build(config, floor, caller, request)
        asked = workload.questions(2 * ROUNDS)
        caller.progress("timing", 0, 3)
        report["operations"] = _operations(config, floor, asked)
        caller.progress("timing", 1, 3)
        report["operations"]["recall cold"] = _cold(config, floor, asked)
        report["operations"]["taxonomy"] = _taxonomy(app, config, request.size)
        floor.close()
        if request.model:
            _embed(config)
        with serving(config) as served:
            caller.progress("timing", 2, 3)
            report["idle daemon"] = {"started": _started(served)}
            report["http"] = _http(served, asked)
            report["idle daemon"]["after use"] = served.memory()
            report["command line"] = {"lore recall": _commands(served, asked)}
        caller.progress("timing", 3, 3)
    report["machine"] = machine.describe()
    if request.out:
        _write(report, Path(request.out).expanduser())
    return report


def _build(config: Config, floor: Floor, caller: Caller, request: requests.Bench) -> dict[str, Any]:
    """Fill the store and the floor; return how long that took and how large they are."""
    size, model = request.size, None
    caller.progress("building", 0, 3)
    seconds, floor_seconds, text = _import_turns(config, floor, size)
    turns_only = _bytes(config)
    caller.progress("building", 1, 3)
    text_all = text
    with open_store(config) as app:
        for rows in write_memories(app, size):
            text_all += sum(len(row[2].encode()) for row in rows)
            floor.fill(rows)
        caller.progress("building", 2, 3)
        if request.model:
            from everlore.bench.vectors import fill

            model = fill(app)
        app.store.optimize()
        status: Any = app.call("status", {})
    caller.progress("building", 3, 3)
    rate = {"turns/s": round(size / seconds), "floor turns/s": round(size / floor_seconds)}
    return {
        "size": size,
        "turns": status.turns,
        "memories": sum(status.memories.values()),
        "passages": status.passages,
        "model": model,
        "import": rate | {"ratio": round(seconds / floor_seconds, 2)},
        "bytes": {
            "turns": {"text": text, "store": turns_only, "ratio": round(turns_only / text, 2)},
            "all": {"text": text_all, "store": _bytes(config), "ratio": round(_bytes(config) / text_all, 2)},
        },
    }


def _import_turns(config: Config, floor: Floor, size: int) -> tuple[float, float, int]:
    """Import the turns of each project from a file; return the seconds that took, those of the floor, and bytes of text."""
    text, seconds, floor_seconds = 0, 0.0, 0.0
    files = {project: config.home / f"{project.replace('/', '-')}.jsonl" for project in workload.PROJECTS}
    with ExitStack() as stack:
        opened = {project: stack.enter_context(file.open("wb")) for project, file in files.items()}
        stream = workload.turns(size)
        while batch := list(islice(stream, _BATCH)):
            for project, turn in batch:
                write_turns([turn], opened[project])
                text += len(turn.text.encode())
            started = time.perf_counter()
            floor.fill([(turn.id, project, turn.text) for project, turn in batch])
            floor_seconds += time.perf_counter() - started
    with open_store(config) as app:
        for project, file in files.items():
            if file.stat().st_size:
                started = time.perf_counter()
                app.call("import", {"path": str(file), "format": "conversation", "namespace": project})
                seconds += time.perf_counter() - started
            file.unlink()
    return seconds, floor_seconds, text


def write_memories(app: App, size: int) -> Iterator[list[tuple[str, str, str]]]:
    """Write memories thousands at a time; yield (uid, project, text) of those just written."""
    stream = workload.memories(size)
    while batch := list(islice(stream, _BATCH * len(workload.PROJECTS))):
        for path in workload.PROJECTS:
            drafts = [draft for project, draft in batch if project == path]
            if drafts:
                with app.write() as unit:
                    changes = Changes(unit, app.clock())
                    namespace = namespaces.ensure(unit, path, app.clock())
                    made = [life.create(changes, draft, namespace, "bench") for draft in drafts]
                    changes.finish(actor="bench", operation="import", namespace=path, reason=None)
                yield [(memory.uid, path, draft.text) for memory, draft in zip(made, drafts, strict=True)]


class _Timed:
    """The operations on one open store, each with its floor."""

    def __init__(self, app: App, floor: Floor, asked: list[str]) -> None:
        self._app = app
        self._floor = floor
        self._asked = asked
        self._prose = workload.Prose(4)
        self._number = count(1 << 30)
        listed: Any = app.call("list", {"namespace": _PROJECT, "limit": 200})
        self._ids = [memory.id for memory in listed.memories]
        for uid in self._ids[:50]:
            app.call("revise", {"id": uid, "text": self._statement()})
        for question in asked[:10]:
            app.call("recall", {"query": question})

    def recall(self, **more: object) -> dict[str, Any]:
        """Time recall in its forms."""
        asked, floor, app = self._asked, self._floor, self._app
        scope = more.get("namespace")
        return paired(
            lambda n: app.call("recall", {"query": asked[n % len(asked)], **more}),
            lambda n: floor.search(asked[n % len(asked)], namespace=str(scope) if scope else None),
        )

    def slice(self) -> dict[str, Any]:
        """Time what an agent is told with a question: all that stands in its project, and what recall finds."""
        asked, floor = self._asked, self._floor
        return paired(
            lambda n: self._app.call("slice", {"query": asked[n % len(asked)], "namespace": _PROJECT}),
            lambda n: floor.search(asked[n % len(asked)], namespace=_PROJECT),
        )

    def start(self) -> dict[str, Any]:
        """Time what a session reads as it begins: the newest memories of its project."""
        request = {"namespace": _PROJECT, "limit": _SHOWN}
        return paired(lambda _: self._app.call("list", request), lambda _: self._floor.newest(_PROJECT, _SHOWN))

    def on_memory(self, operation: str) -> dict[str, Any]:
        """Time an operation that reads one memory."""
        ids = self._ids
        return paired(
            lambda n: self._app.call(operation, {"id": ids[n % len(ids)]}), lambda n: self._floor.get(ids[n % len(ids)])
        )

    def check(self) -> dict[str, Any]:
        """Time looking for a duplicate of a statement that is new."""
        ids = self._ids
        return paired(
            lambda _: self._app.call("check-duplicate", {"text": self._statement(), "namespace": _PROJECT}),
            lambda n: self._floor.get(ids[n % len(ids)]),
        )

    def remember(self) -> dict[str, Any]:
        """Time keeping a statement that is new, up to the acknowledged commit."""
        return paired(
            lambda _: self._app.call("remember", {"text": self._statement(), "namespace": _PROJECT}),
            lambda _: self._floor.insert(f"f{next(self._number)}", _PROJECT, self._statement()),
        )

    def _statement(self) -> str:
        return workload.statement(self._prose, next(self._number)).text


def _operations(config: Config, floor: Floor, asked: list[str]) -> dict[str, Any]:
    """Time every operation in this process, each in turn with its floor."""
    with open_store(config) as app:
        timed = _Timed(app, floor, asked)
        return {
            "session start": timed.start(),
            "recall": timed.recall(),
            "recall scoped": timed.recall(namespace=_PROJECT),
            "recall as of": timed.recall(as_of=to_iso(app.clock() + 1000)),
            "slice": timed.slice(),
            "get": timed.on_memory("get"),
            "history": timed.on_memory("history"),
            "check-duplicate": timed.check(),
            "remember": timed.remember(),
        }


def _taxonomy(app: App, config: Config, size: int) -> dict[str, Any]:
    """Time the taxonomy of `NAMESPACES` nodes that hold `size` memories; its floor counts the memories of each node."""
    with temporary_home(app, under=str(config.home)) as other, open_store(other) as store:
        with store.write() as unit:
            nodes = [namespaces.ensure(unit, path, store.clock()) for path in workload.tree(NAMESPACES)]
            for number in range(0, size, _BATCH):
                changes = Changes(unit, store.clock())
                for place in range(number, min(number + _BATCH, size)):
                    life.create(changes, life.Draft(f"Statement {place}"), nodes[place * 7919 % len(nodes)], "bench")
                changes.finish(actor="bench", operation="import", namespace=None, reason=None)

        def plain(_: int) -> None:
            with store.read() as unit:
                unit.rows("memories_by_node")

        return paired(lambda _: store.call("namespaces", {}), plain)


def _embed(config: Config) -> None:
    """Embed what was remembered meanwhile, lest the server does it while it is timed."""
    with open_store(config) as app:
        app.call("embed", {})


def _cold(config: Config, floor: Floor, asked: list[str]) -> dict[str, Any]:
    """Time the first recall of an application that has nothing open; the system's cache stays as it is."""

    def first(n: int) -> None:
        with open_store(config) as app:
            app.call("recall", {"query": asked[-n - 1]})

    def plain(n: int) -> None:
        other = Floor(floor.path)
        other.search(asked[-n - 1])
        other.close()

    return paired(first, plain, rounds=COLD)


def _started(served: Served) -> dict[str, float]:
    served.health()
    return served.memory()


def _http(served: Served, asked: list[str]) -> dict[str, Any]:
    prose, number = workload.Prose(5), count(1 << 31)
    for question in asked[:10]:
        served.call("recall", {"query": question})

    def remember(_: int) -> None:
        served.call("remember", {"text": workload.statement(prose, next(number)).text, "namespace": _PROJECT})

    def health(_: int) -> object:
        return served.health()

    return {
        "session start": paired(
            lambda _: served.call("list", {"namespace": _PROJECT, "limit": _SHOWN}), health, here=False
        ),
        "recall": paired(lambda n: served.call("recall", {"query": asked[-n % len(asked)]}), health, here=False),
        "remember": paired(remember, health, here=False),
    }


def _commands(served: Served, asked: list[str]) -> dict[str, Any]:
    """Time the command line as a whole; its floor is an interpreter that does nothing."""
    return paired(lambda n: served.command("recall", asked[n]), lambda _: served.nothing(), rounds=COLD, here=False)


def paired(
    operation: Callable[[int], object], floor: Callable[[int], object], rounds: int | None = None, *, here: bool = True
) -> dict[str, Any]:
    """Time an operation and its floor in turn; `ratio` is that of the medians.

    `here` says that the work is done by this thread, whose processor time is then told too: it leaves out waiting for the
    disk and for other programs.
    """
    ours, theirs, busy = list[float](), list[float](), list[float]()
    deadline = time.perf_counter() + SECONDS
    for number in range(rounds or ROUNDS):
        if number >= LEAST and time.perf_counter() > deadline:
            break
        started, worked = time.perf_counter(), time.thread_time()
        operation(number)
        busy.append((time.thread_time() - worked) * 1000)
        ours.append((time.perf_counter() - started) * 1000)
        started = time.perf_counter()
        floor(number)
        theirs.append((time.perf_counter() - started) * 1000)
    row, below = scores.spread(ours), scores.spread(theirs)
    if here:
        row |= {"processor p95_ms": scores.spread(busy)["p95_ms"]}
    ratio = round(row["p50_ms"] / below["p50_ms"], 2)
    return row | {"floor p50_ms": below["p50_ms"], "floor p95_ms": below["p95_ms"], "ratio": ratio}


def _bytes(config: Config) -> int:
    """Return the size of a closed store, whose log has been folded in."""
    return sum(path.stat().st_size for path in config.home.glob(f"{config.database.name}*"))


def _write(report: dict[str, Any], file: Path) -> None:
    try:
        file.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=1))
    except OSError as error:
        raise StoreUnavailable(f"{file} cannot be written: {error.strerror}", field="out") from error
