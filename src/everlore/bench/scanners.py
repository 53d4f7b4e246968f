"""Other scanners for text that tries to steer an agent, to measure our own beside them: which texts each one would hold.

None needs a network or a model. They were made for what people type to a chat, so figures on notes say less about them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

Scanner = Callable[[Sequence[str]], list[bool]]


def _clawguard(texts: Sequence[str]) -> list[bool]:
    from clawguard_core import scan_text

    return [scan_text(text).total_findings > 0 for text in texts]


def _injectionguard(texts: Sequence[str]) -> list[bool]:
    from injectionguard import is_safe

    return [not is_safe(text) for text in texts]


def _safepaste(texts: Sequence[str]) -> list[bool]:
    from safepaste import scan_prompt

    return [scan_prompt(text).flagged for text in texts]


def _llm_injection_guard(texts: Sequence[str]) -> list[bool]:
    from llm_injection_guard import InjectionDetector

    detector = InjectionDetector()
    return [bool(detector.scan(text).is_injection) for text in texts]


def _cisco(texts: Sequence[str]) -> list[bool]:
    import yara

    spec = find_spec("mcpscanner")
    folder = Path(str(spec.origin)).parent / "data" / "yara_rules" if spec else Path()
    rules = yara.compile(filepaths={file.stem: str(file) for file in sorted(folder.glob("*.yara"))})
    return [bool(rules.match(data=text.encode())) for text in texts]


SCANNERS: dict[str, Scanner] = {
    "clawguard-core": _clawguard,
    "injectionguard": _injectionguard,
    "safepaste": _safepaste,
    "llm-injection-guard": _llm_injection_guard,
    "cisco-ai-mcp-scanner": _cisco,
}
_MODULES = {
    "clawguard-core": "clawguard_core",
    "injectionguard": "injectionguard",
    "safepaste": "safepaste",
    "llm-injection-guard": "llm_injection_guard",
    "cisco-ai-mcp-scanner": "mcpscanner",
}


def installed() -> dict[str, Scanner]:
    """Return the scanners that are installed, by name."""
    return {name: scanner for name, scanner in SCANNERS.items() if find_spec(_MODULES[name])}
