"""`lore logs`: what the server of this home has said."""

from __future__ import annotations

import json

import click

from everlore.core.errors import InvalidInput
from everlore.surfaces.cli.commands import json_option
from everlore.surfaces.cli.terminal import clean, emit, tell


@click.command(params=[json_option()], help="Print the last lines that the server of this home has logged.")
@click.option(
    "-n", "--lines", type=click.IntRange(1), default=50, show_default=True, metavar="N", help="How many lines"
)
@click.option("-f", "--follow", is_flag=True, help="Go on with those that come, until interrupted")
def logs(lines: int, follow: bool, as_json: bool) -> None:
    """Print the log."""
    from everlore.core.config import home_directory
    from everlore.surfaces import log

    home = home_directory()
    if as_json and follow:
        raise InvalidInput("--json and --follow exclude each other", field="follow", hint="give one of them")
    if follow:
        for line in log.follow(home, lines):
            emit(clean(line))
    last = log.tail(home, lines)
    if as_json:
        emit(json.dumps({"path": str(log.path(home)), "lines": last}))
    elif last:
        emit("\n".join(map(clean, last)))
    else:
        tell(f"note: {log.path(home)} has no lines yet; a server in the background writes it: `lore up`")
