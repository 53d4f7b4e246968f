"""`lore completions`, `lore shell-init` and the help of `lore wrap`: what shells get of us, where somebody asks for it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from everlore.core.errors import InvalidInput
from everlore.surfaces import daemon
from everlore.surfaces.cli.commands import json_option
from everlore.surfaces.cli.terminal import emit, tell
from everlore.surfaces.shells import run, scripts
from everlore.surfaces.shells.clis import KNOWN

_SHELL = click.Choice(scripts.SHELLS)


@click.command(
    params=[json_option()],
    help="Print the script that completes `lore` in a shell, or have the shell read it: --install puts three lines into its start-up"
    " file, --remove takes them out again. With no SHELL it is yours.",
)
@click.argument("shell", required=False, type=_SHELL, metavar="[bash|zsh|fish]")
@click.option("--install", is_flag=True, help="Have the shell complete from its next start")
@click.option("--remove", is_flag=True, help="Take that back")
def completions(shell: str | None, install: bool, remove: bool, as_json: bool) -> None:
    """Print, install or remove completions."""
    shell = shell or scripts.guess(os.environ)
    if install and remove:
        raise InvalidInput("--install and --remove exclude each other", field="install", hint="give one of them")
    if not install and not remove:
        script = scripts.completion(shell)
        emit(json.dumps({"shell": shell, "script": script}) if as_json else script.rstrip("\n"))
        return
    act = scripts.install if install else scripts.remove
    path, changed = act(shell, Path(daemon.home_directory()), Path.home(), os.environ)
    if as_json:
        emit(json.dumps({"shell": shell, "path": str(path), "changed": changed}))
    elif not changed:
        tell(f"{path}: nothing to change")
    else:
        emit(f"{path}: {'completes lore from the next start of the shell' if install else 'no longer completes lore'}")


@click.command(
    "shell-init",
    params=[json_option()],
    help="Print functions for a shell's start-up file that give commands of models memory where they are called with one prompt,"
    " such as `claude -p` or `ollama run`. Anything else they are called with goes to the command as it is. Only the commands that"
    f" you name get one: {', '.join(KNOWN)}. EVERLORE_WRAP=off switches them off.",
)
@click.argument("shell", type=_SHELL, metavar="bash|zsh|fish")
@click.argument("commands", nargs=-1, required=True, metavar="COMMAND...")
def shell_init(shell: str, commands: tuple[str, ...], as_json: bool) -> None:
    """Print the functions."""
    for name in commands:
        if name not in KNOWN:
            raise InvalidInput(
                f"how {name!r} is called is not known", field="commands", hint=f"known are: {', '.join(KNOWN)}"
            )
    said = scripts.functions(shell, list(dict.fromkeys(commands)))
    emit(json.dumps({"shell": shell, "script": said}) if as_json else said.rstrip("\n"))


@click.command(
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
    help="Run a model's command. Where it is called with one prompt, what is remembered goes before that, and the exchange is kept;"
    " called in any other way it is run exactly as it is.",
)
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED, metavar="COMMAND [ARGUMENT]...")
def wrap(command: tuple[str, ...]) -> int:
    """Run a command; `everlore.__main__` does so without coming here."""
    return run.main(command)
