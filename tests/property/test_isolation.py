"""What lies outside of a namespace is seen on no path that reads inside of it, whatever the tree."""

import json
import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from everlore.app.app import App
from everlore.app.open import open_app
from everlore.core.config import Config
from everlore.core.errors import NotFound

SEGMENTS = ["acme", "web", "api", "acme2", "a", "ab"]
PATHS = st.lists(st.sampled_from(SEGMENTS), min_size=1, max_size=3).map("/".join)
SAYINGS = [
    "The harbour crane lifts the container at pier {}",
    "Always check the harbour crane before lifting, says {}",
    "Who repairs the harbour crane? Ask {}",
    "The harbour pilot of {} prefers the small boat",
    "Yesterday {} moved the container to the harbour",
]
QUERIES = [
    "harbour crane",
    "how should I check the crane before lifting?",
    "who repairs the crane",
    "container",
    "pilot boat",
    "what did we say about the harbour",
]
MARK = re.compile(r"marker(\d+)x")


class Place:
    """One namespace of the drawn tree, with the marks of what was put there."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.marks: set[int] = set()

    def covers(self, other: "Place") -> bool:
        return f"{other.path}/".startswith(f"{self.path}/")


def fill(app: App, directory: Path, places: list[Place], data: st.DataObject) -> None:
    """Put memories, conversations and changed values into the places, so that neighbouring rows belong to different ones."""
    number = 0
    for _ in range(data.draw(st.integers(3, 14))):
        place = data.draw(st.sampled_from(places))
        saying = data.draw(st.sampled_from(SAYINGS))
        if data.draw(st.booleans()):
            app.call(
                "remember",
                {"text": saying.format(f"marker{number}x"), "namespace": place.path, "reason": f"marker{number}x"},
            )
            place.marks.add(number)
            number += 1
            continue
        turns = []
        for _ in range(data.draw(st.integers(1, 3))):
            text = data.draw(st.sampled_from(SAYINGS)).format(f"marker{number}x")
            turns.append({"session": "shared", "id": str(number), "speaker": "Ann", "role": "user", "text": text})
            place.marks.add(number)
            number += 1
        file = directory / f"{number}.jsonl"
        file.write_text("\n".join(map(json.dumps, turns)))
        app.call("import", {"path": str(file), "namespace": place.path})


def marks(answer: Any) -> set[int]:
    return {int(found) for found in MARK.findall(msgspec.json.encode(answer).decode())}


def reads(namespace: str, data: st.DataObject) -> list[tuple[str, dict[str, Any]]]:
    """Return every kind of read, with three of the questions in each of the ways to ask."""
    asked = data.draw(st.lists(st.sampled_from(QUERIES), min_size=3, max_size=3, unique=True))
    ways: list[dict[str, Any]] = [
        {},
        {"budget": 600, "limit": 5},
        {"as_of": "now"},
        {"kinds": ["memory"], "explain": True},
        {"kinds": ["turn"], "budget": 90},
    ]
    return [
        ("list", {"namespace": namespace, "limit": 1000}),
        ("timeline", {"namespace": namespace, "limit": 1000}),
        *(("recall", {"query": query, "namespace": namespace, "limit": 50, **way}) for query in asked for way in ways),
    ]


@settings(max_examples=25)
@given(st.lists(PATHS, min_size=2, max_size=6, unique=True), st.data())
def test_nothing_outside_of_a_namespace_is_read_inside(paths: list[str], data: st.DataObject):
    places = [Place(path) for path in paths]
    with TemporaryDirectory() as directory, open_app(Config(Path(directory) / "home", durability="normal")) as app:
        fill(app, Path(directory), places, data)
        for place in places:
            inside = set[int]().union(*(other.marks for other in places if place.covers(other)))
            inherited = inside.union(*(other.marks for other in places if other.covers(place)))
            try:
                answers = [(name, request, app.call(name, request)) for name, request in reads(place.path, data)]
            except NotFound:
                assert not inside
                continue
            for name, request, answer in answers:
                assert marks(answer) <= (inherited if name == "recall" else inside), (name, request)
                for item in [
                    *getattr(answer, "items", []),
                    *getattr(answer, "memories", []),
                    *getattr(answer, "events", []),
                ]:
                    here, there = f"{item.namespace}/", f"{place.path}/"
                    assert here.startswith(there) or (name == "recall" and there.startswith(here)), (name, request)
            export = Path(directory) / "part.jsonl"
            app.call("export", {"path": str(export), "namespace": place.path})
            assert {int(found) for found in MARK.findall(export.read_text())} <= inside
            export.unlink()


@settings(max_examples=15)
@given(st.lists(PATHS, min_size=2, max_size=5, unique=True), st.data())
def test_a_statement_is_compared_with_its_own_namespace_only(paths: list[str], data: st.DataObject):
    with TemporaryDirectory() as directory, open_app(Config(Path(directory) / "home", durability="normal")) as app:
        for path in paths:
            kept = app.call("remember", {"text": "Redis listens on port 6380", "namespace": path})
            assert (kept.outcome, kept.other) == ("kept", None)
        chosen = data.draw(st.sampled_from(paths))
        assert app.call("remember", {"text": "Redis listens on port 6390", "namespace": chosen}).outcome == "superseded"
        for path in paths:
            text = "Redis listens on port 6390" if path == chosen else "Redis listens on port 6380"
            listed = [m.text for m in app.call("list", {"namespace": path}).memories if m.namespace == path]
            assert listed == [text]
            assert app.call("check-duplicate", {"text": text, "namespace": path}).outcome == "merged"
