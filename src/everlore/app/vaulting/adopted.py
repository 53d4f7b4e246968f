"""Pages whose memories the store does not know: of a store that was lost, or of another machine, through `git pull`.

They come in as an import does, with their ids, times, states and links; what only the database knew is gone: earlier
revisions, uses and the journal.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

import msgspec

from everlore.app import lines, portable
from everlore.app.caller import Progress, no_progress
from everlore.app.mirroring import shown
from everlore.app.parse import field_of
from everlore.app.vaulting.taken import VAULT, Taken, namespace_of, target
from everlore.core import ids
from everlore.core.errors import EverloreError, InvalidInput
from everlore.guard.injection import scan
from everlore.memory.changes import head_of, memory_of
from everlore.store import jobs, namespaces
from everlore.vault import tree
from everlore.vault.fields import SHOWN, editable, fields_of, links
from everlore.vault.frontmatter import Malformed
from everlore.vault.page import Page

if TYPE_CHECKING:
    from everlore.app.app import App
    from everlore.store.contract import Unit

_BATCH = 500


def adopt(app: App, taken: Taken, progress: Progress = no_progress) -> None:
    """Take in the pages that wait in `taken`; what is wrong with one is noted there."""
    wanted: dict[str, lines.Memory] = {}
    for path, (page, _) in taken.adopt.items():
        try:
            wanted[path] = _line(app, path, page)
        except (Malformed, InvalidInput) as error:
            taken.problems[path] = str(error)
    paths = list(wanted)
    for at in range(0, len(paths), _BATCH):
        some = paths[at : at + _BATCH]
        try:
            portable.take(app, VAULT, [wanted[path] for path in some])
        except EverloreError as error:
            taken.problems.update(dict.fromkeys(some, error.message))
            continue
        with app.write() as unit:
            for path in some:
                _note(unit, path, *taken.adopt[path])
        taken.made += some
        progress("reading the vault", at + len(some), len(paths))
    linked = [link for path in taken.made if path in wanted for link in _links(app, path, wanted[path], taken)]
    if linked:
        portable.take(app, VAULT, linked)
        with app.write() as unit:
            for path in taken.made:
                if path in wanted:
                    _note(unit, path, *taken.adopt[path])


def _line(app: App, path: str, page: Page) -> lines.Memory:
    """Return the memory of a page as a line of an export; raise `Malformed` or `InvalidInput`."""
    said, now = editable(page.fields), app.clock()
    told, kind = tree.placed(path)
    namespace = namespace_of(app, told)
    if said["status"] not in {None, *SHOWN}:
        raise Malformed(f"status: a page is active or superseded, and this is {said['status']!r}")

    def moment(key: str) -> int | None:
        value = page.fields.get(key)
        return (
            app.instant(value, key, edge="start" if key == "valid_from" else "end")
            if isinstance(value, str) and value
            else None
        )

    created, recorded = moment("created"), moment("recorded")
    if not page.text.strip():
        raise Malformed("it has no text")
    owner, source = page.fields.get("by"), page.fields.get("source")
    revision: dict[str, Any] = {
        "number": 1, "title": said["title"], "text": page.text, "valid_from": moment("valid_from"), "valid_until": moment("valid_until"),
        "recorded": recorded or created or now, "recorded_until": None, "actor": owner if isinstance(owner, str) else "vault",
        "source": source if isinstance(source, str) else None,
    }  # fmt: skip
    memory: dict[str, Any] = {
        "object": "memory", "uid": page.fields["id"], "namespace": namespace, "kind": said["kind"] or kind or "page",
        "state": said["status"] or "active", "layer": 2 if said["layer"] is None else said["layer"], "tier": said["tier"] or "long",
        "importance": 0.5 if said["importance"] is None else said["importance"], "pinned": said["pinned"], "tags": said["tags"],
        "created": created or recorded or now, "head": 1, "uses": 0, "last_used": None, "visibility": said["visibility"],
        "owner": revision["actor"], "expires": moment("expires"), "revisions": [revision],
    }  # fmt: skip
    if found := scan(f"{said['title'] or ''}\n{page.text}"):
        kinds = ", ".join(dict.fromkeys(finding.kind for finding in found))
        raise Malformed(f"it looks like an order to an agent ({kinds}); take its id away to have it held for review")
    try:
        return msgspec.convert(memory, lines.Memory)
    except msgspec.ValidationError as error:
        field, why = field_of(error)
        raise Malformed(f"{field}: {why}") from None


def _links(app: App, path: str, memory: lines.Memory, taken: Taken) -> list[lines.Link]:
    """Return the links that a page names, as lines; one that leads nowhere is a problem of the page."""
    found, recorded = list[lines.Link](), memory.revisions[0].recorded
    with app.read() as unit:
        for kind, name in sorted(links(taken.adopt[path][0].fields)):
            uid = target(unit, name)
            if uid is None:
                taken.problems[path] = f"{kind}: there is no page {name!r}"
                continue
            found.append(
                lines.Link(
                    uid=ids.derived("page link", kind, memory.uid, uid), kind=kind, source=memory.uid, target=uid, weight=1.0, valid_from=None,
                    valid_until=None, recorded=recorded, recorded_until=None, evidence=None,
                )
            )  # fmt: skip
    return found


def _note(unit: Unit, path: str, page: Page, data: bytes) -> None:
    memory = memory_of(unit, page.fields["id"])
    rows = unit.rows("links_to_pages", memories=msgspec.json.encode([memory.uid]).decode())
    fields = fields_of(memory, head_of(unit, memory), [(kind, target) for _, kind, target in rows])
    unit.run(
        "page_file_put", memory=memory.uid, path=path, size=-1, modified=-1, digest=sha256(data).digest(),
        head=1, shown=shown(fields, namespaces.by_id(unit, memory.namespace).path),
    )  # fmt: skip
    unit.run("mirror_again", memory=memory.id)
    jobs.put(unit, "mirror")
