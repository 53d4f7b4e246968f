"""What one session leaves for the next: written when a session ends, is compacted or is found to have been left.

A project offers one handoff at a time to everybody, and one to each client that it is addressed to; a newer one takes the
place of an older. Reading claims nothing. A session that was told a handoff claims it when it does its first real work;
the claim is one statement that only one session can win. When the session that claimed it ends, the handoff is done, or
offered again if that session only talked.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from everlore.app import answers, authority, requests
from everlore.app.caller import Caller
from everlore.app.capturing import After
from everlore.app.git import git_of
from everlore.app.scope import moment_of, project, target, where
from everlore.app.telling.block import Waiting
from everlore.app.waited import as_they_were
from everlore.core import ids
from everlore.core.clock import to_iso
from everlore.core.errors import Conflict, EverloreError, NotFound
from everlore.core.types import Namespace
from everlore.guard.redact import label, redact
from everlore.memory.changes import Changes
from everlore.sessions import handoff as handing
from everlore.sessions.capture import Captured
from everlore.sessions.handoff import Git
from everlore.sessions.place import locate
from everlore.sessions.transcripts import SOURCES
from everlore.store import namespaces
from everlore.store.jobs import put
from everlore.store.sight import EVERYTHING, Sight, limits

if TYPE_CHECKING:
    from everlore.app.app import App
    from everlore.store.contract import Row, Unit

LASTS_MS = 14 * 24 * 3600 * 1000
_NOBODY = -1
_TOLD = "handoff:"
_FEW_TURNS, _TAKEN_UP = 40, 900
"""A session of fewer turns than that also hands on what it took up, in at most so many characters."""
_LARGEST_RECORD = 64 * 1024 * 1024


def show(app: App, caller: Caller, request: requests.Handoff) -> answers.Handoffs:
    """Return one handoff by its id, or the one that waits in the project: that of a session which was left, if newer.

    With a moment, the one that waited then.
    """
    then = moment_of(app, request.as_of, request.recorded_as_of)
    with app.read() as unit:
        seen = authority.sight(unit, caller)
        if request.id:
            rows = [_find(unit, request.id, seen)]
            if then and not (rows := as_they_were(unit, rows, min(then), LASTS_MS)):
                raise NotFound(f"handoff {request.id!r} had not been written then", field="as_of")
            return answers.Handoffs(handoffs=[view(rows[0])])
        namespace = project(app, unit, request.namespace, request.cwd, seen)
        if namespace is None or not seen.covers(namespace):
            return answers.Handoffs(handoffs=[])
        if then:
            rows = unit.rows(
                "handoffs_listed", scope=_lineage_of(namespace), state=None, seen=None, before=None, limit=-1
            )
            waited = as_they_were(unit, (row for row in rows if row[13] == namespace.id), min(then), LASTS_MS)
            return answers.Handoffs(handoffs=[view(row) for row in waited if row[2] == "offered"][:1])
        now = app.clock()
        left = _left(unit, namespace, None, now)
        row = unit.one("handoff_waiting", namespace=namespace.id, now=now, client=None, session=None)
    if left is not None and (drafted := draft(app, left)) is not None:
        return answers.Handoffs(handoffs=[_preview(left, namespace, drafted.text, now)])
    return answers.Handoffs(handoffs=[view(row)] if row else [])


def list_handoffs(app: App, caller: Caller, request: requests.HandoffList) -> answers.Handoffs:
    """Return handoffs of a namespace and what is below it, newest first, as they are or were at another moment."""
    then = moment_of(app, request.as_of, request.recorded_as_of)
    with app.read() as unit:
        sight = authority.sight(unit, caller)
        namespace = where(app, unit, request.namespace, request.cwd, sight)
        if request.before:
            _find(unit, request.before, sight)
        within = {
            "scope": _lineage_of(namespace) if namespace else None, "seen": limits(unit, sight)["seen"], "before": request.before,
        }  # fmt: skip
        if then:
            rows = as_they_were(unit, unit.rows("handoffs_listed", **within, state=None, limit=-1), min(then), LASTS_MS)
            rows = [row for row in rows if request.state in {None, row[2]}]
        else:
            rows = unit.rows("handoffs_listed", **within, state=request.state, limit=request.limit + 1)
    shown = [view(row) for row in rows[: request.limit]]
    return answers.Handoffs(handoffs=shown, next=shown[-1].id if len(rows) > request.limit else None)


def _lineage_of(namespace: Namespace) -> str:
    return f"% {namespace.id} %"


def begin(app: App, caller: Caller, request: requests.HandoffBegin) -> answers.HandoffChanged:
    """Offer a handoff in the words given, or that of the latest session of the project."""
    now, drafted, left, namespace = app.clock(), None, None, None
    if request.text is None:
        with app.read() as unit:
            namespace = project(app, unit, request.namespace, request.cwd, authority.sight(unit, caller))
            if namespace is not None:
                authority.may_write(unit, caller, namespace)
                left = unit.one("session_latest", namespace=namespace.id, session=_NOBODY, since=now - LASTS_MS)
    if left is not None:
        drafted = draft(app, left)
    if request.text is None and drafted is None:
        hint = "say what the next session should know: `lore handoff begin TEXT`"
        raise NotFound("no session of this project has done anything to hand over", field="text", hint=hint)
    with app.write() as unit:
        namespace = namespace or target(app, unit, request.namespace, request.cwd, now)
        authority.may_write(unit, caller, namespace)
        changes = authority.changes(app, unit, caller)
        note = Written(label(request.text), {}) if request.text else drafted
        assert note is not None
        uid = offer(changes, namespace, note, None if request.text else left, "request", label(request.recipient))
        return _finish(changes, caller, "handoff-begin", uid, None)


def accept(app: App, caller: Caller, request: requests.HandoffAccept) -> answers.HandoffChanged:
    """Claim a handoff; raise `Conflict` when somebody else has it."""
    ensure(app, request.namespace, request.cwd, caller=caller)
    with app.write() as unit:
        now, seen = app.clock(), authority.sight(unit, caller)
        if request.id:
            row = _find(unit, request.id, seen)
        else:
            namespace = project(app, unit, request.namespace, request.cwd, seen)
            found = (
                namespace
                and seen.covers(namespace)
                and unit.one("handoff_waiting", namespace=namespace.id, now=now, client=None, session=None)
            )
            if not found:
                raise NotFound("no handoff waits here", field="id", hint="`lore handoff list` shows them all")
            row = found
        if row[2] != "offered":
            raise Conflict(f"handoff {row[1]} is {row[2]}", field="id", hint="`lore handoff reopen ID` offers it again")
        changes = authority.changes(app, unit, caller)
        changes.set("handoff.state", row[1], "offered", "claimed")
        return _finish(changes, caller, "handoff-accept", row[1], None)


def cancel(app: App, caller: Caller, request: requests.HandoffCancel) -> answers.HandoffChanged:
    """Take a handoff back."""
    return _turn(app, caller, request.id, ("offered", "claimed"), "cancelled", "handoff-cancel", request.reason)


def reopen(app: App, caller: Caller, request: requests.HandoffReopen) -> answers.HandoffChanged:
    """Offer a handoff again."""
    states = ("claimed", "done", "expired", "superseded", "cancelled")
    return _turn(app, caller, request.id, states, "offered", "handoff-reopen", request.reason)


class Written:
    """A handoff's text and what it was made from."""

    __slots__ = ("body", "text")

    def __init__(self, text: str, body: Mapping[str, Any]) -> None:
        self.text = text
        self.body = body


@dataclass(frozen=True, slots=True)
class Seen:
    """What is to be seen of a session outside of the store: its work tree, and what its own record says came of tools.

    `outcomes` has, by the key of a result, whether it failed and its exit status: not every client's hooks tell. `running` has the
    commands that have no result, of which none does.
    """

    git: Git | None = None
    outcomes: Mapping[str, tuple[bool, int | None]] = field(default_factory=dict)
    running: tuple[str, ...] = ()


def look(client: str | None, cwd: str | None, transcript: str | None, seconds: float = 1.0) -> Seen:
    """Look at a session's work tree and its own record, no longer than some seconds each; call it outside of a write."""
    outcomes, calls = _recorded(client or "", transcript, seconds)
    place = locate(cwd) if cwd else None
    commands = [call.get("command") for call in calls.values()] if place and place.capture == "all" else []
    running = tuple(redact(command).text for command in commands if isinstance(command, str))
    return Seen(git_of(cwd, seconds), outcomes, running)


def _recorded(
    client: str, transcript: str | None, seconds: float
) -> tuple[dict[str, tuple[bool, int | None]], Mapping[str, Any]]:
    """Return what a client's own record says came of tools, and the calls of which nothing came if it was read to its end."""
    source, until = SOURCES.get(client), time.monotonic() + seconds
    found: dict[str, tuple[bool, int | None]] = {}
    calls: Mapping[str, Any] = {}
    if source is None or not transcript:
        return found, calls
    try:
        path = Path(transcript)
        if not path.is_file() or path.stat().st_size > _LARGEST_RECORD:
            return found, calls
        for chunk in source.read(path, 0, {}):
            for event in chunk.events:
                if event.kind in {"tool_result", "tool_failure"} and event.key:
                    found[event.key] = (event.kind == "tool_failure", event.detail.get("exit"))
            if time.monotonic() > until:
                return found, {}
            calls = chunk.state.get("calls", {})
    except (OSError, EverloreError):
        pass
    return found, calls


def draft(app: App, session: Row) -> Written | None:
    """Return what a session has to hand over, None if it did nothing; `session` is a row of `session_facts`."""
    seen = look(session[3], session[4], session[9])
    with app.read() as unit:
        return compose(unit, session, seen)


def compose(unit: Unit, session: Row, seen: Seen) -> Written | None:
    """Return what a session has to hand over as its turns have it in this transaction."""
    said = [
        _heard(handing.Said(row[0], row[1], row[2], row[3], row[4], row[5], json.loads(row[6]) if row[6] else {}), seen)
        for row in unit.rows("turns_told", session=session[0])
    ]
    facts = handing.Facts(
        client=session[3] or "agent", session=session[2], started=session[6], ended=session[7], cwd=session[4],
        branch=session[5], closed=session[8] is not None,
    )  # fmt: skip
    made = handing.build(said, facts, seen.git, seen.running)
    if made is None:
        return None
    before = unit.one("handoff_taken_up", session=session[0])
    taken = handing.taken_up(before[0], _TAKEN_UP) if before and len(said) < _FEW_TURNS else ""
    text = handing.render(made, handing.LIMIT - len(taken) - 2)
    return Written(f"{text}\n\n{taken}" if taken else text, handing.as_json(made))


def _heard(turn: handing.Said, seen: Seen) -> handing.Said:
    """Return a tool's turn with what its client's own record says came of it, where the hook did not tell."""
    outcome = seen.outcomes.get(f"result:{turn.detail.get('call')}") if turn.event == "tool_result" else None
    if outcome is None or outcome[0] is False or "exit" in turn.detail:
        return turn
    detail = {**turn.detail, **({"exit": outcome[1]} if outcome[1] is not None else {})}
    return replace(turn, event="tool_failure", detail=detail)


def offer(
    changes: Changes,
    namespace: Namespace,
    note: Written,
    session: Row | None,
    occasion: str,
    recipient: str | None = None,
) -> str:
    """Write a handoff and offer it in the place of older ones; return its uid."""
    uid, unit, now = ids.fresh(changes.now), changes.unit, changes.now
    unit.run(
        "handoff_insert", uid=uid, namespace=namespace.id, session=session[0] if session else None,
        client=session[3] if session else None, recipient=recipient, occasion=occasion, state="offered", text=note.text,
        body=json.dumps(note.body, ensure_ascii=False), recorded=now, expires=now + LASTS_MS, changed=now,
    )  # fmt: skip
    changes.note("handoff.state", uid, "withdrawn", "offered", digest=ids.content_hash(note.text).hex())
    older = unit.rows(
        "handoffs_to_replace",
        namespace=namespace.id,
        uid=uid,
        recipient=recipient,
        session=session[0] if session else None,
    )
    for other, state in older:
        changes.set("handoff.state", other, state, "superseded")
    return uid


def after(seen: Mapping[str, Seen], now: int) -> After:
    """Return what has to be done in the transaction in which events were captured: claim, finish, write handoffs.

    `seen` holds what was looked at of sessions that may have ended, by the client's id of the session.
    """

    def act(unit: Unit, captured: Captured) -> None:
        if not captured.touched:
            return
        changes = Changes(unit, now)
        for session in captured.working:
            _claim(changes, session)
        for session in dict.fromkeys((*captured.closed, *captured.compacted)):
            occasion = "session end" if session in captured.closed else "compaction"
            _hand_over(changes, session, captured.touched[session], occasion, seen)
        if changes.noted:
            changes.finish(actor="everlore", operation="handoff", namespace=None, reason=None)

    return act


def ensure(
    app: App,
    namespace: str | None = None,
    cwd: str | None = None,
    *,
    session: int | None = None,
    caller: Caller | None = None,
) -> None:
    """Write the handoff of a session that was left without one, if a project has such; `session` is the one that asks."""
    now = app.clock()
    with app.read() as unit:
        sees = authority.sight(unit, caller) if caller else EVERYTHING
        node = where(app, unit, namespace, cwd, sees)
        left = _left(unit, node, session, now) if node else None
        overdue = unit.rows("handoffs_overdue", now=now)
    if (left is None or node is None) and not overdue:
        return
    seen = look(left[3], left[4], left[9], 0.15) if left else Seen()
    with app.write() as unit:
        changes = Changes(unit, now)
        for (uid,) in overdue:
            changes.set("handoff.state", uid, "offered", "expired")
        if left and node and (made := compose(unit, left, seen)):
            offer(changes, node, made, left, "left")
            put(unit, "compile", str(left[1]))
        if changes.noted:
            changes.finish(actor="everlore", operation="handoff", namespace=node.path if node else None, reason=None)


def waiting(unit: Unit, namespace: Namespace, client: str, session: int | None, now: int) -> Waiting | None:
    """Return the handoff that a session of a client may be told, None where none waits for it."""
    row = unit.one("handoff_waiting", namespace=namespace.id, now=now, client=client, session=session)
    if row is None:
        return None
    who, day = row[4] or "somebody", (to_iso(row[9]) or "")[:16].replace("T", " ")
    how = {"left": ", which had not ended by then", "compaction": ", as it was compacted"}.get(row[7], "")
    origin = f"Left on {day} UTC by the session of {who} before this one{how} (handoff {row[1]}):"
    return Waiting(f"{_TOLD}{row[1]}", origin, row[8])


def so_far(unit: Unit, session: int) -> Waiting | None:
    """Return what a session did itself, for when its context was compacted."""
    facts = unit.one("session_facts", session=session)
    made = compose(unit, facts, Seen()) if facts else None
    return (
        Waiting(f"so-far:{session}", "This session so far, before its context was compacted:", made.text)
        if made
        else None
    )


def _claim(changes: Changes, session: int) -> None:
    """Claim for a session that works what it was told of, if it is still to be had."""
    client, external = changes.unit.one("conversation_of", session=session) or (None, None)
    for item, _ in changes.unit.rows("told_to", client=client, external=external):
        if item.startswith(_TOLD):
            row = changes.unit.one("handoff_by_uid", uid=item.removeprefix(_TOLD))
            if row and row[2] == "offered":
                changes.set("handoff.state", row[1], "offered", "claimed", session=session)


def _hand_over(changes: Changes, session: int, namespace: Namespace, occasion: str, seen: Mapping[str, Seen]) -> None:
    unit = changes.unit
    facts = unit.one("session_facts", session=session)
    assert facts is not None
    if occasion == "session end":
        state = "done" if unit.one("session_did", session=session) else "offered"
        for (uid,) in unit.rows("handoffs_claimed_by", session=session):
            changes.set("handoff.state", uid, "claimed", state)
    if unit.value("session_parent", session=session) is not None:
        return
    put(unit, "compile", str(facts[1]))
    if (made := compose(unit, facts, seen.get(facts[2], Seen()))) is not None:
        offer(changes, namespace, made, facts, occasion)


def _left(unit: Unit, namespace: Namespace, session: int | None, now: int) -> Row | None:
    """Return the latest session of a project if it has worked since it last handed over."""
    asking = _NOBODY if session is None else session
    row = unit.one("session_latest", namespace=namespace.id, session=asking, since=now - LASTS_MS)
    if row is None:
        return None
    last = unit.one("handoff_last_of_session", session=row[0])
    return row if last is None or last[0] < row[10] else None


def _turn(
    app: App, caller: Caller, uid: str, states: Iterable[str], state: str, operation: str, reason: str | None
) -> answers.HandoffChanged:
    with app.write() as unit:
        row, now = _find(unit, uid, authority.sight(unit, caller)), app.clock()
        if row[2] not in states:
            raise Conflict(f"handoff {row[1]} is {row[2]}", field="id", hint=f"only {' or '.join(states)} ones can be")
        changes = authority.changes(app, unit, caller)
        more = {"expires": now + LASTS_MS} if state == "offered" else {}
        changes.set("handoff.state", row[1], row[2], state, **more)
        return _finish(changes, caller, operation, row[1], reason)


def _finish(changes: Changes, caller: Caller, operation: str, uid: str, reason: str | None) -> answers.HandoffChanged:
    row = _find(changes.unit, uid)
    entry = changes.finish(operation=operation, namespace=row[3], reason=label(reason))
    return answers.HandoffChanged(handoff=view(row), operation=entry.uid)


def _find(unit: Unit, uid: str, seen: Sight = EVERYTHING) -> Row:
    row = unit.one("handoff_by_uid", uid=uid)
    if row is None or row[2] == "withdrawn" or not (seen.all or seen.covers(namespaces.by_id(unit, row[13]))):
        raise NotFound(f"there is no handoff {uid!r}", field="id", hint="`lore handoff list` shows them")
    return row


def view(row: Row) -> answers.HandoffView:
    """Return the handoff that a row of the handoff statements spells."""
    return answers.HandoffView(
        id=row[1], state=row[2], namespace=row[3], client=row[4], session=row[5], recipient=row[6], occasion=row[7], text=row[8],
        recorded=to_iso(row[9]) or "", expires=to_iso(row[10]) or "", changed=to_iso(row[11]) or "", claimed_by=row[12],
    )  # fmt: skip


def _preview(session: Row, namespace: Namespace, text: str, now: int) -> answers.HandoffView:
    return answers.HandoffView(
        id="", state="offered", namespace=namespace.path, client=session[3], session=session[2], recipient=None, occasion="open session",
        text=text, recorded=to_iso(now) or "", expires=to_iso(now + LASTS_MS) or "", changed=to_iso(now) or "", claimed_by=None,
    )  # fmt: skip
