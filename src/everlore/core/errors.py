"""Every error a person can meet, each with a stable code and a hint that says what to do.

    EverloreError
    ├── InvalidInput        a field of the request is wrong              invalid_input
    ├── NotFound            no such memory, session, operation           not_found
    ├── Conflict            the world changed; cannot do it any more     conflict
    ├── Denied              policy or missing credentials                denied
    ├── AwaitingApproval    kept as a proposal until somebody approves   awaiting_approval
    ├── StoreBusy           another process holds the store              store_busy
    ├── StoreUnavailable    cannot open, read or write the directory     store_unavailable
    │   ├── StoreFull       the disk or quota is full                    store_full
    │   ├── StoreCorrupt    the file is damaged                          store_corrupt
    │   ├── WrongKey        the key does not open the store              wrong_key
    │   └── NewerSchema     written by a newer version of Everlore       newer_schema
    └── ModelUnavailable    a model is missing or failing                model_unavailable
        ├── ModelFailed     the language model gave no usable answer     model_failed
        └── BudgetSpent     the language model's budget is used up       budget_spent

Each surface owns one table from `code` to its own vocabulary (exit status, HTTP status, JSON-RPC code); nothing else
about an error differs between surfaces.
"""

from __future__ import annotations

import errno


class EverloreError(Exception):
    """The root: `code` is stable and machine-readable, `hint` says what to do next, `field` names the input at fault."""

    code = "error"

    def __init__(self, message: str, *, hint: str = "", field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.field = field

    def as_dict(self) -> dict[str, str]:
        """Return the error as every surface prints it: error, code, and hint and field when there are any."""
        body = {"error": self.message, "code": self.code, "hint": self.hint, "field": self.field}
        return {name: value for name, value in body.items() if value}


class InvalidInput(EverloreError):
    """A field of the request is wrong."""

    code = "invalid_input"


class NotFound(EverloreError):
    """There is no such memory, session, turn or operation."""

    code = "not_found"


class Conflict(EverloreError):
    """The thing changed in the meantime, so that the request no longer makes sense."""

    code = "conflict"


class Denied(EverloreError):
    """Policy or missing credentials forbid it."""

    code = "denied"


class AwaitingApproval(EverloreError):
    """Policy wants somebody else to approve it first; `proposal` is what waits in the review inbox, nothing has changed."""

    code = "awaiting_approval"

    def __init__(self, message: str, *, proposal: str, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.proposal = proposal

    def as_dict(self) -> dict[str, str]:
        """Return the error with the id of the proposal."""
        return {**super().as_dict(), "proposal": self.proposal}


class StoreBusy(EverloreError):
    """Another process holds the store for longer than we wait."""

    code = "store_busy"


class StoreUnavailable(EverloreError):
    """The store cannot be opened, read or written."""

    code = "store_unavailable"


class StoreFull(StoreUnavailable):
    """The disk or quota is full."""

    code = "store_full"


class StoreCorrupt(StoreUnavailable):
    """The database file is damaged."""

    code = "store_corrupt"


class WrongKey(StoreUnavailable):
    """The key given does not open the encrypted store."""

    code = "wrong_key"


class NewerSchema(StoreUnavailable):
    """The store was written by a newer version of Everlore."""

    code = "newer_schema"


class ModelUnavailable(EverloreError):
    """A model is missing or failing; what can be done without it goes on."""

    code = "model_unavailable"


class ModelFailed(ModelUnavailable):
    """The language model gave no usable answer: `outcome` says how, in a word that status shows too.

    `passing` tells whether it may go better later, `retry_after` how many seconds the provider asked to wait.
    """

    code = "model_failed"

    def __init__(
        self, message: str, *, outcome: str, passing: bool = False, retry_after: float = 0.0, hint: str = ""
    ) -> None:
        super().__init__(message, hint=hint)
        self.outcome = outcome
        self.passing = passing
        self.retry_after = retry_after

    def as_dict(self) -> dict[str, str]:
        """Return the error with its outcome."""
        return {**super().as_dict(), "outcome": self.outcome}


class BudgetSpent(ModelUnavailable):
    """The next call might cost more than the budget of the day or the run has left, so it was not made."""

    code = "budget_spent"


FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}
"""What the operating system says when a file may not grow: the disk, the quota, or a limit of the process."""


def refused(error: OSError, what: str, *, hint: str = "", field: str = "") -> StoreUnavailable:
    """Return our error for a file that the operating system would not read or write; a full disk has its own."""
    if error.errno in FULL:
        return StoreFull(f"no space left: {what}: {error.strerror}", hint=hint or "free some disk space", field=field)
    return StoreUnavailable(f"{what}: {error.strerror or error}", hint=hint or "check the permissions", field=field)


CODES: tuple[str, ...] = tuple(
    kind.code
    for kind in (
        InvalidInput, NotFound, Conflict, Denied, AwaitingApproval, StoreBusy, StoreUnavailable,
        StoreFull, StoreCorrupt, WrongKey, NewerSchema, ModelUnavailable, ModelFailed, BudgetSpent,
    )
)  # fmt: skip
