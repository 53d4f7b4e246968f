"""What every check is given: the home, its settings as far as they can be read, and the store as far as it opens."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from everlore.app.app import App
from everlore.app.open import open_app
from everlore.core.config import Config, home_directory, load
from everlore.core.errors import EverloreError


@dataclass(frozen=True, slots=True)
class Machine:
    """One home; `problem` is why its settings cannot be read, in which case the defaults stand in `app.config`."""

    app: App
    problem: EverloreError | None

    @property
    def home(self) -> Path:
        """The home directory."""
        return self.app.config.home

    @property
    def has_store(self) -> bool:
        """Whether there is a database; opening the application would make one, which a doctor must not."""
        return self.app.config.database.exists()


@contextmanager
def look() -> Iterator[Machine]:
    """Open what is there, without making anything."""
    problem = None
    try:
        config = load()
    except EverloreError as error:
        config, problem = Config(home_directory()), error
    with open_app(config) as app:
        yield Machine(app, problem)


def ago(then_ms: int, now_ms: int) -> str:
    """Return how long ago something was, in the unit that fits."""
    seconds = max(now_ms - then_ms, 0) // 1000
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            number = seconds // size
            return f"{number} {unit}{'s' * (number > 1)} ago"
    return f"{seconds} seconds ago"


def many(number: int, noun: str) -> str:
    """Return a number of things in words."""
    return f"{number or 'no'} {noun}{'s' * (number != 1)}"


def size(number: float) -> str:
    """Return bytes in the unit that fits."""
    for unit in ("B", "kB", "MB"):
        if number < 1000:
            return f"{number:.0f} {unit}"
        number /= 1000
    return f"{number:.1f} GB"


def free_bytes(path: Path) -> int:
    """Return the free bytes of the disk that a path is on, or would be."""
    import shutil

    there = next((each for each in (path, *path.parents) if each.exists()), Path(os.sep))
    return shutil.disk_usage(there).free
