"""The proof: a word goes in through a hook, comes back out of recall, and is gone."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from commanding import Lore
from everlore.app import proving
from everlore.app.app import App
from everlore.app.open import open_app
from everlore.core.config import Config
from everlore.sessions import spool
from everlore.sessions.clients import client_of
from everlore.surfaces import daemon
from everlore.surfaces.doctor import proof
from everlore.surfaces.doctor.machine import Machine


@pytest.fixture
def lore(tmp_path: Path) -> Iterator[Lore]:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    lore = Lore(home, HOME=str(tmp_path), EVERLORE_PORT="0", EVERLORE_MODEL="none")
    try:
        yield lore
    finally:
        daemon.stop(str(home))


@pytest.fixture
def machine(lore: Lore) -> Iterator[Machine]:
    with open_app(Config(lore.home, model="none")) as app:
        yield Machine(app, None)


def assert_no_trace(app: App) -> None:
    """Assert that nothing of a proof can be recalled, listed or handed over, and that the store is whole."""
    assert app.call("recall", {"query": "the word of this proof", "namespace": proving.NAMESPACE}).items == []
    assert app.call("recall", {"query": "the word of this proof"}).items == []
    assert app.call("status", {}).turns == 0
    assert app.call("handoff-list", {}).handoffs == []
    assert app.call("sessions", {}).sessions == []
    assert app.call("verify", {}).ok
    assert spool.names(str(app.config.home)) == []


@pytest.mark.parametrize("client", proof.PROMPTS)
def test_what_a_proof_sends_is_read_by_its_client(client: str) -> None:
    event, payload = proof.PROMPTS[client]
    (found,) = client_of(client, {}).read(event, payload("s1", "/x/y", "The word is x"), {}, "/x/y")
    assert (found.session, found.cwd) == ("s1", "/x/y")
    assert "The word is x" in found.text


def test_a_hook_without_a_server_is_proved_and_forgotten(machine: Machine) -> None:
    for _ in range(2):
        (found,) = proof.prove(machine, "claude-code", proof.own_command("claude-code"))
        assert found.state == "ok", found
        assert_no_trace(machine.app)


def test_a_hook_with_a_server_is_proved_and_forgotten(lore: Lore, machine: Machine) -> None:
    lore.json("up")
    for client in ("codex", "gemini-cli"):
        (found,) = proof.prove(machine, client, proof.own_command(client))
        assert found.state == "ok", found
    assert_no_trace(machine.app)
    assert lore.json("recall", "the word of this proof")["items"] == []


def test_what_was_stored_in_the_same_batch_stays_and_undo_passes_over_the_proof(
    machine: Machine, tmp_path: Path
) -> None:
    app, place = machine.app, tmp_path / "work"
    place.mkdir()
    kept = app.call("remember", {"text": "Deploys need two reviews"})
    said = {
        "session_id": "s",
        "cwd": str(place),
        "prompt": "why is the quay closed",
        "hook_event_name": "UserPromptSubmit",
    }
    delivery = {"key": spool.key(), "client": "claude-code", "event": "UserPromptSubmit", "at": 1, "payload": said}
    spool.put(str(app.config.home), delivery)
    (found,) = proof.prove(machine, "codex", proof.own_command("codex"))
    assert found.state == "ok", found
    assert app.call("recall", {"query": "why is the quay closed"}).items != []
    assert app.call("status", {}).turns == 1
    assert app.call("undo", {}).undid == kept.operation


def test_a_hook_that_is_not_there_fails_or_says_nothing_is_a_failure(machine: Machine, tmp_path: Path) -> None:
    (found,) = proof.prove(machine, "claude-code", [str(tmp_path / "lore"), "hook", "claude-code"])
    assert (found.state, "No such file" in found.said) == ("failing", True)
    (found,) = proof.prove(machine, "claude-code", [sys.executable, "-c", "import sys; sys.exit(3)"])
    assert (found.state, "status 3" in found.said) == ("failing", True)


def test_a_hook_that_keeps_nothing_is_a_failure(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof, "PATIENCE", 1.0)
    machine.app.call("remember", {"text": "Deploys need two reviews"})
    (found,) = proof.prove(machine, "claude-code", [sys.executable, "-c", "pass"])
    assert (found.state, found.said) == ("failing", "what a hook was told is not in the store")


def test_a_hook_that_does_not_end_is_ended(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof, "PATIENCE", 0.5)
    (found,) = proof.prove(machine, "claude-code", [sys.executable, "-c", "import threading; threading.Event().wait()"])
    assert (found.state, "did not end" in found.said) == ("failing", True)


def test_the_session_of_somebody_else_is_not_taken_away(app: App, tmp_path: Path) -> None:
    lines = [{"session": "proof-1", "id": "1", "speaker": "Ann", "text": "Quay four is closed"}]
    (tmp_path / "x.jsonl").write_text("\n".join(map(json.dumps, lines)))
    app.call("import", {"path": str(tmp_path / "x.jsonl")})
    assert not proving.take_away(app, "proof-1")
    assert app.call("status", {}).turns == 1
