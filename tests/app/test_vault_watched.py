"""A running server sees what is done to the files of the vault."""

from __future__ import annotations

import time
from pathlib import Path

from everlore.core.config import Config
from everlore.store.lock import holder
from serving import post, serving


def until(seconds: float, wanted) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if wanted():
            return True
        time.sleep(0.02)
    return False


def test_an_edit_is_recalled_and_an_answer_is_written(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with serving(home, model="none") as server:
        post(
            server,
            "remember",
            {"text": "The gateway listens on port 8080.", "title": "Gateway", "namespace": "acme/web"},
        )
        page = home / "vault/acme/web/fact/gateway.md"
        assert until(20, page.exists)
        time.sleep(0.3)
        page.write_text(page.read_text("utf-8").replace("8080", "9443"), "utf-8")

        def recalled() -> bool:
            _, answer = post(
                server, "recall", {"query": "which port does the gateway listen on", "namespace": "acme/web"}
            )
            return any("9443" in item["text"] for item in answer["items"])

        assert until(20, recalled)
        page.with_name("second.md").write_text("Written by hand.\n", "utf-8")
        assert until(20, lambda: page.with_name("second.md").read_text("utf-8").startswith("---\nid:"))


def test_what_was_done_while_no_server_ran_is_taken_in_at_its_start(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "vault/acme/web/fact").mkdir(parents=True)
    page = home / "vault/acme/web/fact/gateway.md"
    page.write_text("The gateway listens on port 8080.\n", "utf-8")
    with serving(home, model="none") as server:
        assert until(20, lambda: post(server, "list", {"namespace": "acme"})[0] == 200)
        assert until(20, lambda: page.read_text("utf-8").startswith("---\nid:"))
    assert holder(home) is None


def test_the_vault_lies_where_the_settings_say(tmp_path: Path) -> None:
    assert Config(tmp_path, vault_directory=str(tmp_path / "notes")).vault_root == tmp_path / "notes"
