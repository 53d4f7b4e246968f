"""What taking in the files of a vault comes to, and what each way of it does: in whose name, where, and how a file is noted."""

from __future__ import annotations

import json
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from everlore.app.caller import Caller
from everlore.app.mirroring import shown
from everlore.core import namespaces as paths
from everlore.core.errors import AwaitingApproval, InvalidInput
from everlore.memory.changes import head_of, memory_of
from everlore.store import jobs, namespaces
from everlore.vault import tree
from everlore.vault.fields import fields_of
from everlore.vault.frontmatter import Malformed
from everlore.vault.page import Page

if TYPE_CHECKING:
    from everlore.app.app import App
    from everlore.store.contract import Unit


VAULT = Caller("vault", "vault", origin="person")
WHY = "edited in the vault"


@dataclass(slots=True)
class Taken:
    """What became of the files: paths by what was done, and what is wrong with which."""

    revised: list[str] = field(default_factory=list)
    made: list[str] = field(default_factory=list)
    archived: list[str] = field(default_factory=list)
    moved: list[str] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    adopt: dict[str, tuple[Page, bytes]] = field(default_factory=dict)
    """Pages with an id that the store does not know: of another store, or of this one before it was lost."""

    touched: list[str] = field(default_factory=list)
    """Every path at which something is or was that git has to know of."""


def namespace_of(app: App, told: str) -> str:
    """Return the namespace that directories name: that of the deepest ones that can be one, for folders may be called anything."""
    parts = told.split("/") if told else []
    while parts:
        with suppress(InvalidInput):
            return "/".join(paths.parse("/".join(parts)))
        parts.pop()
    return app.config.namespace


def target(unit: Unit, name: str) -> str | None:
    """Return the memory of the page that a wikilink names, by its path, else by the end of it where only one page has that."""
    row = unit.one("page_file_at", path=f"{name}.md")
    if row is not None:
        return str(row[0])
    escaped = name.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    found = unit.rows("page_paths_like", pattern=f"%/{escaped}.md")
    if len(found) != 1:
        return None
    row = unit.one("page_file_at", path=found[0][0])
    return str(row[0]) if row else None


def call(app: App, operation: str, payload: dict[str, Any]) -> bool:
    """Carry out one step; return whether it waits for approval."""
    try:
        app.call(operation, payload, VAULT)
    except AwaitingApproval:
        return True
    return False


def links_of(unit: Unit, uid: str) -> set[tuple[str, str]]:
    """Return the links from a memory to others that have pages, kind and path without its ending."""
    return {
        (kind, path.removesuffix(".md")) for _, kind, path in unit.rows("links_to_pages", memories=json.dumps([uid]))
    }


def relink(app: App, uid: str, said: AbstractSet[tuple[str, str]], was: AbstractSet[tuple[str, str]]) -> None:
    """Make the links that a file names and did not before, and close those that it names no more."""
    for kind, path in sorted(said - was):
        with app.read() as unit:
            other = target(unit, path)
        if other is None:
            raise Malformed(f"{kind}: there is no page {path!r}")
        if kind == "supersedes":
            call(app, "supersede", {"id": other, "by": uid, "reason": WHY})
        else:
            call(app, "graph-link", {"kind": kind, "source": uid, "target": other})
    for kind, path in sorted(was - said):
        with app.read() as unit:
            other = target(unit, path)
            held = [row[0] for row in unit.rows("links_of", uid=uid) if tuple(row[1:4]) == (kind, uid, other)]
        for link in held if kind != "supersedes" else ():
            call(app, "graph-unlink", {"id": link, "reason": WHY})


def note(unit: Unit, root: Path, uid: str, path: str, data: bytes, *, again: bool) -> None:
    """Note what a file was like when it was taken in, and have it written as its memory is now, without any secrets in it."""
    memory = memory_of(unit, uid)
    head = head_of(unit, memory)
    there = [(kind, f"{target}.md") for kind, target in links_of(unit, uid)]
    namespace = namespaces.by_id(unit, memory.namespace).path
    other = unit.one("page_file_at", path=path)
    if other is not None and other[0] != uid:  # a name that was to be given to another page, which now gets another
        unit.run("page_file_drop", memory=other[0])
        unit.run("mirror_again", memory=memory_of(unit, other[0]).id)
    unit.run(
        "page_file_put", memory=uid, path=path, size=(tree.stat(root, path) or (-1, -1))[0], modified=-1, digest=sha256(data).digest(),
        head=head.number, shown=shown(fields_of(memory, head, there), namespace),
    )  # fmt: skip
    if again:
        unit.run("mirror_again", memory=memory.id)
        jobs.put(unit, "mirror")
