"""Which URLs may be connected to, by how they are written and by what their names resolve to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from everlore.core.errors import Denied, EverloreError, InvalidInput
from everlore.core.urls import Local, check, read

PUBLIC = "93.184.216.34"


def answering(*addresses: str):
    return lambda _host, _port: list(addresses)


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("https://api.example.com/v1", "api.example.com", 443),
        ("https://API.Example.com:8443/v1?x=1#y", "api.example.com", 8443),
        ("https://xn--bcher-kva.example/", "xn--bcher-kva.example", 443),
        (f"https://{PUBLIC}/", PUBLIC, 443),
        ("https://[2606:4700::1111]:444/", "2606:4700::1111", 444),
        ("https://a_b.example.com/", "a_b.example.com", 443),
    ],
)
def test_a_public_address_passes(url, host, port):
    checked = check(url, resolve=answering(PUBLIC))
    assert (checked.scheme, checked.host, checked.port) == ("https", host, port) and checked.addresses


WRITTEN_ODDLY = [
    "ftp://example.com",
    "file:///etc/passwd",
    "gopher://example.com",
    "javascript:alert(1)",
    "example.com",
    "//example.com",
    "https:example.com",
    "https:/example.com",
    "https:///example.com",
    "https://",
    "https://user@example.com",
    "https://user:word@example.com",
    "https://example.com@127.0.0.1",
    "https://@example.com",
    "https://2130706433",
    "https://0x7f000001",
    "https://017700000001",
    "https://127.1",
    "https://127.0.1",
    "https://0x7f.0.0.1",
    "https://0177.0.0.1",
    "https://127.0.0.01",
    "https://1.2.3.4.5",
    "https://256.1.1.1",
    "https://example.com.",
    "https://127.0.0.1.",
    "https://localhost.",
    "https://example..com",
    "https://.example.com",
    "https://-a.example",
    "https://example.com:0",
    "https://example.com:65536",
    "https://example.com:-1",
    "https://example.com:",
    "https://example.com:x",
    "https://example.com:٨٠",
    "https://１２７.０.０.１",
    "https://ⓛocalhost",
    "https://127。0。0。1",
    "https://bücher.example",
    "https://exa%6dple.com",
    "https://127.0.0.1%2f.example.com",
    "https://[::1",
    "https://[fe80::1%25eth0]/",
    "https://[fe80::1%eth0]/",
    "https://[v1.a]/",
    "https://example.com\\@evil.example",
    "https://exam\xadple.com",
    "https://exam\u200bple.com",
    "https://*.example.com",
    "https://example.com,evil.example",
    "https://a.0x",
    "https://a.1",
]


SPACED_ODDLY = (
    "", " https://example.com", "https://exam ple.com", "https://example.com/\n", "https://exa\tmple.com", "https://e\x00.com",
    "https://[::1]x/",
)  # fmt: skip


@pytest.mark.parametrize("url", [*WRITTEN_ODDLY, *SPACED_ODDLY])
def test_what_is_written_oddly_is_refused_without_asking_a_name_server(url):
    with pytest.raises(InvalidInput) as caught:
        check(url, local="private", resolve=lambda *_: pytest.fail("asked"), field="embedder_url")
    assert caught.value.field == "embedder_url" and caught.value.hint


NEVER = [
    "169.254.169.254",
    "169.254.170.2",
    "169.254.0.1",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "0.0.0.0",
    "0.1.2.3",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "192.0.2.1",
    "198.51.100.1",
    "203.0.113.1",
    "198.18.0.1",
    "::",
    "fe80::1",
    "ff02::1",
    "fec0::1",
    "2001:db8::1",
    "fd00:ec2::254",
    "100::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::127.0.0.1",
    "::10.0.0.1",
    "2002:7f00:1::",
    "2002:a00:1::",
    "2002:a9fe:a9fe::",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::a00:1",
    "2001:0:7f00:1::1",
    "2001:0:4136:e378:8000:63bf:80ff:fffe",
    "not-an-address",
]


@pytest.mark.parametrize("address", NEVER)
@pytest.mark.parametrize("local", ["none", "loopback", "private"])
def test_some_addresses_are_never_spoken_to(address: str, local: Local):
    with pytest.raises(Denied):
        check("https://name.example/", local=local, resolve=answering(address))
    if address[0].isdigit() or ":" in address:
        with pytest.raises(Denied):
            check(f"https://[{address}]/" if ":" in address else f"https://{address}/", local=local)


LEVELS = {
    "loopback": ["127.0.0.1", "127.8.8.8", "::1"],
    "private": ["10.1.2.3", "172.16.0.1", "172.31.255.254", "192.168.1.4", "100.64.0.1", "fd12::1"],
}


@pytest.mark.parametrize(("kind", "address"), [(kind, each) for kind, row in LEVELS.items() for each in row])
@pytest.mark.parametrize("local", ["none", "loopback", "private"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_addresses_near_by_pass_where_they_are_allowed(kind: str, address: str, local: Local, scheme: str):
    allowed = ("none", "loopback", "private").index(local) >= ("none", "loopback", "private").index(kind)
    if allowed:
        assert check(f"{scheme}://near.example/", local=local, resolve=answering(address)).addresses == (address,)
        return
    with pytest.raises(Denied) as caught:
        check(f"{scheme}://near.example/", local=local, resolve=answering(address))
    assert f'outbound_local = "{kind}"' in caught.value.hint and address in caught.value.message


@pytest.mark.parametrize("bad", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::ffff:127.0.0.1"])
def test_every_address_of_a_name_must_pass(bad):
    for order in ([PUBLIC, bad], [bad, PUBLIC]):
        with pytest.raises(Denied):
            check("https://two.example/", resolve=answering(*order))


def test_plain_http_goes_no_further_than_the_private_network():
    for answers in ([PUBLIC], ["127.0.0.1", PUBLIC]):
        with pytest.raises(Denied, match="plain HTTP"):
            check("http://api.example/", local="private", resolve=answering(*answers))


@pytest.mark.parametrize("name", ["metadata.google.internal", "METADATA.google.internal", "metadata", "instance-data"])
def test_the_names_of_metadata_services_are_refused_whatever_they_resolve_to(name):
    with pytest.raises(Denied, match="metadata"):
        check(f"https://{name}/", local="private", resolve=answering(PUBLIC))


def test_a_name_without_an_address_is_refused():
    def fails(_host, _port):
        raise OSError(-2, "Name or service not known")

    for resolve in (fails, answering()):
        with pytest.raises(Denied, match="no address"):
            check("https://gone.example/", resolve=resolve)


def test_localhost_is_this_machine():
    assert set(check("http://localhost:11434/v1", local="loopback").addresses) <= {"127.0.0.1", "::1"}
    with pytest.raises(Denied):
        check("http://localhost:11434/v1")


@given(st.text(), st.sampled_from(["", "https://", "http://", "https://[", "https://a@"]))
def test_any_text_is_read_or_refused(text, before):
    try:
        scheme, host, port = read(before + text)
    except EverloreError as error:
        assert error.message
    else:
        assert scheme in {"http", "https"} and host and 0 < port < 65536 and host.isascii() and "@" not in host
