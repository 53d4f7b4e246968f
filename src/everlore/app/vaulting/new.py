"""A file that is no memory yet is kept as one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from everlore.app.authority import Waits
from everlore.app.authority import changes as begin
from everlore.app.proposals import propose_release
from everlore.app.vaulting.taken import VAULT, Taken, namespace_of, note, relink
from everlore.core.types import KINDS
from everlore.guard import SCAN_RULES
from everlore.guard.injection import scan
from everlore.guard.policy import Requester
from everlore.guard.redact import label, redact
from everlore.memory import life
from everlore.store import jobs, namespaces
from everlore.vault import tree
from everlore.vault.fields import editable, links
from everlore.vault.frontmatter import Malformed
from everlore.vault.page import Page

if TYPE_CHECKING:
    from everlore.app.app import App


def keep_new(app: App, path: str, page: Page, data: bytes, taken: Taken) -> None:
    """Keep a new file as a new memory, as it is: a person wrote it there on purpose."""
    said = editable(page.fields)
    told, kind = tree.placed(path)
    text = redact(page.text).text
    if not text.strip():
        raise Malformed("it has no text")
    if len(text) > 1_000_000:
        raise Malformed("its text is longer than 1,000,000 characters")
    stem = path.rpartition("/")[2].removesuffix(".md")
    title = label((said["title"] or stem)[:300])
    draft = life.Draft(
        text=text, title=title, kind=_choice("kind", (said["kind"] or kind or "page").lower(), KINDS), tags=tuple(map(label, said["tags"])),
        importance=_share(said["importance"]), layer=_layer(said["layer"]), tier=_choice("tier", said["tier"] or "long", ("short", "mid", "long")),
        pinned=said["pinned"], visibility=said["visibility"], valid_from=app.instant(said["valid_from"], "valid_from", edge="start"),
        valid_until=app.instant(said["valid_until"], "valid_until"), expires=app.instant(said["expires"], "expires"), scanned=SCAN_RULES,
    )  # fmt: skip
    held = "; ".join(dict.fromkeys(finding.kind for part in (title or "", text) for finding in scan(part)))
    with _without_waiting(), app.write() as unit:
        node = namespaces.ensure(unit, label(namespace_of(app, told)), app.clock())
        changes = begin(app, unit, VAULT)
        memory = life.create(changes, draft, node, VAULT.actor, state="held" if held else "active")
        if held:
            propose_release(unit, changes.now, memory, held, Requester(VAULT.actor, "person"))
        changes.finish(operation="remember", namespace=node.path, reason="a new page in the vault")
        jobs.put(unit, "embed")
        note(
            unit, app.config.vault_root, memory.uid, path, data, again=not held
        )  # or it would come in twice after a crash
    if held:
        taken.problems[path] = f"held, since it looks like an order to an agent ({held}); `lore review` shows it"
    taken.made.append(path)
    relink(app, memory.uid, links(page.fields), set())


@contextmanager
def _without_waiting() -> Iterator[None]:
    """Leave a page alone where a rule wants approval for new ones: an approved request would keep a second one."""
    try:
        yield
    except Waits as waits:
        raise Malformed(
            f"a rule of {waits.path or 'the store'} wants approval to {waits.effect}; `lore policy` shows it"
        ) from None


def _choice(key: str, value: str, among: Iterable[str]) -> str:
    if value not in among:
        raise Malformed(f"{key}: {value!r} is none; there are {', '.join(among)}")
    return value


def _layer(value: float | None) -> int | None:
    if value is not None and value not in {0, 1, 2, 3}:
        raise Malformed(f"layer: {value} is none; there are 0 to 3")
    return None if value is None else int(value)


def _share(value: float | None) -> float:
    if value is not None and not 0 <= value <= 1:
        raise Malformed(f"importance: {value} is not between 0 and 1")
    return 0.5 if value is None else float(value)
