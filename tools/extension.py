"""Pack the browser extension, for Chrome and Firefox alike: the same files give the same bytes.

    python tools/extension.py [directory]

One manifest serves both browsers: each of them ignores the other's way to name the background.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

SOURCE = Path(__file__).resolve().parents[1] / "extension"
EPOCH = (1980, 1, 1, 0, 0, 0)


def pack(directory: Path) -> Path:
    """Write the package into a directory and return where it is."""
    version = json.loads((SOURCE / "manifest.json").read_text(encoding="utf-8"))["version"]
    directory.mkdir(parents=True, exist_ok=True)
    package = directory / f"everlore-extension-{version}.zip"
    files = sorted(path for path in SOURCE.rglob("*") if path.is_file() and not path.name.startswith("."))
    with ZipFile(package, "w", ZIP_DEFLATED, compresslevel=9) as archive:
        for path in files:
            entry = ZipInfo(path.relative_to(SOURCE).as_posix(), EPOCH)
            entry.external_attr = 0o100644 << 16
            entry.compress_type = ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes())
    return package


if __name__ == "__main__":
    print(pack(Path(sys.argv[1] if len(sys.argv) > 1 else "dist")))
