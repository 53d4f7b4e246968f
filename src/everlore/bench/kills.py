"""What becomes of events when the server that takes them is killed again and again: each must be stored, and once.

A feeder sends events at a steady rate, each from a process of its own that does what `lore hook` does after its start;
it is forked rather than started, since starting fifty interpreters a second would measure the machine. A server is
started, lives for a moment and is killed with SIGKILL. In the end the spool is drained and what is stored is counted.
"""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from everlore.bench.homes import open_store
from everlore.sessions import spool

if TYPE_CHECKING:
    from everlore.core.config import Config

RATE = 50
"""Events in a second."""
PROMPT_EVERY = 10
"""One event in so many is a prompt, which is answered; the others are only taken in."""
SHORTEST, LONGEST = 0.2, 1.2
"""Seconds that a server lives."""
_PATIENCE = 60.0
_HOOK = "everlore.surfaces.hooks.run"


def kill_servers(config: Config, kills: int, rate: int = RATE, seed: int = 1) -> dict[str, Any]:
    """Kill a busy server so many times; return how many events were sent, lost and stored twice."""
    home, chance = str(config.home), random.Random(seed)
    project = config.home.with_name("project")
    project.mkdir(parents=True, exist_ok=True)
    environ = {name: value for name, value in os.environ.items() if not name.startswith("EVERLORE_")}
    environ |= {"EVERLORE_HOME": home, "EVERLORE_MODEL": "none", "EVERLORE_PORT": "0"}
    with open_store(config) as app:
        app.call("status", {})
    started = time.perf_counter()
    with subprocess.Popen(  # noqa: S603 - this module
        [sys.executable, "-P", "-m", __name__, str(rate)], env=environ, cwd=project, stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as feeder:  # fmt: skip
        try:
            for _ in range(kills):
                _live_and_die(config, environ, chance.uniform(SHORTEST, LONGEST))
        finally:
            said, _ = feeder.communicate()
    seconds = time.perf_counter() - started
    with open_store(config) as app:
        app.call("drain", {})
        stored = _stored(app)
        whole = bool(app.call("verify", {}).ok)  # type: ignore[attr-defined]
    sent = int(said)
    return {
        "kills": kills, "events": sent, "events/s": round(sent / seconds, 1), "stored": len(stored),
        "lost": sent - len(stored), "doubled": sum(number > 1 for number in stored.values()),
        "set aside": len(spool.bad(home)), "refused": spool.refused(home), "waiting": spool.waiting(home)[0], "whole": whole,
    }  # fmt: skip


def _live_and_die(config: Config, environ: dict[str, str], seconds: float) -> None:
    """Start a server, let it work for a moment, and kill it."""
    nowhere = subprocess.DEVNULL
    command = [sys.executable, "-P", "-m", "everlore", "serve", "--quiet"]
    with subprocess.Popen(command, env=environ, stdin=nowhere, stdout=nowhere, stderr=nowhere) as server:  # noqa: S603
        until = time.monotonic() + _PATIENCE
        while not _listens(config, server.pid) and server.poll() is None and time.monotonic() < until:
            time.sleep(0.01)
        time.sleep(seconds)
        server.send_signal(signal.SIGKILL)


def _listens(config: Config, pid: int) -> bool:
    """Tell whether a server has said how it is reached; what one before it said is still there."""
    try:
        return bool(json.loads(config.daemon_file.read_bytes())["pid"] == pid)
    except (OSError, ValueError):
        return False


def _stored(app: Any) -> Counter[str]:  # noqa: ANN401 - an App
    """Return how often each event is in the store."""
    with app.read() as unit:
        return Counter(found[0] for row in unit.rows("turns_all") if (found := re.search(r"event \d+", row[9])))


def feed(rate: int) -> int:
    """Send events until standard input ends; return how many."""
    import select

    hook = import_module(_HOOK).main
    import_module("everlore.guard.tree")  # what each hook would load, loaded once
    sent, running, next_at = 0, set[int](), time.monotonic()
    while not select.select([0], [], [], max(next_at - time.monotonic(), 0))[0]:
        next_at += 1 / rate
        read, write = os.pipe()
        event, payload = _event(sent)
        if (child := os.fork()) == 0:
            _hook(hook, read, write, event)
        os.close(read)
        os.write(write, json.dumps(payload).encode())
        os.close(write)
        running.add(child)
        sent += 1
        running -= {pid for pid in list(running) if os.waitpid(pid, os.WNOHANG)[0]}
    for pid in running:
        os.waitpid(pid, 0)
    return sent


def _event(number: int) -> tuple[str, dict[str, Any]]:
    """Return the name and the payload of an event: a prompt now and then, else what a tool did."""
    session = f"s{number % 5}"
    base = {"session_id": session, "cwd": str(Path.cwd())}
    if number % PROMPT_EVERY == 0:
        return "UserPromptSubmit", {
            **base,
            "hook_event_name": "UserPromptSubmit",
            "prompt": f"go on with event {number}",
        }
    ran = {"tool_name": "Bash", "tool_use_id": f"call-{number}", "tool_input": {"command": f"make event {number}"}}
    return "PostToolUse", {**base, **ran, "hook_event_name": "PostToolUse", "tool_response": {"stdout": "done\n" * 100}}


def _hook(hook: Callable[[list[str]], int], read: int, write: int, event: str) -> None:
    """Be a hook: this process ends here."""
    os.close(write)
    os.dup2(read, 0)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        hook(["claude-code", event])
    finally:
        os._exit(1)


if __name__ == "__main__":
    sys.stdout.write(str(feed(int(sys.argv[1]))))
