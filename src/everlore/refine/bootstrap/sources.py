"""Whether sources resolve: a line that is there, a heading that is there, a commit that git knows."""

from __future__ import annotations

from collections.abc import Iterable

from everlore.refine.bootstrap.markdown import headings
from everlore.refine.bootstrap.values import split
from everlore.refine.repository import Repository

_MOST = 4 << 20


def unresolved(repository: Repository, sources: Iterable[str]) -> list[str]:
    """Return the sources that lead nowhere; each file is read once, and git is asked once."""
    wanted = list(dict.fromkeys(sources))
    texts: dict[str, str | None] = {}
    known = _commits(repository, [split(each)[3] for each in wanted if split(each) and split(each)[3]])  # type: ignore[index]  # both are checked
    lost = []
    for source in wanted:
        parts = split(source)
        path, line, heading, commit = parts or ("", "", "", "")
        if path and path not in texts:
            texts[path] = repository.text(path, _MOST)
        text = texts.get(path)
        found = (
            commit in known if commit
            else text is not None and (int(line) <= text.count("\n") + (not text.endswith("\n")) if line
                                       else any(each.slug == heading for each in headings(text)))
        )  # fmt: skip
        if parts is None or not found or (line and int(line) < 1):
            lost.append(source)
    return lost


def _commits(repository: Repository, wanted: list[str]) -> set[str]:
    said = repository.ask(
        "cat-file", "--batch-check=%(objecttype) %(objectname)", given="\n".join(wanted).encode() + b"\n"
    )
    return {line.split()[1][:12] for line in said.splitlines() if line.startswith("commit ")}
