"""Who a caller is, what it may see, and whether it may make the changes it has made: one engine for every operation.

A name that is registered has the origin, role and place it was registered with. Otherwise who speaks through a command
line is a person and who speaks through a client of agents is an agent. Names are claimed, not proven: whoever can open
the file can do all of this anyway, and a server for others asks for a token first.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from everlore.app.caller import Caller
from everlore.core.errors import Conflict, Denied, StoreUnavailable
from everlore.core.types import Namespace
from everlore.guard.policy import Decision, Requester, Rule, decide
from everlore.guard.redact import label
from everlore.memory.changes import Changes
from everlore.memory.effects import effects_of
from everlore.memory.homes import HOMED
from everlore.store import namespaces
from everlore.store.index import memory_from
from everlore.store.sight import EVERYTHING, Sight

if TYPE_CHECKING:
    from everlore.app.app import App
    from everlore.store.contract import Unit
    from everlore.store.journal import Change

PEOPLE = frozenset({"person", "demo", "doctor"})
_DIRECT = frozenset({"cli", "http", "python", "web"})
_RULES = frozenset({"policy-set", "policy-drop"})
_LONGEST = 80


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a caller is to the store."""

    requester: Requester
    place: Namespace | None = None

    @property
    def sight(self) -> Sight:
        """What may be seen under this identity."""
        if self.requester.origin == "person":
            return EVERYTHING
        return Sight(self.requester.name, self.place.lineage if self.place else ())


class Waits(Exception):
    """A change that needs approval, and what has to be known of it to keep it as a proposal."""

    def __init__(
        self, effect: str, path: str | None, targets: Sequence[str], decision: Decision, by: Requester
    ) -> None:
        super().__init__(effect)
        self.effect = effect
        self.path = path
        self.targets = tuple(targets)
        self.decision = decision
        self.by = by
        self.pinned: dict[str, str] = {}
        """What the request left open and what that meant when it was made; an approval is for that and nothing later."""


def called(caller: Caller) -> str:
    """Return the name that a caller goes by: one line, without secrets, and never that of who speaks through the command line.

    Whoever is not that but calls itself so, in any spelling, would share what is private to them and what rules by name say of
    them; `person` of an agents' client is `person (agent)`.
    """
    name = _one_line(caller.actor)
    if caller.origin is not None or (name in PEOPLE and caller.surface in _DIRECT):
        return name
    return f"{name} (agent)" if unicodedata.normalize("NFKC", name).casefold() in PEOPLE else name


@lru_cache(1_000)
def _one_line(name: str) -> str:
    shown = "".join(c if c.isprintable() else " " for c in name)
    # the journal says who approved after the name of who asked, which no name may say itself
    line = " ".join(shown.split()).replace(", approved by ", " approved by ")[:_LONGEST].strip()
    return label(line) or "agent"


def identify(unit: Unit, caller: Caller) -> Identity:
    """Return who a caller is: as it was registered, else as its surface says."""
    if caller.actor in PEOPLE and caller.surface in _DIRECT:  # no agent can be registered under these names
        return Identity(Requester(caller.actor, caller.origin or "person"))
    found = _named(unit, caller.actor, caller.origin, "agent")
    if found.requester.origin == "person" and caller.origin is None and caller.surface not in _DIRECT:
        return Identity(Requester(f"{caller.actor} (agent)", "agent"))  # a client of agents speaks for no person
    return found


def sight(unit: Unit, caller: Caller) -> Sight:
    """Return what a caller may see."""
    return identify(unit, caller).sight


def sight_of(unit: Unit, agent: str) -> Sight:
    """Return what the client of this name may see, which is an agent, whatever it is registered as."""
    found = _named(unit, agent, None, "agent")
    return Sight(f"{agent} (agent)") if found.requester.origin == "person" else found.sight


def _named(unit: Unit, name: str, told: str | None, otherwise: str) -> Identity:
    row = unit.one("agent_named", name=name)
    if row is None:
        return Identity(Requester(name, told or otherwise))
    place = namespaces.by_id(unit, row[4]) if row[4] is not None else None
    return Identity(Requester(row[1], told or row[2], row[3]), place)


def changes(app: App, unit: Unit, caller: Caller) -> Changes:
    """Begin the changes of one operation in a caller's name."""
    now = app.clock()
    return Changes(unit, now, _Authority(identify(unit, caller), caller, now, tuple(rules(unit))))


def rules(unit: Unit) -> list[Rule]:
    """Return the rules that were set."""
    return [Rule(row[2], row[3], row[4], row[5], row[1]) for row in unit.rows("rules")]


@dataclass(frozen=True, slots=True)
class _Authority:
    """The authority of one call: who it is and the rules, as both were before it changed anything."""

    identity: Identity
    caller: Caller
    now: int
    rules: tuple[Rule, ...]

    def verdict(self, effect: str, node: Namespace | None, owner: str) -> Decision:
        """Return what the rules say to an effect at a node on what somebody owns; without a node, on the store as a whole."""
        return decide(self.rules, effect, self.identity.requester, node.lineage if node else (), owner=owner)

    def check(self, unit: Unit, operation: str, namespace: str | None, noted: Sequence[Change]) -> str:
        """Return who makes the changes; raise `Denied`, or `Waits`, at the first effect that may not be had."""
        by = self.identity.requester
        waiting: Waits | None = None
        for effect, uids in effects_of(noted, operation).items():
            if not self.rules and self.verdict(effect, None, "").verdict == "allow":
                continue  # defaults know no node and no owner
            if effect == "govern" and operation in _RULES and _holds_the_file(self.caller):
                continue  # or a rule could lock everybody out
            for node, owner, targets in self._where(unit, namespace, noted, uids):
                decision = self.verdict(effect, node, owner)
                if decision.verdict == "deny":
                    raise Denied(_refusal(by, effect, node, decision), hint="`lore policy` shows the rules")
                if decision.verdict == "approve" and not self.caller.approved and waiting is None:
                    waiting = Waits(effect, node.path if node else None, targets, decision, by)
        if waiting is not None:
            raise waiting
        if self.caller.proposal:
            carried_out(unit, self.caller, self.now, noted)
        return f"{by.name}, approved by {self.caller.approved}" if self.caller.approved else by.name

    def _where(
        self, unit: Unit, namespace: str | None, noted: Sequence[Change], uids: set[str]
    ) -> list[tuple[Namespace | None, str, list[str]]]:
        """Return the nodes and owners that an effect concerns, each once, with the memories there."""
        fresh = {
            change["id"] for change in noted if change["what"] == "memory.state" and change["before"] == "withdrawn"
        }
        left: dict[str, list[str]] = {}  # who takes a memory from one node to another has to be let do so at both, too
        for change in noted:
            if change["what"] == "memory.namespace":
                left.setdefault(change["id"], []).append(change["before"])
        found: dict[tuple[int | None, str], tuple[Namespace | None, list[str]]] = {}
        for path in (
            (*_moved(noted), *_homes(unit, noted)) if "" in uids else ()
        ):  # who moves a node has to be let do so at both ends
            if node := namespaces.find(unit, path):
                found.setdefault((node.id, ""), (node, []))
        for uid in uids:
            row = unit.one("memory_by_uid", uid=uid) if uid else None
            node = namespaces.by_id(unit, row[2]) if row else namespaces.find(unit, namespace) if namespace else None
            owner = memory_from(row).owner if row and uid not in fresh else ""
            for was in (namespaces.by_uid(unit, before) for before in left.get(uid, ())):
                found.setdefault((was.id, owner), (was, []))[1].append(uid)
            found.setdefault((node.id if node else None, owner), (node, []))[1].append(uid)
        return [(node, owner, [uid for uid in ids if uid]) for (_, owner), (node, ids) in found.items()]


def must_govern(app: App, caller: Caller, what: str) -> None:
    """Raise `Denied` unless a caller may govern the whole store outright, as what replaces the store replaces its rules.

    Where the store cannot be read, nobody but a person may.
    """
    person = caller.actor in PEOPLE and caller.surface in _DIRECT
    by, decision = Requester(caller.actor, "person" if person else "agent"), None
    if app.config.database.exists():
        with suppress(StoreUnavailable), app.read() as unit:
            by = identify(unit, caller).requester
            decision = decide(rules(unit), "govern", by, ())
    if (decision or decide((), "govern", by, ())).verdict != "allow":
        raise Denied(f"{by.name} may not {what}, as that replaces every rule", hint="`lore policy` shows the rules")


def _holds_the_file(caller: Caller) -> bool:
    """Tell whether the caller is the person at the command line."""
    return caller.surface == "cli" and caller.actor == "person"


def must_not_be_denied(unit: Unit, caller: Caller, effect: str, node: Namespace | None) -> None:
    """Raise `Denied` where a caller may not have an effect, not even with approval; for what runs under another name."""
    by = identify(unit, caller).requester
    decision = decide(rules(unit), effect, by, node.lineage if node else ())
    if decision.verdict == "deny":
        raise Denied(_refusal(by, effect, node, decision), hint="`lore policy` shows the rules")


def carried_out(unit: Unit, caller: Caller, now: int, noted: Sequence[Change]) -> None:
    """Mark the proposal that is carried out now as approved, in the transaction that does it; raise `Conflict` if it was already.

    It then names what it made, so that purging that finds it. A long operation comes here once for each of its parts, under
    the same approvals.
    """
    uid = caller.proposal
    row = unit.one("proposal_by_uid", uid=uid)
    if row and caller.request and spelled(json.loads(row[4])) != caller.request:
        raise Conflict(f"proposal {uid} has been edited meanwhile", hint="`lore review show` says what it would do now")
    made = [change["id"] for change in noted if change["what"].startswith("memory.")]
    targets = dict.fromkeys([*(json.loads(row[5]) if row else ()), *made])
    unit.run("proposal_set_targets", uid=uid, targets=spelled(list(targets)))
    unit.run("proposal_set_state", uid=uid, before="waiting", state="approved", changed=now)
    if unit.changed():
        unit.run("proposal_set_approvals", uid=uid, approvals=caller.approvals, changed=now)
    elif unit.one("proposal_carried_out", uid=uid, approvals=caller.approvals) is None:
        raise Conflict(f"proposal {uid} has been decided meanwhile", hint="`lore review show` says how")


def may_write(unit: Unit, caller: Caller, node: Namespace) -> None:
    """Raise `Denied` where a caller has a place in the tree and a node lies out of its sight."""
    who = identify(unit, caller)
    if not who.sight.covers(node, "unit"):
        place = who.place.path if who.place else ""
        raise Denied(
            f"{who.requester.name} has its place at {place} and may not write beyond its project", field="namespace",
            hint="a person can give it another place: `lore agent register`",
        )  # fmt: skip


def _moved(noted: Sequence[Change]) -> list[str]:
    """Return the paths at which a node that was moved lies now, and under which it lay."""
    moves = [(change["before"], change["after"]) for change in noted if change["what"] == "namespace.path"]
    return [path for before, after in moves for path in (after, before.rpartition("/")[0]) if path]


def _homes(unit: Unit, noted: Sequence[Change]) -> list[str]:
    """Return the paths of the nodes that gave and took what belongs to a node."""
    uids = dict.fromkeys(uid for each in noted if each["what"] in HOMED for uid in (each["before"], each["after"]))
    return [namespaces.by_uid(unit, uid).path for uid in uids]


def _refusal(by: Requester, effect: str, node: Namespace | None, decision: Decision) -> str:
    where = f" in {node.path}" if node else ""
    rule = f"the rule for {decision.rule.who}" if decision.rule else f"the default for {by.origin}s"
    return f"{by.name} may not {effect}{where}: {rule} denies it"


def spelled(payload: Any) -> str:  # noqa: ANN401 - any JSON
    """Return JSON as it is kept."""
    return json.dumps(payload, sort_keys=True, ensure_ascii=False)
