"""What is answered of the tree and of standards."""

from __future__ import annotations

from everlore.app.answers.root import Answer
from everlore.core.types import Kind


class NamespaceView(Answer, frozen=True):
    """One node of the tree. The counts are of active memories, sessions and turns at it, `below` counts those under it too."""

    id: str
    namespace: str
    memories: int
    sessions: int
    turns: int
    below: Counts


class Counts(Answer, frozen=True):
    """How much lies at a node and below it."""

    namespaces: int
    memories: int
    sessions: int
    turns: int


class Tree(Answer, frozen=True):
    """Namespaces in the order of the tree, each before what is below it; and how much there is in all."""

    namespaces: list[NamespaceView]
    total: Counts


class Moved(Answer, frozen=True):
    """Where a namespace was and is, and how many moved with it. `operation` can be given to undo."""

    id: str
    before: str
    namespace: str
    namespaces: int
    operation: str


class StandardView(Answer, frozen=True):
    """One standard: under which name and from which node it holds, and the memory that says it."""

    name: str
    namespace: str
    inherited: bool
    memory: str
    kind: Kind
    title: str | None
    text: str


class StandardList(Answer, frozen=True):
    """The standards that hold at a node, by name; the nearest of a name wins."""

    namespace: str
    standards: list[StandardView]


class StandardChanged(Answer, frozen=True):
    """What became of a standard; `replaced` is the memory that had the name at this node. `operation` can be given to undo."""

    name: str
    namespace: str
    memory: str | None
    replaced: str | None
    operation: str | None
