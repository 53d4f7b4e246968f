"""What is asked of a language model, what an answer cost, and the gate that each request passes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

ITEM_FAULTS = frozenset({"refused", "truncated", "malformed", "too long", "rejected"})
"""Outcomes that are about what was asked: the next question may go well. All others are about the provider."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """What to do, in the user's words or ours, and the data to do it with; `purpose` names the use it is for."""

    purpose: str
    instructions: str
    data: str


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the provider counted them; of `sent` `read` came from its cache and `written` went into it, `model` answered."""

    sent: int = 0
    received: int = 0
    read: int = 0
    model: str = ""
    written: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.sent + other.sent,
            self.received + other.received,
            self.read + other.read,
            other.model or self.model,
            self.written + other.written,
        )


@dataclass(frozen=True, slots=True)
class Spoken:
    """What a model said in plain text: "ok", or "truncated" where it was cut short; a usage of None was not told."""

    text: str
    usage: Usage | None
    outcome: str = "ok"


class Gate(Protocol):
    """Who lets single requests pass: a correction and each retry come by too."""

    def before(self, purpose: str, most: Usage) -> int:
        """Return a number for this request, which may use up to `most`; raise `BudgetSpent` or `ModelFailed` to refuse it."""
        ...

    def after(self, number: int, outcome: str, usage: Usage | None, retry_after: float = 0.0) -> None:
        """Note what became of a request; a usage of None is not known, so that the most has to be taken for it."""
        ...


@dataclass(slots=True)
class Open:
    """A gate that lets everything pass and keeps what came by."""

    outcomes: list[tuple[str, Usage | None]] = field(default_factory=list)

    def before(self, purpose: str, most: Usage) -> int:
        """Let it pass."""
        return len(self.outcomes)

    def after(self, number: int, outcome: str, usage: Usage | None, retry_after: float = 0.0) -> None:
        """Keep what became of it."""
        self.outcomes.append((outcome, usage))
