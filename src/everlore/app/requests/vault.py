"""What is asked of the vault."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from everlore.app.requests.fields import Request

Missing = Literal["ask", "archive", "write"]


class Vault(Request, frozen=True):
    """Say where the vault is and how far it is behind."""


class VaultSync(Request, frozen=True):
    """Bring the files of the vault and the store in line, both ways."""

    missing: Annotated[
        Missing,
        Meta(
            description="Where very many files are gone: leave them and say so, archive their memories, or write them again"
        ),
    ] = "ask"
    all: Annotated[bool, Meta(description="Look at every page, not only at those that changed")] = False
    dry_run: Annotated[bool, Meta(description="Show what would be taken in, and change nothing")] = False
