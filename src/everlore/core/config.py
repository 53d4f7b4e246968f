"""Where the store lives and what the user set; read once, by the composition root.

The home is `$EVERLORE_HOME`, else the platform's data directory; it never depends on the working directory.
`config.toml` in it may set any field of `Config`; the environment variable `EVERLORE_<FIELD>` wins over the file.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from everlore.core.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Config:
    """The settings; every one has a default that works offline on one machine."""

    home: Path
    namespace: str = "personal"
    recipe: str = "default"
    model: str = "auto"
    embedder_url: str = ""
    embedder_model: str = ""
    embedder_key_env: str = ""
    outbound_local: str = "loopback"
    host: str = "127.0.0.1"
    port: int = 7411
    token: str = ""
    require_token: bool = False
    cors_allow_origin: str = ""
    web_ui_dir: str = ""
    base_path: str = ""
    start_daemon: bool = True
    hooks_start_server: bool = False
    durability: str = "normal"
    retention_days: int = 0
    ledger_days: int = 365
    curate_hours: int = 24
    vault: str = "auto"
    vault_directory: str = ""
    withhold_drifted: bool = False
    tell_at_prompts: bool = True
    tell_at_reads: bool = False
    tell_bar: float = 0.5
    tell_shift: float = 0.3
    lessons: str = "propose"
    llm_provider: str = ""
    llm_model: str = ""
    llm_url: str = ""
    llm_key_env: str = ""
    llm_subscription: bool = False
    llm_timeout: int = 60
    llm_output_tokens: int = 4096
    llm_tokens_per_day: int = 200_000
    llm_tokens_per_run: int = 100_000
    llm_money_per_day: float = 0.0
    llm_money_per_run: float = 0.0
    query_expansion: bool = False
    proxy_port: int = 7412
    proxy_namespace: str = ""
    proxy_wait_ms: int = 250
    proxy_upstream: str = ""
    proxy_openai: str = "https://api.openai.com"
    proxy_anthropic: str = "https://api.anthropic.com"
    proxy_gemini: str = "https://generativelanguage.googleapis.com"
    proxy_ollama: str = "http://localhost:11434"
    busy_timeout_ms: int = 5000

    @property
    def database(self) -> Path:
        """The database file."""
        return self.home / "everlore.db"

    @property
    def models(self) -> Path:
        """The directory of installed embedding models."""
        return self.home / "models"

    @property
    def vectors(self) -> Path:
        """The directory of vector segments, which are made from the database."""
        return self.home / "vectors"

    @property
    def vault_root(self) -> Path:
        """The directory of the vault, in which memories are Markdown files."""
        return Path(self.vault_directory).expanduser() if self.vault_directory else self.home / "vault"

    @property
    def daemon_file(self) -> Path:
        """Where a running daemon says how it is reached."""
        return self.home / "daemon.json"


_CHOICES = {
    "vault": ("auto", "off", "on"),
    "durability": ("full", "normal"),
    "lessons": ("propose", "keep", "off"),
    "outbound_local": ("loopback", "none", "private"),
    "llm_provider": ("", "anthropic", "openai", "gemini", "ollama", "compatible"),
}
_LEAST = {
    "llm_timeout": 1, "llm_output_tokens": 1, "llm_tokens_per_day": 0, "llm_tokens_per_run": 0, "llm_money_per_day": 0,
    "llm_money_per_run": 0, "ledger_days": 0, "proxy_wait_ms": 1, "tell_bar": 0, "tell_shift": 0,
}  # fmt: skip


def home_directory(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the home directory without creating it."""
    if given := environ.get("EVERLORE_HOME"):
        return Path(given).expanduser().absolute()
    if os.name == "posix" and (data := environ.get("XDG_DATA_HOME", "")).startswith("/"):
        return Path(data) / "everlore"
    from platformdirs import user_data_path

    return user_data_path("everlore", appauthor=False)


def load(home: Path | None = None, environ: Mapping[str, str] = os.environ) -> Config:
    """Read the configuration; raise `InvalidInput` naming the setting that is wrong."""
    home = home or home_directory(environ)
    given: dict[str, object] = {}
    path = home / "config.toml"
    try:
        given = dict(tomllib.loads(path.read_text("utf-8")))
    except (FileNotFoundError, NotADirectoryError):
        pass
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(
            f"{path} is not valid TOML: {error}", field="config", hint="mend or remove the file"
        ) from error
    except OSError as error:
        raise InvalidInput(
            f"{path} cannot be read: {error.strerror}", field="config", hint="check its permissions"
        ) from error
    known = {f.name: f for f in fields(Config) if f.name != "home"}
    for name in given:
        if name not in known:
            raise InvalidInput(
                f"unknown setting {name!r} in {path}", field=name, hint=f"settings are: {', '.join(sorted(known))}"
            )
    for name in known:
        if (setting := environ.get(f"EVERLORE_{name.upper()}")) is not None:
            given[name] = setting
    defaults = Config(home)
    settings = {name: _coerce(name, value, type(getattr(defaults, name))) for name, value in given.items()}
    return replace(defaults, **settings)


def _coerce(name: str, value: object, kind: type) -> Any:  # noqa: ANN401 - of the type asked for
    if kind is bool and isinstance(value, str) and value.lower() in {"1", "true", "yes", "0", "false", "no"}:
        value = value.lower() in {"1", "true", "yes"}
    elif kind is int and isinstance(value, str) and value.lstrip("-").isdigit():
        value = int(value)
    elif kind is float and isinstance(value, (str, int)) and not isinstance(value, bool):
        with suppress(ValueError):
            value = float(value)
    if type(value) is not kind:
        raise InvalidInput(f"setting {name} must be of type {kind.__name__}, not {value!r}", field=name)
    if name in _CHOICES and value not in _CHOICES[name]:
        raise InvalidInput(f"setting {name} must be one of {', '.join(filter(None, _CHOICES[name]))}", field=name)
    if name in _LEAST and not _LEAST[name] <= float(str(value)) < float("inf"):
        raise InvalidInput(f"setting {name} must be at least {_LEAST[name]}, not {value}", field=name)
    return value
