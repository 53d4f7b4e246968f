"""Sessions of Pi, and of OMP and OpenClaw which are made from it: a first line about the session, then a tree of entries.

All branches of the tree are read, in the order in which they were said. What an extension put in, ours too, is an entry of
another type and no message.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from everlore.sessions.boilerplate import said
from everlore.sessions.clients.payload import joined
from everlore.sessions.records import Event
from everlore.sessions.tools import tool_detail
from everlore.sessions.transcripts.source import Source, State, base, reader, remember_call, result, under


def take(entry: dict[str, Any], state: State, at: int) -> list[Event]:
    """Return what one entry says."""
    kind = entry.get("type")
    if kind == "session":
        state["session"], state["cwd"] = str(entry.get("id") or state["session"]), entry.get("cwd")
        return []
    key = f"entry:{entry.get('id') or at}"
    if kind == "compaction":
        summary = str(entry.get("summary") or "")[:4_000]
        return [replace(base(state, kind, entry, key), kind="compaction", detail={"summary": summary})]
    message = entry.get("message")
    if kind != "message" or not isinstance(message, Mapping):
        return []
    role = message.get("role")
    event = base(state, role, entry, key)
    if role == "toolResult":
        call = str(message.get("toolCallId") or "")
        return [result(event, call, message.get("content"), state, failed=message.get("isError") is True)]
    if role == "bashExecution":
        return [_typed(event, message)]
    return _said(event, str(role), message, state)


def _said(event: Event, role: str, message: Mapping[str, Any], state: State) -> list[Event]:
    content, model = message.get("content"), message.get("model")
    for block in content if isinstance(content, list) else ():
        if isinstance(block, Mapping) and block.get("type") == "toolCall":
            detail = tool_detail(str(block.get("name") or "tool"), block.get("arguments"))
            remember_call(state, str(block.get("id") or ""), detail)
    text = said(joined(content))
    if not text or role not in {"user", "assistant"}:
        return []
    detail = {"model": model} if isinstance(model, str) and role == "assistant" else {}
    return [replace(event, kind="prompt" if role == "user" else "answer", text=text, detail=detail)]


def _typed(event: Event, message: Mapping[str, Any]) -> Event:
    """Return a command that the person ran."""
    code = message.get("exitCode")
    calls = {"calls": {"": tool_detail("bash", {"command": message.get("command")})}}
    found = result(event, "", message.get("output"), calls, status=code if type(code) is int else None)
    return replace(found, detail={name: value for name, value in found.detail.items() if name != "call"})


def _about(path: Path) -> State:
    return {"session": path.stem.rpartition("_")[2]}


def _looks(head: bytes) -> bool:
    return b'"type":"session"' in head.partition(b"\n")[0].replace(b" ", b"")


def _source(client: str, roots: Callable[[Mapping[str, str], Path], list[Path]], *globs: str) -> Source:
    return Source(client, roots, globs, reader(client, take, _about), _looks if client == "pi" else lambda _: False)


def _omp(environ: Mapping[str, str], home: Path) -> list[Path]:
    own = under(environ, "PI_CODING_AGENT_DIR", home, ".omp", "agent")
    return [own / "sessions", *sorted((home / ".omp" / "profiles").glob("*/agent/sessions"))]


SOURCES = (
    _source("pi", lambda environ, home: [home / ".pi" / "agent" / "sessions"], "*/*.jsonl"),
    _source("omp", _omp, "*/*.jsonl"),
    _source(
        "openclaw",
        lambda environ, home: [under(environ, "OPENCLAW_STATE_DIR", home, ".openclaw") / "agents"],
        "*/sessions/*.jsonl",
    ),
)
