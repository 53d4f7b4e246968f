"""What a person changed in a page that is known, key by key, as the operations that make such changes elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from everlore.app.mirroring import File
from everlore.app.proposals import propose
from everlore.app.vaulting.taken import WHY, Taken, call, links_of, namespace_of, note, relink
from everlore.core.types import STATES, Memory
from everlore.memory.changes import head_of, memory_of, revisions_of
from everlore.store import namespaces
from everlore.vault import tree
from everlore.vault.fields import editable, fields_of, links
from everlore.vault.frontmatter import Malformed
from everlore.vault.page import Page, said_the_same

if TYPE_CHECKING:
    from everlore.app.app import App


def edited(app: App, uid: str, path: str, page: Page, data: bytes, taken: Taken) -> None:
    """Take over what a person changed in a file."""
    with app.read() as unit:
        memory = memory_of(unit, uid)
        head = head_of(unit, memory)
        row = unit.one("page_file_of", memory=uid)
        file = File.of(row) if row and row[4] else None
        base = unit.one("revision_by_number", memory=memory.id, number=file.head) if file else None
        later = [r for r in revisions_of(unit, memory) if r.number > (file.head if file else 0)]
        namespace = namespaces.by_id(unit, memory.namespace).path
        there = links_of(unit, uid)
    now = {**editable(fields_of(memory, head, ())), "namespace": namespace, "text": head.text}
    was = {**file.shown, "text": base[4]} if file and base else {}
    said = {**editable(page.fields), "text": page.text}
    if since := next(
        (r for r in reversed(later) if said_the_same(r.text, page.text) and r.title == said["title"]), None
    ):
        # written by us, and not noted any more when we were killed: what the store has by now is newer
        was = {**now, **was, "text": since.text, "title": since.title}
    said["namespace"], kind = _place(app, path, file, namespace)
    said["kind"] = kind or said["kind"] or memory.kind
    wanted, conflicts = _difference(said, was, now)
    steps = _steps(memory, wanted, said, now)
    waits = False
    for operation, payload in steps:
        waits |= call(app, operation, payload)
    relink(app, uid, links(page.fields), {tuple(link) for link in was.get("links", ())} if was else there)
    if conflicts & {"text", "title"}:
        _ask(app, memory, head.number, taken, path)
    if waits or (steps and path not in taken.moved):
        (taken.waiting if waits else taken.revised).append(path)
    with app.write() as unit:
        note(unit, app.config.vault_root, uid, path, data, again=True)


def _difference(
    said: Mapping[str, Any], was: Mapping[str, Any], now: Mapping[str, Any]
) -> tuple[dict[str, Any], set[str]]:
    """Return what a file asks to be changed, and what of that the store has changed too since the file was written."""
    wanted: dict[str, Any] = {}
    conflicts: set[str] = set()
    for key, value in said.items():
        default = was.get(key) if key in was else now.get(key)
        if value is None and key not in {"title", "valid_from", "valid_until", "expires"}:
            continue  # a key that was taken away leaves things as they are, but for what may be without a value
        if _same(key, value, now.get(key)) or (key in was and _same(key, value, was[key])):
            continue
        wanted[key] = value
        if was and not _same(key, default, now.get(key)):
            conflicts.add(key)
    return wanted, conflicts


def _same(key: str, one: object, other: object) -> bool:
    if key == "text":
        return said_the_same(str(one), str(other))
    return one == other or (
        isinstance(one, str)
        and isinstance(other, str)
        and key in {"kind", "tier", "namespace"}
        and one.lower() == other.lower()
    )


def _place(app: App, path: str, file: File | None, namespace: str) -> tuple[str, str | None]:
    """Return the namespace and the kind that a file's directory stands for: those it has, unless it has been moved there."""
    told, kind = tree.placed(path)
    if file is not None and file.shown.get("namespace"):
        before = tree.directory(str(file.shown["namespace"]), str(file.shown["kind"]))
        if path.rpartition("/")[0] == before or (kind is None and told.startswith(str(file.shown["namespace"]))):
            return namespace, None
    return namespace_of(app, told), kind


def _steps(
    memory: Memory, wanted: Mapping[str, Any], said: Mapping[str, Any], now: Mapping[str, Any]
) -> list[tuple[str, dict[str, Any]]]:
    """Return the operations that make a difference, in the order in which they can be carried out."""
    steps: list[tuple[str, dict[str, Any]]] = []
    about = {"id": memory.uid, "reason": WHY}
    status = said["status"] if "status" in wanted else None
    if status is not None and status not in STATES:
        raise Malformed(f"status: {status!r} is none; active, superseded and archived are")
    if (memory.state in {"archived", "withdrawn"} and status in {None, "active"}) or (
        memory.state == "superseded" and status == "active"
    ):
        steps.append(("restore", about))
    if "text" in wanted or "title" in wanted:
        steps.append(
            (
                "revise",
                {
                    **about,
                    "text": said["text"] if "text" in wanted else now["text"],
                    "title": (said if "title" in wanted else now)["title"] or "",
                },
            )
        )
    setting = {
        key: wanted[key]
        for key in ("kind", "layer", "tier", "importance", "visibility", "namespace", "tags")
        if key in wanted
    }
    setting |= {key: wanted[key] or "" for key in ("valid_from", "valid_until", "expires") if key in wanted}
    if "pinned" in wanted:
        setting["pinned" if wanted["pinned"] else "unpinned"] = True
    if setting:
        steps.append(("set", {**about, **setting}))
    if status == "archived":
        steps.append(("forget", about))
    elif status == "superseded" and memory.state != "superseded":
        raise Malformed("status: what took its place says so: name this page under supersedes there")
    return steps


def _ask(app: App, memory: Memory, revision: int, taken: Taken, path: str) -> None:
    """Keep the text that the store had, which the person's now stands on, as a proposal to bring it back."""
    with app.write() as unit:
        propose(
            unit, app.clock(), effect="revise", operation="restore", payload={"id": memory.uid, "revision": revision}, namespace=memory.namespace,
            targets=[memory.uid], reason="edited in the vault and in the store at once", origin="person", actor="vault",
            evidence=[f"revision {revision} was written after the page {path} was last read"], confidence=0.5,
        )  # fmt: skip
    taken.conflicts.append(path)
