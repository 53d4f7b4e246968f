"""Answers about a project's repository, for a person."""

from __future__ import annotations

from everlore.surfaces.cli.phrases import count
from everlore.surfaces.cli.terminal import Page, clean, one_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Json = dict[str, Any]

_SHOWN = 400


def _bootstrap(answer: Json, page: Page) -> str:
    wanted = {"unchanged"} if not answer["dry_run"] else set()
    rows = [
        (each["what"], each["kind"], f"{each['sources']}", one_line(each["title"]), each["id"] or "")
        for each in answer["seeds"]
        if each["what"] not in wanted
    ][:_SHOWN]
    table = [page.table(("what", "kind", "sources", "title", "id"), rows)] if rows else []
    counts = ", ".join(f"{number:,} {what}" for what, number in answer["counts"].items()) or "nothing"
    said = (
        f"{page.paint('would come: ' if answer['dry_run'] else '', 'bold')}{counts} in {one_line(answer['namespace'])}"
    )
    read = f"read {count(answer['files'], 'file')} and {count(answer['commits'], 'commit')} of {clean(answer['root'])} in {answer['seconds']:.1f} s"
    lost = f"{count(len(answer['unresolved']), 'source')} of {answer['sources']:,} lead nowhere: {', '.join(map(one_line, answer['unresolved'][:5]))}"
    lines = [
        *table,
        said,
        read,
        lost if answer["unresolved"] else f"all of {count(answer['sources'], 'source')} resolve",
    ]
    lines += [f"left out: {one_line(each)}" for each in answer["cut"]]
    undo = answer["operation"] and page.paint(f"take it back with `lore undo {answer['operation']}`", "dim")
    return "\n".join([*lines, *([undo] if undo else [])])


def _freshness(answer: Json, page: Page) -> str:
    rows = [
        (each["id"], one_line(each["mark"]), one_line(each["namespace"]), one_line(each["title"]))
        for each in answer["memories"]
    ]
    table = [page.table(("id", "code", "namespace", "memory"), rows)] if rows else []
    states = ", ".join(f"{answer[name]:,} {name}" for name in ("fresh", "drifted", "gone"))
    return "\n".join([*table, f"{states}; {count(answer['checked'], 'place')} looked at in {answer['seconds']:.1f} s"])


RENDERERS: dict[str, Callable[[Json, Page], str]] = {"bootstrap": _bootstrap, "freshness": _freshness}
