"""Fetch the scripts that the pages of the web use, from npm, as published; and write down what was fetched.

    python tools/vendor.py            writes src/everlore/surfaces/web/static/vendor/ anew, and vendor.toml in it

`npm pack` gives each package at the version named here. Its files are copied byte for byte, with the licence, and
`vendor.toml` says version, source, licence and SHA-256 of each; a test compares. Nobody needs Node to use Everlore.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

DIRECTORY = Path(__file__).parents[1] / "src/everlore/surfaces/web/static/vendor"
PACKAGES = {
    "htmx.org": ("4.0.1", {"dist/htmx.min.js": "htmx", "dist/ext/hx-sse.min.js": "hx-sse"}),
    "cytoscape": ("3.35.0", {"dist/cytoscape.esm.min.mjs": "cytoscape"}),
    "uplot": ("1.6.32", {"dist/uPlot.iife.min.js": "uPlot", "dist/uPlot.min.css": "uPlot"}),
}


def main() -> None:
    """Fetch all."""
    shutil.rmtree(DIRECTORY, ignore_errors=True)
    DIRECTORY.mkdir(parents=True)
    lines = ["# Written by tools/vendor.py; a test compares the files with it.", ""]
    with tempfile.TemporaryDirectory() as place:
        for package, (version, files) in PACKAGES.items():
            packed = subprocess.run(
                ["npm", "pack", "--silent", f"{package}@{version}"],
                cwd=place, check=True, capture_output=True, text=True,
            )  # fmt: skip
            with tarfile.open(Path(place) / packed.stdout.strip()) as archive:
                about = json.loads(_read(archive, "package.json"))
                licence = f"{package.removesuffix('.org')}-{version}.LICENSE"
                wanted = {"LICENSE": licence} | {
                    inside: f"{name}-{version}.min{Path(inside).suffix}" for inside, name in files.items()
                }
                for inside, name in wanted.items():
                    data = _read(archive, inside)
                    (DIRECTORY / name).write_bytes(data)
                    digest = hashlib.sha256(data).hexdigest()
                    lines += [
                        f'["{name}"]', f'package = "{package}"', f'version = "{version}"', f'file = "{inside}"',
                        f'licence = "{about["license"]}"', f'sha256 = "{digest}"', "",
                    ]  # fmt: skip
    (DIRECTORY / "vendor.toml").write_text("\n".join(lines), encoding="utf-8")


def _read(archive: tarfile.TarFile, name: str) -> bytes:
    file = archive.extractfile(f"package/{name}")
    assert file is not None, f"{name} is not in the package"
    return file.read()


if __name__ == "__main__":
    main()
