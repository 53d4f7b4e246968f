"""What a tool call did, in words that every client shares: the command, the files, the list of things to do.

Clients name their tools and inputs as they like; the names below are those that are known. A tool that is not among them
keeps its input as short text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from everlore.core.shorten import shorten

LONGEST_INPUT = 600
LONGEST_COMMAND = 4_000
_MOST_PATHS = 100

_PATHS = ("file_path", "filePath", "path", "notebook_path", "absolute_path", "target_file", "targetFile", "TargetFile", "AbsolutePath",
          "filename", "file", "relative_workspace_path", "uri")  # fmt: skip
_COMMANDS = ("command", "cmd", "script", "CommandLine", "commandLine")
_SHELL = frozenset({
    "bash", "shell", "exec_command", "local_shell", "local_shell_call", "run_shell_command", "run_terminal_cmd", "run_in_terminal",
    "execute_command", "run_command", "terminal", "exec", "powershell", "unified_exec", "container.exec", "runterminalcommand",
})  # fmt: skip
_WRITING = re.compile(
    r"write|edit|replace|patch|create|insert|delete|notebookedit|update_file|str_replace|write_to_file|rename|move",
    re.IGNORECASE,
)
_READING = re.compile(r"^(?:read|view|open|cat|list|ls|glob|grep|search|find)(?!.*(?:replace|edit))", re.IGNORECASE)
_LOOKING = frozenset({"view", "read", "list"})
"""What tools with several commands for a file call those that change nothing."""
_TODOS = frozenset(
    {"todowrite", "update_plan", "write_todos", "todo_write", "manage_todo_list", "update_todos", "todo"}
)
_TASK = {"taskcreate": "pending", "taskupdate": ""}
"""Tools that make or change one thing to do, with the state that it has when none is given."""
_PATCHED = re.compile(
    r"^\*\*\* (?:Add|Update|Delete) File: (.+)$|^\*\*\* Move to: (.+)$|^\+\+\+ (?:b/)?(\S+)", re.MULTILINE
)
_STATES = {
    "pending": "pending", "todo": "pending", "not-started": "pending", "not_started": "pending", "open": "pending",
    "in_progress": "in_progress", "in-progress": "in_progress", "active": "in_progress", "doing": "in_progress",
    "completed": "completed", "done": "completed", "complete": "completed", "cancelled": "completed", "deleted": "completed",
}  # fmt: skip


def tool_detail(tool: str, given: object) -> dict[str, Any]:
    """Return the detail of an event for a call of `tool` with its input, as `Event.detail` has it. Never raises."""
    detail: dict[str, Any] = {"tool": tool[:200]}
    name = tool.rpartition("__")[2].lower() if tool.startswith("mcp__") else tool.lower()
    if isinstance(given, str):
        given = _parsed(given)
    if not isinstance(given, Mapping):
        text = _text(given)
        patched = _patched(text)
        if patched:
            return {**detail, "paths": patched, "writes": True}
        if text:
            detail["command" if name in _SHELL else "input"] = shorten(text, LONGEST_INPUT)
        return detail
    if name in _TODOS or name in _TASK:
        what = {"todos": _todos(given)} if name in _TODOS else {"task": _task(given, _TASK[name])}
        return {**detail, **what}
    if command := _command(given):
        patched = _patched(command) if "*** Begin Patch" in command else []
        if patched:
            return {**detail, "paths": patched, "writes": True}
        if name in _SHELL or not _first(given, _PATHS):
            return {**detail, "command": shorten(command, LONGEST_COMMAND)}
    paths = _paths(given)
    patched = _patched(_text(given.get("input") or given.get("patch") or given.get("patchText") or ""))
    if paths or patched:
        detail["paths"] = [*paths, *(path for path in patched if path not in paths)][:_MOST_PATHS]
        if patched or (_WRITING.search(name) and not _READING.search(name) and command not in _LOOKING):
            detail["writes"] = True
        return detail
    if rest := _text(given):
        detail["input"] = shorten(rest, LONGEST_INPUT)
    return detail


def _parsed(text: str) -> object:
    if text.lstrip()[:1] in {"{", "["}:
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return text
    return text


def _command(given: Mapping[str, Any]) -> str:
    found = _first(given, _COMMANDS)
    if isinstance(found, list):
        words = [str(word) for word in found]
        if (
            len(words) >= 3
            and words[0].rpartition("/")[2] in {"bash", "sh", "zsh", "cmd", "powershell"}
            and words[1].startswith("-")
        ):
            return " ".join(words[2:])
        return " ".join(words)
    if isinstance(found, Mapping):
        return _command(found)
    return found if isinstance(found, str) else ""


def _paths(given: Mapping[str, Any]) -> list[str]:
    found = [given[name] for name in _PATHS if isinstance(given.get(name), str) and given[name]][:1]
    for name in ("paths", "files", "file_paths"):
        if isinstance(given.get(name), list):
            found += [
                each if isinstance(each, str) else each.get("path", "")
                for each in given[name]
                if isinstance(each, (str, dict))
            ]
    return [path.removeprefix("file://")[:1000] for path in found if isinstance(path, str) and path][:_MOST_PATHS]


def _patched(text: str) -> list[str]:
    """Return the files that a patch touches."""
    if "***" not in text and "+++" not in text:
        return []
    found = dict.fromkeys(next(filter(None, match)).strip() for match in _PATCHED.findall(text))
    return [path for path in found if path != "/dev/null"][:_MOST_PATHS]


def _todos(given: Mapping[str, Any]) -> list[dict[str, str]]:
    items: list[Any] = next(
        (given[name] for name in ("todos", "plan", "items", "todoList", "tasks") if isinstance(given.get(name), list)),
        [],
    )
    found = []
    for item in items[:_MOST_PATHS]:
        if not isinstance(item, Mapping):
            continue
        content = _first(item, ("content", "step", "title", "text", "description", "task"))
        state = str(item.get("status") or item.get("state") or "pending").lower()
        if isinstance(content, str) and content.strip():
            found.append({"content": content.strip()[:400], "status": _STATES.get(state, "pending")})
    return found


def _task(given: Mapping[str, Any], state: str) -> dict[str, str]:
    content = _first(given, ("subject", "description"))
    found = {
        "id": str(given.get("taskId") or ""), "content": content.strip()[:400] if isinstance(content, str) else "",
        "status": _STATES.get(str(given.get("status") or "").lower(), state),
    }  # fmt: skip
    return {name: value for name, value in found.items() if value}


def _first(given: Mapping[str, Any], names: tuple[str, ...]) -> Any:  # noqa: ANN401 - any JSON
    return next((given[name] for name in names if given.get(name)), None)


def _text(value: object) -> str:
    """Return an input as short text: one `name: value` a line."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        lines = (
            f"{name}: {each if isinstance(each, str) else json.dumps(each, ensure_ascii=False, default=str)}"
            for name, each in value.items()
        )
        return "\n".join(lines)
    return "" if value is None else json.dumps(value, ensure_ascii=False, default=str)
