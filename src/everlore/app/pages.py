"""Handlers of pages: a memory addressed by its node and its name, which is its title however it is spelled, or its slug.

A link that is written `[[name]]` is a link of the graph as long as the text has it; a new revision takes back what its text
no longer names. Links that somebody else drew stay.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Literal

import msgspec

from everlore.app import answers, requests
from everlore.app.authority import changes as begin
from everlore.app.authority import identify, may_write, sight
from everlore.app.freshness import ask_to_anchor
from everlore.app.knowledge import clean, view
from everlore.app.living import OnlyShown
from everlore.app.proposals import propose
from everlore.app.scope import project, target
from everlore.app.vaulting.taken import target as target_of
from everlore.core.errors import Conflict, NotFound
from everlore.core.shorten import shorten
from everlore.core.types import Link, Memory, Namespace
from everlore.core.wikilinks import slug, wikilinks
from everlore.graph import links
from everlore.graph.links import Told
from everlore.guard import SCAN_RULES
from everlore.guard.injection import scan
from everlore.guard.redact import label
from everlore.memory import life
from everlore.memory.changes import Changes, head_of, may_see, memory_of
from everlore.store import namespaces
from everlore.store.jobs import put
from everlore.store.sight import Sight

if TYPE_CHECKING:
    from everlore.app.app import App
    from everlore.app.caller import Caller
    from everlore.store.contract import Unit

WRITTEN = "wikilink"
"""The evidence of a link that stands in a text."""
_NAME = 80


def write(app: App, caller: Caller, request: requests.WritePage) -> answers.PageChanged:
    """Make a page, or put a new revision on top of the one that has the name; one that looks like an attack is held."""
    text, findings = clean(request.text)
    name, more = clean(request.name, "name")
    answer: answers.PageChanged | None = None
    with suppress(OnlyShown), app.write() as unit:
        seen = sight(unit, caller)
        node = target(app, unit, request.namespace, request.cwd, app.clock())
        may_write(unit, caller, node)
        changes = begin(app, unit, caller)
        known = _find(unit, name, node, seen)
        if known is not None and request.kind and known.kind != request.kind:
            changes.set("memory.kind", known.uid, known.kind, request.kind)
        page, outcome = _write(changes, caller, request, known, node, name=name, text=text)
        linked = _link(changes, page, node, text, seen) if page.state == "active" else 0
        after = memory_of(unit, page.uid)
        answer = answers.PageChanged(
            id=page.uid, outcome=outcome, name=head_of(unit, after).title or name, namespace=node.path, revision=after.head, links=linked,
            backlinks=_ends(unit, page.uid, seen)[1], missing=_missing(unit, text, node, seen), findings=[*findings, *more],
            applied=not request.dry_run, operation=None,
        )  # fmt: skip
        if request.dry_run:
            raise OnlyShown
        if changes.noted:
            entry = changes.finish(operation="write-page", namespace=node.path, reason=label(request.reason))
            put(unit, "embed")
            ask_to_anchor(unit)
            answer = msgspec.structs.replace(answer, operation=entry.uid)
    assert answer is not None
    return answer


def _write(
    changes: Changes,
    caller: Caller,
    request: requests.WritePage,
    known: Memory | None,
    node: Namespace,
    *,
    name: str,
    text: str,
) -> tuple[Memory, Literal["created", "revised", "unchanged", "held"]]:
    unit = changes.unit
    attack = "; ".join(dict.fromkeys(found.kind for part in (name, text) for found in scan(part)))
    if known is None:
        draft = life.Draft(
            text, name, kind=request.kind or "page", tags=tuple(map(label, request.tags)), scanned=SCAN_RULES
        )
        page = life.create(changes, draft, node, caller.actor, state="held" if attack else "active")
        if attack:
            by = identify(unit, caller).requester
            propose(
                unit, changes.now, effect="release", operation="restore", payload={"id": page.uid}, namespace=node.id,
                targets=[page.uid], reason=f"held: {attack}", origin=by.origin, actor=by.name, confidence=0.5,
            )  # fmt: skip
        return page, "held" if attack else "created"
    head = head_of(unit, known)
    if head.digest == life.digest(head.title, text):
        return known, "unchanged"
    life.revise(changes, known, life.Draft(text, head.title, scanned=SCAN_RULES), caller.actor)
    if attack and known.state != "held":
        changes.set("memory.state", known.uid, known.state, "held")
    page = memory_of(unit, known.uid)
    return page, "held" if attack else "revised"


def read(app: App, caller: Caller, request: requests.ReadPage) -> answers.PageShown:
    """Show a page."""
    with app.read() as unit:
        seen = sight(unit, caller)
        page, node = _page(app, unit, request, seen)
        out, back = _ends(unit, page.uid, seen)
        return answers.PageShown(
            page=view(unit, page, app.clock(), seen), links=out, backlinks=back,
            missing=_missing(unit, head_of(unit, page).text, node, seen),
        )  # fmt: skip


def delete(app: App, caller: Caller, request: requests.DeletePage) -> answers.PageChanged:
    """Archive a page."""
    answer: answers.PageChanged | None = None
    with suppress(OnlyShown), app.write() as unit:
        seen = sight(unit, caller)
        page, node = _page(app, unit, request, seen)
        may_write(unit, caller, node)
        changes = begin(app, unit, caller)
        out, back = _ends(unit, page.uid, seen)
        life.forget(changes, page)
        answer = answers.PageChanged(
            id=page.uid, outcome="archived", name=head_of(unit, page).title or request.name, namespace=node.path, revision=page.head,
            links=len(out), backlinks=back, missing=[], findings=[], applied=not request.dry_run, operation=None,
        )  # fmt: skip
        if request.dry_run:
            raise OnlyShown
        entry = changes.finish(operation="delete-page", namespace=node.path, reason=label(request.reason))
        answer = msgspec.structs.replace(answer, operation=entry.uid)
    assert answer is not None
    return answer


def _page(
    app: App, unit: Unit, request: requests.ReadPage | requests.DeletePage, seen: Sight
) -> tuple[Memory, Namespace]:
    node = project(app, unit, request.namespace, request.cwd, seen)
    found = _find(unit, request.name, node, seen) if node else None
    if found is None or node is None:
        raise NotFound(
            f"there is no page {request.name[:_NAME]!r}" + (f" in {node.path}" if node else ""), field="name",
            hint="`lore list --kind page` shows titles; a page is found at its own node",
        )  # fmt: skip
    return found, node


def _find(unit: Unit, name: str, node: Namespace, seen: Sight) -> Memory | None:
    """Return the memory of a node that bears a name, a page before others; raise `Conflict` where several do."""
    row = unit.one("memory_by_uid", uid=name)
    if row is not None and row[2] == node.id and may_see(unit, name, seen):
        return memory_of(unit, name, seen)
    wanted = slug(name)
    found = [
        row
        for row in unit.rows("care_titled", namespace=node.id)
        if slug(row[2]) == wanted and may_see(unit, row[0], seen)
    ]
    pages = [row for row in found if row[1] == "page"] or found
    exact = [row for row in pages if row[2] == name] or pages
    if len(exact) > 1:
        ids = ", ".join(row[0] for row in exact[:5])
        raise Conflict(
            f"{len(exact)} memories of {node.path} are called {name[:_NAME]!r}", field="name", hint=f"give an id: {ids}"
        )
    return memory_of(unit, exact[0][0], seen) if exact else None


def _link(changes: Changes, page: Memory, node: Namespace, text: str, seen: Sight) -> int:
    """Bring the links of a page that stand in its text in line with it; return how many there are."""
    unit, wanted = changes.unit, set[str]()
    for name in wikilinks(text):
        other = _by_name(unit, name, node, seen)
        if other is not None and other.uid != page.uid:
            wanted.add(other.uid)
    for row in unit.rows("links_of", uid=page.uid):
        link = Link(*row)
        if link.source == page.uid and link.evidence == WRITTEN and link.target not in wanted:
            links.take_back(changes, link)
    for uid in sorted(wanted):
        if not links.between(unit, "related", page.uid, uid):
            links.put(changes, "related", page.uid, uid, Told(evidence=WRITTEN))
    return len(wanted)


def _by_name(unit: Unit, name: str, node: Namespace, seen: Sight) -> Memory | None:
    """Return what a name in a text leads to: at its own node, else at the nearest above, else the page of that file in the vault.

    None where that is not one thing.
    """
    for place in reversed(node.lineage):
        with suppress(Conflict):
            if found := _find(unit, name, namespaces.by_id(unit, place), seen):
                return found
    uid = target_of(unit, name)
    return memory_of(unit, uid) if uid and may_see(unit, uid, seen) else None


def _missing(unit: Unit, text: str, node: Namespace, seen: Sight) -> list[str]:
    return [name for name in wikilinks(text) if _by_name(unit, name, node, seen) is None]


def _ends(unit: Unit, uid: str, seen: Sight) -> tuple[list[answers.PageLink], list[answers.PageLink]]:
    """Return what a page leads to and what leads to it, as far as that is seen."""
    out, back = list[answers.PageLink](), list[answers.PageLink]()
    for row in unit.rows("links_of", uid=uid):
        link = Link(*row)
        other = link.target if link.source == uid else link.source
        if may_see(unit, other, seen):
            (out if link.source == uid else back).append(
                answers.PageLink(kind=link.kind, id=other, name=_called(unit, other))
            )
    return out, back


def _called(unit: Unit, uid: str) -> str:
    if row := unit.one("entity_by_uid", uid=uid):
        return str(row[4])
    head = head_of(unit, memory_of(unit, uid))
    return head.title or shorten(" ".join(head.text.split()), _NAME)
