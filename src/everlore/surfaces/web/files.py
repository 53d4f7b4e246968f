"""The pages' own scripts, styles and pictures: sent as they are, kept by the browser for as long as they are the same."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from pathlib import Path

from everlore.core.errors import NotFound

STATIC = Path(__file__).parent / "static"
KINDS = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".LICENSE": "text/plain; charset=utf-8",
}


@dataclass(frozen=True, slots=True)
class File:
    """A file and the same compressed."""

    body: bytes
    zipped: bytes
    kind: str
    digest: str


@cache
def load(name: str) -> File:
    """Return a file below `static`; raise `NotFound` for any other name."""
    if name not in _names():
        raise NotFound(f"there is no file {name[:100]!r}")
    body = (STATIC / name).read_bytes()
    kind = KINDS[Path(name).suffix]
    return File(body, gzip.compress(body, 9), kind, blake2b(body, digest_size=6).hexdigest())


@cache
def _names() -> frozenset[str]:
    found = (path for path in STATIC.rglob("*") if path.is_file() and path.suffix in KINDS)
    return frozenset(path.relative_to(STATIC).as_posix() for path in found)
