"""Answers for a person: compact, readable without colour, with the date and the source of everything recalled.

`render` gives what goes to standard output, `notes` what is said about it on standard error. Both take the answer as
plain JSON, so that it does not matter whether the server or this process gave it. Times are UTC.
"""

from __future__ import annotations

from everlore.surfaces.cli import browse, care, context, costs, governance, graphs, language, projects, sessions, upkeep
from everlore.surfaces.cli.phrases import count, interval, line, short
from everlore.surfaces.cli.terminal import Page, clean, date, one_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Json = dict[str, Any]

_OUTCOMES = {"kept": "green", "merged": "cyan", "superseded": "yellow", "held": "red"}
_FRESH = {"fresh": ("dim",), "drifted": ("yellow",), "gone": ("red",)}
_MEANING = {"kept": "kept", "merged": "merged into", "superseded": "kept, superseding", "held": "held back"}


def render(name: str, answer: Json, page: Page) -> str:
    """Return the answer of the operation `name` as text for `page`."""
    return _RENDERERS[name](answer, page)


def notes(name: str, answer: Json) -> str:
    """Return what is to be said beside the answer, empty if there is nothing."""
    lines = [f"note: {found['kind']} removed from the text ({found['count']}x)" for found in answer.get("findings", [])]
    if name in ("recall", "transcripts-search") and answer["withheld"]:
        lines.append("nothing relevant is remembered")
    elif name == "recall" and not answer["items"]:
        lines.append("what is relevant does not fit the budget; give a larger --budget")
    if name == "list" and not answer["memories"]:
        lines.append("no memories there")
    if name == "list" and answer["next"]:
        lines.append(f"{len(answer['memories'])} of {answer['total']} shown; continue with --before {answer['next']}")
    if name in ("handoff", "handoff-list") and not answer["handoffs"]:
        lines.append("no handoff waits here" if name == "handoff" else "no handoffs there")
    if name == "timeline" and not answer["events"]:
        lines.append("nothing happened there")
    if name == "namespaces" and not answer["namespaces"]:
        lines.append("nothing is kept there")
    if name == "standards" and not answer["standards"]:
        lines.append(f"no standard holds in {answer['namespace']}")
    if name == "sessions" and not answer["sessions"]:
        lines.append("no sessions there")
    lines += [f"skipped {_left_out(**skipped)}" for skipped in answer.get("skipped", [])]
    lines += [f"failed {_left_out(**failed)}; it is tried again later" for failed in answer.get("failed", [])]
    if quarantined := answer.get("quarantined"):
        ids = ", ".join(each["id"] for each in quarantined)
        lines.append(f"kept back, as it tries to steer who reads it: {ids}; `lore get ID` shows it")
    if drifted := answer.get("drifted"):
        lines.append(
            f"kept back, as the code that it speaks of has changed: {', '.join(drifted)}; `lore get ID` shows it"
        )
    lines += [
        *browse.notes(name, answer),
        *context.notes(name, answer),
        *graphs.notes(name, answer),
        *governance.notes(name, answer),
        *language.notes(name, answer),
    ]
    return "\n".join(clean(line) for line in lines)


def _left_out(where: str, error: str) -> str:
    return f"{where}: {error.removeprefix(f'{where}: ')}"


def _remember(answer: Json, page: Page) -> str:
    outcome, other = answer["outcome"], answer["other"]
    about = f" {other}" if other and outcome in ("merged", "superseded") else ""
    head = f"{page.paint(_MEANING[outcome] + about, 'bold', _OUTCOMES[outcome])}: {one_line(answer['why'])}"
    place = line(f"id {answer['id']}", f"revision {answer['revision']}", answer["namespace"])
    undo = f"\n    take it back with `lore undo {answer['operation']}`" if answer["operation"] else ""
    let_in = f"\n    let it in with `lore restore {answer['id']}`" if outcome == "held" else ""
    return f"{head}\n    {place}{page.paint(let_in + undo, 'dim')}"


def _check_duplicate(answer: Json, page: Page) -> str:
    outcome = answer["outcome"]
    head = f"would be {page.paint(outcome, 'bold', _OUTCOMES[outcome])}: {one_line(answer['why'])}"
    if answer["duplicate"] and outcome != "merged":
        head += "\n    a duplicate at this threshold"
    return "\n".join([head, *(_likeness(each, page) for each in answer["nearest"])])


def _likeness(each: Json, page: Page) -> str:
    near = line(f"nearest {each['id']}", f"similarity {each['similarity']:.2f}", one_line(each["why"]))
    return f"    {near}\n{page.indented(each['text'])}"


def _recall(answer: Json, page: Page) -> str:
    blocks = [recalled(number, item, page) for number, item in enumerate(answer["items"], 1)]
    if explain := answer.get("explain"):
        blocks.append(page.facts((name, short(value)) for name, value in explain.items()))
    return "\n\n".join(blocks)


def recalled(number: int, item: Json, page: Page) -> str:
    """Return one item of recall: number, date and who, the text, and below it the source to cite."""
    source, memory = item["source"], item["kind"] == "memory"
    what = item["memory_kind"] if memory else item["speaker"]
    head = f"{page.paint(f'{number:>2}.', 'bold')} {page.paint(date(item['time']) or 'undated', 'cyan')}"
    text = item["text"].removeprefix(f"{item['title']}\n").lstrip("\n")
    lines = [f"{head} · {line(what, item['title'])}", page.indented(text)]
    turn = source["turn"] and f"turn {source['turn']} of {source['session']}"
    revision = memory and f"revision {source['revision']}"
    lines.append(page.paint(page.indented(f"[{line(item['id'], revision, turn, item['namespace'])}]"), "dim"))
    if item["supersedes"]:
        lines.append(page.paint(page.indented(f"supersedes {item['supersedes']}"), "yellow"))
    lines += [page.paint(page.indented(caveat), "yellow") for caveat in item["caveats"]]
    if item.get("freshness"):
        lines.append(
            page.paint(page.indented(one_line(item["freshness"])), *_FRESH[item["freshness"].split(" ")[0].strip(",")])
        )
    if item.get("why"):
        lines.append(page.paint(page.indented("why: " + short(item["why"])), "dim"))
    return "\n".join(lines)


def _titled(title: str | None, text: str, page: Page) -> list[str]:
    if not title or text.startswith(title):
        return [page.indented(text)]
    return [page.paint(page.indented(title), "bold"), page.indented(text)]


def _get(answer: Json, page: Page) -> str:
    if turn := answer["turn"]:
        facts = page.facts((name, turn[name]) for name in ("id", "turn", "session", "role", "namespace"))
        caption = [page.indented(f"[{turn['caption']}]")] if turn["caption"] else []
        head = page.paint(line(date(turn["time"]) or "undated", turn["speaker"]), "bold")
        return "\n".join([head, page.indented(turn["text"]), *caption, facts])
    memory = answer["memory"]
    title = [page.paint(clean(memory["title"]), "bold")] if memory["title"] else []
    links = [f"{link['kind']} {link['source']} -> {link['target']}" for link in answer["links"]]
    said = [
        line(f"{each['verdict']}, says {each['actor']}", date(each["time"]), each["note"])
        for each in answer["feedback"]
    ]
    return "\n".join([*title, page.indented(memory["text"]), _memory_facts(memory, page), *links, *said])


def _memory_facts(memory: Json, page: Page) -> str:
    return page.facts(
        (
            ("id", memory["id"]),
            ("state", memory["state"]),
            ("kind", memory["kind"]),
            ("namespace", memory["namespace"]),
            ("tags", ", ".join(memory["tags"])),
            ("true", line(interval(memory["valid_from"], memory["valid_until"]), *memory["caveats"])),
            ("revision", f"{memory['revision']}, of {date(memory['updated'])}"),
            ("created", date(memory["created"])),
            ("code", memory["freshness"]),
            ("source", memory["source"] and f"turn {memory['source']}"),
            ("importance", f"{memory['importance']:g}"),
            ("layer", memory["placed"] and f"{memory['layer']}, {memory['placed']}"),
            ("tier", memory["tier"] + (", pinned" if memory["pinned"] else "")),
            ("ends", memory["expires"] and date(memory["expires"])),
            ("used", f"{count(memory['uses'], 'time')}, strength {memory['strength']:.2f}"),
            (
                "seen by",
                f"{memory['visibility']}, made by {one_line(memory['owner'])}"
                if memory["owner"]
                else memory["visibility"],
            ),
        )
    )


def _list(answer: Json, page: Page) -> str:
    if not answer["memories"]:
        return ""
    rows = [
        (memory["id"], memory["updated"][:10], memory["kind"], memory["namespace"], _marked(memory))
        for memory in answer["memories"]
    ]
    return page.table(("id", "date", "kind", "namespace", "memory"), rows)


def _marked(memory: Json) -> str:
    code = memory["freshness"]
    marks = [*memory["caveats"], *([code] if code and not code.startswith("fresh") else ())]
    said: str = memory["title"] or memory["text"]
    return f"[{', '.join(marks)}] {said}" if marks else said


def _history(answer: Json, page: Page) -> str:
    blocks = [f"{answer['id']} is {answer['state']}"]
    for revision in answer["revisions"]:
        number = page.paint(f"revision {revision['number']}", "bold")
        source = revision["source"] and f"from turn {revision['source']}"
        true = interval(revision["valid_from"], revision["valid_until"])
        recorded = f"recorded {date(revision['recorded'])}"
        told = line(recorded, true and f"true {true}", f"by {revision['actor']}", source)
        before = [each for each in revision["believed"] if each["recorded_until"]]
        held = [page.paint(page.indented(_believed(each)), "dim") for each in before]
        blocks.append("\n".join([f"{number} · {told}", *_titled(revision["title"], revision["text"], page), *held]))
    return "\n".join(blocks)


def _believed(held: Json) -> str:
    """Return what was held true of a revision until something changed that."""
    return f"before {date(held['recorded_until'])} held true {interval(held['valid_from'], held['valid_until'])}"


def _timeline(answer: Json, page: Page) -> str:
    lines = []
    for event in answer["events"]:
        until = event["valid_until"] and f"until {date(event['valid_until'])}"
        head = f"{page.paint(date(event['time']), 'cyan')} {event['what']}"
        lines.append(f"{head} {page.paint('· ' + line(event['kind'], event['namespace'], event['id'], until), 'dim')}")
        lines.append(page.indented(event["text"]))
    return "\n".join(lines)


def _namespaces(answer: Json, page: Page) -> str:
    counted = ("memories", "sessions", "turns")
    rows = [
        ("  " * each["namespace"].count("/") + each["namespace"], *(_of(each, name) for name in counted))
        for each in answer["namespaces"]
    ]
    return page.table(("namespace", *counted), rows) if rows else ""


def _of(node: Json, name: str) -> str:
    """Return how much there is with all below, and in brackets how much of it lies at the node itself."""
    own, whole = node[name], node["below"][name]
    return f"{whole:,}" if own == whole else f"{whole:,} ({own:,} here)"


def _namespace_move(answer: Json, page: Page) -> str:
    undo = page.paint(f"take it back with `lore undo {answer['operation']}`", "dim")
    after = page.paint(one_line(answer["namespace"]), "bold")
    return f"{one_line(answer['before'])} is {after} now: {count(answer['namespaces'], 'namespace')}\n    {undo}"


def _standard_changed(answer: Json, page: Page) -> str:
    name, where = page.paint(one_line(answer["name"]), "bold"), one_line(answer["namespace"])
    undo = answer["operation"] and page.paint(f"\n    take it back with `lore undo {answer['operation']}`", "dim")
    was = f", no more {answer['replaced']}" if answer["replaced"] and answer["memory"] else ""
    said = f"{name} of {where} is {answer['memory']}{was}" if answer["memory"] else f"{name} of {where} is dropped"
    return said + (undo or "\n    it was already")


def _standards(answer: Json, page: Page) -> str:
    blocks = []
    for each in answer["standards"]:
        told = line(each["kind"], f"from {each['namespace']}" if each["inherited"] else "", each["memory"])
        head = f"{page.paint(one_line(each['name']), 'bold')} {page.paint('· ' + told, 'dim')}"
        blocks.append("\n".join([head, *_titled(each["title"], each["text"], page)]))
    return "\n".join(blocks)


def _changed(answer: Json, page: Page) -> str:
    undo = page.paint(f"take it back with `lore undo {answer['operation']}`", "dim")
    return f"{answer['id']} is {page.paint(answer['state'], 'bold')}, revision {answer['revision']}\n    {undo}"


def _undo(answer: Json, page: Page) -> str:
    again = page.paint(f"do it again with `lore undo {answer['operation']}`", "dim")
    return f"undid {answer['name']} {answer['undid']}: {count(answer['changes'], 'change')}\n    {again}"


_RENDERERS: dict[str, Callable[[Json, Page], str]] = {
    "remember": _remember,
    "recall": _recall,
    "get": _get,
    "list": _list,
    "history": _history,
    "revise": _changed,
    "forget": _changed,
    "restore": _changed,
    "undo": _undo,
    "timeline": _timeline,
    "check-duplicate": _check_duplicate,
    "namespaces": _namespaces,
    "namespace-move": _namespace_move,
    "standard-set": _standard_changed,
    "standard-drop": _standard_changed,
    "standards": _standards,
    "transcripts-search": _recall,
    "set": _changed,
    "supersede": _changed,
    "merge": _changed,
    "feedback": _changed,
    "consolidate": _changed,
    **browse.RENDERERS,
    **context.RENDERERS,
    **projects.RENDERERS,
    **sessions.RENDERERS,
    **upkeep.RENDERERS,
    **graphs.RENDERERS,
    **governance.RENDERERS,
    **care.RENDERERS,
    **language.RENDERERS,
    **costs.RENDERERS,
}
