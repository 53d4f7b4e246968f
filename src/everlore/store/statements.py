"""Named SQL: each file holds statements under `-- name: something` headers; a dialect is a directory of such files."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

_HEADER = re.compile(r"^-- name: ([a-z_]+)[ \t]*$", re.MULTILINE)


@cache
def load(dialect: str) -> dict[str, str]:
    """Return every statement of a dialect by name; raise `ValueError` when two share one."""
    found: dict[str, str] = {}
    for entry in sorted(files("everlore.store").joinpath("sql", dialect).iterdir(), key=lambda e: e.name):
        if not entry.name.endswith(".sql") or entry.name == "derived.sql":
            continue
        for name, body in _named(entry.read_text("utf-8")):
            if name in found:
                raise ValueError(f"two statements are called {name!r} in {dialect}/{entry.name}")
            found[name] = body
    return found


def load_one(dialect: str, file: str) -> dict[str, str]:
    """Return the statements of one file, for who has no time to read them all."""
    return dict(_named(files("everlore.store").joinpath("sql", dialect, f"{file}.sql").read_text("utf-8")))


def _named(text: str) -> list[tuple[str, str]]:
    parts = _HEADER.split(text)
    return [(name, body.strip().rstrip(";")) for name, body in zip(parts[1::2], parts[2::2], strict=True)]


@cache
def migrations(dialect: str) -> tuple[tuple[int, str], ...]:
    """Return (schema version, SQL) of each migration in order."""
    directory = files("everlore.store").joinpath("sql", dialect, "migrations")
    return tuple(
        (int(entry.name.split("_")[0]), entry.read_text("utf-8"))
        for entry in sorted(directory.iterdir(), key=lambda e: e.name)
        if entry.name.endswith(".sql")
    )


@cache
def derived(dialect: str) -> str:
    """Return the SQL that creates the derived tables."""
    return files("everlore.store").joinpath("sql", dialect, "derived.sql").read_text("utf-8")
