"""What an agent is told, for a person to look at: the very text, and what is said beside it on standard error."""

from __future__ import annotations

from everlore.surfaces.cli.phrases import count, line
from everlore.surfaces.cli.terminal import clean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from everlore.surfaces.cli.terminal import Page

    Json = dict[str, Any]

_STATES = {
    "preview": "would change", "waiting": "waits for review", "known": "was proposed before", "done": "changed", "denied": "policy forbids",
}  # fmt: skip


def _text(answer: Json, page: Page) -> str:
    return clean(answer["text"])


def notes(name: str, answer: Json) -> list[str]:
    """Return what is to be said beside a slice, a briefing or assembled context."""
    if name not in RENDERERS:
        return []
    lines = []
    if not answer["text"]:
        known = "nothing fits" if answer.get("left_out") else "nothing to tell"
        nowhere = "this directory belongs to no project that is known; name one with --namespace"
        lines.append(known if answer.get("namespace") else nowhere)
    elif answer.get("withheld"):
        lines.append("nothing relevant to the question is remembered")
    if told := answer.get("told"):
        lines.append(f"{count(told, 'item')} told in this conversation before and unchanged since")
    if left := answer.get("left_out"):
        lines.append(f"{count(left, 'item')} did not fit {answer['budget']:,} tokens")
    for delta in answer.get("deltas", ()):
        place = delta["proposal"] and f"`lore review show {delta['proposal']}`"
        lines.append(
            f"{_STATES[delta['state']]}: {line(delta['sort'], ' '.join(delta['targets']), delta['reason'], place)}"
        )
    return lines


RENDERERS: dict[str, Callable[[Json, Page], str]] = dict.fromkeys(
    ("slice", "slice-propose", "briefing", "explore", "context-assemble"), _text
)
