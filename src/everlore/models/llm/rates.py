"""What a million tokens of a model cost: from `prices.toml` of the home, else from the table that genai-prices carries.

Rates are whole millionths of a US dollar for a million tokens, and a rate that nobody told is None: it is never made up. The
table's tiers for long prompts are left out, so that what is saved is rather too low than too high.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Any

from everlore.core.errors import InvalidInput
from everlore.models.llm.prices import version
from everlore.models.llm.providers import PROVIDERS

FILE = "prices.toml"
OWN = "own"
_NAMES = {"input": "input_rate", "cached": "cached_rate", "cache_write": "cache_write_rate", "output": "output_rate"}
_MOST = 1_000_000.0


@dataclass(frozen=True, slots=True)
class Rates:
    """The rates of a model, and the version of the table they are from: `own` where the user wrote them."""

    prices: str | None = None
    input_rate: int | None = None
    cached_rate: int | None = None
    cache_write_rate: int | None = None
    output_rate: int | None = None


UNKNOWN = Rates()


def of(home: Path | None, provider: str | None, model: str | None) -> Rates | None:
    """Return the rates of a model, None where they are not known."""
    if not model and not provider:
        return None
    own = _own(home, provider or "", model or "") if home else None
    return own or _listed(provider or "", model or "")


def read(home: Path) -> list[tuple[str, str, Rates]]:
    """Return the user's own rates as patterns of models, providers (empty for any) and rates; raise `InvalidInput`."""
    path = home / FILE
    try:
        found = path.stat()
    except OSError:
        return []
    return list(_read(path, found.st_mtime_ns, found.st_size))


def _own(home: Path, provider: str, model: str) -> Rates | None:
    try:
        rows = read(home)
    except (InvalidInput, OSError):
        return None  # `lore stats` says what is wrong with the file
    fits = (rates for pattern, by, rates in rows if fnmatchcase(model, pattern) and by in ("", provider))
    return next(fits, None)


@lru_cache(maxsize=8)
def _read(path: Path, changed: int, size: int) -> tuple[tuple[str, str, Rates], ...]:
    try:
        tables = tomllib.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise InvalidInput(f"{FILE} is not TOML: {error}", field=FILE) from None
    return tuple(_row(pattern, table) for pattern, table in tables.items())


def _row(pattern: str, table: Any) -> tuple[str, str, Rates]:  # noqa: ANN401 - any TOML
    if not isinstance(table, dict) or (unknown := table.keys() - _NAMES.keys() - {"provider"}):
        what = f"has {min(unknown)}" if isinstance(table, dict) else "is no table"
        raise InvalidInput(
            f"{pattern} in {FILE} {what}", field=FILE, hint=f"a table for a model holds provider, {', '.join(_NAMES)} in dollars for a million tokens",
        )  # fmt: skip
    values = {_NAMES[name]: _rate(pattern, name, value) for name, value in table.items() if name in _NAMES}
    return pattern, str(table.get("provider", "")), Rates(OWN, **values)


def _rate(pattern: str, name: str, value: Any) -> int:  # noqa: ANN401 - any TOML
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= _MOST:
        raise InvalidInput(
            f"{name} of {pattern} in {FILE} is no price", field=FILE, hint="dollars for a million tokens, such as 2.5"
        )
    return round(value * 1_000_000)


@lru_cache(maxsize=256)
def _listed(provider: str, model: str) -> Rates | None:
    if provider == "ollama":
        return Rates("local", 0, 0, 0, 0)
    priced = PROVIDERS[provider].priced if provider in PROVIDERS else provider
    try:
        from genai_prices import data_snapshot
    except ImportError:
        return None
    try:
        found = data_snapshot.get_snapshot().find_provider_model(model, None, priced or None, None)[1]
    except (LookupError, ValueError):
        return None
    from datetime import UTC, datetime

    price = found.get_prices(datetime.now(UTC))
    return Rates(
        version(), _millionths(price.input_mtok), _millionths(price.cache_read_mtok), _millionths(price.cache_write_mtok),
        _millionths(price.output_mtok),
    )  # fmt: skip


def _millionths(price: Any) -> int | None:  # noqa: ANN401 - a number, or one with tiers for long prompts
    base = getattr(price, "base", price)
    return None if base is None else int(base * 1_000_000)
