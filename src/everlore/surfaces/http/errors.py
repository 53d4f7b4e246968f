"""Errors over HTTP: one envelope, and this surface's one table from error codes to statuses.

`RefusedError` is for what HTTP itself objects to (a method, a content type, a size): the code stays one of ours, the
status is HTTP's own.
"""

from __future__ import annotations

import msgspec
from starlette.responses import Response

from everlore.core.errors import Denied, EverloreError, InvalidInput, NotFound
from everlore.surfaces.mcp.protocol import INTERNAL

STATUS = {
    "error": 500,
    "invalid_input": 400,
    "denied": 403,
    "awaiting_approval": 202,
    "not_found": 404,
    "conflict": 409,
    "store_busy": 503,
    "store_unavailable": 503,
    "store_full": 507,
    "store_corrupt": 500,
    "wrong_key": 503,
    "newer_schema": 503,
    "model_unavailable": 503,
    "model_failed": 503,
    "budget_spent": 503,
}

RETRY_AFTER_SECONDS = 1


class RefusedError(Exception):
    """A request that HTTP's own rules refuse, with the status and headers that say so."""

    def __init__(self, error: EverloreError, status: int, headers: dict[str, str] | None = None) -> None:
        super().__init__(error.message)
        self.error = error
        self.status = status
        self.headers = headers or {}


def too_large(limit: int) -> RefusedError:
    """Return the refusal of a body over `limit` bytes."""
    message = f"the body is larger than {limit >> 20} MiB"
    return RefusedError(InvalidInput(message, field="body", hint="import large material from a file with import"), 413)


def wrong_type(given: str) -> RefusedError:
    """Return the refusal of a body that is not JSON."""
    message = f"the content type must be application/json, not {given[:80] or 'missing'}"
    return RefusedError(InvalidInput(message, field="content-type", hint="send Content-Type: application/json"), 415)


def wrong_method(method: str, allowed: str) -> RefusedError:
    """Return the refusal of a method; `allowed` lists those that are."""
    error = InvalidInput(f"{method[:20]} is not allowed here", field="method", hint=f"use {allowed}")
    return RefusedError(error, 405, {"Allow": allowed})


def unknown_path(path: str) -> RefusedError:
    """Return the refusal of a path that leads nowhere."""
    hint = "operations are at /api/v1/<name>, the description of all at /api/v1/openapi.json"
    return RefusedError(NotFound(f"there is nothing at {path[:200]}", hint=hint), 404)


def no_token(*, browser: bool = False) -> RefusedError:
    """Return the refusal of a request without the right token; a browser asks its user for it as a password."""
    error = Denied(
        "the token is missing or wrong",
        hint="send Authorization: Bearer <token>; a browser takes it as the password, with any user name",
        field="authorization",
    )
    challenge = 'Basic realm="Everlore", charset="UTF-8"' if browser else "Bearer"
    return RefusedError(error, 401, {"WWW-Authenticate": challenge})


def explain(error: Exception) -> tuple[int, dict[str, str], EverloreError]:
    """Return the status, the headers and what to tell of `error`; what is not ours to explain is told without its details."""
    if isinstance(error, RefusedError):
        return error.status, error.headers, error.error
    if isinstance(error, EverloreError):
        busy = error.code == "store_busy"
        return STATUS[error.code], {"Retry-After": str(RETRY_AFTER_SECONDS)} if busy else {}, error
    return 500, {}, EverloreError(INTERNAL["error"], hint=INTERNAL["hint"])


def response(error: Exception, *, page: bool = False) -> Response:
    """Return the answer that tells of `error`: as JSON, or where a person looks in words."""
    status, headers, told = explain(error)
    if page:
        words = f"{told.message}\n\n{told.hint}\n"
        return Response(words, status, {**headers, "Cache-Control": "no-store"}, "text/plain")
    return Response(
        msgspec.json.encode(told.as_dict()), status, {**headers, "Cache-Control": "no-store"}, "application/json"
    )
