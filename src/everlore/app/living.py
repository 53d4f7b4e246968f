"""Handlers of a memory's life beside its text: settings, supersession, merging, feedback, fading and the end for good."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from everlore.app import answers, requests
from everlore.app.authority import changes as begin
from everlore.app.authority import identify, may_write, sight
from everlore.app.caller import Caller
from everlore.app.freshness import ask_to_anchor
from everlore.app.proposals import propose
from everlore.app.scope import scope_pattern
from everlore.app.seen import may_see_turn
from everlore.core import ids
from everlore.core.errors import Conflict, EverloreError, InvalidInput
from everlore.core.shorten import shorten
from everlore.guard.redact import label
from everlore.memory import layers, life, tiers
from everlore.memory.changes import Changes, head_of, may_see, memory_of
from everlore.memory.purge import derived_from, purge_turn
from everlore.memory.purge import purge as purge_memory
from everlore.store import namespaces
from everlore.store.index import memory_from
from everlore.store.jobs import put
from everlore.store.sight import Sight

if TYPE_CHECKING:
    from everlore.app.app import App
    from everlore.core.types import Memory
    from everlore.store.contract import Unit

_SHOWN = 120
MINUTE = 60_000


class OnlyShown(Exception):
    """Leaves a write without what it did: a dry run."""


def set_memory(app: App, caller: Caller, request: requests.Set) -> answers.Changed:
    """Change settings of a memory in one change; raise `InvalidInput` when nothing would change."""
    with app.write() as unit:
        memory = memory_of(unit, request.id, sight(unit, caller))
        if memory.state == "purged":
            raise Conflict(f"{memory.uid} was purged", field="id")
        changes = begin(app, unit, caller)
        _settings(changes, memory, request, app)
        if request.namespace:
            node = namespaces.ensure(unit, label(request.namespace), changes.now)
            may_write(unit, caller, node)
            was = namespaces.by_id(unit, memory.namespace)
            changes.set("memory.namespace", memory.uid, was.uid, node.uid)
        _validity(changes, memory, request, app)
        if not changes.noted:
            raise InvalidInput("nothing would change", field="id", hint="give a value that it does not have")
        return _finish(changes, "set", memory.uid, request.reason)


def _settings(changes: Changes, memory: Memory, request: requests.Set, app: App) -> None:
    unit = changes.unit
    if request.tier and request.tier != memory.tier:
        tiers.promote(changes, memory, request.tier)
        memory = memory_of(unit, memory.uid)
    given: dict[str, Any] = {"kind": request.kind, "importance": request.importance, "visibility": request.visibility}
    if request.pinned and request.unpinned:
        raise InvalidInput("pinned and unpinned contradict each other", field="unpinned")
    if request.pinned or request.unpinned:
        given["pinned"] = request.pinned
    if request.tags is not None:
        given["tags"] = list(map(label, request.tags))
    if request.layer is not None:
        node = namespaces.by_id(unit, memory.namespace)
        given["layer"], given["placed"] = layers.place(unit, node, memory.kind, request.layer)
    if request.ttl is not None:
        given["ttl"], given["expires"] = request.ttl * 1000, changes.now + request.ttl * 1000
    if request.expires is not None:
        given["expires"], given["ttl"] = app.instant(request.expires or None, "expires"), None
    for name, value in given.items():
        before = getattr(memory, name)
        before = list(before) if isinstance(before, tuple) else before
        more = {"expires": memory.expires} if name == "pinned" and memory.expires is not None else {}
        if value is not None or name == "ttl" or (name == "expires" and request.expires == ""):
            changes.set(f"memory.{name}", memory.uid, before, value, **more)


def _validity(changes: Changes, memory: Memory, request: requests.Set, app: App) -> None:
    head = head_of(changes.unit, memory)
    since = app.instant(request.valid_from or None, "valid_from", edge="start")
    until = app.instant(request.valid_until or None, "valid_until")
    begins = head.valid_from if request.valid_from is None else since
    ends = head.valid_until if request.valid_until is None else until
    if begins is not None and ends is not None and ends <= begins:
        raise InvalidInput("valid_until must be later than valid_from", field="valid_until")
    if request.valid_from is not None:
        changes.set("revision.valid_from", memory.uid, head.valid_from, since, number=head.number)
    if request.valid_until is not None:
        changes.set("revision.valid_until", memory.uid, head.valid_until, until, number=head.number)


def supersede(app: App, caller: Caller, request: requests.Supersede) -> answers.Changed:
    """Close one memory where another takes over."""
    with app.write() as unit:
        seen = sight(unit, caller)
        old, new = memory_of(unit, request.id, seen), memory_of(unit, request.by, seen)
        _must_differ(old, new)
        changes = begin(app, unit, caller)
        life.supersede(changes, old, new)
        return _finish(changes, "supersede", old.uid, request.reason)


def merge(app: App, caller: Caller, request: requests.Merge) -> answers.Changed:
    """Let one memory stand for others that say the same."""
    with app.write() as unit:
        seen = sight(unit, caller)
        into = memory_of(unit, request.into, seen)
        changes = begin(app, unit, caller)
        for uid in dict.fromkeys(request.ids):
            one = memory_of(unit, uid, seen)
            _must_differ(one, into)
            life.merge(changes, one, into)
        return _finish(changes, "merge", into.uid, request.reason)


def _must_differ(old: Memory, new: Memory) -> None:
    if old.uid == new.uid:
        raise InvalidInput("a memory cannot take its own place", field="id")
    for one in (old, new):
        if one.state != "active":
            raise Conflict(f"{one.uid} is {one.state}", field="id", hint=f"`lore restore {one.uid}` brings it back")


def feedback(app: App, caller: Caller, request: requests.Feedback) -> answers.Changed:
    """Note what somebody says of a memory. Helpful counts as a use; stale and wrong ask for it to be archived."""
    with app.write() as unit:
        memory = memory_of(unit, request.id, sight(unit, caller))
        if memory.state == "purged":
            raise Conflict(f"{memory.uid} was purged", field="id")
        changes = begin(app, unit, caller)
        by = identify(unit, caller).requester
        uid = ids.fresh(changes.now)
        note = label(request.note)
        unit.run(
            "feedback_insert", uid=uid, memory=memory.uid, verdict=request.verdict, actor=by.name, note=note, recorded=changes.now,
            recorded_until=None,
        )  # fmt: skip
        changes.note("feedback", uid, False, True, memory=memory.uid)
        unit.run("ledger_item_feedback", item=memory.uid)
        if request.verdict == "helpful":
            changes.use(memory)
        elif memory.state == "active":
            said = f"{by.name} says that it is {request.verdict}"
            made = propose(
                unit, changes.now, effect="archive", operation="forget", payload={"id": memory.uid, "reason": said}, namespace=memory.namespace,
                targets=[memory.uid], reason=said, origin=by.origin, actor=by.name, evidence=[note] if note else [], confidence=0.6,
            )  # fmt: skip
            if made:
                changes.note("proposal.made", made, False, True)
        return _finish(changes, "feedback", memory.uid, request.verdict)  # a note can be purged, the journal cannot


def sweep(app: App, caller: Caller, request: requests.Sweep) -> answers.Swept:
    """Promote what was used enough, archive what has expired or faded, and propose to purge what was archived long ago."""
    found, operation = list[answers.Faded](), None
    with suppress(OnlyShown), app.write() as unit:
        changes = begin(app, unit, caller)
        found = sweep_changes(app, changes, request, caller)
        if not request.apply:
            raise OnlyShown
        if changes.noted:
            entry = changes.finish(operation="sweep", namespace=request.namespace, reason=label(request.reason))
            operation = entry.uid
    counts = Counter(one.what for one in found)
    return answers.Swept(
        applied=request.apply, memories=found, archived=counts["archived"], promoted=counts["promoted"],
        proposed=counts["proposed for purge"], operation=operation,
    )  # fmt: skip


def _always(effect: str, memory: Memory) -> bool:
    return True


def sweep_changes(
    app: App, changes: Changes, request: requests.Sweep, caller: Caller, may: Callable[[str, Memory], bool] = _always
) -> list[answers.Faded]:
    """Make the changes of a sweep that it `may`; nothing that is pinned fades, and nothing is deleted."""
    unit, now, found = changes.unit, changes.now, list[answers.Faded]()
    seen = sight(unit, caller)
    scope = scope_pattern(unit, request.namespace, seen)
    for memory in [memory_from(row) for row in unit.rows("memories_to_sweep", scope=scope, below=request.below)]:
        if len(found) >= request.limit:
            break
        if not (seen.all or seen.sees(memory, namespaces.by_id(unit, memory.namespace))):
            continue
        if (tier := tiers.due(memory)) is not None and may("revise", memory):
            tiers.promote(changes, memory, tier)
            why = f"used {memory.uses - memory.tier_uses} times: {memory.tier} to {tier}"
            found.append(_faded(unit, memory, "promoted", why, now))
        elif (why := _why_archived(memory, now, request.below)) and may("archive", memory):
            life.forget(changes, memory)
            found.append(_faded(unit, memory, "archived", why, now))
    return found + _long_archived(app, unit, request, scope, now, request.limit - len(found), seen)


def _why_archived(memory: Memory, now: int, below: float) -> str:
    if memory.has_ended(now):
        return "its date has come" if memory.ttl is None else f"not used for its span ({memory.tier})"
    strength = tiers.strength(memory, now)
    return f"faded to {strength:.2f}" if strength < below else ""


def _long_archived(
    app: App, unit: Unit, request: requests.Sweep, scope: str | None, now: int, limit: int, seen: Sight
) -> list[answers.Faded]:
    """Propose to purge what has been archived for longer than the retention that is set; none is without one."""
    days = app.config.retention_days
    if not days or limit <= 0:
        return []
    found = []
    for (uid,) in unit.rows("memories_archived_before", before=now - days * tiers.DAY, scope=scope, limit=limit):
        memory = memory_of(unit, uid)
        if not may_see(unit, uid, seen):
            continue
        why = f"archived for more than {days} days"
        made = propose(
            unit, now, effect="purge", operation="purge", payload={"ids": [uid], "reason": why}, namespace=memory.namespace, targets=[uid],
            reason=why, origin="curator", actor="curator", confidence=0.9,
        )  # fmt: skip
        if made:
            found.append(_faded(unit, memory, "proposed for purge", why, now))
    return found


def _faded(unit: Unit, memory: Memory, what: str, why: str, now: int) -> answers.Faded:
    text = shorten(" ".join(head_of(unit, memory).text.split()), _SHOWN)
    return answers.Faded(id=memory.uid, what=what, why=why, strength=tiers.strength(memory, now), text=text)  # type: ignore[arg-type]


def purge(app: App, caller: Caller, request: requests.Purge) -> answers.Purged:
    """Empty memories for good, with the pages that quote them, and say what is gone and what remains where."""
    asked, turns, pages = dict.fromkeys(request.ids), list[str](), _Pages()
    wanted = list(asked)
    with app.write() as unit:
        seen = sight(unit, caller)
        changes = begin(app, unit, caller)
        counts: Counter[str] = Counter()
        for uid in wanted:  # which grows while pages are found
            memory = memory_of(unit, uid, seen)
            if memory.state == "purged":
                raise Conflict(f"{uid} was purged already", field="ids")
            wanted += pages.find(unit, memory, seen, wanted) if uid in asked else ()
            turns += [row[11] for row in unit.rows("revisions_of", memory=memory.id) if row[11]]
            counts += purge_memory(changes, memory, but=caller.proposal)
        rows = {turn: unit.one("turn_by_uid", uid=turn) for turn in dict.fromkeys(turns)}
        turns = [turn for turn, row in rows.items() if row is not None and may_see_turn(unit, row, seen)]
        emptied = sum(purge_turn(changes, turn) for turn in turns) if request.with_turns else 0
        entry = changes.finish(operation="purge", namespace=None, reason=label(request.reason))
        put(unit, "scrub", run_at=changes.now + MINUTE)  # for who comes after us, should we be killed before it is done
    places = [went(name, number) for name, number in counts.items() if number]
    places.append(_turns(turns, emptied, with_turns=request.with_turns))
    places += pages.told(wanted, whole=seen.all)
    places += unpaged(app, wanted, history=request.with_vault_history)
    return answers.Purged(ids=wanted, places=[*places, *made_anew(app), *OUTSIDE], operation=entry.uid)


@dataclass(slots=True)
class _Pages:
    """What is derived from the memories that are purged: it goes with them where it quotes them."""

    quoting: list[str] = field(default_factory=list)
    others: dict[str, None] = field(default_factory=dict)

    def find(self, unit: Unit, memory: Memory, seen: Sight, wanted: list[str]) -> list[str]:
        """Return what has to go with a memory and is not among what is purged yet."""
        quoting, others = (
            [page.uid for page in pages if page.uid not in wanted and may_see(unit, page.uid, seen)]
            for pages in derived_from(unit, memory)
        )
        self.quoting += quoting
        self.others |= dict.fromkeys(others)
        return quoting

    def told(self, purged: list[str], *, whole: bool) -> list[answers.Left]:
        """Return what the answer says of them; `whole` where the caller sees all there is."""
        where, left = "database: pages derived from it", [uid for uid in self.others if uid not in purged]
        said = [(True, f"purged with it, as they quote it: {', '.join(self.quoting)}")] if self.quoting else []
        if left:
            said.append((False, f"{', '.join(left)} remain, as they do not quote it word for word"))
        if not whole:
            said.append((False, "those that you may not see, if there are any, remain"))
        return [answers.Left(where=where, gone=gone, detail=detail) for gone, detail in said]


def went(name: str, number: int) -> answers.Left:
    """Return the line that says that so many of something are empty now."""
    return answers.Left(where=f"database: {name}", gone=True, detail=f"{number} emptied")


def _turns(turns: list[str], emptied: int, *, with_turns: bool) -> answers.Left:
    where = "database: turns it was learnt from"
    if not turns:
        return answers.Left(
            where=where, gone=True, detail="it names none; `lore transcripts search` finds others that say it"
        )
    if with_turns:
        return answers.Left(where=where, gone=True, detail=f"{emptied} emptied: {', '.join(turns)}")
    return answers.Left(where=where, gone=False, detail=f"{', '.join(turns)} remain; --with-turns purges them too")


def unpaged(app: App, wanted: list[str], *, history: bool) -> list[answers.Left]:
    """Remove the pages of what was purged, and say what of them is left."""
    from everlore.app.mirroring import forget_purged
    from everlore.vault.repository import Repository

    try:
        left = forget_purged(app, wanted, history=history)
    except (EverloreError, OSError) as error:
        left = [str(error)]
    told = "; ".join(left) or "removed, with the index and the logs that named them"
    places = [answers.Left(where="vault: pages", gone=not left, detail=told)]
    if not Repository(app.config.vault_root).there:
        return places
    detail = (
        "every commit was written anew without them; clones keep them, and old versions of pages that linked to them their file name"
        if history
        else "its commits hold what the pages said; purge with --with-vault-history writes them anew"
    )
    return [*places, answers.Left(where="vault: git history", gone=history and not left, detail=detail)]


def made_anew(app: App) -> list[answers.Left]:
    """Make the indexes and the file anew without what was removed."""
    places = []
    try:
        app.forget_vectors()
        if app.config.vectors.is_dir():
            shutil.rmtree(app.config.vectors, ignore_errors=True)
        left = app.store.scrub()
        if not left:
            with app.write() as unit:
                unit.run("job_unput", kind="scrub", key="")
    except EverloreError as error:
        left = [error.message]
    file = "database file, full-text index, free pages, write-ahead log"
    places.append(answers.Left(where=file, gone=not left, detail="; ".join(left) or "written anew"))
    detail = "segments removed and made again; other programs that run keep theirs in memory until they start again"
    places.append(answers.Left(where="vectors", gone=True, detail=detail))
    detail = "that it was, when, by whom, the hash of its text, and the reasons that were given for changes"
    return [*places, answers.Left(where="journal", gone=False, detail=detail)]


OUTSIDE = [
    answers.Left(
        where="handoffs", gone=False, detail="those that quoted it keep the quote; `lore handoff list` shows them"
    ),
    answers.Left(
        where="pages",
        gone=False,
        detail="those that quoted it keep the quote; `lore list --kind page` shows them, `lore purge ID` empties one",
    ),
    answers.Left(
        where="backups and exports", gone=False, detail="files made before still hold it; delete or make them again"
    ),
    answers.Left(where="transcripts of agents' clients", gone=False, detail="their own files are theirs"),
    answers.Left(
        where="disk", gone=False, detail="blocks that the file no longer uses are the file system's to overwrite"
    ),
]


def _finish(changes: Changes, operation: str, uid: str, reason: str | None) -> answers.Changed:
    memory = memory_of(changes.unit, uid)
    path = namespaces.by_id(changes.unit, memory.namespace).path
    entry = changes.finish(operation=operation, namespace=path, reason=label(reason))
    put(changes.unit, "embed")
    ask_to_anchor(changes.unit)
    return answers.Changed(id=uid, state=memory.state, revision=memory.head, operation=entry.uid)
