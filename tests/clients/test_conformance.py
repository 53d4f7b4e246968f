"""The official MCP conformance suite, in its newest release as only that one knows every version of the protocol."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from clients.installed import environment, program, run
from serving import serving

pytestmark = pytest.mark.client

EXPECTED = Path(__file__).with_name("expected-failures.yml")
MUST_PASS = {
    "server-initialize",
    "ping",
    "tools-list",
    "dns-rebinding-protection",
    "http-header-validation",
    "input-required-result-unsupported-methods",
    "input-required-result-validate-input",
}


def test_every_expected_failure_has_a_written_reason() -> None:
    lines = [line.strip() for line in EXPECTED.read_text("utf-8").splitlines()]
    entries = [number for number, line in enumerate(lines) if line.startswith("- ")]
    assert len(entries) > 40
    assert all(lines[number - 1].startswith("# ") for number in entries)


def test_the_suite_finds_nothing_but_what_is_expected(tmp_path: Path) -> None:
    with serving(tmp_path / "home") as server:
        command = [program("conformance"), "server", "--url", f"{server.url}/mcp", "--suite", "all"]
        command += ["--expected-failures", str(EXPECTED), "--output-dir", str(tmp_path / "results")]
        status, output, errors = run(command, tmp_path, environment(tmp_path), seconds=180)
    assert status == 0, output[-6000:] + errors[-2000:]
    passed, failed = set(), 0
    for path in (tmp_path / "results").rglob("checks.json"):
        checks = [check["status"] for check in json.loads(path.read_text())]
        failed += checks.count("FAILURE")
        if "FAILURE" not in checks and "SUCCESS" in checks:
            passed.add(re.sub(r"^server-|-\d{4}-\d\d-\d\dT.*$", "", path.parent.name))
    assert failed, "the suite has stopped asking for what we do not do: is it the right one?"
    assert passed >= MUST_PASS, sorted(passed)
