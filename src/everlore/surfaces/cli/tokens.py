"""`lore token create`, `list` and `revoke`: who may use this server from elsewhere."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from everlore.surfaces.cli.commands import json_option
from everlore.surfaces.cli.terminal import emit, tell

if TYPE_CHECKING:
    from everlore.surfaces.http.tokens import Tokens


@click.group(help="Tokens that let a program or a browser extension in: make, list and revoke them.")
def token() -> None:
    """Group what is done with tokens."""


@token.command(params=[json_option()], help="Make a token and print it, once; only its hash is kept.")
@click.argument("name")
def create(name: str, as_json: bool) -> None:
    """Make one."""
    made = _tokens().create(name)
    emit(json.dumps({"name": name, "token": made}) if as_json else made)
    if not as_json:
        tell("Keep it: it is not shown again. `lore token revoke` takes it back at once.")


@token.command("list", params=[json_option()], help="List the tokens by name and age; none can be shown again.")
def list_tokens(as_json: bool) -> None:
    """List them."""
    found = [{"name": each.name, "created": each.created} for each in _tokens().all()]
    if as_json:
        emit(json.dumps({"tokens": found}))
    elif found:
        emit("\n".join(f"{each['created'][:10]}  {each['name']}" for each in found))
    else:
        tell("There are no tokens; `lore token create NAME` makes one.")


@token.command(params=[json_option()], help="Let a token open nothing any more, from now on.")
@click.argument("name")
def revoke(name: str, as_json: bool) -> None:
    """Revoke one."""
    _tokens().revoke(name)
    emit(json.dumps({"name": name, "revoked": True}) if as_json else f"{name} is revoked")


def _tokens() -> Tokens:
    from everlore.core.config import load
    from everlore.surfaces.http.tokens import Tokens

    return Tokens(load().home)
