"""The vault: the first rendering, looking through it when nothing has changed, one edit until it is recalled, and many edits at once.

The many edits, moves and deletions are made to the files of a real server while an agent writes to the same memories. At
the end every text that was written, on either side, is in the chain of its memory, and nothing is there twice.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from everlore.app.app import App
from everlore.app.caller import Caller
from everlore.bench import machine
from everlore.bench.homes import open_store, temporary_home
from everlore.bench.served import Served, serving
from everlore.bench.speed import write_memories
from everlore.core.clock import system
from everlore.core.errors import EverloreError
from everlore.vault import tree
from everlore.vault.frontmatter import Malformed
from everlore.vault.page import parse

if TYPE_CHECKING:
    from everlore.app import requests
    from everlore.core.config import Config

_EDITS = 1_000
_ROUNDS = 10
_PATIENCE = 300.0
_SETTLED = 3.0


def measure(app: App, caller: Caller, request: requests.Bench) -> dict[str, Any]:
    """Measure a vault of `request.size` pages and return the report."""
    under = str(Path(request.data).expanduser()) if request.data else None
    with temporary_home(app, model=False, under=under) as config:
        caller.progress("building", 0, 4)
        with open_store(config) as store:
            for _ in write_memories(store, request.size):
                pass
            caller.progress("rendering", 1, 4)
            rendered = _timed(store, "vault-sync", {})
            _timed(store, "vault-sync", {})  # what was written this very moment is read once more
            time.sleep(0.2)
            _timed(store, "vault-sync", {})
            again = _timed(store, "vault-sync", {})
            vault: Any = store.call("vault", {})
        caller.progress("editing", 2, 4)
        with serving(config) as served:
            seen = [_until_recalled(config, served, number) for number in range(_ROUNDS)]
        caller.progress("editing at random", 3, 4)
        stormed = storm(config, request.questions or _EDITS)
    report = {
        "pages": vault.pages, "first rendering": {"seconds": round(rendered, 2)}, "nothing changed": {"seconds": round(again, 3)},
        "an edit until it is recalled": {"median seconds": sorted(seen)[len(seen) // 2], "slowest seconds": max(seen)},
        "random edits": stormed, "machine": machine.describe(),
    }  # fmt: skip
    if request.out:
        Path(request.out).expanduser().write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=1))
    return report


def _timed(app: App, name: str, request: dict[str, Any]) -> float:
    started = time.perf_counter()
    app.call(name, request)
    return time.perf_counter() - started


def _until_recalled(config: Config, served: Served, number: int) -> float:
    """Edit one page as an editor does, and return the seconds until a question finds what was written."""
    root = config.vault_root
    path = sorted(tree.scan(root))[number * 7]
    word = f"quixotic{number}zebra"
    time.sleep(1.0)
    data = tree.read(root, path) + f"\nIt is called {word} now.\n".encode()
    started = time.perf_counter()
    (root / path).write_bytes(data)
    while time.perf_counter() - started < _PATIENCE:
        answer = served.call("recall", {"query": f"what is called {word}"})
        if any(word in item["text"] for item in answer["items"]):
            return round(time.perf_counter() - started, 3)
        time.sleep(0.01)
    return _PATIENCE


@contextmanager
def _writing(app: App, stopping: threading.Event, counts: dict[str, int], written: dict[str, str]) -> Iterator[None]:
    """Have an agent revise and remember as fast as it can, beside the block."""
    agent, choice = Caller("bench agent", "mcp"), random.Random(7)
    known: Any = app.call("list", {"limit": 1000})
    targets = [memory.id for memory in known.memories]

    def write() -> None:
        number = 0
        while not stopping.is_set():
            number += 1
            uid, text = choice.choice(targets), f"The agent's text number {number} of the storm."
            try:
                app.call("revise", {"id": uid, "text": text}, agent)
                written[text] = uid
                app.call(
                    "remember",
                    {"text": f"Storm note {number} about item {choice.random()}.", "namespace": "storm/web"},
                    agent,
                )
                counts["agent"] += 1
            except EverloreError:  # archived meanwhile, by a file that was deleted
                counts["refused"] += 1

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()


def storm(config: Config, edits: int) -> dict[str, Any]:
    """Make random edits, moves and deletions while an agent writes; return what was done and what of it is lost."""
    choice, root = random.Random(11), config.vault_root
    counts = {"edits": 0, "moves": 0, "deletions": 0, "agent": 0, "refused": 0}
    said: dict[str, str] = {}
    written: dict[str, str] = {}
    deleted: set[str] = set()
    touched: set[str] = set()
    with App(config, clock=system, worker=True) as app:
        before: Any = app.call("status", {})
        with _writing(app, threading.Event(), counts, written):
            for number in range(edits):
                _one(root, choice, number, counts, said, deleted, touched)
                time.sleep(0.002)
        _settle(app)
        lost = _lost(app, said | written)
        gone = [uid for uid in deleted if _state(app, uid) == "active" and not _has_file(root, app, uid)]
        vault: Any = app.call("vault", {})
        verified: Any = app.call("verify", {})
        twice = _twice(root)
        after: Any = app.call("status", {})
    return {
        **counts, "texts lost": len(lost), "deletions lost": len(gone), "ids twice": twice, "problems": len(vault.problems),
        "verify": "clean" if verified.ok else "; ".join(problem.detail for problem in verified.problems[:3]),
        "memories": f"{sum(before.memories.values()):,} before, {sum(after.memories.values()):,} after",
    }  # fmt: skip


def _one(
    root: Path,
    choice: random.Random,
    number: int,
    counts: dict[str, int],
    said: dict[str, str],
    deleted: set[str],
    touched: set[str],
) -> None:
    """Do one thing to one file; to none twice, since only what stands there for a moment can be kept."""
    pages = [path for path in tree.scan(root) if not path.startswith("storm/")]
    path = choice.choice(sorted(pages))
    try:
        data = tree.read(root, path)
        uid = str(parse(data).fields["id"])
    except (OSError, Malformed, KeyError):  # being written at this moment
        return
    if uid in touched:
        return
    touched.add(uid)
    what = choice.random()
    if what < 0.7:
        text = f"A person's text number {number} of the storm."
        tree.write(root, path, data.rstrip(b"\n").rsplit(b"\n---\n", 1)[0] + f"\n---\n\n{text}\n".encode())
        said[text] = uid
        counts["edits"] += 1
    elif what < 0.9:
        target = root / "moved" / f"place{number % 5}" / f"{number}.md"
        target.parent.mkdir(parents=True, exist_ok=True)
        (root / path).rename(target)
        counts["moves"] += 1
    else:
        (root / path).unlink()
        deleted.add(uid)
        counts["deletions"] += 1


def _settle(app: App) -> None:
    """Wait until nothing waits, neither to be read nor to be written."""
    until, quiet = time.monotonic() + _PATIENCE, 0.0
    while time.monotonic() < until and quiet < _SETTLED:
        time.sleep(0.1)
        status: Any = app.call("status", {})
        quiet = 0.0 if status.jobs.get("mirror") else quiet + 0.1
    app.call("vault-sync", {"missing": "archive"})


def _lost(app: App, texts: dict[str, str]) -> list[str]:
    """Return the texts that are in no revision of their memory nor in one that was made of the same file."""
    lost = []
    for text, uid in texts.items():
        chain: Any = app.call("history", {"id": uid})
        if not any(text == revision.text for revision in chain.revisions):
            lost.append(text)
    return lost


def _state(app: App, uid: str) -> str:
    answer: Any = app.call("get", {"id": uid})
    return str(answer.memory.state)


def _has_file(root: Path, app: App, uid: str) -> bool:
    with app.read() as unit:
        row = unit.one("page_file_of", memory=uid)
    return row is not None and (root / row[1]).exists()


def _twice(root: Path) -> int:
    found = [parse(tree.read(root, path)).fields.get("id") for path in tree.scan(root)]
    return len(found) - len(set(found))
