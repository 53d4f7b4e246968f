"""How long `lore hook` keeps an agent waiting, whatever state the store and the server are in, and what it leaves behind.

Each call is a process of its own, as a client starts it, in turn with an interpreter that does nothing. Every event is
unlike any other. A call counts as bad unless it ends with status 0 and writes nothing to standard error; where there is
nothing to tell, unless it prints nothing either. `told` is how many calls were told something.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, TYPE_CHECKING, Any

from everlore.bench import machine, scores, speed, workload
from everlore.bench.homes import open_store
from everlore.bench.kills import kill_servers
from everlore.bench.served import serving
from everlore.core.config import Config
from everlore.sessions import spool
from everlore.sessions.place import MARKER
from everlore.store import lock

if TYPE_CHECKING:
    from everlore.app import requests
    from everlore.app.app import App
    from everlore.app.caller import Caller

CALLS, SIZE, KILLS = 200, 100_000, 20
CLIENT = "claude-code"
_PROMPTS = ("why does the deploy of the tide model fail", "which port does the broker use", "go on with the schedule")
_OUTPUT = "\n".join(f"tests/test_tides.py::test_height[{n}] PASSED" for n in range(40))


def measure(app: App, caller: Caller, request: requests.Bench) -> dict[str, Any]:
    """Measure hook calls in each state, session starts on `size` memories, and ends of a busy server."""
    calls = request.questions or CALLS
    size = request.size if request.size != 10_000 else SIZE
    return measured(calls, size, KILLS, lambda what: caller.progress(what, 0, 0))


def measured(calls: int, size: int, kills: int, progress: Callable[[str], None] = lambda _: None) -> dict[str, Any]:
    """Measure `calls` hook calls in each state, session starts on `size` memories, and `kills` ends of a busy server."""
    report: dict[str, Any] = {"calls": calls, "size": size}
    with TemporaryDirectory(prefix="everlore-bench-") as name:
        hooks = Hooks(Path(name))
        for state, run in _STATES.items():
            progress(state)
            report[state] = run(hooks, calls)
        report["left behind"] = hooks.left_behind()
    progress("session start")
    report |= _session_starts(calls, size)
    progress("kills")
    with TemporaryDirectory(prefix="everlore-bench-") as name:
        report["kills"] = kill_servers(Config(Path(name) / "home", model="none"), kills)
    report["machine"] = machine.describe()
    return report


@dataclass(slots=True)
class Call:
    """One hook call: what it sends, and what of it was wrong, if anything."""

    event: str
    payload: dict[str, Any]
    silent: bool = True


class Hooks:
    """A home, a project, and an agent that calls its hooks there."""

    def __init__(self, place: Path, project: str = workload.PROJECTS[0]) -> None:
        self.config = Config(place / "home", model="none")
        self.project = place / "project"
        self.project.mkdir(parents=True, exist_ok=True)
        self.config.home.mkdir(mode=0o700, exist_ok=True)
        workspace, _, name = project.partition("/")
        (self.project / MARKER).write_text(f'workspace = "{workspace}"\nproject = "{name}"\n', "utf-8")
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("EVERLORE_", "CLAUDE", "CURSOR_"))
        }
        self.environ = {**kept, "EVERLORE_HOME": str(self.config.home), "EVERLORE_MODEL": "none"}
        self.bad: list[str] = []
        self.told = 0
        self._number = count()

    def tool(self) -> Call:
        """Return a tool's result, of some kilobytes."""
        number = next(self._number)
        given = {
            "tool_name": "Bash", "tool_use_id": f"call-{number}", "tool_input": {"command": f"pytest -q tests/{number}"},
            "tool_response": {"stdout": f"{_OUTPUT}\nrun {number}", "stderr": "", "interrupted": False},
        }  # fmt: skip
        return Call("PostToolUse", {**self._base("PostToolUse", "s0"), **given})

    def prompt(self) -> Call:
        """Return a person's prompt."""
        number = next(self._number)
        words = f"{_PROMPTS[number % len(_PROMPTS)]}, attempt {number}"
        return Call("UserPromptSubmit", {**self._base("UserPromptSubmit", "s0"), "prompt": words}, silent=False)

    def start(self) -> Call:
        """Return the start of a new session."""
        session = f"s{next(self._number) + 1}"
        return Call("SessionStart", {**self._base("SessionStart", session), "source": "startup"}, silent=False)

    def call(self, call: Call) -> None:
        """Run one hook as its client does, and note what was wrong."""
        ended = self._run([*command(), "hook", CLIENT, call.event], json.dumps(call.payload).encode())
        if ended.returncode or ended.stderr or (call.silent and ended.stdout):
            self.bad.append(f"{call.event}: status {ended.returncode}, {(ended.stderr or ended.stdout)[:100]!r}")
        self.told += bool(ended.stdout)

    def nothing(self) -> None:
        """Run an interpreter that does nothing."""
        self._run([sys.executable, "-c", "pass"], b"{}")

    def measured(self, calls: int, make: Callable[[], Call]) -> dict[str, Any]:
        """Time calls in turn with an interpreter that does nothing; `ratio` is that of the 95th percentiles."""
        ours, theirs = list[float](), list[float]()
        self.bad.clear()
        self.call(make())
        self.told = 0
        for _ in range(calls):
            call = make()
            ours.append(_timed(lambda call=call: self.call(call)))  # type: ignore[misc]
            theirs.append(_timed(self.nothing))
        row, below = scores.spread(ours), scores.spread(theirs)
        ratio = round(row["p95_ms"] / below["p95_ms"], 2)
        floor = {"floor p50_ms": below["p50_ms"], "floor p95_ms": below["p95_ms"], "ratio p95": ratio}
        return row | floor | {"told": self.told, "bad": len(self.bad), "first bad": self.bad[:1]}

    def left_behind(self) -> dict[str, int]:
        """Count what calls have left: processes of this home, servers, locks that somebody holds."""
        home = self.config.home
        file = spool.lock(str(home))
        free = file is not None
        if file is not None:
            os.close(file)
        return {
            "processes": processes(self.environ["EVERLORE_HOME"]),
            "servers": int(lock.holder(home) is not None),
            "locks": int(not free),
        }

    def _base(self, event: str, session: str) -> dict[str, Any]:
        return {"session_id": session, "cwd": str(self.project), "hook_event_name": event, "permission_mode": "default"}

    def _run(self, arguments: list[str], given: bytes) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(  # noqa: S603 - our own command
            arguments, input=given, capture_output=True, env=self.environ, cwd=self.project, check=False, timeout=60
        )


def command() -> list[str]:
    """Return how `lore` is started here: the script that was installed, else the module."""
    script = Path(sys.executable).with_name("lore.exe" if os.name == "nt" else "lore")
    return [str(script)] if script.exists() else [sys.executable, "-P", "-m", "everlore"]


def processes(home: str) -> int:
    """Count the other processes that have this home in their environment; 0 where the system does not tell."""
    found = 0
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if int(entry.name) != os.getpid() and f"EVERLORE_HOME={home}".encode() in (
                entry / "environ"
            ).read_bytes().split(b"\0"):
                found += 1
        except OSError:
            continue
    return found


def _timed(run: Callable[[], None]) -> float:
    started = time.perf_counter()
    run()
    return (time.perf_counter() - started) * 1000


def _served(hooks: Hooks, calls: int) -> dict[str, Any]:
    with serving(hooks.config):
        return {"tool": hooks.measured(calls, hooks.tool), "prompt": hooks.measured(calls, hooks.prompt)}


def _alone(hooks: Hooks, calls: int) -> dict[str, Any]:
    """Without a server a tool's result is put into the spool, and a prompt is answered by the hook itself."""
    with _emptied(hooks):
        return {"tool": hooks.measured(calls, hooks.tool), "prompt": hooks.measured(min(calls, 50), hooks.prompt)}


def _locked(hooks: Hooks, calls: int) -> dict[str, Any]:
    """Another process is in the middle of a write that does not end."""
    with _emptied(hooks), _writing(hooks.config):
        return {"tool": hooks.measured(calls, hooks.tool), "prompt": hooks.measured(min(calls, 20), hooks.prompt)}


def _locked_served(hooks: Hooks, calls: int) -> dict[str, Any]:
    with _emptied(hooks), serving(hooks.config), _writing(hooks.config):
        return {"tool": hooks.measured(calls, hooks.tool), "prompt": hooks.measured(min(calls, 50), hooks.prompt)}


def _corrupt(hooks: Hooks, calls: int) -> dict[str, Any]:
    """The file is no database any more; this comes last."""
    hooks.config.database.write_bytes(b"nothing that was ever a store" * 1000)
    for suffix in ("-wal", "-shm"):
        hooks.config.database.with_name(hooks.config.database.name + suffix).unlink(missing_ok=True)
    return {"tool": hooks.measured(calls, hooks.tool), "prompt": hooks.measured(min(calls, 50), hooks.prompt)}


_STATES: dict[str, Callable[[Hooks, int], dict[str, Any]]] = {
    "server up": _served,
    "no server": _alone,
    "store locked, no server": _locked,
    "store locked, server up": _locked_served,
    "store corrupt": _corrupt,
}


@contextmanager
def _emptied(hooks: Hooks) -> Iterator[None]:
    """Store what waits when the block ends, lest it weighs on the next."""
    try:
        yield
    finally:
        with open_store(hooks.config) as app:
            app.call("drain", {})


@contextmanager
def _writing(config: Config) -> Iterator[None]:
    """Hold the write lock of the store in another process."""
    script = "import sys, apsw; c = apsw.Connection(sys.argv[1]); c.execute('BEGIN IMMEDIATE'); print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen(  # noqa: S603 - our own script
        [sys.executable, "-c", script, str(config.database)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        out: IO[bytes] = process.stdout  # type: ignore[assignment]
        out.readline()
        try:
            yield
        finally:
            process.communicate()


def _session_starts(calls: int, size: int) -> dict[str, Any]:
    """Time the block that a new session is told, on a store of so many memories, with a server and without."""
    with TemporaryDirectory(prefix="everlore-bench-") as name, ExitStack() as stack:
        hooks = Hooks(Path(name))
        with open_store(hooks.config) as app:
            for _ in speed.write_memories(app, size):
                pass
            app.store.optimize()
        alone = hooks.measured(min(calls, 50), hooks.start)
        stack.enter_context(serving(hooks.config))
        return {"session start": {"server up": hooks.measured(calls, hooks.start), "no server": alone}}
