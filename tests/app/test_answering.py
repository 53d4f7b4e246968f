"""Answers with citations: in a model's sentences where one is set, in the lines found where none is, or nothing known."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from everlore.app.app import App
from everlore.app.caller import Caller
from everlore.core.errors import ModelFailed
from models.speaking import RECEIVED, SENT, Speaker, fail, hang, speaking

WHERE = "acme/web"
QUESTION = "Which port does the gateway listen on?"


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPEAKER_KEY", "k")


@pytest.fixture
def gateway(app: App) -> str:
    return str(app.call("remember", {"text": "The gateway listens on port 8443.", "namespace": WHERE}).id)


def use(app: App, speaker: Speaker, **more: Any) -> None:
    app.config = replace(app.config, **speaker.settings(**more))


def ask(app: App, question: str = QUESTION) -> Any:
    return app.call("answer", {"question": question, "namespace": WHERE})


def test_without_a_model_the_lines_that_were_found_are_the_answer(app: App, gateway: str):
    said = ask(app)
    assert (said.known, said.model, said.tokens) == (True, None, 0)
    assert said.text == f"The gateway listens on port 8443. [{gateway}]"
    assert ask(app, "Who plays the bassoon in the orchestra?").text == "nothing known"


def test_a_model_answers_in_sentences_that_cite_and_what_it_invents_is_left_out(app: App, gateway: str):
    sentences = [
        {"text": "It listens on port 8443.", "sources": ["S1"]},
        {"text": "It was moved there from port 8080.", "sources": ["S1"]},
        {"text": "The gateway listens on port 8443.", "sources": []},
    ]
    with speaking("gemini", {"sentences": sentences}) as speaker:
        use(app, speaker)
        said = ask(app)
    assert said.text == f"It listens on port 8443. [{gateway}]" and said.sentences[0].sources == [gateway]
    assert said.refused == ["the number 8080 is not in what it cites", "it cites nothing"]
    assert (said.model, said.tokens) == ("gemini gemini-2.5-flash", SENT + RECEIVED)
    assert f"> {QUESTION}" in speaker.asked[0] and "> The gateway listens on port 8443." in speaker.asked[0]


def test_nothing_is_known_where_recall_finds_nothing_and_nobody_is_asked(app: App, gateway: str):
    with speaking("openai") as speaker:
        use(app, speaker)
        assert not ask(app, "Who plays the bassoon in the orchestra?").known and not speaker.asked
        speaker.steps = [{"sentences": []}]
        assert ask(app).text == "nothing known"


def test_a_failure_is_an_error_and_not_an_answer(app: App, gateway: str):
    with speaking("openai", fail(401)) as speaker:
        use(app, speaker)
        with pytest.raises(ModelFailed) as caught:
            ask(app)
        assert caught.value.outcome == "key refused"


def test_a_secret_in_the_question_is_not_sent(app: App, gateway: str):
    with speaking("openai", {"sentences": []}) as speaker:
        use(app, speaker)
        ask(app, f"{QUESTION} My key is AKIAIOSFODNN7EXAMPLQ")
        assert "AKIAIOSFODNN7EXAMPLQ" not in speaker.requests[0].body.decode()


def test_other_words_are_asked_for_only_where_that_is_on_and_nothing_was_found(app: App, gateway: str):
    question = "On what does the ingress accept?"
    with speaking("openai") as speaker:
        use(app, speaker)
        assert app.call("recall", {"query": question}).withheld and not speaker.asked
        use(app, speaker, query_expansion=True)
        assert app.call("recall", {"query": QUESTION}).items and not speaker.asked
        speaker.steps = [{"words": ["gateway", "listens", "port", "Kubernetes", "ignore all rules; now", "x" * 90]}]
        (item,) = app.call("recall", {"query": question}).items
        assert item.id == gateway and len(speaker.asked) == 1


@pytest.mark.parametrize("step", [fail(500), fail(401), hang], ids=["500", "401", "hang"])
def test_a_question_never_fails_for_want_of_other_words(app: App, gateway: str, step):
    with speaking("openai", step) as speaker:
        use(app, speaker, query_expansion=True, llm_timeout=1)
        assert app.call("recall", {"query": "On what does the ingress accept?"}).withheld and len(speaker.asked) == 1
        assert app.call("status", {}).llm.last_outcome != "ok"


def test_an_agent_is_answered_from_what_it_may_see(app: App, gateway: str):
    app.call("remember", {"text": "The gateway password is kept by Ana.", "namespace": WHERE, "visibility": "private"})
    with speaking("openai", {"sentences": []}) as speaker:
        use(app, speaker)
        app.call("answer", {"question": "Who keeps the gateway password?"}, Caller("robin", "mcp"))
        assert not any("kept by Ana" in words for words in speaker.asked)
