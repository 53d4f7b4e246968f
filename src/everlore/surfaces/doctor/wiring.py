"""The clients: which are here and wired, whether their hooks may run, and whether what they do arrives."""

from __future__ import annotations

from collections.abc import Iterator

from everlore.surfaces.doctor import trust
from everlore.surfaces.doctor.machine import Machine
from everlore.surfaces.doctor.report import Finding


def clients(machine: Machine) -> Iterator[Finding]:
    """Look for clients, and for our entries in their files."""
    del machine
    found = trust.reviewed(trust.codex_directory())
    if found.hooks and found.trust != "trusted":
        yield Finding("clients", "degraded", "codex runs none of our hooks", "type /hooks in Codex")


def sessions(machine: Machine) -> Iterator[Finding]:
    """Compare."""
    del machine
    yield from ()


def proofs(machine: Machine) -> Iterator[Finding]:
    """Prove."""
    from everlore.surfaces.doctor import proof

    yield from proof.prove(machine, "claude-code", proof.own_command("claude-code"))
