"""What the pages are made of: files as published, Markdown, streams that end, messages that no link can write."""

from __future__ import annotations

import hashlib
import http.client
import time
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from everlore.surfaces.web.files import STATIC
from everlore.surfaces.web.markdown import LONGEST, render
from everlore.surfaces.web.rendering import ago, coded, diff, money, short
from serving import ask, post, serving

VENDOR = STATIC / "vendor"


def test_the_files_of_others_are_as_they_were_published() -> None:
    told = tomllib.loads((VENDOR / "vendor.toml").read_text("utf-8"))
    files = {path.name for path in VENDOR.iterdir()} - {"vendor.toml"}
    assert files == told.keys()
    for name, about in told.items():
        assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == about["sha256"], name
        assert about["licence"] and about["version"] in name
    assert {name for name in files if name.endswith("LICENSE")} and len(told) == 8


def test_markdown_shows_headings_one_lower_tables_links_and_pictures_as_links() -> None:
    made = str(render("# A\n\n|a|b|\n|-|-:|\n|1|2|\n\n[[B|the b]] and ![cat](https://e.org/c.png)", "/x", "acme/web"))
    assert "<h2" in made and "<h1" not in made and '<td class="right">2</td>' in made
    assert 'href="/x/web/go?name=B&amp;from=acme/web"' in made and "<img" not in made and "picture: cat" in made


@pytest.mark.parametrize(
    "text", ["x" * (LONGEST + 1), "![a" * 20_000, "|a" * 20_000, "`a" * 25_000, "[[" * 20_000, "*a " * 10_000]
)
def test_what_would_take_the_parser_long_is_shown_as_it_is(text: str) -> None:
    begun = time.process_time()
    assert "<pre" in str(render(text))
    assert time.process_time() - begun < 5, "a parser that is quadratic takes minutes"


def test_characters_that_turn_the_direction_are_named() -> None:
    assert "[RLO]" in str(render("a \u202e b")) and short("\u2066x\u2069") == "[LRI]x[PDI]"


def test_small_things_are_said_plainly() -> None:
    assert (money(-0.0055), money(3), money(None)) == ("-$0.0055", "$3.00", "–")
    assert str(coded("run `lore <x>`")) == "run <code>lore &lt;x&gt;</code>"
    assert ago(None) == "" and "2020-01-02" in ago("2020-01-02T00:00:00Z")
    assert diff("a\nb", "a\nc") == [("same", "a"), ("out", "b"), ("in", "c")]
    assert short("one two three", 8) == "one two…" and len(short("x" * 500)) <= 161


def test_a_stream_of_news_ends_with_the_server_and_tells_of_a_change(tmp_path: Path) -> None:
    with serving(tmp_path / "home", vault="off", model="none") as server:
        host, port = server.listener.getsockname()[:2]
        connection = http.client.HTTPConnection(host, port, timeout=15)
        connection.request("GET", "/web/events")
        stream = connection.getresponse()
        assert stream.headers["Content-Type"].startswith("text/event-stream")
        assert stream.readline() == b"retry: 3000\n"
        time.sleep(0.2)
        post(server, "remember", {"text": "The tide table hangs by the door."})
        assert any(stream.readline() == b"event: changed\n" for _ in range(8))
        many = [http.client.HTTPConnection(host, port, timeout=15) for _ in range(70)]
        for each in many:
            each.request("GET", "/web/events")
        answers = [each.getresponse() for each in many]
        statuses = [each.status for each in answers]
        assert set(statuses) == {200, 503} and statuses.count(503) >= 6
        begun = time.monotonic()
        server.should_exit = True
        for each in (stream, *answers):
            each.read()
            each.close()
        assert time.monotonic() - begun < 8, "a server that is told to stop does not wait for those who listen"
        for each in (connection, *many):
            each.close()


def test_no_link_can_put_words_into_a_page_and_a_message_shows_once(tmp_path: Path) -> None:
    with serving(tmp_path / "home", vault="off", model="none") as server:
        assert b"hacked" not in ask(server, "GET", "/web/?said=hacked")[2]
        form = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
        status, headers, _ = ask(server, "POST", "/web/new", b"text=The+oars+are+wet", form)
        assert status == 303
        cookie = headers["Set-Cookie"]
        assert (
            "HttpOnly" in cookie
            and "SameSite=strict" in cookie
            and urlsplit(headers["Location"]).path.startswith("/web/m/")
        )
        status, headers, body = ask(server, "GET", headers["Location"], headers={"Cookie": cookie.partition(";")[0]})
        assert b"Kept" in body and "Max-Age=0" in headers["Set-Cookie"]
