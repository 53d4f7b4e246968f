"""Projects: the list of them, and one with its pages as a tree, its rules, its sessions, how it is and how it grew."""

from __future__ import annotations

from typing import Any

from everlore.surfaces.web.asking import Ask, Shown
from everlore.surfaces.web.rendering import query

_TREE = 400
_ORDER = (
    "page", "goal", "decision", "convention", "preference", "procedure", "failure", "question", "artifact", "fact",
)  # fmt: skip


def projects(ask: Ask) -> Shown:
    """List every project."""
    found = ask.call("projects", limit=1000)
    return Shown("projects.html", {"projects": found.projects, "total": found.total})


def show(ask: Ask) -> Shown:
    """Show one project, or any namespace."""
    namespace = ask.path["namespace"]
    asked = {name: ask.query.get(name, "") for name in ("kind", "tag", "before")}
    tree = ask.call("namespaces", namespace=namespace, depth=8)
    pages = ask.call("pages", namespace=namespace, limit=_TREE, **asked)
    values: dict[str, Any] = {
        "namespace": namespace,
        "counts": tree.total,
        "below": [node for node in tree.namespaces if node.namespace.casefold() != namespace.casefold()],
        "tree": _tree(pages.pages),
        "total": pages.total,
        "shown": len(pages.pages),
        "next": query({**asked, "before": pages.next}) if pages.next else "",
        "filters": asked,
        "kinds": _ORDER,
        "rules": _rules(ask, namespace),
        "sessions": ask.call("sessions", namespace=namespace, limit=5).sessions,
        "handoff": next(iter(ask.call("handoff-list", namespace=namespace, state="offered", limit=1).handoffs), None),
        "overview": None,
    }
    return Shown("project.html", values, parts=("pages",))


def health(ask: Ask) -> Shown:
    """Show how a project is, and what agents are told of its last week."""
    namespace = ask.path["namespace"]
    growth = [(week.week, week.memories) for week in ask.call("growth", namespace=namespace).weeks]
    values = {"namespace": namespace, "overview": ask.call("overview", namespace=namespace), "growth": growth}
    return Shown("how.html", values, parts=("how",))


def _rules(ask: Ask, namespace: str) -> list[Any]:
    return list(ask.call("pages", namespace=namespace, layer="0", limit=12).pages)


def _tree(pages: list[Any]) -> list[tuple[str, list[tuple[str, list[Any]]]]]:
    """Return the pages by kind, and in each kind by the folder that their names say; those in none first."""
    kinds: dict[str, dict[str, list[Any]]] = {}
    for page in pages:
        folder, _, _ = page.name.rpartition("/") if page.titled and page.kind == "page" else ("", "", "")
        kinds.setdefault(page.kind, {}).setdefault(folder, []).append(page)
    return [
        (
            kind,
            [
                (folder, sorted(some, key=lambda page: page.name.casefold()))
                for folder, some in sorted(kinds[kind].items())
            ],
        )
        for kind in _ORDER
        if kind in kinds
    ]
