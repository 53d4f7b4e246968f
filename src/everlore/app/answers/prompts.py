"""What is answered about prompts and exchanges."""

from __future__ import annotations

from typing import Literal

from everlore.app.answers.root import Answer, Finding


class InjectedItem(Answer, frozen=True):
    """One item that is told: `text` as it stands in the block, with its date and source; `why` it is told."""

    id: str
    kind: Literal["turn", "memory", "other"]
    revision: int | None
    text: str
    why: str
    tokens: int


class Contexted(Answer, frozen=True):
    """The prompt as it should be sent, the block in it, and what that holds; silent where nothing is worth telling.

    `tokens` are those of the block, estimated. `injection` is its id in the ledger; give it to `capture`.
    """

    prompt: str
    block: str | None
    items: list[InjectedItem]
    tokens: int
    injection: str
    withheld: bool
    reason: str


class CapturedExchange(Answer, frozen=True):
    """What was kept: the session, how many turns are new, were known or were not to be kept, and what was taken out.

    `used` are the ids of what was told that the answer turned out to use.
    """

    session: str
    turns: int
    known: int
    ignored: int
    findings: list[Finding]
    used: list[str]
