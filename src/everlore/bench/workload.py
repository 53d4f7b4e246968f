"""Generated conversations and memories for measuring speed: the same every time, of any size.

Words follow Zipf's law over the sample project's vocabulary, whose own counts are kept for the common ones, and invented
words for the long tail; some are identifiers, paths and versions. So common words are very common and most words are
rare, which is what makes full-text search cheap or dear. Questions are those of the sample and, as many, words of a
stored text.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import accumulate, count, islice
from random import Random

from everlore.bench import corpora
from everlore.guard import SCAN_RULES
from everlore.memory.life import Draft
from everlore.sessions.records import TurnRecord

PROJECTS = tuple(f"acme/project-{number}" for number in range(10))
SESSION = 40
"""Turns in a session; sessions go to the projects in turn."""
_START = 1_767_258_000_000  # 2026-01-01T09:00:00Z
_MINUTE = 60_000
_TAIL = 60_000
_SPEAKERS = (("Noor", "user"), ("claude-code", "assistant"), ("Bash", "tool"))
_KINDS = ("fact", "decision", "convention", "procedure", "failure", "preference")
_BLOCK = 50_000


class Prose:
    """An endless stream of words; two with the same seed say the same."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._words = self._stream()

    def take(self, size: int) -> list[str]:
        """Return the next words."""
        return list(islice(self._words, size))

    def text(self, size: int) -> str:
        """Return sentences of so many words in all."""
        words = self.take(size)
        for place in range(11, size, 12):
            words[place] += "."
        return " ".join(words)

    def length(self) -> int:
        """Return how many words the next turn has: mostly a few lines, one in twenty long enough for several passages."""
        random = self._random
        return random.randint(120, 400) if random.random() < 0.05 else random.randint(6, 50)

    def _stream(self) -> Iterator[str]:
        words, weights = _vocabulary()
        random = self._random
        while True:
            for word in random.choices(words, cum_weights=weights, k=_BLOCK):
                yield word or _identifier(random)


def turns(number: int, seed: int = 1) -> Iterator[tuple[str, TurnRecord]]:
    """Yield the project and the record of each turn."""
    prose = Prose(seed)
    for place in range(number):
        session = place // SESSION
        speaker, role = _SPEAKERS[place % 3]
        text = prose.text(prose.length())
        name = f"session-{session:06d}"
        yield (
            PROJECTS[session % len(PROJECTS)],
            TurnRecord(name, f"t{place:07d}", speaker, role, _START + place * _MINUTE // 4, text),
        )


def memories(number: int, seed: int = 2) -> Iterator[tuple[str, Draft]]:
    """Yield the project and the draft of each memory: one statement with a subject and a value, none like another."""
    prose = Prose(seed)
    for place in range(number):
        yield PROJECTS[place % len(PROJECTS)], statement(prose, place)


def statement(prose: Prose, place: int) -> Draft:
    """Return one statement; `place` makes its subject unlike any other."""
    words = prose.take(14)
    text = f"The {words[0]} {_invented(place)} of {words[1]} uses {words[2]} {place * 7 % 9973}: {' '.join(words[3:])}."
    return Draft(
        text, kind=_KINDS[place % len(_KINDS)], valid_from=_START + place % 500_000 * _MINUTE // 4, scanned=SCAN_RULES
    )


def questions(number: int, seed: int = 3) -> list[str]:
    """Return questions: those of the sample in turn with words of turns, of which the rarer half is asked for."""
    sample = [question.text for question in corpora.load("conversation", corpora.SAMPLE)[0].questions]
    random, known = Random(seed), Counter(re.findall(r"[a-z]+", " ".join(sample).lower()))
    made = []
    for place, (_, turn) in zip(range(number), turns(number * 5), strict=False):
        if place % 2 == 0:
            made.append(sample[place // 2 % len(sample)] + (f" ({place})" if place // 2 >= len(sample) else ""))
        else:
            words = sorted(set(re.findall(r"\w+", turn.text)), key=lambda word: (known[word.lower()], word))
            made.append(f"what about {' '.join(random.sample(words[:12], min(4, len(words))))}")
    return made


def tree(number: int) -> list[str]:
    """Return so many paths of four levels, with all that is above them counted: ten nodes below each."""
    deepest = [f"org-{n // 1000 % 10}/unit-{n // 100 % 10}/team-{n // 10 % 10}/part-{n % 10}" for n in range(number)]
    paths = dict.fromkeys("/".join(path.split("/")[:depth]) for path in deepest for depth in (1, 2, 3, 4))
    return list(paths)[:number]


@cache
def _vocabulary() -> tuple[list[str], list[float]]:
    """Return words and their running weights; the empty word stands for an identifier to be made up."""
    history = " ".join(turn.text for turn in corpora.load("conversation", corpora.SAMPLE)[0].turns)
    common = Counter(word.lower() for word in re.findall(r"[A-Za-z']{1,20}", history))
    known = sum(common.values())
    tail = [f"{_invented(rank)}" for rank in range(_TAIL)]
    norm = sum(1 / (rank + 10) for rank in range(_TAIL))
    weights = [*common.values(), *(0.25 * known / norm / (rank + 10) for rank in range(_TAIL)), 0.03 * known]
    return [*common, *tail, ""], list(accumulate(weights))


def _invented(place: int) -> str:
    """Return the word that stands for a number: two to five syllables, each number another word."""
    syllables = [consonant + vowel for consonant in "bdfgklmnprstvz" for vowel in "aeiou"]
    word = syllables[place % 70]
    rest = place // 70
    for _ in count():
        word += syllables[(rest + 13) % 70]
        rest //= 70
        if not rest:
            return word
    raise AssertionError("unreachable")


def _identifier(random: Random) -> str:
    one, two, number = _invented(random.randrange(4000)), _invented(random.randrange(300)), random.randrange(10_000)
    return random.choice(
        (
            f"{one}_{two}",
            f"src/{two}/{one}.py",
            f"{one}.{two}",
            f"v{number % 9}.{number % 30}.{number % 7}",
            f"#{number}",
        )
    )
