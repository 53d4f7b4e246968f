"""What memory does for one request: it reads it, asks what to tell with its newest prompt, and puts blocks into it.

Reading and asking take place in threads, and whoever relays waits for both no longer than a budget allows. What comes too
late is not sent, and then it was not told: it leaves no trace in the conversation and none in the ledger.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from dataclasses import replace as but
from typing import TYPE_CHECKING, Any

from everlore.app.caller import Caller
from everlore.app.ledger.queue import Conversation as Known
from everlore.app.ledger.queue import Injection
from everlore.core import ids, namespaces
from everlore.core.cite import FENCE
from everlore.core.errors import EverloreError, InvalidInput, NotFound
from everlore.core.tokens import estimate
from everlore.guard.redact import label
from everlore.surfaces.proxy import splice
from everlore.surfaces.proxy.conversations import Conversation, Conversations, Found, Sent
from everlore.surfaces.proxy.headers import Wish
from everlore.surfaces.proxy.shape import Asked, Shape, is_aside

if TYPE_CHECKING:
    from everlore.app.app import App

SURFACE = "proxy"
READERS, ASKERS = 2, 4
_LONGEST = 20_000
"""Letters of a prompt that are asked about."""
_SMALL = 64 * 1024
"""Bytes of a body that is read in about a millisecond."""
_BLANK = "\n\n"

log = logging.getLogger("everlore.proxy")


@dataclass(slots=True)
class Exchange:
    """One request as memory took part in it.

    `silent` says why nothing is told or kept ("off", "aside", "hooks"), "" where memory does what it can. `pieces` are what is
    put in, by offset. `injection` is its row of the ledger, written when it is answered.
    """

    shape: Shape
    provider: str
    wish: Wish
    key: bytes
    silent: str = ""
    asked: Asked | None = None
    found: Found | None = None
    body: bytes | None = None
    """The request with what it is to be told; None where it stays as it is."""
    tokens: int = 0
    repeated: int = 0
    injection: Injection | None = None
    milliseconds: float = 0.0
    gone: bool = False
    """Whether the request has been sent on, so that nothing more can be put into it."""
    lock: threading.Lock = field(default_factory=threading.Lock)
    read: Future[None] | None = None

    @property
    def prompt(self) -> str:
        """What the user asked last."""
        prompts = self.asked.prompts if self.asked else []
        return self.asked.messages[prompts[-1]].text if self.asked and prompts else ""

    @property
    def conversation(self) -> Conversation | None:
        """The conversation it belongs to."""
        return self.found.conversation if self.found else None


class Memory:
    """One application's memory, asked within `patience` seconds; safe to use from several threads."""

    def __init__(self, app: App, patience: float, namespace: str = "") -> None:
        self.app = app
        self.conversations = Conversations()
        self._patience = patience
        self._namespace = namespace
        self._readers = ThreadPoolExecutor(READERS, "everlore-reader")
        self._askers = ThreadPoolExecutor(ASKERS, "everlore-asker")
        self._asking = threading.BoundedSemaphore(2 * ASKERS)
        self._active = 0
        self.quiet = threading.Event()
        """Set while no request waits for memory."""
        self.quiet.set()

    def warm(self) -> None:
        """Open the store and load what a question needs, so that the first request does not wait for it."""
        try:
            self._context({"prompt": "what is known of this machine", "client": SURFACE}, Caller(SURFACE, SURFACE))
        except EverloreError as error:
            log.warning("memory is not to be had: %s", error.message)

    async def take_part(self, exchange: Exchange, path: str, body: bytes) -> bytes:
        """Return the body to send: with what it is to be told, or as it is when memory fails or takes too long."""
        started = time.perf_counter()
        self._active += 1
        self.quiet.clear()
        try:
            await self._tell(exchange, path, body)
        finally:
            self._active -= 1
            if not self._active:
                self.quiet.set()
        with exchange.lock:
            exchange.gone = True
            exchange.milliseconds = round((time.perf_counter() - started) * 1000, 3)
            return body if exchange.body is None else exchange.body

    async def _tell(self, exchange: Exchange, path: str, body: bytes) -> None:
        """Have a request read and memory asked, as far as the time allows."""
        exchange.read = self._begin(exchange, path, body)
        told: Future[None] | None = None
        try:
            async with asyncio.timeout(self._patience):
                if not exchange.read.done():
                    await _done(exchange.read)
                exchange.read.result()
                if self._is_to_ask(exchange) and self._asking.acquire(blocking=False):
                    told = self._askers.submit(self._ask, exchange, body)
                    told.add_done_callback(lambda _: self._asking.release())
                    await _done(told)
        except TimeoutError:
            log.warning("memory took longer than %.0f ms; a request went on without it", self._patience * 1000)
        except Exception as error:  # noqa: BLE001 - whatever happens to memory, the request goes on
            _complain(error)

    def _begin(self, exchange: Exchange, path: str, body: bytes) -> Future[None]:
        """Have a request read: a small one here and now, which takes less than to hand it to a thread."""
        if len(body) > _SMALL:
            return self._readers.submit(self._read, exchange, path, body)
        done = Future[None]()
        try:
            self._read(exchange, path, body)
            done.set_result(None)
        except Exception as error:  # noqa: BLE001 - told by whoever looks at the future
            done.set_exception(error)
        return done

    def answered(self, exchange: Exchange, first: bytes) -> None:
        """Note that an answer has begun to come: what was told with this prompt was told."""
        found = exchange.found
        if found and found.keys and (sent := found.conversation.sent.get(found.keys[-1])):
            sent.answered = True
        if found and exchange.asked and (named := exchange.shape.name_in(first)):
            self.conversations.goes_on(found, named, exchange.asked, exchange.wish.place, exchange.key)

    def failed(self, exchange: Exchange) -> None:
        """Note that the request was not answered: what was to be told with it is asked for anew when it is sent again."""
        if exchange.found and exchange.injection:
            exchange.found.conversation.unsay(exchange.found.keys[-1])

    def close(self) -> None:
        """End the threads; those that are stuck in a store are left to themselves."""
        for pool in (self._readers, self._askers):
            pool.shutdown(wait=False, cancel_futures=True)

    def _read(self, exchange: Exchange, path: str, body: bytes) -> None:
        """Read a request, find its conversation, and put in what was told in it before."""
        shape = exchange.shape
        text = body.decode("utf-8")
        asked = exchange.asked = shape.asked(splice.document(text, shape.lists), path)
        if asked is None or exchange.silent:
            return
        if is_aside(asked):
            exchange.silent = "aside"
        elif asked.prompts and f"<{FENCE}" in asked.messages[asked.prompts[-1]].whole:
            exchange.silent = "hooks"  # the client's own hooks have asked, and they capture too
        if exchange.silent != "aside":
            found = exchange.found = self.conversations.find(asked, exchange.wish.place, exchange.key)
            with exchange.lock:
                if not exchange.gone:
                    _put(exchange, text, found, asked)

    def _is_to_ask(self, exchange: Exchange) -> bool:
        """Tell whether the newest prompt is one that nothing was asked about yet."""
        asked, found = exchange.asked, exchange.found
        if asked is None or found is None or exchange.silent or not asked.is_fresh:
            return False
        return not self._is_sent(found)

    def _is_sent(self, found: Found) -> bool:
        sent = found.conversation.sent.get(found.keys[-1])
        if sent is None:
            return False
        return not (found.conversation.named and len(found.keys) == 1 and sent.answered)

    def _ask(self, exchange: Exchange, body: bytes) -> None:
        """Ask what to tell with the newest prompt and put that in too, unless the request has gone on meanwhile."""
        asked, found, wish = exchange.asked, exchange.found, exchange.wish
        if asked is None or found is None:
            return
        conversation = found.conversation
        told, injection = self._context({
            "prompt": exchange.prompt[:_LONGEST], "client": wish.client, "session": conversation.id, "told": list(conversation.told),
            "provider": exchange.provider, **self.scope(wish), **({"model": asked.model[:200]} if asked.model else {}),
        }, Caller(wish.client, SURFACE))  # fmt: skip
        text = body.decode("utf-8")
        with exchange.lock:
            if exchange.gone:
                return
            before = conversation.sent.get(found.keys[-1])
            new = None
            if (
                told.block or before is None or not before.block
            ):  # what was told with this very prompt is told with it again
                new = conversation.note(found.keys[-1], told.block or "", [item.id for item in told.items])
            exchange.injection = injection
            _put(exchange, text, found, asked, new)

    def scope(self, wish: Wish) -> dict[str, str]:
        """Return where a request belongs: where it says, else where the settings say."""
        namespace = wish.namespace or ("" if wish.cwd else self._namespace)
        return {name: text for name, text in (("namespace", namespace), ("cwd", wish.cwd)) if text}

    def row(self, exchange: Exchange) -> Injection:
        """Return an exchange's row of the ledger."""
        wish, conversation, now = exchange.wish, exchange.conversation, self.app.clock()
        known = Known(wish.client, conversation.id) if conversation else None
        row = exchange.injection or Injection(
            ids.fresh(now), now, SURFACE, "context", _node(self.scope(wish).get("namespace")), (), 0, 0.0, withheld=True,
            conversation=known, provider=exchange.provider, model=label(exchange.asked.model[:200]) if exchange.asked else None,
        )  # fmt: skip
        return but(
            row, tokens=exchange.tokens, repeated=exchange.repeated, milliseconds=exchange.milliseconds,
            withheld=exchange.tokens == 0,
        )  # fmt: skip

    def _context(self, request: Mapping[str, Any], caller: Caller) -> tuple[Any, Injection | None]:
        """Ask for context; its row of the ledger is held back, to be written when the request is answered."""
        with self.app.uses.held() as held:
            told: Any = self.app.call("context", request, caller)
        return told, held[-1] if held else None


def _node(path: str | None) -> str | None:
    """Return a namespace that a client names; None for what is none."""
    with suppress(InvalidInput):
        return "/".join(namespaces.parse(path)) if path else None
    return None


async def _done(work: Future[None]) -> None:
    """Wait for work in a thread, which goes on when nobody waits any more; what it raises then is nobody's to see."""
    waiting = asyncio.wrap_future(work)
    waiting.add_done_callback(lambda done: None if done.cancelled() else done.exception())
    await asyncio.shield(waiting)


def _put(exchange: Exchange, text: str, found: Found, asked: Asked, new: Sent | None = None) -> None:
    """Set the body with every block at its place, and count them; all but a new one were sent before."""
    pieces, tokens, repeated = [], 0, 0
    for place, key in zip(asked.prompts, found.keys, strict=True):
        sent = found.conversation.sent.get(key)
        message = asked.messages[place]
        if sent is None or not sent.block or message.path is None:
            continue
        piece = sent.block + _BLANK
        pieces.append((splice.inside(text, message.start, message.path), piece))
        cost = estimate(piece)
        tokens += cost
        repeated += 0 if sent is new else cost
    exchange.body = splice.insert(text, pieces).encode("utf-8", "surrogatepass") if pieces else None
    exchange.tokens, exchange.repeated = tokens, repeated


def _complain(error: Exception) -> None:
    """Log why memory took no part; a body that is no JSON of its shape is for the upstream to complain of."""
    if isinstance(error, NotFound):  # nothing was kept yet in the namespace that it names
        log.info("memory took no part in a request: %s", error.message)
    elif isinstance(error, EverloreError):
        log.warning("memory took no part in a request: %s", error.message)
    elif not isinstance(error, (ValueError, RecursionError)):
        log.error("memory took no part in a request", exc_info=error)
