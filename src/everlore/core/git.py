"""How the system's git is called, wherever it is: nothing that a repository says is run, and nothing is asked or fetched."""

from __future__ import annotations

import os

QUIET = (
    "--no-pager", "--no-optional-locks", "-c", "core.fsmonitor=", "-c", f"core.hooksPath={os.devnull}", "-c", "diff.external=",
    "-c", "core.pager=cat", "-c", "color.ui=false", "-c", "core.quotePath=false", "-c", "log.showSignature=false",
    "-c", "protocol.allow=never",
)  # fmt: skip
"""What every call of git says first, so that no setting of a repository starts a program or reaches out."""


def environment() -> dict[str, str]:
    """Return the environment in which git is run: nothing of the caller's own repository, nothing asked, nothing fetched."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return {**environ, "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1", "LC_ALL": "C"}
