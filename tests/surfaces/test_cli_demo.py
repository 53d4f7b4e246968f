"""`lore demo` shows what it promises, on a page that fits, in a home of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from commanding import Ended, Lore


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def shown(home: Path) -> Ended:
    return Lore(home / "own")("demo", "--home", str(home / "demo"), "--no-model")


def test_it_ends_well(shown: Ended) -> None:
    assert (shown.status, shown.err) == (0, "")
    assert "308 turns in 14 sessions" in shown.out
    assert "recall goes by words alone" in shown.out


def test_it_fits_a_hundred_columns(home: Path, shown: Ended) -> None:
    assert shown.status == 0
    ended = Lore(home / "own", COLUMNS="100", NO_COLOR="1")(
        "demo", "--home", str(home / "wide"), "--no-model", terminal=True
    )
    wide = [line for line in ended.out.split("\n") if len(line) > 100]
    assert [line for line in wide if str(home) not in line and "/bin/lore" not in line] == []


def test_it_recalls_with_dates_and_sources(shown: Ended) -> None:
    assert "35th percentile" in shown.out
    assert "2026-09-15-claude-code-1" in shown.out
    assert "fake-hwclock" in shown.out
    assert "never upgrade the broker and the" in " ".join(shown.out.lower().split())


def test_a_changed_value_comes_with_what_it_superseded(shown: Ended) -> None:
    newest, before = shown.out.index("on port 9310"), shown.out.index("superseded on 2026-09-16")
    assert newest < before
    old = shown.out[shown.out.index("--as-of 2026-09-12") :]
    assert "8091" in old[: old.index("\n\n")]


def test_a_question_about_nothing_is_not_answered(shown: Ended) -> None:
    assert "(nothing relevant is remembered)" in shown.out


def test_a_change_is_taken_back(shown: Ended) -> None:
    assert "kept, superseding" in shown.out
    assert "30 is now 45" in shown.out
    assert "30 seconds stand again" in shown.out


def test_it_ends_with_how_to_connect_an_agent(shown: Ended) -> None:
    ending = shown.out[shown.out.index("Now your own agents") :]
    for words in ("claude mcp add", "[mcp_servers.everlore]", '"mcp": {"everlore"', "lore serve"):
        assert words in ending


def test_the_store_it_leaves_is_whole_and_can_be_asked(home: Path, shown: Ended) -> None:
    assert shown.status == 0
    lore = Lore(home / "demo")
    assert lore.json("verify")["ok"] is True
    assert "just snapshot kelp" in lore("recall", "How do I migrate the production database?").out


def test_it_can_be_run_again(home: Path, shown: Ended) -> None:
    assert shown.status == 0
    again = Lore(home / "own")("demo", "--home", str(home / "demo"), "--no-model")
    assert again.status == 0
    assert "308 turns in 14 sessions" in again.out


def test_it_does_not_touch_a_store_that_is_not_its_own(tmp_path: Path) -> None:
    lore = Lore(tmp_path)
    kept = lore.json("remember", "Deploys need two reviews")["id"]
    ended = lore("demo", "--home", str(tmp_path))
    assert (ended.status, ended.out) == (4, "")
    assert lore.json("get", kept)["memory"]["id"] == kept
