"""Who asks, and through which surface: what every handler is given beside the application and the request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from everlore.core.types import Origin

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much is done and how much there is (0 when that is not known)."""


def no_progress(what: str, done: int, total: int) -> None:
    """Show nothing."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, and through which surface.

    `origin` is set where the surface does not tell it, `approved` names who approved the `proposal` that is carried out now, and
    `approvals` and `request` are how both are kept with it. `session` is the id of the client's connection, where the surface
    has one: what it is told belongs to one conversation, or to a few of them.
    """

    actor: str = "person"
    surface: str = "python"
    progress: Progress = no_progress
    origin: Origin | None = None
    approved: str = ""
    proposal: str = ""
    approvals: str = ""
    request: str = ""
    session: str = ""


ANYBODY = Caller()
