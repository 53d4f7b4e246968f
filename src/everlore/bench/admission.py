"""How well admission tells repeats from updates, negations and other subjects, and how well contradictions are found.

    wrong merges       pairs taken for the same that are neither a repeat nor a paraphrase
    wrong values       pairs taken for a new value of the old statement that are no update
    repeats caught     share of the repeats that merge; paraphrases and updates likewise
    precision, recall  of contradictions among labelled pairs, half of which only look like one

The labelled pairs ship with the bench. The rules were made by looking at `dev` alone; `held-out` was written together with it,
and `late` when the rules stood. At first contact 16 of the 20 late repeats merged, with nothing merged wrongly; four rules
were added for the others since. That is nearer to what unseen text gets than the figures of today.
Paraphrases in quite other words are kept beside each other on purpose.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from everlore.bench import machine
from everlore.memory.admit import Relation, compare
from everlore.refine.contradict import Statement, contradiction

if TYPE_CHECKING:
    from everlore.app import requests
    from everlore.app.app import App
    from everlore.app.caller import Caller

LABELS = ("repeat", "paraphrase", "update", "negation", "other_subject", "contained_in")
HALVES = ("dev", "held-out", "late")
_RELATIONS: tuple[Relation, ...] = ("same", "value", "other")
_CONTRARY = ("value", "polarity")


@dataclass(frozen=True, slots=True)
class Pair:
    """Two statements and what a person says the second is to the first."""

    label: str
    half: str
    domain: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Look:
    """Two statements that contradict each other, or only look like it: `sort` says how."""

    sort: str
    half: str
    domain: str
    old: Statement
    new: Statement

    @property
    def contrary(self) -> bool:
        """Whether the two cannot both hold."""
        return self.sort in _CONTRARY


def pairs() -> list[Pair]:
    """Return the labelled pairs for admission."""
    return [Pair(**row) for row in _rows("pairs.jsonl")]


def looks() -> list[Look]:
    """Return the labelled pairs for contradictions."""
    return [
        Look(
            row["sort"],
            row["half"],
            row["domain"],
            _statement(row["old"], row.get("old_valid")),
            _statement(row["new"], row.get("new_valid")),
        )
        for row in _rows("contradictions.jsonl")
    ]


def measure(app: App, caller: Caller, request: requests.Bench) -> dict[str, Any]:
    """Measure admission and contradictions on the pairs that ship with the bench."""
    return measured(caller.progress)


def measured(progress: Callable[[str, int, int], object]) -> dict[str, Any]:
    """Measure on all pairs and on each half."""
    progress("pairs", 0, 2)
    started = time.perf_counter()
    judged = [(pair, compare(pair.new, pair.old).relation) for pair in pairs()]
    each = (time.perf_counter() - started) / len(judged)
    progress("contradictions", 1, 2)
    found = [(look, contradiction(look.new, look.old) is not None) for look in looks()]
    progress("contradictions", 2, 2)
    return {
        **_merging(judged),
        "confusion": {label: _counts(judged, label) for label in LABELS},
        "halves": {half: _merging([row for row in judged if row[0].half == half]) for half in HALVES},
        "contradictions": _finding(found),
        "contradictions by half": {half: _finding([row for row in found if row[0].half == half]) for half in HALVES},
        "contradictions by sort": {
            sort: {"pairs": len(row), "found": sum(row)} for sort, row in _by_sort(found).items()
        },
        "microseconds a pair": round(each * 1e6),
        "machine": machine.describe(),
    }


def _merging(judged: Sequence[tuple[Pair, Relation]]) -> dict[str, Any]:
    return {
        "pairs": len(judged),
        "wrong merges": sum(said == "same" and pair.label not in ("repeat", "paraphrase") for pair, said in judged),
        "wrong values": sum(said == "value" and pair.label != "update" for pair, said in judged),
        "repeats caught": _share(said == "same" for pair, said in judged if pair.label == "repeat"),
        "paraphrases caught": _share(said == "same" for pair, said in judged if pair.label == "paraphrase"),
        "updates superseding": _share(said == "value" for pair, said in judged if pair.label == "update"),
    }


def _counts(judged: Sequence[tuple[Pair, Relation]], label: str) -> dict[str, int]:
    said = [relation for pair, relation in judged if pair.label == label]
    return {relation: said.count(relation) for relation in _RELATIONS}


def _finding(found: Sequence[tuple[Look, bool]]) -> dict[str, Any]:
    right = sum(said and look.contrary for look, said in found)
    return {
        "pairs": len(found),
        "contrary": sum(look.contrary for look, _ in found),
        "precision": round(right / max(1, sum(said for _, said in found)), 4),
        "recall": _share(said for look, said in found if look.contrary),
    }


def _by_sort(found: Sequence[tuple[Look, bool]]) -> dict[str, list[bool]]:
    rows: dict[str, list[bool]] = {}
    for look, said in found:
        rows.setdefault(look.sort, []).append(said)
    return rows


def _share(hits: Iterable[bool]) -> float | None:
    """Return the share of hits, None of nothing."""
    row = list(hits)
    return round(sum(row) / len(row), 4) if row else None


def _rows(name: str) -> list[dict[str, Any]]:
    text = files("everlore.bench").joinpath("admission", name).read_text("utf-8")
    return [json.loads(line) for line in text.splitlines()]


def _statement(text: str, valid: Sequence[str | None] | None) -> Statement:
    since, until = valid or (None, None)
    return Statement(text, _instant(since), _instant(until))


def _instant(date: str | None) -> int | None:
    return int(datetime.fromisoformat(date).replace(tzinfo=UTC).timestamp() * 1000) if date else None
