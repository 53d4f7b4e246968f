"""Which operations move so much that nobody should wait behind them. It imports nothing, for those who must start at once.

A client runs them in its own process rather than in the daemon; the daemon runs them apart from quick ones; a caller gives
them more time.
"""

LONG = frozenset(
    {
        "answer",
        "refine",
        "vault-sync",
        "import",
        "export",
        "verify",
        "rebuild",
        "embed",
        "backup",
        "restore-backup",
        "bench",
        "mine",
        "bootstrap",
        "freshness",
    }
)
