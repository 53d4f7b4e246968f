"""From the text of a memory to links: what it mentions becomes entities of its project, linked with `mentions`.

A text is read once: `mentioned` notes the digest that was read and by which version of the rules, so that reading again
writes nothing, and what a person took back stays back. When the text has changed, what it mentions no longer ceases to be
linked from the moment at which the new text became true. Evidence is the place in the text and never the text, so that
purging a memory leaves none of it behind in its links. Entities are made only from what a whole project may see.
"""

from __future__ import annotations

from everlore.core.types import Link, Memory, Namespace, Revision
from everlore.graph import entities, links
from everlore.graph.entities import Entity
from everlore.graph.links import Told
from everlore.graph.mentions import Mention, mentions
from everlore.memory.belief import since
from everlore.memory.changes import Changes, head_of
from everlore.store import namespaces

VERSION = 1
"""The version of the rules; with a higher one every text is read again."""
MOST = 48
"""Things that one memory is linked with, the first ones named."""
_PROJECT = 2
_READ = "text of revision "
_SHARED = frozenset({"unit", "org", "collective"})


def mention(changes: Changes, memory: Memory) -> list[Link]:
    """Read a memory's text and write entities and links for what it mentions; return the links that are new."""
    unit = changes.unit
    revision = head_of(unit, memory)
    if memory.state != "active" or unit.one("mentioned_of", memory=memory.id) == (revision.digest, VERSION):
        return []
    node = namespaces.by_id(unit, memory.namespace)
    told = _named(f"{revision.title}\n{revision.text}" if revision.title else revision.text)
    found: dict[str, Mention] = {}
    for each in told:
        entity = _entity(changes, each, node, may_make=memory.visibility in _SHARED)
        if entity is not None:
            found.setdefault(entity.uid, each)
    _end_others(changes, memory, revision, set(found))
    known = {
        entities.root(unit, _by_uid(changes, row[3])).uid
        for row in unit.rows("mentions_of", node=memory.uid)
        if _is_entity(changes, row[3])
    }
    written = [
        links.put(
            changes, "mentions", memory.uid, uid, Told(valid_from=since(revision), evidence=_place(revision, each))
        )[0]
        for uid, each in found.items()
        if uid not in known
    ]
    unit.run("mentioned_put", memory=memory.id, digest=revision.digest, version=VERSION)
    return written


def _named(text: str) -> list[Mention]:
    """Return the first mention of each thing."""
    first: dict[tuple[str, str], Mention] = {}
    for each in mentions(text):
        name = each.name if each.kind in entities.CASED else each.name.casefold()
        first.setdefault((each.kind, name), each)
    return list(first.values())[:MOST]


def _entity(changes: Changes, mention: Mention, node: Namespace, *, may_make: bool) -> Entity | None:
    """Return what is mentioned: what has that name here or above, else something new of the project."""
    known = entities.called(changes.unit, mention.name, node, mention.kind)
    if known:
        return next((each for each in known if each.kind == mention.kind), known[0])
    if not may_make:
        return None
    project = namespaces.by_id(changes.unit, node.lineage[:_PROJECT][-1])
    return entities.make(changes, mention.kind, mention.name, project)


def _end_others(changes: Changes, memory: Memory, revision: Revision, found: set[str]) -> None:
    """End the links of an earlier text to what this one mentions no longer."""
    for row in changes.unit.rows("mentions_of", node=memory.uid):
        link = Link(*row)
        if not (link.evidence or "").startswith(_READ) or not _is_entity(changes, link.target):
            continue
        if entities.root(changes.unit, _by_uid(changes, link.target)).uid in found:
            continue
        if since(revision) > links.begins(link):
            links.end(changes, link, since(revision))
        else:
            links.take_back(changes, link)


def _place(revision: Revision, mention: Mention) -> str:
    """Return where in a memory something is named; the title counts as the first line."""
    return f"{_READ}{revision.number}, characters {mention.start} to {mention.end}"


def _is_entity(changes: Changes, uid: str) -> bool:
    return changes.unit.one("entity_by_uid", uid=uid) is not None


def _by_uid(changes: Changes, uid: str) -> Entity:
    row = changes.unit.one("entity_by_uid", uid=uid)
    assert row is not None
    return Entity(*row)
