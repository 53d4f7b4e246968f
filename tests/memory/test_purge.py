"""After a purge the words are in no byte of any file, the store is whole, and nothing brings them back."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import apsw
import pytest

from clocks import Clock
from commanding import Lore
from everlore.app import upkeep, worker
from everlore.app.app import App
from everlore.app.caller import Caller
from everlore.app.open import open_app
from everlore.core import clock as clocks
from everlore.core.config import Config
from everlore.core.errors import Conflict, Denied, EverloreError, NotFound
from everlore.memory import life
from everlore.memory.changes import Changes
from everlore.models import library
from everlore.recall import meaning
from everlore.store import keys
from models.encoders import write_model

AGENT = Caller("robin", "mcp")
MARK = "qzxvwjkk"
"""In every word that is to go: no other word of a test begins like it, so that no index keeps only the end of it."""


def word(number: int) -> str:
    """Return a distinctive word that a stemmer leaves alone."""
    return f"{MARK}{'bcdfghmnpr'[number]}x"


def bytes_with_mark(home: Path) -> list[str]:
    """Return the files of a home that hold the mark in any of the spellings in which it may be written."""
    spellings = [MARK.encode(), MARK.upper().encode(), MARK.encode("utf-16-le"), MARK[3:].encode()]
    files = [path for path in home.rglob("*") if path.is_file()]
    return [path.name for path in files if any(spelling in path.read_bytes() for spelling in spellings)]


def allow(app: App) -> None:
    """Let a person purge alone, who has to be two otherwise."""
    app.call("policy-set", {"effect": "purge", "decision": "allow", "who": "origin:person"})


def keep(app: App, text: str, caller: Caller | None = None, **more: Any) -> str:
    return str(app.call("remember", {"text": text, **more}, *([caller] if caller else [])).id)


def approve(app: App, uid: str) -> Any:
    return app.call("review-approve", {"ids": [uid]}).decided[0]


def waiting(app: App, name: str, request: dict[str, Any], caller: Caller = AGENT) -> str:
    """Ask for something that waits; return the proposal."""
    with pytest.raises(EverloreError) as waits:
        app.call(name, request, caller)
    assert waits.value.code == "awaiting_approval", waits.value
    return str(waits.value.as_dict()["proposal"])


def everywhere(app: App, directory: Path) -> list[str]:
    """Put marked words into everything that a memory may leave behind; return the memories to purge and the turn."""
    allow(app)
    conversation = directory / "said.jsonl"
    turns = [{"session": "s", "id": str(n), "speaker": "Ann", "text": text, "role": "user"} for n, text in enumerate((
        "What is the harbour called?", f"It is called {word(0)} and nothing else", "Thank you"))]  # fmt: skip
    conversation.write_text("\n".join(map(json.dumps, turns)))
    app.call("import", {"path": str(conversation), "namespace": "acme/web"})
    conversation.unlink()
    with app.read() as unit:
        turn = next(row[0] for row in unit.rows("turns_all") if MARK in str(row))
    place = {"namespace": "acme/web"}
    uid = keep(app, f"The harbour is {word(1)}", title=f"On {word(2)}", tags=[word(3)], source=turn, **place)
    app.call("revise", {"id": uid, "text": f"The harbour is {word(4)} by now", "title": f"Of {word(5)}"})
    app.call("set", {"id": uid, "tags": [word(3), word(6)]})
    app.call("feedback", {"id": uid, "verdict": "wrong", "note": f"it is {word(7)}"}, AGENT)
    app.call("feedback", {"id": uid, "verdict": "helpful", "note": f"like {word(7)}"})
    other = keep(app, f"Ships of {word(8)} come in at noon", **place)
    app.call("merge", {"ids": [other], "into": uid})
    with app.write() as unit:
        unit.run("link_insert", uid="evident", kind="related", source=uid, target=other, weight=1.0, valid_from=None, valid_until=None,
                 recorded=1, recorded_until=None, evidence=f"both say {word(9)}")  # fmt: skip
    app.call("policy-set", {"effect": "create", "decision": "approve", "who": "name:robin"})
    app.call("policy-set", {"effect": "revise", "decision": "approve", "who": "name:robin"})
    approve(app, waiting(app, "remember", {"text": f"The third is {word(1)} too, beyond the pier", **place}))
    third = app.call("list", {"namespace": "acme/web", "limit": 1}).memories[0].id
    waiting(app, "revise", {"id": uid, "text": f"Perhaps {word(2)}"})
    rejected = waiting(app, "revise", {"id": uid, "text": f"Perhaps {word(3)} after all"})
    app.call("review-reject", {"ids": [rejected]})
    app.call("recall", {"query": f"harbour {word(4)}"})
    return [uid, other, third]


def whole(app: App) -> None:
    verified = app.call("verify", {})
    assert verified.ok, verified.problems


def test_no_byte_of_any_file_holds_a_purged_word(app: App, config: Config, tmp_path: Path):
    ids = everywhere(app, tmp_path)
    assert bytes_with_mark(config.home), "it has to be found before it can be missed"
    answer = app.call("purge", {"ids": ids, "with_turns": True})
    assert bytes_with_mark(config.home) == [], "while the store is open, its write-ahead log beside it"
    assert [place.where for place in answer.places if place.where.startswith("database") and not place.gone] == []
    whole(app)
    app.call("rebuild", {})
    whole(app)
    app.close()
    assert bytes_with_mark(config.home) == []


def test_turns_stay_unless_they_are_to_go_too(app: App, config: Config, tmp_path: Path):
    ids = everywhere(app, tmp_path)
    answer = app.call("purge", {"ids": ids})
    assert not next(place for place in answer.places if "turns" in place.where).gone
    said = app.call("transcripts-search", {"query": word(0)}).items
    assert f"It is called {word(0)} and nothing else" in [item.text for item in said]
    left = {row[11] for row in _rows(config, "revision")} | {row[8] for row in _rows(config, "turn")}
    assert not any(
        MARK in str(row)
        for table in ("revision", "memory", "proposal", "feedback", "link", "journal")
        for row in _rows(config, table)
    ), left
    whole(app)


def _rows(config: Config, table: str) -> list[tuple[Any, ...]]:
    connection = apsw.Connection(str(config.database), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        return list(connection.execute(f"SELECT * FROM {table}"))
    finally:
        connection.close()


def test_vectors_of_what_was_purged_are_gone_with_it(tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch):
    home = tmp_path / "home"
    monkeypatch.setattr(meaning, "SEGMENT_ROWS", 1)  # so that each vector is written to a file at once
    library.add(Config(home).models, write_model(tmp_path / "tiny"))
    with open_app(Config(home, start_daemon=False), clock=clock) as app:
        allow(app)
        uid = keep(app, f"redis is the queue of {word(1)}")
        keep(app, "the price is 5433 cents")
        app.call("embed", {})
        assert app.call("recall", {"query": "redis queue"}).items
        vectors = [bytes(row[3])[8:40] for row in _rows(app.config, "vector") if row[1] == _passage(app.config)]
        assert len(vectors) == 1
        assert any(vectors[0] in path.read_bytes() for path in home.rglob("*") if path.is_file())
        assert len(list(app.config.vectors.rglob("*.segment"))) == 2
        app.call("purge", {"ids": [uid]})
        assert bytes_with_mark(home) == []
        assert [path for path in home.rglob("*") if path.is_file() and vectors[0] in path.read_bytes()] == []
        assert [item.text for item in app.call("recall", {"query": "redis queue"}).items if MARK in item.text] == []
        assert len(list(app.config.vectors.rglob("*.segment"))) == 1
        whole(app)
    assert [path for path in home.rglob("*") if path.is_file() and vectors[0] in path.read_bytes()] == []


def _passage(config: Config) -> int:
    """Return the row id of the passage that holds the mark."""
    revisions = {row[0] for row in _rows(config, "revision") if MARK in str(row)}
    with open_app(config) as app, app.read() as unit:
        passages = [row[0] for revision in revisions for row in unit.rows("passages_of_revision", revision=revision)]
    assert len(passages) == 1
    return int(passages[0])


def test_an_encrypted_store_forgets_too(app: App, config: Config, tmp_path: Path):
    ids = everywhere(app, tmp_path)
    upkeep.encrypt(app, keys.new_file(tmp_path / "key"))
    app.call("purge", {"ids": ids, "with_turns": True})
    whole(app)
    upkeep.decrypt(app)
    assert bytes_with_mark(config.home) == [], "in plain nothing of it comes to light"
    whole(app)


def test_nothing_reverses_a_purge(app: App):
    allow(app)
    kept = app.call("remember", {"text": f"It is {word(1)}", "tags": [word(2)]})
    revised = app.call("revise", {"id": kept.id, "text": f"It is {word(3)}"})
    tagged = app.call("set", {"id": kept.id, "tags": ["other"]})
    purged = app.call("purge", {"ids": [kept.id]})
    for operation in (purged.operation, tagged.operation, revised.operation, kept.operation):
        with pytest.raises(Conflict) as refused:
            app.call("undo", {"operation": operation})
        assert "purged" in refused.value.message
    for name, more in (
        ("restore", {}),
        ("restore", {"revision": 1}),
        ("revise", {"text": "x"}),
        ("forget", {}),
        ("set", {"layer": 1}),
    ):
        with pytest.raises(Conflict):
            app.call(name, {"id": kept.id, **more})
    with pytest.raises(Conflict, match="purged already"):
        app.call("purge", {"ids": [kept.id]})
    assert [r.text for r in app.call("history", {"id": kept.id}).revisions] == ["", ""]
    assert app.call("recall", {"query": word(3)}).items == []
    assert app.call("recall", {"query": word(1), "as_of": "now"}).items == []
    whole(app)


def test_a_page_that_quotes_what_is_purged_goes_with_it_and_is_named(app: App, config: Config):
    allow(app)
    uid = keep(app, f"The harbour is\n{word(1)}")
    others = [keep(app, f"Pier {number} takes {number} barges") for number in (2, 3)]
    page = app.call("consolidate", {"title": "The harbour", "ids": [uid, *others]}).id
    app.call("consolidate", {"title": "The harbour now", "ids": others, "page": page})
    undone = app.call("consolidate", {"title": "Once more", "ids": [uid, others[0]]})
    app.call("undo", {"operation": undone.operation})
    beyond = app.call("consolidate", {"title": "A page of what the page is now", "ids": [page, others[1]]}).id
    app.call("restore", {"id": page, "revision": 1})
    again = app.call("consolidate", {"title": "A page of a page", "ids": [page, others[1]]}).id
    away = app.call("consolidate", {"title": "Piers", "ids": others}).id
    with app.write() as unit:
        life.link(Changes(unit, 1), "derived_from", others[0], uid)
    answer = app.call("purge", {"ids": [uid]})
    told = [(place.gone, place.detail) for place in answer.places if "derived" in place.where]
    assert [gone for gone, _ in told] == [True, False]
    assert all(each in told[0][1] and each in answer.ids for each in (page, undone.id, again))
    assert others[0] in told[1][1] and beyond in told[1][1]
    assert bytes_with_mark(config.home) == []
    states = [app.call("get", {"id": each}).memory.state for each in (page, undone.id, again, beyond, away, *others)]
    assert states == ["purged"] * 3 + ["active"] * 4
    whole(app)


def test_an_approval_tells_what_is_gone_and_offers_no_undo(app: App, config: Config):
    uid = keep(app, f"It is {word(1)}")
    decided = approve(app, waiting(app, "purge", {"ids": [uid]}))
    assert (decided.state, decided.operation) == ("approved", None)
    assert {place.gone for place in decided.places} == {True, False}
    other = waiting(app, "purge", {"ids": [keep(app, f"Perhaps {word(2)}")]})
    app.close()
    ended = Lore(config.home)("review", "approve", other)
    assert "journal" in ended.out and "undo" not in ended.out, ended


def test_plain_undo_goes_past_what_nothing_reverses(app: App):
    allow(app)
    kept = keep(app, "The pier is green")
    uid = keep(app, f"It is {word(1)}")
    place = {"name": "harbour", "namespace": app.config.namespace}
    app.call("standard-set", {"id": uid, **place})
    app.call("set", {"id": kept, "importance": 0.9})
    app.call("standard-set", {"id": kept, **place})
    app.call("set", {"id": uid, "importance": 0.9})
    app.call("purge", {"ids": [uid]})
    undone = [app.call("undo", {}).name for _ in range(3)]
    assert undone == ["set", "standard-set", "remember"], "each is of what is left or takes away what was purged"
    assert app.call("get", {"id": kept}).memory.state == "withdrawn"
    assert app.call("undo", {}).name == "policy-set"
    with pytest.raises(NotFound):
        app.call("undo", {})
    whole(app)


def test_a_page_is_purged_only_where_the_rules_let_its_sources_be(app: App):
    app.call("policy-set", {"effect": "purge", "decision": "allow", "who": "name:robin"})
    app.call("policy-set", {"effect": "purge", "decision": "deny", "who": "name:robin", "namespace": "locked"})
    uid = keep(app, f"It is {word(1)}", namespace="open")
    page = app.call("consolidate", {"title": "Piers", "ids": [keep(app, "A pier", namespace="locked"), uid]}).id
    with pytest.raises(Denied):
        app.call("purge", {"ids": [uid]}, AGENT)
    app.call("set", {"id": page, "visibility": "private"})
    answer = app.call("purge", {"ids": [uid]}, AGENT)
    assert [place.gone for place in answer.places if "derived" in place.where] == [False]
    assert page not in str(answer), "what is out of sight is neither purged nor told of"


def test_the_name_of_a_standard_goes_with_its_memory(app: App, config: Config):
    allow(app)
    uid, other = keep(app, f"It is {word(1)}"), keep(app, "The other is blue")
    place = {"name": word(2), "namespace": config.namespace}
    app.call("standard-set", {"id": uid, **place})
    replacing = app.call("standard-set", {"id": other, "name": word(2), "namespace": config.namespace})
    app.call("standard-drop", place)
    app.call("standard-set", {"id": other, "name": "colour", "namespace": config.namespace})
    answer = app.call("purge", {"ids": [uid]})
    assert [place.detail for place in answer.places if "standard" in place.where] == ["1 emptied"]
    app.call("purge", {"ids": [other]})
    assert bytes_with_mark(config.home) == []
    with pytest.raises(Conflict):
        app.call("undo", {"operation": replacing.operation})
    assert app.call("standards", {"namespace": config.namespace}).standards == []
    whole(app)


def test_the_same_may_be_said_again_after_it_was_purged(app: App):
    allow(app)
    first = keep(app, "The harbour is at the north pier")
    app.call("purge", {"ids": [first]})
    again = app.call("remember", {"text": "The harbour is at the north pier"})
    assert (again.outcome, again.id == first) == ("kept", False)


def test_a_store_with_purged_memories_goes_out_and_comes_in(app: App, config: Config, tmp_path: Path, clock: Clock):
    ids = everywhere(app, tmp_path)
    old, new, third = (str(tmp_path / name) for name in ("old.jsonl", "new.jsonl", "third.jsonl"))
    app.call("export", {"path": old})
    app.call("purge", {"ids": ids, "with_turns": True})
    app.call("export", {"path": new})
    assert MARK not in Path(new).read_text()
    app.call("import", {"path": old})
    assert bytes_with_mark(config.home) == [], "what was purged does not come back with an older export"
    whole(app)
    with open_app(Config(tmp_path / "other"), clock=clock) as other:
        operation = other.call("import", {"path": new}).operation
        whole(other)
        other.call("export", {"path": third})
        assert Path(third).read_text() == Path(new).read_text()
        other.call("undo", {"operation": operation})
        other.call("import", {"path": old})
        texts = [
            one.text
            for state in ("active", "superseded", "purged")
            for one in other.call("list", {"state": state}).memories
        ]
        assert not any(MARK in text for text in texts), "not even after undoing the import that said that it was purged"
        whole(other)


def test_an_export_that_says_that_something_was_purged_brings_no_text_of_it(app: App, config: Config, tmp_path: Path):
    keep(app, f"It is {word(1)}")
    path = tmp_path / "all.jsonl"
    app.call("export", {"path": str(path)})
    path.write_text(path.read_text().replace('"state":"active"', '"state":"purged"'))
    with open_app(Config(tmp_path / "other")) as other:
        other.call("import", {"path": str(path)})
    assert bytes_with_mark(tmp_path / "other") == []


def test_who_reads_meanwhile_reads_on_and_the_bytes_go_when_that_is_over(app: App, config: Config, clock: Clock):
    allow(app)
    uid = keep(app, f"It is {word(1)}")
    reader = apsw.Connection(str(config.database), flags=apsw.SQLITE_OPEN_READONLY)
    reader.execute("BEGIN")
    assert MARK in str(list(reader.execute("SELECT text FROM revision")))
    patient = Config(config.home, durability="normal", start_daemon=False, busy_timeout_ms=200)
    app.close()
    with open_app(patient, clock=clock) as hasty:
        answer = hasty.call("purge", {"ids": [uid]})
        place = next(place for place in answer.places if "write-ahead" in place.where)
        assert (place.gone, bool(place.detail)) == (False, True), "it is said"
        assert MARK in str(list(reader.execute("SELECT text FROM revision"))), "a snapshot is a snapshot"
        reader.execute("COMMIT")
        assert MARK not in str(list(reader.execute("SELECT text FROM revision")))
        clock.advance(seconds=120)
        worker.drain(hasty)
        assert bytes_with_mark(config.home) == [], "the work was left for later, and done"
        whole(hasty)
    reader.close()


_PURGE = """
import os, signal, sys
from everlore.app.open import open_app
from everlore.core import clock as clocks
from everlore.core.config import Config
from pathlib import Path
home, uid, at = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
with open_app(Config(home, start_daemon=False)) as app:
    app.call("get", {"id": uid})
    count = 0
    def step(*_):
        global count
        count += 1
        if count == at:
            os.kill(os.getpid(), signal.SIGKILL)
    app.store.trace(step)
    app.call("purge", {"ids": [uid]})
print(count)
"""


def _purge_until(home: Path, uid: str, at: int) -> subprocess.CompletedProcess[str]:
    arguments = [sys.executable, "-c", _PURGE, str(home), uid, str(at)]
    return subprocess.run(
        arguments, capture_output=True, text=True, timeout=60, check=False, env={**os.environ, "NO_COLOR": ""}
    )


def test_a_purge_that_is_killed_is_done_whole_or_not_at_all(tmp_path: Path):
    home, clock = tmp_path / "home", Clock(clocks.system())
    steps, done = 0, set()
    for number in range(8):
        with open_app(Config(home, start_daemon=False), clock=clock) as app:
            allow(app)
            uid = keep(app, f"Pier {number} is {word(number)} in {'abcdefghij'[number] * 5}", tags=[word(number)])
            app.call("revise", {"id": uid, "text": f"Pier {number} was {word(number)}"})
        ended = _purge_until(home, uid, number * steps // 8)
        assert ended.returncode == (-signal.SIGKILL if steps else 0), ended.stderr
        steps = steps or int(ended.stdout)  # the first one lives, and tells how many steps there are
        with open_app(Config(home, start_daemon=False), clock=clock) as app:
            whole(app)
            texts = [r.text for r in app.call("history", {"id": uid}).revisions]
            purged = app.call("get", {"id": uid}).memory.state == "purged"
            assert [text == "" for text in texts] == [purged, purged]
            assert (word(number) in str(_rows(app.config, "revision"))) != purged
            done.add(purged)
            if not purged:
                app.call("purge", {"ids": [uid]})
            clock.advance(seconds=120)
            worker.drain(app)
            assert bytes_with_mark(home) == [], "what a killed purge left in free pages is gone after the next work"
    assert done == {True, False}, "it was killed before and after the commit"


def test_two_who_purge_at_once_purge_once(app: App):
    allow(app)
    uid = keep(app, f"It is {word(1)}")
    answers: list[str] = []

    def purge() -> None:
        try:
            app.call("purge", {"ids": [uid]})
            answers.append("purged")
        except EverloreError as error:
            answers.append(error.code)

    threads = [threading.Thread(target=purge) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["conflict", "conflict", "purged"]
    whole(app)
