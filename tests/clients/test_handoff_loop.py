"""Whole agents: one works and is killed, the next is told where it stopped, and its model gets to read it."""

from __future__ import annotations

import json
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from clients.agents import CLIENTS, Client, Person, end, ours, start
from clients.model import HANG, Step, playing

pytestmark = [pytest.mark.client, pytest.mark.timeout(240)]

GOAL = "Mend the nightly export, it fails since the upgrade"
CHECK = "sh check.sh"
FAILURE = "FAILED tests/test_export.py::test_batches - MemoryError"
TODO = "read invoices in batches of 500"
WORDS = "The batches must not be larger than 500. Next I'd mend the reader in export.py."


@pytest.fixture
def person(tmp_path: Path) -> Iterator[Person]:
    home, project = tmp_path / "home", tmp_path / "home" / "src" / "billing"
    project.mkdir(parents=True)
    (project / "check.sh").write_text(f"echo '{FAILURE}'\nexit 1\n")
    subprocess.run(["git", "init", "-q", "-b", "mend-export", str(project)], check=True)
    found = Person(home, project)
    yield found
    found.lore("down")
    until = time.monotonic() + 10
    while ours(found.memory) and time.monotonic() < until:
        time.sleep(0.05)
    assert ours(found.memory) == []


def work(person: Person, client: Client, *, and_die: bool) -> None:
    """Run a session that runs a failing command, writes a file, notes what is left, and is killed or ends."""
    steps: list[Step] = [
        client.ran(CHECK),
        client.wrote(person.project / "export.py", "batch = 500"),
        client.listed(TODO),
    ]
    with playing(*steps, HANG if and_die else WORDS) as model:
        command, environ = client.command(person, model, GOAL)
        process = start(command, person.project, environ)
        try:
            if and_die:
                assert model.hanging.wait(90), "the model was not asked"
                person.wait_for_turns(GOAL, CHECK, "export.py")
            else:
                process.communicate(timeout=60)
        finally:
            printed = end(process)
    assert model.requests, printed[-3000:]
    assert not [step for step in model.played if isinstance(step, str) and step.startswith("there is no")], model.played


def go_on(person: Person, client: Client) -> str:
    """Run another session and return the first request that its model gets to read."""
    with playing(client.ran("true"), "Done.") as model:
        command, environ = client.command(person, model, "Go on with the export")
        process = start(command, person.project, environ)
        try:
            process.communicate(timeout=60)
        finally:
            printed = end(process)
    assert model.requests, printed[-3000:]
    return model.read(0)


def is_told(request: str, *, todo: bool) -> None:
    missing = [each for each in (GOAL, "export.py", CHECK, FAILURE, "mend-export") if each not in request]
    assert missing == []
    assert not todo or TODO in request
    assert "everlore-memory" in request


@pytest.mark.parametrize("served", [False, True], ids=["alone", "served"])
@pytest.mark.parametrize("name", CLIENTS)
def test_a_killed_session_is_taken_up_where_it_stopped(person: Person, name: str, served: bool) -> None:
    client = CLIENTS[name]
    person.lore("install", name, "--apply")
    if served:
        person.lore("up")
    work(person, client, and_die=True)
    is_told(go_on(person, client), todo=client.todo is not None)
    handoffs = json.loads(person.lore("handoff", "list", "--json"))["handoffs"]
    assert {each["state"] for each in handoffs if each["occasion"] == "left"} <= {"claimed", "done"}
    person.lore("mine", "--history")
    said = Counter((turn["session"], turn["role"], " ".join(turn["text"].split())) for turn in person.turns())
    assert [each for each, times in said.items() if times > 1] == []
    assert served or ours(person.memory) == []


@pytest.mark.parametrize("served", [False, True], ids=["alone", "served"])
def test_what_one_client_leaves_another_takes_up_and_a_third_is_not_told_it_again(person: Person, served: bool) -> None:
    person.lore("install", "codex", "opencode", "gemini-cli", "--apply")
    if served:
        person.lore("up")
    work(person, CLIENTS["codex"], and_die=False)
    second = go_on(person, CLIENTS["opencode"])
    is_told(second, todo=False)
    assert "by the session of codex" in second
    assert "had not ended by then" not in second
    assert WORDS.partition(".")[0] in second
    third = go_on(person, CLIENTS["gemini-cli"])
    assert "by the session of opencode" in third
    assert "by the session of codex" not in third
    said = Counter((turn["session"], turn["role"], turn["text"]) for turn in person.turns())
    assert [each for each, times in said.items() if times > 1] == []
    assert served or ours(person.memory) == []
