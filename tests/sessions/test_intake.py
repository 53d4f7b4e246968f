"""Turns into the store: each once, in order, beside its neighbours, and out and in again with undo."""

import json
import os
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from everlore.app import importing
from everlore.app.app import App
from everlore.app.caller import Caller
from everlore.app.open import open_app
from everlore.core.config import Config
from everlore.core.errors import Conflict, InvalidInput, NotFound
from everlore.sessions.readers import FORMATS

LINES = [
    "Shall we talk about the ferry?",
    "The ferry needs a new engine.",
    "Which yard repairs the engine?",
    "The yard in Bergen, they have a dry dock.",
    "What does the dock cost?",
    "Forty thousand a week.",
    "Too much, ask the yard in Stavanger.",
]


def talk(directory: Path, *turns: tuple[str, str], session: str = "s1", name: str = "talk.jsonl") -> Path:
    path = directory / name
    spelled = (
        {"session": session, "id": i, "speaker": "Ann", "time": "2026-03-02T09:00:00Z", "text": text}
        for i, text in turns
    )
    path.write_text("\n".join(map(json.dumps, spelled)) + "\n")
    return path


def numbered(texts: list[str], first: int = 0) -> list[tuple[str, str]]:
    return [(f"t{n}", text) for n, text in enumerate(texts, first)]


def bring(app: App, path: Path, **more: object) -> Any:
    return app.call("import", {"path": str(path), **more})


def answers(app: App, query: str) -> list[tuple[str, str | None]]:
    items = app.call("recall", {"query": query, "budget": 400, "limit": 3}).items
    return [(item.text, item.source.turn) for item in items]


def all_answers(app: App) -> list[list[tuple[str, str | None]]]:
    return [
        answers(app, query)
        for query in ("which yard repairs the engine", "what does the dock cost", "ferry", "Stavanger", "engine")
    ]


def test_importing_twice_changes_nothing(app: App, tmp_path: Path):
    path = talk(tmp_path, *numbered(LINES))
    assert (bring(app, path).turns, bring(app, path).turns) == (7, 0)
    again = bring(app, path)
    assert (again.sessions, again.unchanged, again.operation) == (0, 7, None)
    assert app.call("status", {}).passages == 7
    assert app.call("status", {}).journal == 1


@pytest.mark.parametrize("parts", [[1] * 7, [3, 4], [6, 1], [2, 2, 3]])
def test_a_session_that_grows_answers_like_one_that_came_at_once(app: App, tmp_path: Path, parts: list[int]):
    at = 0
    for number, size in enumerate(parts):
        bring(app, talk(tmp_path, *numbered(LINES[at : at + size], at), name=f"{number}.jsonl"))
        at += size
    with open_app(Config(tmp_path / "other", durability="normal"), clock=app.clock) as other:
        bring(other, talk(tmp_path, *numbered(LINES)))
        assert all_answers(app) == all_answers(other)
    assert app.call("verify", {}).ok
    before = all_answers(app)
    app.call("rebuild", {})
    assert all_answers(app) == before


def test_a_line_is_shown_with_what_was_said_before_and_after_it(app: App, tmp_path: Path):
    bring(app, talk(tmp_path, *numbered(LINES[:4])))
    bring(app, talk(tmp_path, *numbered(LINES[4:], 4)))
    (item,) = app.call("recall", {"query": "dry dock in Bergen", "limit": 1, "budget": 500}).items
    assert item.source.turn == "t3"
    assert item.text.splitlines() == LINES[2:5]


def test_interleaved_sessions_keep_their_own_neighbours(app: App, tmp_path: Path):
    for number, text in enumerate(LINES):
        bring(app, talk(tmp_path, (f"t{number}", text)))
        bring(app, talk(tmp_path, (f"o{number}", f"Unrelated remark {number}"), session="other", name="other.jsonl"))
    (item,) = app.call("recall", {"query": "dry dock in Bergen", "limit": 1, "budget": 500}).items
    assert item.text.splitlines() == LINES[2:5]
    assert app.call("verify", {}).ok


def test_another_text_under_a_known_id_is_said_and_left_out(app: App, tmp_path: Path):
    bring(app, talk(tmp_path, *numbered(LINES[:3])))
    changed = talk(tmp_path, ("t0", LINES[0]), ("t1", "The ferry needs new paint."), ("t3", LINES[3]))
    imported = bring(app, changed)
    assert (imported.turns, imported.unchanged) == (1, 1)
    assert [(skipped.where, skipped.error) for skipped in imported.skipped] == [
        ("session s1, turn t1", "another text is kept under this id")
    ]
    assert answers(app, "paint") == []


def test_one_id_for_two_texts_in_a_file_is_said(app: App, tmp_path: Path):
    imported = bring(app, talk(tmp_path, ("t0", "one"), ("t0", "two"), ("t0", "one"), ("t1", "three")))
    assert (imported.turns, imported.unchanged, len(imported.skipped)) == (2, 1, 1)


def test_what_was_left_out_is_listed_up_to_a_hundred_and_then_counted(app: App, tmp_path: Path):
    path = tmp_path / "x.jsonl"
    path.write_text(json.dumps({"session": "s", "id": "1", "speaker": "A", "text": "fine"}) + "\n" + "x\n" * 250)
    skipped = bring(app, path, on_error="skip").skipped
    assert len(skipped) == 101
    assert skipped[-1].error == "150 more were left out"


def test_the_same_session_in_two_namespaces_is_two_sessions(app: App, tmp_path: Path):
    path = talk(tmp_path, *numbered(LINES))
    assert bring(app, path, namespace="acme/web").turns == 7
    assert bring(app, path, namespace="acme/api").turns == 7
    assert bring(app, path, namespace="ACME/API").turns == 0
    assert app.call("status", {}).sessions == 2


def test_an_import_is_undone_with_all_its_parts_and_done_again(
    app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(importing, "_BATCH", 2)
    imported = bring(app, talk(tmp_path, *numbered(LINES)))
    assert app.call("status", {}).journal == 4
    before, passages = all_answers(app), app.call("status", {}).passages
    turn = app.call("recall", {"query": "Bergen"}).items[0].id
    undone = app.call("undo", {"operation": imported.operation})
    assert (app.call("status", {}).turns, app.call("status", {}).passages, answers(app, "ferry engine")) == (0, 0, [])
    with pytest.raises(NotFound):
        app.call("get", {"id": turn})
    assert app.call("verify", {}).ok
    app.call("undo", {"operation": undone.operation})
    assert all_answers(app) == before
    assert app.call("status", {}).passages == passages
    assert app.call("verify", {}).ok


def test_naming_any_part_of_an_import_undoes_the_whole(app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(importing, "_BATCH", 2)
    bring(app, talk(tmp_path, *numbered(LINES)))
    parts = [event.id for event in app.call("timeline", {}).events if event.what == "import"]
    assert len(parts) == 4
    app.call("undo", {"operation": parts[2]})
    assert app.call("status", {}).turns == 0
    for part in parts:
        with pytest.raises(Conflict):
            app.call("undo", {"operation": part})


def test_an_undone_import_comes_back_when_it_is_imported_again(app: App, tmp_path: Path):
    path = talk(tmp_path, *numbered(LINES))
    bring(app, path)
    before = all_answers(app)
    app.call("undo", {})
    again = bring(app, path)
    assert (again.turns, again.unchanged) == (7, 0)
    assert all_answers(app) == before
    app.call("undo", {"operation": again.operation})
    assert app.call("status", {}).turns == 0
    assert app.call("verify", {}).ok


def test_an_undone_import_may_come_back_with_its_mistakes_mended(app: App, tmp_path: Path):
    bring(app, talk(tmp_path, *numbered(["The ferry needs a new enigne.", *LINES[2:]])))
    app.call("undo", {})
    again = bring(app, talk(tmp_path, *numbered(LINES[1:])))
    assert (again.turns, again.skipped) == (6, [])
    assert answers(app, "new engine")[0][1] == "t0"
    assert answers(app, "enigne") == []
    assert app.call("verify", {}).ok


def test_nothing_of_a_long_turn_is_lost(app: App, tmp_path: Path):
    text = "\n".join(f"line {n} of the long log, {'word ' * 20}" for n in range(2000))
    bring(app, talk(tmp_path, ("long", text)))
    (item,) = app.call("recall", {"query": "line 1234 of the long log", "limit": 1}).items
    assert app.call("get", {"id": item.id}).turn.text == text
    assert "line 1234 " in item.text


@settings(max_examples=25)
@given(st.data())
def test_parts_in_any_order_with_undos_between_leave_a_sound_index(data: st.DataObject):
    with TemporaryDirectory() as directory:
        home = Path(directory)
        grow(home, data)


def grow(home: Path, data: st.DataObject) -> None:
    with open_app(Config(home / "home", durability="normal")) as app:
        for step in range(data.draw(st.integers(1, 6))):
            choice = data.draw(st.sampled_from(["import", "import", "undo"]))
            if choice == "import":
                chosen = data.draw(st.lists(st.sampled_from(numbered(LINES)), min_size=1, max_size=5, unique=True))
                bring(app, talk(home, *chosen, session=data.draw(st.sampled_from(["a", "b"])), name=f"{step}.jsonl"))
            elif app.call("status", {}).journal:
                events = [event.id for event in app.call("timeline", {}).events if event.kind == "operation"]
                with suppress(Conflict):
                    app.call("undo", {"operation": data.draw(st.sampled_from(events))})
            verified = app.call("verify", {})
            assert verified.ok, verified.problems
        before = all_answers(app)
        app.call("rebuild", {})
        assert all_answers(app) == before


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes on Windows")
@pytest.mark.timeout(20)
@pytest.mark.parametrize("form", ["auto", *FORMATS, "everlore"])
def test_a_pipe_or_a_device_is_no_file_to_import(app: App, tmp_path: Path, form: str):
    os.mkfifo(tmp_path / "pipe.md")
    for path in (tmp_path / "pipe.md", Path("/dev/zero")):
        with pytest.raises(InvalidInput) as refused:
            app.call("import", {"path": str(path), "format": form})
        assert refused.value.field == "path"
    (tmp_path / "page.md").write_text("The engine is new.")
    assert app.call("import", {"path": str(tmp_path), "format": "markdown"}).memories == 1


def test_a_file_that_changes_while_it_is_read_is_told(app: App, tmp_path: Path):
    for change in ("not JSON\n", '{"session": "s1", "id": "new", "speaker": "Ann", "text": "one more"}\n'):
        path = talk(tmp_path, *numbered(["ferry"] * 20_000))

        def spoil(what: str, done: int, total: int, path: Path = path, change: str = change) -> None:
            if (what, done) == ("importing", 5_000):
                with path.open("a") as file:
                    file.write(change)

        taken = app.call("import", {"path": str(path)}, Caller(progress=spoil))
        assert [(s.where, s.error[:10]) for s in taken.skipped] == [("talk.jsonl", "it changed")]
    assert app.call("import", {"path": str(path)}).skipped == []
