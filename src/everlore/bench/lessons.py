"""How good lessons by rule are: how many of the labelled ones are found, and how much of what is found is right.

The data is a directory with `sessions.json` (sessions with their turns and tool calls) and `lessons.json` (labelled lessons
with the turns that they come from and the turns whose values they replaced, and decoys: turns that teach nothing); without
one, six sessions that ship with the bench. Half of those were labelled and never looked at while rules were tuned.

A statement is right if it cites a turn of a label and shares a value or two words with it; a label is found if the statements that cite its
turns carry its values and a third of its words. Only words and values count that stand in the turns. A statement about a value
that a later session replaced was right when it was said: it is counted apart, as neither. All else is wrong.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from everlore.bench import machine
from everlore.bench.handoff import said
from everlore.core.errors import InvalidInput
from everlore.recall.words import STOP_WORDS, root
from everlore.sessions.handoff import Said
from everlore.sessions.lessons import Lesson, lessons

if TYPE_CHECKING:
    from everlore.app import requests
    from everlore.app.app import App
    from everlore.app.caller import Caller

SHIPPED = Path(__file__).parent / "labelled"
_VALUE = re.compile(r"\d|_")
_WORD = re.compile(r"\d+(?:[.:]\d+)+|[^\W_][\w']*")
_KINDS = {"environment": "fact"}
"""Kinds of labels that are another kind of memory."""
_SHARE = 1 / 3
_FEWEST = 2


@dataclass(slots=True)
class Score:
    """What was counted over some sessions; `kinds` has, by kind, how many labels there are and how many were found."""

    emitted: int = 0
    right: int = 0
    replaced: int = 0
    decoys: int = 0
    labels: int = 0
    found: int = 0
    kinds: dict[str, Counter[str]] = field(default_factory=dict)
    rules: dict[str, Counter[str]] = field(default_factory=dict)
    missed: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def report(self) -> dict[str, Any]:
        """Return precision, recall and what they are made of."""
        judged = self.emitted - self.replaced
        return {
            "labels": self.labels, "found": self.found, "recall": round(self.found / max(self.labels, 1), 3), "statements": self.emitted,
            "right": self.right, "replaced later": self.replaced, "precision": round(self.right / max(judged, 1), 3), "decoys hit": self.decoys,
            "kinds": {name: dict(count) for name, count in sorted(self.kinds.items())},
            "rules": {name: dict(count) for name, count in sorted(self.rules.items())}, "missed": self.missed, "wrong": self.wrong,
        }  # fmt: skip


def measure(app: App, caller: Caller, request: requests.Bench) -> dict[str, Any]:
    """Measure the lessons found in a data set; raise `InvalidInput` for one that is none."""
    directory = Path(request.data) if request.data else SHIPPED
    try:
        sessions = json.loads((directory / "sessions.json").read_text("utf-8"))
        labelled = json.loads((directory / "lessons.json").read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidInput(f"{directory} holds no sessions with lessons: {error}", field="data") from None
    halves = sorted({str(each.get("half", "whole")) for each in sessions})
    parts = {half: [each for each in sessions if str(each.get("half", "whole")) == half] for half in halves}
    return {
        "data": directory.name, "sessions": len(sessions), "turns": sum(len(each["turns"]) for each in sessions),
        "parts": {half: score(some, labelled).report() for half, some in parts.items()}, "machine": machine.describe(),
    }  # fmt: skip


def score(sessions: Sequence[Mapping[str, Any]], labelled: Mapping[str, Any]) -> Score:
    """Return how the lessons of some sessions compare with the labels whose turns lie in them."""
    made = Score()
    texts: dict[str, str] = {}
    stated: list[tuple[str, Lesson]] = []
    for session in sessions:
        turns = said(session["turns"])
        texts |= {turn.uid: _heard(turn) for turn in turns}
        stated += [(session["session"], each) for each in lessons(turns)]
    labels = [each for each in labelled["lessons"] if any(uid in texts for uid in each["source"])]
    meant = [_meant(each, texts) for each in labels]
    old = {uid for each in labels for uid in each.get("supersedes", ())}
    decoys = set(labelled["decoys"])
    for _, lesson in stated:
        _judge(made, lesson, labels, meant, old, decoys)
    for label, (values, known) in zip(labels, meant, strict=True):
        cited = [each for _, each in stated if set(each.turns) & set(label["source"])]
        carried = set().union(*(_terms(each.text) for each in cited))
        found = bool(cited) and values <= carried and len(known & carried) >= _SHARE * len(known)
        made.labels, made.found = made.labels + 1, made.found + found
        made.kinds.setdefault(label["kind"], Counter())["labels"] += 1
        made.kinds[label["kind"]]["found"] += found
        made.kinds[label["kind"]]["right kind"] += found and any(
            each.kind == _KINDS.get(label["kind"], label["kind"]) for each in cited
        )
        if not found:
            made.missed.append(", ".join(label["source"]))
    return made


def _judge(
    made: Score,
    lesson: Lesson,
    labels: Sequence[Mapping[str, Any]],
    meant: Sequence[tuple[set[str], set[str]]],
    old: set[str],
    decoys: set[str],
) -> None:
    """Count one statement."""
    own, cited = _terms(lesson.text), set(lesson.turns)
    right = any(
        cited & set(label["source"]) and (own & values or len(own & known) >= max(1, min(_FEWEST, len(known))))
        for label, (values, known) in zip(labels, meant, strict=True)
    )
    replaced = not right and bool(cited & old)
    made.emitted, made.right, made.replaced = made.emitted + 1, made.right + right, made.replaced + replaced
    counted = made.rules.setdefault(lesson.rule, Counter())
    counted["right" if right else "replaced" if replaced else "wrong"] += 1
    if not right and not replaced:
        made.decoys += bool(cited & decoys)
        made.wrong.append(f"{', '.join(lesson.turns)} ({lesson.rule})")


def _meant(label: Mapping[str, Any], texts: Mapping[str, str]) -> tuple[set[str], set[str]]:
    """Return the values and all content words of a label that stand in its turns: nobody can take others from them."""
    heard = set().union(*(_terms(texts.get(uid, "")) for uid in label["source"]))
    known = _terms(label["text"]) & heard
    return {each for each in known if _VALUE.search(each)}, known


def _terms(text: str) -> set[str]:
    found = {word.removesuffix("'s").strip("'_") for word in _WORD.findall(text.lower())}
    return {root(word).removesuffix("s") for word in found if word and word not in STOP_WORDS}


def _heard(turn: Said) -> str:
    return f"{turn.text} {turn.detail.get('command', '')}"
