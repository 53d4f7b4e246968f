"""The store on SQLite through `apsw` (built with FTS5 and the sqlite3mc ciphers).

WAL mode, so that readers never wait for the writer and several processes may share one file. Each thread has its own
connection. Writes begin with BEGIN IMMEDIATE: a writer waits for its turn up to the busy time-out and then never meets
a lock half-way. A commit that was answered survives the death of any process; with durability `full` it survives the
loss of power too.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import apsw

from everlore.core.errors import (
    FULL,
    EverloreError,
    InvalidInput,
    NewerSchema,
    StoreBusy,
    StoreCorrupt,
    StoreFull,
    StoreUnavailable,
    WrongKey,
    refused,
)
from everlore.store import index, statements
from everlore.store.contract import Parameters, Row

DIALECT = "sqlite"
APPLICATION_ID = 0x4C4F5245
_ELSEWHERE = "check the directory's permissions, or name another with EVERLORE_HOME"
_DAMAGED = "restore a copy with `lore restore-backup FILE`; keep the damaged file aside"
_FREE = "free some disk space and try again; what was stored is intact"
_PAUSE = 0.01
_REINDEXED = 3
"""The schema with which what the index says of a row's place and visibility was changed last."""
_HEADER = b"SQLite format 3\x00"


class SqliteUnit:
    """One transaction on one connection."""

    __slots__ = ("_connection", "_statements", "_tokenize")

    def __init__(self, connection: apsw.Connection, tokenize: Any) -> None:  # noqa: ANN401 - apsw.FTS5Tokenizer
        self._connection = connection
        self._statements = statements.load(DIALECT)
        self._tokenize = tokenize

    def rows(self, statement: str, **parameters: Any) -> list[Row]:  # noqa: ANN401
        """Run a named statement and return all its rows."""
        return self._connection.execute(self._statements[statement], parameters).fetchall()

    def stream(self, statement: str, **parameters: Any) -> Iterator[Row]:  # noqa: ANN401
        """Run a named statement and yield its rows as they come."""
        yield from self._connection.cursor().execute(self._statements[statement], parameters)

    def one(self, statement: str, **parameters: Any) -> Row | None:  # noqa: ANN401
        """Run a named statement and return its first row, or None."""
        return self._connection.execute(self._statements[statement], parameters).fetchone()

    def value(self, statement: str, **parameters: Any) -> Any:  # noqa: ANN401
        """Run a named statement and return the first column of its first row, or None."""
        row = self.one(statement, **parameters)
        return None if row is None else row[0]

    def run(self, statement: str, **parameters: Any) -> int:  # noqa: ANN401
        """Run a named statement for its effect and return the row id it inserted last."""
        self._connection.execute(self._statements[statement], parameters)
        return self._connection.last_insert_rowid()

    def many(self, statement: str, rows: Iterable[Parameters]) -> None:
        """Run a named statement once for each set of parameters."""
        self._connection.executemany(self._statements[statement], rows)

    def changed(self) -> int:
        """Return how many rows the last statement changed."""
        return self._connection.changes()

    def stems(self, text: str) -> list[str]:
        """Return the terms of `text` in order, as the full-text index sees them."""
        found = self._tokenize(
            text.encode("utf-8", "replace"),
            apsw.FTS5_TOKENIZE_DOCUMENT,
            None,
            include_offsets=False,
            include_colocated=False,
        )
        return list(found)


class SqliteStore:
    """One database file; safe to use from several threads."""

    def __init__(
        self, path: Path, *, key: bytes | None = None, durability: str = "normal", busy_timeout_ms: int = 5000
    ) -> None:
        """Open the file, creating it and its directory if there is none.

        `key` is the raw 32-byte key of an encrypted store. Raises `StoreUnavailable` or a leaf of it.
        """
        self.path = path
        self._key = key
        self._durability = durability
        self._busy_timeout_ms = busy_timeout_ms
        self._local = threading.local()
        self._all: list[apsw.Connection] = []
        self._lock = threading.Lock()
        self._closed = False
        _make_private_directory(path.parent)
        with mapped_errors(path, self._errno, locked=bool(self._key)):
            self._prepare(self._connection())
        self._file = _identity(path)

    def __enter__(self) -> SqliteStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def read(self) -> Iterator[SqliteUnit]:
        """Open a snapshot: everything read inside belongs to one moment."""
        with mapped_errors(self.path, self._errno, locked=bool(self._key)):
            connection = self._connection()
            connection.execute("BEGIN DEFERRED")
            try:
                yield SqliteUnit(connection, self._local.tokenize)
            finally:
                _end(connection, "ROLLBACK")

    @contextmanager
    def write(self) -> Iterator[SqliteUnit]:
        """Open an atomic write; leaving it normally commits, an exception rolls back."""
        with mapped_errors(self.path, self._errno, locked=bool(self._key)):
            connection = self._connection()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield SqliteUnit(connection, self._local.tokenize)
                self._still_there()
                connection.execute("COMMIT")
            except BaseException:
                _end(connection, "ROLLBACK")
                raise

    def backup(self, target: Path) -> None:
        """Copy the running store to a new file; an encrypted store gives an encrypted copy under the same key."""
        with mapped_errors(target, self._errno, locked=bool(self._key)), self.read() as unit:
            unit.value("schema_version")  # begins the snapshot, so that writers do not make the copy start again
            copy = self._open(target, create=True)
            try:
                with copy.backup("main", self._connection(), "main") as running:
                    while not running.done:
                        running.step(4096)
                copy.execute("PRAGMA journal_mode = DELETE")
            finally:
                copy.close()

    def copy_rekeyed(self, target: Path, key: bytes | None) -> None:
        """Write a copy of the whole store under another key, or in plain for None; nobody else may be writing."""
        with mapped_errors(target, self._errno, locked=bool(self._key)):
            self.backup(target)
            copy = self._open(target, create=False)
            try:
                copy.execute("PRAGMA journal_mode = DELETE")
                copy.execute("PRAGMA cipher = 'sqlcipher'")
                copy.execute("PRAGMA rekey = ''" if key is None else f"PRAGMA rekey = \"x'{key.hex()}'\"")
            finally:
                copy.close()

    def check(self, how: Literal["integrity", "quick"] = "integrity") -> list[str]:
        """Return what SQLite finds wrong with its own file; an empty list means nothing. `quick` leaves indexes out."""
        with mapped_errors(self.path, self._errno, locked=bool(self._key)):
            return [row[0] for row in self._connection().execute(f"PRAGMA {how}_check(20)") if row[0] != "ok"]

    def optimize(self) -> None:
        """Merge the full-text segments and let the write-ahead log be folded into the file."""
        with mapped_errors(self.path, self._errno, locked=bool(self._key)):
            connection = self._connection()
            connection.execute("INSERT INTO words(words, rank) VALUES ('merge', 500)")
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def scrub(self) -> list[str]:
        """Write the file anew without what was removed from it; return what could not be done, in words.

        Deleted rows leave their bytes in free pages, in the full-text segments and in the write-ahead log; afterwards
        none of them holds any. Others that read at the moment keep the log from being emptied.
        """
        left = []
        with mapped_errors(self.path, self._errno, locked=bool(self._key)):
            connection = self._connection()
            connection.execute("INSERT INTO words(words) VALUES ('optimize')")
            try:
                connection.execute("VACUUM")
            except (apsw.FullError, apsw.IOError, apsw.BusyError) as error:
                left.append(f"the file could not be written anew: {error}")
            busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if busy is not None and busy[0]:
                left.append("somebody is reading, so that the write-ahead log still holds old pages")
        return left

    def trace(self, callback: Any) -> None:  # noqa: ANN401 - apsw's event dictionary
        """Call `callback` with SQLite's own counters after each statement of this thread; None stops it."""
        self._connection().trace_v2(apsw.SQLITE_TRACE_PROFILE if callback else 0, callback)

    def close(self) -> None:
        """Close every connection."""
        with self._lock:
            self._closed = True
            for connection in self._all:
                connection.close()
            self._all.clear()

    def _connection(self) -> apsw.Connection:
        if self._closed:
            raise StoreUnavailable("the store is closed")
        connection: apsw.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._open(self.path, create=True)
            self._local.connection = connection
            self._local.tokenize = connection.fts5_tokenizer("porter", ["unicode61", "remove_diacritics", "2"])
            with self._lock:
                self._all.append(connection)
        return connection

    def _open(self, path: Path, *, create: bool) -> apsw.Connection:
        flags = apsw.SQLITE_OPEN_READWRITE | (apsw.SQLITE_OPEN_CREATE if create else 0)
        if create:
            _make_private_file(path)
        connection = apsw.Connection(str(path), flags=flags)
        self._local.errno = 0
        try:
            if self._key:
                connection.execute("PRAGMA cipher = 'sqlcipher'")
                connection.execute(f"PRAGMA key = \"x'{self._key.hex()}'\"")
            connection.set_busy_timeout(self._busy_timeout_ms)
            _recognize(connection, path)
            self._log_ahead(connection)
            connection.execute(f"PRAGMA synchronous = {'FULL' if self._durability == 'full' else 'NORMAL'}")
            connection.execute("PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY")
            # A plain file is read through the system's cache, which all connections share; an encrypted one through ours.
            connection.execute(
                "PRAGMA cache_size = -16000"
                if self._key
                else "PRAGMA cache_size = -2000; PRAGMA mmap_size = 1073741824"
            )
        except BaseException:
            self._local.errno = connection.system_errno
            connection.close()
            raise
        return connection

    def _still_there(self) -> None:
        """Raise `StoreUnavailable` when the file has been removed or replaced: what went into it would be lost."""
        if _identity(self.path) != self._file:
            hint = "nothing was written; stop this process (`lore serve`, an agent's session) and start it again"
            raise StoreUnavailable(f"{self.path} has been removed or replaced since it was opened", hint=hint)

    def _log_ahead(self, connection: apsw.Connection) -> None:
        """Switch to a write-ahead log; SQLite does not wait when another process is doing just that to a new file."""
        until = time.monotonic() + self._busy_timeout_ms / 1000
        while True:
            try:
                connection.execute("PRAGMA journal_mode = WAL")
            except apsw.BusyError:
                if time.monotonic() >= until:
                    raise
                time.sleep(_PAUSE)
            else:
                return

    def _errno(self) -> int:
        """Return what the operating system said last to this thread."""
        connection: apsw.Connection | None = getattr(self._local, "connection", None)
        return (connection.system_errno if connection else 0) or getattr(self._local, "errno", 0)

    def _prepare(self, connection: apsw.Connection) -> None:
        known = statements.migrations(DIALECT)
        newest = known[-1][0]
        if connection.pragma("user_version") == newest:
            return
        connection.execute("BEGIN IMMEDIATE")
        try:
            version = connection.pragma("user_version")
            for number, sql in known:
                if number > version:
                    connection.execute(sql)
            connection.execute(statements.derived(DIALECT))
            if 0 < version < _REINDEXED:
                _reindex(SqliteUnit(connection, self._local.tokenize))
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {newest}")
            connection.execute("COMMIT")
        except BaseException:
            _end(connection, "ROLLBACK")
            raise


def _reindex(unit: SqliteUnit) -> None:
    """Write anew what an older version derived in another way: keys of paths in any script, and the index."""
    for node, _, path, *_ in unit.rows("namespaces"):
        unit.run("namespace_set_key", id=node, key=path.lower())
    index.rebuild(unit, lambda done, total: None)


def _recognize(connection: apsw.Connection, path: Path) -> None:
    """Leave alone what is not ours or newer than we are; raise before anything is written to it."""
    connection.execute("BEGIN")  # all of one moment: another process may be making the tables right now
    try:
        ours = connection.pragma("application_id") == APPLICATION_ID
        version, newest = connection.pragma("user_version"), statements.migrations(DIALECT)[-1][0]
        tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except apsw.SQLError as error:  # of statements that are never wrong
        raise StoreCorrupt(f"{path} is damaged: {error}", hint=_DAMAGED) from error
    finally:
        _end(connection, "ROLLBACK")
    if not ours and (version or tables != (0,)):
        raise StoreUnavailable(f"{path} is a database of another program", hint="name another home with EVERLORE_HOME")
    if version > newest:
        raise NewerSchema(
            f"{path} has schema {version}; this version of Everlore knows {newest}",
            hint="upgrade Everlore: pipx upgrade everlore",
        )


@contextmanager
def mapped_errors(path: Path, said: Callable[[], int], *, locked: bool) -> Iterator[None]:
    """Turn what SQLite raises into errors a person can act on.

    `said` returns the last error number of the operating system; `locked` is whether a key was given.
    """
    try:
        yield
    except (apsw.BusyError, apsw.LockedError) as error:
        raise StoreBusy(
            f"another process is writing to {path} and did not finish in time", hint="try again in a moment"
        ) from error
    except apsw.FullError as error:
        raise StoreFull(f"no space left for {path}", hint=_FREE) from error
    except apsw.NotADBError as error:
        raise _unreadable(path, locked=locked) from error
    except apsw.CorruptError as error:
        raise StoreCorrupt(
            f"{path} is damaged: {error}",
            hint=_DAMAGED,
        ) from error
    except (apsw.ReadOnlyError, apsw.CantOpenError, apsw.PermissionsError, apsw.AuthError) as error:
        raise StoreUnavailable(
            f"{path} cannot be written: {os.strerror(said()) if said() else error}",
            hint=_ELSEWHERE,
        ) from error
    except apsw.IOError as error:
        raise _failed_io(path, error, said()) from error
    except UnicodeDecodeError as error:
        raise StoreCorrupt(f"{path} is damaged: it holds a text that is none: {error.reason}", hint=_DAMAGED) from error
    except apsw.TooBigError as error:
        raise InvalidInput(f"a text is too large for the database: {error}", field="text") from error
    except apsw.Error as error:
        raise StoreUnavailable(f"the database refused: {error}", hint="run `lore verify`") from error


def _failed_io(path: Path, error: Exception, number: int) -> EverloreError:
    try:
        free = os.statvfs(path.parent)
        full = free.f_bavail * free.f_frsize < 1 << 20
    except (OSError, AttributeError):
        full = False
    if full or number in FULL:
        said = f": {os.strerror(number)}" if number in FULL else ""
        return StoreFull(f"no space left for {path}{said}", hint=_FREE)
    return StoreUnavailable(f"{path} cannot be read or written: {error}", hint="check the disk")


def _unreadable(path: Path, *, locked: bool) -> EverloreError:
    try:
        with path.open("rb") as file:
            plain = file.read(16) == _HEADER
    except OSError:
        plain = False
    if plain:
        return WrongKey(
            f"{path} is not encrypted, but a key was given",
            hint="remove the key, or encrypt the store with `lore encrypt`",
        )
    if not locked:
        return StoreCorrupt(
            f"{path} is not a store any more: it is damaged, or encrypted without its encryption.json",
            hint="restore a copy with `lore restore-backup FILE`, or put encryption.json back beside it",
        )
    return WrongKey(
        f"{path} does not open: the key is wrong, or the file is damaged",
        hint="check the key file or passphrase; `lore restore-backup FILE` puts a copy in its place",
    )


def _identity(path: Path) -> tuple[int, int] | None:
    """Return what tells one file from another of the same name; None when there is none."""
    try:
        found = os.stat(path)  # noqa: PTH116 - in every write
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _make_private_file(path: Path) -> None:
    if path.exists():
        return
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise refused(error, f"{path} cannot be made", hint=_ELSEWHERE) from error


def _make_private_directory(directory: Path) -> None:
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise refused(error, f"{directory} cannot be created", hint=_ELSEWHERE) from error


def _end(connection: apsw.Connection, how: str) -> None:
    if connection.in_transaction:
        connection.execute(how)
