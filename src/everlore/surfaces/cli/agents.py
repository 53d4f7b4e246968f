"""`lore install` and `lore uninstall`: wire agents' clients to this memory, or take that out again."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from everlore.core.errors import InvalidInput, NotFound
from everlore.surfaces import daemon
from everlore.surfaces.agents import AGENTS, lore_command
from everlore.surfaces.agents.wiring import Agent, Change, Context
from everlore.surfaces.agents.writing import apply, load_record
from everlore.surfaces.cli.commands import json_option
from everlore.surfaces.cli.terminal import emit, tell

if TYPE_CHECKING:
    from everlore.surfaces.agents.wiring import Scope

_DONE = {"new": "written", "changed": "changed", "gone": "removed", "same": "unchanged", "refused": "refused"}
_PLANNED = {
    "new": "would be written", "changed": "would be changed", "gone": "would be removed", "same": "unchanged", "refused": "refused",
}  # fmt: skip
_SHARED = "The project's files name the lore of this machine: whoever else uses them has to run `lore install --scope project` too."
_FLEETING = ("archive-v0", "/.cache/", "\\Cache\\")
"""What is in the path of a lore that was only tried out."""
Json = dict[str, Any]


def _options(command: Callable[..., int]) -> Callable[..., int]:
    for option in (
        click.argument("clients", nargs=-1, metavar="[CLIENT]..."),
        click.option("--all", "every", is_flag=True, help="Every client that is known, found on this machine or not"),
        click.option("--apply", "apply_", is_flag=True, help="Write the changes; without it they are only shown"),
        click.option(
            "--scope", type=click.Choice(["user", "project"]), default="user", show_default=True,
            help="For you, or for the project in this directory",
        ),
    ):  # fmt: skip
        command = option(command)
    return command


@click.command(
    params=[json_option()],
    help="Wire agents to this memory: hooks that capture sessions, the MCP server, a block of instructions. Without --apply it shows what it would write."
    f" With no CLIENT: those found on this machine. Clients: {', '.join(AGENTS)}.",
)
@_options
def install(as_json: bool, clients: tuple[str, ...], every: bool, apply_: bool, scope: Scope) -> int:
    """Put our part into the files of some clients."""
    return _run(clients, every=every, write=apply_, scope=scope, as_json=as_json, remove=False)


@click.command(
    params=[json_option()], help="Take out of agents' files what install put in, and leave everything else as it is. With no CLIENT: of all."
)  # fmt: skip
@_options
def uninstall(as_json: bool, clients: tuple[str, ...], every: bool, apply_: bool, scope: Scope) -> int:
    """Take our part out of the files of some clients."""
    return _run(clients, every=every, write=apply_, scope=scope, as_json=as_json, remove=True)


@click.command(
    "install-instructions",
    params=[json_option()],
    help="Tell agents which tool answers what is said to them: a block in CLAUDE.md, AGENTS.md or GEMINI.md, and a skill where the client"
    f" has skills. Without --apply it shows what it would write. With no CLIENT: those found on this machine. Clients: {', '.join(AGENTS)}.",
)
@click.argument("clients", nargs=-1, metavar="[CLIENT]...")
@click.option("--all", "every", is_flag=True, help="Every client that is known, found on this machine or not")
@click.option("--apply", "apply_", is_flag=True, help="Write the changes; without it they are only shown")
@click.option("--user", is_flag=True, help="In your own files, rather than in those of the project in this directory")
@click.option("--remove", is_flag=True, help="Take them out again, and leave everything else as it is")
def install_instructions(
    as_json: bool, clients: tuple[str, ...], every: bool, apply_: bool, user: bool, remove: bool
) -> int:  # fmt: skip
    """Put the instructions into the files that agents read, or take them out."""
    scope: Scope = "user" if user else "project"
    return _run(clients, every=every, write=apply_, scope=scope, as_json=as_json, remove=remove, told=True)


def context(scope: Scope = "user") -> Context:
    """Return for whom and where this process would wire agents."""
    record = load_record(Path(daemon.home_directory()))
    return Context(lore_command(), Path.home(), os.environ, _project() if scope == "project" else None, scope, record)


def _project() -> Path:
    """Return the root of the project that this directory is in: where its repository or its settings are, else this directory."""
    here = Path.cwd()
    marks = (".everlore.toml", ".git")
    root = next((each for each in (here, *here.parents) if any((each / mark).exists() for mark in marks)), here)
    if root in (Path.home(), Path(root.anchor)):
        raise InvalidInput("this directory is in no project", field="scope", hint="go to the project's directory first")
    return root


def _run(
    names: tuple[str, ...], *, every: bool, write: bool, scope: Scope, as_json: bool, remove: bool, told: bool = False
) -> int:
    where = context(scope)
    agents = _chosen(names, every, where, remove=remove)
    where = replace(where, leaving=frozenset(agent.name for agent in agents))
    home, done, after = Path(daemon.home_directory()), list[Json](), list[str]()
    for agent in agents:
        changes = agent.plan(where, remove=remove, told=told)
        if write:
            changes = apply(changes, home)
            where = replace(where, record=load_record(home))
        done.append(_told(agent, changes, write=write))
        if any(change.state in {"new", "changed"} for change in changes) and not remove and not told:
            after += [f"{agent.title}: {agent.after}"] if agent.after else []
        if not as_json and changes and not (remove and all(change.state == "same" for change in changes)):
            emit(_shown(agent, changes, write=write))
    if any(mark in where.lore[0] for mark in _FLEETING):
        tell(
            f"{where.lore[0]} lies in a cache that is emptied at times; `uv tool install everlore` gives it a place that lasts"
        )
    states = {file["state"] for each in done for file in each["files"]}
    if as_json:
        emit(json.dumps({"applied": write, "clients": done, "next": after}, ensure_ascii=False))
    elif not agents:
        tell("no client was found on this machine; name one, or give --all")
    elif not states & {"new", "changed", "gone"}:
        tell("there is nothing to change")
    elif not write:
        tell("nothing was changed; --apply writes it")
    else:
        for line in [*after, *([_SHARED] if scope == "project" and not remove and not told else [])]:
            tell(line)
    return 1 if "refused" in states else 0


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


def _told(agent: Agent, changes: list[Change], *, write: bool) -> Json:
    files = [
        {
            "path": str(change.path), "state": change.state, "parts": list(change.parts),
            **({"why": change.why} if change.why else {}),
            **({"backup": str(change.backup)} if change.backup else {}),
            **({} if write or not (diff := change.diff()) else {"diff": diff}),
        }
        for change in changes
    ]  # fmt: skip
    return {"client": agent.name, "files": files}


def _shown(agent: Agent, changes: list[Change], *, write: bool) -> str:
    lines = [agent.title]
    for change in changes:
        more = f": {change.why}" if change.why else f" (the old one is {change.backup.name})" if change.backup else ""
        lines.append(f"    {change.path}: {(_DONE if write else _PLANNED)[change.state]}{more}")
    if not write:
        lines += [text.rstrip("\n") for change in changes if (text := change.diff())]
    return "\n".join(lines)
