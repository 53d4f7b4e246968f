"""The shapes there are, and which one a path speaks."""

from __future__ import annotations

from everlore.surfaces.proxy.anthropic import Messages
from everlore.surfaces.proxy.gemini import Gemini
from everlore.surfaces.proxy.ollama import Generate, OllamaChat
from everlore.surfaces.proxy.openai import Chat, Responses
from everlore.surfaces.proxy.shape import Shape

SHAPES: tuple[Shape, ...] = (Chat(), Responses(), Messages(), Gemini(), OllamaChat(), Generate())


def shape_of(path: str) -> Shape | None:
    """Return the shape of requests to a path, whatever stands before it; None where the path is none of theirs."""
    for shape in SHAPES:
        found = shape.path.search(path)
        if found is not None and found.end() == len(path) and _is_whole(path[: found.start()]):
            return shape
    return None


def _is_whole(before: str) -> bool:
    """Tell whether what stands before a shape's path is a base and no resource, as in `/v1/threads/ID/messages`."""
    return not any(part in ("threads", "conversations", "batches") for part in before.split("/"))
