"""The tokens that `lore token` made for this server: who has one is let in, until it is revoked.

`tokens.json` in the home (mode 0600) holds the name of each, when it was made, and the SHA-256 of the token, which has 256
random bits, so that no slow hash is needed. The token itself is shown once and kept nowhere. A running server looks at the
file again when it has changed; a file that cannot be read lets nobody in.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from everlore.core.errors import Conflict, InvalidInput, NotFound, StoreUnavailable, refused
from everlore.surfaces.agents.writing import write_whole

PREFIX = "lore_"
_LONGEST = 64


class Token(msgspec.Struct, frozen=True):
    """One token, as it is kept."""

    name: str
    created: str
    sha256: str


class Tokens:
    """The tokens of one home."""

    def __init__(self, home: Path) -> None:
        self.path = home / "tokens.json"
        self._seen: tuple[int, int, int] | None = None
        self._digests: list[bytes] = []

    def knows(self, token: bytes) -> bool:
        """Tell whether a token is one of these."""
        self._look()
        digest = hashlib.sha256(token).digest()
        found = [hmac.compare_digest(digest, kept) for kept in self._digests]
        return any(found)

    def _look(self) -> None:
        try:
            at = self.path.stat()
        except OSError:
            self._seen, self._digests = None, []
            return
        seen = (at.st_mtime_ns, at.st_size, at.st_ino)
        if seen != self._seen:
            self._digests = []
            with suppress(StoreUnavailable, ValueError):
                self._digests = [bytes.fromhex(token.sha256) for token in self.all()]
            self._seen = seen

    def all(self) -> list[Token]:
        """Return what is kept of each; raise `StoreUnavailable` if the file cannot be read."""
        try:
            return msgspec.json.decode(self.path.read_bytes(), type=list[Token])
        except FileNotFoundError:
            return []
        except OSError as error:
            raise refused(error, str(self.path)) from error
        except msgspec.MsgspecError as error:
            hint = "revoke all by removing the file, and make new ones"
            raise StoreUnavailable(f"{self.path} is not a list of tokens: {error}", hint=hint) from error

    def create(self, name: str) -> str:
        """Make a token under a name and return it; raise `InvalidInput` or `Conflict` for a name that will not do."""
        name = " ".join(name.split())
        if not name or len(name) > _LONGEST or not name.isprintable():
            raise InvalidInput(f"name: one line of 1 to {_LONGEST} characters says whose token it is", field="name")
        there = self.all()
        if any(token.name == name for token in there):
            hint = f"choose another name, or `lore token revoke {name!r}` first"
            raise Conflict(f"there is a token named {name!r} already", field="name", hint=hint)
        made = PREFIX + secrets.token_urlsafe(32)
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        self._write([*there, Token(name, now, hashlib.sha256(made.encode()).hexdigest())])
        return made

    def revoke(self, name: str) -> None:
        """Let a token open nothing any more; raise `NotFound`."""
        there = self.all()
        left = [token for token in there if token.name != name]
        if len(left) == len(there):
            names = ", ".join(token.name for token in there)
            raise NotFound(f"there is no token named {name!r}", field="name", hint=f"there are: {names or 'none'}")
        self._write(left)

    def _write(self, tokens: list[Token]) -> None:
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not self.path.exists():
                os.close(os.open(self.path, os.O_CREAT | os.O_WRONLY, 0o600))
            write_whole(self.path, msgspec.json.format(msgspec.json.encode(tokens)).decode())
            self.path.chmod(0o600)
        except OSError as error:
            raise refused(error, str(self.path)) from error
