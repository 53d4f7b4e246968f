"""Settings into `config.toml`, one key at a time, with every other byte left as it is: comments, order, line ends.

A key that is there gets its new value in its place, with the comment behind it; a new one goes after the last key that stands
before any table. No result is used before it has been read again and says what it should.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from everlore.core.config import load
from everlore.core.errors import InvalidInput, refused
from everlore.surfaces.agents.toml import parse, sections
from everlore.surfaces.agents.wiring import read
from everlore.surfaces.agents.writing import make_directories, write_whole

Value = str | int | float | bool
_VALUE = r"""("(?:[^"\\\r\n]|\\.)*"|'[^'\r\n]*'|[^#\s"']+)"""


def typed(home: Path, name: str, text: str) -> Value:
    """Return a value of a setting that was given as text; raise `InvalidInput` where it is none."""
    if not hasattr(load(home, environ={}), name) or name == "home":
        raise InvalidInput(f"there is no setting {name!r}", field=name, hint="docs/reference/settings.md lists them")
    value: Value = getattr(load(home, environ={f"EVERLORE_{name.upper()}": text}), name)
    return value


def put(text: str, values: Mapping[str, Value]) -> str:
    """Return the text of a settings file with other values; raise `InvalidInput` where it cannot be written so."""
    expected = parse(text) | dict(values)
    for name, value in values.items():
        text = _put(text, name, _literal(value))
    if parse(text) != expected:
        raise InvalidInput(
            "the file is written in a way that this cannot change", field="config", hint="mend it by hand"
        )
    return text


def save(home: Path, values: Mapping[str, Value]) -> bool:
    """Write settings into the home's file, which only its user may read; return whether anything changed."""
    path = home / "config.toml"
    try:
        there, old = read(path)
        new = put(old, values)
        if there and new == old:
            return False
        real = Path(os.path.realpath(path))
        for made in make_directories(real.parent):
            Path(made).chmod(0o700)
        write_whole(real, new)
        if not there:
            with suppress(OSError):
                real.chmod(0o600)
    except OSError as error:
        raise refused(error, f"{path} cannot be written") from error
    return True


def _put(text: str, name: str, literal: str) -> str:
    found = sections(text)
    head = text[: found[0].start] if found else text
    tail = text[len(head) :]
    line = re.compile(rf"(?m)^(\ufeff?[ \t]*{name}[ \t]*=[ \t]*){_VALUE}(?=[ \t]*(?:#[^\r\n]*)?\r?$)")
    if line.search(head):
        return line.sub(lambda match: match[1] + literal, head, count=1) + tail
    end = "\r\n" if "\r\n" in text else "\n"
    at = 0
    for said in re.finditer(r"(?m)^\ufeff?[ \t]*[^\s#\ufeff][^\n]*(?:\n|\Z)", head):
        at = said.end()
    if not at:  # nothing but comments, which are about the file
        at = len(head)
    lead = "" if not at or head[:at].endswith(("\n", "\ufeff")) else end
    return f"{head[:at]}{lead}{name} = {literal}{end}{head[at:]}{tail}"


def _literal(value: Value) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
