"""Answers for a person: compact, readable without colour, with the date and the source of everything recalled.

`render` gives what goes to standard output, `notes` what is said about it on standard error. Both take the answer as
plain JSON, so that it does not matter whether the server or this process gave it. Times are UTC.
"""

from __future__ import annotations

from everlore.surfaces.cli import governance, graphs
from everlore.surfaces.cli.terminal import Page, clean, date, one_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Json = dict[str, Any]

_OUTCOMES = {"kept": "green", "merged": "cyan", "superseded": "yellow", "held": "red"}
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
    lines += [*graphs.notes(name, answer), *governance.notes(name, answer)]
    return "\n".join(clean(line) for line in lines)


def _left_out(where: str, error: str) -> str:
    return f"{where}: {error.removeprefix(f'{where}: ')}"


def _line(*parts: object) -> str:
    return " · ".join(one_line(str(part)) for part in parts if part)


def _remember(answer: Json, page: Page) -> str:
    outcome, other = answer["outcome"], answer["other"]
    about = f" {other}" if other and outcome in ("merged", "superseded") else ""
    head = f"{page.paint(_MEANING[outcome] + about, 'bold', _OUTCOMES[outcome])}: {one_line(answer['why'])}"
    place = _line(f"id {answer['id']}", f"revision {answer['revision']}", answer["namespace"])
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
    near = _line(f"nearest {each['id']}", f"similarity {each['similarity']:.2f}", one_line(each["why"]))
    return f"    {near}\n{page.indented(each['text'])}"


def _recall(answer: Json, page: Page) -> str:
    blocks = [recalled(number, item, page) for number, item in enumerate(answer["items"], 1)]
    if explain := answer.get("explain"):
        blocks.append(page.facts((name, _short(value)) for name, value in explain.items()))
    return "\n\n".join(blocks)


def recalled(number: int, item: Json, page: Page) -> str:
    """Return one item of recall: number, date and who, the text, and below it the source to cite."""
    source, memory = item["source"], item["kind"] == "memory"
    what = item["memory_kind"] if memory else item["speaker"]
    head = f"{page.paint(f'{number:>2}.', 'bold')} {page.paint(date(item['time']) or 'undated', 'cyan')}"
    text = item["text"].removeprefix(f"{item['title']}\n").lstrip("\n")
    lines = [f"{head} · {_line(what, item['title'])}", page.indented(text)]
    turn = source["turn"] and f"turn {source['turn']} of {source['session']}"
    revision = memory and f"revision {source['revision']}"
    lines.append(page.paint(page.indented(f"[{_line(item['id'], revision, turn, item['namespace'])}]"), "dim"))
    if item["supersedes"]:
        lines.append(page.paint(page.indented(f"supersedes {item['supersedes']}"), "yellow"))
    if item.get("why"):
        lines.append(page.paint(page.indented("why: " + _short(item["why"])), "dim"))
    return "\n".join(lines)


def _titled(title: str | None, text: str, page: Page) -> list[str]:
    if not title or text.startswith(title):
        return [page.indented(text)]
    return [page.paint(page.indented(title), "bold"), page.indented(text)]


def _short(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_short(inner)}" for name, inner in value.items()) or "none"
    if isinstance(value, list):
        return ", ".join(map(_short, value)) or "none"
    if value is None:
        return "-"
    return f"{value:.3g}" if isinstance(value, float) else one_line(str(value))


def _get(answer: Json, page: Page) -> str:
    if turn := answer["turn"]:
        facts = page.facts((name, turn[name]) for name in ("id", "turn", "session", "role", "namespace"))
        caption = [page.indented(f"[{turn['caption']}]")] if turn["caption"] else []
        head = page.paint(_line(date(turn["time"]) or "undated", turn["speaker"]), "bold")
        return "\n".join([head, page.indented(turn["text"]), *caption, facts])
    memory = answer["memory"]
    title = [page.paint(clean(memory["title"]), "bold")] if memory["title"] else []
    links = [f"{link['kind']} {link['source']} -> {link['target']}" for link in answer["links"]]
    said = [
        _line(f"{each['verdict']}, says {each['actor']}", date(each["time"]), each["note"])
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
            ("true", _interval(memory["valid_from"], memory["valid_until"])),
            ("revision", f"{memory['revision']}, of {date(memory['updated'])}"),
            ("created", date(memory["created"])),
            ("source", memory["source"] and f"turn {memory['source']}"),
            ("importance", f"{memory['importance']:g}"),
            ("layer", memory["placed"] and f"{memory['layer']}, {memory['placed']}"),
            ("tier", memory["tier"] + (", pinned" if memory["pinned"] else "")),
            ("ends", memory["expires"] and f"{date(memory['expires'])} unless used"),
            ("used", f"{_count(memory['uses'], 'time')}, strength {memory['strength']:.2f}"),
            (
                "seen by",
                f"{memory['visibility']}, made by {one_line(memory['owner'])}"
                if memory["owner"]
                else memory["visibility"],
            ),
        )
    )


def _interval(since: str | None, until: str | None) -> str:
    if not since and not until:
        return ""
    return " ".join(part for part in (since and f"from {date(since)}", until and f"until {date(until)}") if part)


def _list(answer: Json, page: Page) -> str:
    if not answer["memories"]:
        return ""
    rows = [
        (memory["id"], memory["updated"][:10], memory["kind"], memory["namespace"], memory["title"] or memory["text"])
        for memory in answer["memories"]
    ]
    return page.table(("id", "date", "kind", "namespace", "memory"), rows)


def _history(answer: Json, page: Page) -> str:
    blocks = [f"{answer['id']} is {answer['state']}"]
    for revision in answer["revisions"]:
        number = page.paint(f"revision {revision['number']}", "bold")
        source = revision["source"] and f"from turn {revision['source']}"
        true = _interval(revision["valid_from"], revision["valid_until"])
        recorded = f"recorded {date(revision['recorded'])}"
        told = _line(recorded, true and f"true {true}", f"by {revision['actor']}", source)
        before = [each for each in revision["believed"] if each["recorded_until"]]
        held = [page.paint(page.indented(_believed(each)), "dim") for each in before]
        blocks.append("\n".join([f"{number} · {told}", *_titled(revision["title"], revision["text"], page), *held]))
    return "\n".join(blocks)


def _believed(held: Json) -> str:
    """Return what was held true of a revision until something changed that."""
    return f"before {date(held['recorded_until'])} held true {_interval(held['valid_from'], held['valid_until'])}"


def _timeline(answer: Json, page: Page) -> str:
    lines = []
    for event in answer["events"]:
        until = event["valid_until"] and f"until {date(event['valid_until'])}"
        head = f"{page.paint(date(event['time']), 'cyan')} {event['what']}"
        lines.append(f"{head} {page.paint('· ' + _line(event['kind'], event['namespace'], event['id'], until), 'dim')}")
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
    return f"{one_line(answer['before'])} is {after} now: {_count(answer['namespaces'], 'namespace')}\n    {undo}"


def _standard_changed(answer: Json, page: Page) -> str:
    name, where = page.paint(one_line(answer["name"]), "bold"), one_line(answer["namespace"])
    undo = answer["operation"] and page.paint(f"\n    take it back with `lore undo {answer['operation']}`", "dim")
    was = f", no more {answer['replaced']}" if answer["replaced"] and answer["memory"] else ""
    said = f"{name} of {where} is {answer['memory']}{was}" if answer["memory"] else f"{name} of {where} is dropped"
    return said + (undo or "\n    it was already")


def _standards(answer: Json, page: Page) -> str:
    blocks = []
    for each in answer["standards"]:
        told = _line(each["kind"], f"from {each['namespace']}" if each["inherited"] else "", each["memory"])
        head = f"{page.paint(one_line(each['name']), 'bold')} {page.paint('· ' + told, 'dim')}"
        blocks.append("\n".join([head, *_titled(each["title"], each["text"], page)]))
    return "\n".join(blocks)


def _changed(answer: Json, page: Page) -> str:
    undo = page.paint(f"take it back with `lore undo {answer['operation']}`", "dim")
    return f"{answer['id']} is {page.paint(answer['state'], 'bold')}, revision {answer['revision']}\n    {undo}"


def _undo(answer: Json, page: Page) -> str:
    again = page.paint(f"do it again with `lore undo {answer['operation']}`", "dim")
    return f"undid {answer['name']} {answer['undid']}: {_count(answer['changes'], 'change')}\n    {again}"


def _count(number: int, noun: str) -> str:
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number:,} {noun if number == 1 else plural}"


def _import(answer: Json, page: Page) -> str:
    counted = (("turns", "turn"), ("sessions", "session"), ("memories", "memory"))
    parts = [_count(answer[name], noun) for name, noun in counted]
    same = f"; {answer['unchanged']:,} known already" if answer["unchanged"] else ""
    undo = f"\n    take it back with `lore undo {answer['operation']}`" if answer["operation"] else ""
    told = f"imported {', '.join(parts)} as {answer['format']} in {answer['seconds']:.1f} s{same}"
    return told + page.paint(undo, "dim")


def _export(answer: Json, page: Page) -> str:
    counted = (("memories", "memory"), ("revisions", "revision"), ("turns", "turn"), ("links", "link"))
    parts = [_count(answer[name], noun) for name, noun in counted]
    return f"exported {', '.join(parts)}\nto {clean(answer['path'])} ({_size(answer['bytes'])})"


def _size(count: int) -> str:
    amount, unit = float(count), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if amount < 1000:
            break
        amount, unit = amount / 1000, larger
    return f"{amount:.1f} {unit}" if unit != "B" else f"{count} B"


def _status(answer: Json, page: Page) -> str:
    model, memories, jobs = answer["model"], answer["memories"], answer["jobs"]
    times = f", {answer['bytes'] / answer['text_bytes']:.1f} times the text" if answer["text_bytes"] > 100_000 else ""
    embedded = model["name"] and f"{model['name']}: {model['embedded']:,} embedded, {model['waiting']:,} waiting"
    return page.facts(
        (
            ("home", answer["home"]),
            ("version", f"{answer['version']}, schema {answer['schema']}"),
            ("encrypted", "yes" if answer["encrypted"] else "no"),
            ("memories", ", ".join(f"{count:,} {state}" for state, count in memories.items() if count) or "none"),
            ("turns", f"{answer['turns']:,} in {_count(answer['sessions'], 'session')}"),
            ("namespaces", answer["namespaces"]),
            ("passages", f"{answer['passages']:,}"),
            ("links", answer["links"]),
            ("journal", _count(answer["journal"], "entry")),
            ("jobs", ", ".join(f"{count:,} {state}" for state, count in jobs.items() if count) or "none"),
            ("size", _size(answer["bytes"]) + times),
            ("model", embedded or "none: recall goes by words"),
            ("server", answer["daemon"] or "none running"),
        )
    )


def _verify(answer: Json, page: Page) -> str:
    checked = page.facts((name, f"{count:,} checked") for name, count in answer["checked"].items())
    if answer["ok"]:
        return f"{checked}\n{page.paint('everything agrees', 'bold', 'green')}"
    blocks = [checked, page.paint(_count(len(answer["problems"]), "problem"), "bold", "red")]
    for problem in answer["problems"]:
        blocks.append(f"  {one_line(problem['what'])}: {one_line(problem['detail'])}")
        blocks += [f"    hint: {one_line(problem['hint'])}"] if problem["hint"] else []
    return "\n".join(blocks)


def _rebuild(answer: Json, page: Page) -> str:
    waiting = answer["vectors_waiting"]
    later = f"; {_count(waiting, 'vector')} will follow in the background" if waiting else ""
    made = f"{_count(answer['passages'], 'passage')} with {_count(answer['terms'], 'term')}"
    return f"rebuilt {made} in {answer['seconds']:.1f} s{later}"


def _embed(answer: Json, page: Page) -> str:
    if answer["model"] is None:
        return "there is no embedding model; `lore model pull` gets one"
    left = f"; {answer['waiting']:,} still waiting" if answer["waiting"] else ""
    return f"embedded {_count(answer['embedded'], 'passage')} with {clean(answer['model'])}{left}"


def _backup(answer: Json, page: Page) -> str:
    return f"backed up to {clean(answer['path'])} ({_size(answer['bytes'])})\nsha256 {answer['sha256']}"


def _restore_backup(answer: Json, page: Page) -> str:
    aside = "the store that was there is kept in its home as everlore.DATE.before-restore.db"
    return f"{page.paint('restored the backup', 'bold', 'green')}; {aside}\n{_status(answer, page)}"


def _bench(answer: Json, page: Page) -> str:
    lines = _report(answer["report"], page)
    return "\n".join([*lines, *([f"full result in {clean(answer['out'])}"] if answer["out"] else [])])


def _report(report: Json, page: Page, depth: int = 0) -> list[str]:
    """Return nested measurements: rows that share their columns as a table, the rest name by name."""
    lead = "  " * depth
    lines = []
    for name, value in report.items():
        if isinstance(value, dict) and value and all(isinstance(inner, dict) for inner in value.values()):
            lines += _rows(name, value, page, lead)
        elif isinstance(value, dict) and value:
            lines += [f"{lead}{page.paint(name, 'bold')}", *_report(value, page, depth + 1)]
        else:
            lines.append(f"{lead}{name}  {_short(value)}")
    return lines


def _rows(name: str, value: Json, page: Page, lead: str) -> list[str]:
    columns = list(dict.fromkeys(column for row in value.values() for column in row))
    rows = [[label, *(_short(row.get(column, "")) for column in columns)] for label, row in value.items()]
    return [f"{lead}{line}" for line in page.table([name, *columns], rows).split("\n")]


def _handoff(answer: Json, page: Page) -> str:
    return "\n\n".join(_handoff_text(each, page) for each in answer["handoffs"])


def _handoff_text(handoff: Json, page: Page) -> str:
    to = handoff["recipient"] and f"for {handoff['recipient']}"
    head = f"{page.paint(date(handoff['recorded']), 'cyan')} {page.paint(handoff['state'], 'bold')}"
    told = _line(
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
        size, seconds = _size(answer["bytes"]), answer["estimate"]
        said = f"{_count(answer['read'], 'file')} of {answer['files']:,} to read, {size}, about {seconds:g} s"
        return f"{said}{'; --history reads what is there' if answer['from_now_on'] else ''}{on}{failed}"
    if answer["from_now_on"] and not answer["read"]:
        said = f"{_count(answer['files'], 'file')} noted: what comes from now on is read; --history reads what is there"
        return f"{said}{on}{failed}"
    parts = [
        _count(answer["turns"], "turn"),
        _count(answer["sessions"], "session"),
        f"{answer['known']:,} known already",
    ]
    bad = [f"{answer['bad_lines']:,} lines passed over"] if answer["bad_lines"] else []
    said = f"mined {', '.join([*parts, *bad])} from {_count(answer['read'], 'file')} in {answer['seconds']:.1f} s"
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
    parts = [_count(answer["turns"], "turn"), f"{answer['known']:,} known already", f"{answer['ignored']:,} ignored"]
    aside = [f"{answer['aside']:,} set aside"] if answer["aside"] else []
    return f"stored {', '.join([*parts, *aside])}; {answer['waiting']:,} wait"


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
    "import": _import,
    "export": _export,
    "status": _status,
    "verify": _verify,
    "rebuild": _rebuild,
    "embed": _embed,
    "backup": _backup,
    "restore-backup": _restore_backup,
    "bench": _bench,
    "hook": _hook,
    "drain": _drain,
    "mine": _mine,
    "sessions": _sessions,
    "transcripts-search": _recall,
    "handoff": _handoff,
    "handoff-list": _handoff_list,
    "handoff-begin": _handoff_changed,
    "handoff-accept": _handoff_changed,
    "handoff-cancel": _handoff_changed,
    "handoff-reopen": _handoff_changed,
    "set": _changed,
    "supersede": _changed,
    "merge": _changed,
    "feedback": _changed,
    "consolidate": _changed,
    **graphs.RENDERERS,
    **governance.RENDERERS,
}
