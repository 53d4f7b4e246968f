"""The application: one store, one clock, one embedder, and the door through which every operation is called.

`App.call` is the only way in. It parses the request, runs the handler and returns the answer; everything a handler may
touch hangs on the `App` it is given. Reads queue what they have to write (uses, ledger rows) and the worker, or closing
the application, writes it later in one batch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from everlore.app.operations import BY_NAME
from everlore.app.parse import decode
from everlore.core.errors import InvalidInput

if TYPE_CHECKING:
    from everlore.app.answers import Answer
    from everlore.core.clock import Clock
    from everlore.core.config import Config

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much is done and how much there is (0 when that is not known)."""


def no_progress(what: str, done: int, total: int) -> None:
    """Show nothing."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, and through which surface."""

    actor: str = "person"
    surface: str = "python"
    progress: Progress = no_progress
