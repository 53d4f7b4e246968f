"""Costs: what was told, what that cost and saved, in tokens and money; and the log of it, with why."""

from __future__ import annotations

import json

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
    series = [
        [row.key for row in rows],
        [row.injected for row in rows],
        [row.history for row in rows],
        [row.saved for row in rows],
    ]
    return Shown(
        "days.html",
        {"rows": rows, "series": json.dumps(series), "filters": asked, "log": query(asked)},
        parts=("by-day",),
    )


def log(ask: Ask) -> Shown:
    """List what was told, newest first, with why."""
    asked = {name: ask.query.get(name, "").strip() for name in (*_FIELDS, "before")}
    found = ask.call("stats-logs", limit=_LOG, **asked)
    following = query({**asked, "before": found.next}) if found.next else ""
    return Shown("log.html", {"entries": found.entries, "next": following, "filters": asked}, parts=("entries",))
