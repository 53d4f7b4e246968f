"""Home: which projects there are, what happened lately, what waits, whether all is well, and what it costs."""

from __future__ import annotations

from everlore.surfaces.web.asking import Ask, Moved, Shown


def home(ask: Ask) -> Shown:
    """Show what there is at a glance."""
    values = {
        "latest": ask.call("list", limit="8").memories,
        "sessions": ask.call("sessions", limit="6").sessions,
        "handoffs": ask.call("handoff-list", state="offered", limit="5").handoffs,
        "waiting": ask.call("review", limit="1").waiting,
        "spent": ask.call("stats", days="30"),
        "days": ask.call("stats-timeline", days="30").rows,
    }
    return Shown("home.html", values, parts=("glance",))


def undo(ask: Ask) -> Moved:
    """Take an operation back and return to the page that offered it."""
    back = ask.form.get("back", "/")
    done = ask.call("undo", operation=ask.form.get("operation"))
    return Moved(back if back.startswith("/") and not back.startswith("//") else "/", f"Taken back: {done.name}")
