"""What may follow on a command line that is being typed: commands, options, choices, namespaces, ids of memories.

A shell asks at each press of a key, so this loads next to nothing, opens no store, asks no model, and says nothing where it
does not know. An answer is a line `value` or `value<tab>what it is`; `:file` and `:directory` leave it to the shell.
"""

from __future__ import annotations

import json
import os
from typing import Any

from everlore.surfaces import daemon
from everlore.surfaces.cli import operation

Field = dict[str, Any]

FILE, DIRECTORY = ":file", ":directory"
_MOST = 100
_FILES = frozenset({"path", "paths", "data", "out", "key_file", "file"})
_DIRECTORIES = frozenset({"cwd", "home", "repo"})
_IDS = frozenset({"id", "ids", "by", "into"})
_OF_MEMORIES = frozenset({
    "get", "history", "revise", "forget", "restore", "timeline", "set", "supersede", "merge", "feedback", "purge", "consolidate", "why",
})  # fmt: skip
_OWN: tuple[Field, ...] = (
    {"name": "json", "flag": "--json", "type": "flag", "help": "Print the answer as one JSON object"},
    {"name": "help", "flag": "--help", "type": "flag", "help": "Show this command's help"},
)


def answer(words: list[str]) -> str:
    """Return the lines for the words after `lore`, the last of which is being typed and may be empty."""
    try:
        found = _complete(_joined(words or [""]))
    except Exception:  # noqa: BLE001 - a shell that asks must get no complaint between what is being typed
        return ""
    return "".join(f"{_line(value, said)}\n" for value, said in dict(found).items())


def _line(value: str, said: str) -> str:
    kept = " ".join("".join(c if c.isprintable() else " " for c in said).split())[:80]
    return f"{value}\t{kept}" if kept else value


def _joined(words: list[str]) -> list[str]:
    """Return the words with `--option`, `=`, `value`, as bash cuts them, in one."""
    out: list[str] = []
    for word in words:
        if out and ((word == "=" and out[-1].startswith("--")) or (out[-1].startswith("--") and out[-1].endswith("="))):
            out[-1] += word
        else:
            out.append(word)
    return out


def _complete(words: list[str]) -> list[tuple[str, str]]:
    described = operation.descriptions()
    if len(words) == 1:
        return _starting(_commands(described), words[0])
    pair = f"{words[0]}-{words[1]}"
    if len(words) > 2 and pair in described:
        return _within(pair, described[pair]["fields"], words[2:])
    found: list[tuple[str, str]] = []
    if len(words) == 2:
        lead = f"{words[0]}-"
        seconds = [(name[len(lead) :], said["summary"]) for name, said in described.items() if name.startswith(lead)]
        found = _starting(seconds, words[1])
    if words[0] in described:
        return found + _within(words[0], described[words[0]]["fields"], words[1:])
    return found + _extra(words)


def _commands(described: dict[str, Any]) -> list[tuple[str, str]]:
    names = [(name, said["summary"]) for name, said in {**described, **_extras()}.items()]
    return [*names, ("--version", ""), ("--help", "")]


def _extra(words: list[str]) -> list[tuple[str, str]]:
    """Complete one of the commands that are no operations, or one of a group's."""
    said, rest = _extras().get(words[0]), words[1:]
    while said is not None and "commands" in said:
        if len(rest) == 1:
            return _starting([(name, each["summary"]) for name, each in said["commands"].items()], rest[0])
        said, rest = said["commands"].get(rest[0]), rest[1:]
    return _within(words[0], said["fields"], rest) if said is not None else []


def _extras() -> dict[str, Any]:
    with open(os.path.join(os.path.dirname(__file__), "commands.json"), "rb") as file:  # noqa: PTH118, PTH120, PTH123
        found: dict[str, Any] = json.loads(file.read())
    return found


def _within(name: str, fields: list[Field], words: list[str]) -> list[tuple[str, str]]:
    """Complete the last of the words of one command."""
    flags = {field["flag"]: field for field in (*fields, *_OWN) if "flag" in field}
    *before, typed = words
    loose, waiting, used, ended = 0, None, set[str](), False
    for word in before:
        flag, equals, _ = word.partition("=")
        if waiting is not None:
            waiting = None
        elif word == "--":
            ended = True
        elif not ended and flag in flags:
            used.add(flag)
            waiting = flags[flag] if flags[flag]["type"] != "flag" and not equals else None
        elif ended or not word.startswith("-") or word == "-":
            loose += 1
    if waiting is not None:
        return _values(name, waiting, typed)
    flag, equals, value = typed.partition("=")
    if not ended and equals and flag in flags:
        return [(found if found in (FILE, DIRECTORY) else f"{flag}={found}", said) for found, said in _values(name, flags[flag], value)]  # fmt: skip
    if not ended and typed.startswith("-"):
        free = [(f, each["help"]) for f, each in flags.items() if f not in used or each.get("many")]
        return _starting(free, typed)
    places = [field for field in fields if "flag" not in field]
    if places and (loose < len(places) or places[-1].get("many")):
        return _values(name, places[min(loose, len(places) - 1)], typed)
    return []


def _values(command: str, field: Field, typed: str) -> list[tuple[str, str]]:
    name = field["name"]
    if "choices" in field:
        return _starting([(choice, "") for choice in field["choices"]], typed)
    if name in _FILES or (name == "home" and command != "serve"):
        return [(FILE, "")]
    if name in _DIRECTORIES:
        return [(DIRECTORY, "")]
    if name in ("namespace", "project", "workspace"):
        return _kept("glance_namespaces", typed)
    if name in _IDS and command in _OF_MEMORIES:
        return _kept("glance_memories", typed)
    if name == "clients" and command.startswith(("install", "uninstall")):
        from everlore.surfaces.agents import AGENTS

        return _starting([(each, agent.title) for each, agent in AGENTS.items()], typed)
    if name == "commands" and command == "shell-init":
        from everlore.surfaces.shells.clis import KNOWN

        return _starting([(each, "") for each in KNOWN], typed)
    return []


def _kept(statement: str, typed: str) -> list[tuple[str, str]]:
    """Return what the store has; an agent, who may not see all of it, is shown nothing."""
    if os.environ.get("EVERLORE_AGENT", "").strip():
        return []
    from pathlib import Path

    from everlore.store.glance import glance

    database = Path(daemon.home_directory()) / "everlore.db"
    rows = glance(database, statement, start=typed, limit=_MOST)
    return [(str(row[0]), str(row[1] or "")) for row in rows if str(row[0]).isprintable() and " " not in str(row[0])]


def _starting(found: list[tuple[str, str]], typed: str) -> list[tuple[str, str]]:
    return [(value, said) for value, said in found if value.startswith(typed)]
