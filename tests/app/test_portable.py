"""Export and import: what goes out comes back identical, and a file that is wrong anywhere changes nothing."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from everlore import __version__
from everlore.app import lines, portable
from everlore.app.app import App
from everlore.app.open import open_app
from everlore.core.config import Config
from everlore.core.errors import Conflict, EverloreError, InvalidInput, NotFound
from everlore.core.types import KINDS, ROLES, STATES, TIERS, LinkKind, Visibility
from everlore.guard.redact import redact
from everlore.memory import belief

HEADER = {"everlore_export": 2, "version": __version__}
TIMES = st.integers(-(10**13), 10**14)
MAYBE = st.none() | TIMES
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=40).filter(
    lambda text: redact(text).text == text
)
"""Texts without secrets and private blocks, which an import takes out."""
PATHS = st.sets(
    st.sampled_from(["acme", "acme/web", "acme/web/auth", "acme/api", "Båt", "båt/nord", "x.y_z-1"]), min_size=1
)


def uids(prefix: str, count: int) -> list[str]:
    return [f"{prefix}{number:03}" for number in range(count)]


@st.composite
def stores(draw: st.DrawFn) -> list[lines.Any]:
    """Draw the lines of a store, in the order in which an export writes them."""
    chosen = draw(PATHS)
    every = sorted(
        {"/".join(path.split("/")[:n]) for path in chosen for n in range(1, 4)},
        key=lambda path: (path.lower().count("/"), path),
    )
    nodes = list({path.lower(): path for path in every}.values())
    found: list[lines.Any] = [lines.Node(path=path, recorded=draw(TIMES)) for path in nodes]
    anywhere = st.sampled_from(nodes)
    sessions = uids("s", draw(st.integers(0, 3)))
    found += [
        lines.Session(uid=uid, namespace=draw(anywhere), external=draw(TEXTS), agent=draw(st.none() | TEXTS),
                      started=draw(MAYBE), ended=draw(MAYBE), recorded=draw(TIMES), client=draw(st.sampled_from([None, "codex"])),
                      parent=draw(st.sampled_from([None, *sessions[:place]])), cwd=draw(st.none() | TEXTS),
                      branch=draw(st.none() | TEXTS), transcript=draw(st.none() | TEXTS), closed=draw(MAYBE))
        for place, uid in enumerate(sessions)
    ]  # fmt: skip
    for number, session in enumerate(sessions):
        places = sorted(draw(st.sets(st.integers(0, 9), max_size=4)))
        found += [
            lines.Turn(uid=f"t{number}-{position}", session=session, position=position, external=draw(TEXTS), speaker=draw(TEXTS),
                       role=draw(st.sampled_from([None, *ROLES])), time=draw(MAYBE), recorded=draw(TIMES),
                       withdrawn=draw(st.integers(0, 1)), text=draw(TEXTS | st.just("")), caption=draw(st.none() | TEXTS),
                       event=draw(st.sampled_from([None, "prompt"])), detail=draw(st.none() | TEXTS), channel=draw(st.sampled_from([None, "hook"])),
                       seen=[f"seen{number}-{position}"][: draw(st.integers(0, 1))])
            for position in places
        ]  # fmt: skip
    found += [
        lines.Handoff(uid=f"h{number}", namespace=draw(anywhere), session=draw(st.sampled_from([None, *sessions])), client=draw(st.none() | TEXTS),
                      recipient=draw(st.none() | TEXTS), occasion="left", state=draw(st.sampled_from(["offered", "done", "withdrawn"])), text=draw(TEXTS),
                      body="{}", recorded=draw(TIMES), expires=draw(TIMES), changed=draw(TIMES), claimed_by=draw(st.sampled_from([None, *sessions])))
        for number in range(draw(st.integers(0, 2)))
    ]  # fmt: skip
    memories = uids("m", draw(st.integers(0, 4)))
    found += [draw(memory(uid, anywhere)) for uid in memories]
    entities = uids("e", draw(st.integers(0, 2)))
    ends = st.sampled_from([*memories, *entities, "elsewhere"])
    found += [
        lines.Link(uid=uid, kind=draw(st.sampled_from(get_args(LinkKind))), source=draw(ends), target=draw(ends),
                   weight=draw(st.floats(-2, 2)) + 0.0, valid_from=draw(MAYBE), valid_until=draw(MAYBE), recorded=draw(TIMES),
                   recorded_until=draw(MAYBE), evidence=draw(st.none() | TEXTS))
        for uid in uids("l", draw(st.integers(0, 3)))
    ]  # fmt: skip
    found += [
        lines.Entity(uid=uid, namespace=draw(anywhere), kind=draw(TEXTS), name=draw(TEXTS), recorded=draw(TIMES),
                     recorded_until=draw(MAYBE))
        for uid in entities
    ]  # fmt: skip
    for uid in entities:
        names = sorted(draw(st.sets(st.text("abcdefå", min_size=1, max_size=5), max_size=3)))
        found += [
            lines.Alias(entity=uid, name=name, recorded=draw(TIMES), recorded_until=draw(MAYBE)) for name in names
        ]
    return found


@st.composite
def memory(draw: st.DrawFn, uid: str, anywhere: st.SearchStrategy[str]) -> lines.Memory:
    chain, state = draw(st.integers(1, 3)), draw(st.sampled_from(STATES))
    found = lines.Memory(
        uid=uid, namespace=draw(anywhere), kind=draw(st.sampled_from(KINDS)), state=state, layer=draw(st.integers(0, 3)),
        tier=draw(st.sampled_from(TIERS)), importance=draw(st.floats(0, 1)) + 0.0, pinned=draw(st.booleans()), tags=draw(st.lists(TEXTS, max_size=3)),
        created=draw(TIMES), head=draw(st.integers(1, chain)), uses=draw(st.integers(0, 99)), last_used=draw(MAYBE),
        revisions=[
            lines.Revision(number=number, title=draw(st.none() | TEXTS), text=draw(TEXTS), valid_from=draw(MAYBE), valid_until=draw(MAYBE),
                           recorded=draw(TIMES), recorded_until=draw(MAYBE), actor=draw(TEXTS), source=draw(st.none() | TEXTS))
            for number in range(1, chain + 1)
        ],
        visibility=draw(st.sampled_from(get_args(Visibility))), owner=draw(TEXTS), expires=draw(MAYBE), ttl=draw(st.none() | st.integers(0, 10**9)),
        tier_uses=draw(st.integers(0, 9)), placed=draw(st.none() | TEXTS),
    )  # fmt: skip
    for revision in found.revisions:
        if state == "purged":
            revision.title, revision.text = None, ""
        revision.beliefs = draw(beliefs(revision, held=state in belief.BELIEVED and revision.recorded_until is None))
    return found


@st.composite
def beliefs(draw: st.DrawFn, revision: lines.Revision, *, held: bool) -> list[lines.Belief]:
    """What was believed of a revision before, and what is."""
    since = revision.recorded if revision.valid_from is None else revision.valid_from
    past = [
        lines.Belief(valid_from=draw(TIMES), valid_until=draw(MAYBE), recorded=draw(TIMES), recorded_until=draw(TIMES))
        for _ in range(draw(st.integers(0, 2)))
    ]
    now = lines.Belief(
        valid_from=since, valid_until=revision.valid_until, recorded=revision.recorded, recorded_until=None
    )
    return [*past, now] if held else past


def without_beliefs(text: bytes) -> list[Any]:
    """Take out since when the store held true what it holds: an undo closes that, and undoing the undo begins anew."""
    found = [msgspec.json.decode(line) for line in text.splitlines()]
    for revision in (revision for line in found for revision in line.get("revisions", [])):
        del revision["beliefs"]
    return found


def spell(store: list[lines.Any]) -> bytes:
    return b"".join(msgspec.json.encode(line) + b"\n" for line in [HEADER, *store])


@contextmanager
def stored(directory: str, name: str) -> Iterator[App]:
    with open_app(Config(Path(directory) / name, durability="normal")) as app:
        yield app


def put(app: App, path: Path, content: bytes) -> Any:
    path.write_bytes(content)
    return app.call("import", {"path": str(path), "format": "everlore"})


def out(app: App, path: Path, **more: object) -> bytes:
    path.unlink(missing_ok=True)
    app.call("export", {"path": str(path), **more})
    return path.read_bytes()


@settings(max_examples=60)
@given(stores())
def test_every_store_comes_back_identical(store: list[lines.Any]):
    with TemporaryDirectory() as directory, stored(directory, "one") as one, stored(directory, "two") as two:
        file = Path(directory) / "x.jsonl"
        put(one, file, spell(store))
        first = out(one, file)
        assert first.splitlines() == spell(store).splitlines()
        put(two, file, first)
        assert out(two, file) == first
        assert put(two, file, first).operation is None, "the second time there is nothing new"
        assert out(two, file) == first
        for app in (one, two):
            verified = app.call("verify", {})
            assert verified.ok, verified.problems


@settings(max_examples=30)
@given(stores())
def test_an_import_is_undone_whole_and_comes_back(store: list[lines.Any]):
    with TemporaryDirectory() as directory, stored(directory, "one") as app:
        file = Path(directory) / "x.jsonl"
        operation = put(app, file, spell(store)).operation
        before = out(app, file)
        if operation is None:
            return
        undone = app.call("undo", {"operation": operation})
        status = app.call("status", {})
        assert (status.turns, status.passages, set(status.memories) - {"withdrawn", "purged"}) == (0, 0, set())
        assert app.call("verify", {}).ok
        app.call("undo", {"operation": undone.operation})
        assert without_beliefs(out(app, file)) == without_beliefs(before)
        app.call("undo", {"operation": operation})
        put(app, file, before)
        assert without_beliefs(out(app, file)) == without_beliefs(before)
        assert app.call("verify", {}).ok


@settings(max_examples=30)
@given(stores(), st.sampled_from(["acme", "acme/web", "ACME/web", "Båt"]))
def test_a_part_of_a_store_holds_nothing_from_outside(store: list[lines.Any], namespace: str):
    with TemporaryDirectory() as directory, stored(directory, "one") as app, stored(directory, "two") as other:
        file = Path(directory) / "x.jsonl"
        put(app, file, spell(store))
        try:
            part = out(app, file, namespace=namespace)
        except NotFound:
            assert namespace.lower() not in [line.path.lower() for line in store if isinstance(line, lines.Node)]
            return
        kept = [msgspec.json.decode(line, type=lines.Any) for line in part.splitlines()[1:]]
        for line in kept:
            path = getattr(line, "path", None) or getattr(line, "namespace", None) or namespace
            assert f"{path.lower()}/".startswith(f"{namespace.lower()}/")
        inside = {line.uid for line in kept if isinstance(line, (lines.Session, lines.Memory, lines.Entity))}
        for line in kept:
            ends = {getattr(line, name) for name in ("session", "source", "target", "entity") if hasattr(line, name)}
            assert ends <= inside or isinstance(line, lines.Handoff), "a handoff is one without its session too"
        assert [line for line in store if line in kept] == kept, "what lies inside is there as it was"
        put(other, file, part)
        assert other.call("verify", {}).ok


@pytest.fixture
def exported(app: App, tmp_path: Path) -> list[dict[str, Any]]:
    """The lines of a small store with one of everything, as JSON."""
    store = [
        lines.Node(path="acme", recorded=1),
        lines.Session(uid="s", namespace="acme", external="s1", agent="codex", started=1, ended=2, recorded=3, client=None,
                      parent=None, cwd=None, branch=None, transcript=None, closed=None),
        lines.Turn(uid="t", session="s", position=0, external="t1", speaker="Ann", role="user", time=1, recorded=3, withdrawn=0, text="hello", caption=None,
                   event=None, detail=None, channel=None, seen=[]),
        lines.Memory(uid="m", namespace="acme", kind="fact", state="active", layer=2, tier="long", importance=0.5, pinned=False, tags=["a"], created=3,
                     head=1, uses=0, last_used=None, revisions=[lines.Revision(number=1, title=None, text="Redis", valid_from=None, valid_until=None,
                     recorded=3, recorded_until=None, actor="person", source=None)]),
        lines.Link(uid="l", kind="mentions", source="m", target="e", weight=1.0, valid_from=None, valid_until=None, recorded=3,
                   recorded_until=None, evidence=None),
        lines.Entity(uid="e", namespace="acme", kind="service", name="Redis", recorded=3, recorded_until=None),
        lines.Alias(entity="e", name="cache", recorded=3, recorded_until=None),
    ]  # fmt: skip
    put(app, tmp_path / "good.jsonl", spell(store))
    return [json.loads(line) for line in out(app, tmp_path / "out.jsonl").splitlines()]


WRONG: list[tuple[int, str, str, Any]] = [
    (0, "everlore_export", "everlore_export", 3),
    (1, "path", "path", "../etc"),
    (1, "path", "path", None),
    (1, "object", "object", "planet"),
    (2, "namespace", "namespace", "a//b"),
    (2, "uid", "uid", ""),
    (2, "started", "started", "monday"),
    (3, "session", "session", "another"),
    (3, "role", "role", "captain"),
    (3, "position", "position", -1),
    (3, "withdrawn", "withdrawn", 2),
    (3, "text", "text", "a\x00b"),
    (3, "text", "text", 7),
    (3, "time", "time", 1 << 62),
    (4, "kind", "kind", "poem"),
    (4, "state", "state", "asleep"),
    (4, "tier", "tier", None),
    (4, "importance", "importance", 1.5),
    (4, "importance", "importance", "high"),
    (4, "pinned", "pinned", 1),
    (4, "tags", "tags", "a"),
    (4, "tags", "tags[0]", [3]),
    (4, "head", "head", 2),
    (4, "uses", "uses", -1),
    (4, "created", "created", 1e300),
    (4, "revisions", "revisions", []),
    (4, "revisions", "revisions[0]", [{}]),
    (4, "extra", "extra", 1),
    (5, "kind", "kind", "eats"),
    (5, "weight", "weight", "heavy"),
    (5, "evidence", "evidence", "\x00"),
    (6, "name", "name", ["Redis"]),
    (7, "entity", "entity", "another"),
    (7, "recorded", "recorded", None),
]


@pytest.mark.parametrize(("number", "name", "field", "value"), WRONG)
def test_a_wrong_field_is_named_with_its_line_and_nothing_comes_in(
    exported: list[dict[str, Any]], tmp_path: Path, number: int, name: str, field: str, value: Any
):
    wrong = [dict(line) for line in exported]
    wrong[number][name] = value
    refuse(tmp_path, wrong, field, number)


NEWER = {"visibility", "owner", "expires", "ttl", "tier_uses", "placed"}
"""Fields that a file of the first format does not have."""


@pytest.mark.parametrize("number", range(1, 8))
def test_a_missing_field_is_named(exported: list[dict[str, Any]], tmp_path: Path, number: int):
    for name in exported[number].keys() - NEWER:
        wrong = [dict(line) for line in exported]
        del wrong[number][name]
        refuse(tmp_path, wrong, name, number)


def refuse(directory: Path, wrong: list[dict[str, Any]], field: str, number: int) -> None:
    path = directory / "wrong.jsonl"
    path.write_text("\n".join(map(json.dumps, wrong)))
    with open_app(Config(directory / "empty", durability="normal")) as empty:
        with pytest.raises(InvalidInput) as refused:
            empty.call("import", {"path": str(path), "format": "everlore"})
        status = empty.call("status", {})
    assert field in refused.value.field or (refused.value.field == "body" and field in refused.value.message)
    assert f"line {number + 1}" in refused.value.message
    assert (status.turns, status.sessions, status.memories, status.journal) == (0, 0, {}, 0)


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"{}", b"[]", b"\xff", b'{"everlore_export": 1}\nnot json', b'{"everlore_export": 1}\n\n']
)
def test_what_is_no_export_is_refused(app: App, tmp_path: Path, content: bytes):
    with pytest.raises(InvalidInput) as refused:
        put(app, tmp_path / "x.jsonl", content)
    assert refused.value.field in {"line", "everlore_export"}


def test_an_export_says_itself_what_it_is(app: App, tmp_path: Path, exported: list[dict[str, Any]]):
    with open_app(Config(tmp_path / "other", durability="normal")) as other:
        assert other.call("import", {"path": str(tmp_path / "out.jsonl")}).format == "everlore"


@pytest.mark.parametrize(("more", "field"), [({"namespace": "acme"}, "namespace"), ({"on_error": "skip"}, "on_error")])
def test_what_an_export_cannot_heed_is_refused_and_not_swallowed(
    app: App, tmp_path: Path, exported: list[dict[str, Any]], more: dict[str, str], field: str
):
    with pytest.raises(InvalidInput) as refused:
        app.call("import", {"path": str(tmp_path / "out.jsonl"), **more})
    assert refused.value.field == field


def test_an_export_never_overwrites(app: App, tmp_path: Path):
    path = tmp_path / "x.jsonl"
    path.write_text("precious")
    with pytest.raises(Conflict):
        app.call("export", {"path": str(path)})
    assert path.read_text() == "precious"
    with pytest.raises(EverloreError) as refused:
        app.call("export", {"path": str(tmp_path / "no" / "such" / "place.jsonl")})
    assert refused.value.field == "path"
    assert list(tmp_path.glob(".*.part")) == []


def test_parts_of_an_import_are_one_operation(tmp_path: Path, app: App, monkeypatch: pytest.MonkeyPatch):
    for number in range(7):
        app.call("remember", {"text": f"Note {'abcdefg'[number] * 5} of the harbour"})
    content = out(app, tmp_path / "x.jsonl")
    monkeypatch.setattr(portable, "_BATCH", 2)
    with open_app(Config(tmp_path / "other", durability="normal")) as other:
        imported = put(other, tmp_path / "x.jsonl", content)
        assert (imported.memories, other.call("status", {}).journal) == (7, 4)
        assert out(other, tmp_path / "y.jsonl") == content
        other.call("undo", {"operation": imported.operation})
        assert other.call("list", {}).total == 0
        assert other.call("verify", {}).ok


def test_two_stores_that_read_the_same_session_in_parts_can_be_joined(app: App, tmp_path: Path):
    def talk(*numbers: int) -> str:
        path = tmp_path / f"{numbers}.jsonl"
        path.write_text(
            "\n".join(
                json.dumps({"session": "s", "id": str(n), "speaker": "A", "text": f"line {n} of the talk"})
                for n in numbers
            )
        )
        return str(path)

    with open_app(Config(tmp_path / "other", durability="normal")) as other:
        app.call("import", {"path": talk(2, 3)})
        other.call("import", {"path": talk(0, 1, 2)})
        imported = put(app, tmp_path / "x.jsonl", out(other, tmp_path / "y.jsonl"))
    assert (imported.turns, imported.unchanged) == (2, 1)
    assert app.call("status", {}).turns == 4
    assert app.call("verify", {}).ok
