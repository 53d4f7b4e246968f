"""The command that runs `lore`, as it may stand in the files of others: the same after an upgrade."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path


def lore_command() -> tuple[str, ...]:
    """Return the path of the `lore` that runs, a link unresolved because an upgrade moves what it leads to; else Python and a module."""
    called = Path(sys.argv[0])
    if called.stem in {"lore", "everlore"} and called.is_file() and os.access(called, os.X_OK):
        return (str(called.absolute()),)
    beside = Path(sys.executable).with_name("lore.exe" if os.name == "nt" else "lore")
    found = str(beside) if beside.is_file() else shutil.which("lore")
    return (str(Path(found).absolute()),) if found else (sys.executable, "-m", "everlore")
