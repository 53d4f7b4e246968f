"""Language models over the wire formats of every provider, with all that can go wrong, against real servers on this machine."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from everlore.core.config import Config
from everlore.core.errors import Denied, InvalidInput, ModelFailed
from everlore.models.llm import prices
from everlore.models.llm.port import LanguageModel, open_llm
from everlore.models.llm.providers import endpoint
from everlore.models.llm.values import Open, Prompt, Usage

from .speaking import (
    CACHED,
    MODELS,
    RECEIVED,
    SENT,
    Speaker,
    cut_short,
    fail,
    hang,
    hang_up,
    leave,
    no_model,
    packed,
    pour,
    refuse,
    say,
    speaking,
)  # fmt: skip

PROMPT = Prompt("lessons", "Write down lessons.", "[T1]\n> we decided on tabs")
ONCE = Usage(SENT, RECEIVED, CACHED)


class Lesson(msgspec.Struct):
    text: str
    sources: list[str]


class Lessons(msgspec.Struct):
    lessons: list[Lesson]


GOOD = {"lessons": [{"text": "Tabs it is.", "sources": ["T1"]}]}
every_provider = pytest.mark.parametrize("provider", MODELS)


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPEAKER_KEY", "key-of-the-test")


def model(speaker: Speaker, **more) -> LanguageModel:
    pauses = more.pop("pauses", [])
    return LanguageModel(speaker.endpoint(), **{"timeout": 5.0, "pause": lambda _, s: pauses.append(s), **more})


def ask(speaker: Speaker, gate: Open | None = None, **more) -> tuple[Lessons, Usage]:
    return model(speaker, **more).ask(PROMPT, Lessons, gate or Open())


def outcome_of(speaker: Speaker, gate: Open | None = None, **more) -> ModelFailed:
    with pytest.raises(ModelFailed) as caught:
        ask(speaker, gate, **more)
    assert "key-of-the-test" not in str(caught.value.as_dict())
    assert speaker.provider in caught.value.message
    assert caught.value.as_dict()["outcome"] == caught.value.outcome
    return caught.value


@every_provider
def test_a_value_of_the_shape_comes_back_with_what_it_cost(provider: str):
    gate = Open()
    with speaking(provider, GOOD) as speaker:
        value, usage = ask(speaker, gate)
    assert value == Lessons([Lesson("Tabs it is.", ["T1"])])
    assert usage == Usage(SENT, RECEIVED, CACHED, MODELS[provider])
    assert [outcome for outcome, _ in gate.outcomes] == ["ok"]
    assert "we decided on tabs" in speaker.asked[0] and "Write down lessons." in speaker.asked[0]
    assert speaker.requests[0].headers["authorization"] == "Bearer key-of-the-test"


@every_provider
def test_a_refusal_and_a_truncated_answer_have_their_names_and_what_they_cost(provider: str):
    gate = Open()
    with speaking(provider, refuse(), cut_short()) as speaker:
        assert outcome_of(speaker, gate).outcome == "refused"
        assert outcome_of(speaker, gate).outcome == "truncated"
    assert [(outcome, usage and usage.sent) for outcome, usage in gate.outcomes] == [
        ("refused", SENT),
        ("truncated", SENT),
    ]


@every_provider
def test_an_answer_of_another_shape_is_sent_back_once(provider: str):
    gate = Open()
    with speaking(provider, say(None, text="Sure! Here you are: tabs."), GOOD) as speaker:
        value, usage = ask(speaker, gate)
        assert len(speaker.asked) == 2 and "not the JSON asked for" in speaker.asked[1]
        assert "Here you are: tabs." in speaker.asked[1]
    assert value.lessons[0].text == "Tabs it is." and (usage.sent, usage.received) == (2 * SENT, 2 * RECEIVED)
    with speaking(provider, {"lessons": [{"text": 3}]}, {"lesson": []}) as speaker:
        failure = outcome_of(speaker)
    assert failure.outcome == "malformed" and not failure.passing and "twice" in failure.message


def test_json_in_a_fence_is_json():
    with speaking("compatible", say(None, text='```json\n{"lessons": []}\n```')) as speaker:
        assert ask(speaker)[0] == Lessons([])


@every_provider
def test_what_may_pass_is_tried_again_with_growing_pauses_and_then_given_up(provider: str):
    pauses: list[float] = []
    gate = Open()
    with speaking(provider, fail(500), fail(503), GOOD) as speaker:
        assert ask(speaker, gate, pauses=pauses)[0].lessons
    assert [outcome for outcome, _ in gate.outcomes] == ["server error", "server error", "ok"]
    assert 0 < pauses[0] < 2 * pauses[1] < 10
    with speaking(provider, fail(500), fail(500), fail(500)) as speaker:
        failure = outcome_of(speaker)
        assert len(speaker.asked) == 3
    assert failure.outcome == "server error" and failure.passing


@every_provider
def test_a_rate_limit_waits_as_long_as_it_asks_or_says_so_at_once(provider: str):
    pauses: list[float] = []
    with speaking(provider, fail(429, "rate_limit_error", Retry_After="7"), GOOD) as speaker:
        assert ask(speaker, pauses=pauses)[0].lessons
    assert pauses == [pytest.approx(7.0)]
    with speaking(provider, fail(429, "rate_limit_error", Retry_After="3600")) as speaker:
        failure = outcome_of(speaker)
        assert len(speaker.asked) == 1
    assert (failure.outcome, failure.retry_after, failure.passing) == ("rate limited", 3600.0, True)


@every_provider
def test_silence_is_cut_off_and_counts_as_the_most_it_may_have_cost(provider: str):
    gate, began = Open(), time.monotonic()
    with speaking(provider, hang) as speaker:
        assert outcome_of(speaker, gate, timeout=0.3, attempts=1).outcome == "timed out"
        assert time.monotonic() - began < 5
    assert gate.outcomes == [("timed out", None)]


@every_provider
def test_a_cut_connection_and_a_closed_port_are_unreachable(provider: str):
    gate = Open()
    with speaking(provider, hang_up) as speaker:
        assert outcome_of(speaker, gate, attempts=1).outcome == "unreachable"
    assert gate.outcomes == [("unreachable", None)]
    assert outcome_of(speaker, attempts=1).outcome == "unreachable"


@every_provider
@pytest.mark.parametrize("step", [pour, packed], ids=["endless", "packed"])
def test_an_answer_that_is_too_large_is_given_up(provider: str, step):
    with speaking(provider, step) as speaker:
        assert outcome_of(speaker, attempts=1).outcome == "unreachable"


@every_provider
@pytest.mark.parametrize(
    ("step", "outcome"),
    [(fail(401), "key refused"), (fail(404), "not found"), (fail(400), "rejected"), (no_model, "malformed"), (leave, "rejected")],
    ids=["401", "404", "400", "html", "redirect"],
)  # fmt: skip
def test_what_does_not_pass_is_not_tried_again(provider: str, step, outcome: str):
    with speaking(provider, step) as speaker:
        failure = outcome_of(speaker)
        assert len(speaker.asked) == 1
    assert failure.outcome == outcome and not failure.passing and failure.hint


def test_a_word_from_outside_ends_the_wait_at_once():
    stop, gate = threading.Event(), Open()
    with speaking("ollama", hang) as speaker:
        threading.Timer(0.2, stop.set).start()
        began = time.monotonic()
        with pytest.raises(ModelFailed) as caught:
            model(speaker, timeout=20.0).ask(PROMPT, Lessons, gate, stop)
        assert time.monotonic() - began < 5 and caught.value.outcome == "stopped"


def test_a_missing_key_is_named_and_nobody_is_asked(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("SPEAKER_KEY")
    with speaking("openai") as speaker:
        with pytest.raises(ModelFailed) as caught:
            ask(speaker)
        assert caught.value.outcome == "no key" and "SPEAKER_KEY" in caught.value.hint and not speaker.asked
        at = speaker.endpoint(needs_key=False)
        monkeypatch.setenv("OPENAI_API_KEY", "of somebody else")
        speaker.steps = [GOOD]
        LanguageModel(at).ask(PROMPT, Lessons, Open())
        assert "of somebody else" not in str(speaker.requests[0].headers)


def test_a_subscription_is_used_only_where_that_is_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("CLAUDE_CODE_OAUTH_TOKEN", "token-of-a-subscription")
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    with speaking("anthropic", GOOD) as speaker:
        config = Config(tmp_path, llm_provider="anthropic", llm_model="claude-haiku-4-5", llm_url=speaker.url)
        closed = open_llm(config)
        assert closed is not None
        with pytest.raises(ModelFailed) as caught:
            closed.ask(PROMPT, Lessons, Open())
        assert caught.value.outcome == "no key" and "ANTHROPIC_API_KEY" in caught.value.hint and not speaker.asked
        opened = open_llm(replace(config, llm_subscription=True))
        assert opened is not None and opened.ask(PROMPT, Lessons, Open())[0].lessons
        assert speaker.requests[0].headers["authorization"] == "Bearer token-of-a-subscription"
        assert "oauth" in speaker.requests[0].headers["anthropic-beta"]


@pytest.mark.parametrize(
    ("settings", "error", "field"),
    [
        ({"llm_model": ""}, InvalidInput, "llm_model"),
        ({"llm_provider": "compatible", "llm_url": ""}, InvalidInput, "llm_url"),
        ({"llm_url": "http://169.254.169.254/v1"}, Denied, "llm_url"),
        ({"llm_url": "http://10.0.0.7/v1"}, Denied, "llm_url"),
        ({"llm_url": "https://me:secret@example.com/v1"}, InvalidInput, "llm_url"),
        ({"llm_url": "ftp://example.com"}, InvalidInput, "llm_url"),
    ],
)
def test_settings_that_make_no_sense_name_their_field(settings, error, field: str, tmp_path: Path):
    given = {"llm_provider": "openai", "llm_model": "gpt-4o-mini", **settings}
    with pytest.raises(error) as caught:
        endpoint(Config(tmp_path, **given))
    assert caught.value.field == field


def test_a_name_that_leads_to_the_metadata_service_is_not_connected_to():
    with speaking("compatible") as speaker:
        at = speaker.endpoint()
        at = replace(at, url=f"http://models.example:{speaker.url.rpartition(':')[2]}", host="models.example")
        with pytest.raises(Denied):
            LanguageModel(at, resolve=lambda *_: ["169.254.169.254"]).ask(PROMPT, Lessons, Open())


def test_what_tokens_cost_is_known_or_said_not_to_be():
    with speaking("ollama") as local, speaking("openai") as cloud, speaking("compatible") as own:
        assert prices.money(local.endpoint(), ONCE) == 0 == prices.money(own.endpoint(), ONCE)
        dearer = prices.money(cloud.endpoint(), Usage(1_000_000, 0))
        assert dearer == 150_000  # gpt-4o-mini: $0.15 a million
        assert prices.money(cloud.endpoint(), Usage(1_000_000, 0, 1_000_000)) == 75_000
        assert prices.money(replace(cloud.endpoint(), model="nonesuch"), ONCE) is None
    assert prices.version().startswith("genai-prices ")


def test_the_most_that_a_request_may_use_is_above_what_it_uses():
    with speaking("openai") as speaker:
        most = model(speaker, most=500).most(PROMPT, Lessons)
    assert most.received == 500 and most.sent > len(PROMPT.data) // 6


def test_the_libraries_are_loaded_for_a_request_and_for_nothing_before(tmp_path: Path):
    code = """
import json
import sys
from pathlib import Path
from everlore.app.open import open_app
from everlore.core.config import Config
home = Path(sys.argv[1])
config = Config(home, llm_provider="openai", llm_model="gpt-4o-mini", start_daemon=False)
with open_app(config) as app:
    app.call("remember", {"text": "The gateway listens on port 8443.", "namespace": "acme/web"})
    assert app.call("recall", {"query": "Which port does the gateway listen on?"}).items
    app.call("hook", {"client": "claude-code", "event": "SessionStart", "payload": json.dumps({"session_id": "s", "cwd": "/"})})
    assert app.call("status", {}).llm.provider == "openai"
loaded = {"pydantic_ai", "openai", "anthropic", "genai_prices"} & set(sys.modules)
assert not loaded, loaded
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "home")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
