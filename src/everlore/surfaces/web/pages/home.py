"""Home: which projects there are, what was learnt and said lately, what waits, and what it costs."""

from __future__ import annotations

from everlore.core.errors import InvalidInput
from everlore.surfaces.web.asking import Ask, Moved, Shown
from everlore.surfaces.web.pages.costs import every_day

_DAYS = 30


def home(ask: Ask) -> Shown:
    """Show what there is at a glance."""
    found = ask.call("projects", limit=12)
    values = {
        "projects": found.projects,
        "more_projects": found.total - len(found.projects),
        "latest": ask.call("pages", limit=8).pages,
        "sessions": ask.call("sessions", limit=5).sessions,
        "handoffs": ask.call("handoff-list", state="offered", limit=4).handoffs,
        "waiting": ask.call("review", limit=1).waiting,
    }
    return Shown("home.html", values, parts=("glance",))


def told(ask: Ask) -> Shown:
    """Show what was told on each of the last days, and what that saved."""
    days = ask.call("stats-timeline", days=_DAYS).rows
    known = [row.saved for row in days if row.saved is not None]
    values = {
        "days": [(day, row.injected if row else 0) for day, row in every_day(days)],
        "told": sum(row.injected for row in days), "saved": sum(known) if known else None,
    }  # fmt: skip
    return Shown("told.html", values, parts=("told",))


def undo(ask: Ask) -> Moved:
    """Take an operation back and return to the page that offered it."""
    back = ask.form.get("back", "/")
    if not ask.form.get("operation"):
        raise InvalidInput(
            "operation: which one is to be taken back?", field="operation", hint="the journal lists them"
        )
    done = ask.call("undo", operation=ask.form["operation"])
    return Moved(back if back.startswith("/") and not back.startswith("//") else "/", f"Taken back: {done.name}")
