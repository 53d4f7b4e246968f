"""`lore install` and `lore uninstall`: wire agents' clients to this memory, or take that out again."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from everlore.core.errors import InvalidInput, NotFound
from everlore.surfaces import daemon
from everlore.surfaces.agents import AGENTS
from everlore.surfaces.agents.wiring import Agent, Change, Context, apply, load_record
from everlore.surfaces.cli.commands import json_option
from everlore.surfaces.cli.terminal import emit, tell

if TYPE_CHECKING:
    from everlore.surfaces.agents.wiring import Scope

_DONE = {"new": "written", "changed": "changed", "gone": "removed", "same": "unchanged", "refused": "refused"}
_PLANNED = {
    "new": "would be written",
    "changed": "would be changed",
    "gone": "would be removed",
    "same": "unchanged",
    "refused": "refused",
}
Json = dict[str, Any]


def _options(command: Callable[..., int]) -> Callable[..., int]:
    for option in (
        click.argument("clients", nargs=-1, metavar="[CLIENT]..."),
        click.option("--all", "every", is_flag=True, help="Every client that is known, found on this machine or not"),
        click.option("--apply", "apply_", is_flag=True, help="Write the changes; without it they are only shown"),
        click.option("--scope", type=click.Choice(["user", "project"]), default="user", show_default=True, help="You, or the project in this directory"),
    ):  # fmt: skip
        command = option(command)
    return command


@click.command(
    params=[json_option()],
    help="Wire agents to this memory: hooks that capture sessions, the MCP server, a block of instructions. Without --apply it shows what it would write."
    f" Clients: {', '.join(AGENTS)}.",
)
@_options
def install(as_json: bool, clients: tuple[str, ...], every: bool, apply_: bool, scope: Scope) -> int:
    """Put our part into the files of some clients."""
    return _run(clients, every=every, write=apply_, scope=scope, as_json=as_json, remove=False)


@click.command(
    params=[json_option()], help="Take out of agents' files what install put in, and leave everything else as it is."
)
@_options
def uninstall(as_json: bool, clients: tuple[str, ...], every: bool, apply_: bool, scope: Scope) -> int:
    """Take our part out of the files of some clients."""
    return _run(clients, every=every, write=apply_, scope=scope, as_json=as_json, remove=True)


def context(scope: Scope = "user") -> Context:
    """Return for whom and where this process would wire agents."""
    project = Path.cwd() if scope == "project" else None
    record = load_record(Path(daemon.home_directory()))
    return Context(program(), Path.home(), os.environ, project, scope, record)


def program() -> tuple[str, ...]:
    """Return the command that runs `lore`, as it may stand in the files of others: the same after an upgrade."""
    called = Path(sys.argv[0])
    if called.stem in {"lore", "everlore"} and called.is_file() and os.access(called, os.X_OK):
        return (str(called.absolute()),)
    beside = Path(sys.executable).with_name("lore.exe" if os.name == "nt" else "lore")
    found = str(beside) if beside.is_file() else shutil.which("lore")
    return (found,) if found else (sys.executable, "-m", "everlore")


def _run(names: tuple[str, ...], *, every: bool, write: bool, scope: Scope, as_json: bool, remove: bool) -> int:
    where = context(scope)
    if scope == "project" and where.project in (where.home, Path("/")):
        raise InvalidInput("this directory is no project", field="scope", hint="go to the project's directory first")
    home, told, refused = Path(daemon.home_directory()), list[Json](), False
    agents = _chosen(names, every, where, remove=remove)
    for agent in agents:
        changes = agent.plan(where, remove=remove)
        backups = _write(agent, changes, where, home, remove=remove) if write else []
        refused = refused or any(change.state == "refused" for change in changes)
        told.append(_told(agent, changes, backups, write=write))
        if not as_json:
            _show(agent, changes, backups, write=write, remove=remove)
    if as_json:
        emit(json.dumps({"applied": write, "clients": told}, ensure_ascii=False))
    elif not agents:
        tell("no client was found on this machine; name one, or give --all")
    elif not write and any(change["state"] != "same" for each in told for change in each["files"]):
        tell("nothing was changed; --apply writes it")
    return 1 if refused else 0


def _write(agent: Agent, changes: list[Change], where: Context, home: Path, *, remove: bool) -> list[Path]:
    """Apply an agent's changes one after the other, since two may be of one file."""
    backups: list[Path] = []
    for number in range(len(changes)):
        change = agent.plan(where, remove=remove)[number]
        changes[number] = change if change.state != "same" else changes[number]
        backups += apply([change], home)
    return backups


def _chosen(names: tuple[str, ...], every: bool, where: Context, *, remove: bool) -> list[Agent]:
    for name in names:
        if name not in AGENTS:
            from difflib import get_close_matches

            near = get_close_matches(name, AGENTS, 1)
            hint = f"did you mean {near[0]}? " if near else ""
            raise NotFound(
                f"no client is called {name!r}", field="client", hint=f"{hint}clients are: {', '.join(AGENTS)}"
            )
    if names:
        return [AGENTS[name] for name in dict.fromkeys(names)]
    if every or remove:
        return list(AGENTS.values())
    return [agent for agent in AGENTS.values() if agent.present(where)]


def _told(agent: Agent, changes: list[Change], backups: list[Path], *, write: bool) -> Json:
    files = [
        {
            "path": str(c.path),
            "state": c.state,
            **({"why": c.why} if c.why else {}),
            **({} if write else {"diff": c.diff()}),
        }
        for c in changes
    ]
    return {"client": agent.name, "files": files, "backups": [str(path) for path in backups]}


def _show(agent: Agent, changes: list[Change], backups: list[Path], *, write: bool, remove: bool) -> None:
    seen: dict[Path, str] = {}
    lines = [agent.title]
    for change in changes:
        word = (_DONE if write else _PLANNED)[change.state]
        if seen.get(change.path) != word:
            lines.append(f"    {change.path}: {word}" + (f": {change.why}" if change.why else ""))
        seen[change.path] = word
    if remove and all(change.state == "same" for change in changes):
        return
    emit("\n".join(lines))
    if not write:
        for change in changes:
            if text := change.diff():
                emit(text.rstrip("\n"))
    elif any(change.state in {"new", "changed"} for change in changes) and agent.after and not remove:
        tell(agent.after)
    for backup in backups:
        tell(f"backup: {backup}")
