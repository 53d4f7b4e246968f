"""What the proxy does to requests and answers, in every shape that it speaks."""

from __future__ import annotations

import gzip
import http.client
import json
import socket
import time
import zlib
from pathlib import Path

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from everlore.core.tokens import estimate
from surfaces.proxy.relaying import CHAT, DIALECTS, GEMINI, KEY, MESSAGES, RESPONSES, Bench, bench

FACT = "The tide broker of the lighthouse listens on port 18830."
QUESTION = "Which port does the tide broker of the lighthouse listen on?"
LATER = "Tell me the port of the tide broker"

shapes = pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)


def learnt(proxied: Bench, dialect=CHAT) -> None:
    """Have the proxy learn the fact in a conversation of its own."""
    proxied.converse(dialect, [("user", QUESTION)], FACT)


@shapes
def test_the_second_conversation_gets_what_the_first_one_learnt(tmp_path: Path, dialect) -> None:
    with bench(tmp_path / "home") as proxied:
        first = proxied.converse(dialect, [("user", QUESTION)], FACT)
        second = proxied.converse(dialect, [("user", LATER)], "18830")
        row = proxied.rows("SELECT tokens, repeated, withheld, surface FROM ledger ORDER BY id DESC LIMIT 1")[0]
        stored = proxied.turns()
    assert first == dialect.body([("user", QUESTION)])
    told = dialect.prompt(second)
    assert (
        told.startswith("<everlore-memory ") and f"> {FACT}" in told and told.endswith(f"</everlore-memory>\n\n{LATER}")
    )
    assert row == (estimate(told.removesuffix(LATER)), 0, 0, "proxy")
    assert stored == [("user", QUESTION), ("assistant", FACT), ("user", LATER), ("assistant", "18830")]


@shapes
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_the_answer_is_relayed_and_what_the_provider_counted_is_kept(tmp_path: Path, dialect, streamed) -> None:
    with bench(tmp_path / "home") as proxied:
        proxied.upstream.data = (dialect.stream if streamed else dialect.whole)(FACT)
        proxied.upstream.kind = dialect.kind if streamed else "application/json"
        proxied.upstream.pieces = 7 if streamed else 0
        path = dialect.streamed if streamed else dialect.path
        status, headers, data = proxied.send(path, dialect.body([("user", QUESTION)]))
        proxied.settle()
        row = proxied.rows("SELECT input, cached, cache_written, output, outcome, model FROM ledger")
        stored = proxied.turns()
        asked = proxied.server.asked[-1]
    assert (status, data, headers["content-type"]) == (200, proxied.upstream.data, proxied.upstream.kind)
    assert asked.path == path and asked.headers["authorization"] == f"Bearer {KEY}"
    assert row[0][:5] == (*dialect.counts, "answered") and row[0][5]
    assert stored == [("user", QUESTION), ("assistant", FACT)]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory):
    with bench(tmp_path_factory.mktemp("shared") / "home") as proxied:
        yield proxied


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    data=st.binary(max_size=4_000), pieces=st.integers(0, 40), kind=st.sampled_from(["text/event-stream", "application/json", "x/y"]),
    path=st.sampled_from([dialect.streamed for dialect in DIALECTS] + ["/v1/models", "/v1/embeddings"]),
    coding=st.sampled_from(["", "gzip", "br", "zstd"]),
)  # fmt: skip
def test_bytes_are_relayed_unchanged_whatever_they_are(shared: Bench, data, pieces, kind, path, coding) -> None:
    shared.upstream.data, shared.upstream.pieces, shared.upstream.kind = data, pieces, kind
    shared.upstream.headers = {"Content-Encoding": coding} if coding else {}
    status, headers, got = shared.send(path, {"messages": [{"role": "user", "content": "hm"}]})
    assert (status, got, headers["content-type"], headers.get("content-encoding", "")) == (200, data, kind, coding)


@pytest.mark.parametrize(
    "body",
    [
        b'{"model": "x", "messages": [}', b"not json", b"", b"[]", b'{"messages": "no"}', b'{"messages": [1, null, {"role": "user"}]}',
        b'\xef\xbb\xbf{"messages": []}', b'{"messages": [{"role": "user", "content": "\xff"}]}', b'{"n": 1' + b"0" * 5000 + b"}",
        b"[" * 100_000, b'{"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:"}}]}]}',
    ],
    ids=range(11),
)  # fmt: skip
def test_what_memory_cannot_read_goes_through_as_it_came(shared: Bench, body) -> None:
    shared.upstream.status, shared.upstream.data, shared.upstream.pieces, shared.upstream.headers = (
        400,
        b'{"error": "so"}',
        0,
        {},
    )
    try:
        status, _, data = shared.send("/v1/chat/completions", body)
    finally:
        shared.upstream.status = 200
    assert (status, data, shared.server.asked[-1].body) == (400, b'{"error": "so"}', body)


def test_only_the_prompt_changes_and_every_other_byte_stays(tmp_path: Path) -> None:
    body = (
        '{ "temperature":1.10,"big":12345678901234567890123, "e":1E-7 ,\n"x":{"b":[1 , 2]}, "text":"\\u00e9\\/ \\ud83d\\ude00",'
        '"messages" : [{"content":[{"type":"image_url","image_url":{"url":"data:x"}},{"type":"text","text":"PROMPT"}],"role":"user","name":"n"} ],'
        '"stream":false}'
    ).replace("PROMPT", LATER)
    with bench(tmp_path / "home") as proxied:
        learnt(proxied)
        proxied.upstream.data = CHAT.whole("18830")
        proxied.send(CHAT.path, body.encode())
        sent = proxied.server.asked[-1].body.decode()
    block = sent[sent.index("<everlore-memory") : sent.index("</everlore-memory>")] + "</everlore-memory>\\n\\n"
    assert sent.replace(block, "", 1) == body and len(sent) > len(body)


def test_a_client_that_wants_no_memory_gets_none(tmp_path: Path) -> None:
    with bench(tmp_path / "home") as proxied:
        learnt(proxied)
        before = proxied.turns()
        body = json.dumps(CHAT.body([("user", LATER)])).encode()
        ours = {"Everlore-Memory": "off", "Everlore-Session": "s", "Everlore-Project": "p", "Everlore-Cwd": "/"}
        proxied.send(CHAT.path, body, ours)
        proxied.settle()
        asked = proxied.server.asked[-1]
        rows = proxied.rows("SELECT count(*) FROM ledger")
        after = proxied.turns()
    assert asked.body == body and after == before and rows == [(1,)]
    assert not [name for name in asked.headers if name.startswith("everlore")]


def test_headers_of_one_connection_and_of_ours_go_no_further_and_others_stay(tmp_path: Path) -> None:
    with bench(tmp_path / "home") as proxied:
        proxied.upstream.headers = {"X-Request-Id": "r1", "Connection": "X-Mine", "X-Mine": "1", "Set-Cookie": "a=b"}
        mine = {
            "Connection": "X-Hop, keep-alive",
            "X-Hop": "1",
            "TE": "trailers",
            "X-Kept": "yes",
            "Accept-Encoding": "br, gzip;q=0.5",
        }
        _, got, _ = proxied.send(CHAT.path, CHAT.body([("user", "hi")]), mine)
        asked = proxied.server.asked[-1].headers
        proxied.send("/v1/models", b"", {"Accept-Encoding": "br"}, "GET")
        relayed = proxied.server.asked[-1]
    assert (
        asked["x-kept"] == "yes"
        and asked["accept-encoding"] == "gzip;q=0.5"
        and asked["host"] == f"127.0.0.1:{proxied.server.port}"
    )
    assert not {"x-hop", "te", "connection"} & set(asked)
    assert got["x-request-id"] == "r1" and got["set-cookie"] == "a=b" and "x-mine" not in got
    assert (relayed.method, relayed.path, relayed.headers["accept-encoding"]) == ("GET", "/v1/models", "br")


@pytest.mark.parametrize(
    ("coding", "pack"),
    [
        ("gzip", gzip.compress), ("deflate", zlib.compress), ("zstd", zstandard.ZstdCompressor().compress),
        ("deflate", lambda data: zlib.compress(data, wbits=-15)),
    ],
)  # fmt: skip
def test_a_packed_answer_is_relayed_packed_and_read_all_the_same(tmp_path: Path, coding, pack) -> None:
    with bench(tmp_path / "home") as proxied:
        proxied.upstream.data, proxied.upstream.kind = pack(CHAT.stream(FACT)), "text/event-stream"
        proxied.upstream.headers = {"Content-Encoding": coding}
        _, headers, data = proxied.send(CHAT.path, CHAT.body([("user", QUESTION)]), {"Accept-Encoding": coding})
        proxied.settle()
        assert (data, headers["content-encoding"]) == (proxied.upstream.data, coding)
        assert proxied.turns() == [("user", QUESTION), ("assistant", FACT)]


def test_a_packed_request_is_relayed_without_memory(tmp_path: Path) -> None:
    body = gzip.compress(json.dumps(CHAT.body([("user", LATER)])).encode())
    with bench(tmp_path / "home") as proxied:
        learnt(proxied)
        proxied.send(CHAT.path, body, {"Content-Encoding": "gzip"})
        asked = proxied.server.asked[-1]
    assert (asked.body, asked.headers["content-encoding"]) == (body, "gzip")


def test_a_large_request_is_relayed_as_it_comes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("everlore.surfaces.proxy.relay.LARGEST_BODY", 50_000)
    body = json.dumps(CHAT.body([("user", "x" * 300_000)])).encode()
    with bench(tmp_path / "home") as proxied:
        status, _, _ = proxied.send(CHAT.path, body)
        assert (status, proxied.server.asked[-1].body) == (200, body)


@shapes
def test_an_upstream_that_is_not_there_is_told_in_the_clients_own_words(tmp_path: Path, dialect) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nobody = taken.getsockname()[1]
    with bench(
        tmp_path / "home",
        **{f"proxy_{name}": f"http://127.0.0.1:{nobody}" for name in ("openai", "anthropic", "gemini", "ollama")},
    ) as proxied:
        status, _, data = proxied.send(dialect.path, dialect.body([("user", QUESTION)]))
        assert proxied.turns() == []
    error = json.loads(data)["error"]
    message = error if isinstance(error, str) else error["message"]
    assert status == 502 and f"127.0.0.1:{nobody}: it cannot be reached" in message and "hint: " in message


def test_an_answer_that_breaks_off_breaks_off_for_the_client_too(tmp_path: Path) -> None:
    def broken(handler, asked, server) -> None:
        handler.protocol_version = "HTTP/1.1"
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        piece = CHAT.stream(FACT).partition(b"\n\n")[0] + b"\n\n"
        handler.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        handler.close_connection = True

    with bench(tmp_path / "home") as proxied:
        proxied.upstream.__class__ = type(
            "Broken", (type(proxied.upstream),), {"__call__": lambda self, h, a, s: broken(h, a, s)}
        )
        with pytest.raises(http.client.IncompleteRead):
            proxied.send(CHAT.path, CHAT.body([("user", QUESTION)]))
        proxied.settle()
        assert proxied.turns() == [("user", QUESTION), ("assistant", FACT[: len(FACT) // 2])]
        assert proxied.rows("SELECT outcome FROM ledger") == [("cut",)]


def test_a_client_that_goes_away_before_it_was_answered_leaves_nothing_but_the_count(tmp_path: Path) -> None:
    gone = []

    def hanging(self, handler, asked, server) -> None:
        handler.connection.settimeout(20)
        gone.append(handler.rfile.read(1))  # ends when the proxy closes the connection

    with bench(tmp_path / "home") as proxied:
        proxied.upstream.__class__ = type("Hanging", (type(proxied.upstream),), {"__call__": hanging})
        connection = http.client.HTTPConnection("127.0.0.1", proxied.port)
        connection.request("POST", CHAT.path, json.dumps(CHAT.body([("user", QUESTION)])))
        while not proxied.server.asked:
            time.sleep(0.01)
        connection.close()
        proxied.settle()
        assert proxied.turns() == [] and proxied.rows("SELECT outcome FROM ledger") == [("unanswered",)]
    assert gone == [b""]


@pytest.mark.parametrize(
    ("headers", "status"), [({"Host": "evil.example"}, 403), ({"Origin": "http://evil.example"}, 403), ({}, 200)]
)
def test_web_pages_cannot_use_the_proxy(tmp_path: Path, headers, status) -> None:
    with bench(tmp_path / "home") as proxied:
        assert proxied.send("/v1/models", b"", headers, "GET")[0] == status
        assert len(proxied.server.asked) == (status == 200)


def test_requests_go_to_configured_upstreams_alone(tmp_path: Path) -> None:
    with bench(tmp_path / "home") as proxied:
        raw = socket.create_connection(("127.0.0.1", proxied.port))
        with raw:
            raw.sendall(b"GET http://evil.example/v1/models HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            said = b"".join(iter(lambda: raw.recv(4096), b""))
        assert said.startswith(b"HTTP/1.1 404 ") and proxied.server.asked == []
        assert proxied.send("/v1//evil.example/@x", b"", method="GET")[0] == 200
        assert proxied.server.asked[-1].path == "/v1//evil.example/@x"


def test_keys_are_in_no_file_of_the_home(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with bench(home) as proxied:
        proxied.converse(CHAT, [("user", QUESTION)], FACT)
        proxied.converse(MESSAGES, [("user", QUESTION)], FACT, {"x-api-key": KEY})
        proxied.upstream.data = GEMINI.whole(FACT)
        proxied.send(f"{GEMINI.path}?key={KEY}", GEMINI.body([("user", QUESTION)]))
        proxied.settle()
        assert proxied.server.asked[-1].path.endswith(f"?key={KEY}")
    files = [path for path in home.rglob("*") if path.is_file()]
    assert files and not [path for path in files if KEY.encode() in path.read_bytes()]


def test_each_path_goes_to_the_provider_it_is_of(tmp_path: Path) -> None:
    from everlore.core.config import Config
    from everlore.surfaces.proxy.upstreams import Upstreams

    ways = Upstreams(Config(tmp_path))

    def where(path: str, provider: str = "", **headers: str) -> str | None:
        found = ways.of(path, provider, {name.replace("_", "-"): text for name, text in headers.items()})
        return found and found.url(path, b"")

    assert where("/v1/models") == "https://api.openai.com/v1/models"
    assert where("/v1/models", anthropic_version="2023-06-01") == "https://api.anthropic.com/v1/models"
    assert where("/v1/messages/count_tokens") == "https://api.anthropic.com/v1/messages/count_tokens"
    assert where("/v1beta/models") == "https://generativelanguage.googleapis.com/v1beta/models"
    assert where("/api/tags") == "http://localhost:11434/api/tags"
    assert where("/metrics") is None
    one = Upstreams(Config(tmp_path), "https://openrouter.ai/api/v1/").of("/v1/chat/completions", "openai", {})
    assert one and one.url("/v1/chat/completions", b"a=b") == "https://openrouter.ai/api/v1/chat/completions?a=b"


def test_responses_that_go_on_from_one_another_are_one_conversation(tmp_path: Path) -> None:
    with bench(tmp_path / "home") as proxied:
        learnt(proxied)
        first = proxied.converse(RESPONSES, [("user", LATER)], "18830")
        more = {"previous_response_id": "resp_1", "input": f"{LATER} once more"}
        second = proxied.converse(RESPONSES, [("user", "")], "18830", **more)
        sessions = proxied.rows("SELECT count(*) FROM session")
    assert "<everlore-memory" in RESPONSES.prompt(first)
    assert second["input"] == f"{LATER} once more", "it was told already"
    assert sessions == [(2,)]
