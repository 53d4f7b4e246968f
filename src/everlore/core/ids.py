"""Identifiers that need no coordination.

A *fresh* id is 26 lower-case Crockford base-32 characters: 48 bits of Unix milliseconds and 80 random bits, so that ids
sort by creation. A *derived* id is 20 characters of BLAKE2b over its parts: the same session or turn arriving twice,
through two clients or two machines, gets the same id and is therefore stored once.
"""

from __future__ import annotations

import os
from base64 import b32encode
from hashlib import blake2b

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_FROM_RFC4648 = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", _ALPHABET)


def fresh(now_ms: int) -> str:
    """Return a new sortable id for the instant `now_ms` (Unix milliseconds)."""
    value = (now_ms & (1 << 48) - 1) << 80 | int.from_bytes(os.urandom(10), "big")
    return "".join(_ALPHABET[value >> shift & 31] for shift in range(125, -1, -5))


def derived(*parts: str) -> str:
    """Return the id that these parts always get; parts are length-prefixed, so no two lists of parts collide by joining."""
    digest = blake2b(digest_size=12)
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass")
        digest.update(len(raw).to_bytes(4, "big") + raw)
    return b32encode(digest.digest()).decode("ascii").rstrip("=").translate(_FROM_RFC4648)


def content_hash(*parts: str) -> bytes:
    """Return the 32-byte SHA-256 the journal keeps in place of a body; parts are length-prefixed."""
    from hashlib import sha256

    digest = sha256()
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass")
        digest.update(len(raw).to_bytes(4, "big") + raw)
    return digest.digest()
