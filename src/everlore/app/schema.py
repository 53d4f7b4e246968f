"""JSON Schemas of requests and answers, made from the same types that check them.

Two forms. `components` is the full one, for OpenAPI 3.1: named schemas that refer to each other. `flat` is for MCP
tools, whose clients choke on references and on unions at the root: one object, everything in place, and short, because
every agent pays for it in each session. What `flat` leaves out (lengths, empty defaults) is still checked by `parse`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, get_type_hints

import msgspec

from everlore.app.answers import Answer
from everlore.app.requests import FULL, Request

Schema = dict[str, Any]

REF = "#/components/schemas/{name}"
_PREFIX = REF.format(name="")
_LENGTHS = frozenset({"title", "minLength", "maxLength", "maxItems"})


def components(types: Iterable[type[Request] | type[Answer]]) -> dict[str, Schema]:
    """Return the named schemas of `types` and of all they refer to, as OpenAPI 3.1 has them."""
    named = msgspec.json.schema_components(list(types), ref_template=REF)[1]
    return {name: _typed(named[name]) for name in sorted(named)}


def flat(request: type[Request], *, full: bool = True) -> Schema:
    """Return one object schema for `request` with no references, no unions and no nulls; `full` has the rare fields too."""
    schema = components([request])[request.__name__]
    said: set[str] = set()
    left_out = frozenset[str]() if full else rare(request)
    fields = {name: _plain(field, said) for name, field in schema["properties"].items() if name not in left_out}
    return {"type": "object", "properties": fields, "required": schema["required"], "additionalProperties": False}


def rare(request: type[Request]) -> frozenset[str]:
    """Return the names of the fields that only the full profile of MCP shows."""
    hints = get_type_hints(request, include_extras=True)
    return frozenset(
        name
        for name, hint in hints.items()
        if any(isinstance(meta, msgspec.Meta) and meta.extra == FULL for meta in getattr(hint, "__metadata__", ()))
    )


def inlined(answer: type[Answer]) -> Schema:
    """Return one object schema for `answer` with no references; what may be null has two types."""
    named = components([answer])
    schema: Schema = _inline(named[answer.__name__], named)
    return schema


def list_fields(request: type[Request]) -> frozenset[str]:
    """Return the names of the fields that take several values."""
    return frozenset(name for name, field in flat(request)["properties"].items() if field.get("type") == "array")


def parameters(request: type[Request]) -> list[Schema]:
    """Return the fields of `request` as OpenAPI query parameters; lists are given by repeating the parameter."""
    schema = components([request])[request.__name__]
    found = []
    for name, field in schema["properties"].items():
        value = _not_null(field)
        description = value.pop("description", "")
        found.append(
            {
                "name": name,
                "in": "query",
                "required": name in schema["required"],
                "description": description,
                "schema": value,
            }
        )
    return found


def _typed(node: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Give every enum its type; several consumers ignore an enum without one."""
    if isinstance(node, list):
        return [_typed(inner) for inner in node]
    if not isinstance(node, dict):
        return node
    node = {name: _typed(inner) for name, inner in node.items()}
    if isinstance(node.get("enum"), list) and "type" not in node and all(isinstance(v, str) for v in node["enum"]):
        node = {"type": "string", **node}
    return node


def _not_null(field: Schema) -> Schema:
    """Return `field` without the null of an optional union; the outer description wins over the inner one."""
    field = dict(field)
    if field.get("default", ...) is None:
        del field["default"]
    kinds = [dict(kind) for kind in field.pop("anyOf", []) if kind != {"type": "null"}]
    if len(kinds) == 1:
        field = {**kinds[0], **field}
    elif kinds and all("enum" in kind for kind in kinds):
        field = {"type": "string", "enum": [value for kind in kinds for value in kind["enum"]], **field}
    elif kinds:
        field["anyOf"] = kinds
    return field


def _plain(field: Schema, said: set[str]) -> Schema:
    """Return `field` made short; what its type has to say joins its own description, once per schema (see `said`)."""
    inner = next((kind["description"] for kind in field.get("anyOf", []) if "description" in kind), "")
    field = {name: value for name, value in _not_null(field).items() if name not in _LENGTHS}
    if inner and field["description"] != inner and inner not in said:
        field["description"] = f"{field['description']}. {inner}"
    said.add(inner)
    if field.get("default") in ([], False):
        del field["default"]
    if "items" in field:
        field["items"] = _plain(field["items"], said)
    return field


def _inline(node: Any, named: dict[str, Schema]) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(node, list):
        return [_inline(inner, named) for inner in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return _inline(named[node["$ref"].removeprefix(_PREFIX)], named)
    node = {
        name: _inline(inner, named)
        for name, inner in node.items()
        if name not in ("title", "default") or isinstance(inner, dict)
    }
    kinds = node.get("anyOf", [])
    if len(kinds) == 2 and kinds[1] == {"type": "null"} and isinstance(kinds[0].get("type"), str):
        node = {**{name: value for name, value in node.items() if name != "anyOf"}, **kinds[0]}
        node["type"] = [kinds[0]["type"], "null"]
        if "enum" in node:
            node["enum"] = [*node["enum"], None]
    return node
