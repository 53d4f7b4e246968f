"""Answers about pages, projects that move or go, and what is wrong with memories, for a person."""

from __future__ import annotations

from everlore.surfaces.cli.phrases import count, line
from everlore.surfaces.cli.terminal import Page, one_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Json = dict[str, Any]

_OUTCOMES = {"created": "green", "revised": "green", "unchanged": "cyan", "held": "red", "archived": "yellow"}


def _undo(answer: Json, page: Page) -> str:
    if answer["operation"]:
        return page.paint(f"\n    take it back with `lore undo {answer['operation']}`", "dim")
    return "" if answer["applied"] else "\n    nothing was changed: a dry run"


def _page_changed(answer: Json, page: Page) -> str:
    outcome = page.paint(answer["outcome"], "bold", _OUTCOMES[answer["outcome"]])
    head = f"{outcome} {one_line(answer['name'])}"
    facts = line(
        f"id {answer['id']}",
        f"revision {answer['revision']}",
        answer["namespace"],
        answer["links"] and count(answer["links"], "link"),
    )
    lines = [head, f"    {facts}"]
    lines += [f"    leads nowhere: [[{one_line(name)}]]" for name in answer["missing"]]
    lines += [f"    linked by {one_line(each['name'])} ({each['id']})" for each in answer["backlinks"]]
    return "\n".join(lines) + _undo(answer, page)


def _read_page(answer: Json, page: Page) -> str:
    shown = answer["page"]
    state = shown["state"] if shown["state"] != "active" else ""
    lines = [page.paint(one_line(shown["title"] or shown["id"]), "bold")]
    lines.append(
        page.paint(
            line(shown["kind"], state, shown["namespace"], f"revision {shown['revision']}", f"id {shown['id']}"), "dim"
        )
    )
    lines += ["", page.indented(shown["text"]), ""]
    lines += [f"  {each['kind']} → {one_line(each['name'])} ({each['id']})" for each in answer["links"]]
    lines += [f"  {each['kind']} ← {one_line(each['name'])} ({each['id']})" for each in answer["backlinks"]]
    lines += [f"  leads nowhere: [[{one_line(name)}]]" for name in answer["missing"]]
    return "\n".join(lines).rstrip()


def _touched(answer: Json, page: Page) -> str:
    verb = "is" if answer["applied"] else "would be"
    head = f"{one_line(answer['before'])} {verb} {page.paint(one_line(answer['namespace']), 'bold')}"
    parts = ", ".join(f"{number:,} {name}" for name, number in answer["touched"].items()) or "nothing"
    return "\n".join([f"{head}: {parts}", *(f"    stays: {one_line(each)}" for each in answer["remains"])]) + _undo(
        answer, page
    )


def _purged(answer: Json, page: Page) -> str:
    verb = "purged" if answer["applied"] else "would purge"
    rows = [
        ("gone" if each["gone"] else "remains", one_line(each["where"]), one_line(each["detail"]))
        for each in answer["places"]
    ]
    end = "" if answer["applied"] else "\nnothing was changed: a dry run"
    head = page.paint(f"{verb} {one_line(answer['what'])}", "bold")
    return f"{head}\n{page.table(('', 'where', 'what'), rows)}{end}"


def _linted(answer: Json, page: Page) -> str:
    blocks = [", ".join(f"{number:,} {name}" for name, number in answer["counts"].items() if number) or "nothing found"]
    for sort in answer["counts"]:
        found = [each for each in answer["found"] if each["sort"] == sort]
        if found:
            blocks.append("\n".join([page.paint(sort, "bold"), *(_ill(each, page) for each in found)]))
    looked = line(
        f"{answer['read']:,} read", answer["compared"] and f"{answer['compared']:,} held against their nearest"
    )
    blocks.append(page.paint(looked + ("" if answer["complete"] else "; not all, --compare says how many"), "dim"))
    if answer["proposed"]:
        blocks.append(f"{count(answer['proposed'], 'proposal')} wait: `lore review`")
    return "\n\n".join(blocks)


def _ill(each: Json, page: Page) -> str:
    ids = ", ".join(each["ids"])
    said = f"  {one_line(each['title']) or ids}: {one_line(each['why'])}"
    return f"{said}\n" + page.paint(f"    {line(one_line(each['todo']), ids, each['namespace'])}", "dim")


RENDERERS: dict[str, Callable[[Json, Page], str]] = {
    "write-page": _page_changed,
    "delete-page": _page_changed,
    "read-page": _read_page,
    "rename-project": _touched,
    "move-project": _touched,
    "merge-workspace": _touched,
    "purge-project": _purged,
    "purge-session": _purged,
    "lint": _linted,
    "reorg": _linted,
}
