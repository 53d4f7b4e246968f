"""Who sees what: every read and every change by agents, in random trees, against rules that are written here again.

The oracle knows paths alone: neither rows nor lineages, nor the words of the index. Every text carries a mark of its own,
so that whatever an answer or an error says is known by its marks and ids.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from everlore.app.app import App
from everlore.app.caller import Caller
from everlore.app.open import open_app
from everlore.core import ids
from everlore.core.config import Config
from everlore.core.errors import EverloreError
from everlore.memory import life
from everlore.memory.changes import Changes
from everlore.sessions.intake import take_in
from everlore.sessions.records import TurnRecord
from everlore.store import journal, namespaces

ROOTS = ("harbour", "quarry")
SEGMENTS = ("web", "api", "ops")
NAMES = ("ada", "bert", "cleo")
DRIFTER = "drifter"  # registered nowhere
VISIBILITIES = ("private", "team", "unit", "org", "collective")
SAYINGS = (
    "The crane lifts the container, says {}",
    "Always check the crane before lifting, {}",
    "Who repairs the crane? Ask {}",
    "Pilot {} prefers the small boat",
)
QUERIES = ("crane container", "who repairs the crane", "pilot boat on 20 January", "how should I check the crane?")
MARK = re.compile(r"mark(\d+)x")
NOW = 1_772_442_000_000  # 2026-03-02
MIXED = 500
CHECKED = Counter[str]()


@dataclass
class Thing:
    """A memory, turn or handoff: where it lies, who sees it, and by what it would be known."""

    path: str
    mark: int
    id: str = ""
    kind: str = "memory"
    visibility: str = "unit"
    owner: str = ""
    text: str = ""
    state: str = "active"
    session: str = ""
    late: bool = False  # true from February on, else from January


@dataclass
class World:
    """Everything in a store."""

    paths: list[str]
    places: dict[str, str | None]
    things: list[Thing] = field(default_factory=list)
    operations: list[tuple[str, list[Thing]]] = field(default_factory=list)
    standards: list[tuple[str, str, Thing]] = field(default_factory=list)

    def sees(self, agent: str, thing: Thing) -> bool:
        """Tell who sees what, by paths alone."""
        place = self.places[agent]
        if thing.visibility == "private":
            return thing.owner == agent
        if place is None or thing.visibility == "collective":
            return True
        length = {"team": 8, "unit": 2, "org": 1}[thing.visibility]
        anchor = "/".join(thing.path.split("/")[:length])
        return within(place, anchor) or within(thing.path, place)

    def seen(self, agent: str, kind: str = "", below: str = "") -> list[Thing]:
        return [
            thing
            for thing in self.things
            if self.sees(agent, thing) and kind in {"", thing.kind} and (not below or within(thing.path, below))
        ]

    def unseen(self, agent: str, kind: str = "") -> list[Thing]:
        return [thing for thing in self.things if not self.sees(agent, thing) and kind in {"", thing.kind}]

    def known(self, agent: str, path: str) -> bool:
        """Tell whether an agent may name a node: those of its workspace."""
        place = self.places[agent]
        return place is None or place.split("/")[0] == path.split("/", maxsplit=1)[0]


def within(path: str, above: str) -> bool:
    return f"{path}/".startswith(f"{above}/")


def build(app: App, random: Random) -> World:
    drawn = {
        "/".join([random.choice(ROOTS), *(random.choice(SEGMENTS) for _ in range(random.randint(0, 3)))])
        for _ in range(random.randint(3, 8))
    }
    paths = sorted({"/".join(path.split("/")[:n]) for path in drawn for n in range(1, path.count("/") + 2)})
    world = World(paths, {name: random.choice([*paths, *paths, None]) for name in NAMES} | {DRIFTER: None})
    with app.write() as unit:
        nodes = {path: namespaces.ensure(unit, path, NOW) for path in paths}
        for name, place in world.places.items():
            if name != DRIFTER and (place is not None or random.random() < 0.5):
                node = nodes[place].id if place else None
                unit.run(
                    "agent_insert", uid=ids.fresh(NOW), name=name, origin="agent", role=None, place=node, recorded=NOW, recorded_until=None
                )  # fmt: skip
        for number in range(random.randint(4, 8)):
            path, changes = random.choice(paths), Changes(unit, app.clock())
            thing = Thing(path, number, f"turn-{number}", "turn", text=said(random, number), session=f"talk{number}x")
            record = TurnRecord(
                session=thing.session, id=thing.id, speaker="Noor", role="user", time=NOW - 40 * 86_400_000, text=thing.text
            )  # fmt: skip
            entry = journal.begin(unit)
            take_in(unit, iter([record]), nodes[path], entry=entry, now=changes.now)
            changes.note("turns", str(entry), before=True, after=False, count=1)
            made = changes.finish(actor="person", operation="import", namespace=path, reason=f"mark{number}x")
            row = unit.rows("sessions_all")[-1]
            thing.id = unit.rows("turns_of_session", session=row[0], first=0, withdrawn=0)[0][1]
            world.things.append(thing)
            world.operations.append((made.uid, [thing]))
        for number in range(20, 20 + random.randint(6, 14)):
            remember(app, unit, world, nodes, random, number)
    for number in range(60, 60 + random.randint(1, 4)):
        path = random.choice(paths)
        answer: Any = app.call("handoff-begin", {"text": f"Go on with the crane mark{number}x", "namespace": path})
        world.things.append(Thing(path, number, answer.handoff.id, "handoff"))
        world.operations.append((answer.operation, [world.things[-1]]))
    attach(app, world, random)
    return world


def said(random: Random, number: int) -> str:
    return random.choice(SAYINGS).format(f"mark{number}x")


def remember(app: App, unit: Any, world: World, nodes: dict[str, Any], random: Random, number: int) -> None:
    path, owner = random.choice(world.paths), random.choice([*NAMES, "person"])
    thing = Thing(path, number, visibility=random.choice(VISIBILITIES), owner=owner, text=said(random, number))
    source = random.choice([None, *(each.id for each in world.things if each.kind == "turn")])
    thing.state = random.choice(["active", "active", "active", "held"])
    olds = [each for each in world.things if each.kind == "memory" and each.state == "active"]
    old = random.choice(olds) if olds and thing.state == "active" and random.random() < 0.4 else None
    thing.late = old is not None
    changes = Changes(unit, app.clock())
    since = NOW - (30 if thing.late else 60) * 86_400_000
    draft = life.Draft(thing.text, visibility=thing.visibility, source=source, valid_from=since)
    memory = life.create(changes, draft, nodes[path], owner, state=thing.state)
    thing.id = memory.uid
    touched = [thing]
    if old is not None:
        life.supersede(changes, life.memory_of(unit, old.id), memory)
        old.state = "superseded"
        touched.append(old)
    made = changes.finish(actor=owner, operation="remember", namespace=path, reason=f"mark{number}x")
    world.things.append(thing)
    world.operations.append((made.uid, touched))


def attach(app: App, world: World, random: Random) -> None:
    """Have some memories stand at nodes under two names."""
    memories = [thing for thing in world.things if thing.kind == "memory" and thing.state == "active"]
    for name in ("style", "tests", "style"):
        if memories:
            thing, path = random.choice(memories), random.choice(world.paths)
            app.call("standard-set", {"name": name, "id": thing.id, "namespace": path})
            world.standards = [each for each in world.standards if each[:2] != (path, name)] + [(path, name, thing)]


def told(world: World, agent: str, text: str, given: str = "") -> None:
    """Check that what an answer or error says tells nothing of what its reader neither sees nor said itself."""
    allowed = {thing.mark for thing in world.seen(agent)} | {int(mark) for mark in MARK.findall(given)}
    assert {int(mark) for mark in MARK.findall(text)} <= allowed
    for thing in world.unseen(agent):
        assert thing.id not in text
        assert not thing.session or f'"{thing.session}"' not in text
    roots = {thing.path.split("/")[0] for thing in world.seen(agent)}
    for root in ROOTS:
        assert root in roots or world.known(agent, root) or root not in text


def ask(app: App, world: World, agent: str, name: str, request: dict[str, Any]) -> tuple[Any, str]:
    """Call an operation as an agent; return the answer and what was said, checked."""
    CHECKED[name] += 1
    try:
        answer = app.call(name, request, Caller(agent, "mcp"))
        text = msgspec.json.encode(answer).decode()
    except EverloreError as error:
        answer, text = None, f"{error.code}: {error.message} | {error.field} | {error.hint}"
    rest = text
    for value in request.values() if answer is None else ():  # an error may repeat what it was asked
        for each in value if isinstance(value, list) else [value]:
            rest = rest.replace(str(each), "")
    told(world, agent, rest, str(request))
    return answer, text


def reads(world: World, agent: str, random: Random) -> Iterator[tuple[str, dict[str, Any]]]:
    """Return calls of every read operation, in the whole store and from a node."""
    for scope in ({}, {"namespace": random.choice(world.paths)}):
        yield "timeline", {"limit": 1000, **scope}
        yield "sessions", {"limit": 1000, **scope}
        yield "handoff-list", {"limit": 1000, **scope}
        yield "handoff-list", {"limit": 1000, "as_of": "2100-01-01", **scope}
        yield "review", {"limit": 1000, **scope}
        yield "policy", scope
        yield "sweep", {"limit": 1000, **scope}
        yield "lint", {"limit": 1000, "days": 1, "longest": 100, **scope}
        yield "reorg", {"limit": 1000, "dry_run": True, **scope}
        yield "transcripts-search", {"query": random.choice(QUERIES), "limit": 200, **scope}
        for way in ({"explain": True}, {"as_of": "2026-02-15"}, {"recorded_as_of": "2100-01-01"}):
            yield "recall", {"query": random.choice(QUERIES), "limit": 200, "budget": 4000, **way, **scope}
        yield "answer", {"question": random.choice(QUERIES), "limit": 50, **scope}
    node = random.choice(world.paths)
    query = random.choice(QUERIES)
    for way in (
        {"query": query},
        {"task": "start"},
        {"query": query, "as_of": "2026-02-15"},
    ):
        yield "slice", {"namespace": node, "budget": 20_000, "client": agent, "session": "x", **way}
    yield "slice-propose", {"namespace": node, "budget": 20_000, "query": query}
    yield "briefing", {"namespace": node, "budget": 20_000, "since": "2020-01-01"}
    yield "explore", {"namespace": node, "budget": 20_000}
    yield "context-assemble", {"namespace": node, "query": query, "budget": 20_000}
    yield "handoff", {"namespace": node}
    yield "standards", {"namespace": node}
    yield "handoff", {}
    yield "agents", {}
    thing = random.choice(world.things)
    yield "check-duplicate", {"text": thing.text or "nothing", "namespace": thing.path}
    for thing in random.sample(world.seen(agent), min(4, len(world.seen(agent)))):
        if thing.kind == "handoff":
            yield "handoff", {"id": thing.id}
        else:
            yield "get", {"id": thing.id}
        if thing.kind == "memory":
            yield "get", {"id": thing.id, "recorded_as_of": "2100-01-01"}
            yield "history", {"id": thing.id}
            yield "timeline", {"id": thing.id, "limit": 1000}


def touches(thing: Thing) -> Iterator[tuple[str, dict[str, Any]]]:
    """Return calls of every operation that reads or changes one thing by its id."""
    if thing.kind == "handoff":
        yield "handoff", {"id": thing.id}
        yield "handoff-accept", {"id": thing.id}
        yield "handoff-cancel", {"id": thing.id}
        yield "handoff-reopen", {"id": thing.id}
        return
    yield "get", {"id": thing.id}
    yield "get", {"id": thing.id, "as_of": "2026-02-15"}
    if thing.kind == "memory":
        yield "read-page", {"name": thing.id, "namespace": thing.path}
        yield "delete-page", {"name": thing.id, "namespace": thing.path, "dry_run": True}
        yield "history", {"id": thing.id}
        yield "timeline", {"id": thing.id}
        yield "forget", {"id": thing.id}
        yield "revise", {"id": thing.id, "text": "Nothing is as it was"}
        yield "restore", {"id": thing.id}
        yield "restore", {"id": thing.id, "revision": 1}
        yield "set", {"id": thing.id, "importance": 0.9}
        yield "feedback", {"id": thing.id, "verdict": "wrong"}
        yield "supersede", {"id": thing.id, "by": thing.id}
        yield "merge", {"ids": [thing.id, "nobody else"]}
        yield "consolidate", {"ids": [thing.id, "nobody else"]}
        yield "purge", {"ids": [thing.id]}
        yield "standard-set", {"name": "new", "id": thing.id, "namespace": thing.path}


def swapped(value: Any, uid: str) -> Any:
    """Return the same value with the id of nobody in the place of one."""
    if isinstance(value, list):
        return [swapped(each, uid) for each in value]
    return "nobody" if value == uid else value


def check_hidden(app: App, world: World, agent: str, random: Random) -> None:
    """What an agent does not see is to every operation as if it were not there."""
    hidden = world.unseen(agent)
    for thing in random.sample(hidden, min(3, len(hidden))):
        for name, request in touches(thing):
            _, said = ask(app, world, agent, name, request)
            other = {key: swapped(value, thing.id) for key, value in request.items()}
            _, nothing = ask(app, world, agent, name, other)
            assert said.replace(thing.id, "nobody") == nothing, (name, request)
    unseen = [uid for uid, things in world.operations if not all(world.sees(agent, thing) for thing in things)]
    for uid in random.sample(unseen, min(2, len(unseen))):
        _, said = ask(app, world, agent, "undo", {"operation": uid})
        _, nothing = ask(app, world, agent, "undo", {"operation": "nobody"})
        assert said.replace(uid, "nobody") == nothing
    for path in world.paths:
        if not world.known(agent, path):
            for name in ("list", "handoff", "namespaces", "standards", "sessions", "entity-list", "graph-link"):
                more = {"source": "nobody", "target": "no one"} if name == "graph-link" else {}
                answer, said = ask(app, world, agent, name, {"namespace": path, **more})
                assert answer is None and said.startswith(f"not_found: there is no namespace {path!r} |")
            for name in ("handoff-begin", "remember"):
                assert ask(app, world, agent, name, {"namespace": path, "text": "Hello"})[1].startswith("denied")
            break


def check_counts(app: App, world: World, agent: str, random: Random) -> None:
    """Totals count what is seen, no more and no less."""
    for state in ("active", "held", "superseded"):
        below = random.choice(["", *(path for path in world.paths if world.known(agent, path))])
        wanted = {thing.id for thing in world.seen(agent, "memory", below) if thing.state == state}
        request = {"state": state, "limit": 1000, **({"namespace": below} if below else {})}
        listed, _ = ask(app, world, agent, "list", request)
        assert {memory.id for memory in listed.memories} == wanted
        assert listed.total == len(wanted)
    held = {thing.id for thing in world.seen(agent, "memory") if thing.state != "held" and not thing.late}
    then, _ = ask(app, world, agent, "list", {"as_of": "2026-01-15", "limit": 1000})
    assert {memory.id for memory in then.memories} == held
    assert then.total == len(held)
    tree, _ = ask(app, world, agent, "namespaces", {"depth": random.choice([1, 2, 8])})
    for node in tree.namespaces:
        below = world.seen(agent, "", node.namespace)
        active = [thing for thing in below if thing.kind == "memory" and thing.state == "active"]
        assert (node.below.memories, node.memories) == (len(active), sum(t.path == node.namespace for t in active))
        assert node.below.turns == sum(thing.kind == "turn" for thing in below)
        assert node.below.sessions == node.below.turns
    assert {node.namespace for node in tree.namespaces} <= {path for path in world.paths if world.known(agent, path)}
    assert tree.total.namespaces == sum(world.known(agent, path) for path in world.paths)


def check_standards(app: App, world: World, agent: str, random: Random) -> None:
    known = [path for path in world.paths if world.known(agent, path)]
    if not known:
        return
    node = random.choice(known)
    answer, _ = ask(app, world, agent, "standards", {"namespace": node})
    nearest: dict[str, tuple[int, str]] = {}
    for path, name, thing in world.standards:
        if within(node, path) and world.sees(agent, thing):
            nearest[name] = max(nearest.get(name, (0, "")), (len(path), thing.id))
    assert {each.name: each.memory for each in answer.standards} == {name: uid for name, (_, uid) in nearest.items()}


def check_export(app: App, world: World, agent: str, directory: Path) -> None:
    file = directory / f"{agent}.jsonl"
    app.call("export", {"path": str(file)}, Caller(agent, "mcp"))
    CHECKED["export"] += 1
    text = file.read_text("utf-8")
    told(world, agent, text)
    assert all(thing.id in text for thing in world.seen(agent))
    file.unlink()


def check_writes(app: App, world: World, agent: str, random: Random) -> None:
    """What a new statement meets is only what its author sees, and what is undone only what it sees whole."""
    hidden = [
        thing for thing in world.unseen(agent, "memory") if world.known(agent, thing.path) and thing.state == "active"
    ]
    for thing in random.sample(hidden, min(2, len(hidden))):
        for name in ("check-duplicate", "remember"):
            CHECKED[name] += 1
            try:
                answer: Any = app.call(name, {"text": thing.text, "namespace": thing.path}, Caller(agent, "mcp"))
            except EverloreError as error:
                assert error.code == "denied"
                continue
            assert answer.outcome != "merged"
            assert answer.other not in {each.id for each in world.unseen(agent)}


def check_governing(app: App, world: World, agent: str, random: Random) -> None:
    """Whoever may govern is answered rules, agents and places as far as it may name the nodes, and changes no others."""
    for path in world.paths:
        app.call("policy-set", {"effect": "handoff", "decision": "allow", "who": "role:scribe", "namespace": path})
        app.call("agent-register", {"name": f"at-{path.replace('/', '-')}", "place": path})
    app.call("policy-set", {"effect": "govern", "decision": "allow", "who": f"name:{agent}"})
    rules: Any = app.call("policy", {})
    known = {path for path in world.paths if world.known(agent, path)}
    for rule in random.sample(rules.rules, min(4, len(rules.rules))):
        if rule.namespace is not None and rule.namespace not in known:
            _, said = ask(app, world, agent, "policy-drop", {"id": rule.id})
            assert said.replace(rule.id, "nobody") == ask(app, world, agent, "policy-drop", {"id": "nobody"})[1]
    for path in random.sample(world.paths, min(3, len(world.paths))):
        name = f"at-{path.replace('/', '-')}"
        given = {"effect": "link", "decision": "allow", "who": "role:scribe", "namespace": path}
        answer, _ = ask(app, world, agent, "policy-set", given)
        assert (answer is not None) == (path in known)
        answer, _ = ask(app, world, agent, "agent-retire", {"name": name})
        assert (answer is not None) == (path in known)
        if answer is not None:
            app.call("agent-register", {"name": name, "place": path})
    for name, request in (
        ("policy", {}),
        ("agents", {}),
        ("policy-set", {"effect": "link", "decision": "allow", "who": "role:scribe"}),
        ("agent-register", {"name": "newcomer"}),
        ("agent-retire", {"name": "newcomer"}),
        ("policy-drop", {"id": next(rule.id for rule in rules.rules if rule.namespace is None)}),
    ):
        answer, _ = ask(app, world, agent, name, request)
        rows = answer.rules if hasattr(answer, "rules") else answer.agents
        places = {row.namespace if hasattr(row, "namespace") else row.place for row in rows} - {None}
        assert places <= known
        assert name == "agent-register" or places == known


def _journal(app: App) -> int:
    with app.read() as unit:
        return int(unit.value("count_journal"))


@settings(max_examples=60)
@given(st.integers(0, 1 << 32))
def test_agents_see_and_change_only_what_is_theirs_to_see(seed: int) -> None:
    random = Random(seed)
    with TemporaryDirectory() as directory, open_app(Config(Path(directory) / "home", durability="normal")) as app:
        world = build(app, random)
        for agent in (*NAMES, DRIFTER):
            before = _journal(app)
            for name, request in reads(world, agent, random):
                ask(app, world, agent, name, request)
            check_hidden(app, world, agent, random)
            check_counts(app, world, agent, random)
            check_standards(app, world, agent, random)
            check_export(app, world, agent, Path(directory))
            assert _journal(app) == before
        agent = random.choice([*NAMES, DRIFTER])
        check_writes(app, world, agent, random)
        check_governing(app, world, agent, random)
        with app.read() as unit:
            assert not unit.rows("tally_wrong")


@pytest.mark.parametrize("agent", [DRIFTER])
def test_a_place_is_needed_to_see_less(agent: str) -> None:
    world = World(
        ["harbour"], {agent: None}, [Thing("harbour", 1), Thing("harbour", 2, visibility="private", owner="ada")]
    )
    assert [thing.mark for thing in world.seen(agent)] == [1]
