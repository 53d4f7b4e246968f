"""Words that turn a statement round: negations, and pairs of words of which one says the opposite of the other."""

from __future__ import annotations

from everlore.memory.wording import group

NEGATIONS = group(
    """
    not no never none nobody nothing neither nor without stop avoid unless except only but instead off disabled
    false hardly barely rarely seldom
    """
)
_PAIRS = """
    on:off enabled:disabled enable:disable enables:disables allowed:forbidden allow:forbid allows:forbids
    allowed:prohibited allowed:banned allowed:blocked allows:blocks permitted:forbidden permits:forbids
    always:never required:optional mandatory:optional must:may before:after public:private open:closed opens:closes
    true:false yes:no include:exclude includes:excludes included:excluded with:without passes:fails passed:failed
    accept:reject accepts:rejects accepts:refuses accept:refuse accepted:rejected approve:reject approved:rejected
    keep:drop keep:remove keeps:drops collapsed:expanded increase:decrease increases:decreases increased:decreased
    raise:lower raised:lowered up:down minimum:maximum min:max first:last more:less more:fewer above:below
    agrees:disagrees likes:dislikes like:hate likes:hates everyone:nobody everybody:nobody all:none both:neither
    start:stop starts:stops safe:dangerous shared:isolated sync:async synchronous:asynchronous manual:automatic
    manually:automatically works:fails succeeds:fails available:unavailable blocking:non-blocking hard:soft
    eager:lazy mutable:immutable sorted:unsorted early:late present:absent accepts:ignores has:lacks have:lack
    includes:lacks read-only:writable improved:worsened faster:slower larger:smaller higher:lower
"""
_OPPOSITES = {tuple(sorted(pair.split(":"))) for pair in _PAIRS.split()}
_PREFIXES = ("un", "in", "im", "ir", "il", "dis", "non", "non-", "not-")


def opposite(one: str, other: str) -> bool:
    """Tell whether two words in lower case say the opposite of each other."""
    if tuple(sorted((one, other))) in _OPPOSITES:
        return True
    short, long = sorted((one, other), key=len)
    return len(short) > 3 and any(long == prefix + short for prefix in _PREFIXES)
