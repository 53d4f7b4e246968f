"""What is written after an answer has been relayed, by one thread, so that no client waits for it: the row of the ledger, and the exchange.

An answer that the model gives in several steps, with tools between them, is kept once, when its last step has come. What
cannot be written now is tried again, in order; what waits when the proxy ends is written then, or told in the log.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import TimeoutError as Late
from contextlib import suppress
from dataclasses import dataclass
from dataclasses import replace as but
from typing import TYPE_CHECKING, Any

from everlore.app.caller import Caller
from everlore.core.errors import EverloreError, StoreBusy, StoreUnavailable
from everlore.guard.redact import label
from everlore.surfaces.proxy.answers import UnreadableError, objects
from everlore.surfaces.proxy.memory import SURFACE, Exchange, Memory
from everlore.surfaces.proxy.shape import Answered

if TYPE_CHECKING:
    from everlore.app.ledger.queue import Injection

MOST = 10_000
"""How many exchanges wait to be written, and how many for their last step."""
LARGEST = 32 << 20
"""The bytes of an answer that are kept to be read."""
_PAUSE = 1.0
_POLITE = 0.2
"""Seconds that a request which waits for memory goes first."""
_CALM = 20
"""Exchanges that may wait while requests go first; of more, none is to be lost for politeness."""
_STEPS = 900.0
"""Seconds after which an answer in steps counts as ended."""
_READ = 30.0
_LONGEST = 1_000_000

log = logging.getLogger("everlore.proxy")


_Place = tuple[str, bytes]
"""A conversation's id and the key of its prompt."""


@dataclass(frozen=True, slots=True)
class Relayed:
    """What came back for an exchange: its bytes with type and coding, and whether it came whole."""

    exchange: Exchange
    data: bytes
    kind: str
    coding: str
    whole: bool


@dataclass(slots=True)
class _Steps:
    """An answer in steps: what is to be captured, and when its last step came."""

    request: dict[str, Any]
    caller: Caller
    words: list[str]
    at: float


class Recorder:
    """One thread that writes; `put` and `close` may be called from any other."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._relayed: deque[Relayed] = deque()
        self._steps: OrderedDict[_Place, _Steps] = OrderedDict()
        self._ended: deque[_Steps] = deque()
        """What could not be captured yet."""
        self._state = threading.Condition()
        self._ending = self._busy = False
        self._written, self._owing = 0, False
        self._thread = threading.Thread(target=self._run, name="everlore-recorder", daemon=True)
        self._thread.start()

    def put(self, relayed: Relayed) -> None:
        """Have an exchange written."""
        with self._state:
            if len(self._relayed) >= MOST:
                self._relayed.popleft()
                log.error("an exchange was not kept: %s wait already", MOST)
            self._relayed.append(relayed)
            self._state.notify_all()

    def settle(self, exchanges: int, seconds: float) -> bool:
        """Wait until so many exchanges were put and nothing waits, up to some seconds; return whether it came to that."""
        with self._state:
            return self._state.wait_for(
                lambda: self._written >= exchanges and not (self._relayed or self._ended or self._owing or self._busy),
                seconds,
            )

    def close(self, seconds: float) -> bool:
        """Write what waits and end; return whether all of it was written within some seconds."""
        with self._state:
            self._ending = True
            self._state.notify_all()
        self._thread.join(seconds)
        left = len(self._relayed) + len(self._steps) + len(self._ended)
        if left:
            log.error("%s exchanges were not kept: the store could not be written to", left)
        return not left

    def _run(self) -> None:
        while True:
            with self._state:
                self._busy = False
                self._state.notify_all()
                if not self._relayed and not self._ending:
                    self._state.wait(_PAUSE if self._ended or self._steps or self._owing else None)
                ending, todo = self._ending, self._relayed.popleft() if self._relayed else None
                self._busy = True
            if len(self._relayed) < _CALM:
                self._memory.quiet.wait(_POLITE)
            if todo is not None:
                _guarded(lambda todo=todo: self._record(todo))  # type: ignore[misc]
                self._written += 1
                continue
            now = time.monotonic()
            for place, steps in list(self._steps.items()):
                if ending or now - steps.at > _STEPS:
                    self._ended.append(self._steps.pop(place))
            if self._owing:
                self._flush()
            self._capture()
            if ending and not self._relayed:
                return

    def _record(self, relayed: Relayed) -> None:
        exchange = relayed.exchange
        if exchange.read is not None:
            try:
                exchange.read.result(_READ)
            except Late:
                log.warning("a request was not read within %.0f s", _READ)
            except Exception:  # noqa: BLE001, S110 - it was told when it happened
                pass
        if exchange.silent == "off":
            return
        answered = _read(relayed)
        if exchange.found:
            self._memory.conversations.answered(exchange.found, answered.text)
        row = self._memory.row(exchange)
        self._count(row, answered, _outcome(relayed, answered))
        if exchange.asked and exchange.found and not exchange.silent and exchange.prompt:
            self._keep(exchange, answered, row)

    def _count(self, row: Injection, answered: Answered, outcome: str) -> None:
        """Queue the row of the ledger, and write what is queued, if that can be done now."""
        app = self._memory.app
        usage: dict[str, Any] = dict(answered.usage)
        app.uses.add(but(row, model=label(answered.model[:200]) or row.model, outcome=outcome, **usage))
        self._flush()

    def _flush(self) -> None:
        self._owing = True
        with suppress(EverloreError, ValueError):
            self._memory.app.uses.flush(self._memory.app.store)
            self._owing = False

    def _keep(self, exchange: Exchange, answered: Answered, row: Injection) -> None:
        """Add a step to its answer, and capture the exchange with the last one."""
        found, wish = exchange.found, exchange.wish
        if found is None:
            return
        place: _Place = (found.conversation.id, found.keys[-1])
        steps = self._steps.pop(place, None)
        if steps is None:
            model = answered.model or (exchange.asked.model if exchange.asked else "")
            request = {
                "prompt": exchange.prompt[:_LONGEST], "client": wish.client, "session": found.conversation.id, "injection": row.uid,
                "provider": exchange.provider, **({"model": model[:200]} if model else {}), **self._memory.scope(wish),
            }  # fmt: skip
            steps = _Steps(request, Caller(wish.client, SURFACE), [], 0.0)
        if answered.text.strip():
            steps.words.append(answered.text.strip())
        steps.at = time.monotonic()
        self._steps[place] = steps
        if not answered.calls:
            self._ended.append(self._steps.pop(place))
        elif len(self._steps) > MOST:
            self._ended.append(self._steps.popitem(last=False)[1])
        self._capture()

    def _capture(self) -> None:
        """Capture what has ended, in order, until that cannot be done."""
        while self._ended:
            steps = self._ended[0]
            response = "\n\n".join(steps.words)[:_LONGEST]
            try:
                if response:
                    self._memory.app.call("capture", {**steps.request, "response": response}, steps.caller)
            except (StoreBusy, StoreUnavailable):
                if len(self._ended) <= MOST:
                    return
                log.error("an exchange was not kept: %s wait for the store already", MOST)
            except Exception as error:  # noqa: BLE001 - one exchange that cannot be kept must not hold up the others
                _complain(error)
            self._ended.popleft()


def _guarded(work: Callable[[], None]) -> None:
    try:
        work()
    except Exception as error:  # noqa: BLE001 - one exchange that cannot be kept must not hold up the others
        _complain(error)


def _read(relayed: Relayed) -> Answered:
    try:
        return relayed.exchange.shape.answered(objects(relayed.data, relayed.kind, relayed.coding))
    except UnreadableError as error:
        log.warning("an answer was relayed but cannot be read here: %s", error)
        return Answered()


def _outcome(relayed: Relayed, answered: Answered) -> str:
    """Return in a word what became of a request: why memory was silent, or whether its answer came whole."""
    if relayed.exchange.silent:
        return relayed.exchange.silent
    if relayed.whole or answered.ended:
        return "answered"
    return "cut" if answered.text else "unanswered"


def _complain(error: Exception) -> None:
    if isinstance(error, EverloreError):
        log.warning("an exchange was not kept: %s", error.message)
    else:
        log.error("an exchange was not kept", exc_info=error)
