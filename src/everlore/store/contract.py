"""What every database behind the store can do.

A `Unit` is one transaction: statements are called by name, parameters go in by name, rows come out as tuples in the
column order of the statement. A read unit sees one snapshot; a write unit is atomic and has the whole store to itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

Row = tuple[Any, ...]
Parameters = Mapping[str, Any]


class Unit(Protocol):
    """One transaction."""

    def rows(self, statement: str, **parameters: Any) -> list[Row]:  # noqa: ANN401 - column values
        """Run a named statement and return all its rows."""
        ...

    def stream(self, statement: str, **parameters: Any) -> Iterator[Row]:  # noqa: ANN401 - column values
        """Run a named statement and yield its rows as they come, for results larger than memory."""
        ...

    def one(self, statement: str, **parameters: Any) -> Row | None:  # noqa: ANN401 - column values
        """Run a named statement and return its first row, or None."""
        ...

    def value(self, statement: str, **parameters: Any) -> Any:  # noqa: ANN401 - column values
        """Run a named statement and return the first column of its first row, or None."""
        ...

    def run(self, statement: str, **parameters: Any) -> int:  # noqa: ANN401 - column values
        """Run a named statement for its effect and return the row id it inserted last."""
        ...

    def many(self, statement: str, rows: Iterable[Parameters]) -> None:
        """Run a named statement once for each set of parameters."""
        ...

    def changed(self) -> int:
        """Return how many rows the last statement changed."""
        ...

    def stems(self, text: str) -> list[str]:
        """Return the terms of `text` in order, exactly as the full-text index sees them."""
        ...


class Store(Protocol):
    """One database."""

    def read(self) -> AbstractContextManager[Unit]:
        """Open a snapshot."""
        ...

    def write(self) -> AbstractContextManager[Unit]:
        """Open an atomic write; leaving it normally commits, an exception rolls back."""
        ...

    def backup(self, target: Path) -> None:
        """Copy the running store to a new file that holds one consistent state."""
        ...

    def check(self) -> list[str]:
        """Return what the database engine finds wrong with its own file."""
        ...

    def optimize(self) -> None:
        """Let the engine tidy its indexes after bulk work."""
        ...

    def close(self) -> None:
        """Close every connection."""
        ...
