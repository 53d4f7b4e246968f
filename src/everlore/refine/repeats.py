"""Memories that say what another says already, or give another value for it, found when one is read beside its nearest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from everlore.core.shorten import shorten
from everlore.core.types import Memory, Revision
from everlore.memory.admit import compare
from everlore.memory.belief import since
from everlore.refine.findings import Finding

Near = Sequence[tuple[Memory, Revision]]
_SHOWN = 300


def repeats(memory: Memory, head: Revision, near: Near) -> Iterator[Finding]:
    """Yield what a memory repeats, at most once, and which older value it replaces or is replaced by."""
    for other, beside in near:
        if (
            other.uid == memory.uid
            or other.kind != memory.kind
            or (other.owner != memory.owner and "private" in (other.visibility, memory.visibility))
        ):
            continue
        comparison = compare(head.text, beside.text)
        evidence = (shorten(head.text, _SHOWN), shorten(beside.text, _SHOWN))
        if comparison.relation == "same":
            kept, gone = _kept(memory, other)
            yield Finding(
                "repeats", "merge", "merge", {"ids": [gone.uid], "into": kept.uid}, (gone.uid, kept.uid),
                f"says the same: {comparison.why}", evidence, 0.95,
            )  # fmt: skip
            return
        if comparison.relation == "value" and since(head) != since(beside):
            new, old = (memory, other) if since(head) > since(beside) else (other, memory)
            yield Finding(
                "newer values", "supersede", "supersede", {"id": old.uid, "by": new.uid}, (old.uid, new.uid),
                f"a newer value: {comparison.why}", evidence, 0.85,
            )  # fmt: skip


def _kept(one: Memory, other: Memory) -> tuple[Memory, Memory]:
    """Return which of two stays and which goes: what is pinned or more used stays, else the older."""
    first, second = sorted((one, other), key=lambda m: (not m.pinned, -m.uses, m.uid))
    return first, second
