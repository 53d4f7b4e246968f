"""ChatGPT's export: its zip file, the directory it unpacks to, or any `conversations*.json` of it.

A conversation is a tree, since a prompt may be edited and an answer be made again; what is read is the branch that was seen
last, from its end to its beginning. What was hidden, what the system said and what went to a tool is left out. What was
attached or drawn is named in the caption.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from everlore.core.clock import LAST
from everlore.core.errors import InvalidInput
from everlore.sessions.readers import exports, fields
from everlore.sessions.records import Record, TurnRecord

_SHARD = re.compile(r"conversations(?:-(\d+))?\.json")
_UNSAID = frozenset({"thoughts", "reasoning_recap", "user_editable_context", "model_editable_context"})
_FOOTNOTE = re.compile("\ue200[^\ue201]*\ue201")
"""A reference to a search result, which means nothing outside of the page."""


def read(path: Path) -> Iterator[Record]:
    """Yield the turns of every conversation, in the order of the files."""
    with exports.opened(path) as files:
        for name in files.names if path.is_file() and not exports.is_zip(path) else shards(files):
            yield from exports.each(files, name, _turns)


def shards(files: exports.Files) -> list[str]:
    """Return the files of conversations in order; raise `InvalidInput` when there is none."""
    found = [(match, name) for name in files.names if (match := _SHARD.fullmatch(PurePosixPath(name).name))]
    if not found:
        raise InvalidInput("it holds no conversations.json", field="path")
    return [name for _, name in sorted(found, key=lambda each: (each[1].count("/"), int(each[0][1] or 0), each[1]))]


def _turns(value: object) -> Iterator[TurnRecord]:
    conversation = fields.record(value, "conversation")
    session = fields.name(conversation, "conversation_id" if conversation.get("conversation_id") else "id")
    mapping = fields.record(conversation.get("mapping"), "mapping")
    time = _time(conversation.get("create_time"))
    for node in _branch(mapping, conversation.get("current_node")):
        message = node.get("message")
        if not isinstance(message, dict) or not _is_seen(message):
            continue
        author = _object(message.get("author"))
        role = fields.role(author.get("role"))
        text, caption = _said(message)
        time = _time(message.get("create_time")) or time
        if (text or caption) and role != "system":
            speaker = {"user": "user", "assistant": "ChatGPT"}.get(role or "") or author.get("name") or "tool"
            text = fields.body({"text": text}, "text", required=False)
            yield TurnRecord(
                session, fields.name(message, "id"), str(speaker)[:400], role, time, text, caption[:100_000] or None
            )


def _branch(mapping: Mapping[str, Any], current: object) -> list[dict[str, Any]]:
    """Return the nodes from the root to the one that was seen last; to the youngest leaf where that is not known."""
    nodes = {name: node for name, node in mapping.items() if isinstance(node, dict)}
    if not isinstance(current, str) or current not in nodes:
        leaves = [name for name, node in nodes.items() if not node.get("children")]
        current = max(
            leaves, key=lambda name: _time(_object(nodes[name].get("message")).get("create_time")) or 0, default=None
        )
    branch: list[dict[str, Any]] = []
    while isinstance(current, str) and (node := nodes.pop(current, None)):  # taken out, so that a circle ends
        branch.append(node)
        current = node.get("parent")
    return branch[::-1]


def _is_seen(message: Mapping[str, Any]) -> bool:
    return (
        not _object(message.get("metadata")).get("is_visually_hidden_from_conversation")
        and message.get("recipient") in (None, "all")
        and message.get("weight") != 0
        and _object(message.get("content")).get("content_type") not in _UNSAID
    )


def _said(message: Mapping[str, Any]) -> tuple[str, str]:
    """Return what a message says, and the names of what came with it."""
    content = _object(message.get("content"))
    parts = content.get("parts")
    texts, things = list[str](), list[str]()
    for part in parts if isinstance(parts, list) else [content.get("text") or content.get("result")]:
        if isinstance(part, dict):
            texts.append(exports.mended(part.get("text")))
            things.append(exports.mended(_object(_object(part.get("metadata")).get("dalle")).get("prompt")))
        else:
            texts.append(exports.mended(part))
    attached = _object(message.get("metadata")).get("attachments")
    for each in attached if isinstance(attached, list) else []:
        things.append(exports.mended(_object(each).get("name")))
    said = "\n".join(text for text in texts if text)
    return _FOOTNOTE.sub("", said).strip(), ", ".join(thing for thing in things if thing)


def _time(value: object) -> int | None:
    """Return Unix milliseconds of Unix seconds."""
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 < value <= LAST / 1000:
        return None
    return round(value * 1000)


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
