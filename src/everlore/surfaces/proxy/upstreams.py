"""Where requests go: to the provider whose interface their path is of, or all of them to one address. Never elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from everlore.core.urls import is_literal, judged, read

if TYPE_CHECKING:
    from everlore.core.config import Config

_PUBLIC = {
    "api.openai.com": "openai", "api.anthropic.com": "anthropic", "generativelanguage.googleapis.com": "gemini",
}  # fmt: skip
_FIRST = {"v1": "openai", "v1beta": "gemini", "v1alpha": "gemini", "upload": "gemini", "api": "ollama", "": "ollama"}
"""Whose a path is, by its first part."""


@dataclass(frozen=True, slots=True)
class Upstream:
    """One address that requests go to; `provider` is who answers there, "" where that is not known."""

    scheme: str
    host: str
    netloc: str
    base: str
    provider: str

    def url(self, path: str, query: bytes) -> str:
        """Return the address of a path as it came on the wire; what the base ends with and the path begins with counts once."""
        first = path.split("/", 2)[1] if path.startswith("/") else ""
        if first and self.base.endswith(f"/{first}"):
            path = path[len(first) + 1 :]
        asked = f"?{query.decode('latin-1')}" if query else ""
        return f"{self.scheme}://{self.netloc}{self.base}{path}{asked}"


class Upstreams:
    """The upstreams of one proxy."""

    def __init__(self, config: Config, upstream: str = "") -> None:
        """Read the settings; raise `InvalidInput` or `Denied` for one that is no address to speak to."""
        local = config.outbound_local
        one = upstream or config.proxy_upstream
        self._one = _read(one, "upstream" if upstream else "proxy_upstream", local) if one else None
        self._by_provider = {} if one else {
            name: _read(getattr(config, f"proxy_{name}"), f"proxy_{name}", local, name)
            for name in ("openai", "anthropic", "gemini", "ollama")
        }  # fmt: skip

    @property
    def all(self) -> list[Upstream]:
        """Every address that requests may go to."""
        return [self._one] if self._one else list(self._by_provider.values())

    def of(self, path: str, provider: str, headers: Mapping[str, str]) -> Upstream | None:
        """Return where a path goes; `provider` is that of its shape, "" where it has none. None where nobody is meant."""
        if self._one is not None:
            return self._one
        first = path.split("/", 2)[1] if path.startswith("/") else ""
        whose = provider if provider not in ("", "openai") else _FIRST.get(first, "")
        if whose == "openai" and ("anthropic-version" in headers or path.startswith("/v1/messages")):
            whose = "anthropic"
        return self._by_provider.get(whose)


def _read(url: str, field: str, local: str, provider: str = "") -> Upstream:
    scheme, host, _ = read(url, field=field)
    if is_literal(host):
        judged(host, 0, local=local, secure=scheme == "https", field=field)  # type: ignore[arg-type]
    parts = urlsplit(url)
    return Upstream(scheme, host, parts.netloc, parts.path.rstrip("/"), provider or _PUBLIC.get(host, ""))
