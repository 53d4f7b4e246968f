"""A copy of what a model answered, read after it has been relayed: unpacked, and cut into the JSON objects that it holds."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from typing import Any

import zstandard

from everlore.surfaces.proxy.shape import Json

LARGEST = 64 << 20
"""The bytes of an unpacked answer that are read."""
READABLE = frozenset({"", "identity", "gzip", "x-gzip", "deflate", "zstd"})


class UnreadableError(Exception):
    """The answer cannot be read here; the client has it all the same."""


def objects(data: bytes, kind: str, coding: str) -> list[Json]:
    """Return the objects in an answer of a content type and coding, whole ones only; raise `UnreadableError`."""
    text = unpacked(data, coding).decode("utf-8", "replace")
    is_stream = kind.partition(";")[0].strip().lower() == "text/event-stream"
    found = [parsed(event) for event in events(text)] if is_stream else _values(text)
    return [each for each in found if isinstance(each, dict)]


def unpacked(data: bytes, coding: str) -> bytes:
    """Return an answer without its coding, as far as it came; raise `UnreadableError`."""
    for each in reversed([name.strip().lower() for name in coding.split(",")]):
        if each not in READABLE:
            raise UnreadableError(f"the coding {each[:40]!r}")
        try:
            data = _unpack(data, each)
        except (zlib.error, zstandard.ZstdError) as error:
            raise UnreadableError(f"the coding {each[:40]!r} of what came") from error
        if len(data) >= LARGEST:
            raise UnreadableError("its size")
    return data


def events(text: str) -> Iterator[str]:
    """Yield the data of server-sent events; one that was cut off is left out."""
    lines: list[str] = []
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        if line.startswith("data:"):
            lines.append(line[5:].removeprefix(" "))
        elif not line and lines:
            yield "\n".join(lines)
            lines = []


def parsed(text: str) -> Any:  # noqa: ANN401 - any JSON
    """Return what a text says as JSON, None if it is none, such as the `[DONE]` at the end of a stream."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _values(text: str) -> list[Any]:
    """Return the object, the objects of an array, or those of lines; of an array that was cut those before the cut."""
    whole = parsed(text)
    if whole is not None:
        return whole if isinstance(whole, list) else [whole]
    if text.lstrip().startswith("["):
        return list(_elements(text))
    return [parsed(line) for line in text.split("\n") if line.strip()]


def _elements(text: str) -> Iterator[Any]:
    decode, at = json.JSONDecoder().raw_decode, text.index("[") + 1
    while True:
        at += len(text[at:]) - len(text[at:].lstrip(" \t\r\n,"))
        try:
            found, at = decode(text, at)
        except (ValueError, RecursionError):
            return
        yield found


def _unpack(data: bytes, coding: str) -> bytes:
    if coding in ("gzip", "x-gzip"):
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(data, LARGEST)
    if coding == "deflate":
        try:
            return zlib.decompressobj().decompress(data, LARGEST)
        except zlib.error:  # some send it without the header that it should have
            return zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, LARGEST)
    if coding == "zstd":
        with zstandard.ZstdDecompressor().stream_reader(data, read_across_frames=True) as reader:
            return reader.read(LARGEST)
    return data
