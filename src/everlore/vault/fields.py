"""What of a memory stands in the front matter of its page, and which of it a person may change there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from everlore.core.clock import to_iso
from everlore.core.types import LinkKind, Memory, Revision
from everlore.vault.frontmatter import Malformed, Value

LINKS: tuple[LinkKind, ...] = ("related", "supports", "depends_on", "supersedes", "contradicts", "derived_from")
"""The kinds of links that a page names, each a key with wikilinks to pages."""
EDITABLE = (
    "title", "kind", "tags", "layer", "tier", "pinned", "importance", "status", "visibility", "valid_from", "valid_until", "expires",
)  # fmt: skip
"""What is taken over from a page that was edited; the rest of what we write says where it comes from."""
SHOWN = frozenset({"active", "superseded"})
"""The states in which a memory has a file. What is archived has none, and its file comes back with it."""
_BESIDE = "unit"


def fields_of(memory: Memory, revision: Revision, links: Iterable[tuple[str, str]]) -> dict[str, Value | None]:
    """Return front matter in the order in which it is written; what is None is not.

    `links` are kinds with the paths of the pages they lead to. Titles are aliases too, so that an editor finds them.
    """
    named: dict[str, list[str]] = {}
    for kind, path in links:
        named.setdefault(kind, []).append(f"[[{path.removesuffix('.md')}]]")
    return {
        "id": memory.uid,
        "title": revision.title,
        "aliases": [revision.title] if revision.title else None,
        "kind": memory.kind,
        "tags": list(memory.tags) or None,
        "status": memory.state,
        "layer": memory.layer,
        "tier": memory.tier,
        "pinned": memory.pinned,
        "importance": float(memory.importance),
        "visibility": memory.visibility if memory.visibility != _BESIDE else None,
        "valid_from": to_iso(revision.valid_from),
        "valid_until": to_iso(revision.valid_until),
        "expires": to_iso(memory.expires),
        "created": to_iso(memory.created),
        "recorded": to_iso(revision.recorded),
        "by": revision.actor,
        "source": revision.source,
        **{kind: named.get(kind) for kind in (*LINKS, "superseded_by")},
    }


def editable(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a person may change, in one spelling; raise `Malformed` that names what is no value of its key."""
    found: dict[str, Any] = {}
    for key in EDITABLE:
        value = fields.get(key)
        if key == "tags":
            value = _strings(value, key)
        elif key == "pinned":
            value = bool(value) if value is None or isinstance(value, bool) else _refuse(key, value)
        elif key == "visibility":
            value = value or _BESIDE
        elif key in {"layer", "importance"}:
            usable = value is None or (isinstance(value, (int, float)) and not isinstance(value, bool))
            value = value if usable else _refuse(key, value)
        elif value is not None and not isinstance(value, str):
            value = (
                str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else _refuse(key, value)
            )
        found[key] = value or None if key in {"title", "valid_from", "valid_until", "expires"} else value
    return found


def links(fields: Mapping[str, Any]) -> set[tuple[LinkKind, str]]:
    """Return the links that a page names, kind and path without its ending; raise `Malformed`."""
    return {(kind, _target(item)) for kind in LINKS for item in _strings(fields.get(kind), kind)}


def _target(item: str) -> str:
    return (
        item.strip()
        .removeprefix("[[")
        .removesuffix("]]")
        .partition("|")[0]
        .partition("#")[0]
        .strip()
        .removesuffix(".md")
    )


def _strings(value: Any, key: str) -> list[str]:  # noqa: ANN401 - whatever YAML holds
    if value is None or value == "":
        return []
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = str(value)
    if isinstance(value, str):
        value = [part.strip() for part in value.split(",")] if key == "tags" else [value]
    if not isinstance(value, list) or not all(isinstance(item, (str, int, float)) for item in value):
        _refuse(key, value)
    said = [str(item).removeprefix("#") if key == "tags" else str(item) for item in value]
    return list(dict.fromkeys(filter(None, said)))


def _refuse(key: str, value: object) -> Any:  # noqa: ANN401 - it never returns
    raise Malformed(f"{key}: {str(value)[:60]!r} is no value for it")
