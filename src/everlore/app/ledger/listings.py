"""What descriptions of tools cost: each time that a client of agents lists them, they go before its model.

The front that answers over standard input knows no store. It notes each list in a file of the home, one line of JSON, once for
each session of its client; whoever writes to the ledger next takes the file. Other surfaces say it themselves.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

FILE = "tools-listed.jsonl"
_LONGEST = 1_000_000


def take(home: Path) -> tuple[list[dict[str, Any]], list[Path]]:
    """Take what is noted: rows with `id`, `at`, `client` and `tokens`, and the files to remove once these are written."""
    mine = home / f"{FILE}.{os.getpid()}"
    try:
        if not mine.exists():  # one is there where writing failed the last time
            (home / FILE).rename(mine)
        text = mine.read_bytes()[:_LONGEST].decode("utf-8", "replace")
    except OSError:
        return [], []
    return [row for line in text.splitlines() if (row := _row(line))], [mine]


def _row(line: str) -> dict[str, Any] | None:
    try:
        row = json.loads(line)
    except ValueError:
        return None
    kinds = {"id": str, "at": int, "client": str, "tokens": int}
    if not isinstance(row, dict) or not all(isinstance(row.get(name), kind) for name, kind in kinds.items()):
        return None
    return row if 0 <= row["tokens"] < _LONGEST and 0 < row["at"] < 1 << 53 and row["id"] else None
