"""The trace that a proof leaves in the store, found and taken away again.

A proof is a session of its own in `NAMESPACE`, told through a hook like any other. What it said is withdrawn by an entry of
its own, whatever else was stored in the same batch, and stays out of recall, lists and handoffs from then on; the journal
keeps that it was there. To undo a person's last operation passes over it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from everlore.memory.changes import Changes
from everlore.store import journal

if TYPE_CHECKING:
    from everlore.app.app import App

WORKSPACE, PROJECT = "everlore-doctor", "proof"
NAMESPACE = f"{WORKSPACE}/{PROJECT}"


def is_stored(app: App, session: str) -> bool:
    """Tell whether something that the session of a proof said is in the store."""
    with app.read() as unit:
        rows = unit.rows("sessions_named", external=session)
        return any(path == NAMESPACE and unit.value("turn_last_position", session=row) >= 0 for row, path in rows)


def take_away(app: App, session: str) -> bool:
    """Withdraw what the session of a proof said; return whether there was such a session in the namespace of proofs."""
    with app.write() as unit:
        rows = [row for row, path in unit.rows("sessions_named", external=session) if path == NAMESPACE]
        if not rows:
            return False
        entry = journal.begin(unit)
        for row in rows:
            unit.run("turns_move_entry", entry=entry, session=row)
            unit.run("session_close", id=row, closed=app.clock())
        changes = Changes(unit, app.clock())
        changes.apply({"what": "turns", "id": str(entry), "before": False, "after": True})
        changes.finish(actor="doctor", operation="undo", namespace=NAMESPACE, reason="the proof is over")
    return True
