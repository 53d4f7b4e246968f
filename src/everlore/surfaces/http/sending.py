"""Answers sent: with what tells a client that it has them already, and compressed where that is asked for and pays."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from hashlib import blake2b

from starlette.requests import Request
from starlette.responses import Response

_PAYS = 1_000
"""Bytes from which on an answer is compressed."""

_LEVEL = 3


def sent(
    request: Request,
    body: bytes,
    kind: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    keep: bool = False,
) -> Response:
    """Return the answer with a body. What may be kept has a strong ETag and is answered 304 where the client has it."""
    given = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", **(headers or {})}
    zipped = len(body) > _PAYS and _takes_gzip(request.headers.get("accept-encoding", ""))
    if keep:
        tag = f'"{blake2b(body, digest_size=12).hexdigest()}{"-gzip" if zipped else ""}"'
        given |= {"ETag": tag, "Cache-Control": "private, max-age=0, must-revalidate", "Vary": "Accept-Encoding"}
        if _has(request.headers.get("if-none-match", ""), tag):
            return Response(None, 304, given)
    if zipped:
        squeezer = zlib.compressobj(_LEVEL, wbits=31)
        body = squeezer.compress(body) + squeezer.flush()
        given |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    return Response(body, status, given, kind)


def _takes_gzip(accepted: str) -> bool:
    for part in accepted.lower().split(","):
        name, _, weight = part.partition(";")
        if name.strip() == "gzip":
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def _has(given: str, tag: str) -> bool:
    """Tell whether one of the tags of If-None-Match is this, compared weakly as the header has it."""
    return given.strip() == "*" or any(each.strip().removeprefix("W/") == tag for each in given.split(","))
