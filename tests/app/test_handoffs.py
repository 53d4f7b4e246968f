"""What sessions leave to the next ones, through the operations and as a client is told it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from everlore.app.app import App
from everlore.sessions import spool

Told = tuple[str, dict[str, Any]]
START: Told = ("SessionStart", {"source": "startup"})
MEND = "Mend the nightly export"
ASKED: Told = ("UserPromptSubmit", {"prompt": MEND})
ANSWERED: Told = ("Stop", {"last_assistant_message": "I look into it."})
FAILED: Told = ("PostToolUseFailure", {"tool_name": "Bash", "tool_input": {"command": "sh check.sh"}, "tool_use_id": "t1", "error": "Exit code 3"})  # fmt: skip
SECRET = "gh" + "p_" + "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hI6"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository."""
    path = tmp_path / "src" / "billing"
    subprocess.run(["git", "init", "-q", str(path)], check=True)
    return path


def spooled(app: App, project: Path, client: str, session: str, *events: Told) -> None:
    """Leave deliveries in the spool, as hooks do with nobody there to take them."""
    for event, more in events:
        payload = {"session_id": session, "cwd": str(project), "hook_event_name": event, **more}
        assert spool.put(str(app.config.home), {
            "key": spool.key(), "client": client, "event": event, "at": app.clock(), "cwd": str(project), "env": {}, "payload": payload,
        })  # fmt: skip


def told(app: App, project: Path, client: str, session: str, event: str, **more: Any) -> str:
    """Deliver an event and return what its client is to print."""
    payload = {"session_id": session, "cwd": str(project), "hook_event_name": event, **more}
    request = {"client": client, "event": event, "payload": json.dumps(payload), "cwd": str(project)}
    return str(app.call("hook", request).output)


def test_a_session_that_ended_in_order_is_handed_over_once_when_all_of_it_is_stored_at_once(app: App, project: Path):
    spooled(app, project, "claude-code", "one", START, ASKED, FAILED, ("SessionEnd", {"reason": "other"}))
    output = told(app, project, "codex", "two", "SessionStart", source="startup")
    assert "Mend the nightly export" in output
    assert "had not ended by then" not in output
    listed: Any = app.call("handoff-list", {})
    (handoff,) = listed.handoffs
    assert (handoff.occasion, handoff.state, handoff.client) == ("session end", "offered", "claude-code")


def test_a_session_that_was_only_told_to_go_on_hands_over_its_work_and_what_it_took_up(app: App, project: Path):
    spooled(app, project, "claude-code", "one", START, ASKED, FAILED, ("SessionEnd", {"reason": "other"}))
    told(app, project, "codex", "two", "SessionStart", source="startup")
    ran = {
        "tool_name": "Bash",
        "tool_input": {"command": "sh other.sh"},
        "tool_use_id": "t2",
        "tool_response": "Exit code: 1",
    }
    told(app, project, "codex", "two", "UserPromptSubmit", prompt="continue")
    told(app, project, "codex", "two", "PostToolUse", **ran)
    told(app, project, "codex", "two", "SessionEnd")
    output = told(app, project, "gemini-cli", "three", "SessionStart", source="startup")
    assert "sh other.sh" in output
    assert "Mend the nightly export" in output


@pytest.mark.parametrize("capture", ["all", "talk"])
def test_a_command_that_ran_when_its_session_was_killed_is_told_from_the_client_s_record(
    app: App, project: Path, tmp_path: Path, capture: str
):
    (project / ".everlore.toml").write_text(f'capture = "{capture}"')
    record = tmp_path / "one.jsonl"
    command = f"deploy --token {SECRET}"
    calls = [{"type": "tool_use", "id": f"c{number}", "name": "Bash", "input": {"command": run}} for number, run in enumerate(("make", command))]  # fmt: skip
    results = [{"type": "tool_result", "tool_use_id": "c0", "content": "made"}]
    lines = [("user", MEND), ("assistant", calls), ("user", results)]
    record.write_text("".join(
        json.dumps({"type": role, "uuid": f"u{number}", "sessionId": "one", "cwd": str(project), "message": {"role": role, "content": said}}) + "\n"
        for number, (role, said) in enumerate(lines)
    ))  # fmt: skip
    at = {"transcript_path": str(record)}
    spooled(
        app,
        project,
        "claude-code",
        "one",
        *(
            (event, {**more, **at})
            for event, more in (START, ASKED, FAILED, ANSWERED, ("UserPromptSubmit", {"prompt": "And tell Ada"}))
        ),
    )
    told(app, project, "codex", "two", "SessionStart", source="startup")
    (handoff,) = app.call("handoff-list", {}).handoffs
    assert SECRET not in handoff.text
    assert "make" not in handoff.text
    line = "- deploy --token [redacted:github-token] (was running at the end, no result) [the client's record]"
    assert (line in handoff.text) == (capture == "all")
