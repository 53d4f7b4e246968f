"""Clients on a machine: found, wired, trusted, and heard from."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from commanding import Lore
from everlore.bench.hooks import command
from everlore.surfaces import daemon


@pytest.fixture
def lore(tmp_path: Path) -> Iterator[Lore]:
    """The command line on a machine that has Claude Code, Codex and Gemini CLI, none of them wired."""
    home = tmp_path / "lore"
    home.mkdir(mode=0o700)
    for name in (".claude", ".codex", ".gemini"):
        (tmp_path / name).mkdir()
    lore = Lore(home, HOME=str(tmp_path), EVERLORE_PORT="0", EVERLORE_MODEL="none", PATH="/usr/bin:/bin")
    for name in [name for name in lore.environ if name.startswith(("CLAUDE", "CODEX", "GEMINI"))]:
        del lore.environ[name]
    try:
        yield lore
    finally:
        daemon.stop(str(home))


def finding(lore: Lore, area: str, *words: str) -> list[dict[str, Any]]:
    return [each for each in lore("doctor", "--json", *words).answer["findings"] if each["area"] == area]


def wire(lore: Lore, *names: str) -> None:
    assert lore("install", *names, "--apply").status == 0


def trust(lore: Lore) -> None:
    """Do to Codex's settings what its user's review does."""
    config = Path(lore.environ["HOME"]) / ".codex" / "config.toml"
    hooks = tomllib.loads(config.read_text())["hooks"]
    with config.open("a") as file:
        for event, groups in hooks.items():
            name = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in event).lstrip("_")
            for number in range(len(groups)):
                file.write(f'\n[hooks.state."{config}:{name}:{number}:0"]\ntrusted_hash = "sha256:0"\n')


def test_where_nothing_is_wired_it_says_how_to_begin(lore: Lore) -> None:
    (found,) = finding(lore, "clients")
    assert (found["state"], found["fix"]) == ("degraded", "`lore install --apply`")
    (found,) = finding(lore, "client claude-code")
    assert (found["state"], found["said"]) == ("note", "here, but not wired")
    (found,) = finding(lore, "proof")
    assert found["state"] == "note"
    assert not (lore.home / "everlore.db").exists()


def test_each_wired_client_is_proved_through_its_own_hook(lore: Lore) -> None:
    wire(lore, "claude-code", "gemini-cli")
    ended = lore("doctor", "--json")
    assert ended.status == 0, ended.out
    assert ended.answer["overall"] == "HEALTHY"
    proofs = [each for each in ended.answer["findings"] if each["area"].startswith("proof")]
    assert [each["area"] for each in proofs] == ["proof claude-code", "proof gemini-cli"]
    hooks = json.loads((Path(lore.environ["HOME"]) / ".claude" / "settings.json").read_text())["hooks"]
    assert (
        hooks["UserPromptSubmit"][0]["hooks"][0]["command"]
        == f"{' '.join(proofs[0]['detail']['command'])} UserPromptSubmit"
    )
    assert lore.json("status")["turns"] == 0


def test_codex_is_told_to_review_its_hooks_until_it_has(lore: Lore) -> None:
    wire(lore, "codex")
    found = finding(lore, "client codex")[-1]
    assert (found["state"], found["detail"]["trust"]) == ("degraded", "untrusted")
    assert "/hooks" in found["fix"]
    trust(lore)
    found = finding(lore, "client codex")[-1]
    assert (found["state"], found["detail"]["trust"]) == ("ok", "trusted")


def test_what_another_installation_wired_or_half_of_it_is_degraded(lore: Lore) -> None:
    wire(lore, "claude-code")
    file = Path(lore.environ["HOME"]) / ".claude" / "settings.json"
    whole = file.read_text()
    file.write_text(whole.replace(command()[0], "/opt/old/lore"))
    (found,) = finding(lore, "client claude-code")
    assert (found["state"], found["detail"]["hooks"]) == ("degraded", False)
    file.write_text("{}")
    (found,) = finding(lore, "client claude-code")
    assert (found["state"], found["detail"]["mcp"]) == ("degraded", True)
    file.write_text("{")
    (found,) = finding(lore, "client claude-code")
    assert found["state"] == "degraded"
    assert str(file) in found["said"]


def test_sessions_on_the_disk_are_compared_with_those_that_arrived(lore: Lore, tmp_path: Path) -> None:
    wire(lore, "claude-code")
    project = tmp_path / "work"
    project.mkdir()
    place = tmp_path / ".claude" / "projects" / "-work"
    place.mkdir(parents=True)
    line = {
        "type": "user",
        "sessionId": "s1",
        "uuid": "u1",
        "cwd": str(project),
        "message": {"role": "user", "content": "hello"},
    }
    for name in ("s1", "s2"):
        (place / f"{name}.jsonl").write_text(json.dumps({**line, "sessionId": name}) + "\n")
    (found,) = finding(lore, "sessions claude-code", "--no-proof")
    assert (found["state"], found["detail"]["on_disk"], found["detail"]["captured"]) == ("note", 2, 0)
    assert "--history" in found["fix"]
    said = {
        "session_id": "s1",
        "cwd": str(project),
        "hook_event_name": "UserPromptSubmit",
        "prompt": "why is the quay closed",
    }
    lore.process("hook", "claude-code", "UserPromptSubmit", input=json.dumps(said).encode(), stdin=None)
    lore.json("drain")
    (place / "s2.jsonl").unlink()
    (found,) = finding(lore, "sessions claude-code", "--no-proof")
    assert (found["state"], found["detail"]["captured"]) == ("ok", 1)
    assert "its last hook was" in finding(lore, "client claude-code", "--no-proof")[0]["said"]
    later = found["detail"]["last_hook"] / 1000 + 3600
    os.utime(place / "s1.jsonl", (later, later))
    (found,) = finding(lore, "sessions claude-code", "--no-proof")
    assert found["state"] == "degraded"
    assert "`lore install claude-code --apply`" in found["fix"]
