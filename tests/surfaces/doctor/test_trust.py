"""Whether Codex runs our hooks, read from its own files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from everlore.surfaces.doctor.trust import Reviewed, codex_directory, reviewed

OURS = "/opt/lore/bin/lore hook codex SessionStart"


def hooks(**events: list[str]) -> dict[str, Any]:
    return {
        "hooks": {
            event: [{"matcher": "", "hooks": [{"type": "command", "command": command} for command in commands]}]
            for event, commands in events.items()
        }
    }


def trusting(*keys: str) -> str:
    return "\n".join(f'[hooks.state."{key}"]\ntrusted_hash = "sha256:{"0" * 64}"' for key in keys)


def test_without_hooks_nothing_is_known(tmp_path: Path) -> None:
    assert reviewed(tmp_path) == Reviewed("unknown", 0, 0)
    (tmp_path / "hooks.json").write_text(json.dumps(hooks(Stop=["/usr/bin/other hook codex Stop"])))
    assert reviewed(tmp_path) == Reviewed("unknown", 0, 0)


def test_each_of_our_hooks_needs_a_review(tmp_path: Path) -> None:
    file = tmp_path / "hooks.json"
    file.write_text(
        json.dumps(hooks(SessionStart=["/usr/bin/other", OURS], PostToolUse=['"/a b/lore" hook codex PostToolUse']))
    )
    assert reviewed(tmp_path) == Reviewed("untrusted", 2, 0)
    config = tmp_path / "config.toml"
    config.write_text(trusting(f"{file}:session_start:0:1", f"{file}:session_start:0:0"))
    assert reviewed(tmp_path) == Reviewed("untrusted", 2, 1)
    config.write_text(trusting(f"{file}:session_start:0:1", f"{file}:post_tool_use:0:0"))
    assert reviewed(tmp_path) == Reviewed("trusted", 2, 2)


def test_hooks_in_the_settings_themselves_count_too(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    said = f'[[hooks.Stop]]\n[[hooks.Stop.hooks]]\ntype = "command"\ncommand = "{OURS}"\n'
    config.write_text(said)
    assert reviewed(tmp_path) == Reviewed("untrusted", 1, 0)
    config.write_text(said + trusting(f"{config}:stop:0:0"))
    assert reviewed(tmp_path) == Reviewed("trusted", 1, 1)
    config.write_text(said + trusting(f"{config}:stop:0:0") + "\nenabled = false\n")
    assert reviewed(tmp_path) == Reviewed("untrusted", 1, 0)


@pytest.mark.parametrize(("name", "text"), [("config.toml", "[["), ("hooks.json", "{"), ("hooks.json", "[1]")])
def test_files_that_cannot_be_read_leave_it_open(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / "hooks.json").write_text(json.dumps(hooks(Stop=[OURS])))
    (tmp_path / name).write_text(text)
    assert reviewed(tmp_path).trust == "unknown"


def test_the_directory_is_the_one_that_codex_uses(tmp_path: Path) -> None:
    assert codex_directory({"CODEX_HOME": str(tmp_path)}) == tmp_path
    assert codex_directory({"HOME": str(tmp_path)}) == tmp_path / ".codex"
