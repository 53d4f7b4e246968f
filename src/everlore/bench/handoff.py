"""How faithful handoffs are: what has to be in them, what must not, and whether any line was made up.

The data is a directory with `sessions.json` (sessions with their turns and tool calls) and `handoffs.json` (for some of the
sessions, patterns that their handoff must match and patterns that it must not); without one, ten sessions that ship with the
bench. Nothing is stored: a handoff is made from the turns alone.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from everlore.bench import machine, scores
from everlore.core.errors import InvalidInput
from everlore.sessions.clients.payload import iso
from everlore.sessions.handoff import Facts, Said, as_json, build, check, render
from everlore.sessions.tools import tool_detail

if TYPE_CHECKING:
    from everlore.app import requests
    from everlore.app.app import App
    from everlore.app.caller import Caller

SHIPPED = Path(__file__).parent / "handoffs"
_EVENTS = {"user": "prompt", "assistant": "answer", "tool": "tool_result"}


def measure(app: App, caller: Caller, request: requests.Bench) -> dict[str, Any]:
    """Measure the handoffs of a data set; raise `InvalidInput` for one that is none."""
    directory = Path(request.data) if request.data else SHIPPED
    try:
        sessions = {each["session"]: each for each in json.loads((directory / "sessions.json").read_text("utf-8"))}
        wanted = json.loads((directory / "handoffs.json").read_text("utf-8"))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InvalidInput(f"{directory} holds no sessions with handoffs: {error}", field="data") from None
    rows, took = [], []
    for each in wanted:
        session = sessions[each["session"]]
        started = time.perf_counter()
        text, invented = written(session)
        took.append((time.perf_counter() - started) * 1000)
        missing = [pattern for pattern in each["must"] if not re.search(pattern, text)]
        wrong = [pattern for pattern in each["must_not"] if re.search(pattern, text)]
        rows.append({
            "session": each["session"], "must": len(each["must"]), "missing": missing, "wrong": wrong, "invented": invented, "characters": len(text),
            "turns": len(session["turns"]),
        })  # fmt: skip
    must = sum(row["must"] for row in rows)
    return {
        "data": directory.name, "sessions": len(rows), "must": must, "named": 1 - sum(len(row["missing"]) for row in rows) / must,
        "wrong": sum(len(row["wrong"]) for row in rows), "invented": sum(len(row["invented"]) for row in rows),
        "most characters": max(row["characters"] for row in rows), "milliseconds": scores.spread(took), "each": rows, "machine": machine.describe(),
    }  # fmt: skip


def written(session: Mapping[str, Any]) -> tuple[str, list[str]]:
    """Return the handoff of a session of a data set as text, and the lines of it that none of its turns says."""
    turns = said(session["turns"])
    cwd, branch = session.get("cwd"), session.get("branch")
    times = [turn.time for turn in turns if turn.time is not None]
    facts = Facts(
        session.get("agent", "agent"), session["session"], min(times, default=None), max(times, default=None), cwd, branch,
        session.get("ended") == "normal",
    )  # fmt: skip
    made = build(turns, facts)
    if made is None:
        return "", []
    json.dumps(as_json(made))
    return render(made), check(made, turns)


def said(turns: Sequence[Mapping[str, Any]]) -> list[Said]:
    """Return the turns of a session of a data set as capture would have stored them."""
    found = []
    for position, turn in enumerate(turns):
        event, text, detail = _EVENTS[turn["role"]], turn.get("text", ""), dict[str, Any]()
        if tool := turn.get("tool"):
            detail = tool_detail(tool["name"], tool.get("input"))
            if tool.get("exit") is not None:
                detail["exit"] = tool["exit"]
            event = "tool_failure" if tool.get("exit") else event if "output" in tool else "tool_call"
            given = detail.get("command") or " ".join(detail.get("paths", ())) or detail.get("input", "")
            text = "\n".join(part for part in (f"{tool['name']} {given}", str(tool.get("output") or "")) if part)
        found.append(
            Said(
                str(turn.get("id", position)),
                position,
                turn["role"],
                event,
                text,
                iso(str(turn.get("time", ""))),
                detail,
            )
        )
    return found
