"""Background work, written in the caller's own transaction, so that none is lost and none is started by a rollback.

A job is leased for a while, retried with growing pauses when it fails, and set aside as dead after `MAX_ATTEMPTS`, with
its error kept; a worker that dies with it has failed too. Putting a job that is already waiting under the same kind and
key does not make a second one; putting one that is being run takes its lease's owner away, so that it runs once more.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from everlore.store.contract import Unit

MAX_ATTEMPTS = 8
LEASE_MS = 60_000
_FIRST_PAUSE_MS = 2_000
_LONGEST_PAUSE_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work; `attempts` counts this one."""

    id: int
    kind: str
    key: str
    payload: dict[str, Any]
    attempts: int


def put(unit: Unit, kind: str, key: str = "", payload: Mapping[str, Any] | None = None, *, run_at: int = 0) -> None:
    """Ask for work to be done after this write commits, not before `run_at`."""
    unit.run("job_put", kind=kind, key=key, payload=json.dumps(payload or {}, sort_keys=True), run_at=run_at)


def lease(unit: Unit, owner: str, now: int, limit: int = 1) -> list[Job]:
    """Take due jobs for `LEASE_MS`; a job whose worker died comes back when its lease ends, unless it killed too many."""
    unit.run("job_bury", now=now, most=MAX_ATTEMPTS, error="its worker died each time")
    taken = []
    for identity, kind, key, payload, attempts in unit.rows("job_due", now=now, limit=limit):
        unit.run("job_lease", id=identity, until=now + LEASE_MS, owner=owner, now=now)
        if unit.changed():
            taken.append(Job(identity, kind, key, json.loads(payload), attempts + 1))
    return taken


def done(unit: Unit, job: Job, owner: str) -> None:
    """Take a finished job off the list; if it was put again meanwhile it stays and is due."""
    unit.run("job_done", id=job.id, owner=owner)
    if not unit.changed():
        unit.run("job_release", id=job.id, owner=owner)


def failed(unit: Unit, job: Job, owner: str, now: int, error: str) -> None:
    """Put a failed job back for later, or set it aside as dead with its error."""
    pause = min(_FIRST_PAUSE_MS << (job.attempts - 1), _LONGEST_PAUSE_MS)
    unit.run(
        "job_failed", id=job.id, owner=owner, run_at=now + pause, error=error[:500], dead=job.attempts >= MAX_ATTEMPTS
    )


def counts(unit: Unit) -> dict[str, int]:
    """Return how many jobs wait and how many are dead, by kind ("embed", "embed dead")."""
    return {kind + (" dead" if dead else ""): number for kind, dead, number in unit.rows("job_counts")}
