"""How well and how fast orders to the reader are found: attempts caught by kind, benign texts held, speed, and others beside it.

The texts are in two halves by one author, written before the rules were changed for them. The rules were then made on
the dev half; the held-out half shows what to expect of unseen text in that author's words, which is kinder than a stranger's.
When the earlier rules first met these texts they caught 47 of 159 attempts in the dev half and 44 of 159 in the other,
and held 3 of 235 and 6 of 237 benign ones.

The later texts were written when the rules were finished: 12 of 30 attempts were caught and none of 40 benign texts was held.
That is what to expect of an attempt in words that nobody thought of.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal

from everlore.bench import machine
from everlore.bench.passages import HOSTILE, PASSAGES, repeated
from everlore.bench.scanners import installed
from everlore.guard.injection import scan

if TYPE_CHECKING:
    from everlore.app import requests
    from everlore.app.app import App
    from everlore.app.caller import Caller

HALVES = ("dev", "held-out", "later")
_CHARACTERS = 200_000
_ITEM = 300
_HOSTILE = 20_000
_ESCAPE = re.compile(r"\\(u[0-9a-f]{4}|U[0-9a-f]{8}|[nt\\])")
_SHORT = {"n": "\n", "t": "\t", "\\": "\\"}


@dataclass(frozen=True, slots=True)
class Sample:
    """One text of a corpus, the half it belongs to and its kind."""

    half: str
    kind: str
    text: str


def samples(name: Literal["attacks", "benign"]) -> list[Sample]:
    """Return the texts of one of the two corpora in their order."""
    return list(_read((files("everlore.bench") / "injections" / f"{name}.txt").read_text("utf-8")))


def _read(content: str) -> Iterator[Sample]:
    half = kind = ""
    for line in content.split("\n"):
        if line.startswith("== ") and line[3:].startswith(tuple(f"{half}:" for half in HALVES)):
            half, kind = line[3:].split(": ", 1)
        elif half and line:
            yield Sample(half, kind, _ESCAPE.sub(_unescaped, line))


def _unescaped(m: re.Match[str]) -> str:
    return _SHORT.get(m.group(1)) or chr(int(m.group(1)[1:], 16))


def measure(app: App, caller: Caller, request: requests.Bench) -> dict[str, Any]:
    """Measure the scan on the texts that ship with the bench."""
    return measured(caller.progress, _CHARACTERS)


def measured(progress: Callable[[str, int, int], object], characters: int) -> dict[str, Any]:
    """Measure with so many characters of each kind of text."""
    progress("attacks and benign texts", 0, 0)
    attacks, benign = samples("attacks"), samples("benign")
    caught = [bool(scan(sample.text)) for sample in attacks]
    held = [bool(scan(sample.text)) for sample in benign]
    others = {}
    for name, scanner in installed().items():
        progress(name, 0, 0)
        theirs = [scanner([sample.text for sample in each]) for each in (attacks, benign)]
        others[name] = _halves(attacks, theirs[0], benign, theirs[1])
    progress("speed", 0, 0)
    speed = {name: _speed(text, characters) for name, text in PASSAGES.items()}
    hostile = {name: _growth(text) for name, text in HOSTILE.items()}
    return {
        **_halves(attacks, caught, benign, held), "caught by kind": _by_kind(attacks, caught), "held by kind": _by_kind(benign, held),
        "others": others, "seconds/MB": speed, "ms an item": _item(benign), "hostile seconds/MB": hostile,
        "most growth": max(row["growth"] for row in hostile.values()), "machine": machine.describe(),
    }  # fmt: skip


def _halves(
    attacks: Sequence[Sample], caught: Sequence[bool], benign: Sequence[Sample], held: Sequence[bool]
) -> dict[str, Any]:
    return {half: {**_share("attacks", "caught", half, attacks, caught), **_share("benign", "held", half, benign, held)} for half in HALVES}  # fmt: skip


def _share(what: str, hit: str, half: str, texts: Sequence[Sample], hits: Sequence[bool]) -> dict[str, float]:
    row = [found for sample, found in zip(texts, hits, strict=True) if sample.half == half]
    return {what: len(row), hit: sum(row), f"{hit} share": round(sum(row) / len(row), 4)}


def _by_kind(texts: Sequence[Sample], hits: Sequence[bool]) -> dict[str, dict[str, list[int]]]:
    """Return of each half and kind how many were found, and of how many."""
    rows: dict[str, dict[str, list[int]]] = {half: {} for half in HALVES}
    for sample, hit in zip(texts, hits, strict=True):
        row = rows[sample.half].setdefault(sample.kind, [0, 0])
        row[0] += hit
        row[1] += 1
    return rows


def _item(benign: Sequence[Sample]) -> float:
    """Return milliseconds to scan one text of 300 characters, as recall gives them out."""
    whole = " ".join(sample.text for sample in benign)
    items = [whole[at : at + _ITEM] for at in range(0, len(whole), _ITEM)]
    return round(1000 * min(_seconds(items) for _ in range(3)) / len(items), 3)


def _speed(text: str, characters: int) -> float:
    whole = repeated(text, characters)
    pieces = [whole[at : at + _ITEM] for at in range(0, len(whole), _ITEM)]
    return round(min(_seconds(pieces) for _ in range(2)) / (len(whole.encode()) / 1e6), 2)


def _growth(text: str) -> dict[str, float]:
    short, long = repeated(text, _HOSTILE), repeated(text, 4 * _HOSTILE)
    small, large = (min(_seconds([each]) for _ in range(2)) for each in (short, long))
    return {"seconds/MB": round(large / (len(long) / 1e6), 2), "growth": round(large / small, 1)}


def _seconds(pieces: Sequence[str]) -> float:
    started = time.process_time()
    for piece in pieces:
        scan(piece)
    return max(time.process_time() - started, 1e-9)
