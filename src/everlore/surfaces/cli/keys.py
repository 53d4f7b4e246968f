"""`lore encrypt`, `decrypt` and `rekey`, and the question for a passphrase, which is asked on a terminal only."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from everlore.core.errors import InvalidInput
from everlore.surfaces.cli.commands import json_option
from everlore.surfaces.cli.terminal import emit, tell

if TYPE_CHECKING:
    from everlore.app.app import App
    from everlore.core.config import Config
    from everlore.store.keys import Source

OLD, NEW = "EVERLORE_PASSPHRASE", "EVERLORE_NEW_PASSPHRASE"

_KEY_OPTIONS = (
    click.Option(["--key-file"], metavar="FILE", help="Take the key from this file; where there is none, make one"),
    click.Option(["--keyring"], is_flag=True, help="Keep a new key in the operating system's keyring"),
)
_NO_OPTION = "Without an option a passphrase is asked for on a terminal, or taken from {}."


def ask_if_needed(config: Config) -> None:
    """Ask for the passphrase of an encrypted store, if this is a terminal and nothing else gives it."""
    if not (config.home / "encryption.json").exists() or os.environ.get(OLD) or not sys.stdin.isatty():
        return
    from everlore.store import keys

    where = keys.source(config)
    if where is not None and where.kind == "passphrase":
        os.environ[OLD] = _ask("Passphrase")


def _encrypt(key_file: str | None, keyring: bool, as_json: bool) -> None:
    from everlore.app import upkeep

    with _open() as app:
        where = _source(app.config, key_file, keyring)
        upkeep.encrypt(app, where, lambda: _ask("New passphrase", confirm=True))
        _report(app, as_json, "encrypted; ", where)


def _decrypt(as_json: bool) -> None:
    from everlore.app import upkeep

    with _open() as app:
        upkeep.decrypt(app)
        _report(app, as_json, "no longer encrypted", None)


def _rekey(key_file: str | None, keyring: bool, as_json: bool) -> None:
    from everlore.app import upkeep

    with _open() as app:
        where = _source(app.config, key_file, keyring)
        old, new = os.environ.pop(OLD, ""), os.environ.get(NEW, "")
        upkeep.rekey(app, where, lambda: old, lambda: new or _ask("New passphrase", confirm=True))
        _report(app, as_json, "encrypted with another key; ", where)


def _open() -> App:
    from everlore.app.open import open_app
    from everlore.core.config import load

    config = load()
    ask_if_needed(config)
    return open_app(config)


def _source(config: Config, key_file: str | None, keyring: bool) -> Source:
    from everlore.store import keys

    if key_file is not None and keyring:
        raise InvalidInput("--key-file and --keyring exclude each other", field="key_file", hint="give one of them")
    if key_file is not None:
        return keys.new_file(Path(key_file))
    return keys.new_keyring(config.home) if keyring else keys.new_passphrase()


def _ask(what: str, *, confirm: bool = False) -> str:
    """Ask for a passphrase; where nobody can be asked, raise `InvalidInput`."""
    if not sys.stdin.isatty():
        hint = f"set {OLD}, or give --key-file or --keyring"
        raise InvalidInput("there is no terminal to ask for the passphrase", field="passphrase", hint=hint)
    answer: str = click.prompt(what, hide_input=True, confirmation_prompt=confirm, err=True)
    return answer


def _report(app: App, as_json: bool, said: str, where: Source | None) -> None:
    place = where.place if where else ""
    keeps = {
        "file": f"the key is in {place}, without which nobody can read the store: keep a copy elsewhere",
        "keyring": "the key is in the operating system's keyring",
        "passphrase": "nobody can read the store without the passphrase, so keep it safe",
    }
    if as_json:
        import json

        kind = where.kind if where else None
        emit(json.dumps({"home": str(app.config.home), "encrypted": kind is not None, "key": kind}))
    else:
        emit(f"{app.config.home} is {said}{keeps[where.kind] if where else ''}")
        if where and app.config.vault != "on" and app.config.vault_root.is_dir():
            tell(f"{app.config.vault_root} still holds memories in plain files, and is written no more: delete it")


def _command(name: str, run: Callable[..., Any], help_text: str, *options: click.Option) -> click.Command:
    return click.Command(name, callback=run, params=[*options, json_option()], help=help_text)


encrypt = _command(
    "encrypt", _encrypt, "Encrypt the store; recall works inside it as before. " + _NO_OPTION.format(OLD), *_KEY_OPTIONS
)
decrypt = _command("decrypt", _decrypt, "Write the store in plain again.")
rekey = _command("rekey", _rekey, "Encrypt the store with another key. " + _NO_OPTION.format(NEW), *_KEY_OPTIONS)
