"""What is answered of entities and links."""

from __future__ import annotations

from typing import Literal

from everlore.app.answers.root import Answer


class NodeView(Answer, frozen=True):
    """A memory or an entity as a graph shows it; `what` says which, `kind` is the memory's or the entity's own."""

    id: str
    what: Literal["memory", "entity"]
    kind: str
    name: str
    namespace: str
    state: str


class EdgeView(Answer, frozen=True):
    """One link with both of its intervals and what speaks for it."""

    id: str
    kind: str
    source: str
    target: str
    weight: float
    valid_from: str
    valid_until: str | None
    recorded: str
    evidence: str | None


class StepView(Answer, frozen=True):
    """One link on the way and the node it leads to; `forward` says whether the way goes along the link."""

    link: EdgeView
    to: NodeView
    forward: bool


class Neighbors(Answer, frozen=True):
    """What a node is linked with, the strongest first."""

    node: NodeView
    links: int
    neighbors: list[StepView]


class ReachedView(Answer, frozen=True):
    """A node and the best way to it; `score` is what of 1 the way passes on."""

    node: NodeView
    score: float
    path: list[StepView]


class Walked(Answer, frozen=True):
    """What lies around a node, what most reaches first."""

    start: NodeView
    reached: list[ReachedView]


class PathFound(Answer, frozen=True):
    """The way between two nodes; `found` is false where there is none."""

    source: NodeView
    target: NodeView
    found: bool
    score: float
    path: list[StepView]


class LinkEvent(Answer, frozen=True):
    """A link that began, ceased or was taken back, and the node at its other end."""

    time: str
    what: Literal["linked", "ceased", "taken back"]
    step: StepView


class LinkEvents(Answer, frozen=True):
    """What became linked with a node and what ceased to be, in order of time."""

    node: NodeView
    events: list[LinkEvent]


class OddityView(Answer, frozen=True):
    """One thing that is odd: the nodes it is about by id and name, the link if it is about one."""

    what: str
    ids: list[str]
    names: list[str]
    link: str | None
    kind: str
    count: int


class Audited(Answer, frozen=True):
    """What is odd about a graph: how many findings of each sort there are, and the first ones."""

    counts: dict[str, int]
    found: dict[str, list[OddityView]]


class GraphCounts(Answer, frozen=True):
    """How large a graph is. `links` are those in force by kind; `dead` have an end that is gone or was put away."""

    entities: dict[str, int]
    merged: int
    memories: int
    linked_memories: int
    links: dict[str, int]
    ended: int
    dead: int
    with_evidence: int
    most_linked: list[OddityView]


class Linked(Answer, frozen=True):
    """The links that were written or told anew; `outcome` is unchanged where all was known. `operation` can be undone."""

    outcome: Literal["linked", "ended", "taken back", "unchanged"]
    links: list[EdgeView]
    operation: str | None


class EntityView(Answer, frozen=True):
    """A named thing; `merged` is the id of the entity that it was found to be."""

    id: str
    kind: str
    name: str
    aliases: list[str]
    namespace: str
    merged: str | None


class EntityChanged(Answer, frozen=True):
    """What became of an entity; `operation` is None where nothing changed."""

    entity: EntityView
    operation: str | None


class EntitiesListed(Answer, frozen=True):
    """A page of entities. `next` continues the list when there is more."""

    entities: list[EntityView]
    next: str | None
