"""What may be shown in a slice: one item with its citation and the true cause of its being there. Frozen values, no store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from everlore.core.cite import day
from everlore.core.clock import to_iso
from everlore.recall.roles import Role

RESOLVED = "resolved:"
"""Before the id of an item in the ledger: that it does not hold any more was told."""


@dataclass(frozen=True, slots=True)
class Pick:
    """One item. `kind` is that of a memory, or turn, handoff or resolved; `time` is Unix milliseconds.

    `why` is told to the reader, `cause` is the same in a word of ours for the ledger. `standing` says that it stands in
    the first part, whatever is asked. `before` is the revision that was told before, where this is another.
    """

    id: str
    revision: int | None
    kind: str
    role: Role
    title: str | None
    text: str
    time: int | None
    namespace: str
    why: str
    cause: str
    standing: bool = False
    layer: int = 2
    caveats: tuple[str, ...] = ()
    freshness: str | None = None
    speaker: str = ""
    before: int | None = None
    memory: bool = True
    by: str | None = None

    @property
    def reasons(self) -> str:
        """Why it is here, first of all that it has changed."""
        return f"changed since revision {self.before}, {self.why}" if self.before is not None else self.why

    def parts(self, project: str = "") -> tuple[str, ...]:
        """Return the parts of the line that cites it; its namespace where that is not said beside it."""
        revision = f"@{self.revision}" if self.revision is not None else ""
        place = "" if self.namespace == project else self.namespace
        why = self.reasons.removesuffix(f" of {project}") if project else self.reasons
        return (
            day(to_iso(self.time)), self.speaker or self.kind, place, f"id {self.id}{revision}", why, *self.caveats, self.freshness or "",
        )  # fmt: skip

    def fields(self) -> Mapping[str, str]:
        """Return the same as named texts, for formats that have names; each is there whatever it holds, so that they make a table."""
        date, what, namespace, cited, why, *notes = self.parts()
        text = f"{self.title}\n{self.text}" if self.title and not self.text.startswith(self.title) else self.text
        return {
            "role": "resolved" if self.kind == "resolved" else self.role, "id": cited.removeprefix("id "), "kind": what, "date": date,
            "namespace": namespace, "why": why, "notes": "; ".join(filter(None, notes)), "text": text,
        }  # fmt: skip
