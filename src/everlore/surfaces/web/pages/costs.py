"""Costs: what was told, what that cost and saved, in tokens and money; and the log of it, with why."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from everlore.app.answers import LedgerSums
from everlore.surfaces.web.asking import Ask, Shown
from everlore.surfaces.web.rendering import query

_LOG = 40
_FIELDS = ("days", "namespace", "provider")


def costs(ask: Ask) -> Shown:
    """Show the sums; the days come after the page."""
    asked = {name: ask.query.get(name, "").strip() for name in _FIELDS}
    return Shown(
        "costs.html", {"spent": ask.call("stats", **asked), "rows": None, "filters": asked, "log": query(asked)}
    )


def days(ask: Ask) -> Shown:
    """Show how the sums came about over the days."""
    asked = {name: ask.query.get(name, "").strip() for name in _FIELDS}
    rows = ask.call("stats-timeline", **asked).rows
    days = every_day(rows)
    series = [
        [day for day, _ in days],
        [row.injected if row else 0 for _, row in days],
        [row.saved if row else 0 for _, row in days],
    ]
    return Shown(
        "days.html",
        {"rows": rows, "series": json.dumps(series), "filters": asked, "log": query(asked)},
        parts=("by-day",),
    )


def every_day(rows: Sequence[LedgerSums]) -> list[tuple[str, LedgerSums | None]]:
    """Return each day from the first in which something was told to today, with its sums; none where nothing was told."""
    if not rows:
        return []
    known = {row.key: row for row in rows}
    day, today = date.fromisoformat(rows[0].key), datetime.now(UTC).date()
    days = [day + timedelta(number) for number in range((today - day).days + 1)]
    return [(each.isoformat(), known.get(each.isoformat())) for each in days]


def log(ask: Ask) -> Shown:
    """List what was told, newest first, with why."""
    asked = {name: ask.query.get(name, "").strip() for name in (*_FIELDS, "before")}
    found = ask.call("stats-logs", limit=_LOG, **asked)
    following = query({**asked, "before": found.next}) if found.next else ""
    return Shown("log.html", {"entries": found.entries, "next": following, "filters": asked}, parts=("entries",))
