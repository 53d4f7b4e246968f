"""`lore install` and `lore uninstall`, as a person runs them."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from commanding import Lore
from everlore.surfaces.agents import AGENTS
from surfaces.agents.wired import LORE, Person

VARIABLES = (
    "CLAUDE_CONFIG_DIR", "CODEX_HOME", "GEMINI_CLI_HOME", "COPILOT_HOME", "OPENCLAW_STATE_DIR", "PI_CODING_AGENT_DIR",
)  # fmt: skip


class Machine(Person):
    """A person's machine with the command line on it."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.lore_ = Lore(self.memory, HOME=str(self.home), PATH="/nowhere")
        for name in VARIABLES:
            self.lore_.environ.pop(name, None)

    def run(self, *arguments: str) -> Any:
        return self.lore_(*arguments)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    machine = Machine(tmp_path)
    machine.write(".claude/settings.json", '{\n  "model": "opus" // mine\n}\n')
    machine.write(".codex/config.toml", 'model = "x"\n')
    return machine


def test_without_apply_the_difference_is_shown_and_nothing_is_changed(machine: Machine) -> None:
    before = machine.files()
    ended = machine.run("install")
    assert ended.status == 0
    assert '+      "command": "' in ended.out
    assert f"--- {machine.home}/.claude/settings.json" in ended.out
    assert '-  "model": "opus" // mine\n+  "model": "opus", // mine' in ended.out
    assert f"{machine.home}/.codex/config.toml: would be changed" in ended.out
    assert "--apply" in ended.err
    assert machine.files() == before
    assert not machine.memory.exists()


def test_only_the_clients_on_this_machine_are_wired_unless_all_are_asked_for(machine: Machine) -> None:
    found = machine.lore_.json("install")["clients"]
    assert [each["client"] for each in found] == ["claude-code", "codex"]
    every = machine.lore_.json("install", "--all")["clients"]
    assert [each["client"] for each in every] == list(AGENTS)


def test_a_second_run_changes_no_byte_and_makes_no_backup(machine: Machine) -> None:
    machine.run("install", "--all", "--apply")
    files, backups, noted = machine.files(), machine.files(backups=True), (machine.memory / "agents.json").read_bytes()
    assert sorted(backup.partition(".everlore")[0] for backup in backups) == [
        ".claude/settings.json",
        ".codex/config.toml",
    ]
    ended = machine.run("install", "--all", "--apply")
    assert ended.status == 0
    assert "there is nothing to change" in ended.err
    assert (machine.files(), machine.files(backups=True)) == (files, backups)
    assert (machine.memory / "agents.json").read_bytes() == noted


def test_uninstalling_leaves_what_was_there_and_the_backups(machine: Machine) -> None:
    before = machine.files()
    machine.run("install", "--all", "--apply")
    shown = machine.run("uninstall")
    assert "would be removed" in shown.out
    assert machine.files() != before
    ended = machine.run("uninstall", "--apply")
    assert ended.status == 0
    assert machine.files() == before
    assert machine.files(backups=True)
    assert "there is nothing to change" in machine.run("uninstall", "--apply").err


def test_it_says_what_is_to_be_done_by_hand(machine: Machine) -> None:
    ended = machine.run("install", "codex", "claude-desktop", "--apply")
    assert "/hooks" in ended.err
    assert "Restart Claude Desktop" in ended.err
    again = machine.run("install", "codex", "--apply")
    assert "/hooks" not in again.err


def test_a_broken_file_is_refused_with_its_line_and_the_others_go_on(machine: Machine) -> None:
    broken = machine.write(".claude/settings.json", '{\n  "model": "opus"\n  "x": 1\n}\n')
    ended = machine.run("install", "--apply")
    assert ended.status == 1
    assert f"{broken}: refused: line 3: not valid JSON" in ended.out
    assert broken.read_text() == '{\n  "model": "opus"\n  "x": 1\n}\n'
    assert "everlore" in machine.text(".codex/config.toml")
    assert "everlore" in machine.text(".claude.json")
    told = machine.lore_("install", "--json").answer
    assert [file["why"] for each in told["clients"] for file in each["files"] if file["state"] == "refused"] == [
        "line 3: not valid JSON near '\"x\": 1'"
    ]


def test_a_file_that_is_no_text_or_no_file_is_refused(machine: Machine) -> None:
    (machine.home / ".claude" / "settings.json").write_bytes(b'{\n"a": "\xff"}')
    (machine.home / ".claude.json").mkdir()
    told = machine.lore_("install", "claude-code", "--apply", "--json")
    assert told.status == 1
    assert [file.get("why") for file in told.answer["clients"][0]["files"]] == [
        "line 2: not UTF-8",
        "Is a directory",
        None,
    ]


def test_a_link_stays_a_link_and_what_it_leads_to_keeps_its_mode(machine: Machine) -> None:
    dotfiles = machine.write("dotfiles/claude.json", '{"a": 1}\n')
    dotfiles.chmod(0o640)
    link = machine.home / ".claude" / "settings.json"
    link.unlink()
    link.symlink_to(os.path.relpath(dotfiles, link.parent))
    machine.run("install", "claude-code", "--apply")
    assert link.is_symlink()
    assert "SessionStart" in dotfiles.read_text()
    assert stat.S_IMODE(dotfiles.stat().st_mode) == 0o640
    (backup,) = dotfiles.parent.glob("*.everlore-backup-*")
    assert stat.S_IMODE(backup.stat().st_mode) == 0o640
    machine.run("uninstall", "claude-code", "--apply")
    assert (link.is_symlink(), dotfiles.read_text()) == (True, '{"a": 1}\n')


def test_a_file_that_changes_between_plan_and_writing_is_left_alone(tmp_path: Path) -> None:
    from everlore.surfaces.agents.writing import apply

    person = Person(tmp_path)
    person.write(".claude.json", "{}")
    changes = AGENTS["claude-code"].plan(person.context)
    person.write(".claude.json", '{"numStartups": 4}')
    done = {change.path.name: change for change in apply(changes, person.memory)}
    assert done[".claude.json"].state == "refused"
    assert done["settings.json"].state == "new"
    assert person.text(".claude.json") == '{"numStartups": 4}'


def test_an_older_lore_is_replaced_in_its_place_and_taken_out_by_any(tmp_path: Path) -> None:
    person = Person(tmp_path, lore=("/old/python", "-m", "everlore"))
    clients = tuple(AGENTS)
    person.install(*clients)
    person.lore = LORE
    assert not AGENTS["cursor"].wired(person.context).hooks
    person.install(*clients)
    assert not [name for name, data in person.files().items() if b"/old/python" in data]
    fresh = Person(tmp_path / "fresh")
    fresh.install(*clients)
    assert person.files() == fresh.files()
    (person.memory / "agents.json").unlink()
    person.lore = ("/new/lore",)
    person.uninstall(*clients)
    assert not [name for name, data in person.files().items() if b"everlore" in data or b"lore hook" in data]


def test_handlers_of_others_in_our_group_stay(tmp_path: Path) -> None:
    person = Person(tmp_path)
    person.install("claude-code")
    path = person.home / ".claude" / "settings.json"
    settings = json.loads(path.read_text())
    settings["hooks"]["Stop"][0]["hooks"].insert(0, {"type": "command", "command": "say done"})
    path.write_text(json.dumps(settings, indent=2))
    person.install("claude-code")
    stop = json.loads(path.read_text())["hooks"]["Stop"]
    assert stop[0] == {"hooks": [{"type": "command", "command": "say done"}]}
    assert len(stop) == 2
    person.uninstall("claude-code")
    assert json.loads(path.read_text()) == {
        "hooks": {"Stop": [{"hooks": [{"type": "command", "command": "say done"}]}]}
    }


def test_what_a_person_set_in_our_server_stays(tmp_path: Path) -> None:
    person = Person(tmp_path)
    person.write(
        ".cursor/mcp.json", '{"mcpServers": {"everlore": {"command": "lore", "args": ["mcp"], "env": {"A": "b"}}}}'
    )
    person.write(".config/zed/settings.json", '{"context_servers": {"everlore": {"url": "http://127.0.0.1:7717/mcp"}}}')
    person.install("cursor", "zed")
    entry = json.loads(person.text(".cursor/mcp.json"))["mcpServers"]["everlore"]
    assert (entry["command"], entry["env"]) == (LORE[0], {"A": "b"})
    assert "7717" in person.text(".config/zed/settings.json")
    person.uninstall("cursor", "zed")
    assert "7717" in person.text(".config/zed/settings.json")


def test_a_server_of_another_kind_with_our_name_is_refused(tmp_path: Path) -> None:
    person = Person(tmp_path)
    person.write(".cursor/mcp.json", '{"mcpServers": {\n"everlore": {"command": "npx", "args": ["other"]}}}')
    (refused,) = [change for change in person.install("cursor") if change.state == "refused"]
    assert refused.why == "line 2: mcpServers.everlore is another server"
    person.uninstall("cursor")
    assert "other" in person.text(".cursor/mcp.json")


def test_where_the_plugin_is_on_claude_code_has_no_hooks_of_ours_beside_it(tmp_path: Path) -> None:
    person = Person(tmp_path)
    person.install("claude-code")
    settings = json.loads(person.text(".claude/settings.json"))
    person.write(".claude/settings.json", json.dumps({**settings, "enabledPlugins": {"everlore@everlore": True}}))
    person.install("claude-code")
    assert "lore hook" not in person.text(".claude/settings.json")
    assert "everlore" not in person.text(".claude.json")
    wiring = AGENTS["claude-code"].wired(person.context)
    assert (wiring.hooks, wiring.mcp, wiring.instructions) == (True, True, True)


def test_codex_hooks_go_where_there_are_some(tmp_path: Path) -> None:
    person = Person(tmp_path)
    person.write(".codex/hooks.json", '{"hooks": {}}')
    person.install("codex")
    assert "lore' hook codex Stop" in person.text(".codex/hooks.json")
    assert "[[hooks" not in person.text(".codex/config.toml")
    person.write(
        ".codex/config.toml",
        person.text(".codex/config.toml")
        + '\n[[hooks.Stop]]\n[[hooks.Stop.hooks]]\ntype = "command"\ncommand = "true"\n',
    )
    person.install("codex")
    assert "lore" not in person.text(".codex/hooks.json")
    assert "lore' hook codex Stop" in person.text(".codex/config.toml")


def test_instructions_that_two_clients_read_stay_until_both_are_gone(tmp_path: Path) -> None:
    person = Person(tmp_path)
    person.write(".gemini/GEMINI.md", "Be short.\n")
    person.install("gemini-cli", "antigravity")
    assert person.text(".gemini/GEMINI.md").count("everlore:start") == 1
    person.uninstall("gemini-cli")
    assert AGENTS["antigravity"].wired(person.context).instructions
    person.uninstall("antigravity")
    assert person.files() == {".gemini/GEMINI.md": b"Be short.\n"}


def test_a_project_is_wired_in_its_own_files(machine: Machine) -> None:
    project = machine.home / "web"
    (project / ".git").mkdir(parents=True)
    (project / "src").mkdir()
    machine.lore_.directory = project / "src"
    ended = machine.run("install", "--all", "--scope", "project", "--apply")
    assert ended.status == 0
    assert "lore of this machine" in ended.err
    written = {name.removeprefix("web/") for name in machine.files() if name.startswith("web/")}
    assert {
        ".mcp.json",
        ".claude/settings.json",
        ".codex/config.toml",
        ".cursor/rules/everlore.mdc",
        ".vscode/mcp.json",
        "AGENTS.md",
    } <= written
    assert "alwaysApply: true" in machine.text("web/.cursor/rules/everlore.mdc")
    assert "notify" not in machine.text("web/.codex/config.toml")
    assert "there is nothing to change" in machine.run("install", "--all", "--scope", "project", "--apply").err
    machine.run("uninstall", "--scope", "project", "--apply")
    assert sorted(path.name for path in project.iterdir()) == [".git", "src"]


def test_home_is_no_project(machine: Machine) -> None:
    machine.lore_.directory = machine.home
    ended = machine.run("install", "--scope", "project", "--apply", "--json")
    assert ended.status != 0
    assert "no project" in ended.error["error"]


def test_an_unknown_client_is_an_error_with_the_near_one(machine: Machine) -> None:
    ended = machine.run("install", "claude", "--json")
    assert ended.status != 0
    assert "claude-code" in ended.error["hint"]


def test_clients_are_found_and_wired_where_their_variables_say(tmp_path: Path) -> None:
    person = Person(tmp_path)
    place = {name: str(tmp_path / name) for name in (*VARIABLES, "XDG_CONFIG_HOME")}
    person.environ |= place
    person.install("claude-code", "codex", "gemini-cli", "antigravity", "copilot", "opencode", "openclaw", "omp")
    assert person.files() == {}
    assert (tmp_path / "CLAUDE_CONFIG_DIR" / ".claude.json").is_file()
    for name in place:
        assert [path for path in (tmp_path / name).rglob("*") if path.is_file()], name
    for name in ("claude-code", "codex", "gemini-cli", "antigravity", "copilot", "opencode", "openclaw"):
        assert AGENTS[name].found(person.environ, person.home), name
        assert not AGENTS[name].found({"PATH": ""}, person.home), name


def test_gemini_counts_milliseconds_and_the_others_seconds() -> None:
    from everlore.surfaces.agents import claude_code, codex, copilot, cursor, gemini_cli

    assert all(1000 <= timeout <= 10_000 for _, timeout in gemini_cli.EVENTS.values())
    for events in (claude_code.EVENTS, codex.EVENTS):
        assert all(1 <= timeout <= 10 for _, timeout in events.values())
    assert all(1 <= timeout <= 10 for timeout in (*copilot.EVENTS.values(), *cursor.EVENTS.values()))
    assert codex.EVENTS["SessionEnd"][1] <= 3


def test_opencode_two_is_told_by_its_package(tmp_path: Path) -> None:
    person = Person(tmp_path)
    package = tmp_path / "lib" / "opencode-ai"
    (package / "bin").mkdir(parents=True)
    (package / "bin" / "opencode").write_text("#!/bin/sh\n")
    (package / "bin" / "opencode").chmod(0o755)
    (package / "package.json").write_text('{"name": "opencode-ai", "version": "2.0.32"}')
    person.environ["PATH"] = str(package / "bin")
    person.install("opencode")
    assert json.loads(person.text(".config/opencode/opencode.json"))["mcp"]["servers"]["everlore"]["codemode"] is False


def test_every_event_that_is_wired_is_one_that_its_adapter_knows() -> None:
    from everlore.sessions.clients import named
    from everlore.sessions.clients.silent import SPEAKING
    from everlore.surfaces.agents import claude_code, codex, copilot, cursor, gemini_cli

    for module, name in (
        (claude_code, "claude-code"),
        (codex, "codex"),
        (copilot, "copilot"),
        (cursor, "cursor"),
        (gemini_cli, "gemini-cli"),
    ):
        assert "other" not in {named(name).kind(event) for event in module.EVENTS}
        assert SPEAKING[name] & set(module.EVENTS)
        assert {"session_start", "prompt", "tool_result", "turn_end", "session_end"} <= {
            named(name).kind(event) for event in module.EVENTS
        }
