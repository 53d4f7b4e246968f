"""`lore install-instructions`: what agents are told, where, and how it goes again."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from everlore.app.operations import BY_NAME
from everlore.core.tokens import estimate
from everlore.surfaces.agents.edits import END, MANAGED, START, Block, Managed
from everlore.surfaces.agents.wiring import instructions, skill_text
from surfaces.agents.test_install import Machine

FILES = {
    "claude-code": ("CLAUDE.md", ".claude/skills/everlore-memory/SKILL.md"),
    "codex": ("AGENTS.md", ".agents/skills/everlore-memory/SKILL.md"),
    "gemini-cli": ("GEMINI.md", None),
    "opencode": ("AGENTS.md", ".opencode/skills/everlore-memory/SKILL.md"),
}


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine with a project, in which its command line runs."""
    machine = Machine(tmp_path)
    project = machine.home / "web"
    (project / ".git").mkdir(parents=True)
    machine.lore_.directory = project
    return machine


def test_every_tool_that_is_named_is_shown_by_default() -> None:
    named = set(re.findall(r"`([a-z]+)`", instructions()))
    assert named >= {"recall", "remember", "handoff", "timeline"}
    assert [name for name in named if not BY_NAME[name].default] == []
    assert estimate(instructions()) < 350
    for asked in ("have we discussed", "catch me up", "where did we leave off", "remember this", "annotate as a rule"):
        assert asked in instructions()


@pytest.mark.parametrize("client", FILES)
def test_instructions_come_once_and_go_to_the_byte(client: str, machine: Machine) -> None:
    name, skill = FILES[client]
    machine.write(f"web/{name}", "# Ours\r\n\r\nUse tabs.\r\n")
    before = machine.files()
    shown = machine.run("install-instructions", client)
    assert (shown.status, machine.files()) == (0, before)
    assert "--apply" in shown.err
    assert machine.run("install-instructions", client, "--apply").status == 0
    lines = machine.text(f"web/{name}").split("\r\n")
    assert lines[:3] == ["# Ours", "", "Use tabs."]
    assert (lines.count(START), lines.count(END)) == (1, 1)
    assert machine.files(backups=True)
    if skill:
        text = machine.text(f"web/{skill}")
        assert text.startswith("---\nname: everlore-memory\n")
        assert MANAGED in text.split("\n")
    files, backups = machine.files(), machine.files(backups=True)
    assert set(files) - set(before) == ({f"web/{skill}"} if skill else set())
    machine.run("install-instructions", client, "--apply")
    assert (machine.files(), machine.files(backups=True)) == (files, backups)
    assert machine.run("install-instructions", client, "--remove").status == 0
    assert machine.files() == files
    assert machine.run("install-instructions", client, "--remove", "--apply").status == 0
    assert machine.files() == before
    assert not (machine.home / "web" / ".claude").exists()


def test_a_skill_of_another_is_left_alone(machine: Machine) -> None:
    skill = machine.write("web/.claude/skills/everlore-memory/SKILL.md", "---\nname: mine\n---\nMine.\n")
    ended = machine.run("install-instructions", "claude-code", "--apply")
    assert ended.status == 1
    assert "not ours" in ended.out
    assert skill.read_text() == "---\nname: mine\n---\nMine.\n"
    assert START in machine.text("web/CLAUDE.md")
    machine.run("install-instructions", "claude-code", "--remove", "--apply")
    assert skill.read_text() == "---\nname: mine\n---\nMine.\n"
    assert not (machine.home / "web" / "CLAUDE.md").exists()


def test_for_a_user_they_are_what_install_writes_and_uninstall_takes_both(machine: Machine) -> None:
    (machine.home / ".claude").mkdir()
    machine.run("install-instructions", "claude-code", "--user", "--apply")
    assert START in machine.text(".claude/CLAUDE.md")
    assert not (machine.home / ".claude" / "settings.json").exists()
    (change,) = [
        each
        for each in machine.lore_.json("install", "claude-code")["clients"][0]["files"]
        if each["path"].endswith("CLAUDE.md")
    ]
    assert change["state"] == "same"
    machine.run("uninstall", "claude-code", "--apply")
    assert machine.files() == {}


def test_the_doctor_tells_of_instructions_that_are_gone_or_old(machine: Machine) -> None:
    machine.run("install-instructions", "gemini-cli", "claude-code", "--apply")

    def told() -> list[tuple[str, list[str]]]:
        found = json.loads(machine.run("doctor", "--json", "--no-proof").out)["findings"]
        return [(each["state"], each["detail"]["files"]) for each in found if each["area"] == "instructions"]

    assert told() == [("ok", [])]
    path = machine.write("web/GEMINI.md", machine.text("web/GEMINI.md").replace("recall", "search"))
    assert told() == [("note", [str(path)])]


def test_where_there_is_no_project_nothing_is_written(machine: Machine) -> None:
    machine.lore_.directory = machine.home
    ended = machine.run("install-instructions", "claude-code", "--apply")
    assert ended.status != 0
    assert machine.files() == {}


@pytest.mark.parametrize("begin", ["<!-- everlore:start -->", "<!-- everlore:begin -->"])
def test_a_block_of_an_earlier_version_is_replaced_in_its_place(begin: str) -> None:
    text = f"above\n\n{begin}\nold\n{END}\n\nbelow `{START}` in a line\n"
    put = Block("new").put(text)
    assert put == f"above\n\n{START}\nnew\n{END}\n\nbelow `{START}` in a line\n"
    assert Block("new").put(put) == put


def test_a_file_is_ours_only_as_long_as_it_says_so() -> None:
    edit = Managed(skill_text())
    assert (edit.put(""), edit.take(edit.put("")), edit.take("theirs")) == (skill_text(), "", "theirs")
