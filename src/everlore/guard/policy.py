"""Who may change what: rules on nodes of the tree, inherited downwards, and one decision for every change on every surface.

A rule says for one effect and one sort of caller: allow, deny, or wait for so many approvals. Of the rules that fit, the
nearest node wins; at one node the one that names the caller most closely: its name, its being the owner, its role, its
origin, anybody. Where no rule fits the defaults do. Nobody approves what they asked for themselves.

The decision is pure: rules in, verdict out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

Effect = Literal[
    "create", "revise", "merge", "supersede", "link", "archive", "purge", "import", "bulk", "release", "handoff", "govern"
]  # fmt: skip
"""What a change does: `release` frees what was held for review, `govern` changes the rules, agents, standards and the tree."""

Verdict = Literal["allow", "deny", "approve"]
EFFECTS: tuple[str, ...] = get_args(Effect)
BULK = 100
"""Memories beyond which one change is a bulk change too."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of policy at the node whose row id is `namespace`; None is the whole store. `effect` "any" fits all."""

    effect: str
    who: str
    decision: Verdict
    approvals: int = 1
    namespace: int | None = None


@dataclass(frozen=True, slots=True)
class Requester:
    """Who asks for a change: under which name, from where it comes, in which role."""

    name: str
    origin: str
    role: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided, by how many approvals, and the rule that did; a rule of None is a default."""

    verdict: Verdict
    approvals: int = 0
    rule: Rule | None = None


def _defaults() -> tuple[Rule, ...]:
    table: dict[str, dict[Verdict, str]] = {
        "person": {"allow": "any", "approve": "purge"},
        "agent": {"allow": "create revise supersede merge link archive import handoff", "approve": "purge bulk release", "deny": "govern"},
        "curator": {"allow": "revise archive link bulk", "approve": "create merge supersede purge release", "deny": "govern import handoff"},
        "import": {"allow": "create revise supersede merge link import bulk", "approve": "purge archive release", "deny": "govern"},
    }  # fmt: skip
    rules = [
        Rule(effect, f"origin:{origin}", verdict)
        for origin, verdicts in table.items()
        for verdict, effects in verdicts.items()
        for effect in effects.split()
    ]
    strangers = [Rule("any", f"origin:{origin}", "approve") for origin in ("model", "peer")]
    return (*rules, *strangers, *(Rule("govern", f"origin:{origin}", "deny") for origin in ("model", "peer")))


DEFAULTS = _defaults()


def decide(
    rules: Iterable[Rule], effect: str, requester: Requester, lineage: Sequence[int], *, owner: str = ""
) -> Decision:
    """Return what the rules say to a change at the node with this lineage of row ids, the root first.

    `owner` is who made what is changed; empty where nobody did yet.
    """
    places = {node: depth for depth, node in enumerate(lineage, 1)}
    fitting = [
        (depth, closeness, rule.effect != "any", rule)
        for rule in rules
        if rule.effect in {effect, "any"}
        and (depth := 0 if rule.namespace is None else places.get(rule.namespace, -1)) >= 0
        and (closeness := _closeness(rule.who, requester, owner))
    ]
    if not fitting:
        return _default(effect, requester, owner)
    *_, rule = max(fitting, key=lambda each: each[:3])
    return Decision(rule.decision, rule.approvals if rule.decision == "approve" else 0, rule)


def may_approve(requester: Requester, asked_by: str, already: Iterable[str]) -> str:
    """Return why somebody may not approve what another asked for; empty if they may."""
    if requester.name == asked_by:
        return "nobody approves their own request"
    if requester.name in set(already):
        return f"{requester.name} has approved already"
    if requester.origin != "person" and requester.role != "reviewer":
        return "approving is for people, and for agents registered in the role of a reviewer"
    return ""


def _default(effect: str, requester: Requester, owner: str) -> Decision:
    found = [rule for rule in DEFAULTS if rule.effect in {effect, "any"} and _closeness(rule.who, requester, owner)]
    if not found:
        return Decision("deny")
    rule = max(found, key=lambda rule: rule.effect != "any")
    return Decision(rule.decision, rule.approvals if rule.decision == "approve" else 0)


def _closeness(who: str, requester: Requester, owner: str) -> int:
    """Return how closely a rule names somebody, 0 if it does not."""
    kind, _, name = who.partition(":")
    fits = {
        "any": True,
        "origin": name == requester.origin,
        "role": requester.role is not None and name == requester.role,
        "owner": bool(owner) and owner == requester.name,
        "name": name.lower() == requester.name.lower(),
    }
    closeness = {"any": 1, "origin": 2, "role": 3, "owner": 4, "name": 5}
    return closeness[kind] if fits.get(kind) else 0
