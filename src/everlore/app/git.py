"""What git says of a directory, asked of the program itself, within a time that nobody notices.

Nothing of the repository's configuration is run (no hooks, no pagers, no external diffs, no file monitor), nothing is
locked, and where git is missing, slow or refuses, there is no answer.
"""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from everlore.core.git import QUIET, environment
from everlore.sessions.handoff import Git

_MOST_FILES = 50


def git_of(directory: str | None, seconds: float = 1.0) -> Git | None:
    """Return the state of the work tree that `directory` is in, or None where that cannot be told in time."""
    if not directory or not Path(directory).is_dir():
        return None
    until = time.monotonic() + seconds
    status = _git(directory, until, "status", "--porcelain=v2", "--branch", "--untracked-files=normal")
    if status is None:
        return None
    branch, head, ahead = "", "", 0
    files: list[str] = []
    for line in status.splitlines():
        if line.startswith("# branch.head "):
            branch = line.removeprefix("# branch.head ")
        elif line.startswith("# branch.oid "):
            head = line.removeprefix("# branch.oid ")[:10]
        elif line.startswith("# branch.ab "):
            ahead = int(line.split()[2].lstrip("+"))
        elif line[:2] in {"1 ", "2 ", "u "}:
            files.append(line.split(" ", 8 if line[0] == "1" else 9 if line[0] == "2" else 10)[-1].partition("\t")[0])
        elif line.startswith("? "):
            files.append(line[2:])
    diffstat = _git(directory, until, "diff", "HEAD", "--shortstat", "--no-ext-diff") if files else ""
    return Git(
        branch=branch, head="" if head == "(initial)" else head, diffstat=(diffstat or "").strip(),
        uncommitted=tuple(files[:_MOST_FILES]), unpushed=ahead,
    )  # fmt: skip


def _git(directory: str, until: float, *arguments: str) -> str | None:
    left = until - time.monotonic()
    if left <= 0:
        return None
    try:
        done = subprocess.run(  # noqa: S603
            ["git", *QUIET, *arguments],  # noqa: S607 - the user's own git
            cwd=directory, env=environment(), capture_output=True, timeout=left,
            stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else None
