"""The pages about pages: an index for each namespace, and a log of what was done, month by month. Neither is searched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from everlore.core.shorten import shorten

_LISTED = 100
_TOLD = 120
_HEADINGS = {
    "page": "Pages", "decision": "Decisions", "convention": "Conventions", "preference": "Preferences", "procedure": "Procedures",
    "failure": "Failures", "question": "Open questions", "goal": "Goals", "artifact": "Artifacts", "fact": "Facts",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Listed:
    """A page in an index."""

    kind: str
    path: str
    title: str | None
    text: str
    pinned: bool
    state: str


def index(namespace: str, below: Sequence[str], counts: Mapping[str, int], pages: Sequence[Listed]) -> str:
    """Return the index of a namespace: the pages of each kind that matter most, then the newest, at most 100, and the namespaces below it."""
    out = [f"# {namespace}", ""]
    if below:
        out += [
            "## Namespaces",
            "",
            *(f"- [[{path}/index|{path}]]" for path in below[:_LISTED]),
            *_more(len(below)),
            "",
        ]
    for kind, heading in _HEADINGS.items():
        live = [page for page in pages if page.kind == kind and page.state == "active"]
        if live:
            out += [f"## {heading}", "", *map(_line, live[:_LISTED]), *_more(counts.get(kind, len(live))), ""]
    if past := [page for page in pages if page.state != "active"]:
        out += ["## Superseded", "", *map(_line, past[:_LISTED]), *_more(len(past)), ""]
    return "\n".join(out).rstrip("\n") + "\n"


def _line(page: Listed) -> str:
    told = " ".join((page.title or page.text).replace("|", " ").replace("[[", "").replace("]]", "").split())
    pin = " (pinned)" if page.pinned else ""
    return f"- [[{page.path.removesuffix('.md')}|{shorten(told, _TOLD)}]]{pin}"


def _more(count: int) -> list[str]:
    return [f"- and {count - _LISTED:,} more in this directory"] if count > _LISTED else []


def log_path(namespace: str, day: str) -> str:
    """Return where the log of a namespace lies for a day such as 2026-03-02."""
    return f"{namespace}/log-{day[:7]}.md"


def log_line(time: str, what: str, by: str, path: str) -> str:
    """Return one line of a log."""
    return f"- {time} {what} [[{path.removesuffix('.md')}]] by {by}\n"
