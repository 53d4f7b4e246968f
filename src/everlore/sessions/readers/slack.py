"""Slack's export: its zip file or the directory it unpacks to.

A day of a channel is a session, and so is each thread, with the message that began it; both bear the channel's name and id.
Which conversations there are is told by the lists of channels, groups and direct messages. What Slack itself says (who
joined, what was renamed) is left out, and people and channels are called by their names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from everlore.core.clock import LAST
from everlore.core.errors import InvalidInput
from everlore.sessions.readers import exports, fields
from everlore.sessions.records import Record, TurnRecord

LISTS = ("channels.json", "groups.json", "dms.json", "mpims.json")
_USERS = ("users.json", "org_users.json")
_SAID = frozenset({None, "", "bot_message", "file_share", "file_comment", "me_message", "thread_broadcast"})
"""The kinds of messages that somebody wrote."""
_DAY = re.compile(r"\d{4}-\d\d-\d\d\.json")
_MARK = re.compile(r"<([@#!]?)([^<>|]*)(?:\|([^<>]*))?>")
_ESCAPED = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))


def read(path: Path) -> Iterator[Record]:
    """Yield the messages of one conversation after the other, day by day."""
    with exports.opened(path) as files:
        root = _root(files)
        people, channels = _people(files, root), dict(_channels(files, root))
        days = _days(files, root)
        names = {identity: name for identity, name in channels.items() if name}
        for identity, name in channels.items() if channels else ((folder, folder) for folder in sorted(days)):
            place = name if name in days else identity
            for file in days.get(place, ()):
                session = "/".join(dict.fromkeys(part for part in (name, identity) if part))
                day = PurePosixPath(file).stem
                yield from exports.each(files, file, _taker(session, day, people, names))


def _root(files: exports.Files) -> str:
    """Return the directory in which the lists lie, with a `/` behind it unless it is the top."""
    found = files.called(*LISTS, *_USERS)
    if not found:
        raise InvalidInput("it holds no channels.json or users.json", field="path")
    return found[0][: len(found[0]) - len(PurePosixPath(found[0]).name)]


def _people(files: exports.Files, root: str) -> dict[str, str]:
    return {str(user.get("id")): _called(user) for user in _listed(files, root, _USERS)}


def _called(user: Mapping[str, Any]) -> str:
    """Return what a person is called, as the others see it."""
    profile = user.get("profile")
    profile = profile if isinstance(profile, dict) else {}
    given = (
        profile.get("display_name"),
        profile.get("real_name"),
        user.get("real_name"),
        user.get("name"),
        user.get("id"),
    )
    return next((name for each in given if (name := exports.mended(each).strip())), "unknown")[:400]


def _channels(files: exports.Files, root: str) -> Iterator[tuple[str, str]]:
    for channel in _listed(files, root, LISTS):
        if identity := exports.mended(channel.get("id")):
            yield identity[:100], exports.mended(channel.get("name"))[:100]


def _listed(files: exports.Files, root: str, names: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    there = set(files.names)
    for name in names:
        if root + name in there:
            yield from (each for each in files.elements(root + name) if isinstance(each, dict))


def _days(files: exports.Files, root: str) -> dict[str, list[str]]:
    """Return the files of each folder, by its name, in order of time."""
    days: dict[str, list[str]] = {}
    for name in sorted(files.names):
        folder, _, file = name.removeprefix(root).rpartition("/")
        if name.startswith(root) and folder and _DAY.fullmatch(file):
            days.setdefault(folder, []).append(name)
    return days


def _taker(
    session: str, day: str, people: Mapping[str, str], channels: Mapping[str, str]
) -> Callable[[Any], Iterator[Record]]:
    def take(value: object) -> Iterator[Record]:
        message = fields.record(value, "message")
        if message.get("type", "message") != "message" or message.get("hidden"):
            return
        subtype = message.get("subtype")
        if not (subtype is None or (isinstance(subtype, str) and subtype in _SAID)):
            return
        text, files = _plain(_said(message), people, channels), ", ".join(_file_names(message))
        if not text and not files:
            return
        stamp, thread = fields.name(message, "ts"), message.get("thread_ts")
        where = f"{session}/{thread if isinstance(thread, str) and thread else day}"
        text = fields.body({"text": text}, "text", required=False)
        yield TurnRecord(
            where[:400], stamp, _speaker(message, people), None, _time(stamp), text, files[:100_000] or None
        )

    return take


def _said(message: Mapping[str, Any]) -> str:
    """Return the text of a message, of a bot that has none that of its attachments."""
    if text := exports.mended(message.get("text")):
        return text
    attached = message.get("attachments")
    given = [each for each in attached if isinstance(each, dict)] if isinstance(attached, list) else []
    return "\n".join(filter(None, (exports.mended(each.get("text") or each.get("fallback")) for each in given)))


def _plain(text: str, people: Mapping[str, str], channels: Mapping[str, str]) -> str:
    def name(match: re.Match[str]) -> str:
        mark, target, shown = match[1], match[2], match[3]
        if mark == "@":
            return f"@{people.get(target) or shown or target}"
        if mark == "#":
            return f"#{shown or channels.get(target) or target}"
        if mark == "!":
            return shown or f"@{target.split('^')[0]}"
        return (
            f"{shown} ({target.removeprefix('mailto:')})"
            if shown and shown not in target
            else target.removeprefix("mailto:")
        )

    text = _MARK.sub(name, text)
    for escaped, character in _ESCAPED:
        text = text.replace(escaped, character)
    return text.strip()


def _file_names(message: Mapping[str, Any]) -> list[str]:
    files = message.get("files")
    given = [each for each in files if isinstance(each, dict)] if isinstance(files, list) else []
    return [name for each in given if (name := exports.mended(each.get("title") or each.get("name")))]


def _speaker(message: Mapping[str, Any], people: Mapping[str, str]) -> str:
    if (known := people.get(str(message.get("user")))) is not None:
        return known
    profile = message.get("user_profile")
    if isinstance(profile, dict):
        return _called({"profile": profile, "name": message.get("user")})
    given = (message.get("username"), message.get("user"), message.get("bot_id"))
    return next((name for each in given if (name := exports.mended(each).strip())), "unknown")[:400]


def _time(stamp: str) -> int | None:
    """Return Unix milliseconds of the seconds that a message is known by."""
    try:
        milliseconds = round(float(stamp) * 1000)
    except (ValueError, OverflowError):
        raise InvalidInput(f"ts: {stamp[:40]!r} is not Unix seconds", field="ts") from None
    return milliseconds if 0 < milliseconds <= LAST else None
