"""What is asked of entities and links."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, field

from everlore.app.requests.fields import Before, Directory, Instant, Limit, Namespace, Reason, Request
from everlore.core.types import LinkKind

EntityKind = Literal["code", "path", "package", "person", "page", "name", "url", "project", "organization", "concept"]


NodeName = Annotated[
    str, Meta(min_length=1, max_length=300, description="The id of a memory, or an entity by its id, name or alias")
]


LinkKinds = Annotated[list[LinkKind], Meta(max_length=8, description="Only links of these kinds")]


Weight = Annotated[float, Meta(ge=0, le=1)]


class GraphRead(Request, frozen=True, kw_only=True):
    """What every read of links may ask: whose project names count, which links, and which moment on either clock."""

    namespace: Namespace | None = None
    cwd: Directory | None = None
    kinds: LinkKinds = field(default_factory=list)
    min_weight: Annotated[Weight, Meta(description="Only links of at least this weight, 0 to 1")] = 0.0
    as_of: Annotated[Instant | None, Meta(description="Only links that were in force then")] = None
    recorded_as_of: Annotated[Instant | None, Meta(description="Only what was known then")] = None


class GraphNeighbors(GraphRead, frozen=True, kw_only=True):
    """Show what a memory or entity is linked with."""

    id: NodeName
    direction: Annotated[Literal["both", "out", "in"], Meta(description="Which way the links lead")] = "both"
    limit: Limit = 50


class GraphPath(GraphRead, frozen=True, kw_only=True):
    """Show how two memories or entities hang together."""

    source: NodeName
    target: NodeName
    by: Annotated[
        Literal["shortest", "strongest"], Meta(description="With the fewest links, or the one that passes on most")
    ] = "shortest"
    depth: Annotated[int, Meta(ge=1, le=5, description="The most links on the way")] = 5


class GraphWalk(GraphRead, frozen=True, kw_only=True):
    """Show what lies around a memory or entity, over several links."""

    id: NodeName
    depth: Annotated[int, Meta(ge=1, le=5, description="The most links on the way")] = 3
    limit: Limit = 50


class GraphTimeline(Request, frozen=True):
    """Show what became linked with a memory or entity, and what ceased to be."""

    id: NodeName
    namespace: Namespace | None = None
    cwd: Directory | None = None
    kinds: LinkKinds = field(default_factory=list)
    since: Annotated[Instant | None, Meta(description="From this instant on")] = None
    as_of: Annotated[Instant | None, Meta(description="Up to this instant")] = None
    recorded_as_of: Annotated[Instant | None, Meta(description="Only what was known then")] = None
    limit: Limit = 100


class GraphAudit(Request, frozen=True):
    """Show what is odd about links and entities."""

    namespace: Namespace | None = None
    as_of: Annotated[Instant | None, Meta(description="Only links that were in force then")] = None
    recorded_as_of: Annotated[Instant | None, Meta(description="Only what was known then")] = None
    limit: Annotated[int, Meta(ge=1, le=1000, description="The most findings of each sort to show")] = 10


class GraphStats(Request, frozen=True):
    """Count entities and links."""

    namespace: Namespace | None = None
    as_of: Annotated[Instant | None, Meta(description="Only links that were in force then")] = None
    recorded_as_of: Annotated[Instant | None, Meta(description="Only what was known then")] = None


class GraphLink(Request, frozen=True):
    """Link two memories or entities, or tell anew when and how strongly they are linked."""

    source: NodeName
    target: Annotated[
        NodeName | None,
        Meta(description="What it is linked to; without one, what the text of a memory mentions is linked"),
    ] = None
    kind: Annotated[LinkKind, Meta(description="What the link says of its source")] = "related"
    weight: Annotated[
        Annotated[float, Meta(gt=0, le=1)] | None, Meta(description="How strong it is, up to 1; a new link has 1")
    ] = None
    valid_from: Annotated[Instant | None, Meta(description="When it came into force; now for a new link")] = None
    valid_until: Annotated[Instant | None, Meta(description="When it ceases to be in force")] = None
    evidence: Annotated[
        Annotated[str, Meta(min_length=1, max_length=1000)] | None, Meta(description="What speaks for it")
    ] = None
    namespace: Namespace | None = None
    cwd: Directory | None = None
    reason: Reason | None = None


class GraphUnlink(Request, frozen=True):
    """Take a link back that was a mistake, or say when it ceased."""

    id: Annotated[str, Meta(min_length=1, max_length=200, description="The id of a link")]
    valid_until: Annotated[
        Instant | None, Meta(description="When it ceased to be in force; else it is taken back as never true")
    ] = None
    reason: Reason | None = None


class EntityAdd(Request, frozen=True):
    """Name a thing, or give one more names."""

    name: Annotated[str, Meta(min_length=1, max_length=300, description="What it is called")]
    kind: Annotated[EntityKind, Meta(description="What sort of thing it is")] = "name"
    aliases: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=300)]],
        Meta(max_length=32, description="What else it is called"),
    ] = field(default_factory=list)
    namespace: Namespace | None = None
    cwd: Directory | None = None
    reason: Reason | None = None


class EntityList(Request, frozen=True):
    """List entities, newest first."""

    query: Annotated[
        Annotated[str, Meta(min_length=1, max_length=300)] | None, Meta(description="Only with this in a name or alias")
    ] = None
    namespace: Namespace | None = None
    kind: Annotated[EntityKind | None, Meta(description="Only this kind")] = None
    merged: Annotated[bool, Meta(description="Also those that were merged into others")] = False
    limit: Limit = 50
    before: Before = None


class EntityMerge(Request, frozen=True):
    """Say that an entity is another one; split takes it back."""

    id: Annotated[str, Meta(min_length=1, max_length=300, description="The entity that is another, by id or name")]
    into: Annotated[str, Meta(min_length=1, max_length=300, description="The entity that it is, by id or name")]
    namespace: Namespace | None = None
    cwd: Directory | None = None
    reason: Reason | None = None


class EntitySplit(Request, frozen=True):
    """Make a merged entity one of its own again."""

    id: Annotated[str, Meta(min_length=1, max_length=300, description="The id of the entity that was merged")]
    reason: Reason | None = None
