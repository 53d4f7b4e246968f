"""Whether Codex has been told to trust our hooks: it runs no hook that its user has not looked at, and says nothing of it.

Its `config.toml` keeps a hash for each hook that was reviewed, under the file, the event, and the two places in the file. A
hash that is there may be of an older command; only Codex can tell, so a changed command has to be reviewed again.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Trust = Literal["trusted", "untrusted", "unknown"]

_OURS = re.compile(r"(?:everlore|lore)(?:\.exe)?[\"']?\s+hook\s+codex\b")


@dataclass(frozen=True, slots=True)
class Reviewed:
    """How many of our hooks Codex has, and how many of them its user has reviewed; `trust` is one word for that."""

    trust: Trust
    hooks: int
    trusted: int


def codex_directory(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the directory of Codex's settings."""
    return Path(environ.get("CODEX_HOME") or Path(environ.get("HOME") or Path.home()) / ".codex")


def reviewed(directory: Path) -> Reviewed:
    """Compare the hooks in Codex's files with those that it keeps a hash of."""
    config, known = directory / "config.toml", True
    try:
        settings = tomllib.loads(config.read_text("utf-8"))
    except FileNotFoundError:
        settings = {}
    except (OSError, ValueError):
        settings, known = {}, False
    keys: list[str] = []
    try:
        keys += _keys(directory / "hooks.json", json.loads((directory / "hooks.json").read_text("utf-8")).get("hooks"))
    except FileNotFoundError:
        pass
    except (OSError, ValueError, AttributeError):
        known = False
    hooks = settings.get("hooks")
    keys += _keys(config, hooks)
    state = hooks.get("state") if isinstance(hooks, Mapping) else None
    trusted = sum(_is_trusted(state, key) for key in keys)
    if not known or not keys:
        return Reviewed("unknown", len(keys), trusted)
    return Reviewed("trusted" if trusted == len(keys) else "untrusted", len(keys), trusted)


def _is_trusted(state: object, key: str) -> bool:
    found = state.get(key) if isinstance(state, Mapping) else None
    return isinstance(found, Mapping) and bool(found.get("trusted_hash")) and found.get("enabled") is not False


def _keys(file: Path, hooks: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON or TOML
    """Yield the key of each of our hooks in a file: file, event in snake case, number of the group, number of the hook."""
    for event, groups in hooks.items() if isinstance(hooks, Mapping) else ():
        for group, entry in enumerate(groups if isinstance(groups, list) else ()):
            inner = entry.get("hooks") if isinstance(entry, Mapping) else None
            for number, hook in enumerate(inner if isinstance(inner, list) else ()):
                if isinstance(hook, Mapping) and _OURS.search(str(hook.get("command", ""))):
                    yield f"{file}:{_snake(event)}:{group}:{number}"


def _snake(event: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", event).lower()
