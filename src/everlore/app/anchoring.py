"""Anchoring memories to the code that they speak of, and looking whether it is still as it was.

Both are work for the background or for who asks (`freshness`): remember and recall never wait for a file or for git. What is
found is kept in the table of anchors, which can be made again from memories and repositories. Which repository belongs to a
namespace is known from the sessions that were seen in it and from a bootstrap; memories below it belong to it, too.
"""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from everlore.app import answers, requests
from everlore.app.authority import must_not_be_denied, sight
from everlore.app.freshness import marks
from everlore.app.scope import where
from everlore.memory.changes import head_of, memory_of
from everlore.refine.anchors import VERSION, Anchor, anchors, content, holds, is_there
from everlore.refine.repository import NoAnswer, Repository
from everlore.store import namespaces

if TYPE_CHECKING:
    from everlore.app.app import App
    from everlore.app.caller import Caller
    from everlore.core.types import Namespace
    from everlore.store.contract import Row, Unit

_BATCH = 100
_COMMITS = 40
"""Commits among which the one is looked for that changed a place."""
_SHOWN = 200


def freshness(app: App, caller: Caller, request: requests.Freshness) -> answers.Fresh:
    """Anchor what is new, look at every anchor in a namespace, and list the memories whose code has changed."""
    started = time.perf_counter()
    with app.read() as unit:
        seen = sight(unit, caller)
        node = where(app, unit, request.namespace, request.cwd, seen)
    if request.accept:
        _accept(app, caller, request.accept)
    anchored = anchor_waiting(app, node=node)[0]
    checked = check(app, node=node, progress=caller.progress)
    counts: Counter[str] = Counter()
    listed: list[answers.Anchored] = []
    with app.read() as unit:
        uids = [row[0] for row in unit.rows("memories_anchored", nodes=_nodes(unit, node))]
        for uid, mark in sorted(marks(unit, uids).items(), key=lambda each: (each[1].state == "fresh", each[0])):
            memory = memory_of(unit, uid)
            home = namespaces.by_id(unit, memory.namespace)
            if not (seen.all or seen.sees(memory, home)):
                continue
            counts[mark.state] += 1
            if (mark.state != "fresh" or request.all) and len(listed) < _SHOWN:
                head = head_of(unit, memory)
                title = head.title or head.text.split("\n")[0][:120]
                listed.append(
                    answers.Anchored(id=uid, title=title, state=mark.state, mark=mark.text, namespace=home.path)
                )
    return answers.Fresh(
        anchored=anchored, checked=checked, fresh=counts["fresh"], drifted=counts["drifted"], gone=counts["gone"], memories=listed,
        seconds=round(time.perf_counter() - started, 3),
    )  # fmt: skip


def _accept(app: App, caller: Caller, ids: Sequence[str]) -> None:
    """Have memories anchored anew to the code as it is now: somebody says that they hold."""
    with app.write() as unit:
        for uid in ids:
            memory = memory_of(unit, uid, sight(unit, caller))
            must_not_be_denied(unit, caller, "revise", namespaces.by_id(unit, memory.namespace))
            unit.run("anchored_drop", memory=memory.id)


def anchor_waiting(
    app: App, stopping: threading.Event | None = None, node: Namespace | None = None
) -> tuple[int, bool]:
    """Anchor memories whose text was not looked through yet; return how many, and whether none is left."""
    with app.read() as unit:
        homes = _homes(unit, node)
    repositories: dict[str, tuple[Repository, list[str], str | None]] = {}
    done = 0
    while homes:
        with app.read() as unit:
            rows = unit.rows("memories_unanchored", nodes=json.dumps(sorted(homes)), version=VERSION, limit=_BATCH)
        if not rows:
            break
        if stopping is not None and stopping.is_set():
            return done, False
        found = [(row, *_anchors(row, homes[row[1]], repositories)) for row in rows]
        with app.write() as unit:
            for row, root, made, own in found:
                unit.run("anchors_drop", memory=row[0])
                for each in own:
                    unit.run(
                        "anchor_put",
                        memory=row[0],
                        root=root,
                        path=each.path,
                        spot=each.spot,
                        digest=each.digest,
                        made=made,
                    )
                unit.run("anchored_put", memory=row[0], digest=row[4], version=VERSION)
        done += len(rows)
    return done, True


def _homes(unit: Unit, node: Namespace | None) -> dict[int, list[str]]:
    """Return for each node with a repository, and those below it, the directories that are there, the nearest node's first."""
    roots: dict[int, list[str]] = {}
    for namespace, root, *_ in unit.rows("checkouts"):
        if root not in roots.setdefault(namespace, []) and Path(root).is_dir():
            roots[namespace].append(root)
    found: dict[int, list[str]] = {}
    for row in unit.rows("namespaces"):
        lineage = [int(each) for each in row[3].split()]
        if node is None or node.id in lineage:
            own = [root for above in reversed(lineage) for root in roots.get(above, ())]
            if own:
                found[row[0]] = list(dict.fromkeys(own))
    return found


def _anchors(
    row: Row, roots: Sequence[str], known: dict[str, tuple[Repository, list[str], str | None]]
) -> tuple[str, str | None, list[Anchor]]:
    """Return what a memory is anchored to, in the first of its repositories that holds anything it speaks of."""
    text = f"{row[2]}\n{row[3]}" if row[2] else row[3]
    for root in roots:
        if root not in known:
            repository = Repository(Path(root))
            known[root] = repository, repository.files(), repository.head()
        repository, files, head = known[root]
        if own := anchors(text, repository, files):
            return root, head, own
    return roots[0], None, []


@dataclass(slots=True)
class _Look:
    """One repository, looked at once: its files as they are, and what git told of renames."""

    repository: Repository
    head: str | None
    texts: dict[str, str | None] = field(default_factory=dict)
    renames: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    last: tuple[tuple[tuple[str, ...], str | None], list[tuple[str, list[str | None]]]] | None = None

    def text(self, path: str) -> str | None:
        if path not in self.texts:
            if len(self.texts) > 64:
                self.texts.clear()
            self.texts[path] = content(self.repository, path)
        return self.texts[path]

    def names(self, path: str, made: str | None) -> list[str]:
        """Return the names that a file which was there at a commit has had since, in order, as far as git tells of renames."""
        if not made or not self.head:
            return []
        if made not in self.renames:
            said = self.repository.ask(
                "log", "--format=", "--name-status", "-z", "-M", "--diff-filter=R", "--no-ext-diff", "--no-textconv", "--reverse",
                f"{made}..HEAD",
            )  # fmt: skip
            parts = said.split("\0")
            self.renames[made] = [(parts[at + 1], parts[at + 2]) for at in range(0, len(parts) - 2, 3)]
        found: list[str] = []
        for before, after in self.renames[made]:
            if before == (found[-1] if found else path):
                found.append(after)
        return found

    def since(self, paths: Sequence[str], spot: str, digest: bytes, made: str | None) -> str | None:
        """Return the first commit after which a place is no more as it was; None where it is only changed in the work tree."""
        for commit, texts in self._versions(tuple(paths), made):
            if not any(text is not None and holds(text, spot, digest) for text in texts):
                return commit
        return None

    def _versions(self, paths: tuple[str, ...], made: str | None) -> Sequence[tuple[str, list[str | None]]]:
        """Return the commits since one that touched a file under any of its names, oldest first, with the file as each left it.

        Where that commit is in no history any more there is only the last one that touched it. Anchors come by file, so that
        only the last answer is kept.
        """
        if self.last and self.last[0] == (paths, made):
            return self.last[1]
        told: list[str] = []
        if self.head:
            said = ("log", "--format=%H")
            told = (
                self.repository.ask(*said, f"--max-count={_COMMITS}", f"{made}..HEAD", "--", *paths).split()
                if made
                else []
            )
            if not told and not (made and self.repository.ask("merge-base", made, "HEAD")):
                told = self.repository.ask(*said, "--max-count=1", "HEAD", "--", *paths).split()
        told.reverse()
        blobs = _blobs(self.repository, [f"{commit}:{path}" for commit in told for path in paths])
        found = [(commit, blobs[n * len(paths) : (n + 1) * len(paths)]) for n, commit in enumerate(told)]
        self.last = (paths, made), found
        return found


def _blobs(repository: Repository, names: Sequence[str]) -> list[str | None]:
    """Return files as they were at commits, None for each that was not there or is too large to be spoken of."""
    found: list[str | None] = []
    said, at = b"", 0
    with suppress(NoAnswer):
        said = b"".join(repository.stream("cat-file", "--batch", given="".join(f"{name}\n" for name in names).encode()))
    for _ in names:
        head, _, _ = said[at : at + 4096].partition(b"\n")
        at += len(head) + 1
        parts = head.split()
        if len(parts) == 3 and parts[1] == b"blob":
            size = int(parts[2])
            found.append(said[at : at + size].decode("utf-8", "replace").removeprefix("\ufeff").replace("\r\n", "\n"))
            at += size + 1
        else:
            found.append(None)
    return found


def check(
    app: App,
    *,
    node: Namespace | None = None,
    progress: Callable[[str, int, int], None] = lambda what, done, total: None,
    stopping: threading.Event | None = None,
) -> int:
    """Look at every anchor, keep what has changed of it, and return how many there are."""
    with app.read() as unit:
        rows = unit.rows("anchors_in", nodes=_nodes(unit, node))
    looks: dict[str, _Look] = {}
    changed = []
    for number, row in enumerate(rows, 1):
        if stopping is not None and stopping.is_set():
            break
        root = row[1]
        if root not in looks and Path(root).is_dir():
            repository = Repository(Path(root))
            looks[root] = _Look(repository, repository.head())
        if root in looks and (found := _state(row, looks[root])) != tuple(row[6:9]):
            changed.append((row, found))
        if number % 200 == 0:
            progress("checking", number, len(rows))
    for start in range(0, len(changed), 1000):
        with app.write() as unit:
            for row, (state, commit, moved) in changed[start : start + 1000]:
                unit.run(
                    "anchor_found",
                    memory=row[0],
                    root=row[1],
                    path=row[2],
                    spot=row[3],
                    state=state,
                    changed=commit,
                    moved=moved,
                )
    return len(rows)


def _state(row: Row, look: _Look) -> tuple[str, str | None, str | None]:
    """Return an anchor's state, the commit that changed it, and where its file is now if it has moved."""
    _, _, path, spot, digest, made, was, changed, _ = row
    text, moved, names = look.text(path), None, list[str]()
    if text is None and (names := look.names(path, made)) and (text := look.text(names[-1])) is not None:
        moved = names[-1]
    if text is not None and holds(text, spot, digest):
        return "fresh", None, moved
    state = "gone" if text is None or not is_there(text, spot) else "drifted"
    if state == was and changed:  # the first commit that changed it stays the first
        return state, changed, moved
    return state, look.since([path, *names], spot, digest, made), moved


def _nodes(unit: Unit, node: Namespace | None) -> str | None:
    """Return the nodes at and below one, as the statements take them; None for all."""
    return json.dumps([row[0] for row in unit.rows("namespaces_below", pattern=f"% {node.id} %")]) if node else None
