"""What is told when a file is read: what is anchored there, and what names it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from everlore.app.freshness import marks
from everlore.app.telling.block import Block, line_of, orders_of, plain
from everlore.core.types import Namespace
from everlore.memory.changes import may_see
from everlore.recall.gather import Scope
from everlore.store.sight import EVERYTHING, Sight

if TYPE_CHECKING:
    from everlore.store.contract import Unit

READ_TOKENS = 300
_READ_ITEMS, _READ_LOOKED = 4, 24
_COMMON = frozenset({
    "__init__.py", "__main__.py", "main.py", "index.js", "index.ts", "index.tsx", "index.html", "main.go", "main.rs", "mod.rs", "lib.rs",
    "readme.md", "setup.py", "utils.py", "types.ts", "conftest.py", "makefile", "dockerfile", "package.json", "pyproject.toml",
})  # fmt: skip
"""Names that many directories have: alone they tell no file."""


def at_read(
    unit: Unit,
    path: str,
    namespace: Namespace,
    now: int,
    *,
    told: Iterable[str],
    seen: Sight = EVERYTHING,
    budget: int = READ_TOKENS,
    withhold: bool = False,
) -> Block:
    """Return what is known about a file that is read, named by its path below the project's root: what is anchored there first, then what names it."""
    block = Block(budget, known=frozenset(told))
    nodes = json.dumps(namespace.lineage)
    anchored = [row[0] for row in unit.rows("memories_anchored_at", path=path, nodes=nodes, limit=_READ_LOOKED)]
    named = [uid for uid in naming(unit, path, namespace, seen, now) if uid not in anchored]
    fresh = marks(unit, [*anchored, *named])
    lead = f"\nKnown about {plain(path.rpartition('/')[2])}:"
    for uid in [*anchored, *named]:
        mark = fresh.get(uid)
        row = unit.one("memory_told", uid=uid, now=now)
        old = withhold and mark is not None and mark.state != "fresh"
        if row is None or old or not may_see(unit, uid, seen) or orders_of(row):
            continue
        if sum(item.why != "" for item in block.items) == _READ_ITEMS:
            break
        why = "anchored to the file that is read" if uid in anchored else "names the file that is read"
        line = line_of(row, now, mark, always=True)
        block.add(f"{lead}\n{line}" if not block.items else line, uid, memory=True, why=why, revision=row[8])
    return block


def naming(unit: Unit, path: str, namespace: Namespace, seen: Sight, now: int) -> list[str]:
    """Return the memories that name a file, by its whole path or by as much of its end as tells it from others, newest first."""
    parts = path.split("/")
    telling = parts[-1:] if parts[-1].lower() not in _COMMON else parts[-2:]
    words = " ".join(re.findall(r"\w+", " ".join(telling)))
    if not words or (len(telling) == 1 and telling[0].lower() in _COMMON):
        return []
    scope = Scope(namespace.id, ("memory",), above=namespace.lineage[:-1], sight=seen, now=now)
    match = scope.match(f'- {{scope marks}} : ("{words}")')
    passages = [row[0] for row in unit.rows("match_newest", match=match, limit=_READ_LOOKED)]
    end = "/".join(telling).lower()
    rows = unit.rows("passage_sources", ids=json.dumps(passages)) if passages else []
    named = re.compile(rf"(?<![\w.-]){re.escape(end)}(?![\w-])")
    return list(
        dict.fromkeys(row[12] for row in rows if row[12] and row[29] <= 2 and named.search(str(row[19]).lower()))
    )
