"""What is answered of sessions, hooks and handoffs."""

from __future__ import annotations

from everlore.app.answers.root import Answer, Finding, Skipped
from everlore.core.types import HandoffState, Kind


class Hooked(Answer, frozen=True):
    """What the client is to print, exactly; empty for nothing. `stored` is whether the event was taken in."""

    output: str
    stored: bool


class Drained(Answer, frozen=True):
    """What the spool held: events stored as turns, known already, ignored, set aside; and how many still wait."""

    turns: int
    known: int
    ignored: int
    aside: int
    waiting: int


class Mined(Answer, frozen=True):
    """What was read. With a dry run `read` and `bytes` are what there is to read and `estimate` the seconds it may take.

    `from_now_on` tells that this was the first run, which only noted where every file ends.
    """

    files: int
    read: int
    bytes: int
    sessions: int
    turns: int
    known: int
    ignored: int
    bad_lines: int
    failed: list[Skipped]
    findings: list[Finding]
    estimate: float | None
    from_now_on: bool
    watched: bool
    seconds: float


class SessionView(Answer, frozen=True):
    """One session; `about` is the beginning of what was asked first."""

    id: str
    session: str
    client: str | None
    namespace: str
    cwd: str | None
    branch: str | None
    started: str | None
    ended: str | None
    closed: str | None
    turns: int
    parent: str | None
    about: str | None


class SessionList(Answer, frozen=True):
    """Sessions, the latest first; `next` is to be given as `before` for the next page."""

    sessions: list[SessionView]
    next: str | None = None


class HandoffView(Answer, frozen=True):
    """One handoff. `text` is what the next session is told; `occasion` is what it was written at."""

    id: str
    state: HandoffState
    namespace: str
    client: str | None
    session: str | None
    recipient: str | None
    occasion: str
    text: str
    recorded: str
    expires: str
    changed: str
    claimed_by: str | None


class Handoffs(Answer, frozen=True):
    """Handoffs, newest first; none where nothing waits. `next` is to be given as `before` for the next page of a list."""

    handoffs: list[HandoffView]
    next: str | None = None


class HandoffChanged(Answer, frozen=True):
    """What became of a handoff. `operation` can be given to undo."""

    handoff: HandoffView
    operation: str


class Taught(Answer, frozen=True):
    """One lesson of a session: what became of it, how sure its rule is, and the positions of the turns that say it."""

    text: str
    kind: Kind
    outcome: str
    confidence: float
    turns: list[int]


class CompiledSession(Answer, frozen=True):
    """What came of one session. `page` is its page's id, `text` what the page says where nothing was written."""

    session: str
    title: str
    page: str
    outcome: str
    lessons: list[Taught]
    text: str


class CompiledPage(Answer, frozen=True):
    """A page of a project: its playbook, or its decisions."""

    page: str
    title: str
    namespace: str
    outcome: str
    text: str


class Compiled(Answer, frozen=True):
    """What was compiled, the sessions in order of time. `operation` can be given to undo."""

    sessions: list[CompiledSession]
    pages: list[CompiledPage]
    operation: str | None
