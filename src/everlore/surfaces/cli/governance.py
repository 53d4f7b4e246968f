"""Answers about what waits for a decision, who may do what, and what fades, for a person: each with the next step."""

from __future__ import annotations

from everlore.surfaces.cli.phrases import count, take_back
from everlore.surfaces.cli.terminal import Page, clean, date, one_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    Json = dict[str, Any]

_STATES = {"approved": "green", "rejected": "red", "waiting": "yellow", "failed": "red"}
_DIFF = {"+": "green", "-": "red", "@": "cyan"}


def notes(name: str, answer: Json) -> list[str]:
    """Return what is to be said beside an answer."""
    said = []
    if name == "review" and not answer["proposals"]:
        said.append("nothing there" + (f"; {answer['waiting']} wait elsewhere" if answer["waiting"] else ""))
    if name == "agents" and not answer["agents"]:
        said.append("nobody is registered; `lore agent register NAME` does that")
    if name == "sweep" and not answer["memories"]:
        said.append("nothing has expired or faded")
    elif name == "sweep" and not answer["applied"]:
        said.append("nothing was done yet; --apply does it")
    if name == "policy" and not answer["rules"]:
        said.append("no rule is set; the defaults hold")
    return said


def _review(answer: Json, page: Page) -> str:
    rows = [
        (each["id"], each["recorded"][:10], each["effect"], f"{each['confidence']:.2f}", each["actor"], each["reason"], each["about"])
        for each in answer["proposals"]
    ]  # fmt: skip
    return page.table(("id", "date", "effect", "sure", "by", "why", "about"), rows) if rows else ""


def _shown(answer: Json, page: Page) -> str:
    found = answer["proposal"]
    state = page.paint(found["state"], "bold", _STATES.get(found["state"], "bold"))
    approvals = f", approved by {', '.join(map(one_line, found['approvals']))}" if found["approvals"] else ""
    facts = page.facts(
        (
            ("id", found["id"]),
            ("would", f"{found['operation']} in {found['namespace']}"),
            ("why", one_line(found["reason"])),
            ("by", f"{one_line(found['actor'])} ({found['origin']}), {date(found['recorded'])}"),
            ("sure", f"{found['confidence']:.2f}"),
            ("needs", f"{count(found['needed'], 'approval')}{approvals}"),
        )
    )
    lines = [f"{page.paint(found['effect'], 'bold')} {state}", facts]
    lines += [page.indented(f"evidence: {each}") for each in answer["evidence"]]
    lines += [page.paint(page.indented(line), *_style(line)) for line in answer["diff"]]
    if found["state"] == "waiting":
        step = f"`lore review approve {found['id']}` carries it out, `lore review reject {found['id']}` does not"
        lines.append(page.paint(page.indented(step), "dim"))
    return "\n".join(lines)


def _style(line: str) -> tuple[str, ...]:
    colour = _DIFF.get(line[:1])
    return (colour,) if colour else ()


def _decided(answer: Json, page: Page) -> str:
    lines = []
    for each in answer["decided"]:
        state = page.paint(each["state"], "bold", _STATES.get(each["state"], "bold"))
        lines.append(
            f"{each['id']} {state}{': ' + one_line(each['detail']) if each['detail'] else ''}{take_back(each, page)}"
        )
        lines += [_places(each["places"], page)] if each["places"] else []
    return "\n".join(lines)


def _rules(answer: Json, page: Page) -> str:
    rows = [
        (rule["namespace"] or "everywhere", rule["effect"], rule["who"], _decision(rule), rule["id"])
        for rule in answer["rules"]
    ]
    blocks = [page.table(("where", "effect", "who", "decision", "id"), rows)] if rows else []
    blocks.append(page.paint("by default", "bold"))
    blocks.append(page.facts((who, said) for who, said in _defaults(answer["defaults"])))
    return "\n".join(blocks) + take_back(answer, page)


def _decision(rule: Json) -> str:
    return f"approve, {rule['approvals']}" if rule["decision"] == "approve" else str(rule["decision"])


def _defaults(rules: list[Json]) -> Iterable[tuple[str, str]]:
    """Yield each sort of caller with what it may do, in one line."""
    for who in dict.fromkeys(rule["who"] for rule in rules):
        said = []
        for decision, verb in (("allow", "may"), ("approve", "needs approval to"), ("deny", "may not")):
            effects = [rule["effect"] for rule in rules if rule["who"] == who and rule["decision"] == decision]
            if effects:
                said.append(f"{verb} {', '.join('do anything' if e == 'any' else e for e in effects)}")
        yield who.removeprefix("origin:"), "; ".join(said)


def _agents(answer: Json, page: Page) -> str:
    rows = [
        (one["name"], one["origin"], one["role"] or "", one["place"] or "", one["recorded"][:10])
        for one in answer["agents"]
    ]
    return (page.table(("name", "origin", "role", "place", "since"), rows) if rows else "") + take_back(answer, page)


def _sweep(answer: Json, page: Page) -> str:
    rows = [(each["id"], each["what"], each["why"], each["text"]) for each in answer["memories"]]
    table = (
        page.table(("id", "is archived" if answer["applied"] else "would be", "why", "memory"), rows) if rows else ""
    )
    return table + take_back(answer, page)


def _purge(answer: Json, page: Page) -> str:
    head = f"purged {count(len(answer['ids']), 'memory')}: {', '.join(answer['ids'])}; nothing brings that back"
    return f"{clean(head)}\n{_places(answer['places'], page)}"


def _places(places: list[Json], page: Page) -> str:
    rows = [
        (
            page.paint("gone", "green") if place["gone"] else page.paint("remains", "yellow"),
            place["where"],
            place["detail"],
        )
        for place in places
    ]
    return page.table(("", "where", "what"), rows)


def _curate(answer: Json, page: Page) -> str:
    changed = [f"{number:,} {name}" for name, number in answer["changed"].items() if number]
    proposed = [f"{number:,} {name}" for name, number in answer["proposed"].items() if number]
    lines = [f"read {count(answer['read'], 'memory')} in {answer['seconds']:.1f} s"]
    lines += [f"changed: {', '.join(changed)}"] if changed else []
    lines += [f"proposed: {', '.join(proposed)}; `lore review` shows them"] if proposed else []
    lines += [] if changed or proposed else ["nothing to do"]
    lines += [] if answer["complete"] else ["its time or changes were used up; run it again for the rest"]
    return "\n".join(lines) + take_back(answer, page)


def _compile(answer: Json, page: Page) -> str:
    lines = []
    for each in answer["sessions"]:
        lines.append(
            f"{each['outcome']}: {each['title'] or 'a session that did little'} ({each['page'] or each['session']})"
        )
        lines += [f"  {lesson['outcome']}: {lesson['text']}" for lesson in each["lessons"]]
        lines += ["", *each["text"].splitlines(), ""] if each["text"] else []
    for each in answer["pages"]:
        lines.append(f"{each['outcome']}: {each['title']} of {each['namespace']} ({each['page'] or 'no page'})")
        lines += ["", *each["text"].splitlines(), ""] if each["text"] else []
    proposed = sum(
        lesson["outcome"].startswith("proposed,") or lesson["outcome"] == "proposed"
        for each in answer["sessions"]
        for lesson in each["lessons"]
    )
    lines += (
        [f"{count(proposed, 'lesson')} proposed; `lore review` shows them"] if proposed and answer["operation"] else []
    )
    return "\n".join(map(clean, lines or [_NOTHING_ENDED])) + take_back(answer, page)


_NOTHING_ENDED = "nothing to compile: no agent's session has ended since; a conversation that was imported is compiled when it is named"

RENDERERS: dict[str, Callable[[Json, Page], str]] = {
    "sweep": _sweep,
    "purge": _purge,
    "compile": _compile,
    "curate": _curate,
    "review": _review,
    "review-show": _shown,
    "review-edit": _shown,
    "review-approve": _decided,
    "review-reject": _decided,
    "policy": _rules,
    "policy-set": _rules,
    "policy-drop": _rules,
    "agents": _agents,
    "agent-register": _agents,
    "agent-retire": _agents,
}
