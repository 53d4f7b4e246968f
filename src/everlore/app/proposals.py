"""Changes that wait: an operation with its request, kept until somebody decides, and carried out by the same door.

A proposal is what a caller asked for and policy wants approved, or what a curator found. Its request holds no secret: it
is redacted before it is kept. The same proposal is not made twice, and one that was rejected does not come back.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from everlore.app.authority import spelled
from everlore.core import ids
from everlore.core.clock import to_iso
from everlore.core.errors import AwaitingApproval, NotFound
from everlore.core.namespaces import parse
from everlore.guard.redact import label
from everlore.guard.tree import redact_tree
from everlore.store import namespaces

if TYPE_CHECKING:
    from everlore.app.app import App
    from everlore.app.authority import Waits
    from everlore.app.operations import Operation
    from everlore.app.requests import Request
    from everlore.core.types import Memory
    from everlore.guard.policy import Requester
    from everlore.store.contract import Row, Unit


_INSTANTS: dict[str, Literal["start", "end"]] = {"valid_from": "start", "valid_until": "end", "expires": "end"}
"""The fields of requests that may say when in a phrase, and what a day in them stands for."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """One row of the inbox. `payload` is the request of `operation`; `approvals` are names with the time of each."""

    uid: str
    namespace: int
    effect: str
    operation: str
    payload: dict[str, Any]
    targets: tuple[str, ...]
    reason: str
    evidence: list[str]
    confidence: float
    origin: str
    actor: str
    state: str
    needed: int
    approvals: list[dict[str, Any]]
    recorded: int
    changed: int


def propose(
    unit: Unit,
    now: int,
    *,
    effect: str,
    operation: str,
    payload: Mapping[str, Any],
    namespace: int,
    targets: Sequence[str],
    reason: str,
    origin: str,
    actor: str,
    evidence: Sequence[str] = (),
    confidence: float = 1.0,
    needed: int = 1,
) -> str | None:
    """Keep a proposal and return its uid; what is asked for while it waits already is the same proposal.

    What a person or an agent asks for may be asked for again after it was rejected. What a curator finds or a model says is proposed once
    for good: None is returned where that has been.
    """
    request, _ = redact_tree(dict(payload))
    key = sha256(spelled([operation, request, sorted(targets), origin, actor]).encode()).hexdigest()
    known = unit.one("proposal_known", key=key)
    if known is not None and origin in {"curator", "model"}:
        return None
    if known is not None and known[1] == "waiting":
        return str(known[0])
    uid = ids.fresh(now)
    unit.run(
        "proposal_insert", uid=uid, key=key, namespace=namespace, effect=effect, operation=operation, payload=spelled(request),
        targets=spelled(list(targets)), reason=label(reason), evidence=spelled([label(line) for line in evidence]),
        confidence=confidence, origin=origin, actor=actor, needed=needed, recorded=now,
    )  # fmt: skip
    return uid


def propose_release(unit: Unit, now: int, memory: Memory, held: str, by: Requester) -> None:
    """Ask a person to let in what was held, which is what the text says that it does."""
    propose(
        unit, now, effect="release", operation="restore", payload={"id": memory.uid}, namespace=memory.namespace, targets=[memory.uid],
        reason=f"held: {held}", origin=by.origin, actor=by.name, confidence=0.5,
    )  # fmt: skip


def propose_request(app: App, waits: Waits, operation: Operation, request: Request) -> AwaitingApproval:
    """Keep what a caller asked for as a proposal, and return the error that says so."""
    payload = {name: value for name, value in msgspec.to_builtins(request).items() if value is not None}
    payload |= {
        name: told for name, edge in _INSTANTS.items() if (told := _instant(app, payload, name, edge))
    } | waits.pinned
    by, wanted = waits.by, max(waits.decision.approvals, 1)
    with app.write() as unit:
        there = [
            uid for uid in waits.targets if unit.one("memory_by_uid", uid=uid)
        ]  # what it was to make is gone again
        uid = propose(
            unit, app.clock(), effect=waits.effect, operation=operation.name, payload=payload, namespace=_home(app, unit, waits.path),
            targets=there, reason=payload.get("reason") or f"{by.name} asked for it", origin=by.origin, actor=by.name, needed=wanted,
        )  # fmt: skip
    assert uid is not None
    alone = (
        f"; where there is nobody else, `lore policy set {waits.effect} allow --who origin:person`"
        if by.origin == "person"
        else ""
    )
    people = "somebody else" if wanted == 1 else f"{wanted} others"
    return AwaitingApproval(
        f"{operation.name} waits until {people} approve{'s' if wanted == 1 else ''} it: proposal {uid}", proposal=uid,
        hint=f"`lore review show {uid}`; nothing has been changed{alone}",
    )  # fmt: skip


def _instant(app: App, payload: Mapping[str, Any], name: str, edge: Literal["start", "end"]) -> str | None:
    """Return the instant that a phrase of a request means on the day of the request, not on that of the approval."""
    return to_iso(app.instant(payload[name], name, edge=edge)) if name in payload else None


def _home(app: App, unit: Unit, path: str | None) -> int:
    """Return the row id of the node at a path, else of its nearest ancestor that there is: asking makes no node.

    Only in a store that has none one is made, that of the settings.
    """
    segments = parse(path) if path else ()
    for depth in range(len(segments), 0, -1):
        if node := namespaces.find(unit, "/".join(segments[:depth])):
            return node.id
    known = unit.rows("namespaces")
    return int(known[0][0]) if known else namespaces.ensure(unit, app.config.namespace, app.clock()).id


def find(unit: Unit, uid: str) -> Proposal:
    """Return a proposal; raise `NotFound`."""
    row = unit.one("proposal_by_uid", uid=uid)
    if row is None:
        raise NotFound(f"there is no proposal {uid!r}", field="id", hint="`lore review` lists what waits")
    return from_row(row)


def from_row(row: Row) -> Proposal:
    """Return the proposal that a row of the proposal statements spells."""
    values = list(row)
    values[4], values[5] = json.loads(row[4]), tuple(json.loads(row[5]))
    values[7], values[13] = json.loads(row[7]), json.loads(row[13])
    return Proposal(*values)
