"""Handlers that look after the store itself: status, verify, rebuild, backup, restore, and the encryption switch."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from everlore import __version__
from everlore.app import answers, mirroring, requests
from everlore.app.authority import must_govern, sight
from everlore.app.caller import Caller
from everlore.app.parse import given_path
from everlore.app.replacement import alone, discard, open_store, put_in_place
from everlore.core.errors import Conflict, Denied, EverloreError, InvalidInput, NotFound, StoreUnavailable, refused
from everlore.core.types import Revision
from everlore.memory.life import digest
from everlore.store import index, jobs, keys
from everlore.store.verify import verify_store

if TYPE_CHECKING:
    from everlore.app.app import App
    from everlore.core.config import Config
    from everlore.store.contract import Unit
    from everlore.store.sqlite import SqliteStore

_UNTOUCHED = "the present store was left as it is"


def status(app: App, caller: Caller, request: requests.Status) -> answers.StoreStatus:
    """Count what is in the store."""
    config, embedder = app.config, app.embedder
    with app.read() as unit:
        embedded = unit.value("vector_count", model=embedder.identity) if embedder else 0
        passages = unit.value("passage_count")
        return answers.StoreStatus(
            home=str(config.home), version=__version__, schema=unit.value("schema_version"), encrypted=keys.source(config) is not None,
            memories=dict(unit.rows("count_memories")), turns=unit.value("count_turns"), sessions=unit.value("count_sessions"),
            namespaces=unit.value("count_namespaces"), passages=passages, links=unit.value("count_links"),
            journal=unit.value("count_journal"), jobs=jobs.counts(unit), bytes=_size(config), text_bytes=unit.value("text_bytes"),
            model=answers.ModelStatus(
                name=embedder.name if embedder else None, embedded=embedded, waiting=passages - embedded if embedder else 0
            ),
            daemon=_daemon(config), llm=_language_model(app, unit),
        )  # fmt: skip


def _language_model(app: App, unit: Unit) -> answers.LanguageModelStatus | None:
    if not app.config.llm_provider:
        return None
    from everlore.app.spending import look

    return look(app, unit)


def verify(app: App, caller: Caller, request: requests.Verify) -> answers.Verified:
    """Compare everything that is derived with its truth."""
    caller.progress("checking the file", 0, 0)
    damage = app.store.check()
    problems = [
        answers.Problem(what="file", detail=d, hint="restore a backup with `lore restore-backup FILE`") for d in damage
    ]
    with app.read() as unit:
        checked, found = verify_store(unit, caller.progress)
        found += _changed_texts(unit)
    changed = "it was changed outside of Everlore; compare with a backup"
    hints = {"journal": changed, "revision": changed, "reference": changed}
    problems += [
        answers.Problem(what=what, detail=detail, hint=hints.get(what, "`lore rebuild` makes derived data again"))
        for what, detail in found
    ]
    return answers.Verified(ok=not problems, checked=checked, problems=problems)


def _changed_texts(unit: Unit) -> list[tuple[str, str]]:
    """Return the revisions whose text is not the one they were kept with."""
    return [
        ("revision", f"the text of revision {revision.number} of {row[1]} is not the one that was kept")
        for row in unit.stream("memories_all")
        for revision in (Revision(*r) for r in unit.rows("revisions_of", memory=row[0]))
        if row[4] != "purged" and digest(revision.title, revision.text) != revision.digest
    ][:20]


def rebuild(app: App, caller: Caller, request: requests.Rebuild) -> answers.Rebuilt:
    """Make passages, full-text rows and term frequencies again; vectors stay where their passage did."""
    started = time.perf_counter()
    restored = _from_vault(app, caller) if request.from_vault else 0
    with app.write() as unit:
        passages, terms = index.rebuild(unit, lambda done, total: caller.progress("rebuilding", done, total))
        jobs.put(unit, "embed")
    app.store.optimize()
    with app.read() as unit:
        waiting = passages - unit.value("vector_count", model=app.embedder.identity) if app.embedder else 0
    return answers.Rebuilt(
        passages=passages, terms=terms, vectors_waiting=waiting, restored=restored, seconds=round(time.perf_counter() - started, 3)
    )  # fmt: skip


def _from_vault(app: App, caller: Caller) -> int:
    """Bring back what the vault's files hold; return how many memories that are."""
    from everlore.app.vault import sync

    if not app.config.vault_root.is_dir():
        raise NotFound(
            f"there is no vault at {app.config.vault_root}",
            field="from_vault",
            hint="set vault_directory to where it is",
        )
    caller.progress("reading the vault", 0, 0)
    done = sync(app, caller, requests.VaultSync())
    if done.problems:
        caller.progress(f"{len(done.problems)} files could not be read: `lore vault` names them", 0, 0)
    return done.taken_in


def backup(app: App, caller: Caller, request: requests.Backup) -> answers.BackedUp:
    """Copy the running store to a new file; an encrypted store gives an encrypted file with its marker beside it."""
    target = given_path(request.path)
    if target.exists():
        raise Conflict(f"{target} exists already", field="path", hint="name another file")
    with app.read() as unit:
        if sight(unit, caller).place:
            hint = "`lore export` writes what you may see"
            raise Denied("a copy holds the whole store, and who has a place in the tree sees a part of it", hint=hint)
    draft = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        app.store.backup(draft)
        digest = _hash(draft, caller.progress)
        draft.replace(target)
        marker = keys.marker(app.config)
        if marker.exists():
            shutil.copy2(marker, target.with_name(target.name + ".encryption.json"))
    except StoreUnavailable as error:
        if str(draft) in error.message:
            error.field, error.hint = "path", "no backup was made"
        raise
    except OSError as error:
        raise refused(error, f"{target} cannot be written", field="path", hint="no backup was made") from error
    finally:
        discard(draft)
    return answers.BackedUp(path=str(target), bytes=target.stat().st_size, sha256=digest)


def restore_backup(app: App, caller: Caller, request: requests.RestoreBackup) -> answers.StoreStatus:
    """Put a backup in the place of the store, after opening it to see that it is whole; the present store is kept."""
    from everlore.store.sqlite import SqliteStore

    source, config = given_path(request.path), app.config
    must_govern(app, caller, "put a backup in the place of the store")
    if not source.is_file():
        raise InvalidInput(f"{source} is not a file", field="path")
    if config.database.exists() and source.samefile(config.database):
        raise InvalidInput(f"{source} is the store itself", field="path", hint="name a file that `lore backup` wrote")
    _fold_log(app)
    draft = config.database.with_name(f".restore.{os.getpid()}.db")
    try:
        with alone(app):
            marker = _copy_backup(source, draft)
            with SqliteStore(draft, key=keys.parse(marker).key() if marker else None) as store:
                problems = store.check()
            if problems:
                raise InvalidInput(f"{source} is damaged: {problems[0]}", field="path", hint=_UNTOUCHED)
            if config.database.exists():
                _set_aside(config)
            put_in_place(config, draft, marker)
    except OSError as error:
        raise refused(error, "the backup cannot be put in place", field="path", hint=_UNTOUCHED) from error
    finally:
        discard(draft)
    mirroring.follow(app)
    return status(app, caller, requests.Status())


def encrypt(app: App, where: keys.Source, ask: Callable[[], str] | None = None) -> None:
    """Encrypt the store; the plain file is replaced, and bytes it held on the disk before are the disk's to forget."""
    with _present(app, ask) as store:
        if keys.source(app.config) is not None:
            raise Conflict("the store is encrypted already", hint="`lore rekey` changes its key")
        _swap(app, store, where.key(ask), keys.spell(where))


def decrypt(app: App, ask: Callable[[], str] | None = None) -> None:
    """Write the store in plain again."""
    with _present(app, ask) as store:
        if keys.source(app.config) is None:
            raise Conflict("the store is not encrypted")
        _swap(app, store, None, None)


def rekey(
    app: App, new: keys.Source, ask: Callable[[], str] | None = None, ask_new: Callable[[], str] | None = None
) -> None:
    """Encrypt the store under another key."""
    with _present(app, ask) as store:
        if keys.source(app.config) is None:
            raise Conflict("the store is not encrypted", hint="`lore encrypt` encrypts it")
        _swap(app, store, new.key(ask_new), keys.spell(new))


@contextmanager
def _present(app: App, ask: Callable[[], str] | None) -> Iterator[SqliteStore]:
    """Open the store with nobody else near it."""
    with alone(app):
        store = open_store(app.config, ask)
        try:
            yield store
        finally:
            store.close()


def _swap(app: App, store: SqliteStore, new: bytes | None, marker: str | None) -> None:
    """Write a copy under the new key, see that it opens, and only then put it in the place of the store."""
    from everlore.store.sqlite import SqliteStore

    config = app.config
    draft = config.database.with_name(f".rekey.{os.getpid()}.db")
    try:
        store.copy_rekeyed(draft, new)
        store.close()
        with SqliteStore(draft, key=new) as copy:
            problems = copy.check()
        if problems:
            raise StoreUnavailable(f"the copy is damaged: {problems[0]}", hint=_UNTOUCHED)
        put_in_place(config, draft, marker)
    except OSError as error:
        raise refused(error, "the store cannot be written again", hint=_UNTOUCHED) from error
    finally:
        discard(draft)


def _daemon(config: Config) -> str | None:
    from everlore.store.lock import holder

    return holder(config.home)


def _fold_log(app: App) -> None:
    """Open the present store, if it opens, so that closing it folds its write-ahead log into the file."""
    if app.config.database.exists():
        with suppress(EverloreError), app.read():
            pass


def _copy_backup(source: Path, draft: Path) -> str | None:
    """Copy a backup, with its write-ahead log if it was left one, and return the description of its key."""
    shutil.copyfile(source, draft)
    draft.chmod(0o600)
    log = source.with_name(source.name + "-wal")
    if log.exists():
        shutil.copyfile(log, draft.with_name(draft.name + "-wal"))
    beside = source.with_name(source.name + ".encryption.json")
    return beside.read_bytes().decode("utf-8", "replace") if beside.exists() else None


def _set_aside(config: Config) -> None:
    """Give the present store a second name, under which it stays when another file takes its place."""
    stamp = time.strftime("%Y%m%dT%H%M%S")
    aside = config.database.with_name(f"everlore.{stamp}.before-restore.db")
    number = 0
    while aside.exists():
        number += 1
        aside = config.database.with_name(f"everlore.{stamp}-{number}.before-restore.db")
    if keys.marker(config).exists():
        shutil.copy2(keys.marker(config), aside.with_name(aside.name + ".encryption.json"))
    try:
        aside.hardlink_to(config.database)
    except OSError:  # a file system without links
        shutil.copy2(config.database, aside)
    log = config.database.with_name(config.database.name + "-wal")
    if log.exists() and log.stat().st_size:  # the store does not open, so nothing could fold its log in
        log.replace(aside.with_name(aside.name + "-wal"))


def _hash(path: Path, progress: Callable[[str, int, int], None]) -> str:
    digest, done, size = hashlib.sha256(), 0, path.stat().st_size
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
            done += len(block)
            progress("checking the copy", done, size)
    return digest.hexdigest()


def _size(config: Config) -> int:
    names = (config.database.name + suffix for suffix in ("", "-wal"))
    return sum(path.stat().st_size for name in names if (path := config.home / name).exists())
