"""How a slice is written: Markdown between the fences of ours, JSON, or TOON (Token-Oriented Object Notation). Pure.

All three hold the same items in the same order, each with its citation. What stands comes first, and nothing before it tells of
the rest, so that all texts of a day about one project begin alike; JSON and TOON have two tables for that.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

import msgspec

from everlore.app.slicing.picks import Pick
from everlore.core import cite
from everlore.core.quote import visible
from everlore.core.tokens import estimate

HEADING = 6
"""Tokens that a section's own line costs at most."""


def write(picks: Sequence[Pick], project: str, date: str, shape: str) -> str:
    """Return the text of a slice; empty where there is nothing to say."""
    if not picks:
        return ""
    if shape == "markdown":
        lines = [
            line for head, some in sections(picks) for line in (f"## {head}", *(_cited(pick, project) for pick in some))
        ]
        return cite.fenced(cite.name(project, 600), date, "\n".join(lines))
    tree = as_tree(picks, project, date)
    return _toon(tree) if shape == "toon" else msgspec.json.encode(tree).decode()


def cost(pick: Pick, project: str, shape: str) -> int:
    """Return about how many tokens an item adds to the text."""
    if shape == "markdown":
        return estimate(cite.unfenced(_cited(pick, project))) + 1
    row = _fields(pick)
    return estimate(_toon({"items": [row]}) if shape == "toon" else msgspec.json.encode(row).decode()) + 1


def sections(picks: Iterable[Pick]) -> list[tuple[str, list[Pick]]]:
    """Return runs of items of one role under its name, in order."""
    grouped = groupby(picks, key=lambda pick: "resolved" if pick.kind == "resolved" else pick.role)
    return [(str(role).capitalize(), list(some)) for role, some in grouped]


def as_tree(picks: Sequence[Pick], project: str, date: str) -> dict[str, Any]:
    """Return a slice as JSON and TOON have it."""
    standing, rest = [[_fields(pick) for pick in picks if pick.standing is first] for first in (True, False)]
    return {"notice": cite.NOTICE, "project": project, "date": date, "standing": standing, "items": rest}


def _fields(pick: Pick) -> dict[str, str]:
    return {name: visible(value) for name, value in pick.fields().items()}


def _cited(pick: Pick, project: str) -> str:
    return cite.cited(pick.parts(project), pick.title, pick.text)


def _toon(tree: Any) -> str:  # noqa: ANN401 - any JSON
    from toon_format import encode  # for the few who ask for it

    return str(encode(tree))
