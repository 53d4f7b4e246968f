"""How well it is judged when to speak: every question of a data set as the prompt of a new conversation, through the `context` operation.

An item that is told is right in one of three ways, each stricter than the next is:

    gold      it is a turn that answers, or a memory learnt from one
    holds     the lines that are told with it hold such a turn from its first word to its last
    evidence  it says the same as the gold: of the words that both the answer and the gold have and the question has not, weighed
              by rarity among the turns, it has at least half, and two of them

`precision` counts all three over all items told for answerable questions; `recall` is the share of answerable questions for
which an item that is right was told, silence counting as none. Beside it stands `recall, gold turns`: the share of a question's
gold turns that were told, by themselves or in the lines beside an item, averaged over those questions. A question with many gold turns
needs few of them to be answered, so the two are apart. Silence is measured on questions that belong to others, as in
`bench.recall`, and on the data set's own traps.

The long session is all that was said in several corpora, the sample project after them, as one session of a thousand turns: what the prompts were told
against its tokens, and whether gold was told as often as recall finds it among as many items.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import log
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from everlore.bench import corpora, machine, scores
from everlore.bench.corpora import Corpus, Question
from everlore.bench.harm import share
from everlore.bench.homes import NAMESPACE, open_store, temporary_home, write_turns
from everlore.bench.recall import Calendar, choose_questions, foreign_questions
from everlore.core.errors import StoreUnavailable
from everlore.core.tokens import estimate
from everlore.recall.words import STOP_WORDS, root, roots

if TYPE_CHECKING:
    from everlore.app import requests
    from everlore.app.app import App
    from everlore.app.caller import Caller
    from everlore.core.config import Config
    from everlore.sessions.records import TurnRecord

BUDGET = 1000
LONG = 1000
"""Turns that a long session has at least."""
_LONG_QUESTIONS = 150
_LIGHT = frozenset(root(word) for word in STOP_WORDS)
_ENOUGH, _WORDS = 0.5, 2


@dataclass(frozen=True, slots=True)
class Told:
    """What one question was told: for each item how it is right, "" if it is not, the share of the gold, the tokens of the block, and how long it took."""

    corpus: str
    question: Question
    items: tuple[str, ...]
    covered: float
    tokens: int
    milliseconds: float
    foreign: bool = False


@dataclass(slots=True)
class Run:
    """What a run has gathered so far."""

    told: list[Told] = field(default_factory=list)
    long: dict[str, Any] | None = None


class Judge:
    """Tells whether what is told is right, for the turns of one corpus."""

    def __init__(self, corpus: Corpus) -> None:
        self._texts = {turn.id: f"{turn.text}\n{turn.caption}" if turn.caption else turn.text for turn in corpus.turns}
        self._words = {turn: frozenset(roots(text)) for turn, text in self._texts.items()}
        counts = Counter(word for words in self._words.values() for word in words)
        size = len(self._texts)
        self._rarity = {word: log(1 + (size - count + 0.5) / (count + 0.5)) for word, count in counts.items()}

    def right(self, question: Question, turn: str | None, text: str) -> str:
        """Return in which way an item is right: its turn in the data set and the lines that were told with it."""
        if turn in question.gold:
            return "gold"
        said = " ".join(text.replace("\n> ", " ").split())
        if any(" ".join(self._texts[gold].split()) in said for gold in question.gold):
            return "holds"
        return "evidence" if self._says(question, said) else ""

    def covered(self, question: Question, told: Sequence[tuple[str | None, str]]) -> float:
        """Return the share of a question's gold turns that were told, 0 to 1: as items, or in the lines beside them."""
        items = {turn for turn, _ in told}
        said = "\n".join(" ".join(text.replace("\n> ", " ").split()) for _, text in told)
        found = [gold in items or " ".join(self._texts[gold].split()) in said for gold in question.gold]
        return sum(found) / len(found) if found else 0.0

    def _says(self, question: Question, said: str) -> bool:
        gold = frozenset[str]().union(*(self._words[turn] for turn in question.gold))
        wanted = (frozenset(roots(question.answer)) & gold) - frozenset(roots(question.text)) - _LIGHT
        found = wanted & frozenset(roots(said))
        whole = sum(self._rarity[word] for word in wanted)
        return len(found) >= _WORDS and sum(self._rarity[word] for word in found) >= _ENOUGH * whole


def measure(app: App, caller: Caller, request: requests.Bench) -> dict[str, Any]:
    """Ask every question as a prompt and return the report; with `out` also write one JSON line for each."""
    path = Path(request.data).expanduser() if request.data else corpora.SAMPLE
    every = corpora.load(request.dataset, path)
    chosen, foreign = choose_questions(every, request.questions), foreign_questions(every)
    run, total = Run(), sum(map(len, chosen)) + sum(map(len, foreign))
    for place, corpus in enumerate(every):
        if chosen[place] or foreign[place]:
            with temporary_home(app, model=request.model) as config:
                _measure_corpus(run, config, corpus, chosen[place], foreign[place], model=request.model)
        caller.progress("asking", len(run.told), total)
    if not request.model:
        caller.progress("one long session", 0, 0)
        with temporary_home(app) as config:
            run.long = long_session(config, every)
    if request.out:
        _write(run, Path(request.out).expanduser())
    return report(run, request.dataset, path.name, model=request.model)


def _measure_corpus(
    run: Run, config: Config, corpus: Corpus, own: Sequence[Question], foreign: Sequence[Question], *, model: bool
) -> None:
    calendar, judge = Calendar(), Judge(corpus)
    calendar.set(corpus.end)
    with open_store(config, calendar) as app:
        _fill(app, corpus, model=model)
        _tell(app, "what was decided?", "warm")  # the first prompt of a process pays for what it loads
        for other, questions in ((False, own), (True, foreign)):
            for number, question in enumerate(questions):
                calendar.set(question.asked if question.asked is not None and not other else corpus.end)
                answer, took = _tell(app, question.text, f"{other} {number}")
                told = _items(app, answer)
                items = tuple("" if other else judge.right(question, turn, text) for turn, text in told)
                covered = 0.0 if other else judge.covered(question, told)
                run.told.append(Told(corpus.name, question, items, covered, answer.tokens, took, foreign=other))


def long_session(config: Config, every: Sequence[Corpus]) -> dict[str, Any] | None:
    """Tell prompts of one session in which all was said; None where the data has too few turns."""
    turns: list[TurnRecord] = []
    questions: list[Question] = []
    for corpus in [*every, *corpora.load("conversation", corpora.SAMPLE)]:
        if len(turns) >= LONG:
            break
        turns += [replace(turn, session="long", id=f"{corpus.name}/{turn.id}") for turn in corpus.turns]
        questions += [
            replace(question, gold=tuple(f"{corpus.name}/{gold}" for gold in question.gold))
            for question in corpus.questions
            if question.gold
        ]
    if len(turns) < LONG:
        return None
    questions = questions[:: max(1, len(questions) // _LONG_QUESTIONS)]
    whole = Corpus("long", tuple(turns), tuple(questions))
    calendar, judge = Calendar(), Judge(whole)
    calendar.set(whole.end)
    rows = []
    with open_store(config, calendar) as app:
        _fill(app, whole, model=False)
        for number, question in enumerate(questions):
            answer, _ = _tell(app, question.text, f"long {number}")
            items = _items(app, answer)
            told = any(judge.right(question, turn, text) in {"gold", "holds"} for turn, text in items)
            found = False
            if items:
                recalled: Any = app.call("recall", {"query": question.text, "limit": len(items)})
                found = any(item.source.turn in question.gold for item in recalled.items)
            rows.append((answer.tokens, len(items), told, found))
    history = sum(estimate(turn.text) for turn in turns)
    sent = sum(tokens for tokens, *_ in rows)
    return {
        "turns": len(turns), "questions": len(rows), "history tokens": history, "told tokens a prompt": round(sent / len(rows), 1),
        "times fewer": round(history * len(rows) / sent, 1) if sent else None, "items a prompt": round(sum(k for _, k, *_ in rows) / len(rows), 2),
        "gold told": estimated([float(told) for *_, told, _ in rows]), "gold in recall at the same k": estimated([float(found) for *_, found in rows]),
    }  # fmt: skip


def _fill(app: App, corpus: Corpus, *, model: bool) -> None:
    file = app.config.home / "turns.jsonl"
    with file.open("wb") as out:
        write_turns(corpus.turns, out)
    app.call("import", {"path": str(file), "format": "conversation"})
    if model:
        app.call("embed", {})


def _tell(app: App, prompt: str, session: str) -> tuple[Any, float]:
    started = time.perf_counter()
    given = {"prompt": prompt, "namespace": NAMESPACE, "client": "bench", "session": session, "budget": BUDGET}
    return app.call("context", given), (time.perf_counter() - started) * 1000


def _items(app: App, answer: Any) -> list[tuple[str | None, str]]:  # noqa: ANN401 - `Contexted`
    """Return the turn of the data set and the text of each item that was told."""
    found = []
    with app.read() as unit:
        for item in answer.items:
            row = unit.one("turn_by_uid", uid=item.id)
            found.append((row[3] if row else None, item.text))
    return found


def report(run: Run, dataset: str, data: str, *, model: bool) -> dict[str, Any]:
    """Return what was measured, with 95 % bootstrap intervals over questions."""
    own = [each for each in run.told if each.question.gold and not each.foreign]
    traps = [each for each in run.told if not each.question.gold and not each.foreign]
    foreign = [each for each in run.told if each.foreign]
    ways = Counter(way for each in own for way in each.items)
    return {
        "dataset": dataset, "data": data, "model": model, "budget": BUDGET, "questions": len(own),
        "precision": share([(sum(map(bool, each.items)), len(each.items)) for each in own]),
        "precision, gold alone": share([(each.items.count("gold"), len(each.items)) for each in own]),
        "recall": estimated([float(any(each.items)) for each in own]),
        "recall, gold turns": estimated([each.covered for each in own]),
        "spoke": estimated([float(bool(each.items)) for each in own]),
        "items": {"told": sum(ways.values()), "gold": ways["gold"], "holds": ways["holds"], "evidence": ways["evidence"], "wrong": ways[""]},
        "silent": {
            "of another store": {"asked": len(foreign), **estimated([float(not each.items) for each in foreign])},
            "unanswerable": {"asked": len(traps), **estimated([float(not each.items) for each in traps])},
        },
        "tokens a prompt": round(sum(each.tokens for each in own) / max(len(own), 1), 1),
        "long session": run.long, "categories": _categories(own),
        "speed": scores.spread([each.milliseconds for each in run.told]), "machine": machine.describe(),
    }  # fmt: skip


def _categories(own: Sequence[Told]) -> Mapping[str, dict[str, Any]]:
    names = sorted({each.question.category for each in own})
    table = {}
    for name in names:
        group = [each for each in own if each.question.category == name]
        table[name] = {
            "n": len(group), "precision": share([(sum(map(bool, each.items)), len(each.items)) for each in group])["value"],
            "recall": scores.mean([float(any(each.items)) for each in group]),
        }  # fmt: skip
    return table


def estimated(values: Sequence[float]) -> dict[str, Any]:
    """Return a mean with its interval."""
    low, high = scores.interval(values) or (None, None)
    return {"value": scores.mean(values), "low": low, "high": high}


def _write(run: Run, file: Path) -> None:
    lines = (
        {"corpus": each.corpus, "id": each.question.id, "question": each.question.text, "category": each.question.category,
         "foreign": each.foreign, "items": each.items, "tokens": each.tokens, "ms": round(each.milliseconds, 3)} for each in run.told
    )  # fmt: skip
    try:
        file.write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))
    except OSError as error:
        raise StoreUnavailable(f"{file} cannot be written: {error.strerror}", field="out") from error
