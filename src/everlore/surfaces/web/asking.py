"""What a view is given and what it gives back.

def show(ask: Ask) -> Reply:
    found = ask.call("get", id=ask.path["id"])
    return Shown("memory.html", {"memory": found.memory})
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from everlore.app.caller import Caller

if TYPE_CHECKING:
    from everlore.app.answers import Answer
    from everlore.app.app import App

PERSON = Caller("person", "web")
"""Who sits before the browser is the person whose memory this is: the server is on their machine, or asked for a token."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One request: the parts of its path, its query and its form, each a text, and those that may repeat as lists.

    `part` is the id of the element that htmx will replace, empty where a whole page is wanted.
    """

    app: App
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)
    lists: Mapping[str, list[str]] = field(default_factory=dict)
    part: str = ""
    url: str = ""

    def call(self, operation: str, /, **fields: Any) -> Any:  # noqa: ANN401 - each operation has its own answer
        """Run an operation; a field that is None or an empty text is left out. Raise `EverloreError`."""
        return self.call_exactly(operation, **{name: value for name, value in fields.items() if value != ""})

    def call_exactly(self, operation: str, /, **fields: Any) -> Any:  # noqa: ANN401
        """Run an operation in which an empty text means something; only a field that is None is left out."""
        given = {name: value for name, value in fields.items() if value is not None}
        answer: Answer = self.app.call(operation, given, PERSON, text=True)
        return answer

    def number(self, name: str, default: int, most: int) -> int:
        """Return a number of the query between 1 and `most`; `default` where it is missing or none."""
        given = self.query.get(name, "")
        return max(1, min(int(given), most)) if given.isdecimal() and len(given) < 10 else default


@dataclass(frozen=True, slots=True)
class Shown:
    """A page, or for htmx a part of one: a template and what it is filled with.

    `part` names the block of the template that is enough where htmx asked for the element of that id.
    """

    template: str
    values: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Moved:
    """Another address below /web, to be asked with GET; `said` is shown there once, with what it did undone by `undo`."""

    to: str
    said: str = ""
    undo: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """A body as it is, such as text or JSON."""

    body: bytes
    kind: str = "text/plain; charset=utf-8"


Reply = Shown | Moved | Sent
View = Callable[[Ask], Reply]
