"""A person's talk with a language model: what was said before, what one more request costs, and the answer as it comes.

Each request passes the gate of `spending`, as every other does. What is sent is what was said and nothing of ours beside it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from everlore.app.authority import sight
from everlore.app.spending import Meter
from everlore.core import ids
from everlore.core.config import Config
from everlore.core.errors import Conflict, ModelUnavailable, NotFound
from everlore.core.tokens import estimate
from everlore.models.llm import prices
from everlore.models.llm.port import LanguageModel, open_llm
from everlore.models.llm.providers import Endpoint, endpoint, missing_packages
from everlore.models.llm.values import Spoken, Usage
from everlore.store import namespaces

if TYPE_CHECKING:
    from everlore.app.app import App
    from everlore.app.caller import Caller

EARLIER_TOKENS = 8_000
"""Of a conversation that goes on, the newest turns of so many estimated tokens are sent along."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a request costs: tokens in by our estimate, the most that may come out, millionths of a dollar for both, or None."""

    sent: int
    most: int
    money_sent: int | None
    money_most: int | None
    prices: str


@dataclass(frozen=True, slots=True)
class Earlier:
    """What was said in a conversation, by a person and by the model in turns, a person first; the ids of all its turns."""

    said: tuple[str, ...] = ()
    turns: tuple[str, ...] = ()


def ready(config: Config) -> Endpoint:
    """Return who would be asked; raise where nobody is set, or something is missing to ask."""
    at = endpoint(config)
    if at is None:
        hint = "name one with --provider and --model, or set llm_provider and llm_model; `lore setup` asks for them"
        raise Conflict("no language model is set", hint=hint)
    at.key()
    if missing := missing_packages():
        raise ModelUnavailable(f"{', '.join(missing)} not installed", hint="pip install 'everlore[llm]'")
    return at


def cost(config: Config, said: Sequence[str]) -> Cost:
    """Return what it costs to say this to the model of the settings; of a model that is not set no price is known."""
    at = endpoint(config) if config.llm_model else None
    sent, most = estimate("\n".join(said)), config.llm_output_tokens
    if at is None:
        return Cost(sent, most, None, None, "")
    table = "" if at.free else prices.version()
    return Cost(sent, most, prices.money(at, Usage(sent)), prices.money(at, Usage(0, most)), table)


def earlier(app: App, caller: Caller, client: str, session: str) -> Earlier:
    """Return what was said in a session; raise `NotFound` where there is none that the caller may see."""
    with app.read() as unit:
        row = unit.one("session_of_client", client=client, external=session)
        where = namespaces.by_id(unit, row[2]) if row else None
        if row is None or where is None or not sight(unit, caller).covers(where):
            hint = f"`lore sessions --client {client}` lists them"
            raise NotFound(f"{client} has no session {session!r}", field="session", hint=hint)
        rows = unit.rows("turns_of_session", session=row[0], first=0, withdrawn=0)
    turns = tuple(row[1] for row in rows)
    return Earlier(tuple(_alternating([(row[6], row[8]) for row in rows])), turns)


def _alternating(turns: Sequence[tuple[str, str]]) -> list[str]:
    """Return the newest exchanges that fit; a prompt that nobody answered is left out."""
    said: list[str] = []
    room, answer = EARLIER_TOKENS, ""
    for role, text in reversed(turns):
        if role == "assistant":
            answer = f"{text}\n\n{answer}" if answer else text
        elif role == "user" and answer:
            room -= estimate(text) + estimate(answer)
            if room < 0:
                break
            said += [answer, text]
            answer = ""
    return said[::-1]


def talk(
    app: App, config: Config, said: Sequence[str], tell: Callable[[str], None], stop: threading.Event
) -> tuple[Spoken, int | None]:
    """Return what the model of `config` says, and its price in millionths of a dollar if that is known.

    Pieces go to `tell` as they come. Raises as `LanguageModel.talk` does.
    """
    model = open_llm(config)
    assert model is not None, "who asks has looked whether there is a model"
    spoken = _talked(app, model, said, tell, stop)
    return spoken, prices.money(model.at, spoken.usage) if spoken.usage else None


def _talked(
    app: App, model: LanguageModel, said: Sequence[str], tell: Callable[[str], None], stop: threading.Event
) -> Spoken:
    meter = Meter(app, model.at, ids.fresh(app.clock()))
    return model.talk(said, tell, meter, stop)
