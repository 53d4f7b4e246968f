"""From the vault to the store: what people, or `git pull`, have done to the files becomes changes by `vault`.

Each file is compared with what it showed when it was written last, key by key: what a person changed is taken over, what
the store changed stays, and where both changed the same the person's text stands on top and a proposal holds the other.
Every change goes through the operation that makes it elsewhere, so rules, redaction and the scan for orders hold here too.
A file that cannot be read is reported and left alone. Files that vanish in great numbers are asked about.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from everlore.app.authority import Waits
from everlore.app.authority import changes as begin
from everlore.app.caller import Caller
from everlore.app.mirroring import File, shown
from everlore.app.proposals import propose, propose_release
from everlore.core import namespaces as paths
from everlore.core.errors import AwaitingApproval, EverloreError, InvalidInput
from everlore.core.types import KINDS, STATES, Memory
from everlore.guard import SCAN_RULES
from everlore.guard.injection import scan
from everlore.guard.policy import BULK, Requester
from everlore.guard.redact import label, redact
from everlore.memory import life
from everlore.memory.changes import head_of, memory_of, revisions_of
from everlore.store import jobs, namespaces
from everlore.vault import tree
from everlore.vault.fields import SHOWN, editable, fields_of, links
from everlore.vault.frontmatter import Malformed
from everlore.vault.page import Page, parse, said_the_same

if TYPE_CHECKING:
    from everlore.app.app import App
    from everlore.store.contract import Row, Unit

VAULT = Caller("vault", "vault", origin="person")
Missing = Literal["ask", "archive", "write"]
_SETTLED = 50_000_000
"""Nanoseconds after which a file can no longer change without the time of its modification changing."""
_ID = re.compile(r"[0-9a-z]{20,26}")
_WHY = "edited in the vault"


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


def take_in(app: App, *, missing: Missing = "ask", dry_run: bool = False) -> Taken:
    """Bring the store in line with the files; the caller is `alone` at the vault."""
    root, taken = app.config.vault_root, Taken()
    there = tree.scan(root)
    with app.read() as unit:
        known = {row[1]: row for row in unit.rows("page_files") if row[4]}
        broken = {row[0]: row[1:] for row in unit.rows("page_problems")}
    changed = [path for path, about in there.items() if path not in known or about != tuple(known[path][2:4])]
    gone = {row[0]: path for path, row in known.items() if path not in there}
    read = _read(app, changed, there, known, taken, dry_run=dry_run)
    _swapped(app, read, {path: row[0] for path, row in known.items()}, gone, taken, dry_run=dry_run)
    for path, (page, data) in read.items():
        _one(app, path, page, data, gone, taken, dry_run=dry_run)
    _vanished(app, gone, len(known), there, taken, missing, dry_run=dry_run)
    if not dry_run:
        _adopt(app, taken)
        _remember_problems(app, there, broken, taken)
    return taken


def _read(
    app: App,
    changed: Iterable[str],
    there: Mapping[str, tuple[int, int]],
    known: Mapping[str, Row],
    taken: Taken,
    *,
    dry_run: bool,
) -> dict[str, tuple[Page, bytes]]:
    """Return the pages of files that are not as they were; note those whose time alone has changed."""
    found: dict[str, tuple[Page, bytes]] = {}
    seen: list[dict[str, object]] = []
    now = time.time_ns()
    with app.read() as unit:
        digests = {path: row[4] for path in changed if path in known and (row := unit.one("page_file_at", path=path))}
    for path in changed:
        try:
            data = tree.read(app.config.vault_root, path)
            if digests.get(path) == sha256(data).digest():
                size, modified = there[path]
                if now - modified > _SETTLED:
                    seen.append({"memory": known[path][0], "size": size, "modified": modified})
            elif data.strip():
                found[path] = parse(data), data
            elif path in known:  # an editor that saves empties first, and a crash may leave it so
                taken.problems[path] = "it is empty; delete it to archive its memory"
        except Malformed as error:
            taken.problems[path] = str(error)
        except OSError as error:
            taken.problems[path] = f"it cannot be read: {error.strerror}"
        except Exception as error:  # noqa: BLE001 - whatever a file holds, the others are read
            taken.problems[path] = f"it cannot be read: {type(error).__name__}"
    if seen and not dry_run:
        with app.write() as unit:
            unit.many("page_file_seen", seen)
    return found


def _swapped(
    app: App,
    read: Mapping[str, tuple[Page, bytes]],
    known: Mapping[str, str],
    gone: dict[str, str],
    taken: Taken,
    *,
    dry_run: bool,
) -> None:
    """Follow files that have taken the names of others: then the ids in them tell which is which, and not their paths."""
    lay = {uid: path for path, uid in known.items()}
    said = {path: page.fields.get("id") for path, (page, _) in read.items()}
    moves = {}
    for path, uid in said.items():
        if path in known and isinstance(uid, str) and uid != known[path] and uid in lay:
            old = lay[uid]
            if uid in gone or (old in said and said[old] != uid):
                moves[uid] = path
    if not moves or dry_run:
        return
    for path in moves.values():
        left = known[path]
        if left not in moves and left not in gone and left not in said.values():
            gone[left] = path
    with app.write() as unit:
        rows = {
            uid: unit.one("page_file_of", memory=uid) for uid in {*moves, *(known[path] for path in moves.values())}
        }
        for uid in rows:
            unit.run("page_file_move", memory=uid, path=f"{uid}\n")  # a name that no file has
        for uid, path in moves.items():
            unit.run("page_file_move", memory=uid, path=path)
            gone.pop(uid, None)
            taken.moved.append(path)
    taken.touched += [lay[uid] for uid in moves]


def _one(app: App, path: str, page: Page, data: bytes, gone: dict[str, str], taken: Taken, *, dry_run: bool) -> None:
    """Do what one file says; whatever is wrong with it is noted, and the others go on."""
    try:
        with app.read() as unit:
            row = unit.one("page_file_at", path=path)
            uid = row[0] if row and row[4] else _named(unit, page, path, gone)
            memory = memory_of(unit, uid) if uid and unit.one("memory_by_uid", uid=uid) else None
        if uid and memory is None:
            taken.adopt[path] = page, data
        elif dry_run:
            (taken.revised if memory else taken.made).append(path)
            gone.pop(uid or "", None)
        elif memory is None:
            _make(app, path, page, data, taken)
        else:
            if memory.uid in gone:
                with app.write() as unit:
                    unit.run("page_file_move", memory=memory.uid, path=path)
                taken.touched.append(gone.pop(memory.uid))
                taken.moved.append(path)
            _edited(app, memory.uid, path, page, data, taken)
        if path not in taken.problems:
            taken.touched.append(path)
    except AwaitingApproval as error:
        taken.waiting.append(path)
        taken.problems[path] = f"it waits for approval: {error.hint}"
    except Malformed as error:
        taken.problems[path] = str(error)
    except RecursionError:
        taken.problems[path] = "it is nested too deeply"
    except EverloreError as error:
        taken.problems[path] = f"{error.message}. {error.hint}".removesuffix(". ") if error.hint else error.message


def _named(unit: Unit, page: Page, path: str, gone: Mapping[str, str]) -> str | None:
    """Return the memory that a file at a new path is of, None when it is a new one: without an id, or a copy of another."""
    uid = page.fields.get("id")
    if not isinstance(uid, str) or not _ID.fullmatch(uid):
        return None
    row = unit.one("memory_by_uid", uid=uid)
    if row is not None and row[4] == "purged":
        raise Malformed("its memory was purged; delete the file, or take its id away to keep the text as a new memory")
    held = unit.one("page_file_of", memory=uid)
    return None if held is not None and held[4] and uid not in gone and held[1] != path else uid


def _edited(app: App, uid: str, path: str, page: Page, data: bytes, taken: Taken) -> None:
    """Take over what a person changed in a file."""
    with app.read() as unit:
        memory = memory_of(unit, uid)
        head = head_of(unit, memory)
        row = unit.one("page_file_of", memory=uid)
        file = File.of(row) if row and row[4] else None
        base = unit.one("revision_by_number", memory=memory.id, number=file.head) if file else None
        later = [r for r in revisions_of(unit, memory) if r.number > (file.head if file else 0)]
        namespace = namespaces.by_id(unit, memory.namespace).path
        there = _links(unit, uid)
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
    steps = _steps(memory, head.number, wanted, said, now)
    waits = False
    for operation, payload in steps:
        waits |= _call(app, operation, payload)
    _link(app, uid, links(page.fields), {tuple(link) for link in was.get("links", ())} if was else there, taken)
    if conflicts & {"text", "title"}:
        _ask(app, memory, head.number, taken, path)
    if waits or (steps and path not in taken.moved):
        (taken.waiting if waits else taken.revised).append(path)
    with app.write() as unit:
        _note(unit, app.config.vault_root, uid, path, data, again=True)


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


def namespace_of(app: App, told: str) -> str:
    """Return the namespace that directories name: that of the deepest ones that can be one, for folders may be called anything."""
    parts = told.split("/") if told else []
    while parts:
        with suppress(InvalidInput):
            return "/".join(paths.parse("/".join(parts)))
        parts.pop()
    return app.config.namespace


def _steps(
    memory: Memory, head: int, wanted: Mapping[str, Any], said: Mapping[str, Any], now: Mapping[str, Any]
) -> list[tuple[str, dict[str, Any]]]:
    """Return the operations that make a difference, in the order in which they can be carried out."""
    steps: list[tuple[str, dict[str, Any]]] = []
    about = {"id": memory.uid, "reason": _WHY}
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


def _call(app: App, operation: str, payload: dict[str, Any]) -> bool:
    """Carry out one step; return whether it waits for approval."""
    try:
        app.call(operation, payload, VAULT)
    except AwaitingApproval:
        return True
    return False


def _links(unit: Unit, uid: str) -> set[tuple[str, str]]:
    return {
        (kind, path.removesuffix(".md")) for _, kind, path in unit.rows("links_to_pages", memories=json.dumps([uid]))
    }


def _link(
    app: App, uid: str, said: AbstractSet[tuple[str, str]], was: AbstractSet[tuple[str, str]], taken: Taken
) -> None:
    """Make the links that a file names and did not before, and close those that it names no more."""
    for kind, path in sorted(said - was):
        with app.read() as unit:
            other = target(unit, path)
        if other is None:
            raise Malformed(f"{kind}: there is no page {path!r}")
        if kind == "supersedes":
            _call(app, "supersede", {"id": other, "by": uid, "reason": _WHY})
        else:
            _call(app, "graph-link", {"kind": kind, "source": uid, "target": other})
    for kind, path in sorted(was - said):
        with app.read() as unit:
            other = target(unit, path)
            held = [row[0] for row in unit.rows("links_of", uid=uid) if tuple(row[1:4]) == (kind, uid, other)]
        for link in held if kind != "supersedes" else ():
            _call(app, "graph-unlink", {"id": link, "reason": _WHY})


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


def _ask(app: App, memory: Memory, revision: int, taken: Taken, path: str) -> None:
    """Keep the text that the store had, which the person's now stands on, as a proposal to bring it back."""
    with app.write() as unit:
        propose(
            unit, app.clock(), effect="revise", operation="restore", payload={"id": memory.uid, "revision": revision}, namespace=memory.namespace,
            targets=[memory.uid], reason="edited in the vault and in the store at once", origin="person", actor="vault",
            evidence=[f"revision {revision} was written after the page {path} was last read"], confidence=0.5,
        )  # fmt: skip
    taken.conflicts.append(path)


def _make(app: App, path: str, page: Page, data: bytes, taken: Taken) -> None:
    """Keep a new file as a new memory, as it is: a person wrote it there on purpose."""
    said = editable(page.fields)
    told, kind = tree.placed(path)
    text = redact(page.text).text
    if not text.strip():
        raise Malformed("it has no text")
    if len(text) > 1_000_000:
        raise Malformed("its text is longer than 1,000,000 characters")
    stem = path.rpartition("/")[2].removesuffix(".md")
    title = label((said["title"] or stem)[:300])
    draft = life.Draft(
        text=text, title=title, kind=_choice("kind", (said["kind"] or kind or "page").lower(), KINDS), tags=tuple(map(label, said["tags"])),
        importance=_share(said["importance"]), layer=_layer(said["layer"]), tier=_choice("tier", said["tier"] or "long", ("short", "mid", "long")),
        pinned=said["pinned"], visibility=said["visibility"], valid_from=app.instant(said["valid_from"], "valid_from", edge="start"),
        valid_until=app.instant(said["valid_until"], "valid_until"), expires=app.instant(said["expires"], "expires"), scanned=SCAN_RULES,
    )  # fmt: skip
    held = "; ".join(dict.fromkeys(finding.kind for part in (title or "", text) for finding in scan(part)))
    with _without_waiting(), app.write() as unit:
        node = namespaces.ensure(unit, label(namespace_of(app, told)), app.clock())
        changes = begin(app, unit, VAULT)
        memory = life.create(changes, draft, node, VAULT.actor, state="held" if held else "active")
        if held:
            propose_release(unit, changes.now, memory, held, Requester(VAULT.actor, "person"))
        changes.finish(operation="remember", namespace=node.path, reason="a new page in the vault")
        jobs.put(unit, "embed")
        _note(
            unit, app.config.vault_root, memory.uid, path, data, again=not held
        )  # or it would come in twice after a crash
    if held:
        taken.problems[path] = f"held, since it looks like an order to an agent ({held}); `lore review` shows it"
    taken.made.append(path)
    _link(app, memory.uid, links(page.fields), set(), taken)


@contextmanager
def _without_waiting() -> Iterator[None]:
    """Leave a page alone where a rule wants approval for new ones: an approved request would keep a second one."""
    try:
        yield
    except Waits as waits:
        raise Malformed(
            f"a rule of {waits.path or 'the store'} wants approval to {waits.effect}; `lore policy` shows it"
        ) from None


def _choice(key: str, value: str, among: Iterable[str]) -> str:
    if value not in among:
        raise Malformed(f"{key}: {value!r} is none; there are {', '.join(among)}")
    return value


def _layer(value: float | None) -> int | None:
    if value is not None and value not in {0, 1, 2, 3}:
        raise Malformed(f"layer: {value} is none; there are 0 to 3")
    return None if value is None else int(value)


def _share(value: float | None) -> float:
    if value is not None and not 0 <= value <= 1:
        raise Malformed(f"importance: {value} is not between 0 and 1")
    return 0.5 if value is None else float(value)


def _note(unit: Unit, root: Path, uid: str, path: str, data: bytes, *, again: bool) -> None:
    """Note what a file was like when it was taken in, and have it written as its memory is now, without any secrets in it."""
    memory = memory_of(unit, uid)
    head = head_of(unit, memory)
    there = [(kind, f"{target}.md") for kind, target in _links(unit, uid)]
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


def _vanished(
    app: App,
    gone: Mapping[str, str],
    known: int,
    there: Mapping[str, object],
    taken: Taken,
    missing: Missing,
    *,
    dry_run: bool,
) -> None:
    """Archive the memories whose files a person has deleted; ask where so many are gone that it may be an accident."""
    root = app.config.vault_root
    gone = {uid: path for uid, path in gone.items() if not tree.leads_out(root, path)}  # where nothing is looked at
    if missing == "write" and not dry_run:
        with app.write() as unit:
            for uid in gone:
                unit.run("page_file_drop", memory=uid)
                unit.run("mirror_again", memory=memory_of(unit, uid).id)
        return
    if missing == "ask" and gone and (len(gone) > BULK or not there or (len(gone) > 1 and 2 * len(gone) > known)):
        taken.missing = sorted(gone.values())
        return
    for uid, path in gone.items():
        if not dry_run and not _gone(app, uid, path, taken):
            continue
        taken.archived.append(path)
        taken.touched.append(path)


def _gone(app: App, uid: str, path: str, taken: Taken) -> bool:
    """Archive the memory of a deleted file; return whether its file may be forgotten."""
    try:
        with app.read() as unit:
            state = memory_of(unit, uid).state
        waits = state in SHOWN and _call(app, "forget", {"id": uid, "reason": "its page was deleted in the vault"})
    except EverloreError as error:
        taken.problems[path] = error.message
        return False
    with app.write() as unit:
        unit.run("page_file_drop", memory=uid)
        if waits:
            unit.run("mirror_again", memory=memory_of(unit, uid).id)
    if waits:
        taken.waiting.append(path)
    return not waits


def _adopt(app: App, taken: Taken) -> None:
    """Take in the pages of memories that the store does not know, with their ids, times and links."""
    if taken.adopt:
        from everlore.app.adopting import adopt

        adopt(app, taken)


def _remember_problems(
    app: App, there: Mapping[str, tuple[int, int]], broken: Mapping[str, object], taken: Taken
) -> None:
    now = {path: problem for path, problem in taken.problems.items() if path in there}
    settled = [path for path in broken if path not in now and not tree.leads_out(app.config.vault_root, path)]
    if not settled and now.keys() <= broken.keys():
        return
    with app.write() as unit:
        for path in settled:
            unit.run("page_problem_drop", path=path)
            with suppress(TypeError):
                row = unit.one("page_file_at", path=path)
                if row is not None and (one := unit.one("memory_by_uid", uid=row[0])):
                    unit.run("mirror_again", memory=one[0])
                    jobs.put(unit, "mirror")
        for path, problem in now.items():
            size, modified = there[path]
            unit.run("page_problem_put", path=path, size=size, modified=modified, problem=label(problem))
