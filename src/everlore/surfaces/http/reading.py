"""Requests read with their bounds: the body up to a limit, the query string as strict UTF-8 with known names only."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request

from everlore.core.errors import InvalidInput
from everlore.surfaces.http.errors import too_large

MAX_BODY = 8 * 1024 * 1024
DRAINED = 64 * 1024 * 1024
"""Bytes of an oversized body that are read and dropped, so that the sender gets to read the refusal."""

MAX_PARAMETER = 10_000
"""Characters of a query parameter; longer texts are for a body."""


async def read_body(request: Request, limit: int = MAX_BODY) -> bytes:
    """Return the whole body; raise `RefusedError` if it is over `limit` bytes."""
    pieces, size = [], 0
    async for piece in request.stream():
        size += len(piece)
        if size > DRAINED:
            break
        if size <= limit:
            pieces.append(piece)
    if size > limit:
        raise too_large(limit)
    return b"".join(pieces)


def query(
    request: Request, repeatable: frozenset[str] = frozenset(), known: frozenset[str] | None = None
) -> dict[str, Any]:
    """Return the query parameters, `repeatable` ones as lists; raise `InvalidInput` for a repeated or unknown one."""
    try:
        text = request.scope["query_string"].decode("ascii")
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=2_000)
    except ValueError:
        raise InvalidInput(
            "the query string is not well-formed UTF-8", field="query", hint="percent-encode it as UTF-8"
        ) from None
    found: dict[str, Any] = {}
    for name, value in pairs:
        if known is not None and name not in known:
            hint = f"parameters are: {', '.join(sorted(known))}" if known else "send the fields as a JSON body"
            raise InvalidInput(f"unknown query parameter {name[:80]!r}", field=name[:80], hint=hint)
        if len(value) > MAX_PARAMETER:
            message = f"{name[:80]}: longer than {MAX_PARAMETER} characters"
            raise InvalidInput(message, field=name[:80], hint="post it in a JSON body")
        if name in repeatable:
            found.setdefault(name, []).append(value)
        elif name in found:
            raise InvalidInput(f"{name[:80]}: given more than once", field=name[:80])
        else:
            found[name] = value
    return found
