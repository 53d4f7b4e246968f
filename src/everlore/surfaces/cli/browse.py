"""Answers that show a store to a person at a terminal: projects, sessions whole, the journal, titles, graphs, how a project is."""

from __future__ import annotations

from everlore.surfaces.cli.terminal import Page, date

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Json = dict[str, Any]

_LISTS = {"projects": "projects", "workspaces": "workspaces"}
"""What each list holds, by the operation that it answers."""


def notes(name: str, answer: Json) -> list[str]:
    """Return what is to be said beside an answer."""
    if name not in _LISTS:
        return []
    shown = answer[_LISTS[name]]
    if not shown:
        return [f"no {_LISTS[name]} there"]
    if answer.get("next"):
        return [f"there are more; continue with --before {answer['next']}"]
    if len(shown) < answer.get("total", 0):
        return [f"{len(shown)} of {answer['total']} shown; --limit shows more"]
    return []


def _projects(answer: Json, page: Page) -> str:
    rows = [
        (
            each["namespace"],
            date(each["last"]),
            *(f"{each[name]:,}" for name in ("memories", "sessions", "turns", "handoffs", "proposals")),
        )
        for each in answer["projects"]
    ]
    head = ("project", "last", "memories", "sessions", "turns", "handoffs", "to review")
    return page.table(head, rows) if rows else ""


def _workspaces(answer: Json, page: Page) -> str:
    rows = [
        (
            each["workspace"],
            date(each["last"]),
            *(f"{each[name]:,}" for name in ("projects", "memories", "sessions", "turns")),
        )
        for each in answer["workspaces"]
    ]
    return page.table(("workspace", "last", "projects", "memories", "sessions", "turns"), rows) if rows else ""


RENDERERS: dict[str, Callable[[Json, Page], str]] = {
    "projects": _projects,
    "workspaces": _workspaces,
}
