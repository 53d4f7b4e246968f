"""Handlers of the operations on single memories: remember, get, list, history, revise, forget, restore, undo, timeline."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from everlore.app import answers, requests
from everlore.app.authority import Waits, identify, may_write, sight
from everlore.app.authority import changes as begin
from everlore.app.caller import Caller
from everlore.app.freshness import ask_to_anchor, marks
from everlore.app.proposals import propose_release
from everlore.app.scope import moment_of, scope_pattern, target, where
from everlore.app.seen import last_seen, may_see_turn, sees_operation, source_of
from everlore.core.clock import to_iso
from everlore.core.errors import Conflict, InvalidInput, NotFound
from everlore.core.types import Link, Memory, Revision
from everlore.graph import entities
from everlore.guard import SCAN_RULES
from everlore.guard.injection import scan
from everlore.guard.redact import label, redact
from everlore.memory import belief, life
from everlore.memory.admit import FLOOR
from everlore.memory.changes import Changes, head_of, may_see, memory_of, revisions_of
from everlore.memory.tiers import strength
from everlore.store import index, journal, namespaces
from everlore.store.jobs import put
from everlore.store.sight import EVERYTHING, Sight, limits

if TYPE_CHECKING:
    from everlore.app.app import App
    from everlore.store.contract import Row, Unit

_ALWAYS, _FOREVER = -(1 << 62), 1 << 62
_SHOWN = 5


def remember(app: App, caller: Caller, request: requests.Remember) -> answers.Remembered:
    """Redact, judge and keep a statement in one write."""
    text, findings = clean(request.text)
    title, more = clean(request.title, "title") if request.title else (None, [])
    held = "; ".join(dict.fromkeys(finding.kind for part in (title or "", text) for finding in scan(part)))
    draft = life.Draft(
        text=text, title=title, kind=request.kind, tags=tuple(map(label, request.tags)), importance=request.importance, layer=request.layer,
        tier=request.tier, pinned=request.pinned, valid_from=app.instant(request.valid_from, "valid_from", edge="start"),
        valid_until=app.instant(request.valid_until, "valid_until"), source=label(request.source), visibility=request.visibility,
        ttl=None if request.ttl is None else request.ttl * 1000, expires=app.instant(request.expires, "expires"),
        scanned=SCAN_RULES,
    )  # fmt: skip
    with app.write() as unit:
        namespace = target(app, unit, request.namespace, request.cwd, app.clock())
        may_write(unit, caller, namespace)
        changes = begin(app, unit, caller)
        admission, memory = life.admit(changes, draft, namespace, caller.actor, held=held, seen=sight(unit, caller))
        if admission.outcome == "held" and changes.noted:
            propose_release(unit, changes.now, memory, held, identify(unit, caller).requester)
        operation = _finish(changes, caller, "remember", namespace.path, request.reason) if changes.noted else None
    return answers.Remembered(
        id=memory.uid, outcome=admission.outcome, why=admission.why, namespace=namespace.path, revision=memory.head,
        operation=operation, other=admission.other, findings=[*findings, *more],
    )  # fmt: skip


def check_duplicate(app: App, caller: Caller, request: requests.CheckDuplicate) -> answers.Checked:
    """Judge a statement without writing, and show what is most like it."""
    text, _ = clean(request.text)
    with app.read() as unit:
        seen = sight(unit, caller)
        namespace = (
            where(app, unit, None, request.cwd, seen) if request.cwd and not request.namespace else None
        ) or namespaces.find(unit, request.namespace or app.config.namespace)
        if found := scan(text):
            return answers.Checked(outcome="held", why="; ".join(f.kind for f in found), other=None, similarity=0.0)
        if namespace is None or not seen.knows(namespace):
            return answers.Checked(outcome="kept", why="nothing is kept there yet", other=None, similarity=0.0)
        draft = life.Draft(text)
        kept = life.neighbours(unit, draft, namespace, seen)
    admission = life.judge(draft, kept)
    return answers.Checked(
        outcome=admission.outcome, why=admission.why, other=admission.other, similarity=admission.similarity,
        text=kept[0].revision.text if kept else None, nearest=_nearest(kept),
        duplicate=any(each.comparison.duplicates(request.threshold) for each in kept),
    )  # fmt: skip


def _nearest(kept: Sequence[life.Neighbour]) -> list[answers.Likeness]:
    """Return what is like enough to a statement to be shown beside it."""
    alike = [each for each in kept if each.comparison.relation != "other" or each.comparison.similarity >= FLOOR]
    return [
        answers.Likeness(
            id=each.memory.uid, relation=each.comparison.relation, similarity=each.comparison.similarity,
            why=each.comparison.why, differs=list(each.comparison.differs), text=each.revision.text,
        )
        for each in alike[:_SHOWN]
    ]  # fmt: skip


def get(app: App, caller: Caller, request: requests.Get) -> answers.Got:
    """Return one memory with its links, or one turn, as it is now or was at another moment."""
    moment = moment_of(app, request.as_of, request.recorded_as_of)
    with app.read() as unit:
        row, seen = unit.one("turn_by_uid", uid=request.id), sight(unit, caller)
        if row is not None and may_see_turn(unit, row, seen):
            return answers.Got(turn=_turn_view(row, moment))
        memory = memory_of(unit, request.id, seen)
        if moment is None:
            rows = unit.rows("links_of", uid=memory.uid)
            revision = None
        else:
            rows = unit.rows("links_held", uid=memory.uid, at=moment[0], known=moment[1])
            revision = belief.revision_at(unit, memory, *moment)
            if revision is None:
                raise NotFound(
                    f"{memory.uid} was not held true then", field="as_of" if request.as_of else "recorded_as_of",
                    hint=f"`lore history {memory.uid}` shows what was held true, and when",
                )  # fmt: skip
        held = [Link(*link) for link in rows]
        links = [
            _link_view(link) for link in held if may_see(unit, link.source, seen) and may_see(unit, link.target, seen)
        ]
        shown = view(unit, memory, app.clock(), seen, revision)
        return answers.Got(memory=shown, links=links, feedback=_feedback(unit, memory))


def list_memories(app: App, caller: Caller, request: requests.List) -> answers.Listed:
    """Return a page of memories, newest first: those there are, or those held true at another moment as they read then."""
    moment = moment_of(app, request.as_of, request.recorded_as_of)
    if moment is not None and request.state != "active":
        raise InvalidInput(
            "state: of another moment there are those held true then, whatever became of them", field="state",
            hint="leave state out",
        )  # fmt: skip
    if moment is not None and request.order != "made":
        raise InvalidInput(
            "order: of another moment memories come by when they were made", field="order", hint="leave order out"
        )
    if request.order == "updated":
        return _list_updated(app, caller, request)
    with app.read() as unit:
        seen = sight(unit, caller)
        scope = scope_pattern(unit, request.namespace, seen)
        where: dict[str, object] = {
            "scope": scope, "kind": request.kind, "tag": request.tag, "layer": request.layer, "tier": request.tier, "pinned": request.pinned,
            **limits(unit, seen),
        }  # fmt: skip
        name = "memories"
        if moment is None:
            where["state"] = request.state
        else:
            name, where["at"], where["known"] = "memories_held", *moment
        rows = unit.rows(f"{name}_listed", **where, before=request.before, limit=request.limit + 1)
        memories = [index.memory_from(row) for row in rows[: request.limit]]
        then = [belief.revision_at(unit, memory, *moment) if moment else None for memory in memories]
        return answers.Listed(
            memories=[view(unit, m, app.clock(), seen, revision) for m, revision in zip(memories, then, strict=True)],
            total=unit.value(f"{name}_count", **where),
            next=memories[-1].uid if len(rows) > request.limit else None,
        )


def _list_updated(app: App, caller: Caller, request: requests.List) -> answers.Listed:
    """Return a page of memories, the newest revision first: found as titles are."""
    from everlore.app.browsing.titles import pages

    asked = requests.Pages(
        namespace=request.namespace, kind=request.kind, state=request.state, tag=request.tag, layer=request.layer, tier=request.tier,
        pinned=request.pinned, limit=request.limit, before=request.before,
    )  # fmt: skip
    found = pages(app, caller, asked)
    with app.read() as unit:
        seen = sight(unit, caller)
        shown = [memory_of(unit, each.id, seen) for each in found.pages if may_see(unit, each.id, seen)]
        return answers.Listed(
            memories=[view(unit, memory, app.clock(), seen) for memory in shown], total=found.total, next=found.next
        )


def history(app: App, caller: Caller, request: requests.History) -> answers.Chain:
    """Return every revision of a memory, each with what was held true of it from when until when."""
    with app.read() as unit:
        seen = sight(unit, caller)
        memory = memory_of(unit, request.id, seen)
        held: dict[int, list[answers.BeliefView]] = {}
        for number, *interval in unit.rows("beliefs_of", memory=memory.id):
            times = map(to_iso, interval)
            names = answers.BeliefView.__struct_fields__
            held.setdefault(number, []).append(answers.BeliefView(**dict(zip(names, times, strict=True))))
        return answers.Chain(
            id=memory.uid,
            state=memory.state,
            revisions=[_revision_view(unit, r, seen, held.get(r.number, [])) for r in revisions_of(unit, memory)],
        )


def revise(app: App, caller: Caller, request: requests.Revise) -> answers.Changed:
    """Put a new revision on top of a memory; one that looks like an attack is held until a person restores it."""
    text, _ = clean(request.text)
    with app.write() as unit:
        memory = memory_of(unit, request.id, sight(unit, caller))
        title = clean(request.title, "title")[0] if request.title else None
        if request.title is None:
            title = head_of(unit, memory).title
        draft = life.Draft(
            text=text, title=title, valid_from=app.instant(request.valid_from, "valid_from", edge="start"),
            valid_until=app.instant(request.valid_until, "valid_until"), scanned=SCAN_RULES,
        )  # fmt: skip
        changes = begin(app, unit, caller)
        life.revise(changes, memory, draft, caller.actor)
        if scan(text) or scan(title or ""):
            changes.set("memory.state", memory.uid, memory.state, "held")
        return _changed(changes, caller, "revise", request.id, request.reason)


def forget(app: App, caller: Caller, request: requests.Forget) -> answers.Changed:
    """Archive a memory."""
    with app.write() as unit:
        changes = begin(app, unit, caller)
        life.forget(changes, memory_of(unit, request.id, sight(unit, caller)))
        return _changed(changes, caller, "forget", request.id, request.reason)


def restore(app: App, caller: Caller, request: requests.Restore) -> answers.Changed:
    """Bring a memory or one of its revisions back."""
    with app.write() as unit:
        changes = begin(app, unit, caller)
        life.restore(changes, memory_of(unit, request.id, sight(unit, caller)), caller.actor, request.revision)
        head = head_of(unit, memory_of(unit, request.id))
        if scan(f"{head.title or ''}\n{head.text}"):  # by whatever way it comes back, it is let in
            for change in changes.noted:
                change["release"] = True
        return _changed(changes, caller, "restore", request.id, request.reason)


def undo(app: App, caller: Caller, request: requests.Undo) -> answers.Undone:
    """Reverse one operation with all its parts; reversing an undo does it again."""
    with app.write() as unit:
        seen = sight(unit, caller)
        entry = journal.find(unit, request.operation) if request.operation else last_seen(unit, seen)
        parts = journal.whole(unit, entry) if entry else []
        if entry is None or not all(sees_operation(unit, part, seen) for part in parts):
            raise NotFound(
                f"there is no operation {request.operation!r}" if request.operation else "there is nothing to undo",
                field="operation", hint="`lore timeline` and the answer of each write name operations",
            )  # fmt: skip
        if entry.undone_by is not None:
            raise Conflict(f"{entry.operation} {entry.uid} has been undone already", field="operation")
        first, changes = parts[0], begin(app, unit, caller)
        for part in reversed(parts):
            changes.reverse(part)
        try:
            by = changes.finish(operation="undo", namespace=first.namespace, reason=_reason(request.reason))
        except Waits as waits:  # the last one by then is another
            waits.pinned = {"operation": first.uid}
            raise
        for part in parts:
            journal.mark_undone(unit, part, by)
        _embed_later(unit)
    return answers.Undone(operation=by.uid, undid=first.uid, name=first.operation, changes=len(changes.noted))


def timeline(app: App, caller: Caller, request: requests.Timeline) -> answers.Events:
    """Return the newest of what became true and of what was done, in order of time."""
    since, until = app.instant(request.since, "since", edge="start"), app.instant(request.until, "until")
    span = {"since": _ALWAYS if since is None else since, "until": _FOREVER if until is None else until + 1}
    events: list[tuple[int, answers.Event]] = []
    with app.read() as unit:
        seen = sight(unit, caller)
        scope = scope_pattern(unit, request.namespace, seen)
        within = _lineage(unit, request.id, seen) if request.id else None
        if request.entity:
            about = _linked(unit, request, seen)
            within = about if within is None else within & about
        wanted = None if within is None else json.dumps(sorted(within))
        if request.what != "done":
            rows = unit.rows(
                "revisions_in_time", **span, scope=scope, ids=wanted, limit=request.limit, **limits(unit, seen)
            )
            events += ((row[0], _became_true(row)) for row in rows)
        if request.what != "true" and not request.entity and (wanted is not None or (scope is None and seen.all)):
            entries = map(journal.from_row, unit.rows("journal_since", **span, ids=wanted, limit=request.limit))
            events += ((entry.at, _was_done(entry)) for entry in entries if sees_operation(unit, entry, seen))
    events.sort(key=lambda event: event[0])
    return answers.Events(events=[event for _, event in events[-request.limit :]])


def _linked(unit: Unit, request: requests.Timeline, seen: Sight) -> set[str]:
    """Return what an entity is linked with, whether that link still holds or not."""
    node = namespaces.require(unit, request.namespace, seen) if request.namespace else None
    try:
        entity = entities.resolve(unit, request.entity or "", node, seen)
    except NotFound as error:
        raise NotFound(error.message, field="entity", hint=error.hint) from None
    members = [
        entity.uid,
        *(row[0] for row in unit.rows("graph_members", node=entity.uid, seen=limits(unit, seen)["seen"])),
    ]
    return {row[0] for row in unit.rows("entity_ends", ids=json.dumps(members))}


def _became_true(row: Row) -> answers.Event:
    return answers.Event(
        time=to_iso(row[0]) or "", what="became true" if row[2] == 1 else f"revision {row[2]}", id=row[1],
        text=row[3] or row[4], kind=row[5], namespace=row[7], valid_from=to_iso(row[8]), valid_until=to_iso(row[9]),
    )  # fmt: skip


def _was_done(entry: journal.Entry) -> answers.Event:
    return answers.Event(
        time=to_iso(entry.at) or "", what=entry.operation, id=entry.uid, kind="operation", namespace=entry.namespace or "",
        text=entry.reason or f"{len(entry.changes)} {'change' if len(entry.changes) == 1 else 'changes'} by {entry.actor}",
    )  # fmt: skip


def view(
    unit: Unit, memory: Memory, now: int, seen: Sight = EVERYTHING, revision: Revision | None = None
) -> answers.MemoryView:
    """Return a memory with one revision, the newest where none is given, as every surface shows it."""
    shown, mark = revision or head_of(unit, memory), marks(unit, [memory.uid]).get(memory.uid)
    caveat = "" if revision else belief.caveat(shown.valid_from, shown.valid_until, now)
    return answers.MemoryView(
        id=memory.uid, kind=memory.kind, title=shown.title, text=shown.text, namespace=namespaces.by_id(unit, memory.namespace).path,
        state=memory.state, tags=list(memory.tags), importance=memory.importance, layer=memory.layer, tier=memory.tier,
        pinned=memory.pinned, visibility=memory.visibility, owner=memory.owner, expires=to_iso(memory.expires), placed=memory.placed,
        strength=strength(memory, now), revision=shown.number, valid_from=to_iso(shown.valid_from), valid_until=to_iso(shown.valid_until),
        created=to_iso(memory.created) or "", updated=to_iso(shown.recorded) or "", source=source_of(unit, shown, seen), uses=memory.uses,
        caveats=[caveat] if caveat else [],
        freshness=mark.text if mark and mark.revision == shown.number else None,
    )  # fmt: skip


def _turn_view(row: Row, moment: tuple[int, int] | None) -> answers.TurnView:
    if row[12]:
        raise NotFound(f"turn {row[1]!r} is gone: its import was undone", field="id", hint="import it again")
    if moment and ((row[7] is not None and row[7] > moment[0]) or row[13] > moment[1]):
        raise NotFound(f"turn {row[1]!r} had not been said then, or was not known", field="as_of")
    return answers.TurnView(
        id=row[1], turn=row[3], session=row[10], position=row[4], speaker=row[5], role=row[6], time=to_iso(row[7]),
        text=row[8], caption=row[9], namespace=row[11],
    )  # fmt: skip


def _feedback(unit: Unit, memory: Memory) -> list[answers.FeedbackView]:
    return [
        answers.FeedbackView(verdict=row[1], actor=row[2], note=row[3], time=to_iso(row[4]) or "")
        for row in unit.rows("feedback_of", memory=memory.uid)
    ]


def clean(text: str, field: str = "text") -> tuple[str, list[answers.Finding]]:
    """Return a text without secrets and what was removed; raise `InvalidInput` where there is nothing in it."""
    redacted = redact(_said(text, field))
    return redacted.text, [answers.Finding(kind=finding.kind, count=finding.count) for finding in redacted.findings]


def _said(text: str, field: str = "text") -> str:
    if not text.strip():
        raise InvalidInput(f"{field}: there is nothing in it but white space", field=field)
    return text


def _reason(reason: str | None) -> str | None:
    return label(reason)


def _finish(changes: Changes, caller: Caller, operation: str, namespace: str | None, reason: str | None) -> str:
    entry = changes.finish(operation=operation, namespace=namespace, reason=_reason(reason))
    _embed_later(changes.unit)
    return entry.uid


def _embed_later(unit: Unit) -> None:
    put(unit, "embed")
    ask_to_anchor(unit)


def _changed(changes: Changes, caller: Caller, name: str, uid: str, reason: str | None) -> answers.Changed:
    memory = memory_of(changes.unit, uid)
    operation = _finish(changes, caller, name, namespaces.by_id(changes.unit, memory.namespace).path, reason)
    return answers.Changed(id=uid, state=memory.state, revision=memory.head, operation=operation)


def _lineage(unit: Unit, uid: str, seen: Sight) -> set[str]:
    """Return a memory and everything it superseded or was superseded by, as far as that is seen."""
    found, waiting = set[str](), [memory_of(unit, uid, seen).uid]
    while waiting:
        here = waiting.pop()
        if here not in found:
            found.add(here)
            for row in unit.rows("links_of", uid=here):
                link = Link(*row)
                if link.kind == "supersedes":
                    waiting += [end for end in (link.source, link.target) if may_see(unit, end, seen)]
    return found


def _revision_view(unit: Unit, revision: Revision, seen: Sight, held: list[answers.BeliefView]) -> answers.RevisionView:
    return answers.RevisionView(
        number=revision.number, text=revision.text, title=revision.title, valid_from=to_iso(revision.valid_from),
        valid_until=to_iso(revision.valid_until), recorded=to_iso(revision.recorded) or "",
        recorded_until=to_iso(revision.recorded_until), actor=revision.actor, source=source_of(unit, revision, seen),
        believed=held,
    )  # fmt: skip


def _link_view(link: Link) -> answers.LinkView:
    return answers.LinkView(
        kind=link.kind,
        source=link.source,
        target=link.target,
        valid_from=to_iso(link.valid_from),
        valid_until=to_iso(link.valid_until),
    )
