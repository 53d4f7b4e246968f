"""What a memory is to somebody at work: the sections of a slice, and how much room each gets for which task.

A memory's role follows from its kind, which was set when it was written; nothing is guessed from words when it is read. A
page is background, since it tells of many things; an artifact is one thing that was made and where it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

Role = Literal[
    "goals", "constraints", "decisions", "preferences", "failures", "procedures", "artifacts", "open questions", "background"
]  # fmt: skip
Task = Literal["coding", "debug", "review", "planning", "research", "maintenance", "start"]
ROLES: tuple[Role, ...] = get_args(Role)

_OF_KIND: Mapping[str, Role] = {
    "goal": "goals", "convention": "constraints", "decision": "decisions", "preference": "preferences", "failure": "failures",
    "procedure": "procedures", "artifact": "artifacts", "question": "open questions", "fact": "background", "page": "background",
}  # fmt: skip


def role_of(kind: str | None) -> Role:
    """Return the role of a memory of a kind; of a turn, which has none, background."""
    return _OF_KIND.get(kind or "", "background")


STANDING_SHARE = 0.5
"""Of the room of a slice, what is kept for what holds whatever is asked; what it leaves over goes to the rest."""

SHARES: Mapping[Task | None, Mapping[Role, float]] = {
    None: dict.fromkeys(ROLES, 0.4),
    "coding": {
        "goals": 0.2, "constraints": 0.5, "decisions": 0.4, "failures": 0.3, "procedures": 0.3, "artifacts": 0.3, "preferences": 0.2,
        "open questions": 0.2, "background": 0.4,
    },
    "debug": {
        "failures": 0.6, "procedures": 0.4, "background": 0.4, "decisions": 0.3, "constraints": 0.3, "artifacts": 0.3,
        "open questions": 0.2, "goals": 0.2, "preferences": 0.1,
    },
    "review": {
        "constraints": 0.6, "decisions": 0.5, "preferences": 0.3, "failures": 0.3, "artifacts": 0.2, "procedures": 0.2,
        "open questions": 0.2, "goals": 0.2, "background": 0.3,
    },
    "planning": {
        "goals": 0.5, "open questions": 0.4, "decisions": 0.5, "constraints": 0.4, "failures": 0.3, "artifacts": 0.3, "background": 0.3,
        "preferences": 0.2, "procedures": 0.2,
    },
    "research": {
        "open questions": 0.4, "background": 0.6, "artifacts": 0.4, "decisions": 0.4, "goals": 0.3, "failures": 0.2, "constraints": 0.2,
        "procedures": 0.2, "preferences": 0.1,
    },
    "maintenance": {
        "procedures": 0.6, "failures": 0.4, "constraints": 0.4, "artifacts": 0.3, "decisions": 0.3, "background": 0.3,
        "open questions": 0.2, "goals": 0.1, "preferences": 0.2,
    },
    "start": {
        "goals": 0.5, "open questions": 0.4, "decisions": 0.4, "failures": 0.2, "constraints": 0.3, "preferences": 0.2, "procedures": 0.2,
        "artifacts": 0.2, "background": 0.2,
    },
}  # fmt: skip
"""For each task the order of the roles, and of the room for what is not standing the most that each takes in a first round."""
