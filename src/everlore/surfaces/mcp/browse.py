"""Answers that show a store, as text for a model, in the standard library alone: what others wrote stands quoted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from everlore.core import cite
from everlore.core.quote import quote

Json = dict[str, Any]


def _more(answer: Json, name: str = "before") -> list[str]:
    return [f"More: {name}={answer['next']}"] if answer.get("next") is not None else []


def _projects(answer: Json) -> str:
    lines = [
        cite.head(
            cite.name(each["namespace"], 600), f"last {cite.minute(each['last'])}", f"{each['memories']} memories", f"{each['sessions']} sessions",
            each["handoffs"] and f"{each['handoffs']} open handoffs", each["proposals"] and f"{each['proposals']} to review",
        )
        for each in answer["projects"]
    ]  # fmt: skip
    return "\n".join([f"{len(lines)} of {answer['total']} projects, the latest first.", *lines])


def _workspaces(answer: Json) -> str:
    lines = [
        cite.head(cite.name(each["workspace"]), f"last {cite.minute(each['last'])}", f"{each['projects']} projects")
        for each in answer["workspaces"]
    ]
    return "\n".join([f"{len(lines)} of {answer['total']} workspaces, the latest first.", *lines])


def _pages(answer: Json) -> str:
    lines = [
        f"{cite.head(cite.day(each['updated']), each['kind'], cite.name(each['namespace'], 600), 'id ' + each['id'])}\n{quote(cite.line(each['name']))}"
        for each in answer["pages"]
    ]
    return "\n".join([f"{len(lines)} of {answer['total']} titles.", *lines, *_more(answer)])


def _journal(answer: Json) -> str:
    lines = []
    for each in answer["entries"]:
        undone = each["undone_by"] and f"undone by {each['undone_by']}"
        place = each["namespace"] and cite.name(each["namespace"], 600)
        lines.append(
            cite.head(
                cite.minute(each["at"]), each["operation"], cite.name(each["actor"], 80), place, f"{each['changes']} changes", undone,
                f"operation {each['id']}",
            )
        )  # fmt: skip
        lines += [quote(cite.line(each["reason"]))] if each["reason"] else []
    return "\n".join([f"{len(answer['entries'])} entries, newest first.", *lines, *_more(answer)])


def _session(answer: Json) -> str:
    session = answer["session"]
    lead = cite.head(
        f"Session {cite.key(session['session'])}", cite.name(session["namespace"], 600), f"{session['turns']} turns", f"id {session['id']}"
    )  # fmt: skip
    lines = []
    for turn in answer["turns"]:
        what = cite.name(turn["detail"].get("tool") or turn["event"] or turn["role"] or "")
        lines.append(
            f"[{turn['position']}] {cite.head(cite.minute(turn['time']), cite.name(turn['speaker']), what)}\n{quote(turn['text'])}"
        )
    lines += [
        f"told after [{each['after']}]: {each['tokens']} tokens, ids {' '.join(item['id'] for item in each['items'])}"
        for each in answer["told"]
    ]
    lines += [
        f"learnt from [{each['position']}]: {each['kind']} {each['id']}\n{cite.titled(each['title'], each['text'])}"
        for each in answer["learnt"]
    ]
    if answer["handoff"]:
        lines.append(f"left handoff {answer['handoff']['id']}\n{quote(answer['handoff']['text'])}")
    return "\n".join([f"{lead}. {cite.NOTICE}", *lines, *_more(answer, "after")])


def _graph(answer: Json) -> str:
    names = {node["id"]: cite.name(node["name"], 80) or node["id"] for node in answer["nodes"]}
    nodes = [
        cite.head(names[node["id"]], node["kind"], f"{node['degree']} links", f"id {node['id']}")
        for node in answer["nodes"]
    ]
    edges = [f"{edge['source']} -{edge['kind']}-> {edge['target']}" for edge in answer["edges"]]
    return "\n".join([f"{len(nodes)} nodes and {len(edges)} links among them.", *nodes, *edges])


def _overview(answer: Json) -> str:
    handoff, health = answer["handoff"], answer["health"]
    lines = [f"waiting handoff {handoff['id'] or 'of an open session'}\n{quote(handoff['text'])}"] if handoff else []
    lines += [answer["briefing"]["text"]] if answer["briefing"] and answer["briefing"]["text"] else []
    counts = ", ".join(f"{number} {sort}" for sort, number in health["counts"].items())
    lines.append(f"health: {counts}; {health['read']} of {health['memories']} memories looked at")
    for sort, some in health["found"].items():
        lines += [f"{sort}: id {each['id']}\n{quote(cite.line(each['title']))}" for each in some]
    return "\n".join([f"{cite.name(answer['namespace'] or 'The whole store', 600)}. {cite.NOTICE}", *lines])


RENDERERS: dict[str, Callable[[Json], str]] = {
    "projects": _projects,
    "workspaces": _workspaces,
    "pages": _pages,
    "journal": _journal,
    "session": _session,
    "graph": _graph,
    "overview": _overview,
}
