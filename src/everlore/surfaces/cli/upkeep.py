"""Answers about the store as a whole, for a person."""

from __future__ import annotations

from everlore.surfaces.cli import language
from everlore.surfaces.cli.phrases import count, short, size
from everlore.surfaces.cli.terminal import Page, clean, one_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from everlore.surfaces.cli.terminal import Page

    Json = dict[str, Any]


def _import(answer: Json, page: Page) -> str:
    counted = [("turns", "turn"), ("sessions", "session"), ("memories", "memory")]
    counted += [each for each in (("entities", "entity"), ("links", "link")) if answer[each[0]]]
    parts = [count(answer[name], noun) for name, noun in counted]
    same = f"; {answer['unchanged']:,} known already" if answer["unchanged"] else ""
    held = f"; {answer['held']:,} of them held for review" if answer["held"] else ""
    if not answer["applied"]:
        lines = [f"would import {', '.join(parts)} as {answer['format']}{held}{same}; nothing was kept"]
        for each in answer["samples"]:
            titled = f"{one_line(each['title'])}: " if each["title"] else ""
            lines.append(page.indented(f"{each['outcome']} {each['kind']} · {titled}{one_line(each['text'])}"))
        return "\n".join(lines)
    undo = f"\n    take it back with `lore undo {answer['operation']}`" if answer["operation"] else ""
    told = f"imported {', '.join(parts)} as {answer['format']} in {answer['seconds']:.1f} s{held}{same}"
    return told + page.paint(undo, "dim")


def _export(answer: Json, page: Page) -> str:
    counted = (("memories", "memory"), ("revisions", "revision"), ("turns", "turn"), ("links", "link"))
    parts = [count(answer[name], noun) for name, noun in counted]
    return f"exported {', '.join(parts)}\nto {clean(answer['path'])} ({size(answer['bytes'])})"


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
            ("turns", f"{answer['turns']:,} in {count(answer['sessions'], 'session')}"),
            ("namespaces", answer["namespaces"]),
            ("passages", f"{answer['passages']:,}"),
            ("links", answer["links"]),
            ("journal", count(answer["journal"], "entry")),
            ("jobs", ", ".join(f"{count:,} {state}" for state, count in jobs.items() if count) or "none"),
            ("size", size(answer["bytes"]) + times),
            ("model", embedded or "none: recall goes by words"),
            *(language.facts(answer["llm"]) if answer.get("llm") else ()),
            ("server", answer["daemon"] or "none running"),
        )
    )


def _verify(answer: Json, page: Page) -> str:
    checked = page.facts((name, f"{count:,} checked") for name, count in answer["checked"].items())
    if answer["ok"]:
        return f"{checked}\n{page.paint('everything agrees', 'bold', 'green')}"
    blocks = [checked, page.paint(count(len(answer["problems"]), "problem"), "bold", "red")]
    for problem in answer["problems"]:
        blocks.append(f"  {one_line(problem['what'])}: {one_line(problem['detail'])}")
        blocks += [f"    hint: {one_line(problem['hint'])}"] if problem["hint"] else []
    return "\n".join(blocks)


def _rebuild(answer: Json, page: Page) -> str:
    waiting = answer["vectors_waiting"]
    later = f"; {count(waiting, 'vector')} will follow in the background" if waiting else ""
    made = f"{count(answer['passages'], 'passage')} with {count(answer['terms'], 'term')}"
    restored = f"brought back {count(answer['restored'], 'memory')} from the vault; " if answer["restored"] else ""
    return f"{restored}rebuilt {made} in {answer['seconds']:.1f} s{later}"


def _vault(answer: Json, page: Page) -> str:
    facts = (
        ("vault", answer["path"] if answer["on"] else f"off; it would be at {answer['path']}"),
        ("pages", f"{answer['pages']:,}"),
        ("waiting", count(answer["waiting"], "page") if answer["waiting"] else "none"),
        ("git", "one commit a batch" if answer["git"] else "none"),
    )
    gone = [f"{page.paint('gone', 'yellow')} {one_line(path)}" for path in answer["missing"]]
    told = ["`lore vault sync` takes that in"] if gone else []
    behind = ["`lore vault sync` writes them now, a running server by itself"] if answer["waiting"] else []
    return "\n".join([page.facts(facts), *behind, *gone, *told, *_problems(answer, page)])


def _vault_sync(answer: Json, page: Page) -> str:
    sorts = ("revised", "made", "moved", "archived", "awaiting_approval", "conflicts", "missing")
    lines = [
        f"took in {count(answer['taken_in'], 'change')}, wrote {count(answer['written'], 'page')} in {answer['seconds']:.1f} s"
    ]
    for sort in sorts:
        lines += [f"    {page.paint(sort.replace('_', ' '), 'bold')} {one_line(path)}" for path in answer[sort]]
    if answer["missing"]:
        lines.append(
            "these files are gone; `lore vault sync --missing archive` archives what they held, --missing write writes them again"
        )
    if answer["conflicts"]:
        lines.append("changed on both sides: the file's text stands on top, `lore review` holds the other")
    if answer["git"]:
        lines.append(f"not committed: {one_line(answer['git'])}")
    return "\n".join([*lines, *_problems(answer, page)])


def _problems(answer: Json, page: Page) -> list[str]:
    return [
        f"{page.paint('left alone', 'yellow')} {one_line(each['path'])}: {one_line(each['problem'])}"
        for each in answer["problems"]
    ]


def _embed(answer: Json, page: Page) -> str:
    if answer["model"] is None:
        return "there is no embedding model; `lore model pull` gets one"
    left = f"; {answer['waiting']:,} still waiting" if answer["waiting"] else ""
    return f"embedded {count(answer['embedded'], 'passage')} with {clean(answer['model'])}{left}"


def _backup(answer: Json, page: Page) -> str:
    return f"backed up to {clean(answer['path'])} ({size(answer['bytes'])})\nsha256 {answer['sha256']}"


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
            lines.append(f"{lead}{name}  {short(value)}")
    return lines


def _rows(name: str, value: Json, page: Page, lead: str) -> list[str]:
    columns = list(dict.fromkeys(column for row in value.values() for column in row))
    rows = [[label, *(short(row.get(column, "")) for column in columns)] for label, row in value.items()]
    return [f"{lead}{line}" for line in page.table([name, *columns], rows).split("\n")]


RENDERERS: dict[str, Callable[[Json, Page], str]] = {
    "import": _import,
    "export": _export,
    "status": _status,
    "verify": _verify,
    "rebuild": _rebuild,
    "vault": _vault,
    "vault-sync": _vault_sync,
    "embed": _embed,
    "backup": _backup,
    "restore-backup": _restore_backup,
    "bench": _bench,
}
