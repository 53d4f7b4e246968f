"""`lore setup`: what a first run needs to know, asked on a terminal; again at any time, and then it shows what is set.

Each question shows what is so now, and the empty answer leaves it. Nothing is written before its question is answered, and
settings go into `config.toml` without touching anything else there. Keys are never asked for: they stay in the environment.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from everlore.core.errors import EverloreError, InvalidInput
from everlore.surfaces import daemon, settings
from everlore.surfaces.cli.commands import json_option
from everlore.surfaces.cli.terminal import Page, clean, emit, tell

if TYPE_CHECKING:
    from everlore.core.config import Config

_NONE = "none"
_PROVIDERS = (_NONE, "anthropic", "openai", "gemini", "ollama", "compatible")


@dataclass(frozen=True, slots=True)
class Option:
    """One setting that is offered: what it does, and the answers there are with the value of each."""

    name: str
    about: str
    answers: tuple[tuple[str, settings.Value], ...]


_ON_OFF = (("on", True), ("off", False))
OPTIONS: tuple[Option, ...] = (
    Option(
        "lessons", "Lessons found in sessions: put into the inbox, kept at once where they are sure, or not looked for",
        (("propose", "propose"), ("keep", "keep"), ("off", "off")),
    ),
    Option(
        "vault", "Memories as Markdown files too: unless the store is encrypted, always, or never",
        (("auto", "auto"), ("on", "on"), ("off", "off")),
    ),
    Option("curate_hours", "Tidying up by a server that runs: once a day, or never", (("daily", 24), ("never", 0))),
    Option("hooks_start_server", "Hooks start the server, so that each of them answers faster", _ON_OFF),
    Option("tell_at_prompts", "What bears on a prompt is told with it, where hooks are wired", _ON_OFF),
    Option("tell_at_reads", "What is known about a file is told when an agent reads it", _ON_OFF),
)  # fmt: skip
"""What is asked of settings. One that this version does not have is left out."""


@click.command(
    params=[json_option()],
    help="Ask what a first run needs to know, and set it: clients to wire, a model for meaning, a language model, what is on. It may be"
    " run again at any time: it shows what is set, and changes only what is answered. Without a terminal it asks nothing and prints"
    " how to set each thing.",
)
@click.option("--yes", "-y", is_flag=True, help="Take what is proposed: wire the clients found, complete in your shell")
@click.option("--set", "given", multiple=True, metavar="NAME=VALUE", help="Set this and ask nothing; may be repeated")
def setup(yes: bool, given: tuple[str, ...], as_json: bool) -> int:
    """Set up."""
    from everlore.core.config import load

    home = Path(daemon.home_directory())
    run = _Run(home, load(home), yes)
    if given:
        run.set_all(given)
    if yes or not given:
        if not yes and not (sys.stdin.isatty() and sys.stderr.isatty()):
            _explain(run, as_json)
            return 2
        run.ask_all()
    if as_json:
        emit(json.dumps({"home": str(home), "set": run.changed, "did": run.did}))
    else:
        tell("; ".join(run.did) if run.did else "nothing was changed")
    return 0


@dataclass(slots=True)
class _Run:
    """One run: the home, the settings as they were, whether what is proposed is taken, and what has been done."""

    home: Path
    config: Config
    yes: bool
    changed: dict[str, settings.Value] = field(default_factory=dict)
    did: list[str] = field(default_factory=list)

    def set_all(self, given: Sequence[str]) -> None:
        """Set what was given as NAME=VALUE."""
        values = {}
        for each in given:
            name, equals, text = each.partition("=")
            if not equals:
                raise InvalidInput(f"{each!r} is not NAME=VALUE", field="set", hint="--set lessons=off")
            values[name] = settings.typed(self.home, name, text)
        self.save(values)

    def save(self, values: dict[str, settings.Value]) -> None:
        """Write settings that differ from what is set."""
        values = {name: value for name, value in values.items() if getattr(self.config, name) != value}
        if values and settings.save(self.home, values):
            self.changed |= values
            self.did += [f"{name} = {json.dumps(value)}" for name, value in values.items()]
        for name in values:
            if f"EVERLORE_{name.upper()}" in os.environ:
                tell(f"note: EVERLORE_{name.upper()} in the environment wins over what is set here")

    def ask_all(self) -> None:
        """Ask one thing after another; each is done before the next is asked."""
        tell(f"home: {self.home}{'' if self.home.exists() else ', which is made now'}; for another, set EVERLORE_HOME")
        for step in _STEPS:
            try:
                step(self)
            except EverloreError as error:  # what cannot be done now is no reason not to ask the rest
                tell(clean(f"not done: {error.message}" + (f"; {error.hint}" if error.hint else "")))

    def confirm(self, question: str, *, proposed: bool) -> bool:
        """Ask yes or no."""
        if self.yes:
            return proposed
        answer: bool = click.confirm(question, default=proposed, err=True)
        return answer

    def choose(self, question: str, choices: Sequence[str], now: str) -> str:
        """Ask for one of some answers."""
        if self.yes:
            return now
        tell(question)
        answer: str = click.prompt("  ", type=click.Choice(choices), default=now, err=True, prompt_suffix="")
        return answer

    def text(self, question: str, now: str) -> str:
        """Ask for a line."""
        if self.yes:
            return now
        answer: str = click.prompt(question, default=now or None, show_default=bool(now), err=True)
        return answer.strip()


def _clients(run: _Run) -> None:
    from everlore.surfaces.agents import AGENTS
    from everlore.surfaces.agents.writing import apply
    from everlore.surfaces.cli.agents import context

    where = context()
    found = [agent for agent in AGENTS.values() if agent.present(where)]
    if not found:
        tell("clients: none was found on this machine; `lore install CLIENT` wires one")
    for agent in found:
        changes = agent.plan(context())
        news = [change for change in changes if change.state in ("new", "changed")]
        for change in (each for each in changes if each.state == "refused"):
            tell(clean(f"{change.path} is left alone: {change.why}"))
        if not news:
            tell(f"{agent.title}: wired")
            continue
        files = "".join(f"\n    {change.path} ({change.state})" for change in news)
        if run.confirm(clean(f"{agent.title}: wire it to this memory?{files}\n ").rstrip("\n"), proposed=True):
            done = apply(changes, run.home)
            run.did.append(f"{agent.title} is wired")
            for change in (each for each in done if each.state == "refused"):
                tell(clean(f"{change.path}: {change.why}"))
            if agent.after:
                tell(f"{agent.title}: {agent.after}")


def _meaning(run: _Run) -> None:
    from everlore.models import library
    from everlore.surfaces.cli.progress import Bars

    used = library.current(run.config.models)
    if used is not None:
        tell(f"model for meaning: {used.name}")
        return
    about = (
        "model for meaning: none. Fetch all-MiniLM-L6-v2 (90 MB), so that recall goes by meaning as well as by words?"
    )
    if run.confirm(about, proposed=False):
        with Bars() as bars:
            fetched = library.pull(run.config.models, source="auto", progress=bars, python=sys.executable)
        run.did.append(f"{fetched.name} is installed")


def _language(run: _Run) -> None:
    from everlore.models.llm.providers import PROVIDERS

    config = run.config
    now = config.llm_provider or _NONE
    provider = run.choose("language model, for `lore ask` and suggestions; nothing else needs one", _PROVIDERS, now)
    if provider == _NONE or run.yes:
        run.save({} if run.yes else {"llm_provider": ""})
        return
    same = provider == config.llm_provider
    model = run.text(f"  which model of {provider}", config.llm_model if same else "")
    values: dict[str, settings.Value] = {"llm_provider": provider, "llm_model": model}
    if provider == "compatible":
        values["llm_url"] = run.text("  its address, up to and with its version", config.llm_url if same else "")
    elif not same:
        values |= {"llm_url": "", "llm_key_env": ""}
    run.save(values)
    keys = (config.llm_key_env,) if same and config.llm_key_env else PROVIDERS[provider].keys
    if PROVIDERS[provider].needs_key and not any(os.environ.get(name, "").strip() for name in keys):
        tell(f"  its key is not set: export {keys[0]}=... where your shell starts; it is kept nowhere else")


def _mining(run: _Run) -> None:
    from everlore.app import mining
    from everlore.app.caller import Caller
    from everlore.app.open import open_app
    from everlore.core.config import load

    with open_app(load(run.home)) as app:
        on = mining.is_on(app)
        wanted = run.choose("reading on what clients write on disk of their sessions, by a server that runs", ("on", "off"), "on" if on else "off")  # fmt: skip
        if (wanted == "on") != on:
            app.call("mine", {"watch": wanted, "dry_run": wanted == "off"}, Caller("person", "cli"))
            run.did.append(f"reading of transcripts is {wanted}")


def _options(run: _Run) -> None:
    for option in OPTIONS:
        if not hasattr(run.config, option.name):
            continue
        now = getattr(run.config, option.name)
        words = dict(option.answers)
        if now not in words.values():
            words[str(now)] = now
        current = next(word for word, value in words.items() if value == now)
        chosen = run.choose(option.about, tuple(words), current)
        run.save({option.name: words[chosen]})


def _completions(run: _Run) -> None:
    from everlore.surfaces.shells import scripts

    try:
        shell = scripts.guess(os.environ)
    except InvalidInput:
        return
    target = scripts.start_up(shell, Path.home(), os.environ)
    if run.confirm(f"complete `lore` in {shell}, by way of {target}?", proposed=True):
        path, changed = scripts.install(shell, run.home, Path.home(), os.environ)
        run.did += [f"{path} completes lore"] if changed else []


def _others(run: _Run) -> None:
    from everlore.surfaces.cli.group import EXTRA

    if "proxy" in EXTRA:
        tell("programs that have no hooks: `lore proxy` gives them memory by the address that they ask")


_STEPS: tuple[Callable[[_Run], None], ...] = (_clients, _meaning, _language, _mining, _options, _completions, _others)


def _explain(run: _Run, as_json: bool) -> None:
    """Print what would be asked and how each thing is set without being asked."""
    rows = [
        ("home", str(run.home), "EVERLORE_HOME"),
        ("clients", "", "lore install --apply"),
        ("model for meaning", "", "lore model pull"),
        ("language model", run.config.llm_provider or _NONE, "lore setup --set llm_provider=NAME --set llm_model=NAME"),
        ("reading of transcripts", "", "lore mine --watch on|off"),
    ]
    for option in OPTIONS:
        if hasattr(run.config, option.name):
            values = "|".join(str(value).lower() for _, value in option.answers)
            rows.append(
                (option.name, str(getattr(run.config, option.name)).lower(), f"lore setup --set {option.name}={values}")
            )
    rows.append(("completions", "", "lore completions --install"))
    if as_json:
        emit(
            json.dumps(
                {"home": str(run.home), "asks": [dict(zip(("what", "now", "how"), row, strict=True)) for row in rows]}
            )
        )
        return
    emit(Page.of(sys.stdout).table(("what", "now", "how to set it"), rows))
    tell("there is no terminal to ask on; --yes takes what is proposed, --set NAME=VALUE sets one thing")
