"""What happened lately, catching up after being away, and all that bears on a question in one budget."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.test_told import Agent
from clocks import Clock
from everlore.app.app import App
from everlore.app.caller import Caller
from everlore.app.slicing.briefing import length, span
from everlore.core import cite
from everlore.core.errors import InvalidInput

WHERE = "acme/web"
HOUR = 3_600_000


def keep(app: App, text: str, **more: Any) -> str:
    return str(app.call("remember", {"text": text, "namespace": WHERE, **more}).id)


def brief(app: App, operation: str = "briefing", **more: Any) -> Any:
    return app.call(operation, {"namespace": WHERE, **more})


def test_a_briefing_counts_everything_and_names_what_fits(app: App, clock: Clock, tmp_path: Path):
    old = keep(app, "The broker listens on port 1883")
    rule = keep(app, "Every change goes through a pull request", kind="convention")
    stale = keep(app, "The office is in Rome")
    clock.advance(days=10)
    agent = Agent(app, tmp_path / "web", "s1")
    agent.asks("Move the broker to another port")
    agent.runs("make broker")
    clock.advance(seconds=60)
    app.call("revise", {"id": old, "text": "The broker listens on port 1884"})
    learnt = keep(app, "The broker moved since port 1883 was taken", kind="decision")
    heir = keep(app, "The office is in Turin")
    app.call("supersede", {"id": stale, "by": heir})
    app.call("handoff-begin", {"text": "The broker moved; the firewall is left to do", "namespace": WHERE})
    app.call("feedback", {"id": learnt, "verdict": "wrong"})
    answer = brief(app, since="2026-03-08")
    assert {name: answer.counts[name] for name in ("sessions", "turns", "learnt", "revised", "ended", "rules", "handoffs")} == {
        "sessions": 1, "turns": 2, "learnt": 2, "revised": 1, "ended": 1, "rules": 1, "handoffs": 1,
    }  # fmt: skip
    assert "Since 2026-03-08: 1 session, 2 turns, 2 learnt, 1 revised, 1 superseded or archived, 1 rule" in answer.text
    assert any(f"id {stale} · superseded by {heir}]\n> The office is in Rome" in line for line in answer.ended)
    assert any(f"id {old}@2]\n> The broker listens on port 1884" in line for line in answer.changed)
    assert len(answer.learnt) == 2
    assert any(rule in line for line in answer.rules)
    assert any("the firewall is left to do" in line for line in answer.handoffs)
    assert any("> Move the broker to another port" in line for line in answer.sessions)
    assert len(answer.review) == answer.counts["review"]
    assert answer.text.startswith(f'<{cite.FENCE} project="acme/web"')
    small = brief(app, since="2026-03-08", budget=90)
    assert small.counts == answer.counts
    assert small.tokens <= 90


def test_a_quiet_project_says_so(app: App, clock: Clock):
    keep(app, "The broker listens on port 1883")
    clock.advance(days=30)
    assert "nothing happened" in brief(app).text
    with pytest.raises(InvalidInput, match="name a namespace"):
        app.call("briefing", {})


def test_how_long_one_was_away_says_how_much_one_is_told(app: App, clock: Clock, tmp_path: Path):
    assert [length(away) for away in (0, HOUR, 30 * HOUR, 10 * 24 * HOUR, 60 * 24 * HOUR, None)] == [
        200,
        500,
        1_000,
        2_000,
        3_000,
        3_000,
    ]
    assert [span(ms) for ms in (1, 60_000, 2 * HOUR, 24 * HOUR)] == [
        "less than a minute",
        "1 minute",
        "2 hours",
        "1 day",
    ]
    keep(app, "The broker listens on port 1883")
    agent = Agent(app, tmp_path / "web", "s1")
    agent.asks("Look at the broker, please, and say what you see")
    first = brief(app, "explore", client="claude-code")
    assert (first.away, first.budget) == ("never there before", 3_000)
    clock.advance(days=3)
    later = keep(app, "The firewall lets port 1884 through", kind="decision")
    back = brief(app, "explore", client="codex", session="s2")
    assert (back.away, back.budget) == ("3 days", 1_000)
    assert [later in line for line in back.learnt] == [True]
    again = brief(app, "explore", client="codex", session="s1")
    assert again.away == "never there before"  # its own session is none that it comes back from
    assert brief(app, "explore", since="2026-03-01", budget=300).budget == 300


def test_a_briefing_tells_nothing_of_other_projects_and_nothing_private(app: App):
    keep(app, "Ours to know: the broker is red")
    app.call("remember", {"text": "The shop is green", "namespace": "acme/shop"})
    app.call(
        "remember",
        {"text": "My own tunnel is blue", "namespace": WHERE, "visibility": "private"},
        Caller("robin", "mcp"),
    )
    app.call("agent-register", {"name": "wren", "place": "acme/shop"}, Caller("person", "python"))
    for caller, words in (
        (Caller("finch", "mcp"), {"red"}),
        (Caller("robin", "mcp"), {"red", "blue"}),
        (Caller("wren", "mcp"), set()),
    ):
        for operation in ("briefing", "explore"):
            answer: Any = app.call(operation, {"namespace": WHERE}, caller)
            assert {word for word in ("red", "green", "blue") if word in answer.text} == words, (caller, operation)
            assert answer.counts["learnt"] == len(words)


def test_all_that_bears_on_a_question_comes_in_one_budget(app: App, tmp_path: Path):
    agent = Agent(app, tmp_path / "web", "s1")
    agent.asks("The broker port has to change, which one is free on the firewall?")
    agent.tells("Stop", last_assistant_message="Port 1884 is free on the firewall, so the broker takes that.")
    agent.tells("SessionEnd")
    keep(app, "The broker is restarted with make broker", kind="procedure")
    port = keep(app, "The broker listens on port 1884 behind the firewall")
    app.call("compile", {"namespace": WHERE})
    answer = brief(app, "context-assemble", query="Which port of the firewall does the broker take?")
    assert port in {each.id for section in answer.sections for each in section.items}
    assert {each.kind for each in answer.turns} == {"turn"}
    assert any("Port 1884 is free" in each.text for each in answer.turns)
    assert answer.playbook
    assert f"id {answer.playbook}@" in answer.text
    assert "how work is done here]" in answer.text
    assert answer.text.count("make broker") >= 1
    small = brief(app, "context-assemble", query="Which port of the firewall does the broker take?", budget=200)
    assert small.tokens <= 200
    nothing: Any = app.call("context-assemble", {"query": "anything", "cwd": str(tmp_path)})
    assert (nothing.text, nothing.namespace) == ("", None)


def test_a_moment_that_is_to_come_is_refused(app: App) -> None:
    app.call("remember", {"text": "The harbour opens at six", "namespace": "acme/web"})
    for operation in ("briefing", "explore"):
        with pytest.raises(InvalidInput, match="still to come"):
            app.call(operation, {"namespace": "acme/web", "since": "tomorrow"})


def test_a_rule_is_told_once_and_what_did_not_fit_is_counted(app: App) -> None:
    for number in range(12):
        app.call(
            "remember",
            {"text": f"Rule {number}: gate {number} is shut at night", "namespace": "acme/web", "kind": "convention"},
        )
    whole = app.call("briefing", {"namespace": "acme/web", "budget": 5_000})
    assert (len(whole.rules), whole.learnt, whole.left_out) == (12, [], 0)
    assert app.call("briefing", {"namespace": "acme/web", "budget": 200}).left_out > 0
