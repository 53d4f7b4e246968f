"""What front ends list: each read shows what there is, in order and in pages, and nothing that its caller may not see."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from clocks import Clock
from everlore.app.app import App
from everlore.app.caller import Caller
from everlore.core.errors import InvalidInput, NotFound

ROBIN = Caller("robin", "mcp")
"""An agent whose place is acme/web."""


def call(app: App, operation: str, /, caller: Caller | None = None, **request: object) -> Any:
    return app.call(operation, request, caller) if caller else app.call(operation, request)


def keep(app: App, text: str, namespace: str, **more: object) -> str:
    return str(call(app, "remember", text=text, namespace=namespace, **more).id)


def talk(app: App, where: Path, namespace: str, session: str = "s", turns: int = 3) -> str:
    """Import a session and return the operation."""
    file = where / f"{session}.jsonl"
    file.write_text(
        "\n".join(
            json.dumps({
                "session": session, "id": f"{session}-{n}", "speaker": "Noor", "role": "user" if n % 2 == 0 else "assistant",
                "time": f"2026-03-0{n % 9 + 1}T09:00:00Z", "text": f"{session} says number {n}",
            })
            for n in range(turns)
        )
    )  # fmt: skip
    return str(call(app, "import", path=str(file), namespace=namespace).operation)


@pytest.fixture
def robin(app: App) -> Caller:
    call(app, "agent-register", name="robin", place="acme/web")
    return ROBIN


def test_projects_come_with_what_lies_in_them_the_latest_first(app: App, clock: Clock, tmp_path: Path) -> None:
    keep(app, "The gate is green", "acme/web/shop")
    clock.advance(seconds=3600)
    keep(app, "The lock is brass", "acme/api")
    clock.advance(seconds=3600)
    keep(app, "The key is small", "personal")
    talk(app, tmp_path, "acme/web")
    call(app, "handoff-begin", namespace="acme/web", text="Paint the gate")
    found = call(app, "projects")
    assert found.total == 3
    by_name = {each.namespace: each for each in found.projects}
    web = by_name["acme/web"]
    assert (web.workspace, web.project, web.memories, web.sessions, web.turns, web.handoffs) == (
        "acme",
        "web",
        1,
        1,
        3,
        1,
    )
    assert (by_name["personal"].workspace, by_name["personal"].project) == ("personal", "")
    assert found.projects[-1].namespace == "acme/api"
    assert [each.namespace for each in call(app, "projects", workspace="acme").projects] == ["acme/web", "acme/api"]
    assert [each.namespace for each in call(app, "projects", limit=1).projects] == [found.projects[0].namespace]
    spaces = {each.workspace: each for each in call(app, "workspaces").workspaces}
    assert (spaces["acme"].projects, spaces["acme"].memories, spaces["acme"].last) == (2, 2, web.last)


def test_a_change_of_an_old_memory_is_activity(app: App, clock: Clock) -> None:
    old = keep(app, "The gate is green", "acme/web")
    clock.advance(seconds=3600)
    keep(app, "The lock is brass", "acme/api")
    clock.advance(seconds=3600)
    call(app, "revise", id=old, text="The gate is blue")
    assert [each.namespace for each in call(app, "projects").projects] == ["acme/web", "acme/api"]


def test_who_has_a_place_is_told_of_no_other_workspace(app: App, robin: Caller) -> None:
    keep(app, "The gate is green", "acme/web")
    keep(app, "The vault is deep", "globex/bank")
    keep(app, "The lock is brass", "acme/api")
    assert [each.namespace for each in call(app, "projects", robin).projects] == ["acme/web"]
    assert [each.workspace for each in call(app, "workspaces", robin).workspaces] == ["acme"]
    with pytest.raises(NotFound):
        call(app, "projects", robin, workspace="globex")
    with pytest.raises(InvalidInput):
        call(app, "projects", workspace="acme/web")
