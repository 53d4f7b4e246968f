"""Ollama's own two interfaces; its answers are lines of JSON."""

from __future__ import annotations

import re
from collections.abc import Iterable

from everlore.surfaces.proxy.shape import Answered, Asked, Json, Shape, counted, mapping, spoken, string, value
from everlore.surfaces.proxy.splice import Value


class _Ollama(Shape):
    provider = "ollama"

    def answered(self, objects_: Iterable[Json]) -> Answered:
        """Put the words of the lines together."""
        answer, words, usage = Answered(), list[str](), Json()
        for each in objects_:
            answer.model = string(each.get("model")) or answer.model
            message = mapping(each.get("message"))
            answer.ended |= each.get("done") is True
            answer.calls |= bool(message.get("tool_calls"))
            words.append(string(message.get("content")) or string(each.get("response")))
            usage |= {name: each[name] for name in ("prompt_eval_count", "eval_count") if name in each}
        answer.text = "".join(words)
        answer.usage = counted(input=usage.get("prompt_eval_count"), output=usage.get("eval_count"))
        return answer

    def error(self, message: str) -> Json:
        """Return an error as Ollama gives it."""
        return {"error": message}


class OllamaChat(_Ollama):
    """`/api/chat`."""

    name = "Ollama chat"
    path = re.compile(r"/api/chat/?")
    lists = ("messages",)

    def asked(self, body: dict[str, Value], path: str) -> Asked | None:
        """Return the conversation."""
        found = value(body, "messages")
        if not isinstance(found, list):
            return None
        roles = {"user": "user", "assistant": "assistant", "system": "system"}
        messages = [
            spoken(each, "content", role=roles.get(string(mapping(each.value).get("role")), "tool")) for each in found
        ]
        system = "\n".join(message.text for message in messages if message.role == "system")
        return Asked(string(value(body, "model")), tuple(messages), system, bool(value(body, "tools")))


class Generate(_Ollama):
    """`/api/generate`."""

    name = "Ollama generate"
    path = re.compile(r"/api/generate/?")
    lists = ()

    def asked(self, body: dict[str, Value], path: str) -> Asked | None:
        """Return the one prompt; a text that is to be filled in, or goes to the model as it is, takes nothing before it."""
        if value(body, "raw") or value(body, "suffix") or "prompt" not in body:
            return None
        whole = Value("", 0, 0, {"prompt": value(body, "prompt")})
        return Asked(string(value(body, "model")), (spoken(whole, "prompt"),), string(value(body, "system")))
