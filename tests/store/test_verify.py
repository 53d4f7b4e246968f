"""Verify finds every sort of disagreement, and rebuild mends what is derived."""

import json
from pathlib import Path

import apsw
import pytest

from everlore.app.app import App
from everlore.core.config import Config

DERIVED = {
    "a passage is missing": "DELETE FROM passage WHERE id = (SELECT min(id) FROM passage)",
    "a passage is left over": "INSERT INTO passage (namespace, turn, start, length) VALUES (1, 99999, 0, 5)",
    "a passage is cut elsewhere": "UPDATE passage SET length = length - 1 WHERE id = (SELECT min(id) FROM passage)",
    "a passage is not indexed": "DELETE FROM words WHERE rowid = (SELECT min(id) FROM passage)",
    "a row of the index has no passage": "INSERT INTO words (rowid, text) VALUES (4711, 'stray')",
    "a row of the index has other words": "INSERT OR REPLACE INTO words (rowid, scope, text) SELECT id, 'n1 kmemory kfact', 'zebra' FROM passage WHERE id = 1",
    "a row of the index is in another scope": "INSERT OR REPLACE INTO words (rowid, scope, text) VALUES (1, 'n9 kmemory kfact', 'The harbour opens at six')",
    "a term is counted too often": "UPDATE term SET df = df + 1 WHERE term = 'harbour'",
    "a term is missing": "DELETE FROM term WHERE term = 'harbour'",
    "a term is left over": "INSERT INTO term (term, df) VALUES ('zebra', 3)",
    "a vector has no passage": "INSERT INTO vector (passage, model, code) VALUES (4711, 'm', x'00')",
}
TRUTH = {
    "an entry of the journal was changed": "UPDATE journal SET actor = 'somebody else' WHERE seq = 2",
    "the changes of an entry were changed": "UPDATE journal SET changes = '[]' WHERE seq = 1",
    "the reason of an entry was changed": "UPDATE journal SET reason = 'another' WHERE seq = 3",
    "an entry of the journal is gone": "DELETE FROM journal WHERE seq = 2",
    "the first entry of the journal is gone": "DELETE FROM journal WHERE seq = 1",
    "two entries of the journal changed places": "UPDATE journal SET seq = seq - 5 WHERE seq IN (2, 3); UPDATE journal SET seq = -seq WHERE seq < 0",
    "a row refers to nothing": "PRAGMA foreign_keys = OFF; UPDATE revision SET memory = 4711 WHERE id = 1",
}


@pytest.fixture
def filled(app: App, tmp_path: Path) -> App:
    for text in ("The harbour opens at six", "Redis listens on port 6380", "The harbour closes at nine"):
        app.call("remember", {"text": text})
    talk = tmp_path / "talk.jsonl"
    talk.write_text(
        "\n".join(
            json.dumps({"session": "s", "id": str(n), "speaker": "Ann", "text": f"harbour remark {n}"})
            for n in range(3)
        )
    )
    app.call("import", {"path": str(talk)})
    assert app.call("verify", {}).ok
    app.close()
    return app


def damage(config: Config, sql: str) -> None:
    connection = apsw.Connection(str(config.database))
    connection.execute(sql)
    connection.close()


@pytest.mark.parametrize("what", DERIVED)
def test_what_is_derived_wrongly_is_found_and_mended(filled: App, config: Config, what: str):
    damage(config, DERIVED[what])
    verified = filled.call("verify", {})
    assert not verified.ok
    assert all(problem.detail and "rebuild" in problem.hint for problem in verified.problems)
    filled.call("rebuild", {})
    again = filled.call("verify", {})
    assert again.ok, again.problems
    assert filled.call("recall", {"query": "harbour"}).items


@pytest.mark.parametrize("what", TRUTH)
def test_a_change_to_the_truth_from_outside_is_found(filled: App, config: Config, what: str):
    damage(config, TRUTH[what])
    verified = filled.call("verify", {})
    assert not verified.ok
    assert verified.problems[0].detail


def test_rebuild_makes_everything_again_from_nothing(filled: App, config: Config):
    before = [(item.id, item.text) for item in filled.call("recall", {"query": "harbour"}).items]
    filled.close()
    damage(config, "DELETE FROM passage; DELETE FROM term; INSERT INTO words (words) VALUES ('delete-all')")
    assert not filled.call("verify", {}).ok
    filled.call("rebuild", {})
    assert filled.call("verify", {}).ok
    assert [(item.id, item.text) for item in filled.call("recall", {"query": "harbour"}).items] == before


def test_no_passage_id_is_given_twice(app: App, config: Config):
    def ids() -> set[int]:
        app.close()
        connection = apsw.Connection(str(config.database))
        try:
            return {row[0] for row in connection.execute("SELECT id FROM passage")}
        finally:
            connection.close()

    seen: set[int] = set()
    for text in ("The harbour opens at six", "The crane is at pier 7", "Redis listens on port 6380"):
        app.call("remember", {"text": text})
        assert ids().isdisjoint(seen)
        seen |= ids()
        app.call("undo", {})
        assert ids() == set()
