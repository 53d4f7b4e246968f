"""From the turns of a session to what is worth keeping: statements that hold beyond it, with their turns. Pure.

Only what people and agents said counts, and commands with how they ended; never what a tool printed, what was quoted or pasted,
what we told ourselves, a question, a guess, or a proposal that nobody accepted. What is taken back later in the session is left out.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from everlore.core.types import Kind
from everlore.guard.injection import scan
from everlore.sessions.handoff import Said, phrases
from everlore.sessions.handoff.build import short
from everlore.sessions.lessons import rules
from everlore.sessions.lessons.pairs import pairs, told
from everlore.sessions.lessons.spoken import bare, own_words, points_back, stands_alone, statements

_MOST = 60
_MEASURED = re.compile(r"(?<![\w.])\d+(?:[.,]\d+)?\s*([^\W\d]+)")
"""What a number is of: a value is corrected only by another of the same."""
_NUMBER = re.compile(r"(?<![\w.])\d+(?:[.,]\d+)?(?![\w.]*\d)")
_LONGEST = 420


@dataclass(frozen=True, slots=True)
class Lesson:
    """One statement: the uids and positions of the turns that say it, how sure it is, and the rule that found it."""

    text: str
    kind: Kind
    turns: tuple[str, ...]
    positions: tuple[int, ...]
    confidence: float
    rule: str


def lessons(turns: Sequence[Said]) -> list[Lesson]:
    """Return the durable statements of a session in the order in which they were said: the last ones, where there are too many."""
    spoken = [turn for turn in turns if turn.role in {"user", "assistant"} and own_words(turn.text)]
    found, people = list[tuple[int, Lesson]](), list[Said]()
    for number, turn in enumerate(spoken):
        before = spoken[number - 1] if number else None
        after = spoken[number + 1] if number + 1 < len(spoken) else None
        made = _of_person(turn, before, people[-2:]) if turn.role == "user" else _of_agent(turn, after)
        found += [(turn.position, each) for each in made]
        people += [turn] if turn.role == "user" else []
    heard = [_Heard(turn.position, own_words(turn.text)) for turn in spoken if turn.role == "user"]
    standing = list(islice((each for place, each in reversed(found) if not _taken_back(each, place, heard)), _MOST))
    standing += [_lesson(told(each), rules.CURED, each.failed.turn, each.passed.turn) for each in pairs(turns)]
    unique = {" ".join(each.text.lower().split()): each for each in standing if not scan(each.text)}
    return sorted(unique.values(), key=lambda each: each.positions)[:_MOST]


def _of_person(turn: Said, before: Said | None, earlier: Sequence[Said]) -> Iterator[Lesson]:
    words = own_words(turn.text)
    asked = _asked(before) if before is not None and before.role == "assistant" else ""
    said = statements(words)
    if said and (corrected := _corrected(said[0], earlier)):
        yield _lesson(corrected, rules.CORRECTED, turn)
        said = said[1:]
    for number, sentence in enumerate(said):
        if rule := _rule(sentence):
            text = bare(sentence) if not points_back(sentence) else ""
            if not text and number:
                text = f"{bare(said[number - 1])} {sentence}"
            if asked and number == 0 and len(bare(sentence).split()) < 8:
                text = f"{asked} {sentence}"
            if text and not said[number - 1 if number else 0].endswith("?"):
                yield _lesson(text, rule, turn)
        elif number == 0 and rules.CORRECTS.match(sentence) and _answers(sentence) and rules.DIRECTS.search(sentence):
            yield _lesson(bare(sentence), rules.CORRECTION, turn)
        elif number == 0 and asked and _answers(sentence):
            yield _lesson(f"{asked} {sentence}", rules.ANSWER, turn)


def _rule(sentence: str) -> rules.Rule | None:
    """Return the rule by which a person's sentence is durable, None for talk, status and what is for once."""
    plain = bare(sentence)
    if rules.ASIDE.search(sentence):
        return None
    rule = next((each for each in rules.PERSON if each.pattern.search(plain)), None)
    if rule is None or rules.FOR_EVER.search(plain):
        return rule
    return None if rules.ONE_OFF.match(plain) or rules.STATUS.search(plain) else rule


def _of_agent(turn: Said, after: Said | None) -> Iterator[Lesson]:
    said = statements(turn.text)
    accepted = after is not None and after.role == "user" and phrases.accepts(own_words(after.text))
    refused = (
        after is not None
        and after.role == "user"
        and (phrases.refuses(own_words(after.text)) or rules.GIVES_UP.search(after.text))
    )
    for sentence in said:
        if sentence.endswith("?") or rules.GUESS.search(sentence) or not stands_alone(sentence):
            continue
        if rules.PROPOSES.search(sentence):
            if (
                accepted
                and after is not None
                and not rules.TASK.search(sentence)
                and _settles(sentence, own_words(after.text))
            ):
                yield _lesson(sentence, rules.ACCEPTED, turn, after)
            continue
        if refused or rules.STATUS.search(bare(sentence)):
            continue
        rule = next((each for each in rules.AGENT if each.pattern.search(sentence)), None)
        if rule is not None and not rules.NARRATES.search(sentence):
            yield _lesson(bare(sentence), rule, turn)


def _settles(proposal: str, reply: str) -> bool:
    """Tell whether a reply that accepts settles how things are to be: a reason was given, or the reply says it again."""
    return bool(rules.REASONED.search(proposal)) or len(phrases.about(proposal).words & phrases.about(reply).words) >= 2


def _asked(turn: Said) -> str:
    """Return the question at the end of what an agent said that leaves a choice, nothing where there is none."""
    last = [each for each in phrases.sentences(own_words(turn.text)) if each.endswith("?")][-1:]
    return last[0] if last and rules.EITHER.search(last[0]) and len(last[0]) < 200 else ""


def _answers(sentence: str) -> bool:
    plain = bare(sentence)
    return (
        len(plain.split()) >= 3
        and not rules.ASIDE.search(sentence)
        and not rules.ONE_OFF.match(plain)
        and not phrases.accepts(plain)
    )


def _corrected(sentence: str, earlier: Sequence[Said]) -> str:
    """Return what a person said before with the value that corrects it, where it is certain which value of what is meant."""
    values = _NUMBER.findall(sentence)
    if not rules.CORRECTS.match(sentence) or not values:
        return ""
    for turn in reversed(earlier):
        for old in statements(turn.text):
            numbers = _NUMBER.findall(old)
            same = _MEASURED.findall(sentence)[:1] == _MEASURED.findall(old)[:1] != []
            if same and len(numbers) == 1 and numbers[0] != values[0] and not old.endswith("?"):
                return f"{bare(_NUMBER.sub(values[0], old, count=1))}. {bare(sentence)}"
    return ""


class _Heard:
    """What a person said: the words, and what each statement in them is about, read when it is asked for."""

    def __init__(self, position: int, words: str) -> None:
        self.position = position
        self.words = words

    @cached_property
    def whole(self) -> phrases.About:
        """What all of it is about."""
        return phrases.about(self.words)

    @cached_property
    def stated(self) -> list[phrases.About]:
        """What each of its statements is about, talk left out."""
        return [phrases.about(each) for each in statements(self.words) if not rules.ASIDE.search(each)]


def _taken_back(lesson: Lesson, place: int, heard: Sequence[_Heard]) -> bool:
    """Tell whether something said later in the session takes a statement back or gives another value for it."""
    older = phrases.about(lesson.text)
    later = heard[bisect_right(heard, max(place, *lesson.positions), key=lambda each: each.position) :]
    for number, each in enumerate(later[:2]):
        if number == 0 and rules.LAUGHS.match(each.words):
            return True
        if rules.GIVES_UP.search(each.words) and (number == 0 or older.words & each.whole.words):
            return True
    return any(phrases.replaces(newer, older) for each in later for newer in each.stated)


def _lesson(text: str, rule: rules.Rule, *turns: Said) -> Lesson:
    uids, places = tuple(turn.uid for turn in turns), tuple(turn.position for turn in turns)
    return Lesson(short(text, _LONGEST), rule.kind, uids, places, rule.confidence, rule.name)
