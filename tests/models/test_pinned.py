"""The client that connects to judged addresses only, against real servers on this machine."""

from __future__ import annotations

import pytest

from everlore.core.errors import Denied, InvalidInput, ModelUnavailable
from everlore.models.fetch import MINILM, fetch_from_hub
from everlore.models.pinned import PinnedClient
from everlore.models.remote import RemoteEmbedder

from .loopback import Asked, Server, reply, serving


def fine(handler, asked: Asked, server: Server) -> None:
    reply(handler, 200, b"fine")


class Changing:
    """A name server that gives one answer after the other."""

    def __init__(self, *answers: str) -> None:
        self.answers, self.asked = list(answers), 0

    def __call__(self, host: str, port: int) -> list[str]:
        self.asked += 1
        return [self.answers[min(self.asked, len(self.answers)) - 1]]


def test_the_judged_address_is_the_one_connected_to_and_the_host_stays():
    names = Changing("127.0.0.1")
    with serving(fine) as server, PinnedClient(local="loopback", field="x", resolve=names, trust_env=False) as client:
        assert client.get(f"http://embedder.example:{server.port}/v1").content == b"fine"
        assert server.asked[0].headers["host"] == f"embedder.example:{server.port}" and names.asked == 1


def test_a_name_is_asked_once_for_a_connection_so_a_second_answer_changes_nothing():
    names = Changing("127.0.0.1", "169.254.169.254")
    with serving(fine) as server, PinnedClient(local="loopback", field="x", resolve=names, trust_env=False) as client:
        assert client.get(f"http://turning.example:{server.port}/").content == b"fine"
        with pytest.raises(Denied):  # the server closes each connection, and the next one is judged anew
            client.get(f"http://turning.example:{server.port}/")
        assert len(server.asked) == 1 and names.asked == 2


def test_a_name_that_turns_to_this_machine_is_not_followed():
    names = Changing("127.0.0.1")
    with serving(fine) as server, PinnedClient(local="none", field="x", resolve=names, trust_env=False) as client:
        for scheme in ("http", "https"):
            with pytest.raises(Denied, match="this machine"):
                client.get(f"{scheme}://rebinding.example:{server.port}/")
        assert not server.asked


@pytest.mark.parametrize(
    "target",
    [
        "http://169.254.169.254/latest", "http://[::ffff:127.0.0.1]/", "http://10.0.0.1/", "http://inner.example/",
        "http://2130706433/", "http://u@127.0.0.1/",
    ],
)  # fmt: skip
def test_a_redirect_is_judged_like_the_first_address(target):
    def away(handler, asked, server):
        reply(handler, 302, b"", Location=target)

    names = Changing("127.0.0.1", "192.168.0.9")
    with (
        serving(away) as server,
        PinnedClient(local="loopback", field="x", resolve=names, trust_env=False, follow_redirects=True) as client,
        pytest.raises((Denied, InvalidInput)),
    ):
        client.get(f"http://start.example:{server.port}/")


def test_a_proxy_does_not_take_a_literal_out_of_the_check(monkeypatch):
    with serving(fine) as server:
        monkeypatch.setenv("HTTP_PROXY", server.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        with PinnedClient(local="loopback", field="x") as client:
            with pytest.raises(Denied):
                client.get("http://169.254.169.254/latest/meta-data")
            assert not server.asked
        monkeypatch.setenv("NO_PROXY", "inner.example")
        with PinnedClient(local="loopback", field="x", resolve=Changing("10.0.0.1")) as client, pytest.raises(Denied):
            client.get("http://inner.example/")


def test_an_embedder_may_be_on_this_machine_and_elsewhere_only_when_it_is_allowed():
    for url in ("http://127.0.0.1:1/v1", "http://localhost:1/v1", "http://[::1]:1/v1"):
        RemoteEmbedder(url, "m")
    with pytest.raises(Denied) as caught:
        RemoteEmbedder("http://192.168.1.20:11434/v1", "m")
    assert caught.value.hint == 'if that is meant, set outbound_local = "private"'
    RemoteEmbedder("http://192.168.1.20:11434/v1", "m", local="private")
    with pytest.raises(Denied):
        RemoteEmbedder("http://127.0.0.1:1/v1", "m", local="none")
    for local in ("loopback", "private"):
        with pytest.raises(Denied):
            RemoteEmbedder("http://169.254.169.254/v1", "m", local=local)  # type: ignore[arg-type]


def test_an_embedder_whose_name_turns_is_unavailable_and_says_why():
    embedder = RemoteEmbedder("https://embed.example/v1", "m", resolve=Changing("10.9.9.9"))
    with pytest.raises(ModelUnavailable, match="may not be asked") as caught:
        embedder.encode_passages(["text"])
    assert "outbound_local" in caught.value.hint


def test_a_model_is_not_fetched_from_where_a_hub_sends_on_to(tmp_path):
    def away(handler, asked, server):
        reply(handler, 302, b"", Location="http://169.254.169.254/model")

    with serving(away) as server, pytest.raises(ModelUnavailable, match="nothing is fetched from"):
        fetch_from_hub(MINILM, tmp_path, server.url, lambda *_: None, 2.0)
