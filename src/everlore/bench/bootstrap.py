"""How long a project's first pages take, how much memory, and whether every source they name leads somewhere.

The command runs in a process of its own, on a made repository (`request.size` commits, and three files for ten of them) or on
the one that is named, twice: the second run must find nothing to do.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import msgspec

from everlore.bench import machine, projects
from everlore.bench.homes import open_store, temporary_home
from everlore.core.errors import EverloreError
from everlore.refine.bootstrap.sources import unresolved
from everlore.refine.bootstrap.values import cited
from everlore.refine.repository import Repository

if TYPE_CHECKING:
    from everlore.app import requests
    from everlore.app.app import App
    from everlore.app.caller import Caller
    from everlore.core.config import Config

_MB = 1 << 20


def measure(app: App, caller: Caller, request: requests.Bench) -> dict[str, Any]:
    """Bootstrap a repository twice and return the report."""
    under = str(Path(request.data).expanduser()) if request.data else None
    with TemporaryDirectory(prefix="everlore-bench-", dir=under) as name, temporary_home(app, under=under) as config:
        root = Path(request.repo).expanduser() if request.repo else Path(name) / "harbour"
        if not request.repo:
            caller.progress("making the repository", 0, 3)
            projects.make(root, request.size, request.size * 3 // 10)
        caller.progress("reading it", 1, 3)
        first, peak = _run(config, root)
        again, _ = _run(config, root)
        caller.progress("checking sources", 2, 3)
        named, lost = _stored(config, root)
        report = {
            "commits": first["commits"], "files": first["files"], "seconds": first["seconds"], "process seconds": first["process"], "peak MB": peak,
            "pages and memories": len(first["seeds"]), "sources": named, "resolved": round(1 - lost / named, 4) if named else None,
            "second run": {"seconds": again["seconds"], "written": sum(n for what, n in again["counts"].items() if what != "unchanged")},
            "machine": machine.describe(),
        }  # fmt: skip
    if request.out:
        Path(request.out).expanduser().write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=1))
    return report


def _run(config: Config, root: Path) -> tuple[dict[str, Any], float]:
    """Run the command; return its answer with the seconds of the process, and the most megabytes that it or its git held."""
    command = [sys.executable, "-m", "everlore", "bootstrap", str(root), "--json"]
    environ = {
        **os.environ,
        "EVERLORE_HOME": str(config.home),
        "EVERLORE_START_DAEMON": "false",
        "EVERLORE_MODEL": "none",
    }
    started = time.perf_counter()
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as running:  # noqa: S603
        said = running.stdout.read() if running.stdout else b""
        _, status, used = os.wait4(running.pid, 0)
        running.returncode = os.waitstatus_to_exitcode(status)
    if running.returncode:
        raise EverloreError(f"bootstrap ended with status {running.returncode}", hint=f"run `{' '.join(command)}`")
    unit = 1 if sys.platform == "darwin" else 1024
    took = round(time.perf_counter() - started, 2)
    return {**json.loads(said), "process": took}, round(used.ru_maxrss * unit / _MB, 1)


def _stored(config: Config, root: Path) -> tuple[int, int]:
    """Return how many sources the stored texts name, and how many of them lead nowhere."""
    with open_store(config) as app, app.read() as unit:
        texts = [row[3] for row in unit.stream("memories_said")]
    sources = [source for text in texts for source in cited(text)]
    return len(sources), len(unresolved(Repository.around(root), sources))
