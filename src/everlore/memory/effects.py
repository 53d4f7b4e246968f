"""What the changes of one operation amount to, in the words of policy."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from everlore.core.types import VISIBILITIES
from everlore.guard.policy import BULK
from everlore.memory.homes import HOMED
from everlore.store.journal import Change

_OF_WHAT = {
    "link": "link", "entity": "link", "alias": "link", "entity.merged": "link", "turns": "import",
    "handoff.state": "handoff", "namespace.path": "govern", "standard": "govern", "agent": "govern", "rule": "govern",
    "feedback": "revise", "session.purge": "purge", "node.purge": "purge", **dict.fromkeys(HOMED, "govern"),
}  # fmt: skip
_UNGOVERNED = frozenset({"proposal.state", "proposal.made"})
"""What has a rule of its own: whoever may approve a proposal, or asked for it, may reject it; making one changes nothing."""


def effects_of(changes: Sequence[Change], operation: str = "") -> dict[str, set[str]]:
    """Return the effects of some changes, each with the uids of the memories it has them on ("" for none).

    What follows from a larger effect on the same memory is not counted beside it: superseding closes a validity, too. An
    import is one whatever comes in, memories too. What has a memory end sooner, or fewer see it, archives it beside all else.
    """
    on: dict[str, set[str]] = defaultdict(set)
    touched: set[str] = set()
    ended: set[str] = set()
    for change in changes:
        what = change["what"]
        if what in _UNGOVERNED:
            continue
        if what.startswith(("memory.", "revision.")):
            touched.add(change["id"])
            on[change["id"]].add(_of_memory(change))
            ended |= {change["id"]} if _ends(change) else set()
        elif not (what == "link" and change.get("kind") == "supersedes"):
            on[change.get("source") or change.get("memory", "")].add(_OF_WHAT[what])
    found: dict[str, set[str]] = defaultdict(set)
    for uid, effects in on.items():
        for effect in effects - {"revise"} or effects:
            found[effect].add(uid)
    for uid in ended:  # whatever else is set with it
        found["archive"].add(uid)
    if operation == "import":
        found["import"].add("")
    if len(touched) > BULK:
        found["bulk"].add("")
    return dict(found)


def _ends(change: Change) -> bool:
    """Tell whether a memory ends sooner after a change, or is hidden from some who saw it."""
    what, before, after = change["what"], change["before"], change["after"]
    if what == "memory.expires":
        return after is not None and (before is None or after < before)
    if what == "memory.visibility":
        return VISIBILITIES.index(after) < VISIBILITIES.index(before)
    return what == "memory.pinned" and not after and bool(change.get("expires"))


def _of_memory(change: Change) -> str:
    what, before, after = change["what"], change["before"], change["after"]
    if change.get("release") or (what == "memory.state" and before == "held" and after == "active"):
        return "release"
    if what == "memory.purge":
        return "purge"
    if what != "memory.state":
        return "revise"
    if before == "withdrawn":
        return "create"
    if after == "superseded":
        return "merge" if change.get("merge") else "supersede"
    return "archive" if after in {"archived", "withdrawn"} or before == "archived" else "revise"
