"""What a session is told at its start, and a conversation without one at its first prompt: what stands, whatever is asked."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from everlore.app.freshness import Mark, marks
from everlore.app.steering import orders_in
from everlore.app.telling.block import (
    LONGEST,
    Block,
    Waiting,
    add_lines,
    caveat_of,
    day_of,
    hand_over,
    line_of,
    orders_of,
    plain,
)
from everlore.app.tree import Standard, holding
from everlore.core.quote import quote
from everlore.core.shorten import shorten
from everlore.core.types import Namespace
from everlore.memory.belief import since
from everlore.recall.gather import Scope
from everlore.recall.words import STOP_WORDS, root, roots
from everlore.store.sight import EVERYTHING, Sight, limits

if TYPE_CHECKING:
    from everlore.store.contract import Row, Unit

START_TOKENS = 1_500
_RULES = 8
_SAID = 4
_TITLES = 8
_RANKED_RULES = 48
"""Rules that are read and ranked by the task before the first of them are told."""
_LIGHT = frozenset(root(word) for word in STOP_WORDS)


def at_start(
    unit: Unit,
    namespace: Namespace,
    waiting: Waiting | None,
    now: int,
    *,
    told: Iterable[str] = (),
    seen: Sight = EVERYTHING,
    budget: int = START_TOKENS,
    withhold: bool = False,
    task: str = "",
) -> Block:
    """Return what a session is told at its start: the handoff, the standards that hold there, the rules of the project, and what else is remembered.

    Of rules that stand as high as one another, those come first that speak of the `task`, as far as anything tells of it.
    """
    block = Block(budget, known=frozenset(told))
    hand_over(block, waiting)
    within = {"nodes": json.dumps(namespace.lineage), "now": now, **limits(unit, seen)}
    standards = add_standards(block, unit, namespace, now, seen)
    rules, fresh = rules_of(unit, namespace, now, seen, standards, withhold=withhold)
    rules = _by_task(rules, task)[:_RULES]
    add_lines(
        block,
        "\nRules and conventions:",
        (line_of(row, now, fresh.get(row[0])) for row in rules),
        [row[0] for row in rules],
        "a rule of the project",
        memory=True,
    )
    match = Scope(namespace.id, ("turn",), sight=seen).match('marks : "standing"')
    newest = [row[0] for row in unit.rows("match_newest", match=match, limit=_SAID)]
    said = [
        row for row in unit.rows("turns_of_passages", passages=json.dumps(newest)) if not orders_in(row[1], role=row[4])
    ]
    add_lines(
        block,
        "\nSaid by people in earlier sessions:",
        (_said(row) for row in said),
        [row[0] for row in said],
        "a rule that somebody said",
    )
    _index(block, unit, namespace, within, {*standards, *(row[0] for row in rules)})
    return block


def add_standards(block: Block, unit: Unit, namespace: Namespace, now: int, seen: Sight) -> set[str]:
    """Tell the standards that hold in a namespace, and return the ids of all of them."""
    held = (each for each in holding(unit, namespace, seen, now) if not _steers(each))
    found = {each.memory.uid: each for each in held}  # one memory may stand under two names
    lines = (_standard(each, now) for each in found.values())
    add_lines(block, "\nStandards:", lines, list(found), "a standard that holds here", memory=True)
    return set(found)


def rules_of(
    unit: Unit, namespace: Namespace, now: int, seen: Sight, but: set[str], *, withhold: bool
) -> tuple[list[Row], dict[str, Mark]]:
    """Return what stands as a rule in a namespace, but for some, and whether the code of each is as it was."""
    within = {"nodes": json.dumps(namespace.lineage), "now": now, **limits(unit, seen)}
    rows = unit.rows("memories_standing", **within, limit=_RANKED_RULES + len(but))
    fresh = marks(unit, (row[0] for row in rows))
    old = {uid for uid, mark in fresh.items() if withhold and mark.state != "fresh"}
    return [row for row in rows if row[0] not in but and row[0] not in old and not orders_of(row)], fresh


def add_always(block: Block, unit: Unit, namespace: Namespace, now: int, seen: Sight, *, withhold: bool) -> None:
    """Tell the standards that hold and what is in layer 0, in at most half of the room that is left."""
    room, block.budget = block.budget, block.tokens + (block.budget - block.tokens) // 2
    standards = add_standards(block, unit, namespace, now, seen)
    rules, fresh = rules_of(unit, namespace, now, seen, standards, withhold=withhold)
    always = [row for row in rules if row[8] == 0]
    lines = (line_of(row, now, fresh.get(row[0])) for row in always)
    add_lines(block, "\nRules:", lines, [row[0] for row in always], "in layer 0, which is always told", memory=True)
    block.budget = room


def _by_task(rules: Sequence[Row], task: str) -> list[Row]:
    """Return rules by how much of a task they speak of, those of layer 0 before the others; ties keep their order."""
    words = set(roots(task)) - _LIGHT
    said = {row[0]: words & set(roots(f"{row[2] or ''} {row[3]}")) for row in rules if words}
    if not said:
        return list(rules)
    counts = Counter(word for found in said.values() for word in found)
    return sorted(rules, key=lambda row: (row[8] != 0, -sum(1 / counts[word] for word in said[row[0]])))


def _index(block: Block, unit: Unit, namespace: Namespace, within: dict[str, Any], shown: set[str]) -> None:
    counts = unit.rows("memories_by_kind", **within)
    if not counts:
        return
    kinds = ", ".join(f"{number} {kind}" for kind, number in counts)
    rows = [
        row
        for row in unit.rows("memories_newest", **within, limit=_TITLES + len(shown))
        if row[0] not in shown and not orders_of(row)
    ]
    titles = [
        f"- {day_of(row[4])} {row[1]}: {shorten(_first(row), 100)} (id {row[0]}{caveat_of(row, within['now'], ', ')})"
        for row in rows[:_TITLES]
    ]
    if titles:
        lead = f"\nAlso remembered about {namespace.path}: {kinds}; ask `recall` for them. The newest:"
        block.add("\n".join([lead, *titles]), *(row[0] for row in rows[:_TITLES]), why="among the newest")


def _steers(standard: Standard) -> str:
    said = standard.revision
    return orders_in(f"{said.title or ''}\n{said.text}")


def _standard(standard: Standard, now: int) -> str:
    memory, said = standard.memory, standard.revision
    row = (
        f"{memory.kind}, {plain(standard.name)}",
        said.title,
        said.text,
        since(said),
        0,
        said.valid_from,
        said.valid_until,
    )
    return line_of((memory.uid, *row), now)


def _said(row: Row) -> str:
    return f"[{day_of(row[3])} · {plain(row[2])} · id {row[0]}]\n{quote(shorten(row[1], LONGEST))}"


def _first(row: Row) -> str:
    return " ".join((row[2] or row[3]).split())
