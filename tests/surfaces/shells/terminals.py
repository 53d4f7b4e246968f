"""Real shells and real terminals for tests: which there must be, whose environment, and typing at what was seen."""

from __future__ import annotations

import os
import pty
import select
import shutil
import sys
import time
from pathlib import Path

from commanding import environment


def needs(shell: str) -> str:
    found = shutil.which(shell)
    assert found, f"this test runs in {shell}; `make clients` installs it"
    return found


def on_path(tmp_path: Path, home: Path) -> dict[str, str]:
    """An environment in which `lore` is this checkout's, and a user with a directory of their own."""
    programs, user = tmp_path / "bin", tmp_path / "user"
    programs.mkdir(exist_ok=True)
    user.mkdir(exist_ok=True)
    (programs / "lore").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m everlore "$@"\n')
    (programs / "lore").chmod(0o755)
    source = str(Path(sys.modules["everlore"].__path__[0]).parent)
    more = {"PATH": f"{programs}:{os.environ['PATH']}", "HOME": str(user), "PYTHONPATH": source, "TERM": "dumb"}
    return {**environment(home, **more)}


def on_terminal(
    command: list[str], environ: dict[str, str], cwd: Path, *typed: tuple[bytes, bytes]
) -> tuple[bytes, int]:
    """Run a command on a terminal of its own, type each text once another was seen, and return all it said and how it ended."""
    pid, master = pty.fork()
    if pid == 0:
        os.chdir(cwd)
        os.execvpe(command[0], command, environ)
    said, waiting, deadline = b"", list(typed), time.monotonic() + 40
    while time.monotonic() < deadline:
        if waiting and waiting[0][0] in said:
            os.write(master, waiting.pop(0)[1])
        if not select.select([master], [], [], 0.2)[0]:
            continue
        try:
            piece = os.read(master, 4096)
        except OSError:
            break
        if not piece:
            break
        said += piece
    os.close(master)
    return said, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
