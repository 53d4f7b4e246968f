"""The proof that memory works from end to end: a word that nobody knows goes in through a hook and comes back out of recall.

The hook is the command that is installed, run as its client runs it, with the client's own event, in a throw-away directory
whose marker names a project for proofs. What comes back is withdrawn again, so that nothing recalls it later.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from everlore.app import proving
from everlore.core.errors import EverloreError
from everlore.sessions import spool
from everlore.sessions.place import MARKER
from everlore.surfaces import daemon
from everlore.surfaces.doctor.machine import Machine
from everlore.surfaces.doctor.report import Finding, failed

PATIENCE = 10.0
"""Seconds for the hook to end, and then for what it was told to be stored."""
_PAUSE = 0.05
_TELLING = ("CLAUDE", "CURSOR_", "GEMINI_", "DEVIN_", "GROK_", "PLUGIN_", "EVERLORE_DEBUG")

Payload = Callable[[str, str, str], dict[str, Any]]
"""The payload of a prompt, from the session's id, the directory and the words."""


def _claude(session: str, cwd: str, words: str) -> dict[str, Any]:
    return {"session_id": session, "cwd": cwd, "hook_event_name": "UserPromptSubmit", "prompt": words}


def _codex(session: str, cwd: str, words: str) -> dict[str, Any]:
    return {**_claude(session, cwd, words), "transcript_path": None, "turn_id": f"{session}-1"}


def _gemini(session: str, cwd: str, words: str) -> dict[str, Any]:
    return {"session_id": session, "cwd": cwd, "hook_event_name": "BeforeAgent", "prompt": words}


def _cursor(session: str, cwd: str, words: str) -> dict[str, Any]:
    return {
        "conversation_id": session, "generation_id": f"{session}-1", "hook_event_name": "beforeSubmitPrompt",
        "workspace_roots": [cwd], "prompt": words, "attachments": [],
    }  # fmt: skip


def _copilot(session: str, cwd: str, words: str) -> dict[str, Any]:
    return {"sessionId": session, "cwd": cwd, "prompt": words}


def _antigravity(session: str, cwd: str, words: str) -> dict[str, Any]:
    call = {"name": "run_command", "args": {"CommandLine": "true", "Cwd": cwd}}
    return {"conversationId": session, "workspacePaths": [cwd], "stepIdx": 0, "toolCall": call, "output": words}


def _plugin(session: str, cwd: str, words: str) -> dict[str, Any]:
    return {"sessionID": session, "session": session, "directory": cwd, "cwd": cwd, "text": words, "prompt": words}


PROMPTS: dict[str, tuple[str, Payload]] = {
    "claude-code": ("UserPromptSubmit", _claude),
    "codex": ("UserPromptSubmit", _codex),
    "gemini-cli": ("BeforeAgent", _gemini),
    "antigravity": ("PostToolUse", _antigravity),
    "cursor": ("beforeSubmitPrompt", _cursor),
    "copilot": ("userPromptSubmitted", _copilot),
    "vscode": ("UserPromptSubmit", _claude),
    "devin": ("UserPromptSubmit", _claude),
    "opencode": ("chat.message", _plugin),
    "openclaw": ("before_prompt_build", _plugin),
    "omp": ("before_agent_start", _plugin),
    "pi": ("before_agent_start", _plugin),
}
"""Each client's own word for a prompt, or for the first event that says something, and what it sends with it."""


@dataclass(frozen=True, slots=True)
class _Told:
    """What became of one hook call: its status (None: it did not end), what it printed, and how long it took."""

    status: int | None
    output: str
    milliseconds: float


def prove(machine: Machine, client: str, command: Sequence[str]) -> Iterator[Finding]:
    """Run the proof through `command`, the client's installed hook without its event; clean up whatever happens."""
    area = f"proof {client}"
    nonce = secrets.token_hex(8)
    session, word = f"proof-{nonce}", f"doctor{nonce}"
    event, payload = PROMPTS[client]
    try:
        with TemporaryDirectory(prefix="everlore-doctor-") as directory:
            marker = f'workspace = "{proving.WORKSPACE}"\nproject = "{proving.PROJECT}"\n'
            Path(directory, MARKER).write_text(marker, "utf-8")
            body = json.dumps(payload(session, directory, f"The word of this proof is {word}"))
            told = _tell([*command, event], body, directory, machine.home)
            yield _judge(machine, area, told, command, session, word)
    except EverloreError as error:
        yield failed(area, error)
    finally:
        _forget(machine, session)


def own_command(client: str) -> list[str]:
    """Return the hook of this installation, for a client that has none installed."""
    return [sys.executable, "-P", "-m", "everlore", "hook", client]


def _tell(command: Sequence[str], body: str, directory: str, home: Path) -> _Told:
    """Run a hook as its client would, without the variables by which another client would be recognised."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(_TELLING)}
    started = time.perf_counter()
    try:
        ended = subprocess.run(  # noqa: S603 - the command that is installed
            command, input=body.encode(), capture_output=True, timeout=PATIENCE, cwd=directory, check=False,
            env={**environ, "EVERLORE_HOME": str(home)},
        )  # fmt: skip
        status, said = ended.returncode, (ended.stdout + ended.stderr).decode("utf-8", "replace")
    except subprocess.TimeoutExpired:
        status, said = None, f"it did not end within {PATIENCE:g} seconds"
    except OSError as error:
        status, said = None, error.strerror or str(error)
    return _Told(status, said, round((time.perf_counter() - started) * 1000, 1))


def _judge(machine: Machine, area: str, told: _Told, command: Sequence[str], session: str, word: str) -> Finding:
    detail = {"milliseconds": told.milliseconds, "command": [*command]}
    spelled = " ".join(command)
    if told.status is None:
        return Finding(
            area, "failing", f"{spelled}: {told.output}", "`lore install --apply` writes the hook anew", detail
        )
    if told.status != 0:
        said = f"{spelled} ended with status {told.status}: {told.output[:200]}"
        return Finding(area, "failing", said, "`lore install --apply` writes the hook anew", detail)
    until = time.monotonic() + PATIENCE
    while not (stored := machine.has_store and proving.is_stored(machine.app, session)):
        if daemon.find(str(machine.home)) is None:
            machine.app.call("drain", {})
        if time.monotonic() > until:
            break
        time.sleep(_PAUSE)
    if not stored:
        said = "what a hook was told is not in the store"
        return Finding(area, "failing", said, "`lore drain` and `lore logs` may say why", detail)
    if not _is_recalled(machine, word):
        return Finding(area, "failing", "what a hook was told is stored but not recalled", "`lore verify`", detail)
    return Finding(
        area, "ok", f"what its hook was told came back out of recall; the hook took {told.milliseconds} ms", "", detail
    )


def _forget(machine: Machine, session: str) -> None:
    """Take what the proof said out of the spool and out of the store."""
    home = str(machine.home)
    for name in spool.names(home):
        if session in json.dumps((spool.read(home, name) or {}).get("payload")):
            spool.remove(home, [name])
    with suppress(EverloreError):
        if machine.has_store:
            proving.take_away(machine.app, session)


def _is_recalled(machine: Machine, word: str) -> bool:
    answer: Any = machine.app.call("recall", {"query": word, "namespace": proving.NAMESPACE})
    return any(word in item.text for item in answer.items)
