"""How long a memory lives, what use does to that, how recall treats its layer, and that a sweep shows before it does."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.test_told import Agent
from clocks import START, Clock
from everlore.app import lines
from everlore.app.app import App
from everlore.app.open import open_app
from everlore.core.config import Config
from everlore.core.errors import InvalidInput

HOUR, DAY = 3_600_000, 86_400_000
SPANS = {"short": 6 * HOUR, "mid": 7 * DAY}


def keep(app: App, text: str, **more: Any) -> str:
    return str(app.call("remember", {"text": text, **more}).id)


def memory(app: App, uid: str) -> Any:
    return app.call("get", {"id": uid}).memory


def content(app: App) -> bytes:
    with app.read() as unit:
        return b"\n".join(map(msgspec.json.encode, lines.lines(unit, None)))


def sweep(app: App, **more: Any) -> list[tuple[str, str]]:
    return [(one.id, one.what) for one in app.call("sweep", {"apply": True, **more}).memories]


def use(app: App, uid: str, times: int = 1) -> None:
    for _ in range(times):
        app.call("feedback", {"id": uid, "verdict": "helpful"})


def recalled(app: App, query: str, **more: Any) -> list[str]:
    return [item.id for item in app.call("recall", {"query": query, **more}).items]


def ends(app: App, uid: str) -> int | None:
    with app.read() as unit:
        row = unit.one("memory_by_uid", uid=uid)
    assert row is not None
    end: int | None = row[16]
    return end


@pytest.mark.parametrize(("tier", "span"), SPANS.items())
def test_a_tier_lives_its_span_and_no_longer(app: App, clock: Clock, tier: str, span: int):
    uid = keep(app, "The heron nests by the weir", tier=tier)
    clock.now = START + span - 100
    assert sweep(app) == []
    assert recalled(app, "heron weir") == [uid]
    clock.now = START + span + 100
    assert recalled(app, "heron weir") == [], "what has expired is not recalled, swept or not"
    assert memory(app, uid).state == "active"
    assert sweep(app) == [(uid, "archived")]
    assert memory(app, uid).state == "archived"


def test_a_long_memory_lives_for_good(app: App, clock: Clock):
    uid = keep(app, "The heron nests by the weir")
    clock.advance(days=36_000)
    assert (sweep(app), memory(app, uid).expires) == ([], None)


def test_a_span_of_its_own_is_put_off_by_use_and_a_date_is_not(app: App, clock: Clock):
    spanned = keep(app, "The heron nests by the weir", ttl=3600)
    dated = keep(app, "The otter sleeps by the mill", expires="2026-03-02T12:00:00Z")
    clock.advance(seconds=1800)
    end = ends(app, dated)
    use(app, spanned)
    use(app, dated)
    assert abs((ends(app, spanned) or 0) - clock.now - HOUR) < 100
    assert ends(app, dated) == end
    clock.advance(days=1)
    assert dict(sweep(app)) == {spanned: "archived", dated: "archived"}


def test_what_is_pinned_outlives_date_and_span(app: App, clock: Clock):
    pinned = [
        keep(app, "The heron nests by the weir", tier="short", pinned=True),
        keep(app, "The otter sleeps by the mill", expires="2026-03-03", pinned=True),
    ]
    clock.advance(days=400)
    assert sweep(app, below=1.0) == []
    assert [memory(app, uid).state for uid in pinned] == ["active"] * 2
    assert [memory(app, uid).strength for uid in pinned] == [1.0] * 2
    assert recalled(app, "heron weir") == [pinned[0]], "it is exempt from its end, so recall finds it"
    assert recalled(app, "otter mill") == [pinned[1]]
    app.call("set", {"id": pinned[0], "unpinned": True})
    assert sweep(app) == [(pinned[0], "archived")]


def test_five_uses_in_a_tier_promote_and_four_do_not(app: App, clock: Clock):
    uid = keep(app, "The heron nests by the weir", tier="short")
    use(app, uid, 4)
    assert sweep(app) == []
    use(app, uid)
    assert sweep(app) == [(uid, "promoted")]
    assert memory(app, uid).tier == "mid"
    assert abs((ends(app, uid) or 0) - clock.now - 7 * DAY) < 100
    use(app, uid, 4)
    assert sweep(app) == [], "uses count from the promotion on"
    use(app, uid)
    assert sweep(app) == [(uid, "promoted")]
    assert (memory(app, uid).tier, ends(app, uid)) == ("long", None)


def test_recalling_is_a_use(app: App):
    uid = keep(app, "The heron nests by the weir", tier="short")
    for _ in range(5):
        assert recalled(app, "heron weir") == [uid]
    app.uses.flush(app.store)
    assert memory(app, uid).uses == 5
    assert sweep(app) == [(uid, "promoted")]


def test_promotion_by_hand_puts_the_end_off_and_undo_brings_it_back(app: App):
    uid = keep(app, "The heron nests by the weir", tier="short")
    before = content(app)
    operation = app.call("set", {"id": uid, "tier": "mid"}).operation
    assert (memory(app, uid).tier, (ends(app, uid) or 0) > START + 6 * DAY) == ("mid", True)
    app.call("undo", {"operation": operation})
    assert _without_beliefs(content(app)) == _without_beliefs(before)


def test_a_sweep_that_only_shows_changes_no_byte(app: App, clock: Clock):
    for number, more in enumerate(
        ({"tier": "short"}, {"tier": "mid"}, {"expires": "2026-03-03"}, {}, {"pinned": True, "tier": "short"})
    ):
        keep(app, f"Heron number {'abcde'[number] * 4} nests by the weir", **more)
    used = keep(app, "The otter sleeps by the mill", tier="short")
    use(app, used, 5)
    clock.advance(days=30)
    before, entries = content(app), app.call("status", {}).journal
    shown = app.call("sweep", {"below": 0.9})
    assert (shown.applied, shown.operation, len(shown.memories) >= 4) == (False, None, True)
    assert (content(app), app.call("status", {}).journal) == (before, entries)
    done = app.call("sweep", {"below": 0.9, "apply": True})
    assert [(one.id, one.what) for one in done.memories] == [(one.id, one.what) for one in shown.memories]


@pytest.mark.parametrize(
    ("kind", "layer"), [("convention", 1), ("preference", 1), ("fact", 2), ("decision", 2), ("failure", 2), ("page", 2)]
)
def test_the_layer_follows_from_the_kind_and_says_so(app: App, kind: str, layer: int):
    shown = memory(app, keep(app, "The heron nests by the weir", kind=kind))
    assert (shown.layer, shown.placed) == (layer, f"by its kind, {kind}")
    chosen = memory(app, keep(app, "The otter sleeps by the mill", kind=kind, layer=3))
    assert (chosen.layer, chosen.placed) == (3, "chosen")


def test_layer_zero_of_a_node_is_full_with_twenty_and_says_why(app: App):
    ids = [keep(app, f"Rule {chr(97 + n) * 5} of the house holds", layer=0, namespace="acme/web") for n in range(21)]
    assert [memory(app, uid).layer for uid in ids] == [0] * 20 + [1]
    assert memory(app, ids[20]).placed == "layer 0 of acme/web is full with 20 memories"
    assert memory(app, keep(app, "Rule zzzzz of the house holds", layer=0, namespace="acme/api")).layer == 0
    app.call("forget", {"id": ids[0]})
    app.call("set", {"id": ids[20], "layer": 0})
    assert memory(app, ids[20]).layer == 0
    late = keep(app, "Rule yyyyy of the house holds", layer=2, namespace="acme/web")
    app.call("set", {"id": late, "layer": 0})
    assert (memory(app, late).layer, "full" in memory(app, late).placed) == (1, True)


def test_layer_three_is_not_told_unasked_but_is_found_by_recall(app: App, tmp_path: Path):
    agent = Agent(app, tmp_path / "web", "s1")
    hidden = keep(app, "Always oil the heron gate before the tests", kind="convention", layer=3, namespace="acme/web")
    shown = keep(app, "Always rinse the otter pool after the tests", kind="convention", layer=1, namespace="acme/web")
    told = agent.starts() + agent.asks("When do we oil the heron gate and rinse the otter pool?")
    assert "otter pool" in told
    assert "heron gate" not in told
    assert recalled(app, "heron gate", namespace="acme/web", kinds=["memory"]) == [hidden]
    assert recalled(app, "otter pool", namespace="acme/web", kinds=["memory"]) == [shown]


def test_what_is_pinned_is_told_after_its_end_and_what_is_not_is_not(app: App, clock: Clock, tmp_path: Path):
    for text, pinned in (("Always oil the heron gate", True), ("Always rinse the otter pool", False)):
        keep(app, text, kind="convention", namespace="acme/web", tier="short", pinned=pinned)
    clock.advance(days=2)
    told = Agent(app, tmp_path / "web", "s1").starts()
    assert ("heron gate" in told, "otter pool" in told) == (True, False)


def test_nothing_is_set_that_is_so_already(app: App):
    uid = keep(app, "The heron nests by the weir", tier="short", layer=1)
    for given_again in ({"tier": "short"}, {"layer": 1}, {"pinned": False}):
        with pytest.raises(InvalidInput):
            app.call("set", {"id": uid, **given_again})


def _without_beliefs(text: bytes) -> list[Any]:
    found = [msgspec.json.decode(line) for line in text.splitlines()]
    for line in found:
        for revision in line.get("revisions", []):
            del revision["beliefs"]
    return found


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), st.integers(1, 9 * 24)),
        st.tuples(st.just("use"), st.integers(0, 3)),
        st.tuples(st.just("recall"), st.integers(0, 3)),
        st.tuples(st.just("sweep"), st.booleans()),
    ),
    max_size=14,
)
MADE = st.lists(
    st.fixed_dictionaries({}, optional={
        "tier": st.sampled_from(["short", "mid", "long"]), "ttl": st.integers(60, 10**6), "expires": st.sampled_from(["2026-03-03", "2026-03-20"]),
        "pinned": st.booleans(), "importance": st.sampled_from([0.0, 0.5, 1.0]),
    }), min_size=4, max_size=4,
)  # fmt: skip
TEXTS = [
    "The heron nests by the weir",
    "The otter sleeps by the mill",
    "A badger digs under the barn",
    "Two cranes stand in the pond",
]
ORDER = ["short", "mid", "long"]


@settings(max_examples=25)
@given(MADE, STEPS)
def test_use_only_ever_puts_an_end_off_and_a_sweep_undone_was_never(
    made: list[dict[str, Any]], steps: list[tuple[str, Any]]
):
    clock = Clock()
    with (
        TemporaryDirectory() as directory,
        open_app(Config(Path(directory) / "home", start_daemon=False), clock=clock) as app,
    ):
        ids = [keep(app, text, **more) for text, more in zip(TEXTS, made, strict=True)]
        dated = {uid: ends(app, uid) for uid, more in zip(ids, made, strict=True) if "expires" in more}
        for what, number in steps:
            before = {uid: (ends(app, uid), ORDER.index(memory(app, uid).tier)) for uid in ids}
            if what == "wait":
                clock.advance(seconds=number * 3600)
            elif what == "use" and memory(app, ids[number]).state == "active":
                use(app, ids[number])
            elif what == "recall":
                app.call("recall", {"query": TEXTS[number]})
                app.uses.flush(app.store)
            elif what == "sweep":
                was = content(app)
                swept = app.call("sweep", {"apply": True, "below": 0.4 if number else 0.0})
                if swept.operation:
                    assert content(app) != was
                    done = content(app)
                    undone = app.call("undo", {"operation": swept.operation})
                    assert _without_beliefs(content(app)) == _without_beliefs(was)
                    app.call("undo", {"operation": undone.operation})
                    assert _without_beliefs(content(app)) == _without_beliefs(done)
                for one in swept.memories:
                    shown = memory(app, one.id)
                    assert not shown.pinned
                    assert (shown.state == "archived") == (one.what == "archived")
            for uid in ids:
                end, tier = ends(app, uid), ORDER.index(memory(app, uid).tier)
                assert tier >= before[uid][1]
                assert end is None or (before[uid][0] is not None and end >= before[uid][0])
                assert uid not in dated or end == dated[uid]
        assert app.call("verify", {}).ok
