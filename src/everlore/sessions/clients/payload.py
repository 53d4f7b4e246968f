"""Reading what clients send, which is loose: fields have many spellings, may be missing, and may hold anything.

Nothing here raises on any JSON: what is not of the expected shape is as if it were not there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from everlore.core.shorten import shorten
from everlore.sessions.boilerplate import said
from everlore.sessions.records import Event, EventKind
from everlore.sessions.tools import tool_detail

Payload = Mapping[str, Any]

LONGEST_OUTPUT = 16_000
"""The most characters of a tool's output that are kept."""
_LONGEST_CALL = 1e12
"""Milliseconds above which a duration is none, as are the numbers of JSON that are infinite."""
_MILLISECONDS = 13
"""The digits of a time in Unix milliseconds, which Cline sends as text."""

_EDITED = frozenset({"filePath", "structuredPatch", "oldString", "originalFile", "newTodos", "oldTodos"})
"""What the answer of a tool holds that only repeats its input."""
_UNTRUSTED = re.compile(r"</?untrusted_context>\n?")
_EXITED = re.compile(r"(?:Error: )?Exit code:? (-?\d+)(?:\n|\Z)")
_CHUNK = re.compile(
    r"(?:Chunk ID: .*\n|Wall time: .*\n)+Process exited with code (-?\d+)\n(?:Original token count: .*\n)?Output:\n"
)
_EXIT_LINE = re.compile(r"^Exit Code: (-?\d+)$", re.MULTILINE)
"""What clients write around the output of a command: Claude's first line, Codex's head, Gemini's tail."""
_SESSION = (
    "session_id",
    "sessionId",
    "sessionID",
    "conversation_id",
    "conversationId",
    "trajectory_id",
    "thread-id",
    "thread_id",
    "taskId",
    "session",
)
_CWD = ("cwd", "directory", "workingDirectory", "current_dir", "workspace_dir")
_ROOTS = ("workspace_roots", "workspacePaths", "workspaceRoots")
_OUTPUT = ("tool_response", "tool_output", "tool_result", "toolResult", "result", "output", "response", "result_json")
_ERROR = ("error", "error_message", "errorMessage")
_CALL = ("tool_use_id", "toolUseId", "call_id", "callID", "toolCallId", "tool_call_id")


def text(payload: Payload, *names: str) -> str:
    """Return the first of some fields that is a text; "" when there is none."""
    return next((value for name in names if isinstance(value := payload.get(name), str) and value), "")


def record(payload: Payload, *names: str) -> Payload:
    """Return the first of some fields that is an object; an empty one when there is none."""
    return next((value for name in names if isinstance(value := payload.get(name), Mapping)), {})


def session(payload: Payload) -> str:
    """Return the client's id of the session."""
    found = next((value for name in _SESSION if isinstance(value := payload.get(name), (str, int)) and value), "")
    return str(found)[:300]


def directory(payload: Payload, otherwise: str) -> str | None:
    """Return the directory that the session works in."""
    if found := text(payload, *_CWD):
        return found
    for name in _ROOTS:
        roots = payload.get(name)
        if isinstance(roots, (list, tuple)) and roots:
            first = roots[0]
            if isinstance(first, Mapping):
                first = text(first, "path", "fsPath", "uri")
            if isinstance(first, str) and first:
                return first.removeprefix("file://")
    return otherwise or None


def instant(payload: Payload, *names: str) -> int | None:
    """Return a time in Unix milliseconds, given as such, as seconds, or as ISO 8601."""
    for name in names or ("timestamp",):
        value = payload.get(name)
        if isinstance(value, bool):
            continue
        if isinstance(value, str) and len(value) == _MILLISECONDS and value.isdecimal():
            value = int(value)
        if isinstance(value, (int, float)) and 0 < value < 1e14:
            return int(value * 1000) if value < 1e11 else int(value)
        if isinstance(value, str) and (found := iso(value)) is not None:
            return found
    return None


def iso(value: str) -> int | None:
    """Return Unix milliseconds of an ISO 8601 time; None for anything else."""
    try:
        moment = datetime.fromisoformat(value)
        return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
    except (ValueError, OverflowError, OSError):
        return None


def base(client: str, name: str, payload: Payload, cwd: str) -> Event:
    """Return an event of no kind yet, with what all events of a client say."""
    model = text(payload, "model", "modelName", "model_id") or text(record(payload, "model"), "id")
    agent, above = text(payload, "agent_id", "agentId"), session(payload)
    return Event(
        client, f"{above}/{agent}" if agent and above else above, "other", name, at=instant(payload),
        cwd=directory(payload, cwd), parent=above if agent else None,
        transcript=text(payload, "transcript_path", "transcriptPath") or None, detail={"model": model} if model else {},
    )  # fmt: skip


def spoken(event: Event, kind: EventKind, words: str, key: str = "") -> list[Event]:
    """Return what was said as an event, none when nobody said anything."""
    words = said(words)
    return [replace(event, kind=kind, text=words, key=key)] if words else []


def tool(event: Event, payload: Payload, *, failed: bool | None = None) -> list[Event]:
    """Return a tool's call with what came of it."""
    call = record(payload, "toolCall", "tool_call")
    name = text(payload, "tool_name", "toolName", "tool") or text(call, "name", "tool") or "tool"
    given = next(
        (
            payload[key]
            for key in ("tool_input", "toolInput", "toolArgs", "tool_args", "parameters", "input", "args")
            if key in payload
        ),
        None,
    )
    given = call.get("args", call.get("input")) if given is None and call else given
    raw = next((payload[key] for key in (*_OUTPUT, *_ERROR) if payload.get(key) is not None), "")
    output, bad, code = read_output(raw)
    identity = text(payload, *_CALL) or text(call, "id")
    detail: dict[str, Any] = {**event.detail, **tool_detail(name, given)}
    if identity:
        detail["call"] = identity
    if code is not None:
        detail["exit"] = code
    took = next(
        (payload[k] for k in ("duration_ms", "duration", "durationMs", "executionTimeMs") if k in payload), None
    )
    if isinstance(took, (int, float)) and 0 <= took < _LONGEST_CALL:
        detail["duration"] = int(took)
    bad = failed if failed is not None else bad or any(payload.get(name) for name in _ERROR) or bool(code)
    kind: EventKind = "tool_failure" if bad else "tool_result"
    return [
        replace(
            event,
            kind=kind,
            text=shorten(output, LONGEST_OUTPUT),
            key=f"result:{identity}" if identity else "",
            detail=detail,
        )
    ]


def read_output(raw: Any) -> tuple[str, bool, int | None]:  # noqa: ANN401 - any JSON
    """Return a tool's output as text, whether it says that it failed, and the exit status where it says one."""
    if isinstance(raw, str):
        found = _embedded(raw) if raw.lstrip()[:1] in {"{", "["} and len(raw) < 1_000_000 else None
        return plain_output(raw) if found is None else read_output(found)
    if isinstance(raw, (list, tuple)):
        return plain_output("\n".join(filter(None, (_block(each) for each in raw))))
    if not isinstance(raw, Mapping):
        return "" if raw is None else str(raw), False, None
    code = next(
        (
            raw[name]
            for name in ("exit_code", "exitCode", "exit", "returncode", "status_code")
            if type(raw.get(name)) is int
        ),
        None,
    )
    meta = record(raw, "metadata")
    code = meta["exit_code"] if code is None and type(meta.get("exit_code")) is int else code
    bad = bool(raw.get("is_error") or raw.get("isError") or raw.get("interrupted")) or raw.get("success") is False
    bad = (
        bad
        or str(raw.get("resultType", raw.get("result_type", ""))).lower() in {"failure", "error", "denied"}
        or str(raw.get("status", "")).lower() in {"error", "failed"}
    )
    if _EDITED & raw.keys():
        return "", bad, code
    parts = [raw[name] for name in ("stdout", "stderr") if isinstance(raw.get(name), str)]
    if not parts:
        names = (
            "output",
            "textResultForLlm",
            "text_result_for_llm",
            "llmContent",
            "content",
            "text",
            "result",
            "message",
            "error",
            "returnDisplay",
            "aggregated_output",
        )
        found = next((raw[name] for name in names if raw.get(name)), None)
        if isinstance(found, str):
            parts = [found]
        elif found is not None:
            inner, worse, inner_code = read_output(found)
            parts, bad, code = [inner], bad or worse, inner_code if code is None else code
        elif isinstance(file := raw.get("file"), Mapping):
            parts = [text(file, "content")]
        else:
            parts = [json.dumps(raw, ensure_ascii=False, default=str)] if raw else []
    output, _, said = plain_output("\n".join(part for part in parts if part))
    return output, bad, said if code is None else code


def plain_output(output: str) -> tuple[str, bool, int | None]:
    """Return a tool's output without what a client writes around it, that nothing failed, and the exit status in it."""
    head = output[:300]
    if "untrusted_context>" in head:
        output = _UNTRUSTED.sub("", output).strip()
        head = output[:300]
    if found := _EXITED.match(head):
        return output[found.end() :], False, int(found[1])
    if found := _CHUNK.match(output[:600]):
        return output[found.end() :], False, int(found[1])
    if head.startswith("Output: ") and (found := _EXIT_LINE.search(output)):
        return output[len("Output: ") : found.start()].rstrip("\n"), False, int(found[1])
    return output, False, None


def _embedded(text: str) -> Any:  # noqa: ANN401 - any JSON
    """Return the object or the blocks that a text holds; None for any other list, which is somebody's output."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    blocks = not isinstance(found, list) or any(isinstance(each, Mapping) and "type" in each for each in found)
    return found if blocks else None


def _block(value: Any) -> str:  # noqa: ANN401 - any JSON
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return "" if value.get("type") in {"image", "thinking"} else text(value, "text", "output", "content")
    return ""


def joined(content: Any) -> str:  # noqa: ANN401 - any JSON
    """Return the text of a message's content: a text, or blocks of which only those of text count."""
    if isinstance(content, str):
        return content
    if isinstance(content, (list, tuple)):
        blocks = (
            each
            for each in content
            if isinstance(each, str)
            or (isinstance(each, Mapping) and each.get("type") in {None, "text", "input_text", "output_text"})
        )
        return "\n".join(filter(None, map(_block, blocks)))
    return ""
