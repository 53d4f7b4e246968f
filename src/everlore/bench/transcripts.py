"""Transcripts as agents write them, made up in any size: talk in between, and tools whose output is most of it."""

from __future__ import annotations

import json
import random
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

_WORDS = "the export reads invoice batches from database and worker retries when queue memory limit token build test fails".split()  # noqa: SIM905
_SIZES = (200, 200, 800, 800, 2_000, 4_000, 8_000, 20_000, 60_000)
_START = 1_780_000_000


def write(directory: Path, megabytes: float, *, each: float = 8.0, seed: int = 7) -> list[Path]:
    """Write Claude Code's transcripts of some megabytes in all, in files of `each`; return them."""
    rng = random.Random(seed)
    files: list[Path] = []
    while megabytes > 0:
        files.append(_session(rng, directory / ".claude" / "projects", len(files) % 7, min(each, megabytes)))
        megabytes -= each
    return files


def _session(rng: random.Random, root: Path, project: int, megabytes: float) -> Path:
    session, cwd = str(uuid.UUID(int=rng.getrandbits(128))), f"/home/ana/src/p{project}"
    path = root / cwd.replace("/", "-") / f"{session}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    now, size, number = _START + rng.randrange(10_000_000), 0, 0
    with path.open("w", encoding="utf-8") as file:

        def entry(kind: str, message: dict[str, Any], **more: object) -> None:
            nonlocal now, size
            now += rng.randrange(2, 40)
            line = json.dumps({
                "parentUuid": None, "isSidechain": False, "cwd": cwd, "sessionId": session, "version": "2.1.332", "gitBranch": "main", "type": kind,
                "message": message, "uuid": str(uuid.UUID(int=rng.getrandbits(128))),
                "timestamp": datetime.fromtimestamp(now, UTC).isoformat().replace("+00:00", "Z"), **more,
            })  # fmt: skip
            size += file.write(line + "\n")

        while size < megabytes * 1e6:
            entry("user", {"role": "user", "content": _words(rng, rng.randrange(5, 60))})
            for _ in range(rng.randrange(1, 12)):
                number += 1
                call = f"toolu_{rng.getrandbits(64):x}"
                text = {"type": "text", "text": _words(rng, rng.randrange(5, 60))}
                use = {
                    "type": "tool_use",
                    "id": call,
                    "name": "Bash",
                    "input": {"command": f"pytest -q tests/{rng.choice(_WORDS)}_{number}.py"},
                }
                entry("assistant", {"id": f"msg_{number}", "role": "assistant", "content": [text]})
                entry("assistant", {"id": f"msg_{number}", "role": "assistant", "content": [use]})
                output = _code(rng, rng.choice(_SIZES))
                result = {"type": "tool_result", "tool_use_id": call, "content": output}
                entry(
                    "user",
                    {"role": "user", "content": [result]},
                    toolUseResult={"stdout": output, "stderr": "", "interrupted": False},
                )
    return path


def _words(rng: random.Random, count: int) -> str:
    return " ".join(rng.choice(_WORDS) for _ in range(count))


def _code(rng: random.Random, size: int) -> str:
    lines, written = [], 0
    while written < size:
        name = rng.choice(_WORDS)
        line = f"{'    ' * rng.randrange(4)}def {name}_{rng.randrange(9999)}({rng.choice(_WORDS)}={rng.randrange(99)}):  # {_words(rng, 5)}"
        lines.append(line)
        written += len(line) + 1
    return "\n".join(lines)[:size]
