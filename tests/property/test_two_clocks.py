"""Both clocks against a model written from the definitions alone: what was true then, as it was known then.

The model keeps no rows and no intervals of belief. It keeps, for each moment at which something was written, a copy of what
was held true from then on, and answers a question from the copy that stood at the moment asked about.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from clocks import START, Clock
from everlore.app.app import App
from everlore.app.open import open_app
from everlore.core.clock import to_iso
from everlore.core.config import Config
from everlore.core.errors import Conflict, EverloreError, InvalidInput

DAY = 86_400_000
DAYS = st.integers(-40, 40)
_FAR = 1 << 62


@dataclass
class Said:
    """One text of a memory with the time over which it is true; `taken_back` once it was forgotten or undone."""

    text: str
    since: int
    until: int | None = None
    given: bool = False
    taken_back: bool = False


@dataclass
class World:
    """What is held true: the texts of each memory in order, the head's place, and whether the memory stands."""

    chains: dict[str, list[Said]] = field(default_factory=dict)
    head: dict[str, int] = field(default_factory=dict)
    state: dict[str, str] = field(default_factory=dict)

    def true_at(self, at: int, never: set[str]) -> set[str]:
        """Return what is true at an instant, of each memory the last that it says; `never` are texts that were undone."""
        found = set()
        for uid, chain in self.chains.items():
            if self.state[uid] in {"active", "superseded"}:
                true = [
                    said.text for said in chain
                    if not said.taken_back and said.text not in never and said.since <= at < (_FAR if said.until is None else said.until)
                ]  # fmt: skip
                found |= set(true[-1:])
        return found


def iso(instant: int) -> str:
    return to_iso(instant) or ""


class History:
    """The application and the model side by side, told the same."""

    def __init__(self, app: App, clock: Clock) -> None:
        self.app, self.clock = app, clock
        self.world = World()
        self.written: list[tuple[int, World]] = [(0, World())]
        self.before: list[tuple[str, World, World]] = []
        self.never: set[str] = set()
        self.count = 0

    def text(self) -> str:
        """Return a text that all questions find and that nothing else is like."""
        self.count += 1
        mark = "".join("bcdfghklmn"[int(digit)] for digit in f"{self.count:03}")
        return f"harbour q{mark}q z{mark}z v{mark}v w{mark}w"

    def call(self, name: str, **request: Any) -> Any:
        """Run an operation and return its answer, None if what there is forbids it."""
        try:
            return self.app.call(name, {key: value for key, value in request.items() if value is not None})
        except (Conflict, InvalidInput):
            return None

    def note(self, operation: str, was: World) -> None:
        self.before.append((operation, was, copy.deepcopy(self.world)))
        self.write()

    def write(self) -> None:
        self.written.append((self.clock.now, copy.deepcopy(self.world)))

    def span(self, since: int | None, length: int | None) -> tuple[int | None, int | None]:
        """Return instants of days from the start, to the millisecond."""
        begins = None if since is None else START + since * DAY
        ends = None if length is None else (START if begins is None else begins) + length * DAY
        return begins, ends

    def remember(self, since: int | None, length: int | None) -> None:
        begins, ends = self.span(since, length)
        text, was = self.text(), copy.deepcopy(self.world)
        made = self.call("remember", text=text, valid_from=begins and iso(begins), valid_until=ends and iso(ends))
        if made is None:
            return
        assert made.outcome == "kept", made
        at = self.app.call("get", {"id": made.id}).memory
        self.world.chains[made.id] = [Said(text, self.ms(at.created) if begins is None else begins, ends)]
        self.world.head[made.id], self.world.state[made.id] = 0, "active"
        self.note(made.operation, was)

    def ms(self, text: str) -> int:
        found = self.app.instant(text, "created")
        assert found is not None
        return found

    def revise(self, uid: str, since: int | None, length: int | None) -> None:
        begins, ends = self.span(since, length)
        text, was = self.text(), copy.deepcopy(self.world)
        done = self.call("revise", id=uid, text=text, valid_from=begins and iso(begins), valid_until=ends and iso(ends))
        if done is None:
            return
        recorded = self.ms(self.app.call("get", {"id": uid}).memory.updated)
        chain = self.world.chains[uid]
        below = chain[self.world.head[uid]]
        starts = recorded if begins is None else begins
        over = max(starts, below.since)
        below.until = over if below.until is None else min(below.until, over)
        chain.append(Said(text, starts, ends))
        self.world.head[uid] = len(chain) - 1
        self.note(done.operation, was)

    def supersede(self, old: str, new: str) -> None:
        was = copy.deepcopy(self.world)
        done = self.call("supersede", id=old, by=new)
        if done is None:
            return
        below, above = self.top(old), self.top(new)
        over = max(above.since, below.since)
        below.until = over if below.until is None else min(below.until, over)
        self.world.state[old] = "superseded"
        self.note(done.operation, was)

    def forget(self, uid: str) -> None:
        was = copy.deepcopy(self.world)
        done = self.call("forget", id=uid)
        if done is not None:
            self.world.state[uid] = "archived"
            self.top(uid).taken_back = True
            self.note(done.operation, was)

    def restore(self, uid: str) -> None:
        was = copy.deepcopy(self.world)
        done = self.call("restore", id=uid)
        if done is None:
            return
        if self.world.state[uid] == "superseded":
            self.top(uid).until = None
        self.world.state[uid] = "active"
        self.top(uid).taken_back = False
        self.note(done.operation, was)

    def put(self, uid: str, since: int | None, length: int | None) -> None:
        """Say since when or until when the text on top is true."""
        begins, ends = self.span(since, length)
        was = copy.deepcopy(self.world)
        done = self.call("set", id=uid, valid_from=begins and iso(begins), valid_until=ends and iso(ends))
        if done is None:
            return
        top = self.top(uid)
        top.since = top.since if begins is None else begins
        top.until = top.until if ends is None else ends
        self.note(done.operation, was)

    def undo(self, place: int) -> None:
        """Undo one of the last operations; where nothing later stands on it the world is what it was in what it touched."""
        operation, was, then = self.before[-1 - place % min(3, len(self.before))]
        done = self.call("undo", operation=operation)
        if done is None:
            return
        for uid in [*then.chains]:
            self._back(uid, was, then)
        self.write()

    def _back(self, uid: str, was: World, then: World) -> None:
        """Give a memory back what one operation changed of it."""
        if uid not in was.chains:
            self.world.state[uid] = "withdrawn"
            return
        if was.state[uid] != then.state[uid]:
            self.world.state[uid] = was.state[uid]
        if was.head[uid] != then.head[uid]:
            self.world.head[uid] = was.head[uid]
            self.world.chains[uid][then.head[uid]].taken_back = True
            self.never.add(self.world.chains[uid][then.head[uid]].text)
        for number, old in enumerate(was.chains[uid]):
            new, now = then.chains[uid][number], self.world.chains[uid][number]
            now.since = old.since if old.since != new.since else now.since
            now.until = old.until if old.until != new.until else now.until
            now.taken_back = old.taken_back if old.taken_back != new.taken_back else now.taken_back

    def top(self, uid: str) -> Said:
        return self.world.chains[uid][self.world.head[uid]]

    def expected(self, at: int, known: int) -> set[str]:
        """Return what was true at `at` as it was known at `known`; what was undone was never said."""
        gone = [uid for uid, state in self.world.state.items() if state == "withdrawn"]
        undone = {said.text for uid in gone for said in self.world.chains[uid]}
        return [world for since, world in self.written if since <= known][-1].true_at(at, self.never | undone)

    def recalled(self, at: int | None, known: int | None) -> set[str]:
        request: dict[str, Any] = {"query": "harbour", "limit": 200}
        if at is not None:
            request["as_of"] = iso(at)
        if known is not None:
            request["recorded_as_of"] = iso(known)
        return {item.text for item in self.app.call("recall", request).items}


WHO = st.integers(0, 5)
MAYBE = st.none() | DAYS
LONG = st.none() | st.integers(1, 30)
STEP = st.one_of(
    st.tuples(st.just("remember"), MAYBE, LONG), st.tuples(st.just("revise"), WHO, MAYBE, LONG), st.tuples(st.just("supersede"), WHO, WHO),
    st.tuples(st.just("forget"), WHO), st.tuples(st.just("restore"), WHO), st.tuples(st.just("put"), WHO, MAYBE, LONG),
    st.tuples(st.just("undo"), st.integers(0, 2)), st.tuples(st.just("wait"), st.integers(1, 20)),
)  # fmt: skip


@settings(max_examples=40)
@given(
    st.lists(STEP, min_size=3, max_size=12),
    st.lists(st.tuples(DAYS, st.integers(-2, 60), st.integers(-1, 1)), min_size=3, max_size=6),
)
def test_recall_at_any_two_instants_finds_what_the_model_holds_true(
    steps: list[tuple[Any, ...]], asked: list[tuple[int, int, int]]
):
    clock = Clock()
    with (
        TemporaryDirectory() as directory,
        open_app(Config(Path(directory) / "home", start_daemon=False), clock=clock) as app,
    ):
        history = History(app, clock)
        history.remember(None, None)
        moments = []
        for name, *given_ in steps:
            ids = list(history.world.chains)
            if name == "wait":
                clock.advance(days=given_[0])
            elif name == "remember":
                history.remember(*given_)
            elif name == "supersede":
                history.supersede(*(ids[number % len(ids)] for number in given_))
            elif name == "undo":
                if history.before:
                    history.undo(*given_)
            else:
                getattr(history, name)(ids[given_[0] % len(ids)], *given_[1:])
            clock.advance(seconds=1)
            moments.append(clock.now)
            clock.advance(seconds=1)
        edges = [
            edge
            for chain in history.world.chains.values()
            for said in chain
            for edge in (said.since, said.until)
            if edge is not None
        ]
        pairs = [(START + at * DAY, START + known * DAY) for at, known, _ in asked]
        pairs += [(edges[at % len(edges)] + off, moments[known % len(moments)]) for at, known, off in asked]
        for at, known in pairs:
            assert history.recalled(at, known) == history.expected(at, known), (iso(at), iso(known))
            assert history.recalled(at, None) == history.expected(at, _FAR), iso(at)
        for known in moments[-3:]:
            assert history.recalled(None, known) == history.expected(known, known), iso(known)
        assert app.call("verify", {}).ok


def test_an_error_is_the_only_other_answer(tmp_path: Path):
    with open_app(Config(tmp_path / "home", start_daemon=False), clock=Clock()) as app:
        app.call("remember", {"text": "The harbour opens at six"})
        for field_ in ("as_of", "recorded_as_of"):
            try:
                app.call("recall", {"query": "harbour", field_: "10000-01-01"})
            except EverloreError as error:
                assert (error.code, error.field) == ("invalid_input", field_)
            else:
                raise AssertionError(field_)
