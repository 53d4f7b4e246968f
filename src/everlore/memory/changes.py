"""Every change to what is remembered goes through here, is applied, noted for the journal, and can be turned round.

A change names what it touches, the value before and the value after. Undoing an operation applies its changes backwards,
each only if the value is still the one the operation left; otherwise something later stands on it and `Conflict` says so.
Making a memory is a change of its state from `withdrawn` to `active`, so that undoing it needs no rule of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from everlore.core.errors import Conflict, NotFound
from everlore.core.types import Memory, Revision
from everlore.store import index, journal, namespaces
from everlore.store.contract import Unit
from everlore.store.journal import Change, Entry


def memory_of(unit: Unit, uid: str) -> Memory:
    """Return the memory with this uid; raise `NotFound`."""
    row = unit.one("memory_by_uid", uid=uid)
    if row is None:
        raise NotFound(f"there is no memory {uid!r}", field="id", hint="`lore list` and `lore recall` print ids")
    return index.memory_from(row)


def revisions_of(unit: Unit, memory: Memory) -> list[Revision]:
    """Return every revision of a memory, the first one first."""
    return [Revision(*row) for row in unit.rows("revisions_of", memory=memory.id)]


def head_of(unit: Unit, memory: Memory) -> Revision:
    """Return the revision on top."""
    row = unit.one("revision_by_number", memory=memory.id, number=memory.head)
    assert row is not None
    return Revision(*row)


@dataclass(slots=True)
class Changes:
    """The changes of one operation inside one write; `finish` brings the index in line and writes the journal entry."""

    unit: Unit
    now: int
    noted: list[Change] = field(default_factory=list)
    _memories: dict[str, None] = field(default_factory=dict)
    _sessions: dict[int, None] = field(default_factory=dict)

    def note(self, what: str, uid: str, before: object, after: object, **more: object) -> None:
        """Note a change that has been applied."""
        self.noted.append({"what": what, "id": uid, "before": before, "after": after, **more})

    def apply(self, change: Change) -> None:
        """Apply one change and note it; raise `Conflict` when the value before is not the one expected."""
        what, uid, before, after = change["what"], change["id"], change["before"], change["after"]
        if what == "turns":
            self._withdraw_turns(int(uid), withdrawn=bool(after))
        elif what == "handoff.state":
            self.unit.run(
                "handoff_set_state", uid=uid, before=before, state=after, changed=self.now, expires=change.get("expires"),
                claimed_by=change.get("session") if after == "claimed" else None,
            )  # fmt: skip
            if not self.unit.changed():
                raise Conflict(f"handoff {uid} is {before} no more", hint="`lore handoff-list` says what it is now")
        elif what == "link":
            self.unit.run("link_close", uid=uid, recorded_until=None if after else self.now)
        else:
            memory = memory_of(self.unit, uid)
            self._memories[uid] = None
            if what == "memory.state":
                _expect(change, memory.state, before)
                self.unit.run("memory_set_state", id=memory.id, state=after)
            elif what == "memory.head":
                _expect(change, memory.head, before)
                self.unit.run("memory_set_head", id=memory.id, head=after)
            else:
                self._set_revision(memory, change)
        self.noted.append(change)

    def set(self, what: str, uid: str, before: object, after: object, **more: object) -> None:
        """Apply a change made on the spot, unless it changes nothing."""
        if before != after:
            self.apply({"what": what, "id": uid, "before": before, "after": after, **more})

    def touch(self, uid: str) -> None:
        """Have the index of this memory brought in line at the end."""
        self._memories[uid] = None

    def reverse(self, entry: Entry) -> None:
        """Apply the changes of a journal entry backwards."""
        for change in reversed(entry.changes):
            self.apply({**change, "before": change["after"], "after": change["before"]})

    def finish(
        self, *, actor: str, operation: str, namespace: str | None, reason: str | None, parent: str | None = None
    ) -> Entry:
        """Bring the index in line, write the journal entry and return it."""
        indexer = index.Indexer(self.unit)
        for uid in self._memories:
            memory = memory_of(self.unit, uid)
            index.index_memory(self.unit, indexer, memory, revisions_of(self.unit, memory))
        for session in self._sessions:
            row = self.unit.one("session_namespace", id=session)
            assert row is not None
            index.reindex_session(self.unit, indexer, session, namespaces.by_id(self.unit, row[0]))
        indexer.flush()
        return journal.append(
            self.unit,
            at=self.now,
            actor=actor,
            operation=operation,
            namespace=namespace,
            reason=reason,
            changes=self.noted,
            parent=parent,
        )

    def _withdraw_turns(self, entry: int, *, withdrawn: bool) -> None:
        self.unit.run("turns_withdraw", entry=entry, withdrawn=withdrawn)
        self._sessions.update(dict.fromkeys(row[0] for row in self.unit.rows("sessions_of_entry", entry=entry)))

    def _set_revision(self, memory: Memory, change: Change) -> None:
        row = self.unit.one("revision_by_number", memory=memory.id, number=change["number"])
        assert row is not None
        revision = Revision(*row)
        if change["what"] == "revision.valid_until":
            _expect(change, revision.valid_until, change["before"])
            self.unit.run("revision_set_valid_until", id=revision.id, valid_until=change["after"])
        else:
            _expect(change, revision.recorded_until, change["before"])
            self.unit.run("revision_close", id=revision.id, recorded_until=change["after"])


def _expect(change: Change, current: object, before: object) -> None:
    if current != before:
        raise Conflict(
            f"{change['what']} of {change['id']} has been changed since, from {before!r} to {current!r}",
            hint="undo the later operation first; `lore timeline --id` shows it",
        )
