"""Answers about entities and links for a person: one line a node, with the links that led to it below."""

from __future__ import annotations

from everlore.surfaces.cli.phrases import take_back
from everlore.surfaces.cli.terminal import Page, date, one_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Json = dict[str, Any]

_NAME = 72


def notes(name: str, answer: Json) -> list[str]:
    """Return what is to be said beside an answer."""
    said = []
    if name == "graph-neighbors" and not answer["neighbors"]:
        said.append("nothing is linked with it")
    elif name == "graph-neighbors" and answer["links"] > len(answer["neighbors"]):
        said.append(f"{len(answer['neighbors'])} of {answer['links']} links shown; --limit shows more")
    if name == "graph-walk" and not answer["reached"]:
        said.append("nothing is linked with it")
    if name == "graph-path" and not answer["found"]:
        said.append("no path leads from one to the other within that many links")
    if name == "graph-timeline" and not answer["events"]:
        said.append("nothing was linked with it")
    if name == "entity-list" and not answer["entities"]:
        said.append("no entities there")
    if name == "entity-list" and answer["next"]:
        said.append(f"there are more; continue with --before {answer['next']}")
    if name == "graph-link" and answer["outcome"] == "unchanged":
        said.append("all of it was known; nothing changed")
    return said


def _name(node: Json, page: Page) -> str:
    return page.cut(node["name"], _NAME) or node["id"]


def _about(node: Json) -> str:
    state = node["state"] if node["state"] != "active" else ""
    return " · ".join(part for part in (node["kind"], state, node["id"]) if part)


def _line(node: Json, page: Page, lead: str = "") -> str:
    return f"{lead}{page.paint(_name(node, page), 'bold')} {page.paint('· ' + one_line(_about(node)), 'dim')}"


def _link(step: Json) -> str:
    link = step["link"]
    until = f" until {date(link['valid_until'])}" if link["valid_until"] else ""
    weight = f" {link['weight']:g}" if link["weight"] != 1 else ""
    return f"{_arrow(step)}{weight}, from {date(link['valid_from'])}{until}"


def _arrow(step: Json) -> str:
    kind = step["link"]["kind"]
    return f"─{kind}→" if step["forward"] else f"←{kind}─"


def _neighbors(answer: Json, page: Page) -> str:
    blocks = [_line(answer["node"], page)]
    for step in answer["neighbors"]:
        blocks.append(f"  {_link(step)}  {page.paint('link ' + step['link']['id'], 'dim')}")
        blocks.append(_line(step["to"], page, "    "))
        if step["link"]["evidence"]:
            blocks.append(page.paint(page.indented(one_line(step["link"]["evidence"]), 6), "dim"))
    return "\n".join(blocks)


def _way(steps: list[Json], page: Page) -> str:
    """Return the links on a way with the nodes between them, without the last."""
    parts = []
    for place, step in enumerate(steps):
        parts.append(_arrow(step))
        if place < len(steps) - 1:
            parts.append(page.cut(step["to"]["name"], 24) or step["to"]["id"])
    return " ".join(parts)


def _walk(answer: Json, page: Page) -> str:
    blocks = [_line(answer["start"], page)]
    for each in answer["reached"]:
        blocks.append(f"  {page.paint(format(each['score'], '.3f'), 'cyan')} {_line(each['node'], page)}")
        blocks.append(page.paint(f"        {_way(each['path'], page)}", "dim"))
    return "\n".join(blocks)


def _path(answer: Json, page: Page) -> str:
    if not answer["found"]:
        return ""
    blocks = [_line(answer["source"], page)]
    for step in answer["path"]:
        blocks += [f"  {_link(step)}", _line(step["to"], page)]
    return "\n".join(blocks)


def _timeline(answer: Json, page: Page) -> str:
    blocks = [_line(answer["node"], page)]
    for event in answer["events"]:
        step = event["step"]
        head = f"{page.paint(date(event['time']), 'cyan')} {event['what']} {_arrow(step)} {_name(step['to'], page)}"
        blocks.append(f"  {head} {page.paint('· ' + one_line(_about(step['to'])), 'dim')}")
    return "\n".join(blocks)


_SORTS = {
    "orphans": "entities that nothing links", "dead": "links with an end that is gone or was put away",
    "one way": "links that hold both ways, told from one end", "hubs": "nodes with very many links",
    "contradictions": "contradictions of which both sides are held true", "duplicates": "told twice, or of the same name",
}  # fmt: skip


def _audit(answer: Json, page: Page) -> str:
    blocks = []
    for what, count in answer["counts"].items():
        blocks.append(f"{page.paint(f'{count:>6,}', 'bold')}  {_SORTS[what]}")
        for found in answer["found"].get(what, []):
            ends = " and ".join(
                page.cut(name, 40) or uid for name, uid in zip(found["names"], found["ids"], strict=True)
            )
            more = f" ({found['count']})" if found["count"] else ""
            link = f" · {found['kind']} {found['link']}" if found["link"] else f" · {' '.join(found['ids'])}"
            blocks.append(f"          {ends}{more} {page.paint(one_line(link), 'dim')}")
    return "\n".join(blocks)


def _stats(answer: Json, page: Page) -> str:
    def by_kind(counts: dict[str, int]) -> str:
        total = sum(counts.values())
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in counts.items())
        return f"{total:,}{f' ({kinds})' if kinds else ''}"

    hubs = ", ".join(
        f"{page.cut(each['names'][0], 40) or each['ids'][0]} ({each['count']:,})" for each in answer["most_linked"]
    )
    return page.facts((
        ("entities", by_kind(answer["entities"])),
        ("merged", f"{answer['merged']:,}" if answer["merged"] else None),
        ("memories", f"{answer['memories']:,}, {answer['linked_memories']:,} of them linked"),
        ("links in force", by_kind(answer["links"])),
        ("with evidence", f"{answer['with_evidence']:,}"),
        ("ended", f"{answer['ended']:,}" if answer["ended"] else None),
        ("dead", f"{answer['dead']:,}" if answer["dead"] else None),
        ("most linked", hubs),
    ))  # fmt: skip


def _linked(answer: Json, page: Page) -> str:
    lines = [
        f"{page.paint(answer['outcome'], 'bold')}: {link['source']} ─{link['kind']}→ {link['target']} {page.paint('· link ' + link['id'], 'dim')}"
        for link in answer["links"]
    ]
    return "\n".join(lines) + take_back(answer, page)


def _entity(answer: Json, page: Page) -> str:
    entity = answer["entity"]
    also = f", also {', '.join(map(one_line, entity['aliases']))}" if entity["aliases"] else ""
    merged = f"\n    merged into {entity['merged']}" if entity["merged"] else ""
    head = f"{page.paint(one_line(entity['name']), 'bold')}{also}"
    about = page.paint(f"· {entity['kind']} · {one_line(entity['namespace'])} · id {entity['id']}", "dim")
    return f"{head} {about}{merged}{take_back(answer, page)}"


def _entities(answer: Json, page: Page) -> str:
    rows = [
        (
            each["id"], each["kind"], each["namespace"],
            ", ".join([each["name"], *each["aliases"]]) + (f" → {each['merged']}" if each["merged"] else ""),
        )
        for each in answer["entities"]
    ]  # fmt: skip
    return page.table(("id", "kind", "namespace", "names"), rows) if rows else ""


RENDERERS: dict[str, Callable[[Json, Page], str]] = {
    "graph-neighbors": _neighbors,
    "graph-path": _path,
    "graph-walk": _walk,
    "graph-timeline": _timeline,
    "graph-audit": _audit,
    "graph-stats": _stats,
    "graph-link": _linked,
    "graph-unlink": _linked,
    "entity-add": _entity,
    "entity-list": _entities,
    "entity-merge": _entity,
    "entity-split": _entity,
}
