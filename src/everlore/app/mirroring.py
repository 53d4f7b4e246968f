"""From the store to the vault: what has changed since its file was written is written again, in batches, one commit each.

A file that was edited since is taken in first (`vaulting`), so nothing that a person wrote is written over. Held texts have
no file, and neither has what is private, since a vault may be pushed to where others read it.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from everlore.core.clock import to_iso
from everlore.core.errors import InvalidInput, refused
from everlore.core.types import Memory, Namespace, Revision
from everlore.guard.redact import redact
from everlore.memory.changes import head_of
from everlore.store import index, jobs, keys, lock, namespaces
from everlore.vault import contents, tree
from everlore.vault.fields import SHOWN, editable, fields_of
from everlore.vault.fields import links as links_in
from everlore.vault.frontmatter import Fields, Malformed, Value, emit
from everlore.vault.page import Page, parse, render, said_the_same
from everlore.vault.repository import Repository

if TYPE_CHECKING:
    import threading

    from everlore.app.app import App
    from everlore.core.config import Config
    from everlore.store.contract import Row, Unit

_BATCH = 500
_LOCK = "vault.lock"
_TOLD = 20
_BREATH = 0.3
"""Seconds between two full batches in the background."""
_LATER, _MOST_LATER = "vault: to be committed", 100_000
_NO_GIT = "there is no git"


@dataclass(frozen=True, slots=True)
class File:
    """What is known of a page's file."""

    memory: str
    path: str
    size: int
    modified: int
    digest: bytes
    head: int
    shown: Fields

    @classmethod
    def of(cls, row: Row) -> File:
        """Return the file that a row of the `page_file` statements spells."""
        memory, path, size, modified, digest, head, shown = row
        return cls(memory, path, size, modified, digest, head, json.loads(shown))


@dataclass(slots=True)
class Batch:
    """What one batch has done: paths by what became of them, and the namespaces whose index is to be made anew."""

    written: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    touched: set[int] = field(default_factory=set)
    entries: set[int] = field(default_factory=set)
    logged: list[tuple[int, str, int]] = field(default_factory=list)
    passed_over: int = 0


def is_on(config: Config) -> bool:
    """Tell whether there is a vault: always when asked for, else where the store is not encrypted."""
    return config.vault == "on" or (config.vault == "auto" and keys.source(config) is None)


@contextmanager
def alone(app: App, wait_ms: int = 30_000) -> Iterator[None]:
    """Be the only one at the vault for a block; raise `StoreBusy`."""
    with lock.hold(app.config.home, _LOCK, wait_ms):
        yield


def mirror(app: App, stopping: threading.Event) -> bool:
    """Write what waits, both ways; the work of a job. Return whether all of it is done."""
    from everlore.app.vaulting import take_in

    if not is_on(app.config):
        with app.write() as unit:
            unit.run("mirror_clear")
        return True
    with alone(app):
        taken = take_in(app) if app.config.vault_root.is_dir() else None
        finished, _ = write_waiting(app, stopping)
        if taken is not None:
            commit(app, Batch(), taken.touched)
        return finished


def write_waiting(app: App, stopping: threading.Event | None = None) -> tuple[bool, str]:
    """Write the files of what waits; the caller is `alone`. Return whether nothing waits any more, and why there was no commit."""
    why, left = "", assign(app)
    with app.read() as unit:
        total = unit.value("mirror_count")
    done = 0
    while not (stopping and stopping.is_set()):
        with app.read() as unit:
            waiting = unit.rows("mirror_batch", limit=_BATCH)
        if not waiting:
            return True, why
        batch = write_batch(app, waiting)
        why, left = commit(app, batch, left), []
        if batch.passed_over == len(waiting):
            break  # people have edited them since; taking that in is the next round's
        done += len(waiting)
        if stopping is not None and len(waiting) == _BATCH:
            stopping.wait(_BREATH)  # whoever asks something meanwhile goes first
        if done > 2 * total + _BATCH:  # somebody writes as fast as we do; they put a job again
            break
    return False, why


def assign(app: App) -> list[str]:
    """Give a path to every memory that waits for its first file, or whose title, kind or namespace has changed.

    Return the paths that were left, which belong into the commit of what is there now.
    """
    left: list[str] = []
    with app.write() as unit:
        taken = {row[1].lower(): row[0] for row in unit.rows("page_files")}
        moved = []
        for memory, _, uid, kind, title, there, namespace in unit.rows("mirrored"):
            path = there
            if there is None:
                path = _free(tree.directory(namespace, kind), _stem(unit, memory, title), uid, taken)
                unit.run("page_file_put", memory=uid, path=path, size=-1, modified=-1, digest=b"", head=0, shown="{}")
            else:
                row = unit.one("page_file_of", memory=uid)
                assert row is not None
                file = File.of(row)
                wanted = _wanted(file, namespace, kind, title, taken)
                if wanted == path or not _follow(app.config.vault_root, path, wanted):
                    continue
                del taken[path.lower()]
                unit.run("page_file_put", **{**_values(file), "path": wanted})
                moved.append(uid)
                left.append(path)
                path = wanted
            taken[path.lower()] = uid
        unit.run("mirror_linking_to", memories=json.dumps(moved))
    return left


def _stem(unit: Unit, memory: int, title: str | None) -> str:
    if title:
        return tree.stem(title)
    row = unit.one("memory_by_id", id=memory)
    assert row is not None
    return tree.stem(" ".join(head_of(unit, index.memory_from(row)).text.split()[:8]))


def _free(directory: str, stem: str, uid: str, taken: dict[str, str]) -> str:
    """Return a path that no other page has: with the end of the memory's id where the name is taken."""
    for name in (stem, f"{stem}-{uid[-4:]}", f"{stem}-{uid}"):
        path = tree.joined(directory, name)
        if taken.get(path.lower(), uid) == uid:
            return path
    raise AssertionError(uid)


def _wanted(file: File, namespace: str, kind: str, title: str | None, taken: dict[str, str]) -> str:
    """Return where a file belongs now: its place and name change with what they were made from, not with what people chose."""
    shown, path = file.shown, file.path
    directory, _, name = path.rpartition("/")
    if shown.get("namespace", namespace) != namespace or shown.get("kind", kind) != kind:
        directory = tree.directory(namespace, kind)
    stem = name.removesuffix(".md")
    before = shown.get("title")
    if before and title and before != title and stem.startswith(tree.stem(before)):
        stem = tree.stem(title)
    if tree.joined(directory, stem) == path:
        return path
    return _free(directory, stem, file.memory, taken)


def _follow(root: Path, path: str, wanted: str) -> bool:
    """Give a file its new name; return whether there is nothing in the way."""
    if tree.leads_out(root, wanted) or tree.leads_out(root, path):
        return False
    old, new = root / path, root / wanted
    if new.exists() and not (old.exists() and new.samefile(old)):
        return False
    with suppress(OSError):
        if old.exists():
            new.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            old.rename(new)
            tree.remove(root, path)  # for the directories that are empty now
    return True


def write_batch(app: App, waiting: Sequence[Row]) -> Batch:
    """Write, or remove, the files of some memories, and note what they are like now."""
    root, batch = app.config.vault_root, Batch()
    done: list[Row] = []
    noted: list[dict[str, object]] = []
    with app.read() as unit:
        rows = [index.memory_from(row) for row in (unit.one("memory_by_id", id=each[0]) for each in waiting) if row]
        entries = {memory.uid: entry for memory, (_, entry) in zip(rows, waiting, strict=True)}
        links = _links(unit, [memory.uid for memory in rows])
        problems = {row[0] for row in unit.rows("page_problems")}
        work = []
        for memory in rows:
            found = unit.one("page_file_of", memory=memory.uid)
            file = File.of(found) if found else None
            path = namespaces.by_id(unit, memory.namespace).path
            work.append((memory, head_of(unit, memory), file, path))
    now, blocked = app.clock(), dict[str, str]()
    for (memory, revision, file, path), row in zip(work, waiting, strict=True):
        done.append(row)
        batch.touched.add(memory.namespace)
        if file is None or memory.state == "held" or file.path in problems:
            continue
        entry = entries[memory.uid]
        if memory.state not in SHOWN or memory.visibility == "private":
            if not tree.remove(root, file.path, file.digest or None):
                done.pop()  # a person has edited it since, which the next round takes in
                continue
            batch.removed.append(file.path)
            noted.append({"memory": memory.uid})
        else:
            about = _attempt(root, memory, revision, file, path, links.get(memory.uid, []))
            if isinstance(about, str):
                blocked[file.path] = about
                continue
            if about is None:  # edited since the vault was looked through: the next round takes it in first
                done.pop()
                continue
            noted.append(about)
            batch.written.append(file.path)
        batch.entries.add(entry)
        batch.logged.append((memory.namespace, file.path, entry))
    with app.write() as unit:
        for about in noted:
            unit.run("page_file_put" if len(about) > 1 else "page_file_drop", **about)
        for path, problem in blocked.items():
            unit.run("page_problem_put", path=path, size=-1, modified=-1, problem=problem)
        unit.many("mirror_done", ({"memory": row[0], "entry": row[1]} for row in done))
        if len(done) < len(waiting):
            jobs.put(unit, "mirror", run_at=now + 1)
    batch.passed_over = len(waiting) - len(done)
    return batch


def _links(unit: Unit, memories: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for statement in ("links_to_pages", "links_superseding"):
        for uid, kind, path in unit.rows(statement, memories=json.dumps(memories)):
            found[uid].append((kind, path))
    return found


def _attempt(
    root: Path, memory: Memory, revision: Revision, file: File, namespace: str, links: list[tuple[str, str]]
) -> dict[str, object] | str | None:
    """Return what `_write` does, or why this one file cannot be written; raise `EverloreError` where none can."""
    try:
        return _write(root, memory, revision, file, namespace, links)
    except tree.Elsewhere as error:
        return str(error)
    except (NotADirectoryError, IsADirectoryError, FileExistsError):
        return "a file has the name of its directory, or a directory its own"
    except OSError as error:
        raise refused(
            error, f"{file.path} cannot be written in the vault", field="vault", hint="it is tried again"
        ) from error


def _write(
    root: Path, memory: Memory, revision: Revision, file: File, namespace: str, links: list[tuple[str, str]]
) -> dict[str, object] | None:
    """Write one file; return what it is like then, None where a person has changed it since."""
    fields = fields_of(memory, revision, links)
    before, was = None, b""
    about = tree.stat(root, file.path)
    if about is not None:
        found = _read(root, file.path)
        if found is None or (found.strip() and sha256(found).digest() != file.digest):
            return None
        was = found
        if was.strip():
            with suppress(Malformed):
                said = redact(was.decode("utf-8", "replace")).text.encode()
                before = parse(said)
    if before is not None:
        fields["aliases"] = _aliases(before.fields.get("aliases"), file.shown.get("title"), revision.title)
    text = before.text if before is not None and said_the_same(before.text, revision.text) else revision.text
    data = _rendered(fields, text, before)
    size = tree.write(root, file.path, data, was if about else None) if about is None or data != was else about[0]
    if size is None:
        return None
    return {  # it may be edited before the clock of the file system ticks, so it is looked at once more
        "memory": memory.uid, "path": file.path, "size": size, "modified": -1, "digest": sha256(data).digest(),
        "head": revision.number, "shown": shown(fields, namespace),
    }  # fmt: skip


def _rendered(fields: dict[str, Value | None], text: str, before: Page | None) -> bytes:
    try:
        return render(fields, text, before).encode()
    except Malformed:  # what cannot be changed in place is written anew
        return render(fields, text).encode()


def _aliases(kept: object, old: object, new: str | None) -> list[str] | None:
    """Return the names under which a page is found: those that a person gave it, with its title as it is now."""
    given = kept if isinstance(kept, list) else []
    names = [name for name in given if isinstance(name, str) and name not in {old, new}]
    return [*([new] if new else []), *names] or None


def _read(root: Path, path: str) -> bytes | None:
    try:
        return tree.read(root, path)
    except (OSError, Malformed):
        return None


def shown(fields: Fields, namespace: str) -> str:
    """Return what a file shows as it is kept, to be compared with what it says later."""
    named = sorted(links_in(fields))
    return json.dumps({**editable(fields), "namespace": namespace, "links": named}, ensure_ascii=False)


def _values(file: File) -> dict[str, object]:
    return {
        "memory": file.memory, "path": file.path, "size": file.size, "modified": file.modified, "digest": file.digest, "head": file.head,
        "shown": json.dumps(file.shown, ensure_ascii=False),
    }  # fmt: skip


def commit(app: App, batch: Batch, also: Iterable[str] = ()) -> str:
    """Write indexes and logs, and commit the batch with what could not be committed before; return "" or why there is none."""
    with app.read() as unit:
        later: list[str] = json.loads(unit.value("setting_get", name=_LATER) or "[]")
        paths = [*batch.written, *batch.removed, *also, *later]
        if not paths and not batch.touched:
            return ""
        left = {tree.placed(path)[0] for path in [*batch.removed, *also]} - {""}
        batch.touched |= {node.id for path in left if (node := _node(unit, path))}
        entries = {row[0]: row for row in unit.rows("mirror_entries", entries=json.dumps(sorted(batch.entries)))}
        told = _message(batch, entries.values())
        paths = [path for path in paths if _as_noted(app.config.vault_root, unit, path)]
        paths += _contents(app, unit, batch, entries)
    why = Repository(app.config.vault_root).commit(paths, told)
    waits = list(dict.fromkeys(paths))[-_MOST_LATER:] if why not in {"", _NO_GIT} else []
    if waits != later:
        with app.write() as unit:
            unit.run("setting_set", name=_LATER, value=json.dumps(waits, ensure_ascii=False))
    return why


def _as_noted(root: Path, unit: Unit, path: str) -> bool:
    """Tell whether a file is as it was last read or written: what was saved since may hold a secret, and is taken in first."""
    row = unit.one("page_file_at", path=path)
    if row is None or not row[4]:
        return True
    data = _read(root, path)
    return data is None or sha256(data).digest() == row[4]


def _node(unit: Unit, path: str) -> Namespace | None:
    """Return the namespace of a directory; a person may call one as no namespace is called."""
    try:
        return namespaces.find(unit, path)
    except InvalidInput:
        return None


def _message(batch: Batch, entries: Iterable[Row]) -> str:
    """Return a message that says how much, and who did what and why."""
    parts = [
        f"{len(batch.written)} written" if batch.written else "",
        f"{len(batch.removed)} removed" if batch.removed else "",
    ]
    lines = [f"- {operation} by {actor}" + (f": {reason}" if reason else "") for _, actor, operation, reason in entries]
    lines = list(dict.fromkeys(lines))
    if len(lines) == 1:
        head = lines[0].removeprefix("- ").partition("\n")[0][:72]
        return f"{head}\n\n{', '.join(filter(None, parts)) or 'edited by hand'}\n"
    more = [f"- and {len(lines) - _TOLD} more"] if len(lines) > _TOLD else []
    return "\n".join([", ".join(filter(None, parts)) or "edited by hand", "", *lines[:_TOLD], *more]) + "\n"


def _contents(app: App, unit: Unit, batch: Batch, entries: dict[int, Row]) -> list[str]:
    """Write the indexes and logs of the namespaces that a batch has touched; return their paths."""
    root, paths, time = app.config.vault_root, list[str](), to_iso(app.clock()) or ""
    nodes = [namespaces.by_id(unit, node_id) for node_id in batch.touched]
    for node_id in sorted({above for node in nodes for above in node.lineage}):
        node = namespaces.by_id(unit, node_id)
        below = [row[0] for row in unit.rows("namespace_children", parent=node.id)]
        listed = [contents.Listed(*row) for row in unit.rows("pages_in", namespace=node.id, limit=101)]
        counts: dict[str, int] = dict(unit.rows("pages_counted", namespace=node.id))
        path = f"{node.path}/{tree.INDEX}"
        with suppress(OSError):  # a page may have its name
            if not (listed or below):
                tree.remove(root, path)
            elif not tree.leads_out(root, path):
                tree.write(root, path, contents.index(node.path, below, counts, listed).encode())
        paths.append(path)
    if nodes:
        tops = [row[0] for row in unit.rows("namespaces_top")]
        tree.write(root, tree.INDEX, contents.index("Everlore", tops, {}, []).encode())
        paths.append(tree.INDEX)
    lines: dict[str, str] = defaultdict(str)
    for node_id, path, entry in batch.logged:
        if entry in entries:
            _, actor, operation, _ = entries[entry]
            namespace = namespaces.by_id(unit, node_id).path
            lines[contents.log_path(namespace, time)] += contents.log_line(time, operation, actor, path)
    for path, said in lines.items():
        with suppress(OSError, tree.Elsewhere):
            tree.append(root, path, said)
    return [*paths, *lines]


def follow(app: App) -> None:
    """Have the vault written anew for a store that has taken the place of another; the files of that are put beside it.

    They would count as edits otherwise, and bring back what the other store had.
    """
    root = app.config.vault_root
    if not root.is_dir() or not is_on(app.config):
        return
    with alone(app):
        aside = root.with_name(f"{root.name}.{app.clock()}.before-restore")
        root.rename(aside)
        root.mkdir(mode=0o700)
        for kept in [*aside.glob(".*"), *aside.rglob("log-*.md")]:  # what tells of the past, and what editors keep
            place = root / kept.relative_to(aside)
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            kept.rename(place)
        with app.write() as unit:
            for statement in ("page_files_clear", "page_problems_clear", "mirror_all"):
                unit.run(statement)
            unit.run("setting_set", name=_LATER, value=json.dumps(list(tree.scan(aside)), ensure_ascii=False))
            jobs.put(unit, "mirror")


def forget_purged(app: App, memories: Sequence[str], *, history: bool) -> list[str]:
    """Remove every trace of purged memories from the vault's files, on request from git's history too.

    Return what could not be removed, in words. Indexes and logs of their namespaces go with them, since they name pages.
    """
    root = app.config.vault_root
    if not root.is_dir():
        return []
    with alone(app):
        repository = Repository(root)
        paths, homes, spaces = _traces(app, memories, repository)
        logs = [log.relative_to(root).as_posix() for home in homes for log in (root / home).glob("log-*.md")]
        for path in [*paths, *logs]:
            tree.remove(root, path)
        with app.write() as unit:
            unit.run("mirror_linking_to", memories=json.dumps(list(memories)))
            for uid in memories:
                unit.run("page_file_drop", memory=uid)
                if row := unit.one("memory_by_uid", uid=uid):
                    unit.run("mirror_done", memory=row[0], entry=1 << 62)
            unit.run("page_problems_clear")  # which may quote them; what is wrong still is found again
            unit.run("setting_set", name=_LATER, value="[]")
        left = [] if (why := commit(app, Batch(removed=[*paths, *logs], touched=spaces))) in {"", _NO_GIT} else [why]
        if is_on(app.config):
            write_waiting(app)  # pages that linked to them
        if history:
            told = [path for path in repository.paths() if path.rpartition("/")[0] in homes and not tree.is_page(path)]
            left += repository.forget([*paths, *logs, *told])
            commit(app, Batch(touched=spaces), paths)
    return left


def _traces(app: App, memories: Sequence[str], repository: Repository) -> tuple[list[str], set[str], set[int]]:
    """Return the paths of some memories' files, now and ever, and the directories and nodes whose indexes and logs name them."""
    with app.read() as unit:
        now = [row[1] for uid in memories if (row := unit.one("page_file_of", memory=uid))]
        spaces = {row[2] for uid in memories if (row := unit.one("memory_by_uid", uid=uid))}
        homes = {namespaces.by_id(unit, space).path for space in spaces}
        others = {row[1] for row in unit.rows("page_files") if row[0] not in set(memories)}
    # files that were moved and not looked at since, and what git knows from before
    here = [path for path in tree.scan(app.config.vault_root) if _id_in(app.config.vault_root, path) in set(memories)]
    ever = [path for uid in memories for path in repository.ever(emit("id", uid).strip())]
    paths = [path for path in dict.fromkeys([*now, *here, *ever]) if tree.is_page(path) and path not in others]
    homes |= {above for path in paths for above in (tree.placed(path)[0],) if above}
    return paths, homes, spaces


def _id_in(root: Path, path: str) -> object:
    """Return the id that a file says is its own."""
    with suppress(Malformed, OSError):
        return parse(tree.read(root, path)).fields.get("id")
    return None
