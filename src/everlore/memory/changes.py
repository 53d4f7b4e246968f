"""Every change to what is remembered goes through here, is applied, noted for the journal, and can be turned round.

A change names what it touches, the value before and the value after. Undoing an operation applies its changes backwards,
each only if the value is still the one the operation left; otherwise something later stands on it and `Conflict` says so.
Making a memory is a change of its state from `withdrawn` to `active`, so that undoing it needs no rule of its own.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from everlore.core.errors import Conflict, NotFound
from everlore.core.ids import content_hash
from everlore.core.types import Memory, Namespace, Revision
from everlore.guard.policy import Decision, Verdict
from everlore.memory import belief
from everlore.store import index, jobs, journal, namespaces
from everlore.store.contract import Unit
from everlore.store.journal import Change, Entry
from everlore.store.sight import EVERYTHING, Sight

_WRITTEN = frozenset({"link", "entity", "alias", "standard", "agent", "rule", "feedback"})
"""What is a row that is recorded from its making on, until it is closed; undoing closes it, undoing that opens it."""

_KEPT = frozenset({"layer", "tier", "importance", "pinned", "visibility", "expires", "ttl", "tier_uses", "placed", "kind", "namespace"})  # fmt: skip
"""Columns of a memory that a change sets; `namespace` is its node, named by uid."""


Use = dict[str, int | None]
"""One use: when, and what had been said of the last use and of the end before and after it."""


class Authority(Protocol):
    """Who says whether changes may be made, and in whose name."""

    def verdict(self, effect: str, node: Namespace | None, owner: str) -> Decision:
        """Return what is to be said to an effect at a node, or on the whole store, on what somebody owns."""
        ...

    def check(self, unit: Unit, operation: str, namespace: str | None, noted: Sequence[Change]) -> str:
        """Return how the journal names who makes these changes; raise `EverloreError` if they may not be made, or not yet."""
        ...


def memory_of(unit: Unit, uid: str, sight: Sight = EVERYTHING) -> Memory:
    """Return the memory with this uid; raise `NotFound`, also where the caller may not see it."""
    row = unit.one("memory_by_uid", uid=uid)
    memory = index.memory_from(row) if row else None
    if memory is None or not (sight.all or sight.sees(memory, namespaces.by_id(unit, memory.namespace))):
        raise NotFound(f"there is no memory {uid!r}", field="id", hint="`lore list` and `lore recall` print ids")
    return memory


def may_see(unit: Unit, uid: str, sight: Sight) -> bool:
    """Tell whether an end of a link, a memory or an entity, is seen."""
    if sight.all:
        return True
    row = unit.one("memory_by_uid", uid=uid)
    if row is not None:
        memory = index.memory_from(row)
        return sight.sees(memory, namespaces.by_id(unit, memory.namespace))
    node = unit.value("entity_namespace", uid=uid)
    return node is not None and sight.covers(namespaces.by_id(unit, node))


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
    """The changes of one operation inside one write; `finish` brings the index in line and writes the journal entry.

    It asks `authority` first: nothing that changes what is remembered gets past it.
    """

    unit: Unit
    now: int
    authority: Authority | None = None
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
        elif what in _WRITTEN:
            self._write(change)
        elif what == "namespace.path":
            self._move(change)
        elif what == "entity.merged":
            self.unit.run("entity_set_merged", uid=uid, merged=after)
        elif what == "proposal.state":
            self._decide(change)
        elif what == "proposal.made":
            self.unit.run(
                "proposal_set_state", uid=uid, before="rejected" if after else "waiting", state="waiting" if after else "rejected",
                changed=self.now,
            )  # fmt: skip
        elif what == "memory.use":
            self._use(uid, before, after)
        elif what == "memory.purge":
            raise Conflict(f"the text of {uid} was purged and is gone for good", field="operation")
        else:
            change = self._named(change) if what == "memory.tags" else change
            self._set_memory(memory_of(self.unit, uid), change)
        self.noted.append(change)

    def set(self, what: str, uid: str, before: object, after: object, **more: object) -> None:
        """Apply a change made on the spot, unless it changes nothing."""
        if before != after:
            self.apply({"what": what, "id": uid, "before": before, "after": after, **more})

    def use(self, memory: Memory) -> None:
        """Count a use of a memory as a change, so that it can be taken back."""
        self.unit.run("memory_used", uid=memory.uid, count=1, at=self.now)
        ends = memory_of(self.unit, memory.uid).expires
        use: Use = {"at": self.now, "last_used": memory.last_used, "ends": ends, "expires": memory.expires}
        self.note("memory.use", memory.uid, None, use)

    def touch(self, uid: str) -> None:
        """Have the index of this memory brought in line at the end."""
        self._memories[uid] = None

    def reverse(self, entry: Entry) -> None:
        """Apply the changes of a journal entry backwards."""
        for change in reversed(entry.changes):
            self.apply({**change, "before": change["after"], "after": change["before"]})

    def finish(
        self, *, actor: str = "", operation: str, namespace: str | None, reason: str | None, parent: str | None = None
    ) -> Entry:
        """Bring index and beliefs in line, write the journal entry and return it; raise what `authority` does.

        `actor` is for what no caller asks for; otherwise the authority names who it is.
        """
        if self.authority is not None:
            actor = self.ask(operation, namespace)
        indexer = index.Indexer(self.unit)
        for uid in self._memories:
            memory = memory_of(self.unit, uid)
            revisions = revisions_of(self.unit, memory)
            index.index_memory(self.unit, indexer, memory, revisions)
            belief.bring(self.unit, memory, revisions, self.now)
        for session in self._sessions:
            row = self.unit.one("session_namespace", id=session)
            assert row is not None
            index.reindex_session(self.unit, indexer, session, namespaces.by_id(self.unit, row[0]))
        indexer.flush()
        entry = journal.append(
            self.unit,
            at=self.now,
            actor=actor,
            operation=operation,
            namespace=namespace,
            reason=reason,
            changes=self.noted,
            parent=parent,
        )
        self._mirror(entry)
        return entry

    def _mirror(self, entry: Entry) -> None:
        """Have the files of what has changed written anew, and those of what links start from."""
        links = [change["id"] for change in self.noted if change["what"] == "link"]
        if self._memories or links:
            self.unit.run(
                "mirror_put", memories=json.dumps(list(self._memories)), links=json.dumps(links), entry=entry.seq
            )
            jobs.put(self.unit, "mirror")

    def _named(self, change: Change) -> Change:
        """Return a change of tags with their hashes in their place, which keeps the tags where purging finds them."""
        named = dict(change)
        for side in ("before", "after"):
            if isinstance(change[side], list):
                spelled = json.dumps(change[side], ensure_ascii=False)
                named[side] = content_hash(spelled).hex()
                self.unit.run("tagging_keep", memory=change["id"], digest=named[side], tags=spelled)
        return named

    def _tags(self, memory: Memory, digest: str) -> list[str]:
        spelled = self.unit.value("tagging", memory=memory.uid, digest=digest)
        if spelled is None:
            raise Conflict(f"the tags that {memory.uid} had are gone", field="operation")
        tags: list[str] = json.loads(spelled)
        return tags

    def verdict(self, effect: str, memory: Memory | None) -> Verdict:
        """Return what `authority` says to an effect on a memory, or on the store as a whole."""
        if self.authority is None:
            return "allow"
        node = namespaces.by_id(self.unit, memory.namespace) if memory else None
        return self.authority.verdict(effect, node, memory.owner if memory else "").verdict

    def ask(self, operation: str, namespace: str | None) -> str:
        """Return in whose name the changes are made; raise what `authority` does."""
        return self.authority.check(self.unit, operation, namespace, self.noted) if self.authority else ""

    def _withdraw_turns(self, entry: int, *, withdrawn: bool) -> None:
        self.unit.run("turns_withdraw", entry=entry, withdrawn=withdrawn)
        self._sessions.update(dict.fromkeys(row[0] for row in self.unit.rows("sessions_of_entry", entry=entry)))

    def _write(self, change: Change) -> None:
        """Close a row or open it again."""
        if change["what"] == "standard" and change["after"]:
            self._must_be_free(change["id"])
        more = {"name": change["name"]} if change["what"] == "alias" else {}
        until = None if change["after"] else self.now
        self.unit.run(f"{change['what']}_close", uid=change["id"], recorded_until=until, **more)

    def _must_be_free(self, uid: str) -> None:
        """Raise `Conflict` where another standard has taken the name of one that is to hold again."""
        row = self.unit.one("standard_by_uid", uid=uid)
        assert row is not None
        if not row[2]:
            raise Conflict(f"the name of standard {uid} went when its memory was purged", field="operation")
        other = self.unit.one("standard_at", namespace=row[1], name=row[2])
        if other is not None and other[0] != uid:
            raise Conflict(
                f"another standard {row[2]!r} is attached there by now", hint="`lore standard-drop` takes it away first"
            )

    def _move(self, change: Change) -> None:
        """Give a node another path, with all that lies below it, and have what is kept there found under it."""
        moved = namespaces.move(self.unit, change["id"], change["before"], change["after"])
        for node in moved:
            self._memories.update(dict.fromkeys(row[0] for row in self.unit.rows("memories_of_node", namespace=node)))
            self._sessions.update(dict.fromkeys(row[0] for row in self.unit.rows("sessions_of_node", namespace=node)))

    def _decide(self, change: Change) -> None:
        self.unit.run(
            "proposal_set_state", uid=change["id"], before=change["before"], state=change["after"], changed=self.now
        )
        if not self.unit.changed():
            raise Conflict(f"proposal {change['id']} is {change['before']} no more", hint="`lore review` shows it")

    def _use(self, uid: str, before: Use | None, after: Use | None) -> None:
        """Count a use that was taken back again, or take one back; what others used it for since stays."""
        if after is not None:
            self.unit.run("memory_used", uid=uid, count=1, at=after["at"])
        elif before is not None:
            self.unit.run("memory_unused", uid=uid, count=1, **before)

    def _set_memory(self, memory: Memory, change: Change) -> None:
        """Set what a change says of a memory, and have its index and beliefs brought in line."""
        what, before, after = change["what"], change["before"], change["after"]
        if memory.state == "purged":
            raise Conflict(f"{memory.uid} was purged, and nothing brings its text back", field="operation")
        self._memories[memory.uid] = None
        field = what.removeprefix("memory.")
        if what == "memory.state":
            _expect(change, memory.state, before)
            self.unit.run("memory_set_state", id=memory.id, state=after)
        elif what == "memory.head":
            _expect(change, memory.head, before)
            self.unit.run("memory_set_head", id=memory.id, head=after)
        elif what == "memory.namespace":
            _expect(change, namespaces.by_id(self.unit, memory.namespace).uid, before)
            self.unit.run("memory_set_namespace", id=memory.id, value=namespaces.by_uid(self.unit, after).id)
        elif field == "tags":
            _expect(change, list(memory.tags), self._tags(memory, before))
            self.unit.run(
                "memory_set_tags", id=memory.id, value=json.dumps(self._tags(memory, after), ensure_ascii=False)
            )
        elif field in _KEPT:
            if field not in {"expires", "tier_uses"}:  # uses put these off, which is no change of anybody's mind
                _expect(change, getattr(memory, field), before)
            self.unit.run(f"memory_set_{field}", id=memory.id, value=after)
        else:
            self._set_revision(memory, change)

    def _set_revision(self, memory: Memory, change: Change) -> None:
        row = self.unit.one("revision_by_number", memory=memory.id, number=change["number"])
        assert row is not None
        revision = Revision(*row)
        if change["what"] == "revision.valid_from":
            _expect(change, revision.valid_from, change["before"])
            self.unit.run("revision_set_valid_from", id=revision.id, valid_from=change["after"])
            index.redate(self.unit, revision, replace(revision, valid_from=change["after"]))
        elif change["what"] == "revision.valid_until":
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
