"""How well recall finds: every question of a data set through the operation users call, on a store of its own corpus.

Recall is asked for `scores.DEPTH` items with the clock set to the day the question was asked. An answer that was withheld
counts as an empty list, so that withholding is never free. Abstention is measured on three groups: answerable questions,
the data set's own unanswerable ones, and questions asked of a store that belongs to somebody else (a fixed sample, from
the other corpora or, when there is only one, from the sample project).
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import msgspec

from everlore.bench import corpora, machine, scores
from everlore.bench.arms import Arms
from everlore.bench.corpora import Corpus, Question
from everlore.bench.homes import open_store, temporary_home, write_turns
from everlore.core.clock import system
from everlore.core.errors import InvalidInput, StoreUnavailable
from everlore.recall.recipes import RECIPES

if TYPE_CHECKING:
    from everlore.app import answers, requests
    from everlore.app.app import App
    from everlore.app.caller import Caller
    from everlore.core.config import Config

FOREIGN = 200
"""About how many questions are asked of stores that belong to somebody else."""
_SEED = 20260907
_SHOWN = ("any@1", "any@5", "any@10", "any@20", "frac@10", "mrr", "ndcg@10", "session any@5")
_BY_CATEGORY = ("any@10", "frac@10", "mrr")


@dataclass(frozen=True, slots=True)
class Asked:
    """One question and what came of it; `arms` holds the lists of single arms and other recipes."""

    corpus: str
    question: Question
    ranked: list[str]
    withheld: bool
    milliseconds: float
    scores: dict[str, float]
    arms: dict[str, list[str]]
    foreign: bool = False


@dataclass(slots=True)
class Run:
    """What a run has gathered so far."""

    asked: list[Asked] = field(default_factory=list)
    turns: int = 0
    passages: int = 0
    import_seconds: float = 0.0
    embed_seconds: float = 0.0
    model: str | None = None


class Calendar:
    """A clock that stands where it is set; it shows the machine's time until then."""

    def __init__(self) -> None:
        self._at: int | None = None

    def set(self, at: int | None) -> None:
        """Stand at Unix milliseconds, or follow the machine for None."""
        self._at = at

    def __call__(self) -> int:
        """Return Unix milliseconds."""
        return system() if self._at is None else self._at


def measure(app: App, caller: Caller, request: requests.Bench) -> dict[str, Any]:
    """Run every question and return the report; with `out` also write one JSON line for each question."""
    path = Path(request.data).expanduser() if request.data else corpora.SAMPLE
    if request.recipe and request.recipe not in RECIPES:
        raise InvalidInput(
            f"there is no recipe {request.recipe!r}", field="recipe", hint=f"recipes are: {', '.join(RECIPES)}"
        )
    every = corpora.load(request.dataset, path)
    chosen = choose_questions(every, request.questions)
    foreign = foreign_questions(every)
    run = Run()
    total = sum(map(len, chosen)) + sum(map(len, foreign))
    for place, corpus in enumerate(every):
        if chosen[place] or foreign[place]:
            with temporary_home(app, model=request.model) as config:
                _measure_corpus(run, config, corpus, chosen[place], foreign[place], request)
        caller.progress("asking", len(run.asked), total)
    if request.out:
        _write(run, Path(request.out).expanduser())
    return _report(run, every, path, request)


def _measure_corpus(
    run: Run,
    config: Config,
    corpus: Corpus,
    own: Sequence[Question],
    foreign: Sequence[Question],
    request: requests.Bench,
) -> None:
    calendar = Calendar()
    calendar.set(corpus.end)
    session_of = corpus.session_of
    with open_store(config, calendar) as app:
        _fill(run, app, corpus, request.model)
        arms = Arms(app, corpus) if request.arms else None
        _recall(app, "what was decided?", request.recipe)  # the first question of a process pays for what it loads
        for question in own:
            calendar.set(question.asked if question.asked is not None else corpus.end)
            answer, took = _recall(app, question.text, request.recipe)
            ranked = _turns(answer)
            others = _others(app, question, arms, request.recipe or "default") if arms and question.gold else {}
            found = scores.score(ranked, question.gold, session_of) if question.gold else {}
            run.asked.append(Asked(corpus.name, question, ranked, answer.withheld, took, found, others))
        calendar.set(corpus.end)
        for question in foreign:
            answer, took = _recall(app, question.text, request.recipe)
            run.asked.append(Asked(corpus.name, question, _turns(answer), answer.withheld, took, {}, {}, foreign=True))


def _fill(run: Run, app: App, corpus: Corpus, model: bool) -> None:
    """Import a corpus, and embed it where a model is used."""
    file = app.config.home / "turns.jsonl"
    with file.open("wb") as out:
        write_turns(corpus.turns, out)
    started = time.perf_counter()
    app.call("import", {"path": str(file), "format": "conversation"})
    run.import_seconds += time.perf_counter() - started
    run.turns += len(corpus.turns)
    if model:
        started = time.perf_counter()
        run.model = getattr(app.call("embed", {}), "model", None)
        run.embed_seconds += time.perf_counter() - started
    run.passages += getattr(app.call("status", {}), "passages", 0)


def _recall(app: App, query: str, recipe: str | None) -> tuple[answers.Recalled, float]:
    started = time.perf_counter()
    answer = app.call("recall", {"query": query, "limit": scores.DEPTH, "recipe": recipe})
    return answer, (time.perf_counter() - started) * 1000  # type: ignore[return-value]  # recall answers `Recalled`


def _turns(answer: answers.Recalled) -> list[str]:
    """Return the ids of the turns in an answer, best first; nothing when it was withheld."""
    found = [item.source.turn for item in answer.items if item.kind == "turn" and item.source.turn]
    return [] if answer.withheld else list(dict.fromkeys(found))


def _others(app: App, question: Question, arms: Arms, recipe: str) -> dict[str, list[str]]:
    recipes = {f"recipe {name}": _turns(_recall(app, question.text, name)[0]) for name in RECIPES if name != recipe}
    return recipes | arms.rank(question.text)


def choose_questions(every: Sequence[Corpus], limit: int | None) -> list[list[Question]]:
    """Return the questions of each corpus, or a fixed sample of them."""
    places = [(place, n) for place, corpus in enumerate(every) for n in range(len(corpus.questions))]
    kept = set(places if limit is None or limit >= len(places) else Random(_SEED).sample(places, limit))
    return [[q for n, q in enumerate(corpus.questions) if (place, n) in kept] for place, corpus in enumerate(every)]


def foreign_questions(every: Sequence[Corpus]) -> list[list[Question]]:
    """Return for each corpus a fixed sample of answerable questions that belong to others."""
    random = Random(_SEED)
    others = list(every)
    if len(every) == 1:
        sample = corpora.load("conversation", corpora.SAMPLE)[0]
        if every[0].session_of.keys() == sample.session_of.keys():
            return [[]]
        others.append(sample)
    each = max(FOREIGN // len(every), 1)
    asked = []
    for corpus in every:
        pool = [question for other in others if other is not corpus for question in other.questions if question.gold]
        asked.append(random.sample(pool, min(each, len(pool))))
    return asked


def _write(run: Run, file: Path) -> None:
    lines = []
    for asked in run.asked:
        question = asked.question
        lines.append({
            "corpus": asked.corpus, "id": question.id, "question": question.text, "category": question.category,
            "foreign": asked.foreign, "gold": question.gold, "newest": question.newest, "stale": question.stale,
            "ranked": asked.ranked, "withheld": asked.withheld, "ms": round(asked.milliseconds, 3),
            **({"scores": {name: round(value, 4) for name, value in asked.scores.items()}} if asked.scores else {}),
            **({"arms": asked.arms} if asked.arms else {}),
        })  # fmt: skip
    try:
        file.write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))
    except OSError as error:
        raise StoreUnavailable(f"{file} cannot be written: {error.strerror}", field="out") from error


def _report(run: Run, every: Sequence[Corpus], path: Path, request: requests.Bench) -> dict[str, Any]:
    scored = [asked for asked in run.asked if asked.scores]
    categories = sorted({asked.question.category for asked in scored})
    report: dict[str, Any] = {
        "dataset": request.dataset, "data": path.name, "recipe": request.recipe or "default", "model": run.model,
        "corpora": len(every), "turns": run.turns, "passages": run.passages, "questions": len(scored),
        "dropped": sum(corpus.dropped for corpus in every),
        "quality": {name: _estimate([asked.scores[name] for asked in scored]) for name in _SHOWN},
        "categories": {name: _category([asked for asked in scored if asked.question.category == name]) for name in categories},
        "newest over stale": _newest(run.asked),
        "abstention": _abstention(run.asked),
    }  # fmt: skip
    if request.arms:
        report["arms"] = _compare(scored, every)
    report["speed"] = _speed(run)
    report["notes"] = _notes(request)
    report["machine"] = machine.describe()
    return report


def _estimate(values: Sequence[float]) -> dict[str, Any]:
    low, high = scores.interval(values) or (None, None)
    return {"value": scores.mean(values), "low": low, "high": high}


def _category(asked: Sequence[Asked]) -> dict[str, Any]:
    row: dict[str, Any] = {"n": len(asked)}
    for name in _BY_CATEGORY:
        found = _estimate([each.scores[name] for each in asked])
        row |= {name: found["value"], f"{name} low": found["low"], f"{name} high": found["high"]}
    return row


def _newest(asked: Sequence[Asked]) -> dict[str, Any]:
    """Count questions whose value changed: the newest first, an older one first, or neither in the list."""
    changed = [each for each in asked if not each.foreign and each.question.newest and each.question.stale]
    found = [scores.is_newest_first(each.ranked, each.question.newest, each.question.stale) for each in changed]
    share = _estimate([float(bool(first)) for first in found])
    of_found = [float(first) for first in found if first is not None]
    return {"questions": len(found), "newest first": sum(first is True for first in found),
            "stale first": sum(first is False for first in found), "neither": sum(first is None for first in found),
            "share": share["value"], "low": share["low"], "high": share["high"],
            "share of those found": scores.mean(of_found)}  # fmt: skip


def _abstention(asked: Sequence[Asked]) -> dict[str, Any]:
    groups = {
        "answerable": [each for each in asked if each.question.gold and not each.foreign],
        "unanswerable": [each for each in asked if not each.question.gold and not each.foreign],
        "of another store": [each for each in asked if each.foreign],
    }
    table = {}
    for name, group in groups.items():
        found = _estimate([float(each.withheld) for each in group])
        table[name] = {"asked": len(group), "withheld": sum(each.withheld for each in group), "share": found["value"],
                       "low": found["low"], "high": found["high"]}  # fmt: skip
    return table


def _compare(scored: Sequence[Asked], every: Sequence[Corpus]) -> dict[str, Any]:
    """Return each arm's scores, and by how much the recipe measured leads it, paired by question."""
    session_of = {corpus.name: corpus.session_of for corpus in every}
    names = list(scored[0].arms) if scored else []
    table: dict[str, Any] = {
        "this recipe": {name: scores.mean([each.scores[name] for each in scored]) for name in _BY_CATEGORY}
    }
    for arm in names:
        alone = [scores.score(each.arms[arm], each.question.gold, session_of[each.corpus]) for each in scored]
        row: dict[str, Any] = {name: scores.mean([one[name] for one in alone]) for name in _BY_CATEGORY}
        for name in ("any@10", "mrr"):
            lead = _estimate([each.scores[name] - one[name] for each, one in zip(scored, alone, strict=True)])
            row |= {f"lead {name}": lead["value"], f"lead {name} low": lead["low"], f"lead {name} high": lead["high"]}
        table[arm] = row
    return table


def _speed(run: Run) -> dict[str, Any]:
    took: Mapping[str, float] = scores.spread([each.milliseconds for each in run.asked])
    report: dict[str, Any] = {
        "recall": took, "import turns/s": round(run.turns / run.import_seconds) if run.import_seconds else None,
        "peak memory mb": machine.peak_mb(),
    }  # fmt: skip
    if run.embed_seconds:
        report["embed passages/s"] = round(run.passages / run.embed_seconds, 1)
    return report


def _notes(request: requests.Bench) -> list[str]:
    notes = ["a withheld answer counts as an empty list"]
    if request.dataset == "longmemeval":
        notes.append(
            "session ids were replaced by their place in the haystack: `answer_` in the original ones betrays the evidence"
        )
    if request.data is None:
        notes.append(
            "the sample was written for this project and its questions were tuned once: scores on it are relative"
        )
    return notes
