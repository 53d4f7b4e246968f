"""The key of an encrypted store: where it comes from, and the file that says so.

`encryption.json` beside the database exists exactly when the store is encrypted; it names the source of the key and, for
a passphrase, the salt and cost of the derivation (scrypt, RFC 7914). It never holds the key. Sources: `file` (64 hex
digits or 32 raw bytes), `keyring` (the operating system's), `passphrase` (asked for, or in EVERLORE_PASSPHRASE).
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from everlore.core.config import Config
from everlore.core.errors import InvalidInput, WrongKey

_SERVICE = "everlore"


@dataclass(frozen=True, slots=True)
class Source:
    """Where the key is: `kind` file, keyring or passphrase; `place` the file's path or the keyring's user name."""

    kind: str
    place: str = ""
    salt: str = ""
    cost: int = 1 << 15

    def key(self, ask: Callable[[], str] | None = None) -> bytes:
        """Return the 32-byte key; `ask` is called for a passphrase that is not in the environment."""
        if self.kind == "file":
            return _from_file(Path(self.place))
        if self.kind == "keyring":
            return _from_keyring(self.place)
        phrase = os.environ.get("EVERLORE_PASSPHRASE") or (ask() if ask else "")
        if not phrase:
            raise WrongKey(
                "the store is encrypted with a passphrase", hint="set EVERLORE_PASSPHRASE, or run on a terminal"
            )
        return hashlib.scrypt(
            phrase.encode(), salt=bytes.fromhex(self.salt), n=self.cost, r=8, p=1, maxmem=128 * self.cost * 9, dklen=32
        )


def marker(config: Config) -> Path:
    """Return the path of the file that says how the store is encrypted."""
    return config.home / "encryption.json"


def source(config: Config) -> Source | None:
    """Return where the key of this store is, or None when it is not encrypted."""
    try:
        return parse(marker(config).read_text("utf-8"))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, OSError) as error:
        raise WrongKey(
            f"{marker(config)} cannot be read: {error}", hint="restore it from a backup of the home directory"
        ) from error


def parse(text: str) -> Source:
    """Return the source a marker file spells."""
    return Source(**json.loads(text))


def write_marker(config: Config, text: str | None) -> None:
    """Write or remove the marker file, atomically."""
    path = marker(config)
    if text is None:
        path.unlink(missing_ok=True)
        return
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    descriptor = os.open(draft, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def spell(where: Source) -> str:
    """Return the content of the marker file."""
    return json.dumps(asdict(where), indent=2) + "\n"


def unlock(config: Config, ask: Callable[[], str] | None = None) -> bytes | None:
    """Return the key of this store, or None when it is not encrypted."""
    where = source(config)
    return where.key(ask) if where else None


def new_passphrase() -> Source:
    """Return a passphrase source with a fresh salt."""
    return Source("passphrase", salt=secrets.token_hex(16))


def new_file(path: Path) -> Source:
    """Return a key-file source, writing a fresh key when there is no such file yet."""
    path = path.expanduser().absolute()
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32) + "\n")
    return Source("file", str(path))


def new_keyring(home: Path) -> Source:
    """Return a keyring source with a fresh key stored under the home's path."""
    place = str(home)
    _keyring().set_password(_SERVICE, place, secrets.token_hex(32))
    return Source("keyring", place)


def _from_file(path: Path) -> bytes:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise WrongKey(
            f"the key file {path} cannot be read: {error.strerror}",
            hint="put it back; without it the store stays closed",
        ) from None
    if len(raw) == 32:
        return raw
    try:
        key = bytes.fromhex(raw.decode("ascii").strip())
    except ValueError:
        key = b""
    if len(key) != 32:
        raise InvalidInput(
            f"{path} does not hold a key", field="key_file", hint="a key is 64 hex digits or 32 raw bytes"
        )
    return key


def _from_keyring(place: str) -> bytes:
    key = _keyring().get_password(_SERVICE, place)
    if not key:
        raise WrongKey("the operating system's keyring holds no key for this store", hint="unlock the keyring")
    return bytes.fromhex(key)


def _keyring() -> Any:  # noqa: ANN401 - an optional package without types
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        raise InvalidInput(
            "the keyring package is not installed",
            field="key",
            hint="pip install 'everlore[keyring]', or use --key-file",
        ) from None
    try:
        if keyring.get_keyring().priority <= 0:
            raise InvalidInput("this machine has no usable keyring", field="key", hint="use --key-file or a passphrase")
    except KeyringError as error:
        raise InvalidInput(
            f"the keyring failed: {error}", field="key", hint="use --key-file or a passphrase"
        ) from error
    return keyring
