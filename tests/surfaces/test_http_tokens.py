"""Tokens by name: made, listed and revoked by the command line, known to a running server at once; Basic for browsers."""

from __future__ import annotations

import base64
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from commanding import Lore
from everlore.core.config import load
from everlore.core.errors import Denied
from everlore.surfaces import daemon
from everlore.surfaces.http.serve import running
from everlore.surfaces.http.tokens import Tokens
from serving import ask, serving

HTML = {"Accept": "text/html"}


def test_a_token_is_shown_once_and_only_its_hash_is_kept(tmp_path: Path) -> None:
    lore = Lore(tmp_path / "home")
    made = lore.json("token", "create", "phone")
    assert made["token"].startswith("lore_") and len(made["token"]) > 45
    kept = lore.home / "tokens.json"
    assert made["token"] not in kept.read_text("utf-8") and "phone" in kept.read_text("utf-8")
    if os.name == "posix":
        assert kept.stat().st_mode & 0o777 == 0o600
    assert [each["name"] for each in lore.json("token", "list")["tokens"]] == ["phone"]
    assert "already" in lore("token", "create", "phone").err and lore("token", "create", "phone").status != 0
    assert lore("token", "create", " ").status == 2 and lore("token", "create", "x" * 65).status == 2
    assert lore("token", "revoke", "nobody").err.startswith("error: there is no token named 'nobody'")
    lore("token", "revoke", "phone")
    assert lore.json("token", "list")["tokens"] == []


def test_a_running_server_knows_a_new_token_and_forgets_a_revoked_one_at_once(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with serving(home, model="none", vault="off", require_token=True) as server:
        tokens = Tokens(home)

        def status(token: str) -> int:
            return ask(server, "GET", "/api/v1/list", headers={"Authorization": f"Bearer {token}"})[0]

        assert ask(server, "GET", "/api/v1/list")[0] == 401 and ask(server, "GET", "/health")[0] == 200
        first, second = tokens.create("first"), tokens.create("second")
        assert status(first) == status(second) == 200 and status(first[:-1]) == 401
        tokens.revoke("first")
        assert (status(first), status(second)) == (401, 200)
        tokens.path.write_text("{broken", "utf-8")
        assert status(second) == 401
        tokens.path.unlink()
        assert status(second) == 401


def test_a_browser_gives_the_token_as_a_password(tmp_path: Path) -> None:
    home = tmp_path / "home"
    token = Tokens(home).create("browser")
    with serving(home, model="none", vault="off", require_token=True) as server:
        status, headers, body = ask(server, "GET", "/web/", headers=HTML)
        assert status == 401 and headers["WWW-Authenticate"].startswith("Basic realm=") and b"password" in body
        assert headers["Content-Type"].startswith("text/plain")
        basic = base64.b64encode(f"me:{token}".encode()).decode()
        assert ask(server, "GET", "/web/", headers={**HTML, "Authorization": f"Basic {basic}"})[0] == 200
        for wrong in (
            "Basic",
            "Basic !!!",
            "Basic " + base64.b64encode(b"me:wrong").decode(),
            "Basic " + base64.b64encode(b"\xff\xfe").decode(),
        ):
            assert ask(server, "GET", "/web/", headers={**HTML, "Authorization": wrong})[0] == 401
        status, headers, body = ask(server, "GET", "/api/v1/list")
        assert headers["WWW-Authenticate"] == "Bearer" and json.loads(body)["code"] == "denied"


def test_beyond_this_machine_a_made_token_is_enough_and_our_own_clients_go_on(tmp_path: Path) -> None:
    home = tmp_path / "home"
    config = replace(load(home, environ={}), host="0.0.0.0", port=0)
    with pytest.raises(Denied, match="needs a token"), running(config):
        pass
    token = Tokens(home).create("team")
    with serving(home, host="0.0.0.0", model="none", vault="off") as server:
        assert ask(server, "GET", "/api/v1/list")[0] == 401
        assert ask(server, "GET", "/api/v1/list", headers={"Authorization": f"Bearer {token}"})[0] == 200
        found = daemon.find(str(home))
        assert found is not None and found.token not in ("", token)
        assert daemon.post(found, "/api/v1/list", b"{}")[0] == 200
