"""What front ends list: each read shows what there is, in order and in pages, and nothing that its caller may not see."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from clocks import Clock
from everlore.app.app import App
from everlore.app.caller import Caller
from everlore.core.errors import InvalidInput, NotFound

ROBIN = Caller("robin", "mcp")
"""An agent whose place is acme/web."""


def call(app: App, operation: str, /, caller: Caller | None = None, **request: object) -> Any:
    return app.call(operation, request, caller) if caller else app.call(operation, request)


def keep(app: App, text: str, namespace: str, **more: object) -> str:
    return str(call(app, "remember", text=text, namespace=namespace, **more).id)


def talk(app: App, where: Path, namespace: str, session: str = "s", turns: int = 3) -> str:
    """Import a session and return the operation."""
    file = where / f"{session}.jsonl"
    file.write_text(
        "\n".join(
            json.dumps({
                "session": session, "id": f"{session}-{n}", "speaker": "Noor", "role": "user" if n % 2 == 0 else "assistant",
                "time": f"2026-03-0{n % 9 + 1}T09:00:00Z", "text": f"{session} says number {n}",
            })
            for n in range(turns)
        )
    )  # fmt: skip
    return str(call(app, "import", path=str(file), namespace=namespace).operation)


@pytest.fixture
def robin(app: App) -> Caller:
    call(app, "agent-register", name="robin", place="acme/web")
    return ROBIN


def test_projects_come_with_what_lies_in_them_the_latest_first(app: App, clock: Clock, tmp_path: Path) -> None:
    keep(app, "The gate is green", "acme/web/shop")
    clock.advance(seconds=3600)
    keep(app, "The lock is brass", "acme/api")
    clock.advance(seconds=3600)
    keep(app, "The key is small", "personal")
    talk(app, tmp_path, "acme/web")
    call(app, "handoff-begin", namespace="acme/web", text="Paint the gate")
    found = call(app, "projects")
    assert found.total == 3
    by_name = {each.namespace: each for each in found.projects}
    web = by_name["acme/web"]
    assert (web.workspace, web.project, web.memories, web.sessions, web.turns, web.handoffs) == (
        "acme",
        "web",
        1,
        1,
        3,
        1,
    )
    assert (by_name["personal"].workspace, by_name["personal"].project) == ("personal", "")
    assert found.projects[-1].namespace == "acme/api"
    assert [each.namespace for each in call(app, "projects", workspace="acme").projects] == ["acme/web", "acme/api"]
    assert [each.namespace for each in call(app, "projects", limit=1).projects] == [found.projects[0].namespace]
    spaces = {each.workspace: each for each in call(app, "workspaces").workspaces}
    assert (spaces["acme"].projects, spaces["acme"].memories, spaces["acme"].last) == (2, 2, web.last)


def test_a_change_of_an_old_memory_is_activity(app: App, clock: Clock) -> None:
    old = keep(app, "The gate is green", "acme/web")
    clock.advance(seconds=3600)
    keep(app, "The lock is brass", "acme/api")
    clock.advance(seconds=3600)
    call(app, "revise", id=old, text="The gate is blue")
    assert [each.namespace for each in call(app, "projects").projects] == ["acme/web", "acme/api"]


def test_who_has_a_place_is_told_of_no_other_workspace(app: App, robin: Caller) -> None:
    keep(app, "The gate is green", "acme/web")
    keep(app, "The vault is deep", "globex/bank")
    keep(app, "The lock is brass", "acme/api")
    assert [each.namespace for each in call(app, "projects", robin).projects] == ["acme/web"]
    assert [each.workspace for each in call(app, "workspaces", robin).workspaces] == ["acme"]
    with pytest.raises(NotFound):
        call(app, "projects", robin, workspace="globex")
    with pytest.raises(InvalidInput):
        call(app, "projects", workspace="acme/web")


def hooked(app: App, place: Path, event: str, session: str = "s1", **payload: Any) -> None:
    """Have a client tell of its session in acme/web."""
    place.mkdir(exist_ok=True)
    (place / ".everlore.toml").write_text('workspace = "acme"\nproject = "web"\n')
    sent = json.dumps({"session_id": session, "cwd": str(place), **payload})
    app.call("hook", {"client": "codex", "event": event, "payload": sent, "cwd": str(place)})
    app.call("drain", {})


def worked(app: App, where: Path) -> None:
    """Have a session start that is told a rule, ask, run a command and end."""
    place = where / "web"
    hooked(app, place, "SessionStart", source="startup")
    hooked(app, place, "UserPromptSubmit", prompt="Paint the gate green, please", turn_id="p1")
    hooked(
        app, place, "PostToolUse", tool_name="Bash", tool_use_id="c1", tool_input={"command": "make paint"}, tool_response="painted",
    )  # fmt: skip
    hooked(app, place, "Stop", last_assistant_message="The gate is green now", turn_id="p1")
    app.uses.flush(app.store)


def test_a_session_is_shown_with_what_it_did_was_told_and_taught(app: App, clock: Clock, tmp_path: Path) -> None:
    rule = keep(app, "Always prime a gate before painting it", "acme/web", kind="convention", layer=0, title="Priming")
    clock.advance(seconds=60)
    worked(app, tmp_path)
    first = call(app, "session", id="s1")
    said = {turn.event: turn for turn in first.turns}
    assert said["prompt"].text == "Paint the gate green, please"
    tool = next(turn for turn in first.turns if turn.role == "tool" and turn.detail.get("command") == "make paint")
    assert tool.detail["tool"] == "Bash"
    (told,) = [each for each in first.told if each.items]
    assert (told.items[0].id, told.items[0].title, told.after) == (rule, "Priming", -1)
    assert told.tokens > 0
    learnt = keep(app, "The gate is green", "acme/web", source=said["prompt"].id)
    clock.advance(seconds=60)
    call(app, "revise", id=learnt, text="The gate is dark green")
    shown = call(app, "session", id=first.session.id)
    assert [(each.id, each.text, each.turn) for each in shown.learnt] == [
        (learnt, "The gate is dark green", said["prompt"].id)
    ]
    assert shown.handoff is None
    offered = call(app, "handoff-begin", namespace="acme/web").handoff.id
    assert call(app, "session", id="s1").handoff.id == offered


def test_a_session_comes_in_pages_and_by_either_id(app: App, tmp_path: Path) -> None:
    talk(app, tmp_path, "acme/web", "long", 5)
    first = call(app, "session", id="long", limit=2)
    assert ([turn.position for turn in first.turns], first.next, first.session.turns) == ([0, 1], 1, 5)
    rest = call(app, "session", id=first.session.id, after=first.next)
    assert ([turn.position for turn in rest.turns], rest.next) == ([2, 3, 4], None)
    with pytest.raises(NotFound):
        call(app, "session", id="nothing")


def test_a_session_elsewhere_is_not_there_for_who_has_a_place(app: App, robin: Caller, tmp_path: Path) -> None:
    talk(app, tmp_path, "globex/bank", "theirs")
    talk(app, tmp_path, "acme/web", "ours")
    source = call(app, "session", id="ours").turns[0].id
    keep(app, "The vault is deep", "globex/bank", source=source)
    shown = call(app, "session", robin, id="ours")
    assert (len(shown.turns), shown.learnt) == (3, [])
    assert len(call(app, "session", id="ours").learnt) == 1
    with pytest.raises(NotFound):
        call(app, "session", robin, id="theirs")


def test_what_was_purged_is_in_no_session(app: App, tmp_path: Path) -> None:
    rule = keep(app, "Always prime a gate before painting it", "acme/web", kind="convention", layer=0)
    worked(app, tmp_path)
    turn = call(app, "session", id="s1").turns[0]
    keep(app, "The gate is green", "acme/web", source=turn.id)
    call(app, "policy-set", effect="purge", decision="allow", who="origin:person")
    call(app, "purge", ids=[rule])
    call(app, "purge-session", session="s1", with_memories=True)
    shown = call(app, "session", id="s1")
    assert {turn.text for turn in shown.turns} <= {""}
    assert (shown.learnt, shown.told, shown.page) == ([], [], None)


def test_the_journal_is_read_from_its_end_and_by_what_was_done_where_and_to_what(app: App, clock: Clock) -> None:
    gate = keep(app, "The gate is green", "acme/web")
    clock.advance(days=1)
    keep(app, "The lock is brass", "acme/api")
    done = call(app, "revise", id=gate, text="The gate is blue", reason="it was painted").operation
    first = call(app, "journal", limit=1)
    (entry,) = first.entries
    assert (entry.id, entry.operation, entry.namespace, entry.reason) == (done, "revise", "acme/web", "it was painted")
    assert (entry.ids[0], entry.changes, entry.undoable, entry.undone_by) == (
        gate,
        sum(entry.touched.values()),
        True,
        None,
    )
    assert (first.length, len(first.head)) == (3, 64)
    rest = call(app, "journal", before=first.next)
    assert ([each.operation for each in rest.entries], rest.next) == (["remember", "remember"], None)

    def operations(**asked: object) -> list[str]:
        return [each.operation for each in call(app, "journal", **asked).entries]

    assert operations(namespace="acme/web") == ["revise", "remember"]
    assert operations(namespace="acme") == ["revise", "remember", "remember"]
    assert operations(id=gate) == ["revise", "remember"]
    assert operations(operation="remember") == ["remember", "remember"]
    assert operations(since="2026-03-03") == ["revise", "remember"]
    assert operations(until="2026-03-02") == ["remember"]
    assert operations(actor="nobody") == []
    undo = call(app, "undo", operation=done).operation
    undone = {each.id: each for each in call(app, "journal", id=gate).entries}
    assert (undone[done].undone_by, undone[done].undoable, undone[undo].undoable) == (undo, False, True)


def test_the_journal_tells_of_what_is_seen_alone_and_of_no_text(app: App, robin: Caller) -> None:
    keep(app, "The vault is deep", "globex/bank", reason="they dig")
    gate = keep(app, "The gate is green", "acme/web")
    shown = call(app, "journal", robin)
    assert {uid for each in shown.entries for uid in each.ids} == {gate}
    assert (shown.length, shown.head) == (None, None)
    assert "green" not in str(call(app, "journal"))
    with pytest.raises(NotFound):
        call(app, "journal", robin, namespace="globex")


def test_what_was_purged_cannot_be_undone(app: App) -> None:
    gate = keep(app, "The gate is green", "acme/web")
    call(app, "policy-set", effect="purge", decision="allow", who="origin:person")
    call(app, "purge", ids=[gate])
    assert {each.undoable for each in call(app, "journal", id=gate).entries} == {False}


def titles(app: App, caller: Caller | None = None, **asked: object) -> list[str]:
    return [each.name for each in call(app, "pages", caller, **asked).pages]


@pytest.fixture(params=["few", "many"])
def many(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have memories count as few, or as many, which are read in another way."""
    if request.param == "many":
        monkeypatch.setattr("everlore.app.browsing.titles._FEW", 0)


@pytest.mark.usefixtures("many")
def test_titles_come_in_order_in_pages_and_by_what_is_asked(app: App, clock: Clock) -> None:
    zinc = keep(app, "The roof is covered with metal", "acme/web", title="Zinc", kind="decision", tags=["roof"])
    clock.advance(days=1)
    keep(app, "The gate is green and made of oak", "acme/web/shop", title="alder")
    keep(app, "Always prime a gate before painting it", "acme/api", kind="convention", layer=0, tier="mid", pinned=True)
    assert titles(app) == ["Always prime a gate before painting it", "alder", "Zinc"]
    clock.advance(days=1)
    call(app, "revise", id=zinc, text="The roof is covered with zinc")
    first = call(app, "pages", limit=2)
    assert ([each.name for each in first.pages], first.total) == (["Zinc", "Always prime a gate before painting it"], 3)
    assert (first.pages[0].titled, first.pages[1].titled) == (True, False)
    assert first.pages[0].updated > first.pages[1].updated
    assert titles(app, before=first.next) == ["alder"]
    ordered = call(app, "pages", order="title", limit=2)
    assert [each.name for each in ordered.pages] == ["alder", "Always prime a gate before painting it"]
    assert titles(app, order="title", before=ordered.next) == ["Zinc"]
    assert titles(app, namespace="acme/web", order="title") == ["alder", "Zinc"]
    assert titles(app, kind="decision") == titles(app, tag="roof") == ["Zinc"]
    assert titles(app, layer=0) == titles(app, tier="mid") == titles(app, pinned=True)
    assert call(app, "pages", pinned=False).total == 2
    call(app, "forget", id=zinc)
    assert (titles(app, state="archived"), call(app, "pages").total) == (["Zinc"], 2)
    with pytest.raises(NotFound):
        call(app, "pages", before="nothing")


@pytest.mark.usefixtures("many")
def test_titles_of_what_is_not_seen_are_not_told_nor_counted(app: App, robin: Caller) -> None:
    vault = keep(app, "The vault is deep", "globex/bank", title="Vault")
    keep(app, "The gate is green", "acme/web", title="Gate")
    keep(app, "The key is under the mat", "acme/web", title="Mine", visibility="private")
    for order in ("updated", "title"):
        assert titles(app, robin, order=order) == ["Gate"]
    assert call(app, "pages", robin).total == 1
    with pytest.raises(NotFound):
        call(app, "pages", robin, before=vault)


@pytest.mark.usefixtures("many")
def test_no_title_is_left_of_what_was_purged(app: App) -> None:
    gate = keep(app, "The gate is green", "acme/web", title="Gate")
    call(app, "policy-set", effect="purge", decision="allow", who="origin:person")
    call(app, "purge", ids=[gate])
    assert titles(app) == []
    assert set(titles(app, state="purged")) == {""}


def link(app: App, source: str, target: str, **more: object) -> str:
    return str(call(app, "graph-link", source=source, target=target, **more).links[0].id)


def drawn(app: App, caller: Caller | None = None, **asked: object) -> tuple[dict[str, int], set[tuple[str, str]]]:
    """Return the names of the nodes that are drawn with their degrees, and the pairs that are linked."""
    answer = call(app, "graph", caller, **asked)
    names = {node.id: node.name for node in answer.nodes}
    pairs = {(names[edge.source], names[edge.target]) for edge in answer.edges}
    return {node.name: node.degree for node in answer.nodes}, pairs


@pytest.fixture
def linked(app: App) -> dict[str, str]:
    """A gate that two things are linked with, and a chain of one more behind one of them."""
    names = {"Gate": "acme/web", "Lock": "acme/web", "Key": "acme/api", "Ring": "acme/api"}
    made = {name: keep(app, f"The {name} is number {len(name)}{name}", at, title=name) for name, at in names.items()}
    link(app, made["Gate"], made["Lock"], weight=0.9)
    link(app, made["Key"], made["Gate"], kind="supports", weight=0.5, valid_from="2025-01-01", valid_until="2025-06-01")
    link(app, made["Gate"], made["Key"], kind="depends_on", weight=0.4, valid_from="2026-01-01")
    link(app, made["Key"], made["Ring"], weight=0.8)
    return made


def test_the_best_linked_are_drawn_first_with_the_links_among_them(app: App, linked: dict[str, str]) -> None:
    degrees, pairs = drawn(app)
    assert degrees == {"Gate": 2, "Key": 2, "Lock": 1, "Ring": 1}
    assert pairs == {("Gate", "Lock"), ("Gate", "Key"), ("Key", "Ring")}
    two = call(app, "graph", limit=2)
    assert ({node.name for node in two.nodes}, len(two.edges), two.total, two.truncated) == (
        {"Gate", "Key"},
        1,
        4,
        True,
    )
    whole = call(app, "graph")
    assert (whole.total, whole.truncated) == (4, False)
    assert (whole.span.earliest, whole.span.latest[:10]) == ("2025-01-01T00:00:00Z", "2026-03-02")
    assert drawn(app, namespace="acme/web") == ({"Gate": 2, "Lock": 1}, {("Gate", "Lock")})
    assert drawn(app, min_weight=0.85) == ({"Gate": 1, "Lock": 1}, {("Gate", "Lock")})
    assert drawn(app, kinds=["depends_on"]) == ({"Gate": 1, "Key": 1}, {("Gate", "Key")})
    assert drawn(app, node_kinds=["entity"]) == ({}, set())


def test_what_lies_around_a_node_is_drawn_as_it_was_at_a_moment(app: App, linked: dict[str, str]) -> None:
    assert drawn(app, id=linked["Lock"], depth=1)[0].keys() == {"Lock", "Gate"}
    assert drawn(app, id=linked["Lock"], depth=2)[0].keys() == {"Lock", "Gate", "Key"}
    assert drawn(app, id=linked["Lock"], depth=3)[0].keys() == {"Lock", "Gate", "Key", "Ring"}
    assert call(app, "graph", id=linked["Lock"], depth=3, limit=2).truncated
    then = drawn(app, as_of="2025-03-01")
    assert then == ({"Key": 1, "Gate": 1}, {("Key", "Gate")})
    both = call(app, "graph", id=linked["Gate"], depth=1, include_ended=True)
    assert sorted(edge.kind for edge in both.edges if edge.target in {linked["Gate"], linked["Key"]}) == [
        "depends_on",
        "supports",
    ]
    assert drawn(app, recorded_as_of="2026-03-01")[0] == {}


def test_a_merged_entity_is_drawn_as_what_it_was_found_to_be(app: App, linked: dict[str, str]) -> None:
    one, two = (
        call(app, "entity-add", name=name, namespace="acme").entity.id for name in ("Smith & Sons", "Smith Ltd")
    )
    link(app, linked["Gate"], one)
    link(app, linked["Lock"], two)
    call(app, "entity-merge", id=one, into=two)
    degrees, pairs = drawn(app)
    assert degrees["Smith Ltd"] == 2
    assert "Smith & Sons" not in degrees
    assert {("Gate", "Smith Ltd"), ("Lock", "Smith Ltd")} < pairs


def test_nothing_out_of_sight_is_drawn(app: App, robin: Caller, linked: dict[str, str]) -> None:
    vault = keep(app, "The vault is deep", "globex/bank", title="Vault")
    link(app, linked["Gate"], vault)
    answer = call(app, "graph", robin)
    assert {node.name: node.degree for node in answer.nodes} == {"Gate": 1, "Lock": 1}
    assert answer.total is None
    assert drawn(app, robin, id=linked["Gate"], depth=3)[0].keys() == {"Gate", "Lock"}
    with pytest.raises(NotFound):
        call(app, "graph", robin, id=vault)
    call(app, "policy-set", effect="purge", decision="allow", who="origin:person")
    call(app, "purge", ids=[linked["Lock"]])
    assert "Lock" not in drawn(app)[0]


def test_an_overview_has_the_handoff_the_briefing_and_what_is_wrong(app: App, clock: Clock) -> None:
    clock.advance(days=-400)
    old = keep(app, "The gate is green", "acme/web", title="Gate", valid_until="2025-06-01")
    one, two = (keep(app, f"The {name}", "acme/web", title=name) for name in ("lock is brass", "bolt rusts in rain"))
    link(app, one, two, kind="contradicts")
    keep(app, "The mast is tall and white", "acme/web", pinned=True)
    clock.advance(days=400)
    keep(app, "The key is small", "acme/web")
    keep(app, "The roof is flat", "acme/api")
    call(app, "feedback", id=old, verdict="wrong")
    offered = call(app, "handoff-begin", namespace="acme/web", text="Paint the gate").handoff.id
    shown = call(app, "overview", namespace="acme/web", limit=1)
    assert (shown.namespace, shown.handoff.id) == ("acme/web", offered)
    assert "The key is small" in shown.briefing.text
    health = shown.health
    assert health.counts == {"contradictions": 1, "drifted": 0, "ended": 1, "stale": 3, "orphans": 1}
    assert {sort: [each.id for each in some] for sort, some in health.found.items()}["ended"] == [old]
    assert (health.found["contradictions"][0].id, health.found["contradictions"][0].other) == (one, two)
    assert len(health.found["stale"]) == 1
    assert (health.memories, health.read) == (5, 5)
    assert health.proposals == {"archive": 1}
    whole = call(app, "overview")
    assert (whole.namespace, whole.handoff, whole.briefing, whole.health.memories) == (None, None, None, 6)
    assert whole.health.counts == health.counts
    with pytest.raises(NotFound):
        call(app, "overview", namespace="nowhere")


def test_an_overview_is_not_counted_as_told(app: App) -> None:
    keep(app, "The gate is green", "acme/web")
    call(app, "overview", namespace="acme/web")
    app.uses.flush(app.store)
    assert call(app, "stats-logs").entries == []


def test_an_overview_counts_only_what_is_seen(app: App, robin: Caller, clock: Clock) -> None:
    clock.advance(days=-400)
    keep(app, "The vault is deep", "globex/bank")
    keep(app, "The gate is green", "acme/web")
    clock.advance(days=400)
    assert call(app, "overview", robin).health.counts["stale"] == 1
    assert call(app, "overview", robin).health.memories == 1
    with pytest.raises(NotFound):
        call(app, "overview", robin, namespace="globex")


def test_sessions_handoffs_and_proposals_come_in_pages(app: App, clock: Clock, robin: Caller, tmp_path: Path) -> None:
    for number in range(3):
        talk(app, tmp_path, "acme/web", f"s{number}", 3)  # all end in one instant
        call(app, "handoff-begin", namespace="acme/web", text=f"Paint gate {number}")
        call(app, "feedback", id=keep(app, f"The gate {number} is green{number}", "acme/web"), verdict="wrong")

    def paged(operation: str, what: str) -> list[str]:
        first = call(app, operation, limit=2)
        rest = call(app, operation, limit=2, before=first.next)
        assert rest.next is None
        assert call(app, operation).next is None
        return [each.id for page in (first, rest) for each in getattr(page, what)]

    for operation, what in (("sessions", "sessions"), ("handoff-list", "handoffs"), ("review", "proposals")):
        assert paged(operation, what) == [each.id for each in getattr(call(app, operation), what)]
        assert len(paged(operation, what)) == 3
    then = call(app, "handoff-list", as_of="now", limit=2)
    assert len(call(app, "handoff-list", as_of="now", before=then.next).handoffs) == 1
    keep(app, "The vault is deep", "globex/bank")
    theirs = call(app, "handoff-begin", namespace="globex/bank", text="Dig").handoff.id
    with pytest.raises(NotFound):
        call(app, "handoff-list", robin, before=theirs)
    with pytest.raises(NotFound):
        call(app, "review", before="nothing")


def test_a_timeline_is_of_an_entity_or_of_one_sort(app: App, robin: Caller) -> None:
    gate = keep(app, "The gate is green", "acme/web")
    keep(app, "The lock is brass", "acme/web")
    vault = keep(app, "The vault is deep", "globex/bank")
    smith = call(app, "entity-add", name="Smith", namespace="acme/web").entity.id
    for each in (gate, vault):
        link(app, each, smith)
    assert {event.id for event in call(app, "timeline", entity="Smith").events} == {gate, vault}
    assert {event.id for event in call(app, "timeline", robin, entity=smith).events} == {gate}
    assert {event.kind for event in call(app, "timeline", what="done").events} == {"operation"}
    assert "operation" not in {event.kind for event in call(app, "timeline", what="true").events}
    with pytest.raises(NotFound, match="nobody"):
        call(app, "timeline", entity="nobody")


def test_growth_counts_each_week_from_the_first_with_something_on(app: App, clock: Clock) -> None:
    call(app, "remember", text="The crane lifts four tonnes.", namespace="acme/web")
    clock.advance(days=15)
    call(app, "remember", text="The ferry leaves at nine sharp.", namespace="acme/web")
    call(app, "remember", text="The harbour master is called Solveig.", namespace="acme/other")
    weeks = call(app, "growth", namespace="acme/web").weeks
    assert weeks[0].memories == 1 and weeks[-1].memories == 1 and len(weeks) in (3, 4)
    assert sum(week.memories for week in call(app, "growth").weeks) == 3


def test_a_list_is_narrowed_and_put_in_order_of_revisions(app: App, clock: Clock) -> None:
    old = keep(app, "The gate is green", "acme/web", layer=0, tier="mid", pinned=True)
    new = keep(app, "The lock is brass", "acme/web")
    clock.advance(days=1)
    call(app, "revise", id=old, text="The gate is blue")

    def listed(**asked: object) -> list[str]:
        return [memory.id for memory in call(app, "list", **asked).memories]

    assert (listed(), listed(order="updated")) == ([new, old], [old, new])
    first = call(app, "list", order="updated", limit=1)
    assert (first.total, first.memories[0].text) == (2, "The gate is blue")
    assert listed(order="updated", before=first.next) == [new]
    for order in ("made", "updated"):
        for asked in ({"layer": 0}, {"tier": "mid"}, {"pinned": True}):
            assert listed(order=order, **asked) == [old]
        assert listed(order=order, pinned=False) == [new]
    assert listed(as_of="now", layer=0) == [old]
    with pytest.raises(InvalidInput, match="order"):
        call(app, "list", as_of="now", order="updated")
