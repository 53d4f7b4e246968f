"""Asking a language model in the name of the application: its prompt, its gate, and what every word of it passes.

Nothing here is loaded while no provider is set. What a model says is redacted and scanned before anybody sees it, and what is
not in the sources that it was given is left out with the reason.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec

from everlore.app import answers, requests
from everlore.app.authority import sight
from everlore.app.scope import where
from everlore.app.search import recall
from everlore.app.spending import Meter
from everlore.app.steering import steers
from everlore.core import ids
from everlore.core.errors import Conflict, EverloreError
from everlore.core.types import Namespace
from everlore.guard.redact import redact
from everlore.models.llm.port import LanguageModel, open_llm
from everlore.models.llm.values import Prompt, Usage
from everlore.refine import prompts
from everlore.refine.grounding import Claim, objection
from everlore.refine.prompts import Source, fence

if TYPE_CHECKING:
    from everlore.app.app import App
    from everlore.app.caller import Caller
    from everlore.store.contract import Unit

T = TypeVar("T")

_OVERRIDES = Path(".everlore", "prompts")
_LINES = 5
_LONGEST = 4_000
"""Characters of one statement of a model."""
_WORDS, _LONGEST_WORD = 6, 30
_PATIENCE = 5
"""Seconds that a question waits for other words."""
_WORD = re.compile(r"[^\W\d_][^\W\d_ -]*(?:[ -][^\W\d_]+)*")


class Asker:
    """The model of the settings behind the gate of one run."""

    def __init__(
        self, app: App, *, run: str = "", model: LanguageModel | None = None, stop: threading.Event | None = None
    ) -> None:
        """Open the model; raise `Conflict` where no provider is set."""
        opened = model or open_llm(app.config)
        if opened is None:
            raise Conflict("no language model is set", hint="set llm_provider and llm_model; nothing else needs one")
        self.app = app
        self.model = opened
        self.meter = Meter(app, opened.at, run or ids.fresh(app.clock()))
        self._stop = stop

    @property
    def name(self) -> str:
        """The provider and model, as proposals name who made them."""
        return f"{self.model.at.provider} {self.model.at.model}"

    def ask(self, prompt: Prompt, shape: type[T]) -> tuple[T, Usage]:
        """Return the answer as a value of `shape`; raise what `LanguageModel.ask` does."""
        return self.model.ask(prompt, shape, self.meter, self._stop)


def prompt_of(
    app: App, unit: Unit, purpose: str, node: Namespace | None, sources: Sequence[Source], question: str = ""
) -> Prompt:
    """Return a prompt in the words of the project, of the home, or ours."""
    places = []
    for number in reversed(node.lineage if node else ()):
        places += [Path(root) / _OVERRIDES for root, _ in unit.rows("places_of", namespace=number)]
    told = prompts.load(purpose, [*places, app.config.home / "prompts"])
    return Prompt(purpose, told, fence(sources, question=question))


def cleaned(text: str) -> tuple[str, str]:
    """Return a model's text as it may be kept, and why it may not be, empty if it may."""
    kept = redact(" ".join(text.split()) if "\n" not in text else text.strip()).text
    return kept, f"it tries to steer its reader ({why})" if (why := steers(kept)) else ""


def checked(text: str, labels: Sequence[str], given: Mapping[str, str]) -> tuple[str, str]:
    """Return a model's statement as it may be kept, and why it is refused, empty if it is not."""
    if len(text) > _LONGEST:
        return "", "it is too long"
    kept, why = cleaned(text)
    return kept, why or objection(Claim(kept, labels), given)


class _Sentence(msgspec.Struct):
    text: str
    sources: list[str]


class _Reply(msgspec.Struct):
    sentences: list[_Sentence]


def answer(app: App, caller: Caller, request: requests.Answer) -> answers.Answered:
    """Answer a question from what recall finds: in a model's sentences where a provider is set, else in the lines themselves."""
    asked = requests.Recall(query=request.question, namespace=request.namespace, cwd=request.cwd, limit=request.limit)
    items = recall(app, caller, asked).items
    if not items:
        return _answered([], None, 0)
    if not app.config.llm_provider:
        return _answered([answers.Sentence(text=item.text, sources=[item.id]) for item in items[:_LINES]], None, 0)
    asker = Asker(app)
    ids_of = {f"S{number}": item.id for number, item in enumerate(items, 1)}
    sources = [
        Source(label, item.text, ", ".join(filter(None, ((item.time or "")[:10], item.speaker or item.memory_kind))))
        for label, item in zip(ids_of, items, strict=True)
    ]
    with app.read() as unit:
        node = where(app, unit, request.namespace, request.cwd, sight(unit, caller))
        prompt = prompt_of(app, unit, "answer", node, sources, redact(request.question).text)
    reply, usage = asker.ask(prompt, _Reply)
    given, sentences, refused = {one.label: one.text for one in sources}, [], []
    for said in reply.sentences:
        text, why = checked(said.text, said.sources, given)
        if why:
            refused.append(why)
        else:
            cited = list(dict.fromkeys(ids_of[label] for label in said.sources))
            sentences.append(answers.Sentence(text=text, sources=cited))
    return _answered(sentences, asker.name, usage.sent + usage.received, refused)


def _answered(
    sentences: list[answers.Sentence], model: str | None, tokens: int, refused: Sequence[str] = ()
) -> answers.Answered:
    text = "\n".join(f"{one.text} [{', '.join(one.sources)}]" for one in sentences) or "nothing known"
    return answers.Answered(
        known=bool(sentences), text=text, sentences=sentences, model=model, tokens=tokens, refused=list(refused)
    )


class _Words(msgspec.Struct):
    words: list[str]


def more_words(app: App, question: str) -> str:
    """Return a question with other words for what it asks, empty where a model gives none or none in time; nothing is raised."""
    try:
        hasty = replace(app.config, llm_timeout=min(_PATIENCE, app.config.llm_timeout))
        asker = Asker(app, model=open_llm(hasty, attempts=1))
        with app.read() as unit:
            prompt = prompt_of(app, unit, "expansion", None, [], redact(question).text)
        found = asker.ask(prompt, _Words)[0].words
    except EverloreError:
        return ""  # the row of the request says what was wrong, and the plain question stands
    known = question.casefold()
    fresh = [
        word
        for word in dict.fromkeys(word.strip() for word in found)
        if len(word) <= _LONGEST_WORD and _WORD.fullmatch(word) and word == word.lower() and word not in known
    ]
    return f"{question} {' '.join(fresh[:_WORDS])}" if fresh else ""
