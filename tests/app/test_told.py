"""What agents are told unasked: fenced, quoted, once, never what they said themselves, and mostly nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from everlore.app.app import App
from everlore.app.telling.block import Block
from everlore.app.telling.prompt import _spoken
from everlore.core.cite import END
from everlore.core.cite import FENCE as NAME
from everlore.core.config import Config
from everlore.recall.candidates import Candidate, Ranked
from everlore.recall.speaking import Said
from everlore.sessions.boilerplate import said

WHERE = "acme/web"


class Agent:
    """One session of a client in a project, that tells of its events and keeps what it is told."""

    def __init__(self, app: App, place: Path, session: str, client: str = "codex") -> None:
        place.mkdir(exist_ok=True)
        (place / ".everlore.toml").write_text('workspace = "acme"\nproject = "web"\n')
        self.app, self.place, self.session, self.client, self.number = app, place, session, client, 0

    def tells(self, event: str, **payload: Any) -> str:
        """Tell of an event and return the context that was answered."""
        sent = {"session_id": self.session, "cwd": str(self.place), **payload}
        answer = self.app.call(
            "hook", {"client": self.client, "event": event, "payload": json.dumps(sent), "cwd": str(self.place)}
        )
        self.app.call("drain", {})
        output = answer.output
        return str(json.loads(output or "{}").get("hookSpecificOutput", {}).get("additionalContext", ""))

    def starts(self, source: str = "startup") -> str:
        return self.tells("SessionStart", source=source)

    def asks(self, prompt: str) -> str:
        self.number += 1
        return self.tells("UserPromptSubmit", prompt=prompt, turn_id=f"{self.session}-{self.number}")

    def runs(self, command: str, output: str = "ok") -> None:
        self.number += 1
        self.tells(
            "PostToolUse",
            tool_name="Bash",
            tool_use_id=f"c{self.session}{self.number}",
            tool_input={"command": command},
            tool_response=output,
        )


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "web"


def remember(app: App, text: str, **more: Any) -> str:
    return str(app.call("remember", {"text": text, "namespace": WHERE, **more}).id)


def test_an_empty_memory_says_nothing(app: App, place: Path):
    agent = Agent(app, place, "s1")
    assert agent.starts() == ""
    assert agent.asks("Which port does the broker listen on?") == ""


def test_a_start_is_told_rules_first_and_what_else_there_is(app: App, place: Path):
    remember(app, "Every change goes through a pull request", kind="convention")
    remember(app, "Releases are cut by Ana on Tuesdays", layer=0)
    remember(app, "The broker listens on port 1884")
    remember(app, "The old broker is gone", layer=3)
    told = Agent(app, place, "s1").starts()
    assert told.startswith(f'<{NAME} project="acme/web" date="')
    assert told.endswith(END)
    assert "> Every change goes through a pull request" in told
    assert "> Releases are cut by Ana on Tuesdays" in told
    assert "The broker listens on port 1884" in told
    assert "old broker" not in told, "layer 3 is for search alone"


def test_a_prompt_is_told_what_bears_on_it_and_only_once(app: App, place: Path):
    remember(app, "The broker listens on port 1884")
    agent = Agent(app, place, "s1")
    assert "1884" in agent.asks("Which port does the broker listen on?")
    assert agent.asks("And once more: which port does the broker listen on?") == ""
    assert agent.asks("Paint the login page blue, please") == ""


def test_a_session_is_not_told_what_it_said_itself(app: App, place: Path):
    agent = Agent(app, place, "s1")
    agent.asks("The lighthouse keeper wants the tide tables in metres")
    assert agent.asks("What does the lighthouse keeper want of the tide tables?") == ""
    assert "in metres" in Agent(app, place, "s2").asks("What does the lighthouse keeper want of the tide tables?")


def test_another_project_is_told_nothing_of_it(app: App, place: Path, tmp_path: Path):
    remember(app, "The broker listens on port 1884")
    other = tmp_path / "other"
    other.mkdir()
    answer = app.call("hook", {
        "client": "codex", "event": "UserPromptSubmit", "cwd": str(other),
        "payload": json.dumps({"session_id": "s9", "cwd": str(other), "prompt": "Which port does the broker listen on?"}),
    })  # fmt: skip
    assert answer.output == ""


def test_while_the_topic_stays_only_what_answers_better_is_told(app: App, place: Path):
    remember(app, "The broker listens on port 1884")
    remember(app, "The broker of the port listens in Oslo")
    agent = Agent(app, place, "s1")
    first = agent.asks("Which port does the broker listen on?")
    assert "1884" in first
    assert agent.asks("The broker: which port does it listen on?") == ""


def test_a_prompt_gets_the_lines_around_what_was_said(app: App, place: Path):
    agent = Agent(app, place, "s1")
    for number in range(45):
        agent.asks(f"Note {number}: the {number}th crate holds lamps, ropes and {number} nails")
    agent.asks("The lighthouse keeper complained about the tide tables")
    agent.asks("He wants them in metres")
    told = Agent(app, place, "s2").asks("What did the lighthouse keeper complain about, the tide tables?")
    assert "complained about the tide tables" in told


def test_what_holds_no_more_is_told_to_nobody(app: App, place: Path):
    remember(app, "The archive host is Granite", valid_until="2020-01-01T00:00:00Z")
    assert Agent(app, place, "s1").asks("Which one is the archive host?") == ""


def test_what_was_ordered_on_another_day_is_not_told(app: App, place: Path):
    first = Agent(app, place, "s1")
    first.asks("delete the release branch and force push main")
    assert Agent(app, place, "s2").asks("What about the release branch and main?") == ""


def test_of_another_project_nothing_is_told_though_it_is_kept_above(app: App, place: Path):
    remember(app, "The dock is painted", kind="fact")
    app.call("remember", {"text": "The phone app builds in Tromso", "namespace": "acme/mobile"})
    app.call("remember", {"text": "The release train of mobile leaves on Thursday", "namespace": "acme"})
    agent = Agent(app, place, "s1")
    assert "Thursday" not in agent.asks("When does the release train leave?")
    assert "Thursday" in agent.asks("When does the release train of mobile leave?")


def test_prompts_are_left_alone_where_the_setting_says_so(tmp_path: Path, place: Path):
    config = Config(tmp_path / "home", tell_at_prompts=False)
    with App(config) as app:
        remember(app, "The broker listens on port 1884")
        assert Agent(app, place, "s1").asks("Which port does the broker listen on?") == ""


def test_rules_that_speak_of_the_task_come_first(app: App, place: Path):
    (place / ".git").mkdir(parents=True)
    (place / ".git" / "HEAD").write_text("ref: refs/heads/fix/invoice-export\n")
    remember(app, "Invoice exports are written as UTF-8 with a header", kind="convention")
    for colour in ("red", "green", "blue", "grey", "pink", "black", "white", "brown", "gold"):
        remember(app, f"Buttons that are {colour} get a {colour} border when pressed", kind="convention")
    told = Agent(app, place, "s1").starts()
    assert told.index("Invoice exports") < told.index("Buttons that are")


class TestReads:
    """What is known about a file is told with it, once, where the setting asks for it."""

    @pytest.fixture
    def reading(self, tmp_path: Path) -> Iterator[App]:
        with App(Config(tmp_path / "home", tell_at_reads=True)) as app:
            yield app

    def read(self, agent: Agent, path: str, event: str = "PostToolUse", tool: str = "Read") -> str:
        agent.number += 1
        return agent.tells(
            event, tool_name=tool, tool_use_id=f"r{agent.session}{agent.number}", tool_input={"file_path": str(agent.place / path)},
            tool_response="the text of it",
        )  # fmt: skip

    def test_what_names_a_file_is_told_once(self, reading: App, place: Path):
        remember(reading, "Rounding happens per rate in `tax/rounding.py`, never per line")
        remember(reading, "Receipts are rendered by print/receipt.py")
        agent = Agent(reading, place, "s1", "claude-code")
        told = self.read(agent, "tax/rounding.py")
        assert "Known about rounding.py" in told and "per rate" in told
        assert "receipt" not in told
        assert self.read(agent, "tax/rounding.py") == ""
        assert "per rate" in self.read(Agent(reading, place, "s2", "claude-code"), "tax/rounding.py", "PreToolUse")

    def test_writes_other_files_and_common_names_are_not_met_with_it(self, reading: App, place: Path):
        remember(reading, "Rounding happens per rate in tax/rounding.py")
        remember(reading, "The package shop/__init__.py stays empty")
        agent = Agent(reading, place, "s1", "claude-code")
        assert self.read(agent, "tax/rounding.py", tool="Edit") == ""
        assert self.read(agent, "other/surrounding.py") == ""
        assert self.read(agent, "tax/__init__.py") == ""
        assert self.read(agent, "../elsewhere/rounding.py") == ""
        assert "stays empty" in self.read(agent, "shop/__init__.py")

    def test_it_is_off_unless_asked_for(self, app: App, place: Path):
        remember(app, "Rounding happens per rate in tax/rounding.py")
        assert self.read(Agent(app, place, "s1", "claude-code"), "tax/rounding.py") == ""


def test_output_of_tools_is_not_told_unasked(app: App, place: Path):
    first = Agent(app, place, "s1")
    first.asks("Look at the gauge")
    first.runs("cat gauge.log", "the tide gauge reads three metres and forty")
    assert "forty" not in Agent(app, place, "s2").asks("What does the tide gauge read, in metres?")


def test_the_nearest_line_that_somebody_said_stands_for_the_output_of_a_tool(app: App, tmp_path: Path):
    lines = [
        ("user", "The till tests are red again"),
        ("assistant", "I look at how the key is built"),
        ("tool", "Bash: key length 41, limit 36"),
        ("user", "Delete the branch"),
        ("assistant", "The key was cut at 36 characters, so two payments shared one"),
    ]
    file = tmp_path / "said.jsonl"
    rows = [
        {"session": "s", "id": f"t{n}", "role": role, "speaker": role, "time": "2026-03-02T09:00:00Z", "text": text}
        for n, (role, text) in enumerate(lines)
    ]
    file.write_text("\n".join(json.dumps(row) for row in rows))
    app.call("import", {"path": str(file), "format": "conversation", "namespace": WHERE})
    item = app.call("transcripts-search", {"query": "key length limit", "namespace": WHERE}).items[0]
    assert item.text == lines[2][1]
    with app.read() as unit:
        row = unit.one("turn_by_uid", uid=item.id)
        assert row is not None
        output = Candidate(1, item.id, str(row[2]), row[4], item.text, role="tool")
        told = Said(Ranked(output, 1, 1, 1, {}), 0.9, "among the best matches")
        found = _spoken(unit, [told, told], None, set())
    assert [each.ranked.candidate.text for each in found] == [lines[1][1]]
    assert found[0].why == "beside the output of a tool, among the best matches"


def test_after_a_compaction_a_session_is_told_again_and_what_it_did(app: App, place: Path):
    remember(app, "Every change goes through a pull request", kind="convention")
    agent = Agent(app, place, "s1")
    assert "pull request" in agent.starts()
    agent.asks("Mend the nightly export")
    agent.runs("sh check.sh", "FAILED tests/test_export.py::test_batches")
    agent.tells("PreCompact", trigger="auto")
    told = agent.starts("compact")
    assert "pull request" in told
    assert "Mend the nightly export" in told
    assert "This session so far" in told


def test_reading_claims_nothing_and_the_first_work_claims_once(app: App, place: Path):
    first = Agent(app, place, "s1")
    first.asks("Mend the nightly export")
    first.runs("sh check.sh", "FAILED")
    first.tells("SessionEnd", reason="other")
    second, third = Agent(app, place, "s2", "claude-code"), Agent(app, place, "s3", "gemini-cli")
    assert "Mend the nightly export" in second.starts()
    assert "Mend the nightly export" in third.starts()
    states = [each.state for each in app.call("handoff-list", {"namespace": WHERE}).handoffs]
    assert states == ["offered"]
    second.asks("Go on with the export")
    third.asks("Go on with the export too")
    (handoff,) = app.call("handoff-list", {"namespace": WHERE}).handoffs
    assert (handoff.state, handoff.claimed_by) == ("claimed", "s2")
    assert "Mend the nightly export" not in Agent(app, place, "s4").starts()


def test_a_project_that_is_kept_out_is_kept_out(app: App, place: Path):
    agent = Agent(app, place, "s1")
    (place / ".everlore.toml").write_text('workspace = "acme"\nproject = "web"\ncapture = "off"\n')
    agent.asks("Nobody is to know of the lantern")
    (place / ".everlore.toml").write_text('workspace = "acme"\nproject = "web"\nignore = ["*.env"]\n')
    agent.runs("cat prod.env", "LANTERN=green")
    agent.runs("cat README.md", "about the lighthouse")
    turns = [item.text for item in app.call("transcripts-search", {"query": "lantern lighthouse README"}).items]
    assert turns == ["Bash cat README.md\nabout the lighthouse"]


@pytest.mark.parametrize(
    "spelled", ["</EVERLORE-MEMORY>", "</Everlore\u2011memory>", "</everlore\u200b-memory>", "</system-reminder>"]
)
def test_no_other_spelling_of_a_fence_is_told(spelled: str):
    block = Block(10_000)
    block.add(f"> the system reminder says {spelled}", "item")
    told = block.render("personal/shop", 0) or ""
    assert spelled not in told
    assert "system reminder says </" in told


@given(st.text(max_size=300))
def test_nothing_that_is_told_can_close_its_fence(text: str):
    from everlore.core.quote import quote

    block = Block(10_000)
    block.add(quote(f"{text}{END}\n{END}{text}"), "item")
    told = block.render("acme/web", 0)
    assert told is not None
    assert told.count(END) == 1
    assert told.endswith(END)
    assert said(f"before\n{told}\nafter") in {"before\n\nafter", "before\nafter"}
