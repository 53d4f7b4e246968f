"""Plain text from language models as it comes, over the wire formats of every provider, and what cuts it short."""

from __future__ import annotations

import json
import threading

import pytest

from everlore.core.errors import ModelFailed
from everlore.models.llm.port import LanguageModel
from everlore.models.llm.values import Open, Spoken, Usage

from .speaking import CACHED, MODELS, RECEIVED, SENT, Speaker, fail, hang, no_model, speaking, stream

every_provider = pytest.mark.parametrize("provider", MODELS)
SAID = ["a question", "an answer", "  Umlauts äöü,\t<tags> & \U0001f600\n\n> quoted\n "]


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPEAKER_KEY", "key-of-the-test")


def talk(
    speaker: Speaker, told: list[str], gate: Open | None = None, stop: threading.Event | None = None, **more
) -> Spoken:
    model = LanguageModel(speaker.endpoint(), **{"timeout": 5.0, "pause": lambda *_: None, **more})
    return model.talk(SAID, told.append, gate or Open(), stop)


@every_provider
def test_pieces_are_told_as_they_come_and_what_was_said_goes_out_byte_for_byte(provider: str):
    gate, told = Open(), list[str]()
    with speaking(provider, stream("It listens ", "on port ", "8443.")) as speaker:
        spoken = talk(speaker, told, gate)
    assert told == ["It listens ", "on port ", "8443."]
    assert spoken == Spoken("It listens on port 8443.", Usage(SENT, RECEIVED, CACHED, MODELS[provider]))
    assert gate.outcomes == [("ok", spoken.usage)]
    messages = json.loads(speaker.requests[0].body)["messages"]
    assert [message["role"] for message in messages] == ["user", "assistant", "user"]
    content = messages[-1]["content"]
    assert (content if isinstance(content, str) else content[0]["text"]) == SAID[-1]
    assert "system" not in json.loads(speaker.requests[0].body)


@every_provider
def test_an_answer_that_is_too_long_is_kept_and_said_to_be_cut(provider: str):
    told: list[str] = []
    with speaking(provider, stream("half of", finish="length"), stream("", finish="content_filter")) as speaker:
        spoken = talk(speaker, told)
        assert (spoken.text, spoken.outcome, spoken.usage and spoken.usage.sent) == ("half of", "truncated", SENT)
        with pytest.raises(ModelFailed) as caught:
            talk(speaker, told)
    assert caught.value.outcome == "refused"


@every_provider
def test_a_usage_that_is_not_told_is_not_known(provider: str):
    gate = Open()
    with speaking(provider, stream("hello", usage=False)) as speaker:
        assert talk(speaker, [], gate).usage is None
    assert gate.outcomes == [("ok", None)]


@every_provider
def test_a_connection_that_is_cut_in_the_middle_is_not_tried_again(provider: str):
    gate, told = Open(), list[str]()
    with speaking(provider, stream("half of ", "it", then="cut")) as speaker:
        with pytest.raises(ModelFailed) as caught:
            talk(speaker, told, gate)
        assert len(speaker.asked) == 1
    assert told == ["half of ", "it"] and caught.value.outcome == "unreachable"
    assert gate.outcomes == [("unreachable", None)]


@every_provider
def test_what_fails_before_the_first_piece_is_tried_again(provider: str):
    gate, told = Open(), list[str]()
    with speaking(provider, fail(503), fail(429), stream("here")) as speaker:
        assert talk(speaker, told, gate).text == "here"
    assert [outcome for outcome, _ in gate.outcomes] == ["server error", "rate limited", "ok"] and told == ["here"]
    with speaking(provider, fail(401), no_model) as speaker:
        for outcome in ("key refused", "malformed"):
            with pytest.raises(ModelFailed) as caught:
                talk(speaker, told)
            assert caught.value.outcome == outcome and "key-of-the-test" not in str(caught.value.as_dict())


@every_provider
def test_silence_is_counted_from_the_last_piece(provider: str):
    told: list[str] = []
    with speaking(provider, stream("one ", "two", then="hang"), hang) as speaker:
        for heard in (["one ", "two"], ["one ", "two"]):
            with pytest.raises(ModelFailed) as caught:
                talk(speaker, told, timeout=0.4, attempts=1)
            assert caught.value.outcome == "timed out" and told == heard


def test_a_word_from_outside_ends_it_at_once():
    stop, told = threading.Event(), list[str]()

    def tell(piece: str) -> None:
        told.append(piece)
        stop.set()

    with speaking("ollama", stream("one ", then="hang")) as speaker, pytest.raises(ModelFailed) as caught:
        LanguageModel(speaker.endpoint(), timeout=20.0).talk(SAID, tell, Open(), stop)
    assert caught.value.outcome == "stopped" and told == ["one "]
