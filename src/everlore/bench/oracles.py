"""Other detectors of secrets, to measure our own beside them: what each finds in a text, where it is installed.

They are tools for files and commits, not for talk, so figures on prose say less about them than those on code and settings.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

Detector = Callable[[Sequence[str]], list[list[str]]]


def _detect_secrets(texts: Sequence[str]) -> list[list[str]]:
    from detect_secrets.core.scan import scan_file
    from detect_secrets.settings import default_settings

    found = []
    with default_settings(), TemporaryDirectory(prefix="everlore-bench-") as name:
        file = Path(name) / "text.txt"
        for text in texts:
            file.write_text(text, "utf-8")
            found.append([secret.secret_value or "" for secret in scan_file(str(file))])
    return found


def _betterleaks(texts: Sequence[str]) -> list[list[str]]:
    from betterleaks import scan_string

    return [[finding.match.value or "" for finding in scan_string(text)] for text in texts]


ORACLES: dict[str, Detector] = {"detect-secrets": _detect_secrets, "betterleaks": _betterleaks}
_MODULES = {"detect-secrets": "detect_secrets", "betterleaks": "betterleaks"}
_ENOUGH = 8


def installed() -> dict[str, Detector]:
    """Return the detectors that are installed, by name."""
    return {name: detector for name, detector in ORACLES.items() if find_spec(_MODULES[name])}


def touches(value: str, secret: str) -> bool:
    """Say whether what a detector found is the secret, a good part of it or more than it."""
    if len(value) < min(_ENOUGH, len(secret)):
        return False
    return value in secret or secret in value
