"""OpenAI's two interfaces, and everything that speaks the first of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

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

_ROLES = {"user": "user", "assistant": "assistant", "system": "system", "developer": "system"}


_RESPONSE = re.compile(rb'"id"\s*:\s*"(resp_[A-Za-z0-9_-]{1,200})"')


class _OpenAI(Shape):
    provider = "openai"

    def error(self, message: str) -> Json:
        """Return an error as OpenAI gives it."""
        return {"error": {"message": message, "type": "api_connection_error", "param": None, "code": "bad_gateway"}}


class Chat(_OpenAI):
    """`/v1/chat/completions`."""

    name = "chat completions"
    path = re.compile(r"/chat/completions/?")
    lists = ("messages",)

    def asked(self, body: dict[str, Value], path: str) -> Asked | None:
        """Return the conversation."""
        found = value(body, "messages")
        if not isinstance(found, list):
            return None
        messages = [
            spoken(each, "content", ("text",), role=_ROLES.get(string(mapping(each.value).get("role")), "tool"))
            for each in found
        ]
        system = "\n".join(message.text for message in messages if message.role == "system")
        tools = bool(value(body, "tools") or value(body, "functions"))
        return Asked(string(value(body, "model")), tuple(messages), system, tools)

    def answered(self, objects_: Iterable[Json]) -> Answered:
        """Put the words of the first choice together."""
        answer, words = Answered(), list[str]()
        for each in objects_:
            answer.model = string(each.get("model")) or answer.model
            answer.id = string(each.get("id")) or answer.id
            for choice in objects(each.get("choices")):
                if choice.get("index", 0) == 0:
                    message = mapping(choice.get("delta")) or mapping(choice.get("message"))
                    words.append(texts(message.get("content")))
                    answer.ended |= choice.get("finish_reason") is not None
                    answer.calls |= bool(message.get("tool_calls") or message.get("function_call"))
            if usage := mapping(each.get("usage")):
                cached = mapping(usage.get("prompt_tokens_details")).get("cached_tokens")
                answer.usage = counted(
                    input=usage.get("prompt_tokens"), cached=cached, output=usage.get("completion_tokens")
                )
        answer.text = "".join(words)
        return answer


class Responses(_OpenAI):
    """`/v1/responses`."""

    name = "responses"
    path = re.compile(r"/responses/?")
    lists = ("input",)

    def name_in(self, first: bytes) -> str:
        """Return the id of the response, which stands at its head."""
        found = _RESPONSE.search(first)
        return found[1].decode() if found else ""

    def asked(self, body: dict[str, Value], path: str) -> Asked | None:
        """Return the conversation, or the part of it that is sent."""
        given, member = value(body, "input"), body.get("input")
        if member is not None and isinstance(given, str):
            whole = Value("input", 0, 0, {"input": given})
            messages = [spoken(whole, "input")]
        elif isinstance(given, list):
            messages = [_item(each) for each in given]
        else:
            return None
        instructions = string(value(body, "instructions"))
        system = "\n".join([instructions, *(message.text for message in messages if message.role == "system")])
        conversation = value(body, "conversation")
        told_by = string(value(body, "previous_response_id")) or string(
            conversation if isinstance(conversation, str) else mapping(conversation).get("id")
        )
        return Asked(string(value(body, "model")), tuple(messages), system, bool(value(body, "tools")), told_by)

    def answered(self, objects_: Iterable[Json]) -> Answered:
        """Put the words of the answer together: those it ends with, else what came until it was cut."""
        answer, pieces, whole = Answered(), list[str](), None
        for each in objects_:
            if each.get("type") == "response.output_text.delta":
                pieces.append(string(each.get("delta")))
            response = each if each.get("object") == "response" or "output" in each else mapping(each.get("response"))
            if not response:
                continue
            answer.model = string(response.get("model")) or answer.model
            answer.id = string(response.get("id")) or answer.id
            if usage := mapping(response.get("usage")):
                details = mapping(usage.get("input_tokens_details"))
                answer.usage = counted(
                    input=usage.get("input_tokens"),
                    cached=details.get("cached_tokens"),
                    output=usage.get("output_tokens"),
                )
            whole = _output(response.get("output")) or whole
            answer.ended |= (
                response.get("status") in ("completed", "incomplete") or each.get("type") == "response.completed"
            )
            answer.calls |= any(string(item.get("type")).endswith("_call") for item in objects(response.get("output")))
        answer.text = whole or "".join(pieces)
        return answer


def _item(item: Value) -> Message:
    given = mapping(item.value)
    if given.get("type", "message") != "message":
        role = "tool" if string(given.get("type")).endswith("_output") else "assistant"
        return Message(role, "", item.start)
    role = _ROLES.get(string(given.get("role")), "tool")
    return spoken(item, "content", ("input_text", "output_text", "text"), role=role)


def _output(output: Any) -> str:  # noqa: ANN401 - any JSON
    """Return the words in the items of a finished answer."""
    messages = [each for each in objects(output) if each.get("type") == "message"]
    return "\n\n".join(filter(None, (texts(each.get("content"), ("output_text",)) for each in messages)))
