"""The LongMemEval shape: a list of questions, each with its haystack of dated sessions between a user and an assistant.

A session that stands in several haystacks is read once. A turn's id is its session's id and its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from everlore.core.clock import to_ms
from everlore.core.errors import InvalidInput
from everlore.sessions.readers import fields
from everlore.sessions.records import Record, TurnRecord


def read(path: Path) -> Iterator[Record]:
    """Yield the turns of every session of every haystack, each session once."""
    seen: set[str] = set()
    for number, question in enumerate(questions(path), 1):
        name = f"{path.name}, question {str(question.get('question_id') or number)[:80]}"
        yield from fields.whole(name, haystack(question, seen))


def questions(path: Path) -> list[dict[str, Any]]:
    """Return the list of questions in the file."""
    document = fields.load(path)
    if not isinstance(document, list) or not all(
        isinstance(entry, dict) and "haystack_sessions" in entry for entry in document
    ):
        raise InvalidInput("expected a list of questions with haystack_sessions", field="path")
    return document


def haystack(question: dict[str, Any], seen: set[str]) -> Iterator[TurnRecord]:
    """Yield the turns of one haystack whose sessions are not in `seen`, and add them to it."""
    dates = fields.items(question.get("haystack_dates") or [], "haystack_dates")
    sessions = fields.items(question["haystack_sessions"], "haystack_sessions")
    names = fields.items(question.get("haystack_session_ids"), "haystack_session_ids")
    if len(names) != len(sessions):
        said = f"haystack_session_ids: has {len(names)} ids for {len(sessions)} sessions"
        raise InvalidInput(said, field="haystack_session_ids")
    for number, session in enumerate(sessions):
        name = str(names[number])
        if name in seen:
            continue
        seen.add(name)
        time = _time(dates[number]) if number < len(dates) else None
        for place, entry in enumerate(fields.items(session, "haystack_sessions")):
            turn = fields.record(entry, "haystack_sessions")
            role = fields.role(turn.get("role"))
            yield TurnRecord(name, f"{name}#{place}", role or "unknown", role, time, fields.body(turn, "content"))


def _time(value: object) -> int | None:
    if not isinstance(value, str):
        return fields.instant(value, "haystack_dates")
    plain = re.sub(r"\s*\([A-Za-z]+\)\s*", " ", value).strip()
    for shape in ("%Y/%m/%d %H:%M", "%Y/%m/%d"):
        try:
            return to_ms(datetime.strptime(plain, shape).replace(tzinfo=UTC))
        except ValueError:
            continue
    return fields.instant(value, "haystack_dates")
