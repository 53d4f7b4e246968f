"""Opening the application: the one place where configuration, store, clock and models come together."""

from __future__ import annotations

from everlore.app.app import App
from everlore.core import clock as clocks
from everlore.core.clock import Clock
from everlore.core.config import Config, load


def open_app(config: Config | None = None, *, clock: Clock = clocks.system, worker: bool = False) -> App:
    """Return the application on a home; the store itself is opened at the first use. `worker` runs background jobs."""
    return App(config or load(), clock=clock, worker=worker)
