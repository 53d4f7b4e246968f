"""Answers that are kept, compressed, below a base path, and beside somebody's own front end."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from everlore.core.errors import InvalidInput
from everlore.surfaces import daemon
from serving import ask, post, serving

GZIP = {"Accept-Encoding": "gzip"}


def test_what_a_client_has_is_not_sent_again(tmp_path: Path) -> None:
    with serving(tmp_path / "home", model="none", vault="off") as server:
        post(server, "remember", {"text": "The kettle is blue.", "namespace": "acme"})
        status, headers, body = ask(server, "GET", "/api/v1/pages")
        tag = headers["ETag"]
        assert status == 200 and tag.startswith('"') and "must-revalidate" in headers["Cache-Control"]
        for given in (tag, f"W/{tag}", f'"other", {tag}', "*"):
            status, headers, nothing = ask(server, "GET", "/api/v1/pages", headers={"If-None-Match": given})
            assert (status, nothing, headers["ETag"]) == (304, b"", tag), given
        assert ask(server, "HEAD", "/api/v1/pages", headers={"If-None-Match": tag})[0] == 304
        assert ask(server, "GET", "/api/v1/pages", headers={"If-None-Match": '"other"'})[2] == body
        post(server, "remember", {"text": "The teapot is green.", "namespace": "acme"})
        assert ask(server, "GET", "/api/v1/pages", headers={"If-None-Match": tag})[0] == 200
        status, headers, _ = ask(server, "GET", "/api/v1/get?id=nothing")
        assert status == 404 and "ETag" not in headers and headers["Cache-Control"] == "no-store"
        assert (
            ask(
                server,
                "GET",
                "/api/v1/openapi.json",
                headers={"If-None-Match": ask(server, "GET", "/api/v1/openapi.json")[1]["ETag"]},
            )[0]
            == 304
        )


def test_large_answers_are_compressed_for_who_asks(tmp_path: Path) -> None:
    with serving(tmp_path / "home", model="none", vault="off") as server:
        plain = ask(server, "GET", "/api/v1/openapi.json")[2]
        status, headers, body = ask(server, "GET", "/api/v1/openapi.json", headers=GZIP)
        assert headers["Content-Encoding"] == "gzip" and gzip.decompress(body) == plain and len(body) < len(plain) / 4
        assert (
            "Content-Encoding"
            not in ask(server, "GET", "/api/v1/openapi.json", headers={"Accept-Encoding": "gzip;q=0, br"})[1]
        )
        assert "Content-Encoding" not in ask(server, "GET", "/health", headers=GZIP)[1]
        status, headers, body = ask(server, "GET", "/web/", headers=GZIP)
        assert status == 200 and b"<!doctype html>" in gzip.decompress(body)


def test_everything_is_below_a_base_path_too(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with serving(home, model="none", vault="off", base_path="/my/memory") as server:
        status, headers, _ = ask(server, "GET", "/my/memory")
        assert (status, headers["Location"]) == (303, "web/")
        body = ask(server, "GET", "/my/memory/web/")[2].decode()
        assert 'href="/my/memory/web/search"' in body and 'href="/web/' not in body
        assert ask(server, "GET", "/my/memory/web/static/everlore.css")[0] == 200
        assert ask(server, "GET", "/my/memory/api/v1/list")[0] == ask(server, "GET", "/api/v1/list")[0] == 200
        form = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
        status, headers, _ = ask(server, "POST", "/my/memory/web/new", b"text=The+cups+are+white", form)
        assert (
            status == 303
            and headers["Location"].startswith("/my/memory/web/m/")
            and "Path=/my/memory/web" in headers["Set-Cookie"]
        )
        assert ask(server, "POST", "/my/memory/web/new", b"text=x", {"Content-Type": form["Content-Type"]})[0] == 403
        found = daemon.find(str(home))
        assert found is not None and daemon.post(found, "/api/v1/list", b"{}")[0] == 200
        assert ask(server, "GET", "/my/memorys/web/")[0] == 404


@pytest.mark.parametrize("base", ["memory", "/memory/", "/", "/a/../b", "/a b", "/<x>", "//x"])
def test_a_base_path_that_is_none_is_refused(tmp_path: Path, base: str) -> None:
    with pytest.raises(InvalidInput, match="base_path"), serving(tmp_path / "home", base_path=base) as server:
        ask(server, "GET", "/health")


@pytest.fixture
def front(tmp_path: Path) -> Path:
    """A front end of somebody's own, with what must not be sent beside it."""
    root = tmp_path / "front"
    (root / "assets").mkdir(parents=True)
    (root / "index.html").write_text("<html><HEAD lang=x><title>Mine</title></HEAD><body></body></html>", "utf-8")
    (root / "assets" / "app.js").write_text("let mine = 1;", "utf-8")
    (root / ".env").write_text("SECRET=1", "utf-8")
    (tmp_path / "outside.txt").write_text("outside", "utf-8")
    (root / "link.txt").symlink_to(tmp_path / "outside.txt")
    return root


def test_a_front_end_of_ones_own_is_served_beside_the_api(tmp_path: Path, front: Path) -> None:
    with serving(tmp_path / "home", model="none", vault="off", web_ui_dir=str(front), base_path="/x") as server:
        for path in ("/", "/some/page", "/x/", "/x/deep/er/page"):
            status, headers, body = ask(server, "GET", path)
            assert (
                status == 200 and b"<title>Mine</title>" in body and headers["Content-Type"].startswith("text/html")
            ), path
            assert b'<HEAD lang=x><base href="/x/"><meta name="everlore-base-path" content="/x">' in body
        status, headers, body = ask(server, "GET", "/assets/app.js")
        assert (
            body == b"let mine = 1;"
            and "javascript" in headers["Content-Type"]
            and headers["X-Content-Type-Options"] == "nosniff"
        )
        assert ask(server, "GET", "/assets/app.js", headers={"If-None-Match": headers["ETag"]})[0] == 304
        assert (
            ask(server, "GET", "/api/v1/list")[0] == 200 and b"What your agents know" in ask(server, "GET", "/web/")[2]
        )
        for path in (
            "/api/nothing",
            "/missing.js",
            "/.env",
            "/link.txt",
            "/../outside.txt",
            "/%2e%2e/outside.txt",
            "/..%2foutside.txt",
            "/assets/..%2f..%2foutside.txt",
            "/assets\\..\\..\\outside.txt",
            "/%00.txt",
        ):
            status, _, body = ask(server, "GET", path)
            assert (
                status in (400, 404) and b"outside" not in body.replace(b"outside.txt", b"") and b"SECRET" not in body
            ), path
        assert ask(server, "POST", "/", b"{}", {"Content-Type": "application/json"})[0] == 405


def test_a_directory_without_a_front_end_is_refused_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with (
        pytest.raises(InvalidInput, match="has no index"),
        serving(tmp_path / "home", web_ui_dir=str(tmp_path / "empty")),
    ):
        pass


def test_errors_have_one_shape(tmp_path: Path) -> None:
    with serving(tmp_path / "home", model="none", vault="off") as server:
        for method, path in (
            ("GET", "/api/v1/nothing"),
            ("GET", "/api/v1/list?limit=0"),
            ("DELETE", "/api/v1/list"),
            ("GET", "/api/v1/session?id=x"),
        ):
            _, _, body = ask(server, method, path)
            told = json.loads(body)
            assert told["error"] and told["code"] and told.get("hint", "x"), path
