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
ASKED: Told = ("UserPromptSubmit", {"prompt": "Mend the nightly export"})
FAILED: Told = ("PostToolUseFailure", {"tool_name": "Bash", "tool_input": {"command": "sh check.sh"}, "tool_use_id": "t1", "error": "Exit code 3"})  # fmt: skip


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
