"""Ids, clock, configuration, tokens and the cut: the words everything else is said in."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from everlore.core import clock, ids, tokens
from everlore.core.config import Config, home_directory, load
from everlore.core.cut import PIECE, WHOLE, cut
from everlore.core.errors import CODES, EverloreError, InvalidInput, StoreFull, StoreUnavailable, refused


@given(st.lists(st.integers(0, (1 << 48) - 1), min_size=2, max_size=20, unique=True))
def test_fresh_ids_sort_by_the_time_they_were_made(times: list[int]):
    made = [ids.fresh(time) for time in times]
    assert [time for _, time in sorted(zip(made, times, strict=True))] == sorted(times)
    assert all(len(each) == 26 and each.isalnum() and each == each.lower() for each in made)


def test_fresh_ids_of_one_instant_differ():
    assert len({ids.fresh(1) for _ in range(1000)}) == 1000


@given(st.lists(st.text(), max_size=4), st.lists(st.text(), max_size=4))
def test_derived_ids_are_the_same_for_the_same_parts_only(one: list[str], two: list[str]):
    assert (ids.derived(*one) == ids.derived(*two)) == (one == two)
    assert (ids.content_hash(*one) == ids.content_hash(*two)) == (one == two)
    assert len(ids.derived(*one)) == 20


@given(st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=14)), timezone(timedelta(hours=-12))])))
def test_an_instant_comes_back_from_its_milliseconds(moment: datetime):
    try:
        milliseconds = clock.to_ms(moment)
    except OverflowError:
        assert moment.year in {1, 9999}
        return
    assert abs(clock.to_datetime(milliseconds) - moment) < timedelta(milliseconds=1)
    spelled = clock.to_iso(milliseconds)
    assert spelled is not None
    assert datetime.fromisoformat(spelled) == clock.to_datetime(milliseconds)


@pytest.mark.parametrize("milliseconds", [clock.FIRST, -1, 0, 1, clock.LAST])
def test_the_whole_calendar_can_be_written(milliseconds: int):
    spelled = clock.to_iso(milliseconds)
    assert spelled is not None
    assert clock.to_ms(datetime.fromisoformat(spelled)) == milliseconds


def test_nothing_has_no_time():
    assert clock.to_iso(None) is None


@given(
    st.text(max_size=4000)
    | st.lists(st.sampled_from(["word", " ", "\n", "\n\n", ". ", "x" * 600]), max_size=300).map("".join)
)
def test_pieces_cover_a_text_without_gaps(text: str):
    pieces = cut(text)
    assert "".join(text[start : start + length] for start, length in pieces) == text
    assert [start for start, _ in pieces] == [0, *(start + length for start, length in pieces)][:-1]
    if len(text) <= WHOLE:
        assert len(pieces) == 1
    else:
        assert all(0 < length <= PIECE for _, length in pieces)


@given(st.text(max_size=300), st.text(max_size=300))
def test_more_text_costs_no_fewer_tokens_than_either_part_alone(one: str, two: str):
    """But for white space, which becomes one token with that of the other part; words that meet at a space stay what they are."""
    one, two = one.strip(), two.strip()
    assert tokens.estimate(f"{one} {two}") >= max(tokens.estimate(one), tokens.estimate(two))
    assert tokens.estimate("") == 0


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("hello world", 2, 3),
        ("internationalization", 2, 5),
        ("1234567890", 3, 5),
        ("日本語", 3, 3),
        ("a_b", 2, 4),
        ("{}();", 1, 4),
    ],
)
def test_tokens_are_estimated_near_what_models_count(text: str, least: int, most: int):
    assert least <= tokens.estimate(text) <= most


def test_the_home_does_not_depend_on_where_one_stands(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    places = []
    for place in (tmp_path / "a", tmp_path / "b"):
        place.mkdir()
        monkeypatch.chdir(place)
        places.append(
            [
                home_directory({}),
                home_directory({"EVERLORE_HOME": "/srv/lore"}),
                home_directory({"XDG_DATA_HOME": "relative"}),
            ]
        )
    assert places[0] == places[1]
    assert home_directory({"XDG_DATA_HOME": "/data"}) == Path("/data/everlore")


def test_the_environment_wins_over_the_file(tmp_path: Path):
    (tmp_path / "config.toml").write_text('namespace = "acme"\nport = 9000\nstart_daemon = false\n')
    assert load(tmp_path, {}) == Config(tmp_path, namespace="acme", port=9000, start_daemon=False)
    found = load(tmp_path, {"EVERLORE_PORT": "9001", "EVERLORE_START_DAEMON": "yes", "EVERLORE_DURABILITY": "full"})
    assert (found.port, found.start_daemon, found.durability, found.namespace) == (9001, True, "full", "acme")


@pytest.mark.parametrize(("content", "environ", "field"), [
    ("port = ", {}, "config"), ("\xff", {}, "config"), ('prot = 1', {}, "prot"), ('port = "high"', {}, "port"), ("start_daemon = 1", {}, "start_daemon"),
    ("", {"EVERLORE_PORT": "high"}, "port"), ("", {"EVERLORE_START_DAEMON": "perhaps"}, "start_daemon"), ('durability = "none"', {}, "durability"),
    ("[port]\na = 1", {}, "port"),
])  # fmt: skip
def test_a_wrong_setting_is_named(tmp_path: Path, content: str, environ: dict[str, str], field: str):
    (tmp_path / "config.toml").write_bytes(content.encode("latin-1"))
    with pytest.raises(InvalidInput) as wrong:
        load(tmp_path, environ)
    assert wrong.value.field == field


def test_every_error_has_a_code_of_its_own():
    def leaves(kind: type[EverloreError]) -> list[type[EverloreError]]:
        return [kind, *(leaf for each in kind.__subclasses__() for leaf in leaves(each))]

    codes = [kind.code for kind in leaves(EverloreError) if kind.__module__ == "everlore.core.errors"]
    assert sorted(codes) == sorted({"error", *CODES})
    assert EverloreError("x").as_dict() == {"error": "x", "code": "error"}
    assert InvalidInput("x", hint="h", field="f").as_dict() == {
        "error": "x",
        "code": "invalid_input",
        "hint": "h",
        "field": "f",
    }


def test_what_the_system_refuses_is_our_error():
    import errno

    assert type(refused(OSError(errno.ENOSPC, "No space"), "x cannot be written")) is StoreFull
    assert type(refused(OSError(errno.EACCES, "Permission denied"), "x cannot be written")) is StoreUnavailable
    assert refused(OSError(errno.EACCES, "Permission denied"), "x cannot be written").hint
