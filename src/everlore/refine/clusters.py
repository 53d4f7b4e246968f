"""Many short memories about one thing, gathered into a page that cites each of them.

The page is made from the memories as they are, line by line with date and id: nothing is summarised, nothing is left out,
and the sources stay. A cluster is what one name is mentioned in, of one node.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from everlore.core.clock import to_iso
from everlore.core.types import Memory, Revision
from everlore.memory.belief import since
from everlore.refine.findings import Finding

FEWEST = 5
MOST = 40
SHORT = 500
"""Characters up to which a memory is a note that a page may gather."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """What a page is to be about, and the memories that speak of it, with their heads."""

    name: str
    members: Sequence[tuple[Memory, Revision]]


def gather(cluster: Cluster, page: Memory | None = None) -> Finding | None:
    """Return the page that a cluster makes, None if it is too small or too large; `page` is the one made of it before."""
    notes = [
        (m, r) for m, r in cluster.members if m.kind != "page" and len(r.text) <= SHORT and m.visibility != "private"
    ]
    if not FEWEST <= len(notes) <= MOST:
        return None
    notes.sort(key=lambda pair: (since(pair[1]), pair[0].uid))
    ids = [memory.uid for memory, _ in notes]
    payload = {"title": cluster.name, "ids": ids, **({"page": page.uid} if page else {})}
    reason = f"{len(notes)} memories speak of {cluster.name}"
    return Finding("pages", "revise" if page else "create", "consolidate", payload, tuple(ids), reason, confidence=0.7)


def text(title: str, notes: Sequence[tuple[Memory, Revision]]) -> str:
    """Return the page's text: each memory under its kind, in order of time, with its date and id."""
    lines = [f"# {title}"]
    for kind in dict.fromkeys(memory.kind for memory, _ in notes):
        lines += ["", f"## {kind.capitalize()}", ""]
        lines += [
            f"- {' '.join(head.text.split())} ({(to_iso(since(head)) or '')[:10]}, {memory.uid})"
            for memory, head in notes
            if memory.kind == kind
        ]
    return "\n".join(lines)
