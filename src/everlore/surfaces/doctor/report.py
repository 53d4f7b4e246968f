"""What the doctor found: findings, each with what mends it, and one word for all of them.

`ok` and `note` need nobody; `degraded` means that something is lost or slow; `failing` that memory does not work here. The
worst finding decides the word and the exit status: 0 HEALTHY, 1 DEGRADED, 2 FAILING, as monitoring programs have it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from everlore.core.errors import EverloreError
from everlore.surfaces.cli.terminal import Page, clean

State = Literal["ok", "note", "degraded", "failing"]

OVERALL = {"ok": "HEALTHY", "note": "HEALTHY", "degraded": "DEGRADED", "failing": "FAILING"}
EXIT = {"HEALTHY": 0, "DEGRADED": 1, "FAILING": 2}

_RANK: tuple[State, ...] = ("ok", "note", "degraded", "failing")
_COLOURS = {"ok": "green", "note": "cyan", "degraded": "yellow", "failing": "red"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: how it is, in a sentence, what mends it, and the figures behind it."""

    area: str
    state: State
    said: str
    fix: str = ""
    detail: dict[str, Any] = field(default_factory=dict)


def guarded(area: str, check: Callable[[], Iterable[Finding]]) -> list[Finding]:
    """Return what a check finds; one that fails is a finding itself."""
    found: list[Finding] = []
    try:
        found += check()
    except EverloreError as error:
        found.append(failed(area, error))
    except Exception as error:  # noqa: BLE001 - the doctor is called when anything may be wrong
        said = f"this could not be checked: {type(error).__name__}: {error}"
        found.append(Finding(area, "degraded", said, "this is a defect of the doctor; please report it"))
    return found


def failed(area: str, error: EverloreError, state: State = "failing") -> Finding:
    """Return an error of ours as a finding."""
    return Finding(area, state, error.message, error.hint, {"code": error.code})


def overall(findings: Sequence[Finding]) -> str:
    """Return the one word for all."""
    return OVERALL[max((finding.state for finding in findings), key=_RANK.index, default="ok")]


def as_dict(findings: Sequence[Finding]) -> dict[str, Any]:
    """Return the report as JSON has it."""
    return {"overall": overall(findings), "findings": [asdict(finding) for finding in findings]}


def render(findings: Sequence[Finding], page: Page) -> str:
    """Return the report for a person: a line to each finding and one to what mends it."""
    wide = max(len(finding.area) for finding in findings)
    lines = []
    for finding in findings:
        state = page.paint(finding.state.ljust(len("degraded")), _COLOURS[finding.state])
        lines.append(f"{state}  {finding.area.ljust(wide)}  {' '.join(clean(finding.said).split())}")
        if finding.fix and finding.state != "ok":
            lines.append(f"{' ' * (len('degraded') + wide + 4)}{page.paint('fix:', 'cyan')} {clean(finding.fix)}")
    word = overall(findings)
    worst = max((finding.state for finding in findings), key=_RANK.index, default="ok")
    return "\n".join([*lines, "", page.paint(word, "bold", _COLOURS[worst])])
