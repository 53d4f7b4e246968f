"""Answers that show a store to a person at a terminal: projects, sessions whole, the journal, titles, graphs, how a project is."""

from __future__ import annotations

from everlore.surfaces.cli.phrases import count, line
from everlore.surfaces.cli.terminal import Page, clean, date, one_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Json = dict[str, Any]

_LISTS = {
    "projects": "projects",
    "workspaces": "workspaces",
    "journal": "entries",
    "pages": "pages",
    "graph": "nodes",
    "growth": "weeks",
    "search": "hits",
}
_PAGED = ("sessions", "handoff-list", "review")
"""What each list holds, by the operation that it answers."""


def notes(name: str, answer: Json) -> list[str]:
    """Return what is to be said beside an answer."""
    if name == "session" and answer["next"] is not None:
        return [f"there are more turns; continue with --after {answer['next']}"]
    if name in _PAGED and answer["next"]:
        return [f"there are more; continue with --before {answer['next']}"]
    if name not in _LISTS:
        return []
    shown = answer[_LISTS[name]]
    if not shown:
        return [f"no {_LISTS[name]} there"]
    if answer.get("next"):
        how = "offset" if name == "search" else "before"
        return [f"there are more; continue with --{how} {answer['next']}"]
    if len(shown) < (answer.get("total") or 0):
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


def _journal(answer: Json, page: Page) -> str:
    return "\n".join(_entry(each, page) for each in answer["entries"])


def _entry(entry: Json, page: Page) -> str:
    undone = entry["undone_by"] and f"undone by {entry['undone_by']}"
    told = line(entry["actor"], entry["namespace"], undone, entry["id"])
    head = f"{page.paint(date(entry['at']), 'cyan')} {page.paint(one_line(entry['operation']), 'bold')}"
    touched = ", ".join(f"{number:,} {what}" for what, number in entry["touched"].items())
    return f"{head} {page.paint('· ' + told, 'dim')}\n{page.indented(line(touched, entry['reason']) or 'nothing')}"


def _pages(answer: Json, page: Page) -> str:
    rows = [
        (each["id"], each["updated"][:10], each["kind"], each["namespace"], each["name"]) for each in answer["pages"]
    ]
    return page.table(("id", "updated", "kind", "namespace", "title"), rows) if rows else ""


def _graph(answer: Json, page: Page) -> str:
    rows = [
        (each["id"], str(each["degree"]), each["kind"], each["namespace"], each["name"]) for each in answer["nodes"]
    ]
    told = f"{count(len(rows), 'node')}, {count(len(answer['edges']), 'link')} among them"
    if span := answer["span"]:
        told += f", from {date(span['earliest'])} to {date(span['latest'])}"
    return f"{told}\n{page.table(('id', 'links', 'kind', 'namespace', 'name'), rows)}" if rows else ""


def _search(answer: Json, page: Page) -> str:
    return "\n".join(_hit(each, page) for each in answer["hits"])


def _hit(hit: Json, page: Page) -> str:
    told = line(hit["kind"], hit["namespace"], hit["state"] if hit["state"] != "active" else None, hit["id"])
    lines = [f"{page.paint(date(hit['time']) or 'undated', 'cyan')} {page.paint('· ' + told, 'dim')}"]
    for text, marks in ((hit["title"], hit["title_marks"]), (hit["snippet"], hit["marks"])):
        if text:
            lines.append(f"    {_marked(text, marks, page)}")
    return "\n".join(lines)


def _marked(text: str, marks: list[list[int]], page: Page) -> str:
    """Return a text on one line with what was found painted."""
    pieces, at = [], 0
    for start, end in marks:
        pieces += [_flat(text[at:start]), page.paint(_flat(text[start:end]), "bold")]
        at = end
    return "".join([*pieces, _flat(text[at:])])


def _flat(text: str) -> str:
    return " ".join(clean(text).replace("\n", " ").split(" "))


def _growth(answer: Json, page: Page) -> str:
    rows = [(each["week"], f"{each['memories']:,}") for each in answer["weeks"]]
    return page.table(("week", "memories"), rows) if rows else ""


def _overview(answer: Json, page: Page) -> str:
    handoff, health = answer["handoff"], answer["health"]
    blocks = []
    if handoff:
        blocks.append(f"{page.paint('waiting handoff', 'bold')} {handoff['id']}\n{page.indented(handoff['text'])}")
    if answer["briefing"] and answer["briefing"]["text"]:
        blocks.append(page.indented(answer["briefing"]["text"], 0))
    facts = [(sort, f"{number:,}") for sort, number in health["counts"].items()]
    facts += [(f"to {effect}", f"{number:,} wait") for effect, number in health["proposals"].items()]
    facts.append(("looked at", f"{health['read']:,} of {count(health['memories'], 'memory')}, the oldest"))
    blocks.append(f"{page.paint('health', 'bold')}\n{page.facts(facts)}")
    for sort, some in health["found"].items():
        lines = [f"    {each['id']} {one_line(each['title'])}" for each in some]
        blocks.append("\n".join([page.paint(sort, "bold"), *lines]))
    return "\n".join(blocks)


def _session(answer: Json, page: Page) -> str:
    session, told = answer["session"], answer["told"]
    facts = (
        ("id", session["id"]),
        ("client", one_line(session["client"] or "")),
        ("namespace", session["namespace"]),
        ("from", date(session["started"])),
        ("until", date(session["ended"])),
        ("turns", f"{session['turns']:,}"),
        ("page", answer["page"] or ""),
    )
    blocks = [
        page.paint(one_line(session["session"]), "bold"),
        page.facts((name, fact) for name, fact in facts if fact),
    ]
    blocks += [_told(each, page) for each in told if each["after"] < 0]
    for turn in answer["turns"]:
        what = line(date(turn["time"]), turn["detail"].get("tool"), turn["event"] or turn["role"])
        head = f"{page.paint(str(turn['position']), 'dim')} {page.paint(one_line(turn['speaker']), 'cyan')}"
        blocks.append(f"{head} {page.paint(f'· {what}', 'dim')}\n{page.indented(turn['text'])}")
        blocks += [_told(each, page) for each in told if each["after"] == turn["position"]]
    blocks += [
        f"learnt {each['kind']} {each['id']} from turn {each['position']}\n{page.indented(each['title'] or each['text'])}"
        for each in answer["learnt"]
    ]
    if answer["handoff"]:
        blocks.append(f"left handoff {answer['handoff']['id']}\n{page.indented(answer['handoff']['text'])}")
    return "\n".join(blocks)


def _told(told: Json, page: Page) -> str:
    head = f"  told {count(len(told['items']), 'item')}, {count(told['tokens'], 'token')} by {told['surface']} {told['operation']}"
    lines = [f"    {item['id']} {one_line(item['title'])}" for item in told["items"]]
    return page.paint("\n".join([head, *lines]), "dim")


RENDERERS: dict[str, Callable[[Json, Page], str]] = {
    "projects": _projects,
    "workspaces": _workspaces,
    "session": _session,
    "journal": _journal,
    "pages": _pages,
    "graph": _graph,
    "overview": _overview,
    "growth": _growth,
    "search": _search,
}
