"""Handlers that remove a whole project or session for good, say what is gone, and what remains where.

A dry run does all of it in a write that is taken back, so that its numbers are those of the purge itself.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec

from everlore.app import answers, requests
from everlore.app.authority import changes as begin
from everlore.app.authority import may_write, sight
from everlore.app.living import MINUTE, OUTSIDE, OnlyShown, made_anew, unpaged, went
from everlore.app.projects import may_count, project_of
from everlore.app.transcripts import called
from everlore.core.errors import Conflict
from everlore.core.types import Namespace
from everlore.guard.redact import label
from everlore.memory.changes import Changes, memory_of
from everlore.memory.purge import purge, purge_names, purge_session
from everlore.store.jobs import put

if TYPE_CHECKING:
    from everlore.app.app import App
    from everlore.app.caller import Caller

_KEPT = answers.Left(
    where="names",
    gone=False,
    detail="the node with its path and the directories of the project; ids and times of what was there",
)
_ELSEWHERE = answers.Left(
    where="other projects",
    gone=False,
    detail="what they say of it in their own words is theirs; `lore recall` finds it",
)
_EVERY = 200


def project(app: App, caller: Caller, request: requests.PurgeProject) -> answers.PurgedWhole:
    """Empty everything that lies in a project."""
    answer: answers.PurgedWhole | None = None
    gone: list[str] = []
    with suppress(OnlyShown), app.write() as unit:
        node = project_of(unit, caller, request.project)
        may_write(unit, caller, node)
        may_count(unit, caller, dry_run=request.dry_run)
        changes = begin(app, unit, caller)
        gone += [uid for (uid,) in unit.rows("memories_of_tree", scope=f"% {node.id} %")]
        counts = _empty(changes, caller, node, gone)
        if not counts:
            raise Conflict(f"{node.path} holds nothing", field="project", hint="there is nothing to purge")
        changes.note("node.purge", node.uid, "kept", "purged")
        answer = _answer(node.path, counts, [_KEPT, _ELSEWHERE], applied=not request.dry_run)
        answer = _finish(changes, answer, "purge-project", node, request.reason)
    assert answer is not None
    return _scrubbed(app, answer, gone, history=request.with_vault_history)


def _empty(changes: Changes, caller: Caller, node: Namespace, uids: list[str]) -> Counter[str]:
    unit, scope, counts = changes.unit, f"% {node.id} %", Counter[str]()
    for done, uid in enumerate(uids, 1):
        counts += purge(changes, memory_of(unit, uid), but=caller.proposal) + Counter(memories=1)
        if done % _EVERY == 0:
            caller.progress("purging memories", done, len(uids))
    sessions = unit.rows("sessions_of_tree", scope=scope)
    for done, (session, uid) in enumerate(sessions, 1):
        counts += purge_session(changes, session, uid)
        caller.progress("purging sessions", done, len(sessions))
    unit.run("handoffs_of_tree_empty", scope=scope, changed=changes.now)
    counts["handoffs"] += unit.changed()
    counts["names of things"] += purge_names(changes, scope)
    for (uid,) in unit.rows("standards_of_tree", scope=scope):
        changes.apply({"what": "standard", "id": uid, "before": True, "after": False})
        counts["standards"] += 1
    for (uid,) in unit.rows("proposals_of_tree", scope=scope):
        if uid != caller.proposal:
            unit.run("proposal_forget", uid=uid, changed=changes.now)
            counts["proposals"] += 1
    return +counts


def session(app: App, caller: Caller, request: requests.PurgeSession) -> answers.PurgedWhole:
    """Empty one session, and on request what was learnt from it."""
    answer: answers.PurgedWhole | None = None
    gone: list[str] = []
    with suppress(OnlyShown), app.write() as unit:
        identity, uid, node = called(unit, sight(unit, caller), request.session, "session")
        may_write(unit, caller, node)
        changes = begin(app, unit, caller)
        learnt = [row[0] for row in unit.rows("memories_of_session", session=identity)]
        counts = Counter[str]()
        pages = [page for (page,) in unit.rows("pages_from", source=uid)]  # which hold nothing but what its turns say
        gone += dict.fromkeys([*pages, *learnt] if request.with_memories else pages)
        for each in gone:
            memory = memory_of(unit, each, sight(unit, caller))
            counts += purge(changes, memory, but=caller.proposal) + Counter(memories=1)
        counts += purge_session(changes, identity, uid)
        if not counts:
            raise Conflict(f"session {request.session} holds nothing", field="session", hint="it was purged already")
        places = [_learnt(learnt, gone=request.with_memories), _ELSEWHERE]
        answer = _answer(request.session, counts, places, applied=not request.dry_run)
        answer = _finish(changes, answer, "purge-session", node, request.reason)
    assert answer is not None
    return _scrubbed(app, answer, gone, history=request.with_vault_history)


def _learnt(uids: list[str], *, gone: bool) -> answers.Left:
    where = "memories that were learnt from it"
    if not uids:
        return answers.Left(where=where, gone=True, detail="there are none")
    named = ", ".join(uids[:20]) + (f" and {len(uids) - 20} more" if len(uids) > 20 else "")
    return answers.Left(
        where=where, gone=gone, detail=named if gone else f"{named} remain; --with-memories purges them too"
    )


def _answer(what: str, counts: Counter[str], places: list[answers.Left], *, applied: bool) -> answers.PurgedWhole:
    touched = {name: number for name, number in sorted(counts.items()) if number}
    emptied = [went(name, number) for name, number in touched.items()]
    return answers.PurgedWhole(what=what, touched=touched, places=[*emptied, *places], applied=applied, operation=None)


def _finish(
    changes: Changes, answer: answers.PurgedWhole, operation: str, node: Namespace, reason: str | None
) -> answers.PurgedWhole:
    if not answer.applied:
        raise OnlyShown
    entry = changes.finish(operation=operation, namespace=node.path, reason=label(reason))
    put(
        changes.unit, "scrub", run_at=changes.now + MINUTE
    )  # for who comes after us, should we be killed before it is done
    return msgspec.structs.replace(answer, operation=entry.uid)


def _scrubbed(app: App, answer: answers.PurgedWhole, gone: list[str], *, history: bool) -> answers.PurgedWhole:
    """Return the answer with what became of everything derived, which is made anew, and of what is beyond our reach."""
    derived = [*unpaged(app, gone, history=history), *made_anew(app)] if answer.applied else []
    return msgspec.structs.replace(answer, places=[*answer.places, *derived, *OUTSIDE])
