"""The inbox: what somebody or something suggests, what it would change, and deciding it, one by one or several at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from everlore.core.errors import InvalidInput
from everlore.surfaces.web.asking import Ask, Moved, Shown
from everlore.surfaces.web.rendering import query

_LIST = 20
STATES = ("waiting", "approved", "rejected")
EFFECTS = (
    "create", "revise", "merge", "supersede", "link", "archive", "purge", "import", "bulk", "release", "handoff", "govern",
)  # fmt: skip
_FIELDS = ("namespace", "effect", "state", "before")


def inbox(ask: Ask) -> Shown:
    """List proposals with what each would change."""
    asked = {name: ask.query.get(name, "").strip() for name in _FIELDS}
    found = ask.call("review", limit=_LIST, **asked)
    rows = [_shown(ask, each.id) for each in found.proposals]
    values = {
        "rows": rows, "waiting": found.waiting, "next": query({**asked, "before": found.next}) if found.next else "",
        "filters": asked, "states": STATES, "effects": EFFECTS,
    }  # fmt: skip
    return Shown("review.html", values, parts=("inbox", "waits"))


def _shown(ask: Ask, uid: str) -> dict[str, Any]:
    """Return a proposal with the lines that it would change, without what a diff says to programs."""
    found = ask.call("review-show", id=uid)
    lines = [line for line in found.diff if not line.startswith(("--- ", "+++ ", "@@ "))]
    return {"proposal": found.proposal, "evidence": found.evidence, "request": found.request, "diff": lines}


def show(ask: Ask) -> Shown:
    """Show one proposal, to be decided or edited."""
    return Shown("proposal.html", {"row": _shown(ask, ask.path["id"])})


def edit(ask: Ask) -> Moved:
    """Change what a proposal would write, and approve it with the new text where that is what was pressed."""
    uid = ask.path["id"]
    shown = ask.call("review-show", id=uid).request
    if ask.form.get("text") != shown.get("text") or ask.form.get("title", "") != (shown.get("title") or ""):
        ask.call("review-edit", id=uid, text=ask.form.get("text"), title=ask.form.get("title"))
    if ask.form.get("verdict") == "approve":
        decided = ask.call("review-approve", ids=[uid]).decided
        return Moved("/review", _said(decided), _undo(decided))
    return Moved(f"/review/{quote(uid)}", "Changed; approve it when it says what it should")


def decide(ask: Ask) -> Moved:
    """Approve or reject what was chosen, and say of each that failed why."""
    ids = ask.lists.get("ids", [])
    if not ids:
        raise InvalidInput("ids: choose at least one", field="ids", hint="tick the boxes of those you mean")
    verdict = ask.form.get("verdict", "")
    if verdict == "approve":
        if ask.form.get("purges") and ask.form.get("confirm", "").strip().lower() != "purge":
            hint = "nothing brings the text back; reject it if you are not sure"
            raise InvalidInput("confirm: type the word purge to approve a purge", field="confirm", hint=hint)
        decided = ask.call("review-approve", ids=ids).decided
    elif verdict == "reject":
        decided = ask.call("review-reject", ids=ids, reason=ask.form.get("reason")).decided
    else:
        raise InvalidInput("verdict: approve or reject", field="verdict")
    return Moved(_back(ask), _said(decided), _undo(decided))


def _back(ask: Ask) -> str:
    back = ask.form.get("back", "")
    return f"/review?{back}" if back and "/" not in back else "/review"


def _said(decided: Iterable[Any]) -> str:
    by: dict[str, list[str]] = {}
    for each in decided:
        by.setdefault(each.state, []).append(each.detail)
    said = [f"{len(details)} {state}" for state, details in by.items() if state != "failed"]
    said += [f"not done: {detail}" for detail in by.get("failed", [])]
    if by.get("waiting"):
        said.append("others have to approve as well")
    return "; ".join(said)


def _undo(decided: list[Any]) -> str:
    """Return the operation that takes it back, where it is one."""
    operations = {each.operation for each in decided}
    return operations.pop() or "" if len(operations) == 1 else ""
