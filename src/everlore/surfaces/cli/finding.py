"""`lore search`: what `recall` answers, as a list of one line each."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from everlore.core.errors import InvalidInput
from everlore.surfaces.cli import call, operation
from everlore.surfaces.cli.commands import json_option
from everlore.surfaces.cli.render import notes
from everlore.surfaces.cli.terminal import Page, date, emit, tell

_LONGEST = 10_000
Json = dict[str, Any]


@click.command(
    params=[json_option()],
    help="Find what is relevant, one line each: id, date, kind, and what it is called or how it begins. It is what `lore recall`"
    " answers, and `lore get ID` shows one whole. A single - reads the question from standard input.",
)
@click.argument("query", nargs=-1, required=True, metavar="QUERY...")
@click.option(
    "-n", "--limit", type=click.IntRange(1, 100), default=5, show_default=True, metavar="N", help="The most lines"
)
@click.option("--namespace", metavar="NAMESPACE", help="The project  [default: that of this directory]")
def search(query: tuple[str, ...], limit: int, namespace: str | None, as_json: bool) -> int:
    """Search once."""
    asked = operation.read_stdin("query", _LONGEST) if query == ("-",) else " ".join(query)
    if not asked.strip():
        raise InvalidInput("there is nothing to look for", field="query", hint="lore search 'the port of the gateway'")
    request = {"query": asked, "limit": limit, **({"namespace": namespace} if namespace else operation.here())}
    answer = call.perform("recall", request, "read")
    if as_json:
        emit(answer)
        return 0
    body: Json = json.loads(answer)
    if body["items"]:
        emit(_lines(body["items"], Page.of(sys.stdout)))
    if said := notes("recall", body):
        tell(said)
    return 0


def _lines(items: list[Json], page: Page) -> str:
    rows = [(each["id"], (date(each["time"]) or "undated")[:10], _kind(each), _said(each)) for each in items]
    wide = [max(len(row[column]) for row in rows) for column in range(3)]
    room = max(page.width - sum(wide) - 6, 20)
    return "\n".join(
        "  ".join(
            [
                row[0].ljust(wide[0]),
                page.paint(row[1].ljust(wide[1]), "cyan"),
                row[2].ljust(wide[2]),
                page.cut(row[3], min(room, 200)),
            ]
        )
        for row in rows
    )


def _kind(item: Json) -> str:
    return str(item["memory_kind"] if item["kind"] == "memory" else "turn")


def _said(item: Json) -> str:
    return str(item["title"] or item["text"])
