"""The gate of language models: budget, breaker and the row of each request, in the store, so that every process sees them.

Before a request the most that it may use is written down in one transaction with the check that it fits what the day and the
run have left. What it did use takes its place afterwards; where nobody knows that, because the answer never came or the
process died, the most stays. A day is one of UTC.

The breaker of an endpoint is closed; after `FAILURES` in a row it opens for a while, twice as long each time; then it is half
open: one request finds out for all. A pause that the provider asks for is kept to in the same way.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Literal

from everlore.app import answers
from everlore.core.clock import to_iso
from everlore.core.errors import BudgetSpent, EverloreError, ModelFailed
from everlore.models.llm import prices
from everlore.models.llm.providers import Endpoint, endpoint
from everlore.models.llm.values import ITEM_FAULTS, Usage

if TYPE_CHECKING:
    from everlore.app.app import App
    from everlore.store.contract import Row, Unit

FAILURES = 5
GIVEN_UP = 3
"""How often the model may fail at the same text before that is left alone."""
_DAY_MS = 86_400_000
_SHOWN = 5
_OPEN_MS, _LONGEST_MS = 60_000, 3_600_000
_ASKED_MS = 86_400_000
_NO_FAILURE = ITEM_FAULTS - {"rejected"} | {"stopped", "no key"}

State = Literal["closed", "open", "half-open"]


class Meter:
    """The gate of one run; `run` names it, and what it spends is counted under that name."""

    def __init__(self, app: App, at: Endpoint, run: str) -> None:
        self._app = app
        self._at = at
        self._most: dict[int, Usage] = {}
        self.run = run

    def before(self, purpose: str, most: Usage) -> int:
        """Write down what a request may use; raise `ModelFailed` where the breaker is open, `BudgetSpent` where it does not fit."""
        now, at, config = self._app.clock(), self._at, self._app.config
        cost = prices.money(at, most)
        with self._app.write() as unit:
            self._fits(unit, most, cost, now)
            _pass_breaker(unit, at, now, int(config.llm_timeout * 1000))
            number = unit.run(
                "model_call_open", at=now, run=self.run, provider=at.provider, model=at.model, purpose=purpose, sent=most.sent,
                received=most.received, money=cost, prices="" if at.free else prices.version(),
            )  # fmt: skip
        self._most[number] = most
        return number

    def after(self, number: int, outcome: str, usage: Usage | None, retry_after: float = 0.0) -> None:
        """Write down what a request did use, and what that says of the endpoint."""
        now, at = self._app.clock(), self._at
        self._most.pop(number, None)
        cost = prices.money(at, usage) if usage else None
        with self._app.write() as unit:
            unit.run("model_call_close", id=number, outcome=outcome, now=now)
            if usage is not None:
                unit.run(
                    "model_call_used",
                    id=number,
                    sent=usage.sent,
                    received=usage.received,
                    cached=usage.read,
                    money=cost,
                )
            _judge_breaker(unit, at, outcome, now, retry_after)

    def spent(self) -> Row:
        """Return requests, tokens, money, requests of unknown price, tokens sent and received of this run."""
        with self._app.read() as unit:
            return _spent(unit, run=self.run)

    def _fits(self, unit: Unit, most: Usage, cost: int | None, now: int) -> None:
        """Raise `BudgetSpent` where a request may take more than the day or the run has left."""
        config = self._app.config
        limits = {
            "day": (_spent(unit, since=now - now % _DAY_MS), config.llm_tokens_per_day, config.llm_money_per_day),
            "run": (_spent(unit, run=self.run), config.llm_tokens_per_run, config.llm_money_per_run),
        }
        for span, (spent, tokens, dollars) in limits.items():
            need = most.sent + most.received
            if tokens and spent[1] + need > tokens:
                raise BudgetSpent(
                    f"the budget of the {span} is {tokens:,} tokens, {spent[1]:,} are used and the next request may take {need:,}",
                    hint=f"raise llm_tokens_per_{span}, or go on later",
                )
            if not dollars:
                continue
            if cost is None:
                raise BudgetSpent(
                    f"the price of {self._at.model} is not known, so that no budget of money can be kept",
                    hint=f"set llm_money_per_{span} to 0; the budget of tokens stays",
                )
            if spent[2] + cost > dollars * prices.MICRO:
                raise BudgetSpent(
                    f"the budget of the {span} is ${dollars:g}, ${spent[2] / prices.MICRO:.4f} are spent and the next request may cost "
                    f"${cost / prices.MICRO:.4f}",
                    hint=f"raise llm_money_per_{span}, or go on later",
                )


def _spent(unit: Unit, *, run: str | None = None, since: int = 0) -> Row:
    row = unit.one("model_spent", run=run, since=since)
    assert row is not None
    return row


def _name(at: Endpoint) -> str:
    return sha256(f"{at.provider}\0{at.url}\0{at.model}".encode()).hexdigest()[:16]


def _state(row: Row | None, now: int) -> State:
    if row is None or (row[0] < FAILURES and row[1] <= now):
        return "closed"
    return "open" if row[1] > now else "half-open"


def _pass_breaker(unit: Unit, at: Endpoint, now: int, lasts: int) -> None:
    """Raise `ModelFailed` where the breaker is open, or half open and another request finds out already."""
    row = unit.one("model_breaker", endpoint=_name(at))
    state = _state(row, now)
    if row is None or state == "closed":
        return
    failures, until, probing, outcome = row
    if state == "open" or probing > now:
        again = to_iso(until if state == "open" else probing)
        raise ModelFailed(
            f"{at.provider} is left alone until {again}: it failed {failures} times in a row, at last with {outcome}",
            outcome="breaker open", passing=False, hint="work that waits is done then; `lore status` shows it",
        )  # fmt: skip
    unit.run(
        "model_breaker_set", endpoint=_name(at), failures=failures, until=until, probing=now + lasts, outcome=outcome
    )


def _judge_breaker(unit: Unit, at: Endpoint, outcome: str, now: int, retry_after: float) -> None:
    row = unit.one("model_breaker", endpoint=_name(at))
    if outcome == "ok" or outcome in _NO_FAILURE:
        # what was stopped says nothing of the endpoint, but must not keep the next one from finding out
        if row is not None and outcome not in {"stopped", "no key"}:
            unit.run("model_breaker_close", endpoint=_name(at))
        elif row is not None:
            unit.run("model_breaker_set", endpoint=_name(at), failures=row[0], until=row[1], probing=0, outcome=row[3])
        return
    failures = (row[0] if row else 0) + 1
    pause = min(_OPEN_MS << min(failures - FAILURES, 20), _LONGEST_MS) if failures >= FAILURES else 0
    asked = min(int(retry_after * 1000), _ASKED_MS)
    unit.run(
        "model_breaker_set",
        endpoint=_name(at),
        failures=failures,
        until=now + max(pause, asked),
        probing=0,
        outcome=outcome,
    )


def look(app: App, unit: Unit) -> answers.LanguageModelStatus | None:
    """Return how the language model is doing, from what is written down: nobody is asked. None where no provider is set."""
    config, now = app.config, app.clock()
    if not config.llm_provider:
        return None
    problem, state = "", "closed"
    try:
        at = endpoint(config)
        if at is not None:
            state = _state(unit.one("model_breaker", endpoint=_name(at)), now)
            at.key()
    except EverloreError as error:
        problem = error.message
    today, last = _spent(unit, since=now - now % _DAY_MS), unit.one("model_last")
    given_up = {f"{purpose} {outcome}": count for purpose, outcome, count in unit.rows("model_given_up", most=GIVEN_UP)}
    return answers.LanguageModelStatus(
        provider=config.llm_provider, model=config.llm_model, breaker=state, problem=problem or None,
        last_outcome=last[0] if last else None, last_time=to_iso(last[1]) if last else None, requests_today=today[0],
        tokens_today=today[1], money_today=today[2] / prices.MICRO, unpriced_today=today[3],
        tokens_left=max(0, config.llm_tokens_per_day - today[1]) if config.llm_tokens_per_day else None,
        money_left=max(0.0, config.llm_money_per_day - today[2] / prices.MICRO) if config.llm_money_per_day else None,
        given_up=given_up, refused=[f"{use}: {why}" for use, _, why, _ in unit.rows("model_refusals", limit=_SHOWN)],
    )  # fmt: skip
