"""An offline estimate of how many model tokens a text costs.

A text is taken apart as the tokenizers of today take it apart: words, runs of marks, runs of white space; a single space goes with
the word behind it. What a piece costs was fitted to the largest count of four tokenizers (o200k_base and cl100k_base of
OpenAI, Claude's published one, Llama 3's) over texts of many kinds, so that the estimate errs on the high side for any one of
them; `tests/core/tokens.json` holds texts that were not fitted to and what they truly cost, `tools/tokens.mjs` counts them again.
Each different piece of a text is weighed once, however often it stands there.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache

_PIECES = re.compile(r"[^\W_]+|[^\w\s]+|_+|\s\s+|[^\S ]")
_PARTS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+|[^\x00-\x7f]+|.")
_TURNS = re.compile(r"(.)\1*", re.DOTALL)

_PAIRS = frozenset(re.findall("..", (
    "abacadagaialamanaparasataybabeblbucacechckclcoctdadedidoeaecedeeefelemeneperesetexfafefifofrfugegihahehihohticidieifig"
    "iliminioirisitkelaldlelflilllolslulymamemimompnancndnengninonsntnvocodofoiolomonoooporosotouowpapeplpoppprptpyqurarerg"
    "rirkrnrorrrsrtrurysaseshsisospssstsutatctethtitotrtstttutyueulumunupurusutvavewawewiwoyoyp"
)))  # fmt: skip
"""Pairs of letters that six of seven are in English and code: a word with others is cut into more pieces."""

_MARKS = frozenset((  # noqa: SIM905 - as a list they would be unreadable
    r'''!= "" ") "), "); "," "." ": ":" ":[" ":{" "; "] "]. "} "}, "}," #! $( ${ && ') ', '. '.' ': '; '] ']. (" ("" (' '''
    r'''(( () ()) ()); (): (); ({ )) )); ), ). ): ); )} ** */ ++ += ," -- --- -= -> ." ., .. ... ../ ./ /* /** /. // /> '''
    r''':// :: </ << <= =" == => ></ >= >> ?" [" [' [] \" \\ ]( ], ]. ]: ]; ][ `, `. {" {} || }) }); }, }; '''
).split())  # fmt: skip
"""Runs of marks that are one token."""

_FREQUENT = frozenset(
    "的一是不了在人有我他这中大来上个国到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可里后小么心多天而能好都然没于起还发成事只"
    "作当想看文无开手十用主行方又如前所本见经头面公同三已老从动两长知名进理现法定些机关点业外将情实日月分明其数据户端口文件设置默认查使接返回"
)
"""Chinese characters that are one token each; of others many are two or three."""
_ENDINGS = (
    "tion",
    "tions",
    "ment",
    "ments",
    "able",
    "ing",
    "ity",
    "ness",
    "ally",
    "ance",
    "ence",
    "ated",
    "ation",
    "ized",
    "izes",
)
"""Endings of long English words, which are whole tokens more often than others of their length."""
_CACHED = 32

_RATES = (
    (0x0250, 1.45), (0x0370, 1.5), (0x0400, 1.25), (0x0530, 0.63), (0x0600, 1.3), (0x0780, 1.2), (0x0E00, 1.3), (0x0F00, 1.85), (0x1100, 2.2),
    (0x1200, 1.3), (0x1E00, 2.2), (0x1F00, 1.6), (0x2E80, 1.5), (0x3040, 1.2), (0x3100, 0.98), (0x3400, 1.2), (0x4E00, 2.6), (0xA000, 1.5),
    (0xAC00, 2.2), (0xD7B0, 1.29), (0x10000, 1.3),
)  # fmt: skip
"""Tokens of a letter, by the end of its block: Latin, Greek, Cyrillic, Hebrew and Arabic, Indic, Thai, Georgian, kana, Han, Hangul."""

_SIGNS = ((0x0100, 1.1), (0x2000, 1.2), (0x2010, 1.6), (0x2045, 1.05), (0x2190, 1.6), (0x2500, 1.3), (0x2580, 1.1), (0x2600, 1.5),
          (0x2E80, 2.8), (0x3100, 1.05), (0xFE00, 1.5), (0xFE10, 1.7), (0x10000, 1.1))  # fmt: skip
_SIGN = 2.95


def estimate(text: str) -> int:
    """Return the estimated number of tokens in `text`; 0 for an empty text, at least 1 for any other."""
    if not text:
        return 0
    total = 0.0
    for piece, count in Counter(_PIECES.findall(text)).items():
        total += (_weigh(piece) if len(piece) <= _CACHED else _cost(piece)) * count
    return max(1, round(total))


def _cost(piece: str) -> float:
    if piece.isspace():
        return _space(piece)
    return _word(piece) if piece[0].isalnum() else _marks(piece)


_weigh = lru_cache(maxsize=8_192)(_cost)


def _space(piece: str) -> float:
    if len(piece) == 1:
        return 1.35 if piece == "\n" else 2.0
    lines = piece.count("\n")
    turns = sum(1 for _ in _TURNS.finditer(piece))
    return (
        0.85
        + 0.1 * min(max(0, lines - 2), 10)
        + (0.95 if piece[-1] == "\t" else 0.35 if lines and piece[-1] != "\n" else 0)
        + 0.55 * max(0, turns - 2)
        + (len(piece) - lines) / 50
    )


def _marks(piece: str) -> float:
    if not piece.isascii():
        return sum(_rate(_SIGNS, ord(sign), _SIGN) if sign > "\x7f" else 0.8 for sign in piece) + 0.1
    if len(piece) == 1:
        return 0.8
    if piece in _MARKS:
        return 0.9
    turns = [found.group() for found in _TURNS.finditer(piece)]
    return 0.4 + sum(0.68 + (len(turn) - 1) / 60 for turn in turns)


def _word(piece: str) -> float:
    if piece.isalpha() and piece.isascii() and piece[1:].islower():
        return _letters(piece.lower())
    parts = _PARTS.findall(piece)
    if len(parts) > 1 and len(piece) > 4 and piece.isascii() and any(part.isdigit() for part in parts):
        return 0.5 * len(piece) + 0.37 * len(parts)  # an id: letters and digits without a sense
    return sum(_part(part) for part in parts)


def _part(part: str) -> float:
    if not part.isascii():
        return sum(0.95 if letter in _FREQUENT else _rate(_RATES, ord(letter), 2.6) for letter in part)
    if part.isdigit():
        return 1.4 + 1.15 * ((len(part) - 1) // 3)
    if len(part) > 1 and part.isupper():
        return 1.08 + 0.23 * max(0, len(part) - 3)
    return _letters(part.lower())


def _letters(word: str) -> float:
    """Return what a word of small letters costs: one token, and more the longer and the less English it is."""
    rare = sum(word[at : at + 2] not in _PAIRS for at in range(len(word) - 1))
    foreign = 0.5 if len(word) > 3 and word[-1] in "aio" else 0.0
    long = max(0, len(word) - (12 if word.endswith(_ENDINGS) else 7))
    return 0.97 + 0.26 * rare + 0.42 * max(0, rare - 1) + 0.3 * long + foreign


def _rate(rates: tuple[tuple[int, float], ...], code: int, otherwise: float) -> float:
    return next((rate for end, rate in rates if code < end), otherwise)
