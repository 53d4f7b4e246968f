"""The speed bench on a very small store: every row is there, and the floor holds the same rows."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any

import apsw
import pytest

from everlore.app.app import App
from everlore.bench import speed, workload
from everlore.bench.floor import Floor
from everlore.bench.served import serving
from everlore.core.config import Config
from everlore.core.errors import InvalidInput, StoreUnavailable


def test_every_operation_is_timed_beside_its_floor(user: App, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in (("ROUNDS", 3), ("LEAST", 2), ("COLD", 1)):
        monkeypatch.setattr(speed, name, value)
    answer: Any = user.call(
        "bench", {"what": "ops", "size": 120, "data": str(tmp_path), "out": str(tmp_path / "ops.json")}
    )
    report = answer.report
    assert (report["turns"], report["memories"]) == (120, 120)
    assert report["passages"] >= 240
    assert report["operations"].keys() == {
        "session start", "recall", "recall scoped", "recall as of", "recall cold", "slice", "get", "history", "check-duplicate", "remember", "taxonomy",
    }  # fmt: skip
    assert report["http"].keys() == {"session start", "recall", "remember"}
    for rows in (report["operations"], report["http"], report["command line"]):
        for name, row in rows.items():
            assert 0 < row["p50_ms"] <= row["p95_ms"] <= row["p99_ms"], name
            assert row["ratio"] == pytest.approx(row["p50_ms"] / row["floor p50_ms"], rel=0.1, abs=0.02), name
    assert report["import"]["turns/s"] > 0
    assert report["bytes"]["turns"]["store"] > report["bytes"]["turns"]["text"] > 10_000
    assert (tmp_path / "ops.json").stat().st_size > 1000
    assert not list(tmp_path.glob("everlore-bench-*")), "the store it worked in is gone"


def test_ops_needs_a_directory_to_work_in(user: App, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as refused:
        user.call("bench", {"what": "ops", "data": str(tmp_path / "nowhere")})
    assert refused.value.field == "data"


def test_generated_work_is_the_same_each_time_and_no_two_memories_are_alike() -> None:
    one, two = (list(islice(workload.turns(300), 300)) for _ in range(2))
    assert one == two
    assert {project for project, _ in one} <= set(workload.PROJECTS)
    texts = [draft.text for _, draft in workload.memories(2000)]
    assert len(set(texts)) == 2000
    asked = workload.questions(300)
    assert asked[:40] == workload.questions(40)
    assert len(set(asked)) == 300


def test_generated_words_are_as_unevenly_spread_as_real_ones() -> None:
    counts = Counter(workload.Prose(1).take(20_000))
    assert counts.most_common(1)[0][1] > 400, "the commonest word is very common"
    assert sum(number == 1 for number in counts.values()) > 1000, "many words are rare"


def test_the_floor_finds_what_it_holds(tmp_path: Path) -> None:
    floor = Floor(tmp_path / "floor.db")
    floor.fill(
        [(f"u{n}", f"p{n % 2}", f"the ferry {n} leaves from pier {'north' if n == 7 else 'south'}") for n in range(20)]
    )
    floor.insert("last", "p0", "a heron on the northern pier")
    assert floor.search("what leaves from the north pier?")[0][0] == "u7"
    assert floor.search("the north pier", namespace="p0") != floor.search("the north pier", namespace="p1")
    assert floor.get("u3")[0][2] == "the ferry 3 leaves from pier south"
    assert [row[1] for row in floor.newest("p0", 2)] == ["last", "u18"]
    assert floor.search("???") == []
    floor.close()
    with apsw.Connection(str(tmp_path / "floor.db")) as plain:
        assert plain.execute("SELECT count(*) FROM item").fetchall() == [(21,)]


def test_a_server_that_cannot_start_is_told_with_its_last_words(tmp_path: Path) -> None:
    (tmp_path / "everlore.db").write_bytes(b"not a database at all, but long enough to be looked at" * 50)
    (tmp_path / "config.toml").write_text("port = 'none'\n", "utf-8")
    with pytest.raises(StoreUnavailable) as failed, serving(Config(tmp_path, model="none")):
        raise AssertionError("it must not come up")
    assert "port" in failed.value.hint
