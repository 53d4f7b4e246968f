"""A check of our own for schemathesis, which loads this file by name."""

from __future__ import annotations

import schemathesis

MEANINGFUL = {
    "into",  # a workspace cannot be merged into itself
    "project",  # the second level of the tree, which no schema says
    "workspace",  # one segment of a path, as is the new name of a project
    "as_of",
    "before",
    "clients",
    "expires",
    "namespace",
    "name",
    "paths",
    "place",
    "recipe",
    "recorded_as_of",
    "since",
    "target",
    "to",
    "until",
    "valid_from",
    "valid_until",
}
"""Fields whose text has to make sense beyond its shape."""


@schemathesis.check
def refused_for_its_meaning_only(
    context: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case
) -> None:
    """A request that fits the schema may be refused only for a field whose meaning the schema cannot express."""
    assert case.meta is not None
    if response.status_code == 400 and case.meta.generation.mode is schemathesis.GenerationMode.POSITIVE:
        error = response.json()
        explained = error["field"] in MEANINGFUL or "NUL" in error["error"]
        assert explained, error
