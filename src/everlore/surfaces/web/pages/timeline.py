"""The timeline: what became true and what ceased to, what was done, and how an entity's links came and went."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from everlore.surfaces.web.asking import Ask, Shown
from everlore.surfaces.web.rendering import query

_LIST = 100
_WHAT = ("true", "done", "all")
_FIELDS = ("namespace", "entity", "id", "what", "since", "until")


def timeline(ask: Ask) -> Shown:
    """Show events in order of time, the latest first."""
    asked = {name: ask.query.get(name, "").strip() for name in _FIELDS}
    asked["what"] = asked["what"] if asked["what"] in _WHAT else "true"
    given = {**asked, "what": "" if asked["what"] == "all" else asked["what"]}
    found = ask.call("timeline", limit=_LIST, **given).events
    events = sorted(found, key=lambda event: event.time, reverse=True)
    days = [(day, list(group)) for day, group in groupby(events, key=lambda event: event.time[:10])]
    full = len(found) == _LIST
    values: dict[str, Any] = {
        "days": days, "filters": asked,
        "earlier": query({**asked, "until": events[-1].time}) if full and events else "",
        "links": ask.call("graph-timeline", id=asked["entity"], namespace=asked["namespace"], limit=40).events[::-1] if asked["entity"] else [],
    }  # fmt: skip
    return Shown("timeline.html", values, parts=("events",))
