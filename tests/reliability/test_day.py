"""A day: three agents, two projects, a crash, hooks that are installed twice, a secret that is pasted, and nothing amiss at its end."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from everlore.bench.hooks import processes
from everlore.surfaces import daemon

LORE = [sys.executable, "-P", "-m", "everlore"]
SECRET = "gh" + "p_" + "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hI6"
PIN = "the door opens with rhubarb"


class Day:
    """One person, two projects of the same name, and the hooks that `lore install` wrote."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.memory = home / "memory"
        self.one, self.two = home / "acme" / "web", home / "other" / "web"
        for project in (self.one, self.two):
            project.mkdir(parents=True)
            subprocess.run(["git", "init", "-q", "-b", "main", str(project)], check=True)
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("EVERLORE_", "CLAUDE", "CODEX", "XDG_"))
        }
        self.environ = {
            **kept,
            "HOME": str(home),
            "EVERLORE_HOME": str(self.memory),
            "EVERLORE_PORT": "0",
            "EVERLORE_MODEL": "none",
        }
        self.calls = 0

    def lore(self, *arguments: str, cwd: Path | None = None) -> str:
        """Run a command that must succeed."""
        done = subprocess.run(
            [*LORE, *arguments], cwd=cwd or self.home, env=self.environ, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def json(self, *arguments: str, cwd: Path | None = None) -> Any:
        """Run a command and return its answer."""
        return json.loads(self.lore(*arguments, "--json", cwd=cwd))

    def commands(self, client: str, event: str) -> list[str]:
        """Return the commands that a client has been told to run at an event."""
        path = self.home / (".claude/settings.json" if client == "claude-code" else ".codex/hooks.json")
        groups = json.loads(path.read_text())["hooks"].get(event, [])
        return [handler["command"] for group in groups for handler in group["hooks"]]

    def hook(self, client: str, event: str, cwd: Path, session: str, **payload: Any) -> str:
        """Have a client tell of an event, through every command that was installed for it; return what it printed."""
        sent = json.dumps({"session_id": session, "cwd": str(cwd), "hook_event_name": event, **payload})
        commands = (
            self.commands(client, event) if client != "opencode" else [shlex.join([*LORE, "hook", "opencode", event])]
        )
        assert commands, f"nothing is installed for {event} of {client}"
        running = []
        for command in commands:
            process = subprocess.Popen(
                shlex.split(command),
                cwd=cwd,
                env=self.environ,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            running.append((process, command))
        printed = []
        for process, command in running:
            output, errors = process.communicate(sent, timeout=30)
            assert (process.returncode, errors) == (0, ""), command
            printed.append(output)
        self.calls += len(commands)
        return "".join(dict.fromkeys(printed))

    def tool(self, client: str, cwd: Path, session: str, call: str, command: str, output: str, status: int) -> None:
        """Have a client tell of a command that ran."""
        event = "PostToolUseFailure" if status and client == "claude-code" else "PostToolUse"
        more = (
            {"error": f"Exit code {status}\n{output}"}
            if event.endswith("Failure")
            else {"tool_response": {"stdout": output, "stderr": "", "exit_code": status}}
        )
        self.hook(
            client, event, cwd, session, tool_name="Bash", tool_use_id=call, tool_input={"command": command}, **more
        )

    def turns(self) -> list[dict[str, Any]]:
        """Return every turn that is stored."""
        path = self.home / "all.jsonl"
        path.unlink(missing_ok=True)
        self.lore("export", str(path))
        return [line for line in map(json.loads, path.read_text().splitlines()[1:]) if line["object"] == "turn"]


@pytest.fixture
def day(tmp_path: Path) -> Iterator[Day]:
    found = Day(tmp_path / "home")
    yield found
    daemon.stop(str(found.memory))


def install_twice(day: Day) -> None:
    """Install hooks, and have a second tool's installer write the same ones again by hand."""
    (day.home / ".codex").mkdir()
    (day.home / ".codex" / "hooks.json").write_text("{}")
    day.lore("install", "claude-code", "codex", "--apply")
    path = day.home / ".claude" / "settings.json"
    settings = json.loads(path.read_text())
    for groups in settings["hooks"].values():
        groups += [json.loads(json.dumps(group).replace("hook claude-code ", "hook claude ")) for group in list(groups)]
    path.write_text(json.dumps(settings))


def start(day: Day, client: str, cwd: Path, session: str) -> str:
    return day.hook(client, "SessionStart", cwd, session, source="startup")


def ask(day: Day, client: str, cwd: Path, session: str, prompt: str, number: int) -> str:
    identity = {"prompt_id": f"p{number}"} if client == "claude-code" else {"turn_id": f"t{number}"}
    return day.hook(client, "UserPromptSubmit", cwd, session, prompt=prompt, **identity)


@pytest.mark.timeout(240)
def test_a_day_ends_with_every_turn_once_and_the_secret_nowhere(day: Day) -> None:
    install_twice(day)
    # The morning, with no server: Claude Code in one project, killed in the middle.
    assert start(day, "claude-code", day.one, "s1") == ""
    ask(day, "claude-code", day.one, "s1", f"Mend the export. The token is {SECRET}. <private>{PIN}</private>", 1)
    day.tool(
        "claude-code",
        day.one,
        "s1",
        "c1",
        f"GITHUB_TOKEN={SECRET} sh check.sh",
        f"FAILED test_export.py::test_batches {SECRET}",
        1,
    )
    day.tool("claude-code", day.one, "s1", "c2", "git diff --stat", "1 file changed", 0)
    # At noon a server starts, and dies in the midst of the second project's work in Codex.
    day.lore("up")
    assert "test_batches" not in start(day, "codex", day.two, "s2"), "the other project's"
    ask(day, "codex", day.two, "s2", "Write the changelog, in the past tense", 2)
    server = daemon.find(str(day.memory))
    assert server is not None
    os.kill(server.pid, signal.SIGKILL)
    day.tool("codex", day.two, "s2", "c3", "git log --oneline", "ab12 first", 0)
    day.lore("up")
    day.hook("codex", "Stop", day.two, "s2", turn_id="t2", last_assistant_message="The changelog is written.")
    day.hook("codex", "SessionEnd", day.two, "s2", reason="other")
    # In the afternoon OpenCode takes up what was left in the first project.
    told = day.hook(
        "opencode", "session.start", day.one, "s3", sessionID="s3", directory=str(day.one), source="startup"
    )
    assert "Mend the export" in told
    assert "test_export.py::test_batches" in told
    assert "changelog" not in told
    day.hook(
        "opencode",
        "chat.message",
        day.one,
        "s3",
        sessionID="s3",
        directory=str(day.one),
        messageID="m1",
        text="Go on with the export",
    )
    day.hook(
        "opencode",
        "message",
        day.one,
        "s3",
        sessionID="s3",
        directory=str(day.one),
        messageID="m2",
        text="I read the batches first.",
    )
    # Everything that was told again, late, is known.
    ask(day, "claude-code", day.one, "s1", f"Mend the export. The token is {SECRET}. <private>{PIN}</private>", 1)
    day.lore("drain")
    day.lore("backup", str(day.memory / "copy.db"))
    day.lore("down")

    turns = day.turns()
    said = Counter((turn["session"], turn["text"]) for turn in turns)
    assert set(said.values()) == {1}
    assert len(turns) == 8, [turn["text"] for turn in turns]
    by_project = {each["session"]: each["namespace"] for each in day.json("sessions")["sessions"]}
    assert by_project == {"s1": "personal/web", "s2": "personal/web-2", "s3": "personal/web"}
    states = {each["session"]: each["state"] for each in day.json("handoff", "list")["handoffs"]}
    assert states["s1"] == "claimed"
    assert states["s2"] == "offered"
    assert "changelog" in day.json("handoff", cwd=day.two)["handoffs"][0]["text"]
    assert day.json("verify")["ok"]
    assert [path for path in day.home.rglob("*") if path.is_file() and holds_secret(path)] == []
    gone_by = time.monotonic() + 10
    while processes(str(day.memory)) and time.monotonic() < gone_by:
        time.sleep(0.02)
    assert processes(str(day.memory)) == 0
    assert not (day.memory / "daemon.json").exists()
    assert [path.name for path in (day.memory / "spool").iterdir() if path.name != "lock"] == []


def holds_secret(path: Path) -> bool:
    data = path.read_bytes()
    return SECRET.encode() in data or b"rhubarb" in data
