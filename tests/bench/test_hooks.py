"""The bench of hooks, small: every state is there, every call was well, and nothing is left."""

from __future__ import annotations

from pathlib import Path

from everlore.bench import hooks


def test_every_state_is_measured_and_no_call_goes_wrong() -> None:
    said: list[str] = []
    report = hooks.measured(1, 30, 1, said.append)
    states = [
        "server up",
        "no server",
        "store locked, no server",
        "store locked, server up",
        "store corrupt",
        "session start",
    ]
    assert [name for name in report if isinstance(report[name], dict) and "tool" in report[name]] == states[:-1]
    for state in states:
        for row in report[state].values():
            assert (row["bad"], row["n"]) == (0, 1), row
            assert row["p95_ms"] > row["floor p95_ms"]
    assert report["session start"]["server up"]["told"] == 1
    assert report["session start"]["no server"]["told"] == 1
    assert set(report["left behind"].values()) == {0}
    assert (report["kills"]["lost"], report["kills"]["doubled"]) == (0, 0)
    assert said[-1] == "kills"


def test_a_call_that_goes_wrong_is_counted(tmp_path: Path) -> None:
    made = hooks.Hooks(tmp_path)
    prompt = made.prompt()
    made.call(prompt)
    assert made.bad == []
    made.environ["EVERLORE_DEBUG"] = "1"
    made.config.home.rename(tmp_path / "elsewhere")
    made.config.home.write_text("no directory")
    made.call(made.tool())
    assert len(made.bad) == 1
