"""A store of an earlier version is brought over with what is in it."""

from __future__ import annotations

from pathlib import Path

import apsw
import pytest

from everlore.app.app import App
from everlore.app.ledger.queue import Conversation, told_to
from everlore.core.config import Config
from everlore.store import statements
from everlore.store.sqlite import APPLICATION_ID


def older(path: Path, version: int) -> apsw.Connection:
    """Make the database of an earlier version and return a connection to it."""
    connection = apsw.Connection(str(path))
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA foreign_keys = ON")
    for number, sql in statements.migrations("sqlite"):
        if number <= version:
            connection.execute(sql)
    connection.execute(f"PRAGMA user_version = {version}")
    return connection


@pytest.fixture
def home(tmp_path: Path) -> Path:
    made = tmp_path / "home"
    made.mkdir(mode=0o700)
    return made


def test_what_sessions_were_told_and_what_it_cost_comes_along(home: Path) -> None:
    connection = older(home / "everlore.db", 7)
    connection.execute("INSERT INTO namespace (uid, path, lineage, recorded) VALUES ('n1', 'acme', '1', 1)")
    connection.execute(
        "INSERT INTO session (uid, namespace, external, client, recorded) VALUES ('s1', 1, 'abc', 'codex', 1), ('s2', 1, 'x', NULL, 1)"
    )
    connection.execute("INSERT INTO told (session, item, at) VALUES (1, 'm1', 5), (1, 'm2', 7), (2, 'm3', 9)")
    connection.execute(
        "INSERT INTO ledger (at, surface, namespace, items, tokens, milliseconds, withheld)"
        " VALUES (3, 'mcp', 'acme', '[\"m1\",\"m9\"]', 40, 1.5, 0), (4, 'cli', NULL, '[]', 0, 1.0, 1)"
    )
    connection.close()
    with App(Config(home)) as app, app.read() as unit:
        assert told_to(unit, app.uses, Conversation("codex", "abc")) == {"m1": None, "m2": None}
        assert told_to(unit, app.uses, Conversation("codex", "other")) == {}
    looked = apsw.Connection(str(home / "everlore.db"))
    rows = list(
        looked.execute(
            "SELECT l.surface, l.tokens, i.item FROM ledger l JOIN ledger_item i ON i.entry = l.id ORDER BY 1, 3"
        )
    )
    assert rows == [("hooks", 0, "m1"), ("hooks", 0, "m2"), ("mcp", 40, "m1"), ("mcp", 40, "m9")]
    assert len({uid for (uid,) in looked.execute("SELECT uid FROM ledger")}) == 3
