"""Putting another file in the place of the store, so that a crash at any point leaves one that opens.

Whoever uses a store holds its use lock together with the others; whoever replaces the file holds it alone, so that no
write goes to a file that is about to go. The new file and what it says of its key change in two steps that no file
system makes one: the description of the new key is laid beside the present one, then the file is replaced, then the
description. `open_store` therefore tries the description that lies beside when the present one does not open the file.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from everlore.core.errors import EverloreError, StoreBusy, StoreCorrupt, WrongKey
from everlore.store import keys, lock
from everlore.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from everlore.app.app import App
    from everlore.core.config import Config

_DRAFTS = (".rekey.*", ".restore.*", ".encryption.*")


def open_store(config: Config, ask: Callable[[], str] | None = None) -> SqliteStore:
    """Open the store with the key it has, also after a change of the key was interrupted."""
    try:
        return _open(config, keys.unlock(config, ask))
    except (WrongKey, StoreCorrupt):
        changed = keys.next_marker(config)
        if changed is None:
            raise
        try:
            store = _open(config, keys.parse(changed).key(ask) if changed else None)
        except EverloreError:
            store = None
        if store is None:
            raise
        keys.settle(config, changed)
        return store


@contextmanager
def alone(app: App) -> Iterator[None]:
    """Close the store and keep everybody else away from it; raise `StoreBusy` when somebody uses it."""
    if running := lock.holder(app.config.home):
        raise StoreBusy(f"a daemon uses the store ({running})", hint="stop it with `lore down`")
    app.close()
    app.config.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with lock.use(app.config.home, alone=True, wait_ms=app.config.busy_timeout_ms):
        for pattern in _DRAFTS:
            for left_over in app.config.home.glob(pattern):
                left_over.unlink(missing_ok=True)
        yield


def put_in_place(config: Config, draft: Path, marker: str | None) -> None:
    """Make `draft` the store and `marker` the description of its key; must be called alone."""
    forget_log(draft)
    forget_log(config.database)
    shutil.rmtree(config.vectors, ignore_errors=True)  # made from the old store, and in plain
    keys.announce(config, marker)
    draft.replace(config.database)
    _to_disk(config.home)
    keys.settle(config, marker)


def forget_log(database: Path) -> None:
    """Remove the write-ahead log of a closed database, which closing has folded in."""
    log = database.with_name(database.name + "-wal")
    if log.exists() and log.stat().st_size:
        raise StoreBusy(f"another program has {database} open", hint="stop it and try again")
    for suffix in ("-wal", "-shm"):
        database.with_name(database.name + suffix).unlink(missing_ok=True)


def discard(draft: Path) -> None:
    """Remove a draft and everything that belongs to it, as far as that can be done."""
    for suffix in ("", "-wal", "-shm", "-journal"):
        with suppress(OSError):
            draft.with_name(draft.name + suffix).unlink(missing_ok=True)


def _open(config: Config, key: bytes | None) -> SqliteStore:
    return SqliteStore(config.database, key=key, durability=config.durability, busy_timeout_ms=config.busy_timeout_ms)


def _to_disk(directory: Path) -> None:
    if os.name == "nt":  # a directory cannot be opened there, and a rename is on the disk when it returns
        return
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
