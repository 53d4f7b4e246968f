"""Gemini's generateContent, in one piece or streamed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import unquote

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

_MODEL = re.compile(r"/models/([^/:]+):")


class Gemini(Shape):
    """`/v1beta/models/{model}:generateContent` and `:streamGenerateContent`."""

    name = "generateContent"
    provider = "gemini"
    path = re.compile(r"/models/[^/:]+:(?:stream)?[gG]enerateContent")
    lists = ("contents",)

    def asked(self, body: dict[str, Value], path: str) -> Asked | None:
        """Return the conversation."""
        found = value(body, "contents")
        if not isinstance(found, list):
            return None
        instruction = mapping(value(body, "systemInstruction") or value(body, "system_instruction"))
        named = _MODEL.search(path)
        model = unquote(named[1]) if named else ""
        messages = tuple(map(_content, found))
        return Asked(model, messages, texts(instruction.get("parts")), bool(value(body, "tools")))

    def answered(self, objects_: Iterable[Json]) -> Answered:
        """Put the words of the first candidate together, without its thoughts; thoughts are paid for as output."""
        answer, words = Answered(), list[str]()
        for each in objects_:
            answer.model = string(each.get("modelVersion")) or answer.model
            answer.id = string(each.get("responseId")) or answer.id
            for candidate in objects(each.get("candidates"))[:1]:
                parts = objects(mapping(candidate.get("content")).get("parts"))
                answer.ended |= "finishReason" in candidate
                answer.calls |= any("functionCall" in part for part in parts)
                words += [string(part.get("text")) for part in parts if not part.get("thought")]
            if usage := mapping(each.get("usageMetadata")):
                answer.usage = _usage(usage)
        answer.text = "".join(words)
        return answer

    def error(self, message: str) -> Json:
        """Return an error as Google gives it."""
        return {"error": {"code": 502, "message": message, "status": "UNAVAILABLE"}}


def _content(content: Value) -> Message:
    given = mapping(content.value)
    role = {"model": "assistant", "function": "tool"}.get(string(given.get("role")), "user")
    found = spoken(content, "parts", role=role)
    answers = any("functionResponse" in part or "function_response" in part for part in objects(given.get("parts")))
    if role == "user" and found.path is None and answers:
        return Message("tool", found.text, found.start, None, found.whole)
    return found


def _usage(usage: Json) -> dict[str, int]:
    counts = counted(
        input=usage.get("promptTokenCount"),
        cached=usage.get("cachedContentTokenCount"),
        output=usage.get("candidatesTokenCount"),
    )
    more = counted(output=usage.get("thoughtsTokenCount"), input=usage.get("toolUsePromptTokenCount"))
    for name, count in more.items():
        counts[name] = counts.get(name, 0) + count
    return counts
