"""A clock that a test moves."""

START = 1_772_442_000_000  # 2026-03-02T09:00:00Z, a Monday


class Clock:
    """A clock that a test moves; each look at it takes a millisecond, so that no two writes share an instant."""

    def __init__(self, now: int = START) -> None:
        self.now = now

    def __call__(self) -> int:
        self.now += 1
        return self.now

    def advance(self, *, days: float = 0, seconds: float = 0) -> None:
        """Let time pass."""
        self.now += int(days * 86_400_000 + seconds * 1000)
