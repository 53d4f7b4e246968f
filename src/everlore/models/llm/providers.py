"""Who can be asked: addresses, the variables that hold keys, and what is missing before anybody can be.

Keys come from the environment alone, when a request is made. A subscription's token of Anthropic is not for third-party
programs by that provider's terms, so it is sent only where `llm_subscription` says so.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.util import find_spec

from everlore.core.config import Config
from everlore.core.errors import InvalidInput, ModelFailed
from everlore.core.urls import LOCAL, Local, is_literal, judged, read

SUBSCRIPTION_TOKENS = ("ANTHROPIC_OAUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN")
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider: the variables that usually hold its key, its address, and its name in the table of prices."""

    keys: tuple[str, ...]
    url: str
    priced: str
    needs_key: bool = True


PROVIDERS: Mapping[str, Provider] = {
    "anthropic": Provider(("ANTHROPIC_API_KEY",), "https://api.anthropic.com", "anthropic"),
    "openai": Provider(("OPENAI_API_KEY",), "https://api.openai.com/v1", "openai"),
    # By the endpoint that speaks OpenAI's format: Google's own SDK is not among what pip can install by hash here.
    "gemini": Provider(
        ("GEMINI_API_KEY", "GOOGLE_API_KEY"), "https://generativelanguage.googleapis.com/v1beta/openai", "google"
    ),
    "ollama": Provider(("OLLAMA_API_KEY",), "http://localhost:11434/v1", "", needs_key=False),
    "compatible": Provider((), "", "", needs_key=False),
}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The model that the settings name, and where it is; `host` is that of the address."""

    provider: str
    model: str
    url: str
    host: str
    keys: tuple[str, ...]
    needs_key: bool
    subscription: bool
    local: Local

    @property
    def priced(self) -> str:
        """The provider's name in the table of prices; empty where the address decides."""
        return PROVIDERS[self.provider].priced

    @property
    def free(self) -> bool:
        """Whether it runs on this machine, so that tokens cost no money."""
        return self.host in LOOPBACK and self.provider in {"ollama", "compatible"}

    def key(self, environ: Mapping[str, str] = os.environ) -> tuple[str, bool]:
        """Return the key and whether it is a subscription's token; raise `ModelFailed` naming what is missing."""
        wanted = [*self.keys, *(SUBSCRIPTION_TOKENS if self.subscription else ())]
        for name in wanted:
            key = environ.get(name, "").strip()
            if not key:
                continue
            if not key.isascii() or not key.isprintable():
                raise ModelFailed(f"{name} holds no key: it has characters that no header may have", outcome="no key")
            return key, name in SUBSCRIPTION_TOKENS
        if self.needs_key:
            raise ModelFailed(
                f"the key of {self.provider} is not set", outcome="no key", hint=f"set the variable {wanted[0]}"
            )
        return "", False


def endpoint(config: Config) -> Endpoint | None:
    """Return what the settings name, None where no provider is set; raise `InvalidInput` or `Denied` for what makes no sense."""
    if not config.llm_provider:
        return None
    known = PROVIDERS[config.llm_provider]
    if not config.llm_model:
        raise InvalidInput(
            f"llm_model is not set, so nobody knows which model of {config.llm_provider} to ask", field="llm_model"
        )
    url = (config.llm_url or known.url).rstrip("/").removesuffix("/chat/completions")
    if config.llm_provider == "anthropic":
        url = url.removesuffix("/v1")  # its SDK adds that
    if not url:
        raise InvalidInput(
            "llm_url is not set: an OpenAI-compatible endpoint has an address", field="llm_url",
            hint="up to and with its version, such as http://localhost:8000/v1",
        )  # fmt: skip
    local = LOCAL[config.outbound_local]
    scheme, host, port = read(url, field="llm_url")
    if is_literal(host):
        judged(host, port, local=local, secure=scheme == "https", field="llm_url")
    keys = (config.llm_key_env,) if config.llm_key_env else known.keys
    return Endpoint(
        config.llm_provider, config.llm_model, url, host, keys, known.needs_key or bool(config.llm_key_env),
        config.llm_subscription and config.llm_provider == "anthropic", local,
    )  # fmt: skip


CALLED: Mapping[str, str] = {"claude": "anthropic", "google": "gemini"}
"""Other names of providers."""


def chosen(config: Config, provider: str = "", model: str = "") -> Config:
    """Return the settings with another provider or model; the address and the key of one are not those of another."""
    provider = CALLED.get(provider, provider)
    if provider and config.llm_provider and provider != config.llm_provider:
        return replace(config, llm_provider=provider, llm_model=model, llm_url="", llm_key_env="")
    return replace(config, llm_provider=provider or config.llm_provider, llm_model=model or config.llm_model)


def missing_packages() -> list[str]:
    """Return the packages of the extra `llm` that are not installed, importing none of them."""
    return [name for name in ("pydantic_ai", "anthropic", "openai", "genai_prices") if find_spec(name) is None]
