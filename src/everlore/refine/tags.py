"""Tags that a memory has earned: words that others nearby carry as tags and that stand in its text.

No tag is invented: a tag has been given by hand to at least two memories of the workspace before it is given by itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from everlore.core.types import Memory, Revision

MOST = 8
FEWEST = 2
_WORD = re.compile(r"[^\W_][\w.+#-]*")


def earned(memory: Memory, head: Revision, known: Mapping[str, int]) -> list[str]:
    """Return the tags to add, the most common first; `known` says how many memories carry a tag, in lower case."""
    words = {word.strip(".").lower() for word in _WORD.findall(f"{head.title or ''} {head.text}")}
    own = {tag.lower() for tag in memory.tags}
    found = [tag for tag in words & known.keys() - own if known[tag] >= FEWEST]
    return sorted(found, key=lambda tag: (-known[tag], tag))[: max(0, MOST - len(own))]
