"""Command lines that leave no doubt, parsed without click, which takes longer to load than the whole rest of a command.

`parse` knows an operation's name, its options spelled out in full, and its positional values. Anything else (help, an
abbreviation, a wrong number, an option twice, a value that begins with a dash) is None: then click parses, and explains
what is wrong. Where `parse` answers, click would have answered the same; a test holds them to it.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Given = dict[str, Any]


def parse(arguments: list[str], descriptions: dict[str, dict[str, Any]]) -> tuple[str, Given, bool] | None:
    """Return the operation, the values of all its fields and whether JSON is asked for; None if in any doubt."""
    if not arguments or arguments[0] not in descriptions:
        return None
    fields = descriptions[arguments[0]]["fields"]
    flags = {field["flag"]: field for field in fields if "flag" in field}
    loose, rest, as_json = [], arguments[1:], False
    given: Given = {}
    while rest:
        word = rest.pop(0)
        flag, equals, value = word.partition("=")
        if word == "--":
            loose += rest
            break
        if word == "--json":
            as_json = True
        elif not word.startswith("-") or word == "-":
            loose.append(word)
        elif flag not in flags or not _take(flags[flag], equals, value, rest, given):
            return None
    return (arguments[0], given, as_json) if _place(fields, loose, given) else None


def _take(field: dict[str, Any], equals: str, value: str, rest: list[str], given: Given) -> bool:
    """Add an option's value to `given`; return False if in doubt."""
    name = field["name"]
    if field["type"] == "flag":
        given[name] = True
        return not equals
    if not equals:
        if not rest or rest[0].startswith("-"):
            return False
        value = rest.pop(0)
    converted = _convert(field, value)
    if converted is None or (name in given and not field.get("many")):
        return False
    given[name] = (*given.get(name, ()), converted) if field.get("many") else converted
    return True


def _place(fields: list[dict[str, Any]], loose: list[str], given: Given) -> bool:
    """Give the positional values their fields and the rest their defaults; return False if in doubt."""
    positional = [field for field in fields if "flag" not in field]
    if positional and positional[-1].get("many"):
        rest = loose[len(positional) - 1 :]
        if not rest and positional[-1].get("required"):
            return False
        given[positional[-1]["name"]] = tuple(rest)
        loose = loose[: len(positional) - 1]
        positional = positional[:-1]
    if len(loose) > len(positional):
        return False
    for field, value in zip(positional, loose, strict=False):
        given[field["name"]] = _convert(field, value)
        if given[field["name"]] is None:
            return False
    for field in fields:
        if field["name"] not in given:
            if field.get("required"):
                return False
            missing = () if field.get("many") else False if field["type"] == "flag" else None
            given[field["name"]] = field.get("default", missing)
    return True


def _convert(field: dict[str, Any], value: str) -> str | int | float | None:
    """Return a value in its field's type; None if it is not plainly one."""
    if field["type"] == "text":
        return value
    if field["type"] == "choice":
        return value if value in field["choices"] else None
    plain = value.isascii() and value.replace(".", "", int(field["type"] == "number")).isdigit()
    if not plain or len(value) > 15:
        return None
    number = float(value) if field["type"] == "number" else int(value)
    return number if field.get("least", number) <= number <= field.get("most", number) else None
