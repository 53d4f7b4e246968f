"""Real agents' clients in a home of their own, with a scripted model: one session each, ended in order or killed."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clients.installed import LORE, environment, program
from clients.model import Model, Step

DEAD = "http://127.0.0.1:9"
"""A proxy that is not there: whatever is not on loopback cannot be reached."""


@dataclass
class Person:
    """One person's home with a memory in it, and a project."""

    home: Path
    project: Path
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def memory(self) -> Path:
        """Where the memory lies."""
        return self.home / "memory"

    def environ(self, **more: str) -> dict[str, str]:
        """Return an environment in which only this home is known."""
        proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), DEAD)
        nothing = {
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",
            "EVERLORE_HOME": str(self.memory),
            "EVERLORE_PORT": "0",
        }
        return environment(self.home, **proxies, **nothing, **self.extra, **more)

    def lore(self, *arguments: str, cwd: Path | None = None) -> str:
        """Run a command of ours and return what it printed."""
        done = subprocess.run(
            [*LORE, *arguments],
            cwd=cwd or self.project,
            env=self.environ(),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def turns(self) -> list[dict[str, Any]]:
        """Return every turn that is stored."""
        path = self.home / f"export-{time.monotonic_ns()}.jsonl"
        self.lore("export", str(path))
        lines = [json.loads(line) for line in path.read_text().splitlines()[1:]]
        path.unlink()
        return [line for line in lines if line["object"] == "turn" and not line["withdrawn"]]

    def wait_for_turns(self, *texts: str, seconds: float = 20) -> None:
        """Wait until turns with these words are stored."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            stored = "\n".join(turn["text"] for turn in self.turns())
            if all(text in stored for text in texts):
                return
            time.sleep(0.2)
        raise AssertionError(f"not stored within {seconds} s: {[text for text in texts if text not in stored]}")


@dataclass(frozen=True)
class Client:
    """How one client is set up, run, and what its tools are called."""

    name: str
    shell: str
    write: str
    todo: str | None

    def ran(self, command: str) -> Step:
        """Return the step of running a command."""
        if self.name == "codex":
            return self.shell, {"cmd": command}
        return self.shell, {"command": command, "description": "Run it"}

    def wrote(self, path: Path, text: str) -> Step:
        """Return the step of writing a file."""
        if self.name == "codex":
            return self.shell, {
                "cmd": f"apply_patch <<'END'\n*** Begin Patch\n*** Add File: {path.name}\n+{text}\n*** End Patch\nEND"
            }
        return self.write, {("filePath" if self.name == "opencode" else "file_path"): str(path), "content": text}

    def listed(self, item: str) -> Step:
        """Return the step of noting what is left to do; words where the client has no list."""
        if self.name == "opencode":
            return self.todo or "", {
                "todos": [{"id": "1", "content": item, "status": "in_progress", "priority": "high"}]
            }
        if self.name == "gemini-cli":
            return self.todo or "", {"todos": [{"description": item, "status": "in_progress"}]}
        return self.ran("true")

    def command(self, person: Person, model: Model, prompt: str) -> tuple[list[str], dict[str, str]]:
        """Write the client's settings for a model; return the command of one session and its environment."""
        return _COMMANDS[self.name](person, model, prompt)


def _opencode(person: Person, model: Model, prompt: str) -> tuple[list[str], dict[str, str]]:
    models = {"script": {"name": "Script", "tool_call": True, "limit": {"context": 100_000, "output": 4_000}}}
    options = {"baseURL": model.url, "apiKey": "none"}
    provider = {"npm": "@ai-sdk/openai-compatible", "name": "Scripted", "options": options, "models": models}
    settings = {
        "provider": {"scripted": provider}, "model": "scripted/script", "small_model": "scripted/script", "enabled_providers": ["scripted"],
        "autoupdate": False, "share": "disabled", "permission": {"bash": "allow", "edit": "allow"},
    }  # fmt: skip
    (person.project / "opencode.json").write_text(json.dumps(settings))
    quiet = {
        f"OPENCODE_DISABLE_{what}": "1" for what in ("AUTOUPDATE", "MODELS_FETCH", "LSP_DOWNLOAD", "DEFAULT_PLUGINS")
    }
    offline = {"npm_config_offline": "true"}  # else it waits for a registry before it loads plugins
    return [program("opencode"), "run", "--model", "scripted/script", prompt], person.environ(**quiet, **offline)


def _codex(person: Person, model: Model, prompt: str) -> tuple[list[str], dict[str, str]]:
    directory = person.home / ".codex"
    directory.mkdir(exist_ok=True)
    settings = directory / "config.toml"
    text = settings.read_text() if settings.exists() else ""
    if "model_provider" not in text:
        head = 'model = "script"\nmodel_provider = "script"\n'
        provider = '[model_providers.script]\nname = "Script"\nbase_url = ""\nwire_api = "responses"\n[analytics]\nenabled = false\n'
        text = f"{head}{text}\n{provider}"
    settings.write_text(re.sub(r'base_url = ".*"', f'base_url = "{model.url}"', text))
    flags = ["--skip-git-repo-check", "--dangerously-bypass-hook-trust", "--dangerously-bypass-approvals-and-sandbox"]
    return [program("codex"), "exec", *flags, prompt], person.environ(CODEX_HOME=str(directory))


def _gemini(person: Person, model: Model, prompt: str) -> tuple[list[str], dict[str, str]]:
    path = person.home / ".gemini" / "settings.json"
    path.parent.mkdir(exist_ok=True)
    settings = json.loads(path.read_text()) if path.exists() else {}
    settings |= {
        "security": {"auth": {"selectedType": "gemini-api-key"}, "folderTrust": {"enabled": False}}, "telemetry": {"enabled": False},
        "privacy": {"usageStatisticsEnabled": False}, "general": {"enableAutoUpdate": False},
    }  # fmt: skip
    path.write_text(json.dumps(settings, indent=2))
    alone = {"GEMINI_API_KEY": "none", "GOOGLE_GEMINI_BASE_URL": model.root, "GEMINI_CLI_NO_RELAUNCH": "1"}
    return [program("gemini"), "--yolo", "-m", "gemini-2.5-pro", "-p", prompt], person.environ(**alone)


_COMMANDS = {"opencode": _opencode, "codex": _codex, "gemini-cli": _gemini}

CLIENTS = {
    "opencode": Client("opencode", "bash", "write", "todowrite"),
    "codex": Client("codex", "exec_command", "exec_command", None),
    "gemini-cli": Client("gemini-cli", "run_shell_command", "write_file", "write_todos"),
}


def start(command: Sequence[str], cwd: Path, environ: Mapping[str, str]) -> subprocess.Popen[str]:
    """Start a client in a process group of its own."""
    return subprocess.Popen(
        command,
        cwd=cwd,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def end(process: subprocess.Popen[str]) -> str:
    """Kill a client with all its children and return what it printed."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    return process.communicate()[0]


def ours(memory: Path) -> list[str]:
    """Return the command lines of processes that live with a memory, without those that are just ending."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        with contextlib.suppress(OSError):
            if str(memory).encode() in (entry / "environ").read_bytes():
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
                if line:
                    found.append(line)
    return found
