"""How fast transcripts are mined, and whether memory stays flat: made-up transcripts into a fresh home, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from everlore.bench import machine, transcripts
from everlore.core.errors import EverloreError

if TYPE_CHECKING:
    from everlore.app import requests
    from everlore.app.app import App
    from everlore.app.caller import Caller

_MEGABYTES = 200
_LOOK_SECONDS = 0.25


def measure(app: App, caller: Caller, request: requests.Bench) -> dict[str, Any]:
    """Mine `size` megabytes (200 unless given) of made-up transcripts, and then the same files again."""
    megabytes = request.size if request.size != 10_000 else _MEGABYTES
    with TemporaryDirectory(prefix="everlore-bench-") as name:
        home = Path(name)
        caller.progress("writing transcripts", 0, 0)
        files = transcripts.write(home, megabytes)
        size = sum(file.stat().st_size for file in files)
        caller.progress("mining", 0, 0)
        first, memory = _mine(home)
        again, _ = _mine(home)
        store = sum(file.stat().st_size for file in (home / "memory").glob("everlore.db*"))
    third = max(1, len(memory) // 3)
    return {
        "megabytes": round(size / 1e6, 1), "files": len(files), "seconds": first["seconds"], "MB/s": round(size / 1e6 / first["seconds"], 1),
        "turns": first["turns"], "turns/s": round(first["turns"] / first["seconds"]), "bytes": store,
        "memory mb": {"peak": max(memory, default=0), "first third": max(memory[:third], default=0), "last third": max(memory[-third:], default=0)},
        "again": {"turns": again["turns"], "ms": round(again["seconds"] * 1000, 1), "ms a file": round(again["seconds"] * 1000 / len(files), 3)},
        "machine": machine.describe(),
    }  # fmt: skip


def _mine(home: Path) -> tuple[dict[str, Any], list[float]]:
    """Mine what is below a home; return the answer and its private megabytes as time went on."""
    environ = {
        name: value for name, value in os.environ.items() if not name.startswith(("EVERLORE_", "CLAUDE_", "CODEX_"))
    }
    environ |= {
        "HOME": str(home),
        "EVERLORE_HOME": str(home / "memory"),
        "EVERLORE_MODEL": "none",
        "XDG_DATA_HOME": str(home / "data"),
    }
    command = [sys.executable, "-m", "everlore", "mine", "--history", "--json"]
    memory: list[float] = []
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as running:  # noqa: S603
        while running.poll() is None:
            memory.append(_private(running.pid))
            time.sleep(_LOOK_SECONDS)
        output = running.stdout.read() if running.stdout else b""
    if running.returncode:
        raise EverloreError(f"mining ended with status {running.returncode}", hint=f"run `{' '.join(command)}`")
    return json.loads(output), memory


def _private(process: int) -> float:
    """Return the megabytes that a process and those it started have to themselves.

    Pages of files are not among them, which the system takes back at will.
    """
    try:
        lines = Path(f"/proc/{process}/status").read_text("ascii").splitlines()
        own = next(int(line.split()[1]) / 1024 for line in lines if line.startswith("RssAnon:"))
        below = Path(f"/proc/{process}/task/{process}/children").read_text("ascii").split()
    except (OSError, ValueError, IndexError, StopIteration):
        return 0.0
    return round(own + sum(map(_private, map(int, below))), 1)
