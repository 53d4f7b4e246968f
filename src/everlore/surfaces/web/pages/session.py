"""Sessions: the list of them, and one as it went, with what was told in it and learnt from it in their places."""

from __future__ import annotations

import json
from typing import Any

from everlore.app.answers import SessionTurn
from everlore.core.errors import NotFound
from everlore.surfaces.web.asking import Ask, Sent, Shown
from everlore.surfaces.web.rendering import query, short

_TURNS = 60
_LIST = 40
_FOLDED = 1_500
"""Characters beyond which what was said is folded."""


def sessions(ask: Ask) -> Shown:
    """List sessions, the latest first."""
    asked = {name: ask.query.get(name, "") for name in ("namespace", "client", "before")}
    found = ask.call("sessions", limit=_LIST, **asked)
    following = query({**asked, "before": found.next}) if found.next else ""
    return Shown("sessions.html", {"sessions": found.sessions, "filters": asked, "next": following}, parts=("list",))


def show(ask: Ask) -> Shown:
    """Show one session from the turn at `at` on, or from the turn after `after`."""
    at = ask.query.get("at", "")
    after = ask.query.get("after") or (str(max(-1, int(at) - 3)) if at.isdecimal() and len(at) < 9 else None)
    found = ask.call("session", id=ask.path["id"], limit=_TURNS, after=after)
    told: dict[int, list[Any]] = {}
    for each in found.told:
        told.setdefault(each.after, []).append(each)
    learnt: dict[str, list[Any]] = {}
    for each in found.learnt:
        learnt.setdefault(each.turn, []).append(each)
    values = {
        "session": found.session, "turns": [_turn(turn) for turn in found.turns], "told": told, "learnt": learnt, "all_learnt": found.learnt,
        "page": found.page, "handoff": found.handoff, "next": found.next, "first": found.turns[0].position if found.turns else 0,
        "after": after, "step": _TURNS,
    }  # fmt: skip
    return Shown("session.html", values)


def turn(ask: Ask) -> Sent:
    """Send what was said in one turn, whole."""
    position = int(ask.path["position"])
    found = ask.call("session", id=ask.path["id"], limit=1, after=position - 1).turns
    if not found or found[0].position != position:
        raise NotFound(f"there is no turn {position} in that session", field="position")
    return Sent(found[0].text.encode("utf-8", "replace"))


def _turn(turn: SessionTurn) -> dict[str, Any]:
    """Return a turn as the page shows it: what was said, or a tool's call with what it was about."""
    detail = turn.detail
    tool = detail.get("tool") if turn.event else None
    about = detail.get("command") or ", ".join(detail.get("paths") or ()) or ""
    given = detail.get("input")
    return {
        "turn": turn,
        "tool": tool or ("tool" if turn.role == "tool" else ""),
        "about": short(str(about or turn.text), 120),
        "input": json.dumps(given, ensure_ascii=False, indent=1)
        if isinstance(given, (dict, list))
        else str(given or ""),
        "failed": turn.event == "tool_failure" or detail.get("exit") not in (None, 0),
        "folded": len(turn.text) > _FOLDED,
    }
