"""Search as one types: words and meaning, filters, another day, and why each hit is where it is."""

from __future__ import annotations

from everlore.surfaces.web.asking import Ask, Shown
from everlore.surfaces.web.pages.memory import KINDS, TIERS
from everlore.surfaces.web.rendering import query

_LIST = 20
_FIELDS = ("namespace", "tag", "layer", "tier", "state", "since", "until", "as_of", "offset")
STATES = ("active", "superseded", "archived", "held")


def search(ask: Ask) -> Shown:
    """Show what was found; nothing typed shows the newest."""
    asked = {name: ask.query.get(name, "").strip() for name in _FIELDS}
    typed, kind, explain = ask.query.get("q", ""), ask.query.get("kind", ""), ask.query.get("explain", "")
    found = ask.call(
        "search", query=typed, kinds=[kind] if kind else None, limit=_LIST, explain="true" if explain else None, **asked
    )
    more = query({"q": typed, "kind": kind, "explain": explain, **asked, "offset": found.next}) if found.next else ""
    values = {
        "found": found, "typed": typed, "kind": kind, "explain": explain, "filters": asked, "next": more, "kinds": ("turn", "memory", *KINDS),
        "tiers": TIERS, "states": STATES, "filtered": any(value for name, value in asked.items() if name != "offset") or kind,
    }  # fmt: skip
    return Shown("search.html", values, parts=("hits",))
