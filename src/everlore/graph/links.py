"""Links on both clocks: typed, weighted, dated, with evidence, several intervals for the same two ends.

Where validity, weight or evidence change, the old row is taken back and a new one written, so that `recorded_as_of` still
finds what was held true before; taking back is reversed by undo. Between the same two ends links of one kind never overlap
in time: what overlaps is the same link told again, what does not is another interval of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from everlore.core.errors import Conflict, InvalidInput
from everlore.core.types import Link
from everlore.memory import life
from everlore.memory.changes import Changes
from everlore.store.contract import Unit

FOREVER = (1 << 62) - 1
BOTH_WAYS = frozenset({"related", "contradicts"})
"""The kinds that say the same from either end."""


@dataclass(frozen=True, slots=True)
class Told:
    """What is said of a link; None leaves what is known, or is the default of a new one. Times in Unix milliseconds."""

    weight: float | None = None
    valid_from: int | None = None
    valid_until: int | None = None
    evidence: str | None = None


def begins(link: Link) -> int:
    """Return since when a link is in force: as it says, else since it was recorded."""
    return link.valid_from if link.valid_from is not None else link.recorded


def between(unit: Unit, kind: str, source: str, target: str) -> list[Link]:
    """Return the intervals of a link, the earliest first; one that holds both ways is found from either end."""
    found = [Link(*row) for row in unit.rows("graph_between", kind=kind, source=source, target=target)]
    if kind in BOTH_WAYS:
        found += [Link(*row) for row in unit.rows("graph_between", kind=kind, source=target, target=source)]
    return sorted(found, key=begins)


def put(changes: Changes, kind: str, source: str, target: str, told: Told) -> tuple[Link, bool]:
    """Write a link, or what is told anew of one that overlaps; return it and whether anything changed."""
    if source == target:
        raise InvalidInput("a link needs two ends", field="target")
    since = told.valid_from if told.valid_from is not None else changes.now
    if told.valid_until is not None and told.valid_until <= since and told.valid_from is not None:
        raise InvalidInput("valid_until must be later than valid_from", field="valid_until")
    known = between(changes.unit, kind, source, target)
    same = [link for link in known if _overlap(link, told, since)]
    if len(same) > 1:
        raise Conflict(
            f"{kind} from {source} to {target} holds in {len(same)} intervals of that time", field="valid_from",
            hint="`lore graph timeline` shows them, `lore graph unlink` takes one back",
        )  # fmt: skip
    if same:
        return _again(changes, same[0], told)
    if told.valid_until is not None and told.valid_until <= since:
        raise InvalidInput("valid_until lies before the link begins; give valid_from too", field="valid_until")
    return _write(changes, kind, source, target, told), True


def take_back(changes: Changes, link: Link) -> None:
    """Say that a link was a mistake: it is no longer known of, and was not in force at any time."""
    changes.apply({
        "what": "link", "id": link.uid, "before": True, "after": False, "kind": link.kind, "source": link.source, "target": link.target,
    })  # fmt: skip


def end(changes: Changes, link: Link, until: int) -> Link:
    """Say when a link ceased to be in force; return it as it is known now."""
    if until <= begins(link):
        raise InvalidInput("valid_until must be later than the beginning of the link", field="valid_until")
    if link.valid_until == until:
        return link
    take_back(changes, link)
    return _write(changes, link.kind, link.source, link.target, Told(link.weight, begins(link), until, link.evidence))


def _again(changes: Changes, link: Link, told: Told) -> tuple[Link, bool]:
    new = replace(
        link,
        weight=link.weight if told.weight is None else told.weight,
        valid_from=link.valid_from if told.valid_from is None else told.valid_from,
        valid_until=link.valid_until if told.valid_until is None else told.valid_until,
        evidence=link.evidence if told.evidence is None else told.evidence,
    )
    if new == link:
        return link, False
    if new.valid_until is not None and new.valid_until <= begins(new):
        raise InvalidInput("valid_until must be later than valid_from", field="valid_until")
    take_back(changes, link)
    return _write(
        changes, link.kind, link.source, link.target, Told(new.weight, begins(new), new.valid_until, new.evidence)
    ), True


def _overlap(link: Link, told: Told, since: int) -> bool:
    if told.valid_from is None and told.valid_until is not None:  # only an end is told: of the link in force until then
        return begins(link) < told.valid_until and (link.valid_until is None or link.valid_until >= told.valid_until)
    until = FOREVER if told.valid_until is None else told.valid_until
    return begins(link) < until and (link.valid_until is None or link.valid_until > since)


def _write(changes: Changes, kind: str, source: str, target: str, told: Told) -> Link:
    uid = life.link(
        changes, kind, source, target, weight=1.0 if told.weight is None else told.weight, valid_from=told.valid_from,
        valid_until=told.valid_until, evidence=told.evidence,
    )  # fmt: skip
    row = changes.unit.one("graph_link", uid=uid)
    assert row is not None
    return Link(*row)
