"""The tree: counts, moving and renaming, standards that are handed down, and recall that prefers what is near."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Clock

from everlore.app.app import App
from everlore.app.caller import Caller
from everlore.app.telling.block import Block
from everlore.app.telling.start import at_start
from everlore.core import ids
from everlore.core.errors import Conflict, Denied, InvalidInput, NotFound
from everlore.memory import life
from everlore.memory.changes import Changes
from everlore.store import namespaces
from everlore.store.sight import EVERYTHING, Sight


def call(app: App, operation: str, /, **request: object) -> Any:
    return app.call(operation, request)


def keep(app: App, text: str, namespace: str, **more: object) -> str:
    return str(call(app, "remember", text=text, namespace=namespace, **more).id)


def paths(app: App, **request: object) -> dict[str, tuple[int, int]]:
    """Return of each node how many memories are there, and with all below."""
    return {n.namespace: (n.memories, n.below.memories) for n in call(app, "namespaces", **request).namespaces}


def test_the_tree_tells_what_lies_at_a_node_and_below_it(app: App, tmp_path: Path) -> None:
    keep(app, "The gate is green", "acme/web/shop")
    keep(app, "The lock is brass", "acme/web")
    keep(app, "The key is small", "acme-two")
    file = tmp_path / "talk.jsonl"
    file.write_text(json.dumps({"session": "s", "id": "1", "speaker": "Noor", "role": "user", "text": "Hello there"}))
    imported = call(app, "import", path=str(file), namespace="acme/web")
    tree = call(app, "namespaces")
    assert [n.namespace for n in tree.namespaces] == ["acme", "acme/web", "acme/web/shop", "acme-two"]
    assert (tree.total.namespaces, tree.total.memories, tree.total.sessions, tree.total.turns) == (4, 3, 1, 1)
    assert paths(app) == {"acme": (0, 2), "acme/web": (1, 2), "acme/web/shop": (1, 1), "acme-two": (1, 1)}
    assert paths(app, depth=1) == {"acme": (0, 2), "acme-two": (1, 1)}
    assert paths(app, namespace="acme/web", depth=1) == {"acme/web": (1, 2)}
    call(app, "undo", operation=imported.operation)
    assert call(app, "namespaces").total.turns == 0
    call(app, "forget", id=call(app, "list", namespace="acme-two").memories[0].id)
    assert paths(app, namespace="acme-two") == {"acme-two": (0, 0)}
    assert call(app, "verify").ok


def test_counts_are_mended_by_a_rebuild(app: App) -> None:
    keep(app, "The gate is green", "acme/web")
    with app.write() as unit:
        unit.run("tally_clear")
    assert [problem.what for problem in call(app, "verify").problems] == ["tally"]
    call(app, "rebuild")
    assert call(app, "verify").ok
    assert paths(app) == {"acme": (0, 1), "acme/web": (1, 1)}


def test_a_node_is_renamed_with_all_below_it_and_back(app: App) -> None:
    uid = keep(app, "The gate is green and tall", "acme/web/shop")
    before = {n.namespace: n.id for n in call(app, "namespaces").namespaces}
    moved = call(app, "namespace-move", namespace="acme/web", to="Acme/Front", reason="they call it so")
    assert (moved.before, moved.namespace, moved.namespaces) == ("acme/web", "Acme/Front", 2)
    after = {n.namespace: n.id for n in call(app, "namespaces").namespaces}
    assert after == {
        "acme": before["acme"],
        "Acme/Front": before["acme/web"],
        "Acme/Front/shop": before["acme/web/shop"],
    }
    assert call(app, "get", id=uid).memory.namespace == "Acme/Front/shop"
    assert [i.id for i in call(app, "recall", query="gate", namespace="acme/front").items] == [uid]
    assert call(app, "verify").ok
    with pytest.raises(NotFound, match="there is no namespace 'acme/web'"):
        call(app, "list", namespace="acme/web")
    call(app, "undo", operation=moved.operation)
    assert {n.namespace: n.id for n in call(app, "namespaces").namespaces} == before
    assert [i.id for i in call(app, "recall", query="gate", namespace="acme/web").items] == [uid]
    assert call(app, "verify").ok


def test_a_node_moves_to_another_branch(app: App) -> None:
    uid = keep(app, "The gate is green and tall", "acme/web")
    keep(app, "The quarry opens at nine", "bolt/ops")
    call(app, "namespace-move", namespace="acme/web", to="bolt/sites/web")
    assert paths(app)["bolt"] == (0, 2)
    assert [i.id for i in call(app, "recall", query="gate", namespace="bolt").items] == [uid]
    assert call(app, "recall", query="gate", namespace="acme").withheld
    call(app, "namespace-move", namespace="bolt/sites/web", to="BOLT/sites/WEB")
    assert "BOLT/sites/WEB" in paths(app)
    assert call(app, "verify").ok


def test_a_move_that_cannot_be_says_what_to_do(app: App) -> None:
    keep(app, "The gate is green", "a/b/c/d")
    keep(app, "The lock is brass", "taken")
    for to, error, said in (
        ("1/2/3/4/5/6/7", InvalidInput, "deeper than 8 levels"),
        ("1/2/3/4/5/6/7/8/9", InvalidInput, "deeper than 8 levels"),
        ("taken", Conflict, "there is a namespace taken already"),
        ("a/b/x", InvalidInput, "below a/b itself"),
        ("a/b", Conflict, "lies there already"),
        ("a/..", InvalidInput, "not a namespace segment"),
    ):
        with pytest.raises(error, match=said) as raised:
            call(app, "namespace-move", namespace="a/b", to=to)
        assert raised.value.field == "to"
        assert raised.value.hint
    assert call(app, "verify").ok


def test_a_move_is_not_undone_where_its_place_is_gone(app: App) -> None:
    keep(app, "The gate is green", "acme/web")
    first = call(app, "namespace-move", namespace="acme/web", to="bolt/web")
    call(app, "namespace-move", namespace="acme", to="old")
    with pytest.raises(Conflict, match="no namespace acme any more"):
        call(app, "undo", operation=first.operation)
    assert call(app, "verify").ok


def test_agents_do_not_govern_the_tree(app: App) -> None:
    uid = keep(app, "Use tabs", "acme/web")
    agent = Caller("codex", "mcp")
    for name, request in (
        ("namespace-move", {"namespace": "acme/web", "to": "acme/front"}),
        ("standard-set", {"name": "style", "id": uid, "namespace": "acme"}),
    ):
        with pytest.raises(Denied):
            app.call(name, request, agent)
    assert "acme/web" in paths(app)


def standards(app: App, namespace: str) -> dict[str, tuple[str, str, bool]]:
    found = call(app, "standards", namespace=namespace).standards
    return {each.name: (each.memory, each.namespace, each.inherited) for each in found}


def test_standards_are_inherited_and_the_nearest_wins(app: App) -> None:
    tabs, spaces = keep(app, "Indent with tabs", "acme"), keep(app, "Indent with four spaces", "acme/web")
    tests = keep(app, "Every change comes with a test", "acme")
    call(app, "standard-set", name="style", id=tabs, namespace="acme")
    call(app, "standard-set", name="tests", id=tests, namespace="acme")
    near = call(app, "standard-set", name="Style", id=spaces, namespace="acme/web")
    call(app, "remember", text="Something", namespace="acme/web/shop")
    assert standards(app, "acme/web/shop") == {"Style": (spaces, "acme/web", True), "tests": (tests, "acme", True)}
    assert standards(app, "acme") == {"style": (tabs, "acme", False), "tests": (tests, "acme", False)}
    call(app, "forget", id=spaces)  # one that holds no more gives way to the next
    assert standards(app, "acme/web")["style"] == (tabs, "acme", True)
    call(app, "restore", id=spaces)
    call(app, "undo", operation=near.operation)
    assert standards(app, "acme/web")["style"] == (tabs, "acme", True)


def test_a_standard_is_replaced_dropped_and_brought_back(app: App) -> None:
    tabs, spaces = keep(app, "Indent with tabs", "acme"), keep(app, "Indent with four spaces", "acme")
    call(app, "standard-set", name="style", id=tabs, namespace="acme")
    assert call(app, "standard-set", name="style", id=tabs, namespace="acme").operation is None
    replaced = call(app, "standard-set", name="style", id=spaces, namespace="acme")
    assert replaced.replaced == tabs
    call(app, "undo", operation=replaced.operation)
    assert standards(app, "acme") == {"style": (tabs, "acme", False)}
    dropped = call(app, "standard-drop", name="STYLE", namespace="acme")
    assert standards(app, "acme") == {}
    call(app, "standard-set", name="style", id=spaces, namespace="acme")
    with pytest.raises(Conflict, match="another standard 'style'"):
        call(app, "undo", operation=dropped.operation)
    keep(app, "Something", "acme/web")
    with pytest.raises(NotFound, match="no standard 'style' is attached to acme/web") as raised:
        call(app, "standard-drop", name="style", namespace="acme/web")
    assert "comes from acme" in raised.value.hint
    call(app, "forget", id=tabs)
    with pytest.raises(Conflict, match="is archived"):
        call(app, "standard-set", name="other", id=tabs, namespace="acme")


def test_standards_survive_an_export(app: App, tmp_path: Path) -> None:
    from everlore.app.open import open_app
    from everlore.core.config import Config

    uid = keep(app, "Indent with tabs", "acme/web")
    call(app, "standard-set", name="style", id=uid, namespace="acme")
    call(app, "export", path=str(tmp_path / "all.jsonl"))
    with open_app(Config(tmp_path / "other", durability="normal")) as other:
        call(other, "import", path=str(tmp_path / "all.jsonl"))
        assert standards(other, "acme/web") == {"style": (uid, "acme", True)}


def start(app: App, path: str, seen: Sight = EVERYTHING, budget: int = 1500) -> Block:
    with app.read() as unit:
        return at_start(unit, namespaces.require(unit, path), None, app.clock(), seen=seen, budget=budget)


def test_a_standard_holds_until_its_end_unless_it_is_pinned(app: App, clock: Clock) -> None:
    for name, more in (("ends", {}), ("stays", {"pinned": True})):
        kept = app.call("remember", {"text": f"It {name} as told", "namespace": "acme", "ttl": 60, **more})
        app.call("standard-set", {"name": name, "id": kept.id, "namespace": "acme"})
    clock.advance(seconds=120)
    assert [each.name for each in app.call("standards", {"namespace": "acme"}).standards] == ["stays"]


def test_standards_are_told_first_and_once(app: App) -> None:
    rule = keep(app, "Never push on Fridays", "acme", kind="convention", layer=0)
    style = keep(app, "Indent with tabs", "acme", kind="convention", layer=0)
    call(app, "standard-set", name="style", id=style, namespace="acme")
    call(app, "standard-set", name="form", id=style, namespace="acme")
    keep(app, "Something else", "acme/web")
    block = start(app, "acme/web")
    text = block.render("acme/web", app.clock()) or ""
    assert text.index("Standards:") < text.index("Indent with tabs") < text.index("Rules and conventions:")
    assert text.count("Indent with tabs") == 1
    assert [item.item for item in block.items[:2]] == [style, rule]
    assert start(app, "acme/web", budget=10).items == []


def test_standards_are_told_only_to_who_sees_them(app: App, clock: Clock) -> None:
    with app.write() as unit:
        node = namespaces.ensure(unit, "acme/web", clock())
        changes = Changes(unit, clock())
        secret = life.create(changes, life.Draft("Ada indents by two", visibility="private"), node, "ada").uid
        changes.finish(actor="ada", operation="remember", namespace="acme/web", reason=None)
    call(app, "standard-set", name="style", id=secret, namespace="acme/web")
    assert secret in {item.item for item in start(app, "acme/web", Sight("ada")).items}
    assert secret not in {item.item for item in start(app, "acme/web", Sight("bert")).items}


def test_what_is_near_comes_first_among_equals_and_nothing_is_lost(app: App) -> None:
    far = keep(app, "The harbour gate opens at seven", "acme")
    deep = keep(app, "The harbour gate opens at seven for the small boats", "acme/web/shop/till")
    near = keep(app, "The harbour gate opens at eight", "acme/web")
    keep(app, "The harbour gate opens at nine", "acme/api")
    found = [i.id for i in call(app, "recall", query="when does the harbour gate open", namespace="acme/web").items]
    assert found[0] == near
    assert set(found) == {near, far, deep}
    above = [i.id for i in call(app, "recall", query="when does the harbour gate open", namespace="acme").items]
    assert above[0] == far
    why = call(app, "recall", query="harbour gate", namespace="acme/web", explain=True).items
    assert {i.id: i.why["distance"] < 0 for i in why if "distance" in i.why} == {far: True, deep: True}


def test_a_private_statement_takes_nothing_from_others(app: App, clock: Clock) -> None:
    shared = keep(app, "Redis listens on port 6380", "acme/web")
    with app.write() as unit:
        node = namespaces.require(unit, "acme/web")
        for text, outcome in (("Redis listens on port 6390", "kept"), ("Redis listens on port 6380", "merged")):
            changes = Changes(unit, clock())
            admission, _ = life.admit(changes, life.Draft(text, visibility="private"), node, "ada", seen=Sight("ada"))
            assert admission.outcome == outcome
            if changes.noted:
                changes.finish(actor="ada", operation="remember", namespace="acme/web", reason=None)
    assert call(app, "get", id=shared).memory.state == "active"
    assert keep(app, "Redis listens on port 6390", "acme/web") != shared  # not merged into the private one


def test_an_agent_outside_imports_nothing_into_the_inside(app: App, tmp_path: Path) -> None:
    keep(app, "The gate is green", "acme/web")
    call(app, "export", path=str(tmp_path / "all.jsonl"))
    with app.write() as unit:
        place = namespaces.ensure(unit, "bolt/ops", 1)
        unit.run(
            "agent_insert", uid=ids.fresh(1), name="bert", origin="agent", role=None, place=place.id, recorded=1, recorded_until=None
        )  # fmt: skip
    text = (tmp_path / "all.jsonl").read_text().replace("acme", "corp")
    (tmp_path / "other.jsonl").write_text(text)
    with pytest.raises(Denied):
        app.call("import", {"path": str(tmp_path / "other.jsonl")}, Caller("bert", "mcp"))
    assert "corp" not in paths(app)
