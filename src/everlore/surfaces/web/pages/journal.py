"""The journal: every change, who made it and why, to be read and where possible taken back."""

from __future__ import annotations

from everlore.surfaces.web.asking import Ask, Shown
from everlore.surfaces.web.rendering import query

_LIST = 50
_FIELDS = ("namespace", "operation", "actor", "id", "since", "until", "before")


def journal(ask: Ask) -> Shown:
    """Show entries, newest first."""
    asked = {name: ask.query.get(name, "").strip() for name in _FIELDS}
    found = ask.call("journal", limit=_LIST, **asked)
    following = query({**asked, "before": found.next}) if found.next else ""
    values = {"entries": found.entries, "next": following, "length": found.length, "head": found.head, "filters": asked}
    return Shown("journal.html", {**values, "verified": None}, parts=("entries",))


def verify(ask: Ask) -> Shown:
    """Check the chain and everything that is derived, and say what came of it."""
    found = ask.call("journal", limit=_LIST)
    values = {
        "entries": found.entries,
        "next": query({"before": found.next}) if found.next else "",
        "length": found.length,
        "head": found.head,
    }
    return Shown("journal.html", {**values, "filters": dict.fromkeys(_FIELDS, ""), "verified": ask.call("verify")})
