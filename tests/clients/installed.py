"""Where the third-party clients are, and how their processes are run: alone, away from the user's files, and ended."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / ".tools"
NODE = TOOLS / "node" / "bin"
PACKAGES = TOOLS / "npm" / "node_modules"
LORE = [sys.executable, "-P", "-m", "everlore"]


def program(name: str) -> str:
    """Return the path of an installed client; fail with what to do when it is not there."""
    found = PACKAGES / ".bin" / name
    assert (NODE / "node").exists() and found.exists(), f"{name} is not installed; run: sh tools/clients/install.sh"
    return str(found)


def environment(home: Path, **more: str) -> dict[str, str]:
    """Return an environment in which a client finds nothing of the user's and calls nobody."""
    kept = {name: os.environ[name] for name in ("LANG", "LC_ALL", "TMPDIR") if name in os.environ}
    places = {f"XDG_{kind}_HOME": str(home / kind.lower()) for kind in ("CONFIG", "DATA", "STATE", "CACHE")}
    path = f"{NODE}{os.pathsep}/usr/local/bin{os.pathsep}/usr/bin{os.pathsep}/bin"
    return {**kept, **places, "HOME": str(home), "PATH": path, "CI": "1", "NO_COLOR": "1", "DO_NOT_TRACK": "1", **more}


def run(command: Sequence[str], cwd: Path, environ: Mapping[str, str], seconds: float = 90) -> tuple[int, str, str]:
    """Run a client to its end with all its children; return exit status, stdout and stderr."""
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        output, errors = process.communicate(timeout=seconds)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    return process.returncode, output, errors
