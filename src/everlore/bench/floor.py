"""The floor: the same rows in plain SQLite with plain FTS5, asked the least that an operation could get by with.

One table with an index on its id and one on its namespace, and a full-text index of the texts; the same durability, cache
and memory map as the store's. It keeps no revisions, no journal, no neighbours and no scope inside the index, so the
ratio to it is what all of these cost together.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import apsw

from everlore.bench.arms import match_any

_SCHEMA = """
CREATE TABLE item (id INTEGER PRIMARY KEY, uid TEXT NOT NULL UNIQUE, namespace TEXT NOT NULL, text TEXT NOT NULL);
CREATE INDEX item_namespace ON item (namespace, id);
CREATE VIRTUAL TABLE words USING fts5 (text, content = '', tokenize = 'porter unicode61 remove_diacritics 2');
"""
_BATCH = 5_000


class Floor:
    """One plain database; `uid` is whatever the caller knows a row by."""

    def __init__(self, path: Path) -> None:
        self.path = path
        fresh = not path.exists()
        self._connection = connection = apsw.Connection(str(path))
        connection.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY")
        connection.execute("PRAGMA cache_size = -16000; PRAGMA mmap_size = 1073741824")
        if fresh:
            connection.execute(_SCHEMA)
        self._next = int(str(connection.execute("SELECT coalesce(max(id), 0) + 1 FROM item").fetchall()[0][0]))

    def fill(self, rows: Sequence[tuple[str, str, str]]) -> None:
        """Insert (uid, namespace, text) rows, thousands in a transaction."""
        for at in range(0, len(rows), _BATCH):
            self._insert(rows[at : at + _BATCH])

    def insert(self, uid: str, namespace: str, text: str) -> None:
        """Insert one row and commit."""
        self._insert([(uid, namespace, text)])

    def _insert(self, rows: Sequence[tuple[str, str, str]]) -> None:
        first = self._next
        self._next += len(rows)
        with self._connection:
            self._connection.executemany(
                "INSERT INTO item (id, uid, namespace, text) VALUES (?, ?, ?, ?)",
                [(first + n, *row) for n, row in enumerate(rows)],
            )
            self._connection.executemany(
                "INSERT INTO words (rowid, text) VALUES (?, ?)", [(first + n, row[2]) for n, row in enumerate(rows)]
            )

    def get(self, uid: str) -> list[tuple[object, ...]]:
        """Select one row by its id."""
        return self._connection.execute("SELECT id, namespace, text FROM item WHERE uid = ?", (uid,)).fetchall()

    def newest(self, namespace: str, limit: int) -> list[tuple[object, ...]]:
        """Select the newest rows of a namespace."""
        sql = "SELECT id, uid, text FROM item WHERE namespace = ? ORDER BY id DESC LIMIT ?"
        return self._connection.execute(sql, (namespace, limit)).fetchall()

    def search(self, question: str, limit: int = 10, namespace: str | None = None) -> list[tuple[object, ...]]:
        """Search for any content word of a question and read the texts; a namespace is filtered by a join."""
        match = match_any(question)
        scope = "" if namespace is None else "AND i.namespace = :namespace"
        sql = f"""
            SELECT i.uid, i.text FROM words w JOIN item i ON i.id = w.rowid
            WHERE words MATCH :match {scope} ORDER BY bm25(words) LIMIT :limit
        """  # noqa: S608 - one of two fixed texts
        given = {"match": match, "limit": limit} | ({} if namespace is None else {"namespace": namespace})
        return self._connection.execute(sql, given).fetchall() if match else []

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
