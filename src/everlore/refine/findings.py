"""What a curator finds: a change that it may make itself where policy allows, or a judgement that somebody else decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Finding:
    """One operation with its request, why, and how sure that is (0 to 1).

    `sort` is what it is counted under. What is a `judgement` is proposed even where policy allows the effect.
    """

    sort: str
    effect: str
    operation: str
    payload: Mapping[str, Any]
    targets: tuple[str, ...]
    reason: str
    evidence: tuple[str, ...] = ()
    confidence: float = 1.0
    judgement: bool = field(default=True)
