"""The one door through which what agents do comes in, from hooks and from transcripts: redact, place, store, journal.

A batch is one transaction, so that whoever reads a file can move its mark in the same. What a project's marker keeps out
is dropped here, before anything of it is stored.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from everlore.app.ledger import used
from everlore.core.types import Namespace
from everlore.guard.redact import label, redact
from everlore.guard.tree import redact_tree
from everlore.memory.changes import Changes
from everlore.sessions import capture, projects
from everlore.sessions.place import Place, locate
from everlore.sessions.records import Event
from everlore.store import journal, namespaces
from everlore.store.jobs import put

if TYPE_CHECKING:
    from everlore.app.app import App
    from everlore.store.contract import Unit

_NAMES = ("session", "name", "key", "cwd", "branch", "parent")
"""What is short in an event and was given by others too."""

WATCH = "mining"
"""The setting that has the server mine."""

After = Callable[["Unit", capture.Captured], None]


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of a batch: new sessions and turns, turns that were known, events ignored, secrets removed by kind.

    `used` are the ids of what the sessions were told and their answers turned out to use.
    """

    sessions: int
    turns: int
    known: int
    ignored: int
    findings: dict[str, int] = field(default_factory=dict)
    used: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ready:
    """Events that may be kept, without their secrets; how many there were, and what was taken out by kind."""

    events: list[Event]
    given: int
    findings: dict[str, int]


def nothing(unit: Unit, captured: capture.Captured) -> None:
    """Do nothing more."""


def store(
    app: App,
    events: Sequence[Event] | Ready,
    *,
    channel: capture.Channel,
    also: Callable[[Unit], object] | None = None,
    after: After = nothing,
    places: Places | None = None,
    now: int | None = None,
) -> Stored:
    """Store a batch of events in one transaction with `also` and `after`; raise `EverloreError`.

    `after` sees what was captured, for whoever has to act on sessions that ended, at the `now` that it was made for. Pass
    the same `places` for many batches.
    """
    places = places or Places(app.config.namespace)
    prepared = events if isinstance(events, Ready) else ready(events, places)
    wanted = prepared.events
    now = app.clock() if now is None else now
    if any(event.kind == "answer" for event in wanted):
        app.uses.flush(app.store)  # what a session was told is looked for in its answers
    with app.write() as unit:
        entry = journal.begin(unit)
        captured = capture.take(
            unit, wanted, lambda event: places.namespace(unit, event, now), channel=channel, entry=entry, now=now
        )
        if also is not None:
            also(unit)
        if captured.turns:
            changes = Changes(unit, now)
            changes.note("turns", str(entry), True, False, count=captured.turns)
            where = {namespace.path for namespace in captured.touched.values()}
            changes.finish(
                actor=", ".join(sorted({event.client for event in wanted}))[:200], operation="capture", reason=None,
                namespace=where.pop() if len(where) == 1 else None,
            )  # fmt: skip
            put(unit, "embed")
        found = used.mark(unit, wanted)
        after(unit, captured)
    ignored = captured.ignored + prepared.given - len(wanted)
    return Stored(captured.sessions, captured.turns, captured.known, ignored, prepared.findings, tuple(found))


def ready(events: Sequence[Event], places: Places) -> Ready:
    """Return events without those that are not to be kept, and without their secrets."""
    found: Counter[str] = Counter()
    wanted = [clean(event, found) for event in events if places.wants(event)]
    return Ready(wanted, len(events), dict(found))


def ask_to_mine(unit: Unit) -> None:
    """Have the server look into transcripts now, where it does: a client has told that a turn has ended."""
    if unit.value("setting_get", name=WATCH) == "on":
        put(unit, "mine")


def clean(event: Event, found: Counter[str]) -> Event:
    """Return an event without its secrets, and count them by kind."""
    named = {name: getattr(event, name) for name in _NAMES}
    everything = [event.text, *(value for value in named.values() if value), *_texts(dict(event.detail))]
    if not redact("\n".join(everything)).findings:  # nearly always, and one look is quicker than ten
        return event
    (text, detail), kinds = redact_tree([event.text, dict(event.detail)])
    found.update(kinds)
    return replace(event, text=text, detail=detail, **{name: label(value) for name, value in named.items()})


def _texts(value: Any, key: str = "") -> Iterator[str]:  # noqa: ANN401 - any JSON
    """Yield the texts of some shallow JSON, each with its key before it."""
    if isinstance(value, str):
        yield f"{key}: {value}"
    elif isinstance(value, Mapping):
        for name, each in value.items():
            yield from _texts(each, str(name))
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _texts(each, key)


class Places:
    """The projects of directories, looked at once for a run of batches."""

    def __init__(self, workspace: str, named: str | None = None) -> None:
        """Keep the workspace of what has no project; `named` is the namespace of all, whatever their directories are."""
        self._workspace = workspace
        self._named = named
        self._known: dict[str, Place | None] = {}

    def of(self, cwd: str | None) -> Place | None:
        """Return the project that a directory belongs to, None where there is none."""
        if not cwd:
            return None
        if cwd not in self._known:
            self._known[cwd] = locate(cwd)
        return self._known[cwd]

    def wants(self, event: Event) -> bool:
        """Tell whether an event may be kept, as the marker of its project has it."""
        place = self.of(event.cwd)
        if place is None or (place.capture == "all" and not place.ignore):
            return True
        if place.capture == "off":
            return False
        tool = event.kind.startswith("tool")
        return not tool or (place.capture == "all" and not any(map(place.ignores, _paths(event))))

    def namespace(self, unit: Unit, event: Event, now: int) -> Namespace:
        """Return the namespace of an event's project; what happens in none belongs to the workspace."""
        place = self.of(event.cwd)
        if self._named is not None:
            return namespaces.ensure(unit, label(self._named), now)
        if place is None:
            return namespaces.ensure(unit, self._workspace, now)
        return projects.ensure(unit, place, self._workspace, now)


def _paths(event: Event) -> Iterable[str]:
    given = event.detail.get("paths", ())
    yield from (str(path) for path in (given if isinstance(given, (list, tuple)) else ()))
    yield from str(event.detail.get("command", "")).split()
