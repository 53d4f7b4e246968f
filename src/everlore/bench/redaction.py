"""How well and how fast secrets are taken out: recall on planted texts, false alarms on look-alikes, speed, and others beside it.

    recall       share of the planted secrets of which nothing is left as it was
    precision    planted texts with a finding over all texts with one
    growth       time for four times the text over the time for the text: 4 where the work is linear

Speed is on pieces as long as an answer is, as redaction gets them. The rules have seen every text here: the first time they met the last 115 of
the values beside a name they found 74, and of the last 450 look-alikes they took 14 for a secret. That is what to expect of unseen text.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from everlore.bench import machine, scores
from everlore.bench.lookalikes import LOOKALIKES
from everlore.bench.oracles import installed, touches
from everlore.bench.passages import HOSTILE, PASSAGES, repeated
from everlore.bench.planted import Plant, plants
from everlore.guard.redact import redact

if TYPE_CHECKING:
    from everlore.app import requests
    from everlore.app.app import App
    from everlore.app.caller import Caller

_CHARACTERS = 400_000
_PIECE = 4_000
_HOSTILE = 40_000
_COLD = 15
_PLACED = "beside a name"
_IDLE = "import json"
_GUARD = "import json, sys; from everlore.guard.tree import redact_tree; redact_tree(json.load(open(sys.argv[1])))"


def measure(app: App, caller: Caller, request: requests.Bench) -> dict[str, Any]:
    """Measure redaction on the texts that ship with the bench."""
    return measured(caller.progress, _CHARACTERS, _COLD)


def measured(progress: Callable[[str, int, int], object], characters: int, cold: int) -> dict[str, Any]:
    """Measure with so many characters of each kind of text and so many cold processes."""
    progress("planted texts", 0, 0)
    planted = list(plants())
    innocent = [(kind, text) for kind, texts in LOOKALIKES.items() for text in texts]
    gone = [is_gone(plant) for plant in planted]
    ours = _quality(planted, gone, innocent, [bool(redact(text).findings) for _, text in innocent])
    ours["kinds"] = _by(planted, gone, lambda plant: plant.kind or _PLACED)
    ours["carriers"] = _by(planted, gone, lambda plant: plant.carrier)
    others = {}
    for name, detector in installed().items():
        progress(name, 0, 0)
        found = zip(planted, detector([plant.text for plant in planted]), strict=True)
        hits = [any(touches(value, plant.secret) for value in values) for plant, values in found]
        others[name] = _quality(planted, hits, innocent, list(map(bool, detector([text for _, text in innocent]))))
    progress("speed", 0, 0)
    speed = {name: _speed(text, characters) for name, text in PASSAGES.items()}
    progress("hostile texts", 0, 0)
    hostile = {name: _growth(text) for name, text in HOSTILE.items()}
    progress("cold", 0, 0)
    return {
        **ours, "others": others, "MB/s": speed, "slowest MB/s": min(speed.values()), "hostile": hostile,
        "slowest hostile MB/s": min(row["MB/s"] for row in hostile.values()), "most growth": max(row["growth"] for row in hostile.values()),
        "cold": _cold(cold), "machine": machine.describe(),
    }  # fmt: skip


def is_gone(plant: Plant) -> bool:
    """Say whether redaction leaves the planted secret nowhere in the text."""
    return plant.secret not in redact(plant.text).text


def _quality(
    planted: Sequence[Plant], hits: Sequence[bool], innocent: Sequence[tuple[str, str]], alarms: Sequence[bool]
) -> dict[str, Any]:
    right, wrong = sum(hits), sum(alarms)
    return {
        "planted": len(planted), "recall": round(right / len(planted), 4),
        "recall of tokens": _share([hit for hit, plant in zip(hits, planted, strict=True) if plant.kind]),
        "recall beside a name": _share([hit for hit, plant in zip(hits, planted, strict=True) if not plant.kind]),
        "precision": round(right / max(1, right + wrong), 4),
        "innocent": len(innocent), "false alarms": wrong, "false alarms per 1,000": round(1000 * wrong / len(innocent), 1),
        "false alarms by kind": dict(Counter(kind for (kind, _), alarm in zip(innocent, alarms, strict=True) if alarm)),
    }  # fmt: skip


def _share(hits: Sequence[bool]) -> float:
    return round(sum(hits) / len(hits), 4)


def _by(planted: Sequence[Plant], hits: Sequence[bool], name: Callable[[Plant], str]) -> dict[str, float]:
    rows: dict[str, list[bool]] = {}
    for plant, hit in zip(planted, hits, strict=True):
        rows.setdefault(name(plant), []).append(hit)
    return {kind: _share(row) for kind, row in sorted(rows.items())}


def _speed(text: str, characters: int) -> float:
    """Return megabytes a second on text in pieces as long as an answer is, the best of three runs."""
    whole = repeated(text, characters)
    pieces = [whole[at : at + _PIECE] for at in range(0, len(whole), _PIECE)]
    return round(len(whole.encode()) / 1e6 / min(_seconds(pieces) for _ in range(3)), 2)


def _growth(text: str) -> dict[str, float]:
    short, long = repeated(text, _HOSTILE), repeated(text, 4 * _HOSTILE)
    small = min(_seconds([short]) for _ in range(3))
    large = min(_seconds([long]) for _ in range(2))
    return {"MB/s": round(len(long) / 1e6 / large, 2), "growth": round(large / small, 1)}


def _seconds(pieces: Sequence[str]) -> float:
    started = time.process_time()
    for piece in pieces:
        redact(piece)
    return max(time.process_time() - started, 1e-9)


def _cold(times: int) -> dict[str, float]:
    """Return milliseconds of processes that only import what JSON needs, and of those that also redact 5 kB of a hook's JSON."""
    with TemporaryDirectory(prefix="everlore-bench-") as name:
        file = Path(name) / "payload.json"
        file.write_text(json.dumps(_payload()), "utf-8")
        took: dict[str, list[float]] = {_IDLE: [], _GUARD: []}
        for _ in range(times):
            for code, row in took.items():
                started = time.perf_counter()
                subprocess.run([sys.executable, "-c", code, str(file)], check=True)  # noqa: S603
                row.append((time.perf_counter() - started) * 1000)
    floor, guarded = (scores.spread(row)["p50_ms"] for row in took.values())
    return {"n": times, "floor p50_ms": floor, "p50_ms": guarded, "more ms": round(guarded - floor, 1)}


def _payload() -> dict[str, Any]:
    return {
        "session_id": "3f1c", "cwd": "/home/ana/shop", "hook_event_name": "PostToolUse", "tool_name": "Bash",
        "tool_input": {"command": "pytest -q tests"}, "tool_response": {"stdout": repeated(PASSAGES["tool output"], 5_000)},
    }  # fmt: skip
