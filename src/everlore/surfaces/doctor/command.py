"""The command `lore doctor`: every check in turn, then the proof."""

from __future__ import annotations

import json
import sys

import click

from everlore.surfaces.cli.commands import json_option
from everlore.surfaces.cli.terminal import Page, emit
from everlore.surfaces.doctor.examination import examine
from everlore.surfaces.doctor.machine import look
from everlore.surfaces.doctor.report import EXIT, as_dict, overall, render


@click.command(
    params=[json_option()],
    help="Say whether memory works on this machine: HEALTHY (exit status 0), DEGRADED (1) or FAILING (2), and how to mend "
    "what does not. An event is sent through each installed hook, found again by recall, and taken away.",
)
@click.option("--no-proof", is_flag=True, help="Only look: send nothing through the hooks")
def doctor(no_proof: bool, as_json: bool) -> int:
    """Run the checks and print what they found."""
    from everlore.surfaces.cli.keys import ask_if_needed

    with look() as machine:
        ask_if_needed(machine.app.config)
        findings = examine(machine, without=("proof",) if no_proof else ())
    emit(json.dumps(as_dict(findings)) if as_json else render(findings, Page.of(sys.stdout)))
    return EXIT[overall(findings)]
