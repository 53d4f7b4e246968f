"""The key of an encrypted store: where it comes from, and the file that says so.

`encryption.json` beside the database exists exactly when the store is encrypted; it names the source of the key and, for
a passphrase, the salt and cost of the derivation (scrypt, RFC 7914). It never holds the key. Sources: `file` (64 hex
digits or 32 raw bytes), `keyring` (the operating system's), `passphrase` (asked for, or in EVERLORE_PASSPHRASE).
While the key is being changed, `encryption.next.json` says what is about to be true; it is empty for "not encrypted".
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from everlore.core.config import Config
from everlore.core.errors import InvalidInput, WrongKey

_SERVICE = "everlore"
_BROKEN = "restore the file from a backup of the home directory"


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
            phrase.encode("utf-8", "surrogateescape"),
            salt=bytes.fromhex(self.salt),
            n=self.cost,
            r=8,
            p=1,
            maxmem=128 * self.cost * 9,
            dklen=32,
        )


def marker(config: Config) -> Path:
    """Return the path of the file that says how the store is encrypted."""
    return config.home / "encryption.json"


def source(config: Config) -> Source | None:
    """Return where the key of this store is, or None when it is not encrypted."""
    try:
        return parse(marker(config).read_bytes().decode("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise WrongKey(f"{marker(config)} cannot be read: {error}", hint=_BROKEN) from error


def parse(text: str) -> Source:
    """Return the source a marker file spells; raise `WrongKey` when it spells none."""
    try:
        found = Source(**json.loads(text))
        bytes.fromhex(found.salt)
        if found.kind not in {"file", "keyring", "passphrase"} or not isinstance(found.place, str):
            raise ValueError("it names no kind of key that is known")
        if not isinstance(found.cost, int) or not 1 < found.cost <= 1 << 20 or found.cost & (found.cost - 1):
            raise ValueError("the cost is not a power of two")
    except (ValueError, TypeError, RecursionError) as error:
        raise WrongKey(f"what says how the store is encrypted cannot be read: {error}", hint=_BROKEN) from error
    return found


def next_marker(config: Config) -> str | None:
    """Return what the marker file is about to hold ("" for no marker), or None when no change is under way."""
    try:
        return _next(config).read_bytes().decode("utf-8", "replace")
    except OSError:
        return None


def announce(config: Config, text: str | None) -> None:
    """Lay the coming content of the marker file beside it; None stands for no marker."""
    _write(_next(config), text or "")


def settle(config: Config, text: str | None) -> None:
    """Make what was announced the marker; another process may have done so already."""
    if text:
        with suppress(FileNotFoundError):
            _next(config).replace(marker(config))
    else:
        marker(config).unlink(missing_ok=True)
        _next(config).unlink(missing_ok=True)


def _next(config: Config) -> Path:
    return config.home / "encryption.next.json"


def _write(path: Path, text: str) -> None:
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
    """Return a keyring source with a fresh key, stored under the home's path and a number."""
    place = f"{home} {secrets.token_hex(4)}"  # never the place of the present key, which is needed until it is changed
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
    try:
        return bytes.fromhex(key)
    except ValueError:
        raise WrongKey("what the keyring holds for this store is not a key", hint=_BROKEN) from None


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
