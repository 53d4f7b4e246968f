"""What a figure was measured on, in words that name no machine; and the memory of this or another process."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path
from typing import Any

import apsw

from everlore import __version__

_MB = 1 << 20


def describe() -> dict[str, Any]:
    """Return cores, memory, system and versions."""
    return {
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gb": _memory_gb(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "sqlite": apsw.sqlite_lib_version(),
        "everlore": __version__,
        "load": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
    }


def peak_mb() -> float | None:
    """Return the most memory this process ever held, in MB; None where the system does not say."""
    if sys.platform == "win32":
        return None
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / _MB, 1)


def resident_mb(pid: int) -> dict[str, float]:
    """Return the resident memory of a process in MB, in all and without pages of files; empty where nobody says."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    except OSError:
        return {}
    fields = dict(line.split(":", 1) for line in lines if ":" in line)
    kilobytes = {
        name: int(fields[key].split()[0])
        for name, key in (("resident_mb", "VmRSS"), ("private_mb", "RssAnon"))
        if key in fields
    }
    return {name: round(value / 1024, 1) for name, value in kilobytes.items()}


def _memory_gb() -> int | None:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30))
    except (AttributeError, ValueError, OSError):
        return None
