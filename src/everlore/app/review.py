"""The inbox: what waits for a decision, with its evidence and what it would change; and deciding it.

An approved proposal goes through the same door as any request, in the name of who asked for it and with the names of who
approved it, so that every rule but the one it waited for still holds. It is carried out and marked in one transaction.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from everlore.app import answers, proposals, requests
from everlore.app.authority import PEOPLE, carried_out, identify, sight, spelled
from everlore.app.authority import changes as begin
from everlore.app.caller import Caller
from everlore.app.proposals import Proposal
from everlore.app.scope import scope_pattern
from everlore.app.seen import may_see_turn
from everlore.core.clock import to_iso
from everlore.core.errors import Conflict, Denied, EverloreError, InvalidInput, NotFound
from everlore.core.shorten import shorten
from everlore.guard.policy import Requester, may_approve
from everlore.guard.redact import label, redact
from everlore.memory.changes import head_of, may_see, memory_of
from everlore.store import namespaces

if TYPE_CHECKING:
    from everlore.app.app import App
    from everlore.store.contract import Unit
    from everlore.store.sight import Sight

_ABOUT = 200


def review(app: App, caller: Caller, request: requests.Review) -> answers.Inbox:
    """List proposals that the caller may see."""
    with app.read() as unit:
        seen = sight(unit, caller)
        scope = scope_pattern(unit, request.namespace, seen)
        asked = {"scope": scope, "state": request.state, "effect": request.effect, "origin": request.origin}
        if request.before:
            _find(unit, caller, request.before)
        found = list(islice(_seen(unit, seen, **asked, before=request.before), request.limit + 1))
        waits = {"scope": None, "state": "waiting", "effect": None, "origin": None}
        waiting = unit.value("proposals_counted") if seen.all else sum(1 for _ in _seen(unit, seen, **waits))
        shown = [_view(unit, one) for one in found[: request.limit]]
        return answers.Inbox(
            proposals=shown, waiting=waiting, next=shown[-1].id if len(found) > request.limit else None
        )


def _seen(unit: Unit, seen: Sight, *, before: str | None = None, **asked: str | None) -> Iterator[Proposal]:
    """Yield the proposals that are asked for and seen, newest first."""
    rows = unit.stream("proposals_listed", before=before, **asked)
    return (one for one in map(proposals.from_row, rows) if _may_see(unit, one, seen))


def waiting_by_node(unit: Unit, seen: Sight) -> Counter[int]:
    """Return how many proposals that are seen wait at each node, by its row id."""
    if seen.all:
        return Counter(dict(unit.rows("proposals_by_node")))
    waits = {"scope": None, "state": "waiting", "effect": None, "origin": None}
    return Counter(one.namespace for one in _seen(unit, seen, **waits))


def waiting_by_effect(unit: Unit, seen: Sight, scope: str | None) -> Counter[str]:
    """Return how many proposals that are seen wait in a part of the tree, by what they would do."""
    if seen.all:
        return Counter(dict(unit.rows("proposals_by_effect", scope=scope)))
    return Counter(one.effect for one in _seen(unit, seen, scope=scope, state="waiting", effect=None, origin=None))


def show(app: App, caller: Caller, request: requests.ReviewShow) -> answers.ProposalShown:
    """Show one proposal whole."""
    with app.read() as unit:
        found = _find(unit, caller, request.id)
        return answers.ProposalShown(
            proposal=_view(unit, found), evidence=found.evidence, request=found.payload, diff=_diff(unit, found)
        )


def approve(app: App, caller: Caller, request: requests.ReviewApprove) -> answers.Decisions:
    """Approve proposals one by one; what cannot be carried out is told and stays as it was."""
    decided = []
    for uid in dict.fromkeys(request.ids):
        try:
            decided.append(_approve(app, caller, uid))
        except EverloreError as error:
            if len(request.ids) == 1:
                raise
            decided.append(answers.Decided(id=uid, state="failed", detail=error.message))
    return answers.Decisions(decided=decided)


def reject(app: App, caller: Caller, request: requests.ReviewReject) -> answers.Decisions:
    """Reject proposals in one change."""
    with app.write() as unit:
        changes = begin(app, unit, caller)
        for uid in dict.fromkeys(request.ids):
            found = _waiting(unit, caller, uid)
            who = identify(unit, caller).requester
            if who.name != found.actor and (refused := may_approve(who, found.actor, [])):
                raise Denied(refused, field="ids")
            changes.set("proposal.state", uid, "waiting", "rejected")
        entry = changes.finish(operation="review-reject", namespace=None, reason=label(request.reason))
    return answers.Decisions(decided=[
        answers.Decided(id=uid, state="rejected", detail=request.reason or "", operation=entry.uid) for uid in request.ids
    ])  # fmt: skip


def edit(app: App, caller: Caller, request: requests.ReviewEdit) -> answers.ProposalShown:
    """Change what a proposal would write; approvals that it had are gone, for they were of another text."""
    with app.write() as unit:
        found = _waiting(unit, caller, request.id)
        if refused := may_approve(identify(unit, caller).requester, "", []):
            raise Denied(refused, field="id")  # nor does who asked change what others look at
        if "text" not in found.payload:
            raise InvalidInput(f"a proposal to {found.operation} has no text to edit", field="id")
        payload = {**found.payload, "text": redact(request.text).text}
        if request.title:
            payload["title"] = redact(request.title).text
        now = app.clock()
        unit.run("proposal_set_payload", uid=found.uid, payload=spelled(payload), changed=now)
        unit.run("proposal_set_approvals", uid=found.uid, approvals="[]", changed=now)
    return show(app, caller, requests.ReviewShow(id=request.id))


def _approve(app: App, caller: Caller, uid: str) -> answers.Decided:
    with app.write() as unit:
        found = _waiting(unit, caller, uid)
        who = identify(unit, caller).requester
        already = [str(each["actor"]) for each in found.approvals]
        if refused := may_approve(_one_person(who), found.actor, already):
            raise Denied(refused, field="ids", hint="somebody else has to; `lore policy` shows the rules")
        given = [*found.approvals, {"actor": _one_person(who).name, "at": app.clock()}]
        if len(given) < found.needed:
            unit.run("proposal_set_approvals", uid=uid, approvals=spelled(given), changed=app.clock())
    names = [str(each["actor"]) for each in given]
    if len(given) < found.needed:
        detail = f"{len(given)} of {found.needed} approvals"
        return answers.Decided(id=uid, state="waiting", detail=detail)
    asking = Caller(
        found.actor, "review", caller.progress, origin=found.origin, approved=", ".join(names), proposal=uid,  # type: ignore[arg-type]
        approvals=spelled(given), request=spelled(found.payload),
    )  # fmt: skip
    answer = app.call(found.operation, found.payload, asking)
    with app.write() as unit:  # an operation that had nothing left to change has not come by where it is marked
        carried_out(unit, asking, app.clock(), ())
    purged = answer.places if isinstance(answer, answers.Purged) else []
    operation = None if purged else getattr(answer, "operation", None)
    return answers.Decided(id=uid, state="approved", detail=found.operation, operation=operation, places=purged)


def _one_person(who: Requester) -> Requester:
    """Return the person at the command line as one, under whichever of the names that need no registration they speak."""
    return replace(who, name="person") if who.name in PEOPLE else who


def _waiting(unit: Unit, caller: Caller, uid: str) -> Proposal:
    found = _find(unit, caller, uid)
    if found.state != "waiting":
        raise Conflict(f"proposal {uid} is {found.state} already", field="ids")
    return found


def _find(unit: Unit, caller: Caller, uid: str) -> Proposal:
    found = proposals.find(unit, uid)
    if not _may_see(unit, found, sight(unit, caller)):
        raise NotFound(f"there is no proposal {uid!r}", field="id", hint="`lore review` lists what waits")
    return found


def _may_see(unit: Unit, found: Proposal, seen: Sight) -> bool:
    if seen.all or found.actor == seen.name:
        return True
    at = namespaces.by_id(unit, found.namespace)
    if found.payload.get("visibility") == "private" and "text" in found.payload:
        return False  # it is to be for its owner alone
    told = found.payload.get("namespace")
    if seen.place and told and "text" in found.payload and str(told).lower() != at.path.lower():
        return False  # it is to lie at a node that is not there yet, so that nothing says who sees it
    return seen.covers(at) and all(_sees(unit, uid, seen) for uid in found.targets)


def _sees(unit: Unit, uid: str, seen: Sight) -> bool:
    """Tell whether a target is seen; what was learnt from a session has its turns for targets."""
    row = unit.one("turn_by_uid", uid=uid)
    return may_see_turn(unit, row, seen) if row is not None else may_see(unit, uid, seen)


def _view(unit: Unit, found: Proposal) -> answers.ProposalView:
    return answers.ProposalView(
        id=found.uid, state=found.state, effect=found.effect, operation=found.operation, reason=found.reason,
        namespace=namespaces.by_id(unit, found.namespace).path, confidence=found.confidence, origin=found.origin, actor=found.actor,
        needed=found.needed, approvals=[str(each["actor"]) for each in found.approvals], recorded=to_iso(found.recorded) or "",
        about=shorten(_about(unit, found), _ABOUT), targets=list(found.targets),
    )  # fmt: skip


def _about(unit: Unit, found: Proposal) -> str:
    """Return in one line what a proposal is about."""
    if text := found.payload.get("text"):
        return " ".join(str(text).split())
    texts = [_text(unit, uid) for uid in found.targets[:2]]
    return " | ".join(" ".join(text.split()) for text in texts if text) or spelled(found.payload)


def _text(unit: Unit, uid: str) -> str:
    try:
        return head_of(unit, memory_of(unit, uid)).text
    except NotFound:
        return ""


def _diff(unit: Unit, found: Proposal) -> list[str]:
    """Return what a proposal changes, as the lines of a unified diff; what it takes away and puts in its place."""
    before = after = ""
    payload: dict[str, Any] = found.payload
    if found.operation in {"supersede", "merge"}:
        before = "\n".join(_text(unit, uid) for uid in (payload.get("ids") or [payload.get("id", "")]))
        after = _text(unit, str(payload.get("by") or payload.get("into") or ""))
    elif "text" in payload:
        before = _text(unit, str(payload["id"])) if "id" in payload else ""
        after = str(payload["text"])
    elif found.operation in {"forget", "purge"}:
        after = "the turns that it was learnt from are emptied too" if payload.get("with_turns") else ""
        before = "\n".join(_text(unit, uid) for uid in found.targets)
    elif found.operation == "restore":
        after = "\n".join(_text(unit, uid) for uid in found.targets)
    else:
        after = "\n".join(f"{name}: {value}" for name, value in payload.items())
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), "now", "then", lineterm="", n=2)
    return list(lines)
