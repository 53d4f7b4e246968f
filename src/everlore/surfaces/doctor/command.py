"""The command `lore doctor`: every check in turn, then the proof."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable

import click

from everlore.surfaces.cli.commands import json_option
from everlore.surfaces.cli.terminal import Page, emit
from everlore.surfaces.doctor import checks, wiring
from everlore.surfaces.doctor.machine import Machine, look
from everlore.surfaces.doctor.report import EXIT, Finding, as_dict, guarded, overall, render

CHECKS: tuple[tuple[str, Callable[[Machine], Iterable[Finding]]], ...] = (
    ("settings", checks.settings),
    ("project", checks.project),
    ("programs", checks.programs),
    ("store", checks.store),
    ("server", checks.server),
    ("log", checks.logged),
    ("model", checks.model),
    ("language model", checks.language_model),
    ("spool", checks.waiting),
    ("vault", checks.vault),
    ("work", checks.failures),
    ("clients", wiring.clients),
    ("instructions", wiring.instructed),
    ("sessions", wiring.sessions),
    ("proof", wiring.proofs),
)
"""What is looked at, in the order in which a person would mend it."""


@click.command(
    params=[json_option()],
    help="Say whether memory works on this machine: HEALTHY (exit status 0), DEGRADED (1) or FAILING (2), and how to mend "
    "what does not. An event is sent through each installed hook, found again by recall, and taken away.",
)
@click.option("--no-proof", is_flag=True, help="Only look: send nothing through the hooks")
def doctor(no_proof: bool, as_json: bool) -> int:
    """Run the checks and print what they found."""
    from everlore.surfaces.cli.keys import ask_if_needed

    findings: list[Finding] = []
    with look() as machine:
        ask_if_needed(machine.app.config)
        for area, check in CHECKS:
            if area != "proof" or not no_proof:
                findings += guarded(area, lambda check=check: check(machine))  # type: ignore[misc]
    emit(json.dumps(as_dict(findings)) if as_json else render(findings, Page.of(sys.stdout)))
    return EXIT[overall(findings)]
