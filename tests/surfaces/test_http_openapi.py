"""The OpenAPI document: that it is one, that it says all there is, and that the server does what it says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from everlore.app import requests
from everlore.app.operations import OPERATIONS
from everlore.app.parse import decode
from everlore.app.schema import flat, inlined, list_fields
from everlore.core.errors import CODES
from everlore.core.tokens import estimate
from everlore.surfaces.http.openapi import document
from everlore.surfaces.mcp import catalogue
from serving import ask, serving

HERE = Path(__file__).parent / "openapi"
SAFE = [
    o.route
    for o in OPERATIONS
    if not {"path", "data", "out"} & set(o.request.__struct_fields__) and o.name != "policy-set"
]
"""Operations that cannot be told to write or read some file, or to forbid everything else."""


def test_every_operation_is_described_with_its_errors() -> None:
    paths = document()["paths"]
    assert set(paths) == {f"/api/v1/{operation.route}" for operation in OPERATIONS} | {"/health"}
    assert all(
        path["post"]["responses"].keys() >= {"200", "400", "404", "503"} for name, path in paths.items() if "v1" in name
    )
    told = {code for r in document()["components"]["responses"].values() for code in _codes(r)}
    assert told == {"error", *CODES}


def _codes(response: dict[str, object]) -> list[str]:
    schema = response["content"]["application/json"]["schema"]  # type: ignore[index]
    return schema["properties"]["code"]["enum"]  # type: ignore[no-any-return]


def test_every_reference_leads_somewhere() -> None:
    whole = document()

    def check(node: object) -> None:
        if isinstance(node, dict):
            if "$ref" in node:
                target: object = whole
                for part in node["$ref"].removeprefix("#/").split("/"):
                    target = target[part]  # type: ignore[index]
            for inner in node.values():
                check(inner)
        elif isinstance(node, list):
            for inner in node:
                check(inner)

    check(whole)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_tool_schemas_are_flat_and_valid(operation: object) -> None:
    for schema in (flat(operation.request), inlined(operation.answer)):  # type: ignore[attr-defined]
        jsonschema.Draft202012Validator.check_schema(schema)
        assert schema["type"] == "object"
        assert not {"anyOf", "oneOf", "allOf", "$ref", "$defs"} & set(schema)
        assert "$ref" not in json.dumps(schema)
    assert "anyOf" not in json.dumps(flat(operation.request))  # type: ignore[attr-defined]


def test_what_fits_a_tools_schema_is_read_and_what_does_not_is_refused() -> None:
    schema = flat(requests.Recall)
    fits = {"query": "x", "limit": 3, "kinds": ["turn", "decision"], "explain": True}
    jsonschema.validate(fits, schema)
    assert decode(requests.Recall, fits).limit == 3
    for wrong in (
        {},
        {"query": 1},
        {"query": "x", "limit": 0},
        {"query": "x", "kinds": ["x"]},
        {"query": "x", "colour": 1},
    ):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, schema)


def test_lists_are_known_as_lists() -> None:
    assert list_fields(requests.Remember) == {"tags"}
    assert list_fields(requests.Recall) == {"kinds"}


def test_the_tools_an_agent_sees_cost_well_under_two_thousand_tokens() -> None:
    tools = catalogue.tools()
    assert 7 <= len(tools) <= 9
    assert estimate(json.dumps([tool["inputSchema"] for tool in tools], separators=(",", ":"))) < 1_600
    assert estimate(json.dumps(tools, separators=(",", ":"))) < 2_000
    assert len(catalogue.instructions()) < 2_000


def test_hints_say_what_a_tool_does() -> None:
    hints = {tool["name"]: tool["annotations"] for tool in catalogue.tools("full")}
    assert {name for name, hint in hints.items() if hint["readOnlyHint"]} == {
        "recall", "answer", "context", "context_explain", "why", "stats", "stats_timeline", "stats_providers", "stats_logs",
        "slice", "briefing", "explore", "context_assemble",
        "get", "read_page", "list", "history", "timeline", "check_duplicate", "status", "verify", "vault",
        "handoff", "handoff_list", "sessions", "session", "journal", "namespaces",
        "projects", "workspaces", "pages", "graph", "overview", "growth", "search", "standards", "transcripts_search", "review", "review_show",
        "policy", "agents", "entity_list", "graph_audit", "graph_neighbors", "graph_path", "graph_stats", "graph_timeline", "graph_walk",
    }  # fmt: skip
    assert {name for name, hint in hints.items() if hint.get("destructiveHint")} == {
        "purge", "purge_project", "purge_session", "restore_backup",
    }  # fmt: skip
    assert {name for name, hint in hints.items() if hint["openWorldHint"]} == {"answer", "refine"}


@pytest.mark.timeout(500)
def test_the_server_keeps_to_the_document(tmp_path: Path) -> None:
    with serving(tmp_path / "home") as server:
        served = json.loads(ask(server, "GET", "/api/v1/openapi.json")[2])
        assert served == document()
        served["paths"] = {f"/api/v1/{name}": served["paths"][f"/api/v1/{name}"] for name in SAFE}
        (tmp_path / "openapi.json").write_text(json.dumps(served))
        (tmp_path / "schemathesis.toml").write_text((HERE / "schemathesis.toml").read_text())
        command = [str(Path(sys.executable).with_name("st")), "run", "openapi.json", "--url", server.url]
        command += ["--phases", "examples,coverage,fuzzing", "--mode", "all", "--max-examples", "8", "--seed", "7"]
        command += ["--continue-on-failure", "--no-color", "--warnings", "off", "--output-truncate", "true"]
        environ = {**os.environ, "PYTHONPATH": str(HERE), "COLUMNS": "120"}
        done = subprocess.run(
            command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False, timeout=400
        )
    report = "\n".join(line[:300] for line in done.stdout.splitlines()[-150:])
    assert done.returncode == 0, report + done.stderr[-2000:]
    assert "No issues found" in done.stdout or "passed" in done.stdout, report
