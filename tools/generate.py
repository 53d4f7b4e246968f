"""Write the files that are made from the registry of operations, or with --check tell which of them are out of date.

Every such file is written ahead so that reading it is quick, and tests hold each one equal to its source.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path


def generated() -> dict[Path, Callable[[], str]]:
    """Return every generated file and what makes its content."""
    from everlore.surfaces.mcp import catalogue

    return {catalogue.FILE: catalogue.document}


def main(argv: list[str]) -> int:
    stale = [path for path, make in generated().items() if not path.exists() or path.read_text("utf-8") != make()]
    if argv == ["--check"]:
        for path in stale:
            print(f"{path.name} is out of date", file=sys.stderr)
        if stale:
            print("hint: python tools/generate.py", file=sys.stderr)
        return 1 if stale else 0
    for path in stale:
        path.write_text(generated()[path](), "utf-8")
        print(f"wrote {path.name}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
