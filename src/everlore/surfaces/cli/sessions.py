"""Answers about sessions, hooks and handoffs, for a person."""

from __future__ import annotations

from everlore.surfaces.cli.phrases import count, line, size
from everlore.surfaces.cli.terminal import Page, date, one_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from everlore.surfaces.cli.terminal import Page

    Json = dict[str, Any]


def _handoff(answer: Json, page: Page) -> str:
    return "\n\n".join(_handoff_text(each, page) for each in answer["handoffs"])


def _handoff_text(handoff: Json, page: Page) -> str:
    to = handoff["recipient"] and f"for {handoff['recipient']}"
    head = f"{page.paint(date(handoff['recorded']), 'cyan')} {page.paint(handoff['state'], 'bold')}"
    told = line(
        handoff["client"], handoff["occasion"], to, handoff["namespace"], handoff["id"] and f"id {handoff['id']}"
    )
    return f"{head} {page.paint('· ' + told, 'dim')}\n{page.indented(handoff['text'])}"


def _handoff_list(answer: Json, page: Page) -> str:
    rows = [
        (each["id"], each["recorded"][:10], each["state"], each["client"] or "", each["namespace"], _goal(each["text"]))
        for each in answer["handoffs"]
    ]
    return page.table(("id", "date", "state", "from", "namespace", "goal"), rows) if rows else ""


def _goal(text: str) -> str:
    """Return the first thing that a handoff quotes."""
    return next((line[2:] for line in text.splitlines() if line.startswith("- ")), text)


def _handoff_changed(answer: Json, page: Page) -> str:
    handoff, undo = answer["handoff"], page.paint(f"take it back with `lore undo {answer['operation']}`", "dim")
    return f"handoff {handoff['id']} of {one_line(handoff['namespace'])} is {page.paint(handoff['state'], 'bold')}\n    {undo}"


def _hook(answer: Json, page: Page) -> str:
    return str(answer["output"])


def _mine(answer: Json, page: Page) -> str:
    on = "\n    the server goes on reading what is new" if answer["watched"] else ""
    failed = "".join(f"\n    {one_line(each['where'])}: {one_line(each['error'])}" for each in answer["failed"])
    if answer["estimate"] is not None:
        much, seconds = size(answer["bytes"]), answer["estimate"]
        said = f"{count(answer['read'], 'file')} of {answer['files']:,} to read, {much}, about {seconds:g} s"
        return f"{said}{'; --history reads what is there' if answer['from_now_on'] else ''}{on}{failed}"
    if answer["from_now_on"] and not answer["read"]:
        said = f"{count(answer['files'], 'file')} noted: what comes from now on is read; --history reads what is there"
        return f"{said}{on}{failed}"
    parts = [
        count(answer["turns"], "turn"),
        count(answer["sessions"], "session"),
        f"{answer['known']:,} known already",
    ]
    bad = [f"{answer['bad_lines']:,} lines passed over"] if answer["bad_lines"] else []
    said = f"mined {', '.join([*parts, *bad])} from {count(answer['read'], 'file')} in {answer['seconds']:.1f} s"
    return f"{said}{on}{failed}"


def _sessions(answer: Json, page: Page) -> str:
    rows = [
        (
            each["session"],
            (each["ended"] or "")[:16].replace("T", " "),
            each["client"] or "",
            each["namespace"],
            str(each["turns"]),
            each["about"] or "",
        )
        for each in answer["sessions"]
    ]
    return page.table(("session", "last", "client", "namespace", "turns", "about"), rows) if rows else ""


def _drain(answer: Json, page: Page) -> str:
    parts = [count(answer["turns"], "turn"), f"{answer['known']:,} known already", f"{answer['ignored']:,} ignored"]
    aside = [f"{answer['aside']:,} set aside"] if answer["aside"] else []
    return f"stored {', '.join([*parts, *aside])}; {answer['waiting']:,} wait"


RENDERERS: dict[str, Callable[[Json, Page], str]] = {
    "hook": _hook,
    "drain": _drain,
    "mine": _mine,
    "sessions": _sessions,
    "handoff": _handoff,
    "handoff-list": _handoff_list,
    "handoff-begin": _handoff_changed,
    "handoff-accept": _handoff_changed,
    "handoff-cancel": _handoff_changed,
    "handoff-reopen": _handoff_changed,
}
