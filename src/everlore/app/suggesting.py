"""What a language model is asked to suggest of sessions and pages: lessons, and prose. Of memories `relating` has it.

Each piece of work names the items that it reads, with a digest of what is read of them, so that nothing is read twice, and
knows what becomes of the answer: proposals, or reasons why not. Private memories and what tries to steer its reader are sent
to nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from everlore.app.asking import checked, cleaned, prompt_of
from everlore.app.scope import scope_pattern
from everlore.app.spending import GIVEN_UP
from everlore.app.steering import steers
from everlore.core.clock import to_iso
from everlore.core.shorten import shorten
from everlore.core.tokens import estimate
from everlore.core.types import Memory, Namespace, Revision
from everlore.memory import life
from everlore.memory.belief import since
from everlore.memory.changes import head_of, memory_of
from everlore.models.llm.values import Prompt
from everlore.refine.grounding import unsupported
from everlore.refine.prompts import Source
from everlore.store import namespaces
from everlore.store.sight import Sight

if TYPE_CHECKING:
    from everlore.app.app import App
    from everlore.store.contract import Unit

QUIET_MS = 600_000
"""How long a session that nobody closed must have been quiet to be read."""
_WINDOW, _LONGEST_TURN, _LEAST_SAID = 6_000, 6_000, 80
"""Tokens of turns in one request; characters of one turn; and of all, for asking to be worth it."""
LONGEST_NOTE, _LONGEST_PAGE = 2_000, 40_000
MOST = 20
"""Suggestions of one sort that one answer may make."""
_SPOKEN = frozenset({"user", "assistant", None})


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that is read: a session up to a turn, a memory, a page. `digest` tells whether it is still what was read."""

    uid: str
    digest: bytes
    position: int = -1


@dataclass(slots=True)
class Suggested:
    """What came of an answer: requests of operations to be proposed, and reasons for what is not."""

    proposals: list[Suggestion] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One change that is to be proposed."""

    sort: str
    effect: str
    operation: str
    payload: dict[str, Any]
    targets: Sequence[str]
    reason: str
    evidence: Sequence[str] = ()
    confidence: float = 0.6


@dataclass(frozen=True, slots=True)
class Work:
    """One request, or none where there is nothing to ask and the items only count as read."""

    purpose: str
    items: Sequence[Item]
    node: Namespace
    prompt: Prompt | None = None
    shape: type = object
    take: Callable[[Unit, Any, Suggested], None] = lambda *_: None


Found = Iterator[tuple[int, Sequence[Work]]]
"""Pieces of work in their order, with the row id to go on after; those of one row stop when one of them fails."""


class _Lesson(msgspec.Struct):
    text: str
    title: str
    kind: Literal["decision", "convention", "preference", "fact", "procedure", "failure"]
    sources: list[str]


class _Lessons(msgspec.Struct):
    lessons: list[_Lesson]


def lessons(app: App, unit: Unit, after: int, limit: int, namespace: str | None, session: str | None) -> Found:
    """Yield the unread turns of sessions, some thousand tokens at a time."""
    rows = unit.rows(
        "sessions_unread", after=after, scope=scope_pattern(unit, namespace), session=session, quiet=app.clock() - QUIET_MS,
        limit=limit,
    )  # fmt: skip
    for number, uid, place, position, _, _ in rows:
        node = namespaces.by_id(unit, place)
        yield number, list(_windows(app, unit, number, uid, node, position))


def _windows(app: App, unit: Unit, session: int, uid: str, node: Namespace, read: int) -> Iterator[Work]:
    window: list[tuple[str, Source, int | None]] = []
    size, last = 0, read
    for row in unit.rows("turns_of_session", session=session, first=read + 1, withdrawn=0):
        turn, position, speaker, role, time, text = row[1], row[4], row[5], row[6], row[7], row[8]
        if role in _SPOKEN and text.strip() and not steers(text):
            shown = shorten(text, _LONGEST_TURN)
            cost = estimate(shown)
            if window and size + cost > _WINDOW:
                yield _lesson_work(app, unit, uid, node, window, last)
                window, size = [], 0
            about = ", ".join(filter(None, ((to_iso(time) or "")[:10], role or speaker)))
            window.append((turn, Source(f"T{len(window) + 1}", shown, about), time))
            size += cost
        last = position
    yield _lesson_work(app, unit, uid, node, window, last)


def _lesson_work(
    app: App, unit: Unit, uid: str, node: Namespace, window: Sequence[tuple[str, Source, int | None]], last: int
) -> Work:
    sources = [source for _, source, _ in window]
    item = Item(uid, _digest(*(source.text for source in sources)), last)
    if sum(len(source.text) for source in sources) < _LEAST_SAID:
        return Work("lessons", [item], node)
    turns = {source.label: (turn, time) for turn, source, time in window}
    given = {source.label: source.text for source in sources}

    def take(unit: Unit, answer: _Lessons, out: Suggested) -> None:
        out.refused += ["there are too many"] * (len(answer.lessons) - MOST)
        for said in answer.lessons[:MOST]:
            text, why = checked(said.text, said.sources, given)
            title, unsafe = cleaned(said.title[:200])
            cited = [given[label] for label in said.sources if label in given]
            why = why or unsafe or unsupported(title, cited, short=True) or _known(unit, node, title, text)
            if why:
                out.refused.append(why)
                continue
            learnt = list(dict.fromkeys(turns[label] for label in said.sources))
            times = [time for _, time in learnt if time is not None]
            payload: dict[str, Any] = {"text": text, "kind": said.kind, "namespace": node.path, "source": learnt[0][0]}
            payload |= {"title": title} if title else {}
            payload |= {"valid_from": to_iso(max(times))} if times else {}
            uids = [turn for turn, _ in learnt]
            out.proposals.append(Suggestion(
                "lessons", "create", "remember", payload, uids, f"said in session {uid}", [f"turn {turn}" for turn in uids]
            ))  # fmt: skip

    return Work("lessons", [item], node, prompt_of(app, unit, "lessons", node, sources), _Lessons, take)


def _known(unit: Unit, node: Namespace, title: str, text: str) -> str:
    draft = life.Draft(text, title or None)
    same = life.judge(draft, life.neighbours(unit, draft, node, Sight())).outcome == "merged"
    return "it is known already" if same else ""


class _Paragraph(msgspec.Struct):
    heading: str
    text: str
    sources: list[str]


class _Prose(msgspec.Struct):
    paragraphs: list[_Paragraph]


def prose(app: App, unit: Unit, after: int, limit: int, namespace: str | None, session: str | None) -> Found:
    """Yield pages whose sources have changed since they were read."""
    for number, uid, spelled in unit.rows(
        "pages_with_sources", after=after, scope=scope_pattern(unit, namespace), limit=limit
    ):
        item = Item(uid, _digest(spelled))
        yield number, [] if was_read(unit, "prose", item) else [_prose_work(app, unit, memory_of(unit, uid), item)]


def _prose_work(app: App, unit: Unit, page: Memory, item: Item) -> Work:
    node, head = namespaces.by_id(unit, page.namespace), head_of(unit, page)
    cited = [memory_of(unit, target) for target, *_ in unit.rows("links_from", uid=page.uid, kind="derived_from")]
    notes = [(one, head_of(unit, one)) for one in cited if one.state == "active" and one.visibility != "private"]
    notes = [(one, top) for one, top in notes if not steers(top.text)]
    notes.sort(key=lambda pair: (since(pair[1]), pair[0].uid))
    if (
        len(notes) < 2
        or any(len(top.text) > LONGEST_NOTE for _, top in notes)
        or sum(len(t.text) for _, t in notes) > _LONGEST_PAGE
    ):
        return Work("prose", [item], node)
    labelled = {f"N{number}": pair for number, pair in enumerate(notes, 1)}
    given = {label: top.text for label, (_, top) in labelled.items()}
    sources = [labelled_as(label, one, top) for label, (one, top) in labelled.items()]

    def take(unit: Unit, answer: _Prose, out: Suggested) -> None:
        lines = [f"# {head.title}"] if head.title else []
        for said in answer.paragraphs:
            text, why = checked(said.text, said.sources, given)
            heading, unsafe = cleaned(" ".join(said.heading.split())[:100].lstrip("# "))
            if why := why or unsafe or unsupported(heading, list(given.values()), short=True):
                out.refused.append(why)
                return
            uids = dict.fromkeys(labelled[label][0].uid for label in said.sources)
            lines += ([f"\n## {heading}"] if heading else []) + [f"\n{text} ({', '.join(uids)})"]
        left_out = given.keys() - {label for said in answer.paragraphs for label in said.sources}
        if left_out:
            out.refused.append(f"it leaves out {len(left_out)} of {len(given)} sources")
            return
        payload = {"id": page.uid, "text": "\n".join(lines).strip()}
        targets = [page.uid, *(one.uid for one, _ in notes)]
        out.proposals.append(
            Suggestion("prose", "revise", "revise", payload, targets, "the same in prose, each source cited")
        )

    return Work("prose", [item], node, prompt_of(app, unit, "prose", node, sources), _Prose, take)


def was_read(unit: Unit, purpose: str, item: Item) -> bool:
    """Tell whether this very text was read, or failed too often."""
    row = unit.one("model_read", purpose=purpose, item=item.uid)
    return row is not None and row[0] == item.digest and (row[3] == "done" or row[2] >= GIVEN_UP)


def labelled_as(label: str, memory: Memory, head: Revision) -> Source:
    """Return a memory as a source."""
    about = f"{(to_iso(since(head)) or '')[:10]}, {memory.kind}"
    return Source(label, f"{head.title}\n{head.text}" if head.title else head.text, about)


def _digest(*texts: str) -> bytes:
    return sha256("\0".join(texts).encode("utf-8", "replace")).digest()
