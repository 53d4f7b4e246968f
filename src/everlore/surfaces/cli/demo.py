"""`lore demo`: a sample project, a few telling questions, and how to connect an agent of one's own.

The demo has a home of its own and begins anew each time. It does not touch a directory that holds a store not its own.
Memories are recorded on the dates on which the sample's team learnt them, by an application whose clock is set back.
"""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from everlore.core import ids
from everlore.core.config import Config, load
from everlore.core.errors import Conflict
from everlore.surfaces.cli import express, operation
from everlore.surfaces.cli.progress import Bars
from everlore.surfaces.cli.render import notes, recalled, render
from everlore.surfaces.cli.terminal import MAX_WIDTH, Page, date, emit

if TYPE_CHECKING:
    from everlore.app.app import App

Json = dict[str, Any]

PROJECT = "pierlight"
MARK = "demo.txt"


@dataclass(frozen=True, slots=True)
class Scene:
    """A question, what it is there to show, at most how many items are printed, and the options of the command."""

    title: str
    query: str
    shown: int = 2
    options: tuple[str, ...] = ()
    history: bool = False


SCENES = (
    Scene(
        "A decision taken in a session of Claude Code, here for every other agent",
        "Why is the predicted arrival early on purpose?",
    ),
    Scene(
        "A failure that OpenCode met on a pier, and its cure",
        "A board rejects the certificate of the broker right after power-on, what is it?",
    ),
    Scene("A standing rule", "May the broker and the boards be upgraded on the same day?", 1),
    Scene(
        "A value that has changed: the newest comes first, and shows what it superseded",
        "Which HTTP port does departd serve on?",
        1,
        history=True,
    ),
    Scene(
        "The same question, as of 12 September",
        "Which HTTP port does departd serve on?",
        1,
        ("--kind", "memory", "--as-of", "2026-09-12"),
    ),
    Scene(
        "A question that nobody has talked about: better nothing than a guess",
        "Which Kubernetes version is production on?",
    ),
)


class Clock:
    """A clock that stands where it is set, until it is let go."""

    def __init__(self) -> None:
        self._at: int | None = None

    def __call__(self) -> int:
        """Return Unix milliseconds."""
        return int(time.time() * 1000) if self._at is None else self._at

    def set(self, iso: str | None) -> None:
        """Set the clock to an ISO time; None lets it go."""
        self._at = None if iso is None else int(datetime.fromisoformat(iso).timestamp() * 1000)


@click.command(help="Import a sample project, recall from it, and say how to connect your own agent.")
@click.option("--home", metavar="DIR", help="Where the demo keeps its store  [default: demo/ in your Everlore home]")
@click.option("--no-model", is_flag=True, help="Recall by words alone, even if an embedding model is installed")
def demo(home: str | None, no_model: bool) -> None:
    """Run the demo."""
    own = load()
    config = replace(load(Path(home).absolute() if home else own.home / "demo", {}), namespace=PROJECT)
    if no_model:
        config = replace(config, model="none")
    _begin(config, own)
    page = Page.of(sys.stdout)
    page.width = min(page.width, MAX_WIDTH)
    _Demo(config, page).run()


def _begin(config: Config, own: Config) -> None:
    """Make an empty home, or empty the one that an earlier demo left."""
    mark = config.home / MARK
    if config.database.exists() and not mark.exists():
        hint = "give another directory with --home"
        raise Conflict(f"{config.home} holds a store that is not the demo's", field="home", hint=hint)
    config.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    mark.write_text("lore demo writes this directory anew each time it runs.\n", "utf-8")
    for suffix in ("", "-wal", "-shm"):
        config.database.with_name(config.database.name + suffix).unlink(missing_ok=True)
    if own.models.is_dir() and not config.models.exists():
        try:
            config.models.symlink_to(own.models)
        except OSError:  # without a link there is no model, and the demo says so
            return


class _Demo:
    """One run of the demo on one page."""

    def __init__(self, config: Config, page: Page) -> None:
        self._config = config
        self._page = page
        self._clock = Clock()
        self._number = 0

    def run(self) -> None:
        """Go through all the scenes."""
        from everlore.app.open import open_app

        with open_app(self._config, clock=self._clock) as app, Bars() as bars:
            self._import(app, bars)
            self._embed(app, bars)
            for scene in SCENES:
                self._recall(app, scene)
                if scene.history:
                    self._history(app, scene)
            self._change(app)
        self._connect()

    def _call(self, app: App, name: str, **payload: Any) -> Json:  # noqa: ANN401 - fields of any request
        from msgspec import to_builtins

        from everlore.app.caller import Caller

        found: Json = to_builtins(app.call(name, payload, Caller("demo", "cli")))
        return found

    def _title(self, text: str) -> None:
        self._number += 1
        emit(f"\n{self._page.paint(f'{self._number}. {text}', 'bold')}")

    def _command(self, *words: str) -> None:
        shown = " ".join(f'"{word}"' if " " in word else word for word in words)
        emit(self._page.paint(f"   $ lore {shown}", "cyan"))

    def _say(self, text: str) -> None:
        emit(self._page.indented(text, 3))

    def _import(self, app: App, bars: Bars) -> None:
        from everlore.app.caller import Caller

        sample = Path(sys.modules["everlore.app"].__path__[0]) / "sample"
        self._say("Everlore keeps what agents and people said and did, and gives the next agent the lines that matter.")
        self._title("Two weeks of a small team that works with Claude Code, Codex and OpenCode")
        self._command("import", "history.jsonl", "--namespace", PROJECT)
        history = sample / "history.jsonl"
        request = {"path": str(history), "format": "conversation", "namespace": PROJECT}
        answer = app.call("import", request, Caller("demo", "cli", bars))
        sessions = {turn["id"]: turn["session"] for turn in _lines(history)}
        kept, changed = self._memories(app, _lines(sample / "memories.jsonl"), sessions)
        self._say(f"{answer.turns} turns in {answer.sessions} sessions came in verbatim.")  # type: ignore[attr-defined]
        self._say(f"The agents kept {kept} memories on the way and revised {changed} of them when things changed.")

    def _memories(self, app: App, lines: list[Json], sessions: dict[str, str]) -> tuple[int, int]:
        """Keep the sample's memories, each on its date; one that replaces another becomes its next revision."""
        uids: list[str] = []
        for line in lines:
            self._clock.set(line.pop("time"))
            if source := line.get("source"):
                line["source"] = _turn(sessions[source], source)
            if (replaced := line.pop("replaces", None)) is not None:
                fields = {name: line[name] for name in ("text", "title", "valid_from") if name in line}
                self._call(app, "revise", id=uids[replaced], reason="it changed", **fields)
                uids.append(uids[replaced])
            else:
                uids.append(self._call(app, "remember", namespace=PROJECT, **line)["id"])
        self._clock.set(None)
        return len(set(uids)), len(uids) - len(set(uids))

    def _embed(self, app: App, bars: Bars) -> None:
        """Say whether there is a model, and let it read everything."""
        from everlore.app.caller import Caller

        if app.embedder is None:
            self._say("There is no embedding model here, so recall goes by words alone; `lore model pull` gets one.")
            return
        self._say(f"The model {app.embedder.name} reads it all now, once; then recall goes by words and by meaning.")
        app.call("embed", {}, Caller("demo", "cli", bars))

    def _recall(self, app: App, scene: Scene) -> None:
        self._title(scene.title)
        self._command("recall", scene.query, *scene.options)
        description = operation.descriptions()
        plain = express.parse(["recall", scene.query, *scene.options], description)
        assert plain is not None
        answer = self._call(app, "recall", **operation.request(description["recall"]["fields"], plain[1]))
        for number, item in enumerate(answer["items"][: scene.shown], 1):
            emit(recalled(number, {**item, "text": self._short(item["text"])}, self._page))
        if answer["withheld"]:
            self._say(f"({notes('recall', answer)})")

    def _short(self, text: str) -> str:
        lines = self._page.indented(text, 4).split("\n")
        return text if len(lines) <= 4 else "\n".join(line.strip() for line in lines[:4]) + " …"

    def _history(self, app: App, scene: Scene) -> None:
        """Show what stood there before the value that was just recalled."""
        found = self._call(app, "recall", query=scene.query, limit=5, kinds=["memory"])["items"]
        chains = (self._call(app, "history", id=item["id"]) for item in found)
        chain = next((chain for chain in chains if len(chain["revisions"]) > 1), None)
        if chain is None:
            return
        self._command("history", chain["id"])
        old, new = chain["revisions"][-2:]
        for revision, told in ((old, "superseded on"), (new, "true since")):
            since = date(new["valid_from"])[:10]
            label = f"revision {revision['number']}, {told} {since}:"
            emit(f"    {self._page.paint(label, 'yellow')} {_difference(revision['text'], old['text'], new['text'])}")

    def _change(self, app: App) -> None:
        self._title("A change of mind: kept, superseded, taken back")
        for text in ("The webhook timeout is 30 seconds", "The webhook timeout is 45 seconds"):
            self._command("remember", text)
            answer = self._call(app, "remember", text=text)
            emit(self._page.indented(render("remember", answer, Page()).split("\n")[0], 3))
        self._command("undo")
        answer = self._call(app, "undo")
        emit(self._page.indented(render("undo", answer, Page()).split("\n")[0] + "; 30 seconds stand again", 3))

    def _connect(self) -> None:
        lore = _lore()
        home, here = (min(path, os.path.relpath(path), key=len) for path in (str(self._config.home), lore))
        here = lore if lore == "lore" else here
        entry = f'"type": "local", "command": {json.dumps([lore, "mcp"])}'
        self._title("Now your own agents")
        for name, *lines in (
            ("Claude Code", f"claude mcp add --scope user everlore -- {lore} mcp"),
            (
                "Codex, in ~/.codex/config.toml",
                "[mcp_servers.everlore]",
                f"command = {json.dumps(lore)}",
                'args = ["mcp"]',
                "startup_timeout_sec = 20",
            ),
            (
                "OpenCode, in ~/.config/opencode/opencode.json",
                '{"mcp": {"everlore": {',
                f"  {entry},",
                '  "enabled": true, "timeout": 15000}}}',
            ),
            ("Anything else that speaks MCP (at /mcp) or HTTP (at /api/v1)", f"{here} serve"),
            (
                "You, on this demo's store",
                f'EVERLORE_HOME={home} {here} recall "How do I migrate the production database?"',
            ),
        ):
            emit(f"   {self._page.paint(name, 'bold')}")
            emit("\n".join(f"      {line}" for line in lines))


def _lines(path: Path) -> list[Json]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def _difference(text: str, old: str, new: str) -> str:
    """Return the part of `text` around the first place where the old text and the new one differ."""
    at = next((place for place, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    start = text.rfind(" ", 0, max(at - 18, 0)) + 1
    return f"{'… ' if start else ''}{text[start : start + 44]} …"


def _turn(session: str, turn: str) -> str:
    """Return the id that the import gave to a turn of the sample."""
    return ids.derived("turn", ids.derived("session", ids.derived("namespace", PROJECT), session), turn)


def _lore() -> str:
    """Return how `lore` is called: by its name if the shell finds this one, else by its path."""
    import shutil

    here = Path(sys.argv[0]).absolute()
    found = shutil.which("lore")
    if found and (here.name != "lore" or Path(found).resolve() == here.resolve()):
        return "lore"
    return str(here if here.name == "lore" else Path(sys.executable).with_name("lore"))
