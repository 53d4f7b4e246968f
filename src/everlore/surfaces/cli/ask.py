"""`lore ask`: a question to a language model, with what is remembered of it before it, and the exchange kept.

What is remembered comes from `context`, the exchange goes to `capture`, as from any surface; between the two the model is asked
in this process, for the key is in its environment and the terminal is its own. Standard output is the answer and nothing else.
"""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from everlore.core.errors import EverloreError, InvalidInput, NotFound
from everlore.surfaces import daemon
from everlore.surfaces.cli import call, operation
from everlore.surfaces.cli.commands import json_option
from everlore.surfaces.cli.failures import PIPE_CLOSED
from everlore.surfaces.cli.terminal import Page, clean, emit, tell

if TYPE_CHECKING:
    from everlore.app.talking import Cost, Earlier
    from everlore.core.config import Config
    from everlore.models.llm.values import Spoken

Json = dict[str, Any]

CLIENT = "lore"
"""As whose session an exchange is kept."""
_LONGEST = 1_000_000
_RECENT = 50
_PROVIDERS = ("claude", "anthropic", "openai", "gemini", "ollama", "compatible")


@dataclass(frozen=True, slots=True)
class _Options:
    """What was asked for on the command line beside the prompt."""

    platform: str | None
    namespace: str | None
    session: str
    goes_on: bool
    memory: bool
    capture: bool
    budget: int | None
    as_json: bool


@click.command(
    params=[json_option()],
    help="Ask a language model, with what is remembered of the question before it; the exchange is kept as turns. PROMPT is all"
    " the words given; a single - among them is standard input, and so is no word at all where that is no terminal. The key comes"
    " from the environment.",
)
@click.argument("prompt", nargs=-1, metavar="[PROMPT]...")
@click.option("-p", "--provider", type=click.Choice(_PROVIDERS), help="Whom to ask  [default: llm_provider]")
@click.option("-m", "--model", default="", metavar="MODEL", help="Which model  [default: llm_model]")
@click.option("--platform", metavar="NAME", help="What the exchange is said to come from")
@click.option("-n", "--namespace", metavar="NAMESPACE", help="The project  [default: that of this directory]")
@click.option("--session", default="", metavar="NAME", help="The conversation to begin or to go on with")
@click.option("-c", "--continue", "goes_on", is_flag=True, help="Go on with the latest conversation of this directory")
@click.option("--budget", type=click.IntRange(20, 20_000), metavar="TOKENS", help="The most that is remembered for it")
@click.option("--no-memory", is_flag=True, help="Send the prompt as it is")
@click.option("--no-capture", is_flag=True, help="Keep nothing of the exchange")
@click.option(
    "--dry-run", is_flag=True, help="Print what would be sent, byte for byte, and what it costs; send nothing"
)
def ask(
    as_json: bool, prompt: tuple[str, ...], provider: str | None, model: str, platform: str | None, namespace: str | None,
    session: str, goes_on: bool, budget: int | None, no_memory: bool, no_capture: bool, dry_run: bool,
) -> int:  # fmt: skip
    """Ask once."""
    from everlore.app import talking
    from everlore.core.config import load
    from everlore.models.llm.providers import chosen
    from everlore.surfaces.cli.keys import ask_if_needed

    said = _prompt(prompt)
    config = load()
    asked = chosen(config, provider or "", model)
    if not dry_run:
        _warm(talking.ready(asked).provider)
    ask_if_needed(config)
    options = _Options(platform, namespace, session, goes_on, not no_memory, not no_capture, budget, as_json)
    exchange = _begun(config, asked, said, options, dry_run=dry_run)
    if dry_run:
        return _shown(exchange, talking.cost(asked, exchange.messages))
    return exchange.run()


def _warm(provider: str) -> None:
    """Load what asks the model, which takes a second, while a server says what is remembered."""
    if daemon.find(daemon.home_directory()) is None:
        return  # this process has to say it, and two that load at once would wait for each other

    def load() -> None:
        with suppress(Exception):  # whatever it is, asking will say so
            from everlore.models.llm import wire

            wire.load(provider)

    threading.Thread(target=load, daemon=True).start()


def _prompt(words: Sequence[str]) -> str:
    """Return the prompt that the words are; raise `InvalidInput` where there is none."""
    if not words and sys.stdin.isatty():
        raise InvalidInput(
            "there is nothing to ask", field="prompt", hint="lore ask 'Which port does the gateway use?'"
        )
    runs, run = list[str](), list[str]()
    for word in words or ("-",):
        if word == "-":
            runs += [" ".join(run)] if run else []
            runs.append(operation.read_stdin("prompt", _LONGEST))
            run = []
        else:
            run.append(word)
    prompt = "\n\n".join([*runs, *([" ".join(run)] if run else [])])
    if not prompt.strip():
        raise InvalidInput("there is nothing to ask", field="prompt", hint="the prompt is empty")
    return prompt


def _begun(config: Config, asked: Config, prompt: str, options: _Options, *, dry_run: bool) -> _Exchange:
    """Return the exchange with what is remembered for it and what was said before."""
    session = options.session or (_latest(options) if options.goes_on else "")
    before, session = _earlier(config, session, options), session or _fresh()
    context: Json = {
        "prompt": prompt,
        "items": [],
        "tokens": 0,
        "injection": None,
        "withheld": False,
        "reason": "not asked",
    }
    if options.memory:
        request = _place(options) | {
            "prompt": prompt, "client": CLIENT, "platform": options.platform, "provider": asked.llm_provider, "model": asked.llm_model,
            "budget": options.budget, "dry_run": dry_run or None,
            # What the ledger knows to be told went out in a message that is not sent again.
            "session": None if before.said else session, "told": list(before.turns[-_RECENT:]) or None,
        }  # fmt: skip
        context = json.loads(call.perform("context", _given(request), "read"))
    return _Exchange(config, asked, prompt, session, before, context, options)


def _latest(options: _Options) -> str:
    """Return the name of the latest conversation that was had in this directory or namespace."""
    request = {"client": CLIENT, "limit": _RECENT, "namespace": options.namespace}
    found: list[Json] = json.loads(call.perform("sessions", _given(request), "read"))["sessions"]
    here = _place(options).get("cwd")
    name = next((str(each["session"]) for each in found if here is None or each["cwd"] == here), "")
    if not name:
        raise NotFound(
            "there is no conversation here to go on with",
            field="session",
            hint="name the namespace that it was had in with --namespace, or leave --continue out",
        )
    return name


def _earlier(config: Config, session: str, options: _Options) -> Earlier:
    from everlore.app import talking
    from everlore.app.caller import Caller
    from everlore.app.open import open_app

    if not session:
        return talking.Earlier()
    try:
        with open_app(config) as app:
            return talking.earlier(app, Caller(call.actor(), "cli"), CLIENT, session)
    except NotFound:
        if options.goes_on:
            raise
        return talking.Earlier()  # a name that is new begins a conversation


def _fresh() -> str:
    from everlore.core import ids

    return f"ask-{ids.fresh(time.time_ns() // 1_000_000)}"


def _place(options: _Options) -> Json:
    if options.namespace:
        return {"namespace": options.namespace}
    return dict(operation.here())


def _given(request: Json) -> Json:
    return {name: value for name, value in request.items() if value not in (None, "")}


@dataclass(slots=True)
class _Exchange:
    """One question and what comes of it."""

    config: Config
    asked: Config
    prompt: str
    session: str
    before: Earlier
    context: Json
    options: _Options
    heard: list[str] = field(default_factory=list)
    gone: bool = False

    @property
    def messages(self) -> list[str]:
        """What is sent: what was said before, and the prompt with what is remembered."""
        return [*self.before.said, self.context["prompt"]]

    def run(self) -> int:
        """Ask, print, keep, and return the exit status; an answer that broke off is kept as far as it came."""
        from everlore.app import talking
        from everlore.app.open import open_app

        spoken: Spoken | None = None
        money: int | None = None
        problem: EverloreError | None = None
        with _Interruptible() as interrupted:
            try:
                with open_app(self.config) as app:
                    spoken, money = talking.talk(
                        app,
                        self.asked,
                        self.messages,
                        lambda piece: self._hear(piece, interrupted.stop),
                        interrupted.stop,
                    )
            except EverloreError as error:
                problem = error
        self._end_line()
        kept = self._keep(spoken, problem, stopped=interrupted.by != 0 or self.gone)
        if self.gone:
            return PIPE_CLOSED
        if interrupted.by:
            return 128 + interrupted.by
        if problem is not None:
            raise problem
        assert spoken is not None
        self._report(spoken, money, kept)
        return 0

    def _hear(self, piece: str, stop: threading.Event) -> None:
        self.heard.append(piece)
        if self.options.as_json:
            return
        text = clean(piece) if sys.stdout.isatty() else piece
        try:
            sys.stdout.flush()
            sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace"))
            sys.stdout.buffer.flush()
        except BrokenPipeError:
            self.gone = True
            stop.set()

    def _end_line(self) -> None:
        if self.heard and not self.options.as_json and not self.gone and not "".join(self.heard).endswith("\n"):
            emit("")

    def _keep(self, spoken: Spoken | None, problem: EverloreError | None, *, stopped: bool) -> Json | None:
        """Capture the exchange as far as it came, and return what became of it; None where there is nothing to keep."""
        response = "".join(self.heard)
        if not self.options.capture or not response.strip():
            return None
        cut = spoken.outcome if spoken else "interrupted" if stopped else getattr(problem, "outcome", "failed")
        request = _place(self.options) | {
            "prompt": self.prompt, "response": response, "client": CLIENT, "session": self.session,
            "platform": self.options.platform, "provider": self.asked.llm_provider,
            "model": (spoken and spoken.usage and spoken.usage.model) or self.asked.llm_model,
            "injection": self.context["injection"], "tags": None if cut == "ok" else [cut],
            **{f"{name}_tokens": number for name, number in (_usage(spoken) or {}).items()},
        }  # fmt: skip
        kept: Json = json.loads(call.perform("capture", _given(request), "write"))
        return kept

    def _report(self, spoken: Spoken, money: int | None, kept: Json | None) -> None:
        if self.options.as_json:
            emit(json.dumps(self._whole(spoken, money, kept), ensure_ascii=False))
            return
        if spoken.outcome == "truncated":
            tell("note: the answer was cut short; llm_output_tokens allows longer ones")
        for found in (kept or {}).get("findings", []):
            tell(clean(f"note: {found['kind']} removed from what is kept ({found['count']}x)"))
        if sys.stderr.isatty():
            tell(Page.of(sys.stderr).paint(_footer(self.context, spoken, money), "dim"))

    def _whole(self, spoken: Spoken, money: int | None, kept: Json | None) -> Json:
        from everlore.models.llm import prices

        return {
            "answer": spoken.text, "outcome": spoken.outcome, "provider": self.asked.llm_provider,
            "model": (spoken.usage and spoken.usage.model) or self.asked.llm_model, "usage": _usage(spoken),
            "money": None if money is None else money / prices.MICRO, "prices": prices.version() if money else None,
            "prompt": self.context["prompt"], "earlier": len(self.before.said), "items": self.context["items"],
            "tokens": self.context["tokens"], "injection": self.context["injection"], "withheld": self.context["withheld"],
            "session": self.session, "captured": kept,
        }  # fmt: skip


class _Interruptible:
    """While it lasts, the first Ctrl-C or SIGTERM asks for an end, and the second is one; `by` is the signal that came."""

    def __init__(self) -> None:
        self.stop, self.by = threading.Event(), 0
        self._before: dict[int, Any] = {}

    def __enter__(self) -> _Interruptible:
        if threading.current_thread() is threading.main_thread():
            for each in (signal.SIGINT, signal.SIGTERM):
                self._before[each] = signal.signal(each, self._come)
        return self

    def __exit__(self, *_: object) -> None:
        for each, handler in self._before.items():
            signal.signal(each, handler)

    def _come(self, number: int, _: FrameType | None) -> None:
        if self.by:
            raise KeyboardInterrupt
        self.by = number
        self.stop.set()


def _usage(spoken: Spoken | None) -> Json | None:
    """Return tokens as the provider counted them, None where it did not say."""
    used = spoken.usage if spoken else None
    if used is None:
        return None
    return {"input": used.sent, "cached": used.read, "cache_written": used.written, "output": used.received}


def _footer(context: Json, spoken: Spoken, money: int | None) -> str:
    from everlore.models.llm import prices

    remembered = len(context["items"])
    memory = f"{remembered} remembered, about {context['tokens']:,} tokens" if remembered else "nothing remembered"
    used = f"{spoken.usage.sent:,} tokens in, {spoken.usage.received:,} out" if spoken.usage else "usage unknown"
    return " · ".join([memory, used, _dollars(money, prices.version() if money else "")])


def _dollars(money: int | None, table: str) -> str:
    if money is None:
        return "cost unknown"
    return f"${money / 1_000_000:.6f}" + (f" ({table})" if table else "")


def _shown(exchange: _Exchange, cost: Cost) -> int:
    """Print what would be sent, and beside it what that costs."""
    asked, context = exchange.asked, exchange.context
    whom = " ".join(filter(None, (asked.llm_provider, asked.llm_model))) or "nobody: no language model is set"
    if exchange.options.as_json:
        roles = ("user", "assistant")
        emit(json.dumps({
            "provider": asked.llm_provider or None, "model": asked.llm_model or None, "prompt": context["prompt"],
            "messages": [{"role": roles[n % 2], "text": text} for n, text in enumerate(exchange.messages)],
            "items": context["items"], "tokens": context["tokens"], "withheld": context["withheld"], "reason": context["reason"],
            "cost": {
                "input_tokens_estimated": cost.sent, "output_tokens_at_most": cost.most,
                "input_money": _in_dollars(cost.money_sent), "output_money_at_most": _in_dollars(cost.money_most),
                "prices": cost.prices or None,
            },
        }, ensure_ascii=False))  # fmt: skip
        return 0
    sys.stdout.flush()
    sys.stdout.buffer.write(context["prompt"].encode("utf-8"))
    sys.stdout.buffer.flush()
    if sys.stdout.isatty() and not context["prompt"].endswith("\n"):
        emit("")
    if exchange.before.said:
        tell(f"before it: {len(exchange.before.said)} messages of session {exchange.session}; --json shows them")
    remembered = (
        f"{len(context['items'])} remembered, about {context['tokens']:,} tokens"
        if context["items"]
        else str(context["reason"])
    )
    tell(clean(f"would go to: {whom}\nremembered: {remembered}"))
    tell(f"in: about {cost.sent:,} tokens, {_dollars(cost.money_sent, cost.prices)}")
    tell(f"out: at most {cost.most:,} tokens, {_dollars(cost.money_most, cost.prices)}")
    return 0


def _in_dollars(money: int | None) -> float | None:
    return None if money is None else money / 1_000_000
