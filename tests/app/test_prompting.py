"""A prompt on its way to a model: told what is worth telling, once, and kept as what was said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from everlore.app.app import App
from everlore.app.caller import Caller
from everlore.app.ledger.queue import Injection
from everlore.core.errors import Denied, InvalidInput
from everlore.core.tokens import estimate

WHERE = "acme/web"
QUESTION = "Which port does the message broker listen on?"


@pytest.fixture
def broker(app: App) -> str:
    return str(app.call("remember", {"text": "The message broker listens on port 1884", "namespace": WHERE}).id)


def context(app: App, prompt: str = QUESTION, **more: Any) -> Any:
    return app.call("context", {"prompt": prompt, "namespace": WHERE, "client": "llm", **more})


def capture(app: App, prompt: str = QUESTION, response: str = "On 1884.", **more: Any) -> Any:
    return app.call("capture", {"prompt": prompt, "response": response, "namespace": WHERE, "client": "llm", **more})


def test_a_prompt_gets_a_fenced_block_before_it(app: App, broker: str):
    told = context(app)
    assert told.prompt == f"{told.block}\n\n{QUESTION}"
    assert "> The message broker listens on port 1884" in told.block
    assert [(item.id, item.kind, item.revision) for item in told.items] == [(broker, "memory", 1)]
    assert told.tokens == estimate(told.block) <= 800
    assert not told.withheld


def test_a_prompt_that_nothing_fits_goes_as_it_came(app: App, broker: str):
    told = context(app, "How do I poach an egg so that it stays whole?")
    assert (told.prompt, told.block, told.items, told.withheld) == (
        "How do I poach an egg so that it stays whole?",
        None,
        [],
        True,
    )


def test_nothing_is_told_twice_in_a_conversation(app: App, broker: str):
    assert context(app, session="c1").items
    assert not context(app, session="c1").items
    app.uses.flush(app.store)
    assert not context(app, session="c1").items
    assert context(app, session="c2").items
    assert not context(app, told=[broker]).items


def test_an_exchange_is_kept_once_without_what_was_told_with_it(app: App, broker: str):
    told = context(app, session="c1")
    kept = capture(app, told.prompt, session="c1")
    assert (kept.session, kept.turns) == ("c1", 2)
    assert capture(app, told.prompt, session="c1").known == 2
    listed = app.call("transcripts-search", {"query": "message broker port", "namespace": WHERE}).items
    assert QUESTION in {item.text for item in listed}
    assert not any("everlore-memory" in item.text for item in listed)


def test_secrets_are_taken_out_of_an_exchange(app: App):
    kept = capture(app, "My key is AKIAQYLPMN5HHHFPZAM2, what now?", "Take it back.")
    assert [finding.count for finding in kept.findings] == [1]


def test_what_another_conversation_said_is_told(app: App):
    capture(app, "Remember that our staging broker listens on port 20884", "I will.", session="c1")
    told = context(app, "On which port does our staging broker listen?", session="c2")
    assert "20884" in (told.block or "")


def test_a_prompt_that_is_only_a_block_is_refused(app: App, broker: str):
    block = context(app).block
    with pytest.raises(InvalidInput, match="nothing is left of the prompt"):
        capture(app, block)


def test_the_same_exchange_without_a_conversation_is_kept_once(app: App):
    first, again = capture(app), capture(app)
    assert (first.turns, again.turns, again.known) == (2, 0, 2)
    assert again.session == first.session


def test_a_project_of_which_nothing_is_known_gets_nothing_of_others(app: App, tmp_path: Path):
    app.call("remember", {"text": "The message broker listens on port 1884", "namespace": "personal/web"})
    (tmp_path / "new" / ".git").mkdir(parents=True)
    (tmp_path / "new" / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    asked = {"prompt": QUESTION, "client": "llm"}
    told = app.call("context", {**asked, "cwd": str(tmp_path / "new")})
    assert (told.items, told.reason) == ([], "nothing is kept for this project yet")
    assert app.call("context", asked).items


def test_no_name_that_a_program_gives_carries_a_secret(app: App, broker: str):
    key = "AKIAQYLPMN5HHHFPZAM2"
    told = context(app, session=key, platform=key, provider=key, model=key)
    kept = capture(app, session=key, platform=key, provider=key, model=key, injection=told.injection, input_tokens=3)
    assert key not in kept.session
    app.uses.flush(app.store)
    assert app.call("stats-logs", {}).entries[0].input == 3
    assert not [path for path in app.config.home.rglob("*") if path.is_file() and key.encode() in path.read_bytes()]


def test_a_conversation_is_told_first_what_always_holds(app: App, broker: str):
    rule = str(app.call("remember", {"text": "Answer in metric units", "namespace": WHERE, "layer": 0}).id)
    other = "How do I poach an egg so that it stays whole?"
    assert [item.id for item in context(app, other, session="c1").items] == [rule]
    assert context(app, other, session="c1").withheld
    assert [item.id for item in context(app, session="c2").items] == [rule, broker]
    assert context(app, other).withheld, "nobody knows that this is a conversation"


def test_an_answer_that_said_what_held_then_is_not_told(app: App, broker: str):
    capture(app, response="The message broker listens on port 1884.", session="c1")
    assert [item.kind for item in context(app, session="c2").items] == ["memory"], "it says the same again"
    newer = app.call("remember", {"text": "The message broker listens on port 1885", "namespace": WHERE})
    assert newer.outcome == "superseded"
    assert [item.id for item in context(app, session="c3").items] == [newer.id]
    assert "1884" not in context(app, session="c4").block


@pytest.fixture
def bot(app: App) -> Caller:
    app.call("remember", {"text": "The safe opens with a key", "namespace": "other/corp"})
    app.call("remember", {"text": "Pages are rendered on the server", "namespace": WHERE})
    app.call("agent-register", {"name": "bot", "place": WHERE})
    return Caller("bot", "cli")


def test_who_has_a_place_writes_to_no_conversation_beyond_it(app: App, bot: Caller):
    said = {"client": "human", "session": "s1", "prompt": "How does the safe open?", "response": "With a key."}
    app.call("capture", {**said, "namespace": "other/corp"})
    with pytest.raises(Denied):
        app.call("capture", {**said, "namespace": WHERE}, bot)
    assert app.call("status", {}).turns == 2


def test_who_has_a_place_counts_nothing_to_a_row_beyond_it(app: App, bot: Caller):
    told = app.call("context", {"prompt": "How does the safe open?", "namespace": "other/corp", "client": "human"})
    app.uses.flush(app.store)
    asked = {"prompt": "p", "response": "r", "namespace": WHERE, "injection": told.injection, "input_tokens": 9}
    app.call("capture", asked, bot)
    assert app.call("stats-logs", {}).entries[-1].input is None


def test_a_name_that_is_no_text_holds_up_no_row(app: App):
    app.uses.add(Injection("u1", 1, "proxy", "context", "acme", (), 0, 0.0, withheld=True, model="\ud800"))
    app.uses.add(Injection("u2", 2, "proxy", "context", "acme", (), 0, 0.0, withheld=True))
    assert app.uses.flush(app.store) == 2
