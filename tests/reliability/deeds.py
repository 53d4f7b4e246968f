"""What the children of the nursery do. Whatever a deed acknowledges it has appended to a file before it goes on."""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import resource
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from everlore.app import upkeep
from everlore.app.app import App
from everlore.app.open import open_app
from everlore.core.config import Config
from everlore.core.errors import EverloreError
from everlore.store import keys
from everlore.surfaces.cli.main import run

WORDS = [
    *("anchor", "buoy", "crane", "dock", "engine", "ferry", "gangway", "harbour", "island", "jetty"),
    *("keel", "lantern", "mast", "net", "oar", "pier", "quay", "rope", "sail", "tide"),
]


def config(home: str, **more: Any) -> Config:
    return Config(Path(home), start_daemon=False, **more)


def warm_up() -> None:
    """Import what any deed needs, by doing a little of everything."""
    with tempfile.TemporaryDirectory() as directory:
        with open_app(config(f"{directory}/home")) as app:
            work(app, Path(directory), random.Random(1), lambda _: None, 12)
            for name in ("verify", "status", "rebuild", "timeline"):
                app.call(name, {})
            for name in ("export", "backup"):
                app.call(name, {"path": f"{directory}/{name}"})
            app.call("restore-backup", {"path": f"{directory}/backup"})
            upkeep.encrypt(app, keys.new_file(Path(directory) / "key"))
            upkeep.decrypt(app)
        command(f"{directory}/home", ["recall", "harbour"])
        command(f"{directory}/home", ["recall"])


def command(home: str, arguments: list[str], limit: int = resource.RLIM_INFINITY, **environment: str) -> dict[str, Any]:
    """Run the command line in this process and return how it ended and what it printed; no file may grow over `limit`."""
    os.environ.update({"EVERLORE_HOME": home, "EVERLORE_START_DAEMON": "false", **environment})
    out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.TextIOWrapper(io.BytesIO(), "utf-8")
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
        status = run(arguments)
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        out.flush()
        err.flush()
    return {"status": status, "out": out.buffer.getvalue().decode(), "err": err.buffer.getvalue().decode()}


@contextlib.contextmanager
def acknowledging(path: str) -> Iterator[Any]:
    """Yield a function that appends one line to a file; the line is there even if the process is killed right after."""
    descriptor = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
    yield lambda line: os.write(descriptor, json.dumps(line).encode() + b"\n")
    os.close(descriptor)


def work(app: App, directory: Path, chance: random.Random, acknowledge: Any, steps: int) -> None:
    """Do random operations on memories and sessions of one's own; each memory is kept, then revised, then forgotten."""
    own, revised = [], []
    for step in range(steps):
        name = f"{os.getpid()}x{step}x{chance.randrange(10**6)}"
        said = f"{' '.join(chance.choices(WORDS, k=5))} {name}"
        what = chance.random()
        if what < 0.5 or not own:
            kept = app.call("remember", {"text": said, "namespace": chance.choice(["a", "a/b", "c"])})
            own.append(kept.id)
            acknowledge(["remember", kept.id, said])
        elif what < 0.7:
            chosen = own.pop(chance.randrange(len(own)))
            revision = app.call("revise", {"id": chosen, "text": f"{said} again"}).revision
            revised.append(chosen)
            acknowledge(["revise", chosen, revision, f"{said} again"])
        elif what < 0.8 and revised:
            chosen = revised.pop()
            app.call("forget", {"id": chosen})
            acknowledge(["forget", chosen])
        elif what < 0.85:
            kept = app.call("remember", {"text": said})
            app.call("undo", {"operation": kept.operation})
            acknowledge(["undo", kept.id])
        elif what < 0.88:
            app.call("recall", {"query": said})
            app.uses.flush(app.store)
        elif what < 0.9:
            app.call("rebuild", {})
        else:
            turns = [
                {"session": name, "id": str(n), "speaker": "Ann", "text": f"{said} {n}"}
                for n in range(chance.choice([1, 30]))
            ]
            path = directory / f"{name}.jsonl"
            path.write_text("\n".join(map(json.dumps, turns)))
            app.call("import", {"path": str(path), "namespace": "a"})
            acknowledge(["import", name, len(turns)])


def write(home: str, acks: str, seed: int, steps: int = 10**9, durability: str = "normal") -> int:
    """Write until killed."""
    with (
        acknowledging(acks) as acknowledge,
        open_app(config(home, durability=durability, busy_timeout_ms=60_000)) as app,
    ):
        work(app, Path(acks).parent, random.Random(seed), acknowledge, steps)
    return steps


def die_at(number: int) -> None:
    """Kill this process just before the file operation with this number: a rename, a link, a removal, an opening to write."""
    count = 0

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal count
        writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
        if writes or event in {"os.rename", "os.remove", "os.link", "os.chmod", "shutil.copyfile"}:
            count += 1
            if count == number:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)


def change_key(home: str, what: str, key: str, at: int = 0) -> str:
    """Encrypt, decrypt or rekey a store, and die before the file operation `at` on the way."""
    with open_app(config(home)) as app:
        source = keys.new_file(Path(key)) if key else None
        if at:
            die_at(at)
        if what == "decrypt":
            upkeep.decrypt(app)
        else:
            assert source is not None
            (upkeep.encrypt if what == "encrypt" else upkeep.rekey)(app, source)
    return what


def put_back(home: str, backup: str, at: int = 0) -> str:
    """Restore a backup, and die before the file operation `at` on the way."""
    with open_app(config(home)) as app:
        if at:
            die_at(at)
        app.call("restore-backup", {"path": backup})
    return backup


def fill(home: str, acks: str, room: int, **more: Any) -> dict[str, Any]:
    """Write until no file may grow beyond what it has and `room` bytes; then show that a write succeeds with room again."""
    with acknowledging(acks) as acknowledge, open_app(config(home)) as app:
        app.call("remember", {"text": "The first"})
        largest = max(path.stat().st_size for path in Path(home).iterdir())
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest + room, resource.RLIM_INFINITY))
        error = _until_full(app, acknowledge)
        reading = len(app.call("list", {"limit": 1000}).memories)
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        after = app.call("remember", {"text": "There is room again"}).outcome
    return {**error, "reading": reading, "after": after}


def fill_disk(home: str, acks: str) -> dict[str, Any]:
    """Write until the disk is full."""
    with acknowledging(acks) as acknowledge, open_app(config(home)) as app:
        return _until_full(app, acknowledge)


def _until_full(app: App, acknowledge: Any) -> dict[str, str]:
    for number in range(10**6):
        said = f"note {number} " + "".join(random.choices("abcdefghij ", k=3000))
        try:
            acknowledge(["remember", app.call("remember", {"text": said}).id, said])
        except EverloreError as error:
            return error.as_dict()
    return {}


def attempt(home: str, operations: list[tuple[str, dict[str, Any]]], **settings: Any) -> list[dict[str, Any]]:
    """Call operations one after another and return the errors they raise, and what they answer in short."""
    answers: list[dict[str, Any]] = []
    with open_app(config(home, **settings)) as app:
        for name, payload in operations:
            try:
                app.call(name, payload)
                answers.append({})
            except EverloreError as error:
                answers.append(error.as_dict())
    return answers
