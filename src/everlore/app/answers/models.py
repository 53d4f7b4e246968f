"""What is answered where a language model takes part."""

from __future__ import annotations

from msgspec import field

from everlore.app.answers.root import Answer


class Sentence(Answer, frozen=True):
    """One sentence of an answer, and the ids of the memories and turns that say so."""

    text: str
    sources: list[str]


class Answered(Answer, frozen=True):
    """An answer. `text` is the sentences with their ids; `model` is None where no model took part and the lines found are it.

    `refused` says why sentences of the model were left out.
    """

    known: bool
    text: str
    sentences: list[Sentence]
    model: str | None
    tokens: int
    refused: list[str] = field(default_factory=list)


class Refined(Answer, frozen=True):
    """What a run did, or would do. In a dry run `tokens` and `money` are the most that it may take.

    `money` is in US dollars, None where the price is not known. `refused` counts, by reason, what the model said that is not
    proposed; `failed` what it could not do. `waiting` counts the pieces of work that are left, at least; `stopped` says why
    the run ended before it had done them.
    """

    model: str
    requests: int
    tokens: int
    money: float | None
    read: dict[str, int]
    proposed: dict[str, int]
    refused: dict[str, int]
    failed: dict[str, int]
    waiting: int
    stopped: str | None
    seconds: float


class LanguageModelStatus(Answer, frozen=True):
    """The language model as the last requests left it; nobody is asked for this.

    `breaker` is closed, open or half-open; `problem` what keeps it from being asked. A budget of None is none. `given_up`
    counts texts at which the model failed too often, by use and outcome; `refused` says why the last of what it said was
    not proposed.
    """

    provider: str
    model: str
    breaker: str
    problem: str | None
    last_outcome: str | None
    last_time: str | None
    requests_today: int
    tokens_today: int
    money_today: float
    unpriced_today: int
    tokens_left: int | None
    money_left: float | None
    given_up: dict[str, int] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
