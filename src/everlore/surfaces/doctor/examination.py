"""Every check in turn: the same for the command line and for the page."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from functools import partial

from everlore.surfaces.doctor import checks, wiring
from everlore.surfaces.doctor.machine import Machine
from everlore.surfaces.doctor.report import Finding, guarded

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


def examine(machine: Machine, *, without: Collection[str] = ()) -> list[Finding]:
    """Return what the checks find, but for some of them by their names."""
    findings: list[Finding] = []
    for area, check in CHECKS:
        if area not in without:
            findings += guarded(area, partial(check, machine))
    return findings
