"""Budget and breaker of language models: in the store, before the request, for every process."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from clocks import Clock
from everlore.app.app import App
from everlore.app.open import open_app
from everlore.app.spending import Meter
from everlore.core.config import Config, load
from everlore.core.errors import BudgetSpent, InvalidInput, ModelFailed
from everlore.models.llm.port import LanguageModel
from everlore.models.llm.providers import endpoint
from everlore.models.llm.values import Prompt, Usage
from models.speaking import RECEIVED, SENT, Speaker, fail, hang, refuse, speaking

PROMPT = Prompt("lessons", "Write down lessons.", "tabs")
MOST = Usage(1_000, 500)


class Shape(msgspec.Struct):
    lessons: list[str]


GOOD = {"lessons": ["tabs"]}


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPEAKER_KEY", "k")


def meter(app: App, run: str = "r", **more) -> Meter:
    app.config = replace(app.config, **{"llm_provider": "openai", "llm_model": "gpt-4o-mini", **more})
    at = endpoint(app.config)
    assert at is not None
    return Meter(app, at, run)


def use(gate: Meter, sent: int, received: int) -> None:
    gate.after(gate.before("lessons", Usage(sent, received)), "ok", Usage(sent, received))


def test_a_request_that_may_not_fit_the_day_is_not_made_and_the_next_day_is_another(app: App, clock: Clock):
    gate = meter(app, llm_tokens_per_day=2_000, llm_tokens_per_run=0)
    use(gate, 700, 200)
    number = gate.before("lessons", Usage(700, 400))  # exactly what is left
    with pytest.raises(BudgetSpent, match="day is 2,000 tokens, 2,000 are used") as caught:
        gate.before("lessons", Usage(1, 0))
    assert "llm_tokens_per_day" in caught.value.hint
    gate.after(number, "ok", Usage(100, 100))  # less than it might have used, so there is room again
    assert gate.spent()[1] == 1_100
    use(gate, 500, 400)
    clock.advance(days=1)
    use(gate, 1_000, 1_000)


def test_a_run_has_its_own_budget(app: App):
    gate = meter(app, llm_tokens_per_run=1_000)
    use(gate, 600, 300)
    with pytest.raises(BudgetSpent, match="run is 1,000"):
        gate.before("lessons", Usage(100, 1))
    use(Meter(app, endpoint(app.config), "another"), 600, 300)  # type: ignore[arg-type]


def test_of_two_that_ask_at_once_only_one_gets_what_is_left(app: App):
    gate = meter(app, llm_tokens_per_day=1_000)
    passed: list[bool] = []

    def go() -> None:
        try:
            gate.before("lessons", Usage(600, 100))
            passed.append(True)
        except BudgetSpent:
            passed.append(False)

    threads = [threading.Thread(target=go) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(passed) == [False] * 5 + [True]


def test_money_is_counted_by_the_table_and_what_has_no_price_is_refused(app: App):
    gate = meter(app, llm_tokens_per_day=0, llm_tokens_per_run=0, llm_money_per_day=0.30)
    use(gate, 1_000_000, 0)  # $0.15
    assert app.call("status", {}).llm.money_today == pytest.approx(0.15)
    with pytest.raises(BudgetSpent, match=r"\$0.1500 are spent and the next request may cost \$0.6000"):
        gate.before("lessons", Usage(0, 1_000_000))
    gate = meter(app, llm_model="nonesuch", llm_money_per_day=0.30)
    with pytest.raises(BudgetSpent, match="price of nonesuch is not known"):
        gate.before("lessons", MOST)
    gate = meter(app, llm_model="nonesuch", llm_money_per_day=0.0)
    use(gate, 10, 10)
    assert app.call("status", {}).llm.unpriced_today == 1


def test_what_never_came_back_counts_as_the_most_it_may_have_used(app: App):
    gate = meter(app)
    gate.before("lessons", MOST)  # and the process dies
    assert gate.spent()[:2] == (1, 1_500)
    gate.after(gate.before("lessons", MOST), "timed out", None)
    assert gate.spent()[:2] == (2, 3_000)
    gate.after(gate.before("lessons", MOST), "key refused", Usage())
    assert gate.spent()[:2] == (3, 3_000)


def test_the_breaker_opens_after_five_failures_lets_one_find_out_and_closes(app: App, clock: Clock, config: Config):
    gate = meter(app, llm_timeout=10)
    for _ in range(5):
        gate.after(gate.before("lessons", MOST), "server error", Usage())
    status = app.call("status", {}).llm
    assert (status.breaker, status.last_outcome, status.requests_today) == ("open", "server error", 5)
    with open_app(app.config, clock=clock) as elsewhere:  # another process on the same store
        with pytest.raises(ModelFailed, match="failed 5 times in a row, at last with server error") as caught:
            meter(elsewhere, llm_timeout=10).before("lessons", MOST)
        assert caught.value.outcome == "breaker open" and not caught.value.passing
    clock.advance(seconds=61)
    assert app.call("status", {}).llm.breaker == "half-open"
    number = gate.before("lessons", MOST)
    with pytest.raises(ModelFailed, match="left alone"):
        gate.before("lessons", MOST)
    gate.after(number, "server error", Usage())
    clock.advance(seconds=61)
    assert app.call("status", {}).llm.breaker == "open"  # for twice as long now
    clock.advance(seconds=61)
    gate.after(gate.before("lessons", MOST), "ok", Usage(1, 1))
    assert app.call("status", {}).llm.breaker == "closed"
    gate.before("lessons", MOST)


def test_a_probe_whose_process_died_does_not_keep_others_out_for_good(app: App, clock: Clock):
    gate = meter(app, llm_timeout=10)
    for _ in range(5):
        gate.after(gate.before("lessons", MOST), "unreachable", None)
    clock.advance(seconds=61)
    gate.before("lessons", MOST)
    clock.advance(seconds=11)
    gate.after(gate.before("lessons", MOST), "ok", Usage(1, 1))
    assert app.call("status", {}).llm.breaker == "closed"


def test_a_pause_that_the_provider_asks_for_is_kept_by_everybody(app: App, clock: Clock):
    gate = meter(app)
    gate.after(gate.before("lessons", MOST), "rate limited", Usage(), 3_600.0)
    with pytest.raises(ModelFailed, match="left alone until 2026-03-02T10:00"):
        gate.before("lessons", MOST)
    clock.advance(seconds=3_601)
    gate.before("lessons", MOST)


def test_what_a_model_cannot_do_with_a_text_says_nothing_of_its_endpoint(app: App):
    gate = meter(app)
    for outcome in ("refused", "truncated", "malformed", "too long") * 3:
        gate.after(gate.before("lessons", MOST), outcome, Usage(1, 1))
    assert app.call("status", {}).llm.breaker == "closed"


def speak_to(app: App, speaker: Speaker, **more) -> LanguageModel:
    app.config = replace(app.config, **speaker.settings(**more))
    return LanguageModel(speaker.endpoint(), timeout=app.config.llm_timeout, pause=lambda *_: None, attempts=1)


@pytest.mark.parametrize(
    ("step", "outcome", "tokens"),
    [(GOOD, "ok", SENT + RECEIVED), (refuse(), "refused", SENT + RECEIVED), (fail(500), "server error", 0), (fail(401), "key refused", 0)],
    ids=["ok", "refused", "500", "401"],
)  # fmt: skip
def test_the_row_of_a_request_has_what_the_provider_counted(app: App, step, outcome: str, tokens: int):
    with speaking("openai", step) as speaker:
        gate = Meter(app, speaker.endpoint(), "r")
        try:
            speak_to(app, speaker).ask(PROMPT, Shape, gate)
        except ModelFailed as failure:
            assert failure.outcome == outcome
    status = app.call("status", {}).llm
    assert (status.last_outcome, status.tokens_today, status.breaker) == (outcome, tokens, "closed")
    assert status.last_time.startswith("2026-03-02T09:00:00") and status.problem is None
    assert status.tokens_left == app.config.llm_tokens_per_day - tokens


def test_a_hang_is_counted_and_seen_without_asking_again(app: App):
    with speaking("openai", hang) as speaker:
        with pytest.raises(ModelFailed):
            speak_to(app, speaker, llm_timeout=1).ask(PROMPT, Shape, Meter(app, speaker.endpoint(), "r"))
        status = app.call("status", {}).llm
        assert status.last_outcome == "timed out" and status.tokens_today > app.config.llm_output_tokens
        assert len(speaker.asked) == 1


def test_status_names_what_keeps_the_model_from_being_asked(app: App, monkeypatch: pytest.MonkeyPatch):
    assert app.call("status", {}).llm is None
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    app.config = replace(app.config, llm_provider="openai", llm_model="gpt-4o-mini")
    assert app.call("status", {}).llm.problem == "the key of openai is not set"
    app.config = replace(app.config, llm_model="")
    assert "llm_model is not set" in app.call("status", {}).llm.problem


def test_settings_of_money_take_numbers_of_any_spelling_and_nothing_below_zero(tmp_path: Path):
    tmp_path.joinpath("config.toml").write_text('llm_provider = "ollama"\nllm_money_per_day = 2\n')
    read = load(tmp_path, {"EVERLORE_LLM_MONEY_PER_RUN": "0.25", "EVERLORE_LLM_TOKENS_PER_DAY": "0"})
    assert (read.llm_money_per_day, read.llm_money_per_run, read.llm_tokens_per_day) == (2.0, 0.25, 0)
    for name, value in (("LLM_MONEY_PER_DAY", "-1"), ("LLM_MONEY_PER_DAY", "inf"), ("LLM_MONEY_PER_DAY", "much"),
                        ("LLM_TIMEOUT", "0"), ("LLM_PROVIDER", "oracle")):  # fmt: skip
        with pytest.raises(InvalidInput) as caught:
            load(tmp_path, {f"EVERLORE_{name}": value})
        assert caught.value.field == name.lower()
