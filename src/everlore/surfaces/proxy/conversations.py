"""Which conversation a request belongs to, and what was put before which prompt of it.

A client sends its whole history with each request, without our blocks. They are put back where they were, byte for byte,
so that the provider's prefix cache goes on to match and the model does not forget what it has read. A conversation is
known by its prompts: each prompt has a key that is a digest of all prompts up to it, of where it belongs (session,
namespace, directory), of the model's family, and of the client's key. Neither the key of the client nor its digest is
stored: it is hashed with a secret of this process. The system prompt only helps to tell apart what begins alike, since
some clients change it with every request.

What begins as an answered conversation began is a new one; a request that was never answered is the same one, sent again.
Everything is kept in memory, the least recently used prompts are dropped.
"""

from __future__ import annotations

import os
import re
import threading
import uuid
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

from everlore.surfaces.proxy.shape import Asked

MOST = 4_096
"""How many prompts are kept."""
_ALIKE = 8
"""How many conversations that begin alike are told apart."""
_FAMILY = re.compile(r"[a-z]+", re.IGNORECASE)
_SECRET = os.urandom(32)


@dataclass(slots=True)
class Sent:
    """What was put before one prompt, "" for nothing; its items, and whether an answer to it has come."""

    block: str
    items: tuple[str, ...] = ()
    answered: bool = False


@dataclass(slots=True)
class Conversation:
    """One conversation: its id, and what was sent with its prompts, by their keys."""

    id: str
    named: bool
    """Whether the client gave the id."""
    system: bytes = b""
    answer: bytes = b""
    """The digest of the last answer that was relayed."""
    sent: dict[bytes, Sent] = field(default_factory=dict)
    told: dict[str, None] = field(default_factory=dict)

    def note(self, key: bytes, block: str, items: Sequence[str]) -> Sent:
        """Note what is sent with a prompt."""
        sent = self.sent[key] = Sent(block, tuple(items))
        self.told.update(dict.fromkeys(items))
        return sent

    def unsay(self, key: bytes) -> None:
        """Forget what was to be sent with a prompt and was not."""
        sent = self.sent.pop(key, None)
        kept = {item for each in self.sent.values() for item in each.items}
        for item in sent.items if sent else ():
            if item not in kept:
                self.told.pop(item, None)


@dataclass(frozen=True, slots=True)
class Found:
    """A request's conversation, and the keys of its prompts in order."""

    conversation: Conversation
    keys: tuple[bytes, ...]


class Conversations:
    """The conversations that this process has seen lately. Safe to use from several threads."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._by_key: OrderedDict[bytes, list[Conversation]] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, asked: Asked, place: Mapping[str, str], key: bytes) -> Found:
        """Return the conversation of a request, a new one if it goes on from none; `key` is the client's own."""
        session, seed = place.get("session", ""), _seed(asked, place, key)
        if asked.told_by:
            seed = _digest(seed, b"goes on", asked.told_by.encode())
        keys, last = [], seed
        for at in asked.prompts:
            last = _digest(last, asked.messages[at].text.encode("utf-8", "surrogatepass"))
            keys.append(last)
        with self._lock:
            found = self._known(
                asked, keys, seed, system := _digest(asked.system.encode("utf-8", "surrogatepass")), session
            )
            if found is None:
                found = Conversation(session or uuid.uuid4().hex, bool(session), system)
            for each in [*keys, *([seed] if session else [])]:
                self._keep(each, found)
        return Found(found, tuple(keys))

    def answered(self, found: Found, text: str) -> None:
        """Note the words of the newest answer, which the client will send with what it asks next."""
        with self._lock:
            found.conversation.answer = _words(text)

    def goes_on(self, found: Found, name: str, asked: Asked, place: Mapping[str, str], key: bytes) -> None:
        """Note under which name the provider keeps a conversation that the client will not send again."""
        with self._lock:
            self._keep(_digest(_seed(asked, place, key), b"goes on", name.encode()), found.conversation)

    def _known(
        self, asked: Asked, keys: Sequence[bytes], seed: bytes, system: bytes, session: str
    ) -> Conversation | None:
        for named in [seed] if session or asked.told_by else []:
            if candidates := self._by_key.get(named):
                return candidates[-1]
        last = _last_answer(asked)
        for place in range(len(keys) - 1, -1, -1):
            candidates = self._by_key.get(keys[place], [])
            if place == 0 and len(keys) == 1 and asked.is_fresh:  # what begins like one that went on is another
                candidates = [each for each in candidates if not _is_answered(each, keys[0])]
            if candidates:
                order = [(each.answer == last, each.system == system, at) for at, each in enumerate(candidates)]
                return candidates[max(order)[2]]
        return None

    def _keep(self, key: bytes, conversation: Conversation) -> None:
        known = self._by_key.setdefault(key, [])
        self._by_key.move_to_end(key)
        if conversation in known:
            known.remove(conversation)
        known.append(conversation)
        del known[:-_ALIKE]
        while len(self._by_key) > self._most:
            gone, had = self._by_key.popitem(last=False)
            for each in had:
                each.sent.pop(gone, None)


def _seed(asked: Asked, place: Mapping[str, str], key: bytes) -> bytes:
    """Return what the keys of a conversation's prompts begin with."""
    family = _FAMILY.match(asked.model)
    belongs = (f"{name}={text}".encode() for name, text in sorted(place.items()))
    return _digest(_SECRET, key, *belongs, (family[0].lower() if family else "").encode())


def _is_answered(conversation: Conversation, key: bytes) -> bool:
    sent = conversation.sent.get(key)
    return sent is not None and sent.answered


def _last_answer(asked: Asked) -> bytes:
    """Return the digest of the newest answer in the history."""
    for message in reversed(asked.messages):
        if message.role == "assistant" and message.text.strip():
            return _words(message.text)
    return b"-"


def _words(text: str) -> bytes:
    return _digest(" ".join(text.split()).encode("utf-8", "surrogatepass"))


def _digest(*parts: bytes) -> bytes:
    hashed = blake2b(digest_size=16)
    for part in parts:
        hashed.update(len(part).to_bytes(8, "big") + part)
    return hashed.digest()
