"""Home: which projects there are, what was learnt and said lately, what waits, and what it costs."""

from __future__ import annotations

from everlore.core.errors import InvalidInput
from everlore.surfaces.web.asking import Ask, Moved, Shown

_DAYS = 30


def home(ask: Ask) -> Shown:
    """Show what there is at a glance."""
    found = ask.call("projects", limit=12)
    days = ask.call("stats-timeline", days=_DAYS).rows
    values = {
        "projects": found.projects,
        "more_projects": found.total - len(found.projects),
        "latest": ask.call("pages", limit=8).pages,
        "sessions": ask.call("sessions", limit=5).sessions,
        "handoffs": ask.call("handoff-list", state="offered", limit=4).handoffs,
        "waiting": ask.call("review", limit=1).waiting,
        "told": sum(row.injected for row in days),
        "saved": sum(row.saved for row in days if row.saved is not None)
        if any(row.saved is not None for row in days)
        else None,
        "days": [(row.key, row.injected) for row in days],
    }
    return Shown("home.html", values, parts=("glance",))


def undo(ask: Ask) -> Moved:
    """Take an operation back and return to the page that offered it."""
    back = ask.form.get("back", "/")
    if not ask.form.get("operation"):
        raise InvalidInput(
            "operation: which one is to be taken back?", field="operation", hint="the journal lists them"
        )
    done = ask.call("undo", operation=ask.form["operation"])
    return Moved(back if back.startswith("/") and not back.startswith("//") else "/", f"Taken back: {done.name}")
