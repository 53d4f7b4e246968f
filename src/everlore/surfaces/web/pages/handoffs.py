"""Handoffs: what sessions left for the next, which of it waits, and what became of the rest."""

from __future__ import annotations

from everlore.core.errors import InvalidInput
from everlore.surfaces.web.asking import Ask, Moved, Shown
from everlore.surfaces.web.rendering import query

_LIST = 30
_DOING = {
    "cancel": ("handoff-cancel", "Taken back: no session is offered it"),
    "reopen": ("handoff-reopen", "Offered again"),
}


def handoffs(ask: Ask) -> Shown:
    """List handoffs, those that wait first."""
    asked = {name: ask.query.get(name, "") for name in ("namespace", "state", "before")}
    found = ask.call("handoff-list", limit=_LIST, **asked)
    following = query({**asked, "before": found.next}) if found.next else ""
    shown = sorted(found.handoffs, key=lambda each: each.state != "offered")
    return Shown("handoffs.html", {"handoffs": shown, "filters": asked, "next": following})


def act(ask: Ask) -> Moved:
    """Take a handoff back, or offer it again."""
    doing = _DOING.get(ask.form.get("do", ""))
    if doing is None:
        raise InvalidInput("a handoff can be cancelled or reopened", field="do")
    done = ask.call(doing[0], id=ask.path["id"])
    return Moved("/handoffs", doing[1], done.operation)
