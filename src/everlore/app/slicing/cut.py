"""Which items fit a budget, and in which order. Pure.

What stands comes first, in an order of its own that no question changes (layer, kind, id), and within a share of the room that no
question changes either: two slices of one project begin alike, byte for byte, so that a provider's prompt cache holds. The rest
follows by role; the best of what the question found takes its share first, then each role takes its own of what is left, and what is
left then goes in the same order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from everlore.app.slicing.picks import Pick
from everlore.recall.roles import STANDING_SHARE, Role

_RESOLVED_SHARE = 0.3
_ANSWER_SHARE, _ANSWERS = 0.6, 3
"""Of what is left, what the best that the question found may take before all else."""


class _Room:
    """So many tokens, and what was taken for them: an item, and the heading above it where that is new."""

    def __init__(self, cost: Callable[[Pick], int], heading: int) -> None:
        self.cost, self.heading = cost, heading
        self.taken: list[Pick] = []
        self.roles: set[str] = set()
        self.spent = 0

    def fill(self, picks: Sequence[Pick], most: float) -> list[Pick]:
        """Take those that fit below `most` tokens in all; return those left."""
        left = []
        for pick in picks:
            key = pick.kind if pick.kind == "resolved" else pick.role
            cost = self.cost(pick) + (0 if key in self.roles else self.heading)
            if self.spent + cost > most:
                left.append(pick)
                continue
            self.spent += cost
            self.roles.add(key)
            self.taken.append(pick)
        return left


def cut(
    picks: Sequence[Pick], shares: Mapping[Role, float], room: int, cost: Callable[[Pick], int], heading: int
) -> list[Pick]:
    """Return the picks that fit `room` tokens, in the order of the text; `cost` is that of one, `heading` of a line above some."""
    first = _Room(cost, heading)
    over = first.fill([pick for pick in picks if pick.standing], room * STANDING_SHARE)
    standing = sorted(first.taken, key=lambda pick: (pick.layer, pick.kind, pick.id))
    rest = _Room(cost, heading)
    left = room - first.spent
    gone = [pick for pick in picks if pick.kind == "resolved"]
    rest.fill(gone, left * _RESOLVED_SHARE)
    others: list[Pick] = []
    late = [
        *(pick for pick in picks if not pick.standing and pick.kind != "resolved"),
        *(replace(pick, standing=False) for pick in over),
    ]
    best = [pick for pick in late if pick.cause == "recalled"][:_ANSWERS]
    rest.fill(best, rest.spent + left * _ANSWER_SHARE)
    late = [pick for pick in late if pick not in rest.taken]
    for role, share in shares.items():
        others += rest.fill([pick for pick in late if pick.role == role], min(left, rest.spent + left * share))
    rest.fill(others, left)
    places = {role: place for place, role in enumerate(shares)}
    rest.taken.sort(key=lambda pick: -1 if pick.kind == "resolved" else places[pick.role])
    return [*standing, *rest.taken]
