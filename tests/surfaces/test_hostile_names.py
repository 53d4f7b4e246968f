"""Names are claimed, not proven; but none makes an agent a person, speaks in another line, or locks the person out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from commanding import Lore
from everlore.app.app import App
from everlore.app.authority import called, identify
from everlore.app.caller import Caller
from everlore.app.open import open_app
from everlore.core.config import load
from everlore.core.errors import Denied, EverloreError, InvalidInput
from everlore.surfaces.http.serve import Server
from serving import TYPE, ask, post, serving

PERSON = Caller("person", "cli")
LIKE_PERSON = [
    "person", "Person", "PERSON", " person ", "person\n", "per\0son", "\uff50\uff45\uff52\uff53\uff4f\uff4e", "p\u0435rson", "person\u200b",
    "\u202eperson", "demo", "doctor", "Doctor", "person, approved by anna",
]  # fmt: skip
ODD = [
    *(
        "",
        " ",
        "\0",
        "a\0b",
        "line\nbreak",
        "tab\there",
        "\x1b[31mred",
        "x" * 79,
        "x" * 80,
        "x" * 5000,
        "ß",
        "a:b",
        "日本",
    ),
    *("'; DROP TABLE agent; --", "name:robin"),
]


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    with open_app(load(tmp_path / "home", environ={})) as app:
        yield app


def code(app: App, name: str, request: dict[str, Any], caller: Caller) -> str:
    try:
        app.call(name, request, caller)
    except EverloreError as error:
        return error.code
    return "done"


@pytest.mark.parametrize("name", LIKE_PERSON)
def test_a_client_of_agents_is_an_agent_whatever_it_calls_itself(app: App, name: str) -> None:
    secret = app.call("remember", {"text": "A word of my own", "visibility": "private"}, PERSON).id
    app.call("policy-set", {"effect": "purge", "decision": "allow", "who": "name:person"}, PERSON)
    client = Caller(name, "mcp")
    with app.read() as unit:
        assert identify(unit, Caller(called(client), "mcp")).requester.origin == "agent"
    assert code(app, "get", {"id": secret}, client) == "not_found", "what is private to the person is not its own"
    assert app.call("recall", {"query": "a word of my own"}, client).items == []
    own = app.call("remember", {"text": "Something shared"}, client).id
    assert code(app, "purge", {"ids": [own]}, client) == "awaiting_approval", (
        "a rule that names the person is not about it"
    )
    assert code(app, "policy-set", {"effect": "any", "decision": "allow"}, client) == "denied"
    proposal = app.call("review", {}, PERSON).proposals[0].id
    assert code(app, "review-approve", {"ids": [proposal]}, Caller(name, "hooks")) in {"denied", "not_found"}
    assert code(app, "review-approve", {"ids": [proposal]}, PERSON) == "done", "it was not the person who asked"


@pytest.mark.parametrize("name", [*ODD, *LIKE_PERSON])
def test_a_name_is_one_short_line_everywhere(app: App, name: str) -> None:
    for surface in ("mcp", "cli", "http"):
        app.call(
            "remember", {"text": f"Said by one over {surface} of letters {abs(hash(name))}"}, Caller(name, surface)
        )
    with app.read() as unit:
        actors = [row[4] for row in unit.rows("journal_all")]
        owners = [row[15] for row in unit.rows("memories_all")]
    assert len(actors) == 3
    for shown in (*actors, *owners):
        assert shown.isprintable(), shown
        assert 0 < len(shown) <= 90, shown
        assert ", approved by" not in shown, "who approved is said by us alone"
    assert app.call("verify", {}).ok


@pytest.mark.parametrize("name", ["person", "Person", "demo", "DOCTOR", " person "])
def test_nobody_is_registered_under_the_names_of_the_command_line(app: App, name: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        app.call("agent-register", {"name": name, "origin": "agent"}, PERSON)
    assert refused.value.field == "name"


@pytest.mark.parametrize(
    "name", ["a:b", "name:robin", "*", "%", "any", "origin:person", "x y", "'", "日本", "ROBIN", "a" * 80]
)
def test_a_rule_by_name_is_about_that_name_alone(app: App, name: str) -> None:
    app.call("policy-set", {"effect": "create", "decision": "deny", "who": f"name:{name}"}, PERSON)
    assert code(app, "remember", {"text": "Something"}, Caller(name, "mcp")) == "denied"
    assert code(app, "remember", {"text": "Something"}, Caller(name.lower(), "mcp")) == "denied", "in any case"
    assert code(app, "remember", {"text": "Something"}, Caller("wren", "mcp")) == "done"
    assert code(app, "remember", {"text": "Something else entirely"}, PERSON) == "done"


@pytest.mark.parametrize(
    "who", ["name:", f"name:{'x' * 81}", "name:a\nb", "owner:x", "role:a:b", "origin:god", "person", "", "any "]
)
def test_a_rule_for_what_is_no_caller_is_refused(app: App, who: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        app.call("policy-set", {"effect": "create", "decision": "deny", "who": who}, PERSON)
    assert refused.value.field == "who"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path / "home") as server:
        yield server


@pytest.mark.parametrize(
    "more",
    [{"Origin": "http://evil.example"}, {"Host": "evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}],
)
def test_a_page_in_a_browser_is_nobody(server: Server, more: dict[str, str]) -> None:
    body = json.dumps({"effect": "any", "decision": "allow"}).encode()
    headers = {**TYPE, "Everlore-Actor": "person", "Everlore-Surface": "cli", **more}
    status, _, answer = ask(server, "POST", "/api/v1/policy-set", body, headers)
    assert (status, json.loads(answer)["code"]) == (403, "denied")
    assert post(server, "policy", {})[1]["rules"] == []


@pytest.mark.parametrize("surface", ["review", "curate", "worker", "python", "CLI", "http"])
def test_no_header_makes_a_surface_of_our_own(server: Server, surface: str) -> None:
    headers = {"Everlore-Actor": "curator", "Everlore-Surface": surface}
    _, answer = post(server, "policy-set", {"effect": "any", "decision": "allow"}, headers)
    assert answer["code"] == "denied"


LOCKS = [
    {"effect": "any", "decision": "deny", "who": "any"}, {"effect": "govern", "decision": "deny", "who": "origin:person"},
    {"effect": "govern", "decision": "approve", "approvals": 20, "who": "name:person"},
]  # fmt: skip


@pytest.mark.parametrize("lock", LOCKS)
@pytest.mark.parametrize("served", [False, True])
def test_a_rule_that_locks_everybody_out_is_taken_back_at_the_command_line(
    tmp_path: Path, lock: dict[str, Any], served: bool
) -> None:
    home = tmp_path / "home"
    with open_app(load(home, environ={})) as app:
        rules = app.call("policy-set", lock, PERSON).rules
        assert code(app, "agent-register", {"name": "robin"}, PERSON) in {"denied", "awaiting_approval"}, (
            "the rule holds"
        )
        for stranger in (
            Caller("robin", "cli"),
            Caller("person", "mcp"),
            Caller("person", "http"),
            Caller("person", "python"),
        ):
            assert code(app, "policy-drop", {"id": rules[0].id}, stranger) in {"denied", "awaiting_approval"}, stranger

    def run() -> None:
        assert Lore(home, EVERLORE_AGENT="robin")("policy-drop", rules[0].id, "--json").status != 0
        ended = Lore(home)("policy-drop", rules[0].id, "--json")
        assert ended.status == 0, ended
        assert Lore(home)("agent-register", "robin", "--json").status == 0
        entries = Lore(home).json("timeline")["events"]
        assert "policy-drop" in {event["what"] for event in entries}, "it is in the journal like anything else"

    if served:
        with serving(home):
            run()
    else:
        run()


def test_who_sees_a_part_of_the_store_copies_no_whole(app: App, tmp_path: Path) -> None:
    app.call("remember", {"text": "A word of finance", "namespace": "acme/finance", "visibility": "private"}, PERSON)
    app.call("agent-register", {"name": "wren", "place": "acme/web"}, PERSON)
    assert code(app, "backup", {"path": str(tmp_path / "copy.db")}, Caller("wren", "mcp")) == "denied"
    assert not (tmp_path / "copy.db").exists()
    assert code(app, "export", {"path": str(tmp_path / "all.jsonl")}, Caller("wren", "mcp")) == "done"
    assert "A word of" not in (tmp_path / "all.jsonl").read_text()
    assert code(app, "backup", {"path": str(tmp_path / "copy.db")}, PERSON) == "done"


def test_a_client_of_agents_that_takes_the_name_of_a_registered_person_is_an_agent(app: App) -> None:
    app.call("agent-register", {"name": "mira", "origin": "person", "role": "reviewer"}, Caller())
    for surface in ("mcp", "hooks"):
        with pytest.raises(Denied):
            app.call("policy-set", {"effect": "any", "decision": "allow"}, Caller("mira", surface))
    assert app.call("policy-set", {"effect": "link", "decision": "allow"}, Caller("mira", "cli")).rules
