"""What the proxy has to know of a way to speak to a model: where prompts stand, and where an answer's words and usage do.

A shape reads a request into `Asked` and what came back into `Answered`; it changes nothing itself. A **prompt** is a
message of the user in which somebody says something: results of tools are none, and neither is what clients add.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from everlore.sessions.boilerplate import said as words_of
from everlore.surfaces.proxy.splice import Value

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Message:
    """One message: who speaks ("user", "assistant", "tool" or "system"), the words, and where its words may begin.

    `start` is the offset of the message's JSON and `path` leads from there to the string with the prompt; None where
    there is no prompt. `whole` is all text of it, with what the client added.
    """

    role: str
    text: str
    start: int
    path: tuple[str | int, ...] | None = None
    whole: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as memory sees it.

    `told_by` names what the request goes on from where its history lies with the provider.
    """

    model: str
    messages: tuple[Message, ...]
    system: str = ""
    tools: bool = False
    told_by: str = ""

    @property
    def prompts(self) -> list[int]:
        """The places of the prompts among the messages."""
        return [place for place, message in enumerate(self.messages) if message.path is not None]

    @property
    def is_fresh(self) -> bool:
        """Tell whether the last prompt is what is being asked now, and no step of its answer has been taken yet."""
        prompts = self.prompts
        if not prompts:
            return False
        after = [message.role for message in self.messages[prompts[-1] + 1 :]]
        return after == ["assistant"] or all(role == "system" for role in after)  # an answer begun for the model


@dataclass(slots=True)
class Answered:
    """An answer: the words, the model that gave it, its tokens as the provider counted them, and its id.

    `calls` tells whether the model asks for tools, so that there is more of the answer to come; `ended`, whether it says itself
    that this is all.
    """

    text: str = ""
    model: str = ""
    usage: dict[str, int] = field(default_factory=dict)
    id: str = ""
    calls: bool = False
    ended: bool = False


class Shape(ABC):
    """One interface of models."""

    name: str
    provider: str
    path: re.Pattern[str]
    lists: tuple[str, ...]
    """The lists in a request that hold messages."""

    @abstractmethod
    def asked(self, body: dict[str, Value], path: str) -> Asked | None:
        """Return what a request asks; None where there is nothing that memory could add to."""

    @abstractmethod
    def answered(self, objects: Iterable[Json]) -> Answered:
        """Return what came back, from one object or from the events of a stream, which may have been cut."""

    def name_in(self, first: bytes) -> str:
        """Return under which name the provider keeps what is answered, from the first bytes of an answer; "" for none."""
        return ""

    @abstractmethod
    def error(self, message: str) -> Json:
        """Return an error of our own in the form that clients of this interface read."""


def value(body: dict[str, Value], name: str) -> Any:  # noqa: ANN401 - any JSON
    """Return a member of a request, None where there is none."""
    found = body.get(name)
    return found.value if found else None


def string(given: object) -> str:
    """Return a text, "" for anything else."""
    return given if isinstance(given, str) else ""


def mapping(given: object) -> Json:
    """Return an object, an empty one for anything else."""
    return given if isinstance(given, dict) else {}


def objects(given: object) -> list[Json]:
    """Return the objects of a list, none for anything else."""
    return [each for each in given if isinstance(each, dict)] if isinstance(given, (list, tuple)) else []


def texts(content: object, kinds: Sequence[str] | None = None) -> str:
    """Return the text of a message's content, a string or parts; of parts those whose type is one of `kinds`."""
    if isinstance(content, str):
        return content
    return "\n".join(
        string(part.get("text")) for part in objects(content) if kinds is None or part.get("type", "text") in kinds
    )


def spoken(message: Value, key: str, kinds: Sequence[str] | None = None, *, role: str = "user") -> Message:
    """Return a message whose text is at `key`; if the user says something, with the way to the last text that does."""
    content = mapping(message.value).get(key)
    whole = texts(content, kinds)
    if role != "user":
        return Message(role, whole, message.start, None, whole)
    if isinstance(content, str):
        words = words_of(content)
        return Message(role, words, message.start, (key,) if words else None, whole)
    found, path = list[str](), None
    for place, part in enumerate(content if isinstance(content, list) else ()):
        if not isinstance(part, dict) or not (kinds is None or part.get("type", "text") in kinds):
            continue
        if words := words_of(string(part.get("text"))):
            found.append(words)
            path = (key, place, "text")
    return Message(role, "\n\n".join(found), message.start, path, whole)


def counted(**tokens: object) -> dict[str, int]:
    """Return the counts that are given; anything that is no count is left out, since it is not known."""
    return {
        name: count
        for name, count in tokens.items()
        if isinstance(count, int) and not isinstance(count, bool) and 0 <= count < 1 << 40
    }


_ASIDE = re.compile(
    r"\btitle generator\b"
    r"|\b(?:generate|write|create|provide|suggest)\b[^\n]{0,60}\btitle\b[^\n]{0,80}\b(?:conversation|chat|thread|session)\b"
    r"|\banalyze if this message indicates a new conversation topic\b"
    r"|\bgenerate \d+(?:-\d+)? (?:broad )?tags\b[^\n]{0,80}\bchat history\b"
    r"|\bsuggest \d+(?:-\d+)? relevant follow-up questions\b",
    re.IGNORECASE,
)
"""What clients ask a model about a conversation for themselves: OpenCode, Claude Code, LibreChat and Open WebUI word it so."""
_LEAD = 3_000


def is_aside(asked: Asked) -> bool:
    """Tell whether a client asks for itself, for a title or tags: nobody's question, and nothing to remember."""
    if asked.tools:
        return False
    said = [message.whole for message in asked.messages if message.role == "user"]
    return any(_ASIDE.search(lead[:_LEAD]) for lead in (asked.system, *said[:2], *said[2:][-1:]))
