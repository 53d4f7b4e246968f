"""Progress of long work as bars on standard error, if that is a terminal; rich is loaded once there is one to show."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

PATIENCE = 0.3
"""Seconds of work before a bar appears; what ends sooner needs none."""


class Bars:
    """A `progress(what, done, total)` callback and the bars it moves, one for each `what`; a context manager."""

    def __init__(self) -> None:
        self._on = sys.stderr.isatty()
        self._since = time.monotonic()
        self._shown: Progress | None = None
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Bars:
        return self

    def __exit__(self, *_: object) -> None:
        if self._shown is not None:
            self._shown.stop()

    def __call__(self, what: str, done: int, total: int) -> None:
        """Show that `done` of `total` is done; a total of 0 says that nobody knows how much there is."""
        if not self._on or time.monotonic() - self._since < PATIENCE:
            return
        shown = self._shown or self._start()
        task = self._tasks.get(what)
        if task is None:
            task = self._tasks[what] = shown.add_task(what, total=total or None)
        shown.update(task, completed=done, total=total or None)

    def _start(self) -> Progress:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
        self._shown = Progress(*columns, console=Console(stderr=True), transient=True)
        self._shown.start()
        return self._shown
