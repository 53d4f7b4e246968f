"""What several renderings say in the same words: counts, sizes, spans of time, and how to take a change back."""

from __future__ import annotations

from everlore.surfaces.cli.terminal import date, one_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from everlore.surfaces.cli.terminal import Page

    Json = dict[str, Any]


def line(*parts: object) -> str:
    """Return what there is of some parts on one line, set apart by dots."""
    return " · ".join(one_line(str(part)) for part in parts if part)


def count(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural where it needs one."""
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number:,} {noun if number == 1 else plural}"


def interval(since: str | None, until: str | None) -> str:
    """Return from when until when something holds, empty where it is open on both sides."""
    if not since and not until:
        return ""
    return " ".join(part for part in (since and f"from {date(since)}", until and f"until {date(until)}") if part)


def short(value: object) -> str:
    """Return any JSON value on one line."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {short(inner)}" for name, inner in value.items()) or "none"
    if isinstance(value, list):
        return ", ".join(map(short, value)) or "none"
    if value is None:
        return "-"
    return f"{value:.3g}" if isinstance(value, float) else one_line(str(value))


def size(count: int) -> str:
    """Return a number of bytes as people write it."""
    amount, unit = float(count), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if amount < 1000:
            break
        amount, unit = amount / 1000, larger
    return f"{amount:.1f} {unit}" if unit != "B" else f"{count} B"


def take_back(answer: Json, page: Page) -> str:
    """Return the line that says how to take a change back; empty where nothing changed."""
    return (
        page.paint(f"\n    take it back with `lore undo {answer['operation']}`", "dim") if answer["operation"] else ""
    )
