"""The headers of both ways: what belongs to one connection stays there, what is meant for us goes no further."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl

from everlore.guard.redact import label
from everlore.surfaces.proxy.answers import READABLE

Raw = list[tuple[bytes, bytes]]

_HOP = frozenset({
    b"connection", b"keep-alive", b"proxy-connection", b"proxy-authenticate", b"proxy-authorization", b"te", b"trailer",
    b"transfer-encoding", b"upgrade",
})  # fmt: skip
_OURS = b"everlore-"
_KEYS = (b"authorization", b"x-api-key", b"x-goog-api-key", b"api-key")
_PRODUCT = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,39}")
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Wish:
    """What a client says about memory in headers of ours: whether it wants it, and where the request belongs."""

    memory: bool = True
    session: str = ""
    namespace: str = ""
    cwd: str = ""
    client: str = "proxy"

    @property
    def place(self) -> dict[str, str]:
        """Where the request belongs, as far as it is told."""
        told = {"session": self.session, "namespace": self.namespace, "cwd": self.cwd, "client": self.client}
        return {name: text for name, text in told.items() if text}


def forwarded(headers: Iterable[tuple[bytes, bytes]], host: bytes, length: int | None, *, readable: bool) -> Raw:
    """Return a client's headers for the upstream at `host`; `length` is that of a body that was read whole.

    With `readable` the answer is to be read here too, so that codings which cannot be are not asked for.
    """
    kept = [(name, value) for name, value in _end_to_end(headers) if name not in (b"host", b"expect")]
    kept = [(name, value) for name, value in kept if not name.startswith(_OURS)]
    if readable:
        kept = [(name, _readable(value) if name == b"accept-encoding" else value) for name, value in kept]
    if length is not None:
        kept = [(name, value) for name, value in kept if name != b"content-length"]
        kept.append((b"content-length", str(length).encode()))
    return [(b"host", host), *kept]


def returned(headers: Iterable[tuple[bytes, bytes]]) -> Raw:
    """Return an upstream's headers for the client."""
    return [(name.lower(), value) for name, value in _end_to_end(headers)]


def wish(headers: Mapping[str, str]) -> Wish:
    """Return what a client says about memory; its own name is the first product it names."""
    product = _PRODUCT.match(headers.get("user-agent", ""))
    return Wish(
        headers.get("everlore-memory", "").strip().lower() not in ("off", "no", "0", "false"),
        _said(headers, "everlore-session"), _said(headers, "everlore-project"), _said(headers, "everlore-cwd", 4_096),
        label(product[0]).lower() if product else "proxy",
    )  # fmt: skip


def key_of(headers: Sequence[tuple[bytes, bytes]], query: bytes) -> bytes:
    """Return what a client proves itself to the upstream with; only ever to be hashed with a secret."""
    found = [value for name, value in headers if name in _KEYS]
    found += [value.encode() for name, value in parse_qsl(query.decode("latin-1")) if name == "key"]
    return b"\0".join(found)


def _end_to_end(headers: Iterable[tuple[bytes, bytes]]) -> Raw:
    lowered = [(name.lower(), value) for name, value in headers]
    named = {word.strip().lower() for name, value in lowered if name == b"connection" for word in value.split(b",")} - {
        b"content-length",
        b"host",
        b"authorization",
    }
    return [(name, value) for name, value in lowered if name not in _HOP and name not in named]


def _readable(value: bytes) -> bytes:
    """Return the codings that can be read here; "identity" where none of them is left, so that nothing else is meant."""
    kept = [
        each.strip()
        for each in value.decode("latin-1").split(",")
        if each.partition(";")[0].strip().lower() in READABLE
    ]
    return (", ".join(filter(None, kept)) or "identity").encode("latin-1")


def _said(headers: Mapping[str, str], name: str, longest: int = _LONGEST) -> str:
    found = headers.get(name, "").strip()
    return label(found[:longest]) if found.isprintable() else ""
