from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from everlore.core import namespaces as paths
from everlore.core.errors import InvalidInput, NotFound
from everlore.sessions.intake import UNKNOWN
from everlore.store import namespaces
from everlore.store.sqlite import SqliteStore


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with SqliteStore(tmp_path / "everlore.db") as opened:
        yield opened


def test_a_namespace_is_made_with_its_ancestors_and_found_again(store: SqliteStore):
    with store.write() as unit:
        web = namespaces.ensure(unit, "acme/web", 1)
        assert namespaces.ensure(unit, "acme/web", 2) == web
        acme = namespaces.find(unit, "acme")
        assert acme is not None
        assert web.lineage == (*acme.lineage, web.id)
        assert namespaces.by_id(unit, web.id) == web


def test_a_namespace_has_the_same_uid_in_every_store(store: SqliteStore, tmp_path: Path):
    with SqliteStore(tmp_path / "other.db") as other, store.write() as one, other.write() as two:
        namespaces.ensure(two, "something/else", 1)
        assert namespaces.ensure(one, "Acme/Web", 1).uid == namespaces.ensure(two, "acme/web", 1).uid


@pytest.mark.parametrize(
    ("wanted", "near"), [("acme/wep", "acme/web"), ("web", "acme/web"), ("zzz", "acme"), ("a_b", "acme"), ("a%", "")]
)
def test_a_namespace_that_is_not_there_is_answered_with_candidates(store: SqliteStore, wanted: str, near: str):
    with store.write() as unit:
        namespaces.ensure(unit, "acme/web", 1)
        if not near:
            with pytest.raises(InvalidInput):
                namespaces.require(unit, wanted)
            return
        with pytest.raises(NotFound) as missing:
            namespaces.require(unit, wanted)
    assert near in missing.value.hint


def test_whether_a_subtree_holds_everything_is_known(store: SqliteStore):
    with store.write() as unit:
        acme, other = namespaces.ensure(unit, "acme", 1), namespaces.ensure(unit, "other", 1)
        web = namespaces.ensure(unit, "acme/web", 1)
        assert namespaces.covers_everything(unit, acme)
        session = {"agent": None, "started": None, "ended": None, "recorded": 1, **UNKNOWN}
        unit.run("session_insert", uid="s", namespace=web.id, external="s", **session)
        assert namespaces.covers_everything(unit, acme)
        assert not namespaces.covers_everything(unit, other)
        unit.run("session_insert", uid="t", namespace=other.id, external="t", **session)
        assert not namespaces.covers_everything(unit, acme)


@given(st.lists(st.from_regex(r"\A[^\W_][\w.-]{0,20}\Z"), min_size=1, max_size=8))
def test_every_path_of_sound_segments_is_read(segments: list[str]):
    if any(".." in segment for segment in segments):
        return
    assert paths.parse("/".join(segments)) == tuple(segments)
    assert paths.parse(f" /{'/'.join(segments)}/ ") == tuple(segments)


@given(st.text(max_size=30))
def test_any_text_is_a_path_or_refused_by_name(text: str):
    try:
        segments = paths.parse(text, "where")
    except InvalidInput as error:
        assert (error.field, bool(error.hint)) == ("where", True)
    else:
        assert all(segment and ".." not in segment and "/" not in segment for segment in segments)
