"""The port: a prompt and a shape go in, a value of that shape and what it cost come out.

Each request passes the gate before and after. What may pass by itself (a rate limit, a fault of the server, silence, a cut
connection) is tried again a few times with growing pauses; an answer of another shape is sent back once with what was wrong
with it. A server that asks for a longer pause than we wait gets it from the breaker behind the gate.
"""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from everlore.core.config import Config
from everlore.core.errors import ModelFailed, ModelUnavailable
from everlore.core.tokens import estimate
from everlore.core.urls import Resolve, resolved
from everlore.models.llm.providers import Endpoint, endpoint, missing_packages
from everlore.models.llm.values import Gate, Prompt, Spoken, Usage

if TYPE_CHECKING:
    from everlore.models.llm.wire import Call, Reply

T = TypeVar("T")

_ATTEMPTS = 3
_PAUSE, _LONGEST_PAUSE = 0.5, 20.0
_AROUND = 400
"""Tokens that a provider adds of its own: the frame of messages, and telling a model how to answer in a shape."""
_WRONG = 600
_SHOWN = 4_000


class LanguageModel:
    """One model at one endpoint; safe to call from several threads."""

    def __init__(
        self,
        at: Endpoint,
        *,
        timeout: float = 60.0,
        most: int = 4096,
        attempts: int = _ATTEMPTS,
        pause: Callable[[threading.Event, float], object] = threading.Event.wait,
        resolve: Resolve = resolved,
    ) -> None:
        """Take where to ask; `timeout` is the seconds of one request, `most` the tokens of one answer, `attempts` how often
        what may pass by itself is tried."""
        self.at = at
        self._timeout, self._most, self._attempts = timeout, most, attempts
        self._pause, self._resolve = pause, resolve

    def most(self, prompt: Prompt, shape: Any) -> Usage:  # noqa: ANN401 - any type that msgspec knows
        """Return what one request may use at most, without the correction that may follow."""
        return self._upper(prompt.instructions, [prompt.data], _schema(shape))

    def ask(self, prompt: Prompt, shape: type[T], gate: Gate, stop: threading.Event | None = None) -> tuple[T, Usage]:
        """Return the answer as a value of `shape`, and the usage of all requests that it took.

        Raises `ModelFailed` with the outcome, `BudgetSpent` from the gate, `Denied` for an address not to be spoken to, and
        `ModelUnavailable` where the extra `llm` is not installed. With `stop` set it ends at once.
        """
        _have_packages()
        stop = stop or threading.Event()
        said, total, failures, corrected = [prompt.data], Usage(), 0, False
        while True:
            if stop.is_set():
                raise ModelFailed("it was stopped before the model was asked", outcome="stopped", passing=True)
            try:
                text, usage = self._once(prompt, said, _schema(shape), gate, stop)
                total += usage
                return _read(text, shape), total
            except ModelFailed as failure:
                if failure.outcome == "stopped" or not failure.passing:
                    raise
                failures += 1
                self._wait(failure, failures, stop)
            except msgspec.DecodeError as error:
                if corrected:
                    raise ModelFailed(
                        f"{self.at.provider} gave an answer of another shape twice: {str(error)[:_WRONG]}",
                        outcome="malformed", hint="a larger model may do better",
                    ) from error  # fmt: skip
                corrected = True
                said = [prompt.data, text[:_SHOWN] or "(nothing)", _correction(error, shape)]

    def talk(
        self,
        said: Sequence[str],
        tell: Callable[[str], None],
        gate: Gate,
        stop: threading.Event | None = None,
        *,
        purpose: str = "ask",
    ) -> Spoken:
        """Return what the model says in plain text to what was said, by a person and by the model in turns, a person last.

        Each piece goes to `tell` as it comes. It is tried again only while nothing was told. Raises as `ask` does; what was
        told until then is the caller's. What was said goes out byte for byte, with no instructions of ours.
        """
        _have_packages()
        stop, told, failures = stop or threading.Event(), list[str](), 0

        def hear(piece: str) -> None:
            told.append(piece)
            tell(piece)

        while True:
            try:
                return self._told(said, hear, gate, stop, purpose)
            except ModelFailed as failure:
                failures += 1
                if told or failure.outcome == "stopped" or not failure.passing:
                    raise
                self._wait(failure, failures, stop)

    def _told(
        self, said: Sequence[str], hear: Callable[[str], None], gate: Gate, stop: threading.Event, purpose: str
    ) -> Spoken:
        from everlore.models.llm import wire

        call = wire.Call("", said, None, self._most, self._timeout, stop, self._resolve)
        reply = self._past(gate, purpose, self.most_said(said), call, lambda: wire.stream(self.at, call, hear))
        return Spoken(reply.text, reply.usage, reply.outcome)

    def most_said(self, said: Sequence[str]) -> Usage:
        """Return what one answer in plain text to this may use at most."""
        return Usage(estimate("\n".join(said)) + _AROUND, self._most)

    def _once(
        self, prompt: Prompt, said: list[str], schema: dict[str, Any], gate: Gate, stop: threading.Event
    ) -> tuple[str, Usage]:
        """Make one request past the gate."""
        from everlore.models.llm import wire

        call = wire.Call(prompt.instructions, said, schema, self._most, self._timeout, stop, self._resolve)
        most = self._upper(prompt.instructions, said, schema)
        reply = self._past(gate, prompt.purpose, most, call, lambda: wire.request(self.at, call))
        return reply.text, reply.usage or Usage()

    def _past(self, gate: Gate, purpose: str, most: Usage, call: Call, request: Callable[[], Reply]) -> Reply:
        """Make one request past the gate, and raise `ModelFailed` where its answer is of no use."""
        number = gate.before(purpose, most)
        outcome, usage, wait, answered = "failed", None, 0.0, False
        try:
            reply = request()
            outcome, usage, answered = reply.outcome, reply.usage, True
            if outcome == "refused" or (outcome != "ok" and call.schema is not None):
                hint = "llm_output_tokens allows longer answers" if outcome == "truncated" else ""
                raise ModelFailed(f"the answer of {self.at.provider} was {outcome}", outcome=outcome, hint=hint)
            return reply
        except ModelFailed as failure:
            outcome, wait = failure.outcome, failure.retry_after
            if not answered and outcome not in _UNSURE:
                usage = Usage()  # the provider said no, which costs nothing
            raise
        finally:
            gate.after(number, outcome, usage, wait)

    def _wait(self, failure: ModelFailed, failures: int, stop: threading.Event) -> None:
        """Pause before the next try; raise the failure where there is none."""
        wait = max(_PAUSE * 2**failures * random.uniform(0.5, 1.0), failure.retry_after)
        if failures >= self._attempts or wait > _LONGEST_PAUSE:
            raise failure
        self._pause(stop, wait)

    def _upper(self, instructions: str, said: list[str], schema: dict[str, Any]) -> Usage:
        words = "\n".join((instructions, *said, json.dumps(schema)))
        return Usage(estimate(words) + _AROUND, self._most)


_UNSURE = frozenset({"timed out", "unreachable", "stopped", "malformed"})
"""After these nobody knows whether the provider did the work, and charges for it."""


def open_llm(config: Config, *, attempts: int = _ATTEMPTS) -> LanguageModel | None:
    """Return the model that the settings name, None where no provider is set; raise `InvalidInput` or `Denied`."""
    at = endpoint(config)
    if at is None:
        return None
    return LanguageModel(at, timeout=config.llm_timeout, most=config.llm_output_tokens, attempts=attempts)


def _have_packages() -> None:
    if missing := missing_packages():
        raise ModelUnavailable(f"{', '.join(missing)} not installed", hint="pip install 'everlore[llm]'")


def _schema(shape: Any) -> dict[str, Any]:  # noqa: ANN401 - any type that msgspec knows
    """Return the JSON schema of a shape with nothing but what its fields say."""
    (root,), parts = msgspec.json.schema_components([shape], ref_template="#/$defs/{name}")
    name = root["$ref"].rpartition("/")[2]
    found: dict[str, Any] = {**parts.pop(name)}
    if parts:
        found["$defs"] = parts
    return found


def _read(text: str, shape: type[T]) -> T:
    return msgspec.json.decode(text, type=shape)


def _correction(error: Exception, shape: Any) -> str:  # noqa: ANN401 - any type that msgspec knows
    schema = json.dumps(_schema(shape))
    return f"That was not the JSON asked for: {str(error)[:_WRONG]}. Answer again, with nothing but JSON of this schema:\n{schema}"
