"""With a model too: what a running program has read of the vectors is what a new one reads, and never from elsewhere."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from everlore.app.app import App
from everlore.app.open import open_app
from everlore.core.config import Config
from everlore.core.errors import Conflict
from everlore.models import library
from models.encoders import write_model

SAYINGS = [
    "the price is 5433 cents",
    "redis is the queue",
    "the dog and the cat run",
    "why is the database blue",
    "a meeting in the holiday",
    "postgres port 8080",
]
QUERIES = ["what is the price", "queue worker", "cat", "blue database port"]
PLACES = ["acme", "acme/web", "other"]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("model") / "tiny")


def answers(app: App) -> list[list[tuple[float, str, str]]]:
    """Return what is recalled everywhere, by score; lines of the same score have no order that is promised."""
    found = []
    for query in QUERIES:
        for place in (None, *PLACES):
            try:
                items = app.call(
                    "recall", {"query": query, "limit": 20} | ({"namespace": place} if place else {})
                ).items
            except Exception as error:
                assert getattr(error, "code", "") == "not_found"
                continue
            near = [(f"{item.namespace}/", f"{place}/") for item in items if place is not None]
            assert all(here.startswith(there) or there.startswith(here) for here, there in near)
            found.append(sorted((-item.score, item.id, item.text) for item in items))
    return found


@settings(max_examples=20)
@given(st.data())
def test_a_running_program_answers_like_a_new_one(model: Path, data: st.DataObject):
    with TemporaryDirectory() as directory:
        home = Path(directory) / "home"
        library.add(Config(home).models, model)
        with open_app(Config(home)) as app:
            assert app.embedder is not None
            for step in range(data.draw(st.integers(2, 8))):
                change(app, Path(directory), step, data)
                if data.draw(st.booleans()):
                    assert app.call("embed", {}).waiting == 0
                running = answers(app)
                with open_app(Config(home)) as new:
                    assert answers(new) == running
            assert app.call("verify", {}).ok


def change(app: App, directory: Path, step: int, data: st.DataObject) -> None:
    what = data.draw(st.sampled_from(["remember", "remember", "import", "undo", "forget", "rebuild"]))
    place, said = data.draw(st.sampled_from(PLACES)), data.draw(st.sampled_from(SAYINGS))
    if what == "remember":
        app.call("remember", {"text": f"{said} {step}", "namespace": place})
    elif what == "import":
        path = directory / f"{step}.jsonl"
        turns = [
            {"session": "s", "id": f"{step}-{n}", "speaker": "Ann", "text": f"{said} {step} {n}"}
            for n in range(data.draw(st.integers(1, 4)))
        ]
        path.write_text("\n".join(map(json.dumps, turns)))
        app.call("import", {"path": str(path), "namespace": place})
    elif what == "forget" and (listed := app.call("list", {}).memories):
        app.call("forget", {"id": data.draw(st.sampled_from(listed)).id})
    elif what == "undo" and app.call("status", {}).journal:
        operations = [event.id for event in app.call("timeline", {}).events if event.kind == "operation"]
        try:
            app.call("undo", {"operation": data.draw(st.sampled_from(operations))})
        except Conflict:
            assert operations
    else:
        app.call("rebuild", {})
