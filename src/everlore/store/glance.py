"""A look into a database file for who has no time to open a store: read only, one named statement, nothing where it cannot be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import apsw

from everlore.store import statements

_PATIENCE_MS = 50


def glance(database: Path, statement: str, **parameters: Any) -> list[tuple[Any, ...]]:  # noqa: ANN401 - what SQL takes
    """Return the rows of a statement; none where there is no database, it is encrypted, locked, or of another version."""
    if not database.is_file():
        return []
    try:
        connection = apsw.Connection(str(database), flags=apsw.SQLITE_OPEN_READONLY)
        try:
            connection.set_busy_timeout(_PATIENCE_MS)
            return connection.execute(statements.load_one("sqlite", "glance")[statement], parameters).fetchall()
        finally:
            connection.close()
    except apsw.Error:
        return []
