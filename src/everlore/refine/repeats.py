"""Memories that say what another says already, or what another denies, found when one is read beside its nearest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from everlore.core.shorten import shorten
from everlore.core.types import Memory, Revision
from everlore.memory.admit import compare
from everlore.memory.belief import since
from everlore.refine.contradict import contradictions_among
from everlore.refine.findings import Finding

Near = Sequence[tuple[Memory, Revision]]
_SHOWN = 300


def repeats(memory: Memory, head: Revision, near: Near) -> Iterator[Finding]:
    """Yield what a memory repeats, at most once."""
    for other, beside in near:
        if other.uid == memory.uid or other.kind != memory.kind:
            continue
        comparison = compare(head.text, beside.text)
        if comparison.relation == "same":
            kept, gone = _kept(memory, other)
            yield Finding(
                "repeats", "merge", "merge", {"ids": [gone.uid], "into": kept.uid}, (gone.uid, kept.uid),
                f"says the same: {comparison.why}", shown(head, beside), 0.95,
            )  # fmt: skip
            return


def contradicted(memory: Memory, head: Revision, near: Near) -> Iterator[Finding]:
    """Yield what a memory contradicts: that the newer takes the place of the older, for a person to decide."""
    for other, beside, against in contradictions_among(memory, head, near):
        newer, older = (memory, other) if (since(head), memory.uid) > (since(beside), other.uid) else (other, memory)
        yield Finding(
            "contradictions", "supersede", "supersede", {"id": older.uid, "by": newer.uid}, (older.uid, newer.uid), against.why,
            shown(head, beside), against.confidence,
        )  # fmt: skip


def shown(*heads: Revision) -> tuple[str, ...]:
    """Return the texts as evidence."""
    return tuple(shorten(head.text, _SHOWN) for head in heads)


def _kept(one: Memory, other: Memory) -> tuple[Memory, Memory]:
    """Return which of two stays and which goes: what is pinned or more used stays, else the older."""
    first, second = sorted((one, other), key=lambda m: (not m.pinned, -m.uses, m.uid))
    return first, second
