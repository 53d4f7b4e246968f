"""Data sets as corpora: turns that go into one store, and questions asked of it with the turns that answer them.

A question with gold is answerable; one without is the data set's own trap and should be withheld. Questions for which a
data set names no usable evidence, without saying that there is none, are dropped and counted. `newest` and `stale` are
the turns with the present and with older values, where a value changed. Turn ids are unique within a corpus. No id
reaches the index, but LongMemEval's, which betray the evidence, are replaced all the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from everlore.bench.leaks import refuse_telling_ids
from everlore.core.clock import to_ms
from everlore.core.errors import InvalidInput, NotFound
from everlore.sessions.readers import beam, coding, conversation, fields, locomo, longmemeval
from everlore.sessions.records import BadLine, TurnRecord

SAMPLE = Path(__file__).parents[1] / "app" / "sample"
_LOCOMO = {1: "multi-hop", 2: "temporal", 3: "open-domain", 4: "single-hop", 5: "adversarial"}
_HOUR = 3_600_000


@dataclass(frozen=True, slots=True)
class Question:
    """One question; `asked` is Unix milliseconds, None when the data does not say, and `answer` its answer in words, if it has one."""

    id: str
    text: str
    category: str
    gold: tuple[str, ...]
    newest: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()
    asked: int | None = None
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Corpus:
    """What goes into one store, and what is asked of it; `dropped` counts questions without usable evidence."""

    name: str
    turns: tuple[TurnRecord, ...]
    questions: tuple[Question, ...]
    dropped: int = 0

    @property
    def session_of(self) -> dict[str, str]:
        """The session of each turn."""
        return {turn.id: turn.session for turn in self.turns}

    @property
    def end(self) -> int | None:
        """An hour after the last turn, when a question without a date is asked; None if no turn has a date."""
        last = max((turn.time for turn in self.turns if turn.time is not None), default=None)
        return None if last is None else last + _HOUR


def load(dataset: str, path: Path) -> list[Corpus]:
    """Return the corpora of a data set; raise `InvalidInput` if it is not what it says or its ids give gold away."""
    if not path.exists():
        raise NotFound(f"{path} does not exist", field="data")
    try:
        corpora = list(_LOADERS[dataset](path))
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise InvalidInput(
            f"{path.name} is not {dataset} data: {type(error).__name__}: {error}", field="data"
        ) from error
    if not any(corpus.questions for corpus in corpora):
        raise InvalidInput(
            f"{path.name} holds no question", field="data", hint="see `lore bench --help` for the shapes of data"
        )
    for corpus in corpora:
        if len(corpus.session_of) != len(corpus.turns):
            raise InvalidInput(
                f"{corpus.name}: two turns have the same id", field="data", hint="turn ids must be unique in a corpus"
            )
    _refuse_leaks(corpora)
    return corpora


def _refuse_leaks(corpora: list[Corpus]) -> None:
    """Look at turns and at sessions, over all corpora together."""
    gold: dict[str, list[str]] = {"turn": [], "session": []}
    other: dict[str, list[str]] = {"turn": [], "session": []}
    for corpus in corpora:
        session_of = corpus.session_of
        wanted = {item for question in corpus.questions for item in question.gold}
        sessions = {session_of[item] for item in wanted}
        for turn in corpus.turns:
            (gold if turn.id in wanted else other)["turn"].append(turn.id)
        for session in dict.fromkeys(turn.session for turn in corpus.turns):
            (gold if session in sessions else other)["session"].append(session)
    for what, ids in gold.items():
        refuse_telling_ids(what, ids, other[what])


def _locomo(path: Path) -> Iterator[Corpus]:
    for number, sample in enumerate(_list(path)):
        name = str(sample.get("sample_id", number))
        turns = tuple(locomo.conversation(sample, name))
        known = {turn.id for turn in turns}
        questions = []
        for place, entry in enumerate(sample["qa"]):
            spelled = " ".join(map(str, entry.get("evidence") or []))
            ids = [f"D{int(a)}:{int(b)}" for a, b in re.findall(r"D:?(\d+):(\d+)", spelled)]
            gold = tuple(item for item in dict.fromkeys(ids) if item in known)
            if gold:
                category = _LOCOMO.get(entry.get("category"), str(entry.get("category")))
                answer = str(entry.get("answer") or "")
                questions.append(Question(f"{name}/{place}", entry["question"], category, gold, answer=answer))
        yield Corpus(name, turns, tuple(questions), len(sample["qa"]) - len(questions))


def _beam(path: Path) -> Iterator[Corpus]:
    found = [path] if (path / "chat.json").is_file() else sorted(p.parent for p in path.glob("*/chat.json"))
    for directory in sorted(found, key=lambda p: (int(p.name), "") if p.name.isdigit() else (1 << 30, p.name)):
        turns = tuple(beam.chat(directory / "chat.json", directory.name))
        known = {turn.id for turn in turns}
        questions, dropped = [], 0
        asked: dict[str, list[dict[str, Any]]] = fields.load(directory / "probing_questions" / "probing_questions.json")
        for category, entries in asked.items():
            for place, entry in enumerate(entries):
                gold = _known(entry.get("source_chat_ids"), known)
                newest, stale = _beam_values(entry.get("source_chat_ids"), known)
                if gold or category == "abstention":
                    answer = str(entry.get("answer") or entry.get("ideal_answer") or "")
                    questions.append(
                        Question(
                            f"{directory.name}/{category}/{place}",
                            entry["question"],
                            category,
                            gold,
                            newest,
                            stale,
                            answer=answer,
                        )
                    )
                else:
                    dropped += 1
        yield Corpus(directory.name, turns, tuple(questions), dropped)


def _beam_values(source: Any, known: set[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:  # noqa: ANN401 - any JSON
    """Return the turns with the updated and with the original value; none if one turn holds both."""
    if not isinstance(source, dict) or "updated_info" not in source:
        return (), ()
    stale = _known(source.get("original_info"), known)
    newest = tuple(item for item in _known(source["updated_info"], known) if item not in stale)
    return (newest, stale) if newest and stale else ((), ())


def _known(source: Any, known: set[str]) -> tuple[str, ...]:  # noqa: ANN401 - any JSON
    """Return the ids in a nest of lists and objects that are turns, each once."""
    if isinstance(source, dict):
        source = list(source.values())
    if isinstance(source, list):
        return tuple(dict.fromkeys(item for inner in source for item in _known(inner, known)))
    return (str(source),) if source is not None and str(source) in known else ()


def _longmemeval(path: Path) -> Iterator[Corpus]:
    """Each question with its own haystack; sessions are renamed by their place, since `answer_` betrays the evidence."""
    for entry in longmemeval.questions(path):
        count = len(entry["haystack_sessions"])
        neutral = {**entry, "haystack_session_ids": [f"s{place:04d}" for place in range(count)]}
        turns = tuple(longmemeval.haystack(neutral, set()))
        marked = [
            f"s{session:04d}#{place}"
            for session, said in enumerate(entry["haystack_sessions"])
            for place, turn in enumerate(said) if turn.get("has_answer")
        ]  # fmt: skip
        identity = str(entry["question_id"])
        unanswerable = identity.endswith("_abs")
        category = "abstention" if unanswerable else str(entry.get("question_type", "all"))
        question = Question(
            identity, entry["question"], category, () if unanswerable else tuple(marked), asked=_date(entry)
        )
        usable = bool(marked) or unanswerable
        yield Corpus(identity, turns, (question,) if usable else (), int(not usable))


def _date(entry: dict[str, Any]) -> int | None:
    found = re.match(r"(\d{4})/(\d\d)/(\d\d)(?:.*?(\d\d):(\d\d))?", str(entry.get("question_date") or ""))
    return to_ms(datetime(*(int(part or 0) for part in found.groups()), tzinfo=UTC)) if found else None  # type: ignore[arg-type, misc]


def _coding(path: Path) -> Iterator[Corpus]:
    found = [path] if (path / "sessions.json").is_file() else sorted(p.parent for p in path.glob("*/sessions.json"))
    for directory in found:
        turns = tuple(turn for turn in coding.read(directory) if isinstance(turn, TurnRecord))
        yield _asked(directory.name, turns, directory / "questions.json")


def _conversation(path: Path) -> Iterator[Corpus]:
    if path.is_dir():
        here = path / "questions.json"
        found = [(path, here)] if here.is_file() else [(p.parent, p) for p in sorted(path.glob("*/questions.json"))]
    else:
        beside = path.with_name(f"{path.stem}-questions.json")
        found = [(path, beside if beside.is_file() else path.with_name("questions.json"))]
    for place, questions in found:
        files = [file for file in sorted(place.glob("*.jsonl")) if _holds_turns(file)] if place.is_dir() else [place]
        turns = []
        for file in files:
            for record in conversation.read(file):
                if isinstance(record, BadLine):
                    raise record.error
                if isinstance(record, TurnRecord):
                    turns.append(record)
        yield _asked(place.stem, tuple(turns), questions)


def _holds_turns(file: Path) -> bool:
    with file.open("rb") as lines:
        return b'"session"' in lines.readline()


def _asked(name: str, turns: tuple[TurnRecord, ...], file: Path) -> Corpus:
    """Return a corpus with the questions of a questions.json: id, question, gold, stale, category, asked."""
    if not file.is_file():
        raise NotFound(f"{file} does not exist", field="data", hint="questions are read from it")
    known = {turn.id for turn in turns}
    questions = []
    for place, entry in enumerate(_list(file)):
        identity = str(entry.get("id", place))
        gold, stale = tuple(map(str, entry.get("gold") or ())), tuple(map(str, entry.get("stale") or ()))
        if not known.issuperset(gold + stale):
            raise InvalidInput(
                f"question {identity}: {min({*gold, *stale} - known)!r} is no turn of {name}", field="data"
            )
        newest = tuple(item for item in gold if item not in stale) if stale else ()
        asked = fields.instant(entry.get("asked"), "asked")
        questions.append(
            Question(
                identity, entry["question"], str(entry.get("category", "all")), gold, newest, stale, asked, str(entry.get("answer") or "")
            )
        )  # fmt: skip
    return Corpus(name, turns, tuple(questions))


def _list(path: Path) -> list[dict[str, Any]]:
    document = fields.load(path)
    if not isinstance(document, list):
        raise InvalidInput(f"{path.name}: expected a list", field="data")
    return document


_LOADERS: dict[str, Callable[[Path], Iterator[Corpus]]] = {
    "locomo": _locomo,
    "beam": _beam,
    "longmemeval": _longmemeval,
    "coding": _coding,
    "conversation": _conversation,
}
