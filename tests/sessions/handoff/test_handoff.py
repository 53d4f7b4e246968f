"""Handoffs of the sessions that ship with the bench, and what holds for those of any turns."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from everlore.bench.handoff import SHIPPED, said, written
from everlore.sessions.handoff import LIMIT, Facts, Handoff, Line, Said, as_json, build, check, render
from everlore.sessions.tools import tool_detail

SESSIONS: dict[str, Any] = {
    each["session"]: each for each in json.loads((SHIPPED / "sessions.json").read_text("utf-8"))
}
WANTED: list[Any] = json.loads((SHIPPED / "handoffs.json").read_text("utf-8"))
FACTS = Facts("claude-code", "s1", 1_772_442_000_000, 1_772_445_600_000, "/home/ada/shop", "main")
MEND = "Mend the nightly export"


def turns(*each: tuple[str, str] | tuple[str, str, dict[str, Any]]) -> list[Said]:
    """Return turns: a role and words, or a tool, its command or file, and how it ended."""
    made = []
    for position, (role, text, *more) in enumerate(each):
        how = more[0] if more else {}
        event = {"user": "prompt", "assistant": "answer"}.get(role, "tool_result")
        if role not in {"user", "assistant"}:
            detail = tool_detail(role, {"command" if role == "Bash" else "file_path": text}) | how
            event = how.get("event", "tool_failure" if how.get("exit") else event)
            made.append(
                Said(f"t{position}", position, "tool", event, f"{role} {text}\n{how.get('output', '')}", None, detail)
            )
        else:
            made.append(Said(f"t{position}", position, role, event, text))
    return made


def made(*each: Any) -> Handoff:
    """Return the handoff of some turns, which there is and in which nothing is made up."""
    given = turns(*each)
    handoff = build(given, FACTS)
    assert handoff is not None
    assert check(handoff, given) == []
    return handoff


@pytest.mark.parametrize("wanted", WANTED, ids=lambda each: each["session"])
def test_a_handoff_names_what_the_next_session_needs_and_nothing_that_is_not_so(wanted: dict[str, Any]):
    text, invented = written(SESSIONS[wanted["session"]])
    assert [pattern for pattern in wanted["must"] if not re.search(pattern, text)] == []
    assert [pattern for pattern in wanted["must_not"] if re.search(pattern, text)] == []
    assert invented == []
    assert len(text) <= LIMIT


WORDS = st.text(max_size=900) | st.sampled_from([
    "use postgres, never sqlite. limit 40", "no, rather 50", "yes", "what now?", "Next: the tests still fail.", "x " * 2_000, "<system-reminder>", "\n" * 50,
])  # fmt: skip
SPOKEN = st.tuples(st.sampled_from(["user", "assistant"]), WORDS)
TOOLS = st.tuples(
    st.sampled_from(["Bash", "Edit", "Write"]),
    st.text(min_size=1, max_size=300)
    | st.sampled_from(["pytest -q tests/a.py", "git commit -m x", "git mv a.py b.py", "make"]),
    st.fixed_dictionaries({"output": WORDS}, optional={"exit": st.integers(0, 2), "event": st.just("tool_call")}),
)


@given(st.lists(SPOKEN | TOOLS, max_size=40), st.integers(300, LIMIT))
@example([("user", MEND), ("Edit", "\r", {}), ("Edit", "a.py", {})], 300)
def test_of_any_turns_the_text_keeps_its_limit_and_each_line_was_said(each: list[Any], limit: int):
    given = turns(*each)
    handoff = build(given, FACTS)
    if handoff is not None:
        assert len(render(handoff, limit)) <= limit
        assert check(handoff, given) == []
        assert json.loads(json.dumps(as_json(handoff)))["facts"]["session"] == "s1"


def test_where_a_session_worked_leaves_room_for_what_it_did():
    given = turns(("user", MEND), ("Edit", "a.py"))
    handoff = build(given, replace(FACTS, cwd="/home/ada/" + "deep/" * 800 + "shop"))
    assert handoff is not None
    assert len(render(handoff)) <= LIMIT
    assert "deep/shop. Numbers" in render(handoff)
    assert MEND in render(handoff)


def test_a_line_that_nobody_said_is_found():
    given = turns(("user", MEND), ("Edit", "export.py"), ("assistant", "The export is mended."))
    handoff = build(given, FACTS)
    assert handoff is not None
    altered = replace(handoff, last_said=(Line("The export is mended and tested.", 2),))
    assert check(altered, given) == ["The export is mended and tested."]
    assert check(replace(handoff, files=(Line("import.py", 1, "1 edit"),)), given) == ["import.py"]


@pytest.mark.parametrize("each", [
    [], [("user", "hello")], [("user", MEND)], [("user", "What is a lease?"), ("assistant", "A promise that ends.")],
    [("user", "hi"), ("assistant", "Hello!"), ("user", "thanks")], [("Bash", "ls"), ("assistant", "Nothing was asked.")],
], ids=["empty", "greeting", "unanswered", "question", "greetings", "unasked"])  # fmt: skip
def test_a_session_that_did_nothing_hands_over_nothing(each: list[Any]):
    assert build(turns(*each), FACTS) is None


@pytest.mark.parametrize(("later", "stays"), [
    ("pytest -q tests/test_a.py::test_one", False), ("pytest -q tests/test_a.py", False), ("pytest", False), ("cd web && pytest tests", False),
    ("pytest -q tests/test_b.py", True), ("ruff check", True),
])  # fmt: skip
def test_a_run_that_failed_is_named_until_one_that_covers_it_passed(later: str, stays: bool):
    failed = ("Bash", "pytest -q tests/test_a.py::test_one", {"exit": 1, "output": "FAILED tests/test_a.py::test_one"})
    handoff = made(("user", MEND), failed, ("Edit", "a.py"), ("Bash", later, {"exit": 0}))
    assert [line.quote for line in handoff.failing][:1] == (["pytest -q tests/test_a.py::test_one"] if stays else [])


def test_of_a_failure_its_reason_is_quoted_and_not_the_summary_after_it():
    output = "--- FAIL: TestLease (0.00s)\n    lease_test.go:9: got 2, want 1\nFAIL\nFAIL\tcmd/lease\t0.1s"
    handoff = made(("user", MEND), ("Bash", "go test ./...", {"exit": 1, "output": output}))
    quoted = [line.quote for line in handoff.failing]
    assert quoted == ["go test ./...", "--- FAIL: TestLease (0.00s)", "lease_test.go:9: got 2, want 1"]


def test_a_command_that_was_cut_off_is_said_to_have_been_running():
    started, ran = ("Bash", "make load", {"event": "tool_call"}), ("Bash", "make", {"exit": 0})
    handoff = made(("user", MEND), ran, started)
    assert [(line.quote, line.note) for line in handoff.failing] == [("make load", "was running at the end, no result")]
    assert "make load" not in {line.quote for line in handoff.commands}
    assert made(("user", MEND), ran, started, ("Bash", "make load", {"exit": 0})).failing == ()
    assert made(("user", MEND), ran, started, ("user", "leave that, write the docs")).failing == ()
    assert made(("user", MEND), started).failing == (), "it is not known whether the client tells what comes of calls"
    again = ("Bash", "make", {"event": "tool_call", "call": "c2"})
    assert [line.quote for line in made(("user", MEND), (*ran[:2], {"exit": 0, "call": "c1"}), again).failing] == [
        "make"
    ]


def test_a_call_and_what_came_of_it_are_one_edit():
    call, result, failure = (
        ("Edit", "a.py", {"event": event, "call": "c1"}) for event in ("tool_call", "tool_result", "tool_failure")
    )
    assert [line.note for line in made(("user", MEND), call, result).files] == ["1 edit"]
    assert [line.note for line in made(("user", MEND), call).files] == ["1 edit"]
    assert made(("user", MEND), call, failure).files == ()


@pytest.mark.parametrize(("older", "newer", "left"), [
    ("max nodes 6", "budget says max nodes 4", []),
    ("DictReader, und immer 500 Zeilen pro Transaktion", "nimm 2000 Zeilen pro Transaktion", ["DictReader"]),
    ("pass a token object down", "scratch the token object, use signals", []),
    ("the title is “Your first week”", "rename it to “Your first two days”", []),
    ("at most 366 days, please", "please default to the last 28 days", ["at most 366 days, please"]),
    ("minSdk goes to 26", "sorry, minSdk 24", []),
    ("El límite de la página, 200 filas", "Perdona: límite de la página 150 filas", []),
    ("retries 3 with a pause", "the timeout is 30", ["retries 3 with a pause"]),
    ("see section 4 of the design", "and read section 5 too", ["see section 4 of the design"]),
])  # fmt: skip
def test_what_was_replaced_within_the_session_is_not_handed_over(older: str, newer: str, left: list[str]):
    handoff = made(
        ("user", MEND),
        ("Edit", "a.py"),
        ("user", older),
        ("Edit", "a.py"),
        ("user", newer),
        ("user", "go ahead with b.py now"),
    )
    assert [line.quote for line in handoff.decided if line.position == 2] == left
    assert newer in {line.quote for line in handoff.decided}


def test_what_an_agent_proposed_is_decided_only_when_it_was_accepted():
    proposal = "I'd put the leases into a heap."
    for reply, notes in (("yes, do that", ["accepted"]), ("a heap is too slow here", [])):
        handoff = made(
            ("user", MEND), ("assistant", proposal), ("user", reply), ("Edit", "a.py"), ("assistant", "Done.")
        )
        assert [line.note for line in handoff.decided if line.quote == proposal] == notes
        assert proposal not in {line.quote for line in handoff.todo} or notes


def test_a_file_that_was_moved_goes_by_its_new_name():
    handoff = made(("user", MEND), ("Edit", "/home/ada/shop/a.py"), ("Bash", "git mv a.py lib/b.py && ls", {"exit": 0}))
    assert [line.quote for line in handoff.files] == ["lib/b.py"]


def test_thousands_of_turns_make_one_handoff():
    session = SESSIONS["long"]
    given = said([turn for _ in range(14) for turn in session["turns"]])
    assert len(given) > 2_000
    handoff = build(given, FACTS)
    assert handoff is not None
    assert len(render(handoff)) <= LIMIT
    assert check(handoff, given) == []


def test_things_to_do_that_were_made_one_by_one_are_told_as_they_stand():
    handoff = made(
        ("user", MEND),
        *(
            ("TaskCreate", "", {"task": {"content": what, "status": "pending"}, "output": f"Task #{number} created successfully: {what}"})
            for number, what in ((4, "write the test"), (5, "mend the job"), (6, "tell Ada"), (7, "dropped"))
        ),
        ("TaskUpdate", "", {"task": {"id": "4", "status": "completed"}}),
        ("TaskUpdate", "", {"task": {"id": "5", "status": "in_progress"}}),
        ("TaskUpdate", "", {"task": {"id": "6", "content": "tell Ada and Bo"}}),
        ("TaskUpdate", "", {"task": {"id": "7", "status": "completed"}}),
        ("TaskUpdate", "", {"task": {"id": "9", "status": "in_progress"}}),
    )  # fmt: skip
    assert [(line.quote, line.note) for line in handoff.todo] == [
        ("mend the job", "in progress"),
        ("tell Ada and Bo", "pending"),
    ]
