"""How much harm it does to speak unasked: what a prompt is told of stores in which something is absent, old, contradicted or not meant.

Each case is a store, a prompt in a project, lines that should be told and lines that must not be: what is not helpful is wrong. A
line counts as told when it stands in the block that the prompt got, whether it was found or stands beside what was. Memories and
turns come in as they do for users, on the days that the case gives, and the prompt is asked in a new conversation.

The cases are in two halves by one author. Constants were set on the first; the second was written before that and looked at
when they stood. Both are told apart in the report, with intervals over cases.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.resources import files
from random import Random
from typing import TYPE_CHECKING, Any, get_args

import msgspec

from everlore.bench import machine, scores
from everlore.bench.homes import open_store, temporary_home
from everlore.bench.recall import Calendar
from everlore.core.clock import to_ms
from everlore.core.errors import InvalidInput, NotFound
from everlore.core.types import Kind

if TYPE_CHECKING:
    from everlore.app import requests
    from everlore.app.app import App
    from everlore.app.caller import Caller
    from everlore.core.config import Config

HALVES = ("tune", "held-out")
CLASSES = ("absent", "superseded", "contradictory", "adjacent", "imperative", "helpful")
BUDGET = 1000
_ROLES = frozenset({"user", "assistant", "tool"})
_KINDS = frozenset(get_args(Kind))
_USUAL = "2026-03-02"
_ASKED = "2026-04-20"
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_SEED = 20260907


@dataclass(frozen=True, slots=True)
class Line:
    """One line that is kept: a memory of a kind, or a turn said by a role, on a day, in a namespace, true until a day."""

    text: str
    helpful: bool
    kind: str
    day: str
    place: str
    until: str | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A store, a prompt in a project, and the half and class it belongs to."""

    half: str
    kind: str
    project: str
    prompt: str
    lines: tuple[Line, ...]


@dataclass(slots=True)
class Told:
    """What a prompt was told: lines by whether they help, and how many tokens."""

    case: Case
    helpful: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    tokens: int = 0


def cases(half: str) -> list[Case]:
    """Return the cases of a half in their order."""
    document = tomllib.loads((files("everlore.bench") / "harm" / f"{half}.toml").read_text("utf-8"))
    return [_case(half, kind, entry) for kind in CLASSES for entry in document[kind]]


def _case(half: str, kind: str, entry: dict[str, Any]) -> Case:
    project = entry["project"]
    lines = [_line(text, project, helpful=True) for text in entry.get("helpful", ())]
    lines += [_line(text, project, helpful=False) for text in entry["wrong"]]
    return Case(half, kind, project, entry["prompt"], tuple(sorted(lines, key=lambda line: line.day)))


def _line(written: str, project: str, *, helpful: bool) -> Line:
    head, _, text = written.rpartition(" | ") if " | " in written else ("", "", written)
    until = re.search(r"until (\S+)", head)
    words = [word for word in re.split(r"[,\s]+", head.replace(until[0], "") if until else head) if word]
    found = {"kind": "fact", "day": _USUAL, "place": project}
    for word in words:
        name = "day" if _DAY.fullmatch(word) else "kind" if word in _KINDS | _ROLES else "place"
        found[name] = word
    return Line(text, helpful, **found, until=until[1] if until else None)


def measure(app: App, caller: Caller, request: requests.Bench) -> dict[str, Any]:
    """Ask every prompt of a store of its own and report what was told."""
    told: list[Told] = []
    every = [case for half in HALVES for case in cases(half)]
    for number, case in enumerate(every):
        with temporary_home(app, model=request.model) as config:
            told.append(ask(config, case, model=request.model))
        caller.progress("asking", number + 1, len(every))
    report: dict[str, Any] = {"model": bool(request.model), "cases": len(every), "budget": BUDGET}
    for half in HALVES:
        own = [each for each in told if each.case.half == half]
        kinds = {kind: summary([each for each in own if each.case.kind == kind]) for kind in CLASSES}
        report[half] = {**summary(own), "kinds": kinds}
    report["machine"] = machine.describe()
    if request.out:
        _write(told, request.out)
    return report


def ask(config: Config, case: Case, *, model: bool) -> Told:
    """Fill a home with what a case keeps, and ask its prompt."""
    calendar = Calendar()
    with open_store(config, calendar) as app:
        for number, line in enumerate(case.lines):
            calendar.set(_instant(line.day))
            _keep(app, line, number)
        if model:
            app.call("embed", {})
        calendar.set(_instant(_ASKED))
        given = {
            "prompt": case.prompt,
            "namespace": case.project,
            "session": "new",
            "client": "bench",
            "budget": BUDGET,
        }
        try:
            answer: Any = app.call("context", given)
        except NotFound:
            return Told(case)
    block = " ".join((answer.block or "").replace("\n> ", " ").split())
    told = Told(case, tokens=answer.tokens)
    for line in case.lines:
        if " ".join(line.text.split()) in block:
            (told.helpful if line.helpful else told.wrong).append(line.text)
    return told


def _keep(app: App, line: Line, number: int) -> None:
    if line.kind in _ROLES:
        file = app.config.home / f"turn-{number}.jsonl"
        said = {
            "session": f"{line.place} {line.day}", "id": f"t{number}", "role": line.kind, "speaker": line.kind,
            "time": f"{line.day}T10:00:00Z", "text": line.text,
        }  # fmt: skip
        file.write_bytes(msgspec.json.encode(said) + b"\n")
        app.call("import", {"path": str(file), "format": "conversation", "namespace": line.place})
        return
    given = {"text": line.text, "kind": line.kind, "namespace": line.place}
    if line.until:
        given["valid_until"] = f"{line.until}T10:00:00Z"
    app.call("remember", given)


def summary(told: Sequence[Told]) -> dict[str, Any]:
    """Return how many lines were told, and which share of them was wrong and of the helpful ones kept, with intervals over cases."""
    wrong = [(len(each.wrong), len(each.wrong) + len(each.helpful)) for each in told]
    kept = [(len(each.helpful), sum(line.helpful for line in each.case.lines)) for each in told]
    return {
        "cases": len(told), "told": sum(n for _, n in wrong), "wrong": sum(n for n, _ in wrong), "helpful": sum(n for _, n in kept),
        "kept": sum(n for n, _ in kept), "cases with a wrong line": sum(bool(each.wrong) for each in told),
        "wrong share": share(wrong), "kept share": share(kept), "tokens a case": round(sum(each.tokens for each in told) / max(len(told), 1), 1),
    }  # fmt: skip


def share(counts: Sequence[tuple[int, int]]) -> dict[str, float | None]:
    """Return the ratio of sums with its 95 % bootstrap interval over cases; None of nothing."""
    part, whole = sum(a for a, _ in counts), sum(b for _, b in counts)
    if not whole:
        return {"value": None, "low": None, "high": None}
    choose, found = Random(_SEED).choices, []
    for _ in range(scores.RESAMPLES):
        drawn = choose(counts, k=len(counts))
        below = sum(b for _, b in drawn)
        found.append(sum(a for a, _ in drawn) / below if below else 0.0)
    found.sort()
    low, high = (round(scores.percentile(found, at), 4) for at in (0.025, 0.975))
    return {"value": round(part / whole, 4), "low": low, "high": high}


def _write(told: Sequence[Told], out: str) -> None:
    from pathlib import Path

    lines = (
        {"half": each.case.half, "class": each.case.kind, "prompt": each.case.prompt, "helpful": each.helpful, "wrong": each.wrong,
         "missed": [line.text for line in each.case.lines if line.helpful and line.text not in each.helpful]} for each in told
    )  # fmt: skip
    try:
        Path(out).expanduser().write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))
    except OSError as error:
        raise InvalidInput(f"{out} cannot be written: {error.strerror}", field="out") from error


def _instant(day: str) -> int:
    return to_ms(datetime.fromisoformat(day).replace(tzinfo=UTC, hour=10))
