"""The values everything else speaks about: kinds, states, and the rows of the store as frozen dataclasses.

Times are Unix milliseconds UTC. *Valid time* says when a thing was true in the world, *recorded time* when we learned
it; both are half-open intervals and an end of None means "still". A memory is a chain of revisions of which none is
ever changed or removed; `Memory.head` names the one on top.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Kind = Literal[
    "fact", "decision", "convention", "preference", "procedure", "failure", "question", "goal", "artifact", "page"
]
State = Literal["active", "superseded", "archived", "held", "withdrawn", "purged"]
Tier = Literal["short", "mid", "long"]
Visibility = Literal["private", "team", "unit", "org", "collective"]
Origin = Literal["person", "agent", "curator", "model", "peer", "import"]
Verdict = Literal["helpful", "stale", "wrong"]
Role = Literal["user", "assistant", "tool", "system"]
Outcome = Literal["kept", "merged", "superseded", "held"]
HandoffState = Literal["offered", "claimed", "done", "expired", "superseded", "cancelled"]
LinkKind = Literal[
    "related", "supports", "depends_on", "supersedes", "contradicts", "mentions", "derived_from"
]  # fmt: skip

KINDS: tuple[str, ...] = get_args(Kind)
STATES: tuple[str, ...] = get_args(State)
TIERS: tuple[str, ...] = get_args(Tier)
VISIBILITIES: tuple[str, ...] = get_args(Visibility)
ORIGINS: tuple[str, ...] = get_args(Origin)
ROLES: tuple[str, ...] = get_args(Role)


@dataclass(frozen=True, slots=True)
class Namespace:
    """A node of the tree. `id` is the store's row, `uid` travels; `lineage` holds the row ids from the root to itself."""

    id: int
    uid: str
    path: str
    lineage: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Session:
    """An ordered run of turns; `external` is the id its source gave it."""

    id: int
    uid: str
    namespace: int
    external: str
    agent: str | None
    started: int | None
    ended: int | None


@dataclass(frozen=True, slots=True)
class Turn:
    """One thing said or done, verbatim. `external` is the id that came in, `position` its place in the session."""

    id: int
    uid: str
    session: int
    external: str
    position: int
    speaker: str
    role: str | None
    time: int | None
    text: str
    caption: str | None


@dataclass(frozen=True, slots=True)
class Memory:
    """What is worth keeping, without its text: the text is in its revisions.

    `owner` is who made it. `expires` is when it is swept unless used, and `ttl` by how many milliseconds a use puts that
    off; a fixed date has none. `tier_uses` is how often it had been used when it came to its tier, `placed` says why
    it is in its layer.
    """

    id: int
    uid: str
    namespace: int
    kind: Kind
    state: State
    layer: int
    tier: Tier
    importance: float
    pinned: bool
    tags: tuple[str, ...]
    created: int
    head: int
    uses: int
    last_used: int | None
    visibility: Visibility
    owner: str
    expires: int | None
    ttl: int | None
    tier_uses: int
    placed: str | None

    def has_ended(self, now: int) -> bool:
        """Tell whether its end has come; what is pinned does not end."""
        return not self.pinned and self.expires is not None and self.expires <= now


@dataclass(frozen=True, slots=True)
class Revision:
    """One immutable version of a memory; `number` counts from 1, `source` is the uid of the turn it came from."""

    id: int
    memory: int
    number: int
    title: str | None
    text: str
    digest: bytes
    valid_from: int | None
    valid_until: int | None
    recorded: int
    recorded_until: int | None
    actor: str
    source: str | None


@dataclass(frozen=True, slots=True)
class Link:
    """A typed edge from one memory (or entity) to another, both by uid, with its two intervals."""

    uid: str
    kind: str
    source: str
    target: str
    weight: float
    valid_from: int | None
    valid_until: int | None
    recorded: int
    recorded_until: int | None
    evidence: str | None
