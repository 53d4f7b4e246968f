"""Turns that only say what a memory says, or what it said before it was replaced: the memory stands for them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from everlore.recall.candidates import Ranked
from everlore.recall.speaking import repeats, restates

if TYPE_CHECKING:
    from everlore.store.contract import Unit


def without_echoes(unit: Unit, items: Sequence[Ranked]) -> list[Ranked]:
    """Return items without the turns that say what one of the memories among them says, or said before and was true then."""
    memories = {item.candidate.item: item.candidate for item in items if item.candidate.kind is not None}
    if not memories or len(memories) == len(items):
        return list(items)
    replaced = [(memories[uid], old) for uid, old in unit.rows("texts_replaced", uids=json.dumps([*memories]))]
    return [
        item
        for item in items
        if item.candidate.kind is not None
        or not (
            any(restates(item.candidate.text, memory.text) for memory in memories.values())
            or any(
                (item.candidate.time or 0) <= (now.time or 0) and repeats(item.candidate.text, old, now.text)
                for now, old in replaced
            )
        )
    ]
