"""How recall treats a memory: layer 0 always in the slice of its project, 1 general, 2 by default, 3 only on explicit search.

The layer is chosen, or follows from the kind; nothing is guessed from words. Layer 0 is short by design: beyond `CAP` in
one node the next goes to layer 1, and says so.
"""

from __future__ import annotations

from everlore.core.types import Namespace
from everlore.store.contract import Unit

CAP = 20
"""The most memories in layer 0 of one node."""

_BY_KIND = {"convention": 1, "preference": 1}


def place(unit: Unit, namespace: Namespace, kind: str, chosen: int | None) -> tuple[int, str]:
    """Return the layer of a memory and the reason for it."""
    if chosen is None:
        return _BY_KIND.get(kind, 2), f"by its kind, {kind}"
    if chosen == 0 and unit.value("layer_zero_count", namespace=namespace.id) >= CAP:
        return 1, f"layer 0 of {namespace.path} is full with {CAP} memories"
    return chosen, "chosen"
