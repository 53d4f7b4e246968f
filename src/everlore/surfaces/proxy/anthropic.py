"""Anthropic's messages."""

from __future__ import annotations

import re
from collections.abc import Iterable

from everlore.surfaces.proxy.shape import (
    Answered,
    Asked,
    Json,
    Message,
    Shape,
    counted,
    mapping,
    objects,
    spoken,
    string,
    texts,
    value,
)
from everlore.surfaces.proxy.splice import Value


class Messages(Shape):
    """`/v1/messages`."""

    name = "messages"
    provider = "anthropic"
    path = re.compile(r"/messages/?")
    lists = ("messages",)

    def asked(self, body: dict[str, Value], path: str) -> Asked | None:
        """Return the conversation."""
        found = value(body, "messages")
        if not isinstance(found, list):
            return None
        messages = tuple(map(_message, found))
        system = texts(value(body, "system"), ("text",))
        return Asked(string(value(body, "model")), messages, system, bool(value(body, "tools")))

    def answered(self, objects_: Iterable[Json]) -> Answered:
        """Put the words together; input that was read from a cache or written to one counts as input."""
        answer, words, usage = Answered(), list[str](), Json()
        for each in objects_:
            message = each if each.get("type") == "message" else mapping(each.get("message"))
            answer.model = string(message.get("model")) or answer.model
            answer.id = string(message.get("id")) or answer.id
            words.append(texts(message.get("content"), ("text",)))
            stopped = message.get("stop_reason") or mapping(each.get("delta")).get("stop_reason")
            answer.ended |= stopped is not None or each.get("type") == "message_stop"
            answer.calls |= any(part.get("type") == "tool_use" for part in objects(message.get("content")))
            if each.get("type") == "content_block_start":
                block = mapping(each.get("content_block"))
                answer.calls |= block.get("type") == "tool_use"
                words.append(("\n\n" if any(words) else "") + string(block.get("text")))
            if mapping(each.get("delta")).get("type") == "text_delta":
                words.append(string(each["delta"].get("text")))
            for told in (mapping(message.get("usage")), mapping(each.get("usage"))):
                usage |= {name: count for name, count in told.items() if count is not None}
        answer.text = "".join(words).strip("\n")
        answer.usage = _usage(usage)
        return answer

    def error(self, message: str) -> Json:
        """Return an error as Anthropic gives it."""
        return {"type": "error", "error": {"type": "api_error", "message": message}}


def _message(message: Value) -> Message:
    given = mapping(message.value)
    role = string(given.get("role")) or "user"
    found = spoken(message, "content", ("text",), role=role)
    if (
        role == "user"
        and found.path is None
        and any(part.get("type") == "tool_result" for part in objects(given.get("content")))
    ):
        return Message("tool", found.text, found.start, None, found.whole)
    return found


def _usage(usage: Json) -> dict[str, int]:
    counts = counted(
        input=usage.get("input_tokens"), cached=usage.get("cache_read_input_tokens"),
        cache_written=usage.get("cache_creation_input_tokens"), output=usage.get("output_tokens"),
    )  # fmt: skip
    if "input" in counts:
        counts["input"] += counts.get("cached", 0) + counts.get("cache_written", 0)
    return counts
