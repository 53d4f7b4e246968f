"""The remote embedder, against a real server on this machine that behaves and misbehaves."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pytest

from everlore.core.errors import InvalidInput, ModelUnavailable
from everlore.models.codes import from_bytes
from everlore.models.remote import RemoteEmbedder

from .loopback import Answer, Asked, reply, serving

WIDTH = 64


def vector(text: str) -> list[float]:
    """Return a vector that tells texts apart, not of unit length."""
    return [float(len(text) + 1), *(float(ord(char) % 7) for char in text[: WIDTH - 1].ljust(WIDTH - 1))]


def unit(text: str) -> np.ndarray:
    value = np.array(vector(text), np.float32)
    return value / np.linalg.norm(value)


def respond(handler, status: int, value: object, **headers: str) -> None:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    reply(handler, status, body, Content_Type="application/json", **headers)


def embedding(asked: Asked) -> dict[str, object]:
    texts = json.loads(asked.body)["input"]
    return {"data": [{"index": at, "embedding": vector(text)} for at, text in enumerate(texts)], "model": "m"}


def well(handler, asked, _server) -> None:
    respond(handler, 200, embedding(asked))


def first(*answers: Answer) -> Answer:
    """Answer each request in its own way, the last way for ever after."""
    return lambda handler, asked, server: answers[min(len(server.asked), len(answers)) - 1](handler, asked, server)


def failing(status: int, body: object = b"", **headers: str) -> Answer:
    return lambda handler, _asked, _server: respond(handler, status, body, **headers)


def embedder(url: str, *, waited: list[float] | None = None, **more: object) -> RemoteEmbedder:
    """Return an embedder that writes down its pauses instead of taking them."""
    return RemoteEmbedder(f"{url}/v1", "m", pause=(waited if waited is not None else []).append, **more)  # type: ignore[arg-type]


def test_passages_get_their_vectors_in_order_and_in_batches() -> None:
    texts = [f"passage number {n} " + "x" * n for n in range(10)]
    with serving(well) as server:
        remote = embedder(server.url, batch=4)
        codes = remote.encode_passages(texts)
        remote.close()
    assert [json.loads(asked.body)["input"] for asked in server.asked] == [texts[:4], texts[4:8], texts[8:]]
    assert {(asked.method, asked.path) for asked in server.asked} == {("POST", "/v1/embeddings")}
    assert json.loads(server.asked[0].body)["model"] == "m"
    for code, text in zip(codes, texts, strict=True):
        assert np.allclose(code.pooled * code.scale, unit(text), atol=0.01) and code.ids.tolist() == [0]
        assert from_bytes(code.to_bytes()).pooled.tolist() == code.pooled.tolist()


def test_a_question_gets_a_unit_vector_and_is_asked_once() -> None:
    with serving(well) as server:
        remote = embedder(server.url)
        one, two = remote.encode_question("why blue?"), remote.encode_question("why blue?")
        remote.close()
    assert np.allclose(one.pooled, unit("why blue?"), atol=1e-6) and one is two
    assert one.tokens.tolist() == [one.pooled.tolist()] and one.ids.tolist() == [0] and len(server.asked) == 1


def test_codes_of_a_remote_model_score_against_its_questions() -> None:
    from everlore.models.codes import match_tokens

    with serving(well) as server:
        remote = embedder(server.url)
        codes, question = remote.encode_passages(["a", "b"]), remote.encode_question("a")
        remote.close()
    matches = match_tokens(question.tokens, codes)
    assert matches.shape == (2, 1) and matches[0, 0] > matches[1, 0] > 0
    similar = [float(code.pooled @ question.pooled) * code.scale for code in codes]
    assert similar[0] == pytest.approx(1, abs=0.02) and similar[0] > similar[1]


def test_vectors_of_an_odd_width_are_filled_up_with_zeros() -> None:
    body = {"data": [{"index": 0, "embedding": [3.0, -4.0, 0.0]}]}
    with serving(failing(200, body)) as server:
        remote = embedder(server.url)
        code, question = remote.encode_passages(["x"])[0], remote.encode_question("x")
        remote.close()
    assert np.allclose(code.pooled * code.scale, [0.6, -0.8, *[0] * 62], atol=0.01)
    assert from_bytes(code.to_bytes()).bits.tolist() == code.bits.tolist() and question.pooled.shape == (64,)


def test_vectors_that_come_out_of_order_are_put_in_order() -> None:
    def answer(handler, asked, _server) -> None:
        value = embedding(asked)
        value["data"] = list(reversed(value["data"]))  # type: ignore[call-overload]
        respond(handler, 200, value)

    with serving(answer) as server:
        remote = embedder(server.url)
        codes = remote.encode_passages(["short", "a longer one"])
        remote.close()
    assert np.allclose(codes[1].pooled * codes[1].scale, unit("a longer one"), atol=0.01)


def test_an_empty_passage_gets_a_vector_too() -> None:
    with serving(well) as server:
        remote = embedder(server.url)
        assert len(remote.encode_passages(["", "  ", "x"])) == 3 and remote.encode_passages([]) == []
        remote.close()
    assert json.loads(server.asked[0].body)["input"] == ["-", "-", "x"] and len(server.asked) == 1


def test_the_identity_follows_address_and_model() -> None:
    one = RemoteEmbedder("http://localhost:1/v1", "m")
    assert one.identity == RemoteEmbedder("http://localhost:1/v1/embeddings/", "m").identity and len(one.identity) == 16
    assert one.identity != RemoteEmbedder("http://localhost:1/v1", "n").identity
    assert one.identity != RemoteEmbedder("http://localhost:2/v1", "m").identity


@pytest.mark.parametrize(("url", "model", "field"), [
    ("localhost:11434", "m", "embedder_url"), ("ftp://x/v1", "m", "embedder_url"), ("", "m", "embedder_url"),
    ("http://localhost/v1", "", "embedder_model"),
])  # fmt: skip
def test_an_address_that_is_none_is_refused(url: str, model: str, field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        RemoteEmbedder(url, model)
    assert caught.value.field == field and caught.value.hint


def test_the_key_comes_from_the_environment_when_it_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(well) as server:
        remote = embedder(server.url, key_env="SOME_KEY", rest=0)
        with pytest.raises(ModelUnavailable, match="not set") as caught:
            remote.encode_question("x")
        assert "SOME_KEY" in caught.value.hint and not server.asked
        monkeypatch.setenv("SOME_KEY", " swordfish\n")
        remote.encode_question("x")
        remote.close()
    assert server.asked[0].headers["authorization"] == "Bearer swordfish"


def test_a_key_never_shows_in_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_KEY", "swordfish")
    with serving(failing(401, {"error": "wrong key swordfish"})) as server:
        remote = embedder(server.url, key_env="SOME_KEY")
        with pytest.raises(ModelUnavailable) as caught:
            remote.encode_passages(["x"])
        remote.close()
    told = f"{caught.value.message} {caught.value.hint}"
    assert "swordfish" not in told and "401" in told and "SOME_KEY" in told


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 301])
def test_a_refusal_is_not_tried_again(status: int) -> None:
    with serving(failing(status, b"because", Location="http://127.0.0.1:1/")) as server:
        remote = embedder(server.url)
        with pytest.raises(ModelUnavailable, match=f"answered {status}: because") as caught:
            remote.encode_passages(["x"])
        remote.close()
    assert len(server.asked) == 1 and caught.value.hint


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_trouble_that_passes_is_tried_again(status: int) -> None:
    waited: list[float] = []
    with serving(first(failing(status), failing(status), well)) as server:
        remote = embedder(server.url, waited=waited)
        assert len(remote.encode_passages(["x"])) == 1
        remote.close()
    assert len(server.asked) == 3
    assert 0.1 < waited[0] <= 0.25 < 2 * waited[1] <= 1.0


def test_trouble_that_stays_ends_after_four_attempts() -> None:
    waited: list[float] = []
    with serving(failing(503)) as server:
        remote = embedder(server.url, waited=waited)
        with pytest.raises(ModelUnavailable, match="answered 503"):
            remote.encode_passages(["x"])
        remote.close()
    assert (len(server.asked), len(waited)) == (4, 3)


def test_a_server_may_say_how_long_to_wait_within_the_time_there_is() -> None:
    waited: list[float] = []
    with serving(first(failing(429, Retry_After="3"), failing(429, Retry_After="40"))) as server:
        remote = embedder(server.url, waited=waited)
        with pytest.raises(ModelUnavailable, match="answered 429"):
            remote.encode_passages(["x"])
        remote.close()
    assert waited == [3.0] and len(server.asked) == 2


def hang(_handler, _asked, server) -> None:
    server.released.wait(60)


def dribble(handler, _asked, server) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000000")
    handler.end_headers()
    while not server.released.wait(0.02):
        handler.wfile.write(b" ")


@pytest.mark.parametrize("behave", [hang, dribble])
@pytest.mark.parametrize(
    "ask", [lambda r: r.encode_question("x"), lambda r: r.encode_passages(["x"])], ids=["question", "passages"]
)
def test_a_server_that_hangs_or_dribbles_is_given_up_in_time(
    behave: Answer, ask: Callable[[RemoteEmbedder], object]
) -> None:
    with serving(behave) as server:
        remote = embedder(server.url, timeout=0.3, question_timeout=0.3)
        with pytest.raises(ModelUnavailable, match="did not answer in time"):
            ask(remote)
        remote.close()


def test_after_a_question_failed_no_other_is_asked_for_a_while() -> None:
    with serving(first(*[failing(500)] * 4, well)) as server:
        remote = embedder(server.url)
        for said in ("answered 500", "failed a moment ago"):
            with pytest.raises(ModelUnavailable, match=said):
                remote.encode_question("x")
        assert len(server.asked) == 4
        assert len(remote.encode_passages(["x"])) == 1  # background work goes on asking
        remote.close()


def test_an_endpoint_that_is_not_there_is_named_with_a_hint() -> None:
    remote = RemoteEmbedder("http://127.0.0.1:1/v1", "m", pause=lambda _seconds: None)
    with pytest.raises(ModelUnavailable, match=r"127\.0\.0\.1 cannot be reached") as caught:
        remote.encode_passages(["x"])
    assert "embedder_url" in caught.value.hint
    remote.close()


ROW = {"index": 0, "embedding": [1.0, 2.0]}


@pytest.mark.parametrize("body", [
    b"<html>hello</html>", b"", b"[" * 100_000, b"null", {}, {"data": None}, {"data": []}, {"data": [ROW, {**ROW, "index": 1}]},
    {"data": [{**ROW, "index": 5}]}, {"data": [{"index": 0}]}, {"data": [{"index": 0, "embedding": []}]}, {"data": ["x"]},
    {"data": [{"index": 0, "embedding": ["a", "b"]}]}, {"data": [{"index": 0, "embedding": [0.0, 0.0]}]},
    {"data": [{"index": 0, "embedding": [[1.0]]}]}, {"data": [{"index": 0, "embedding": "AAAA"}]},
    b'{"data": [{"index": 0, "embedding": [NaN, 1.0]}]}', b'{"data": [{"index": 0, "embedding": [1e999, 1.0]}]}',
    {"data": [{"index": "x", "embedding": [1.0]}]}, {"data": {"index": 0}},
])  # fmt: skip
def test_an_answer_that_is_no_vector_is_an_error_and_not_a_wrong_vector(body: object) -> None:
    with serving(failing(200, body)) as server:
        remote = embedder(server.url)
        with pytest.raises(ModelUnavailable) as caught:
            remote.encode_passages(["x"])
        remote.close()
    assert len(caught.value.message) < 300 and len(server.asked) == 1


def test_vectors_of_two_widths_are_refused() -> None:
    body = {"data": [{"index": 0, "embedding": [1.0]}, {"index": 1, "embedding": [1.0, 2.0]}]}
    with serving(failing(200, body)) as server:
        remote = embedder(server.url)
        with pytest.raises(ModelUnavailable, match="no usable vectors"):
            remote.encode_passages(["x", "y"])
        remote.close()


def test_a_connection_that_breaks_is_opened_again() -> None:
    def broken(handler, _asked, _server) -> None:
        handler.close_connection = True

    with serving(first(broken, well)) as server:
        remote = embedder(server.url)
        assert len(remote.encode_passages(["x"])) == 1
        remote.close()
        assert len(remote.encode_passages(["x"])) == 1
        remote.close()
    assert len(server.asked) == 3


def test_a_proxy_from_the_environment_is_not_asked_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with serving(well) as server:
        remote = embedder(server.url)
        assert len(remote.encode_passages(["x"])) == 1
        remote.close()


def test_recall_goes_by_meaning_through_an_endpoint(tmp_path) -> None:
    """The server stands for a model that knows that money and cents are about the same."""
    from everlore.app.open import open_app
    from everlore.core.config import Config

    topics = ("cents money price", "deploy ship release", "theme dark colour")

    def answer(handler, asked, _server) -> None:
        rows = []
        for at, text in enumerate(json.loads(asked.body)["input"]):
            known = [float(any(word in text.lower() for word in topic.split())) for topic in topics]
            rows.append({"index": at, "embedding": [*known, 0.1, 0.0, 0.0, 0.0, 0.0]})
        respond(handler, 200, {"data": rows})

    with serving(answer) as server:
        settings = {"embedder_url": f"{server.url}/v1", "embedder_model": "m", "start_daemon": False}
        with open_app(Config(tmp_path / "home", **settings)) as app:
            for text in ("The worker stores amounts in cents.", "Releases go out on Tuesdays.", "The theme is dark."):
                app.call("remember", {"text": text})
            app.call("embed", {})
            found = app.call("recall", {"query": "how much money?"})
        app.embedder.close()
    assert [item.text for item in found.items][:1] == ["The worker stores amounts in cents."]


def test_the_configuration_leads_to_it(tmp_path) -> None:
    from everlore.core.config import Config
    from everlore.models.embedder import open_embedder

    with serving(well) as server:
        opened = open_embedder(Config(tmp_path, embedder_url=f"{server.url}/v1", embedder_model="m"))
        assert isinstance(opened, RemoteEmbedder) and opened.name == "m"
        assert len(opened.encode_passages(["x"])) == 1
        opened.close()
