"""Namespace paths: up to eight segments such as `acme/web/auth`, the workspace first, the project second.

A segment starts with a letter or digit and goes on with letters, digits, `.`, `_` and `-`; upper and lower case are kept
but two paths that differ in case alone are the same node.
"""

from __future__ import annotations

import re

from everlore.core.errors import InvalidInput

MAX_DEPTH = 8
MAX_SEGMENT = 64
_SEGMENT = re.compile(r"[^\W_][\w.-]*")


def parse(path: str, field: str = "namespace") -> tuple[str, ...]:
    """Return the segments of `path`; raise `InvalidInput` that names `field` and says which segment is wrong."""
    segments = path.strip().strip("/").split("/")
    hint = "use up to eight segments of letters, digits, '.', '_' and '-', such as acme/web/auth"
    if segments == [""]:
        raise InvalidInput("the namespace is empty", field=field, hint=hint)
    if len(segments) > MAX_DEPTH:
        raise InvalidInput(f"namespace {path[:80]!r} has {len(segments)} segments", field=field, hint=hint)
    for segment in segments:
        if len(segment) > MAX_SEGMENT or ".." in segment or not _SEGMENT.fullmatch(segment):
            raise InvalidInput(f"{segment[:80]!r} is not a namespace segment", field=field, hint=hint)
    return tuple(segments)
