"""What the extension is made of: one manifest that both browsers take, adapters as data, no more rights than it needs."""

from __future__ import annotations

import json
import re
import runpy
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from jsonschema import validate

from everlore import __version__

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "extension"
MANIFEST = json.loads((SOURCE / "manifest.json").read_text())
ADAPTERS = json.loads((SOURCE / "adapters.json").read_text())

SELECTORS = {"type": "array", "minItems": 1, "uniqueItems": True, "items": {"type": "string", "minLength": 1}}
PARTS = ("editor", "send", "streaming", "prompt", "answer")
COMMON = {
    "pages": {"type": "string", "pattern": "^\\^/"},
    "conversation": {"type": "string", "pattern": "\\("},
    "enter": {"type": "boolean"},
    "parts": {"type": "object", "properties": dict.fromkeys(PARTS, SELECTORS), "required": list(PARTS), "additionalProperties": False},
    "skip": SELECTORS,
}  # fmt: skip
SITE = {
    **COMMON,
    "id": {"type": "string", "pattern": "^[a-z.]{1,80}$"},
    "name": {"type": "string"},
    "origin": {"type": "string", "pattern": "^https://[a-z.]+$"},
    "provider": {"enum": ["openai", "anthropic", "google"]},
}


def closed(properties: dict[str, object]) -> dict[str, object]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


MOMENTS = ("pause", "settle", "guess", "open", "typed", "answered", "hold")
SCHEMA = closed({
    "timing": closed({key: {"type": "integer", "minimum": 100, "maximum": 120000} for key in MOMENTS}),
    "sites": {"type": "array", "minItems": 3, "items": closed(SITE)},
    "added": closed(COMMON),
})  # fmt: skip


def test_adapters_are_data_of_one_form() -> None:
    validate(ADAPTERS, SCHEMA)
    for site in [*ADAPTERS["sites"], ADAPTERS["added"]]:
        re.compile(site["pages"])
        assert re.compile(site["conversation"]).groups == 1


def test_its_version_is_the_packages() -> None:
    assert MANIFEST["version"] == __version__


def test_it_asks_for_no_more_than_it_needs() -> None:
    assert MANIFEST["permissions"] == ["storage", "alarms", "scripting", "activeTab"]
    known = [f"{site['origin']}/*" for site in ADAPTERS["sites"]]
    assert MANIFEST["host_permissions"] == [*known, "http://127.0.0.1/*", "http://localhost/*"]
    assert MANIFEST["incognito"] == "not_allowed"
    assert not {"content_scripts", "web_accessible_resources", "externally_connectable"} & MANIFEST.keys()
    policy = MANIFEST["content_security_policy"]["extension_pages"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy


def test_firefox_takes_the_same_manifest() -> None:
    background = MANIFEST["background"]
    assert background["scripts"] == [background["service_worker"]]
    assert background["type"] == "module"
    gecko = MANIFEST["browser_specific_settings"]["gecko"]
    assert re.fullmatch(r"[\w.-]*@[\w.-]+", gecko["id"])
    # What is sent goes to the user's own server, but it leaves the browser.
    assert gecko["data_collection_permissions"] == {"required": ["websiteContent"]}
    # 121: both ways to name the background may stand side by side; 128: optional_host_permissions.
    assert int(gecko["strict_min_version"].split(".")[0]) >= 128
    assert int(MANIFEST["minimum_chrome_version"]) >= 121
    # Its own policy would turn http into https, and our server is on plain http here.
    assert "upgrade-insecure-requests" not in MANIFEST["content_security_policy"]["extension_pages"]


def test_every_file_that_is_named_is_there_and_nothing_comes_from_elsewhere() -> None:
    named = [*MANIFEST["icons"].values(), MANIFEST["action"]["default_popup"], MANIFEST["options_ui"]["page"]]
    scripts = re.findall(r'"(content/\w+\.js)"', (SOURCE / "sites.js").read_text())
    assert {path.name for path in (SOURCE / "content").iterdir()} == {Path(script).name for script in scripts}
    for name in [*named, *scripts]:
        assert (SOURCE / name).is_file(), name
    for page in SOURCE.glob("pages/*.html"):
        for link in re.findall(r'(?:src|href)="([^"]+)"', page.read_text()):
            assert not urlsplit(link).scheme
            assert (page.parent / link).is_file()


@pytest.mark.parametrize("script", sorted(SOURCE.rglob("*.js")), ids=lambda path: path.name)
def test_no_text_becomes_markup_or_code(script: Path) -> None:
    forbidden = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|DOMParser|setHTML"
    assert not re.findall(forbidden, script.read_text())


def test_packing_it_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    pack = runpy.run_path(str(ROOT / "tools" / "extension.py"))["pack"]
    one, other = pack(tmp_path / "one"), pack(tmp_path / "other")
    assert one.read_bytes() == other.read_bytes()
    assert one.name == f"everlore-extension-{__version__}.zip"
