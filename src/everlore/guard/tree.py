"""Secrets and private blocks in JSON: every text of it, its keys too, wherever they stand.

A text under a telling key, such as "password" or "Authorization", is judged together with its key, for alone it may look like
any other word. The mark of a secret in a key tells nothing, so that what was redacted once stays as it is. What is not text
stays too, and keys that come to read the same are numbered, so that nothing is lost. Deep nesting costs no stack.
"""

from __future__ import annotations

from everlore.guard.lazily import pattern as lazy
from everlore.guard.redact import private_blocks, redact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_TELLING = ("pass", "pwd", "secret", "token", "key", "auth", "credential", "cookie", "session", "dsn")
_SHORT_KEY = 80
_MARK = lazy(r"\[redacted:[a-z0-9-]+\]")


def redact_tree(value: Any) -> tuple[Any, dict[str, int]]:  # noqa: ANN401 - any JSON
    """Return JSON without its secrets, and how many of each kind there were. Never raises on any JSON."""
    found: dict[str, int] = {}

    def clean(text: str, key: str) -> str:
        redacted = redact(text)
        findings, said = list(redacted.findings), redacted.text
        if key and _tells(key):
            lead = f"{key}: "
            with_key = redact(lead + said)
            if with_key.findings and with_key.text.startswith(lead):
                findings, said = [*findings, *with_key.findings], with_key.text[len(lead) :]
        for finding in findings:
            found[finding.kind] = found.get(finding.kind, 0) + finding.count
        return said

    return _walk(value, clean), found


def map_texts(value: Any, change: Callable[[str], str]) -> Any:  # noqa: ANN401 - any JSON
    """Return JSON with every text and key of it changed."""
    return _walk(value, lambda text, _: change(text))


def strip_private(text: str) -> str:
    """Return a text without its private blocks, each replaced by a mark."""
    pieces: list[str] = []
    at = 0
    for start, end in private_blocks(text):
        pieces += (text[at:start], "[redacted:private]")
        at = end
    return "".join((*pieces, text[at:])) if pieces else text


def _tells(key: str) -> bool:
    lowered = key.lower()
    return len(key) <= _SHORT_KEY and any(word in lowered for word in _TELLING)


def _numbered(name: str, taken: dict[str, Any]) -> str:
    number = len(taken)
    while f"{name} {number}" in taken:
        number += 1
    return f"{name} {number}"


def _walk(value: Any, clean: Callable[[str, str], str]) -> Any:  # noqa: ANN401 - any JSON
    """Rebuild JSON from its texts up, with a stack of our own."""
    root: list[Any] = [None]
    todo: list[tuple[Any, Any, Any, str]] = [(value, root, 0, "")]
    while todo:
        node, place, slot, key = todo.pop()
        if isinstance(node, str):
            place[slot] = clean(node, key)
        elif isinstance(node, dict):
            made: dict[str, Any] = {}
            place[slot] = made
            for name, each in node.items():
                spelled = clean(name, "") if isinstance(name, str) else name
                telling = _MARK.sub("", spelled) if isinstance(spelled, str) and "[redacted:" in spelled else spelled
                if spelled in made:
                    spelled = _numbered(str(spelled), made)
                made[spelled] = None
                todo.append((each, made, spelled, telling if isinstance(telling, str) else ""))
        elif isinstance(node, (list, tuple)):
            place[slot] = items = [None] * len(node)
            todo += [(each, items, number, key) for number, each in enumerate(node)]
        else:
            place[slot] = node
    return root[0]
