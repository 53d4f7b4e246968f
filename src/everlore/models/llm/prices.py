"""What tokens cost in US dollars, from the table that genai-prices carries; it is never brought up to date by itself."""

from __future__ import annotations

from everlore.models.llm.providers import Endpoint
from everlore.models.llm.values import Usage

MICRO = 1_000_000
"""Money is kept as whole millionths of a dollar."""


def money(at: Endpoint, usage: Usage) -> int | None:
    """Return what some usage costs in millionths of a dollar, rounded up; None where the table does not know the model."""
    if at.free:
        return 0
    try:
        from genai_prices import Usage as Used
        from genai_prices import calc_price
    except ImportError:
        return None
    used = Used(input_tokens=usage.sent, output_tokens=usage.received, cache_read_tokens=usage.read)
    where = {"provider_id": at.priced} if at.priced else {"provider_api_url": at.url}
    for name in dict.fromkeys((usage.model, at.model)):
        if name:
            try:
                return -int(-calc_price(used, name, **where).total_price * MICRO // 1)  # type: ignore[call-overload]  # one of two forms
            except (LookupError, ValueError):
                continue
    return None


def version() -> str:
    """Return the version of the table; empty where it is not installed."""
    from importlib import metadata

    try:
        return f"genai-prices {metadata.version('genai-prices')}"
    except metadata.PackageNotFoundError:
        return ""
