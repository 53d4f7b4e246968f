"""An offline estimate of how many model tokens a text costs.

Words cost one token per about six letters, digits one per three, CJK characters one each, punctuation one per run of up
to three. The constants err on the high side, so that a budget holds with any current tokenizer.
"""

from __future__ import annotations

import re

_PIECES = re.compile(r"([A-Za-z]+)|([0-9]+)|([^\W\d_a-zA-Z]+)|([^\w\s]+|_+)")
_WIDE = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]")


def estimate(text: str) -> int:
    """Return the estimated number of tokens in `text`; 0 for an empty text."""
    total = 0
    for letters, digits, other, marks in _PIECES.findall(text):
        if letters:
            total += 1 + (len(letters) - 1) // 6
        elif digits:
            total += (len(digits) + 2) // 3
        elif other:
            wide = len(_WIDE.findall(other))
            total += wide + (len(other) - wide + 2) // 3
        else:
            total += (len(marks) + 2) // 3
    return total + text.count("\n")
