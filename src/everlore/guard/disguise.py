"""Taking off what hides words from a scan: look-alike letters, digits for letters, spaced or shuffled letters, encodings.

`unmasked` gives a text as a reader would understand it, where that differs; `decoded` what a payload says. Both only
help to look: what is kept is always the text as it came. Total over strings; the work is linear in the text.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from urllib.parse import unquote

from everlore.guard.lazily import pattern as lazy

_ALIKE = str.maketrans(
    "аеорсухіјѕԁԛԝһкмтвнгАВЕКМНОРСТХІЈЅαοενρτυικΑΒΕΖΗΙΚΜΝΟΡΤΥΧոսօցաɡıӏ",
    "aeopcyxijsdqwhkmtbhrABEKMHOPCTXIJSaoevptuikABEZHIKMNOPTYXnuogwgil",
)
_WORDS = lazy(r"\w+")
_MIXED = lazy(r"[A-Za-z][Ͱ-֏]|[Ͱ-֏][A-Za-z]")
_DIGITS = str.maketrans("013457@$", "oieastas")
_DIGITED = lazy(r"(?<![\w.])(?=[a-z]*[01345@$])(?=[01345@$]*[a-z])[a-z01345@$]{3,14}(?![\w.])", re.IGNORECASE)
_SPACED = lazy(r"(?<!\w)\w(?:([ ._*-])\w)(?:\1\w)+(?!\w)|(?<!\w)\w(?: \W? ?\w){7,}(?!\w)")
_WORD = lazy(r"(?<!\w)[a-z]{6,12}(?!\w)", re.IGNORECASE)
_TELLING = (
    "ignore", "disregard", "forget", "override", "previous", "instruction", "instructions", "guidelines", "system",
    "prompt", "reveal", "execute", "password", "passwords", "restrictions",
)  # fmt: skip
_SHUFFLED = {(word[0], word[-1], "".join(sorted(word))): word for word in _TELLING}

_BASE64 = lazy(r"(?<![\w+/=-])[A-Za-z0-9+/_-]{20,}={0,2}")
_HEX = lazy(r"(?<!\w)(?:[0-9a-fA-F]{2}[\s:]?){12,}(?!\w)")
_ESCAPED = lazy(r"(?:\\x[0-9a-fA-F]{2}|\\u00[0-9a-fA-F]{2}|%[0-9a-fA-F]{2}|&#\d{2,3};){8,}")
_CODES = lazy(r"(?<!\w)(?:\d{2,3}[ ,]+){7,}\d{2,3}(?!\w)")
_LONGEST = 4_000
_MOST = 20


@cache
def _accented() -> dict[int, str]:
    """Return the letters with an accent, each with the letter it is without."""
    return {n: base for n in range(0xC0, 0x250) if (base := unicodedata.normalize("NFD", chr(n))[0]).isascii()}


def unmasked(text: str) -> str:
    """Return the text with its disguises taken off; the same text where there are none."""
    bare = text
    if not bare.isascii():
        bare = _WORDS.sub(_of_one_script, bare).translate(_accented())
    bare = _DIGITED.sub(lambda m: m.group().translate(_DIGITS), bare)
    bare = _SPACED.sub(_joined, bare)
    return _WORD.sub(_ordered, bare)


def _of_one_script(m: re.Match[str]) -> str:
    return m.group().translate(_ALIKE) if _MIXED.search(m.group()) else m.group()


def _joined(m: re.Match[str]) -> str:
    separator = m.group(1) or " "
    if separator != " ":
        return m.group().replace(separator, "")
    return m.group().replace(" ", "")


def _ordered(m: re.Match[str]) -> str:
    word = m.group().lower()
    return _SHUFFLED.get((word[0], word[-1], "".join(sorted(word))), m.group())


def decoded(text: str, lowered: str) -> Iterator[str]:
    """Yield what the payloads of a text say, at most twenty and only those that are printable words."""
    count = 0
    for pattern, decode in _DECODERS:
        for m in pattern.finditer(text):
            words = decode(m.group()[:_LONGEST])
            if words and " " in words.strip() and words.isprintable():
                yield words
                count += 1
            if count >= _MOST:
                return
    if "rot13" in lowered or "rot-13" in lowered:
        yield codecs.encode(text, "rot13")
    if "backward" in lowered or "revers" in lowered:
        yield text[::-1]


def _from_base64(blob: str) -> str:
    plain = blob.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4)).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _from_hex(blob: str) -> str:
    try:
        return bytes.fromhex(re.sub(r"[\s:]", "", blob)).decode("utf-8")
    except ValueError:
        return ""


def _from_escapes(blob: str) -> str:
    plain = re.sub(r"\\x|\\u00", "%", blob)
    return unquote(re.sub(r"&#(\d{2,3});", lambda m: chr(int(m.group(1))), plain))


def _from_codes(blob: str) -> str:
    numbers = [int(number) for number in re.findall(r"\d+", blob)]
    return "".join(map(chr, numbers)) if all(32 <= number < 127 for number in numbers) else ""


_DECODERS = ((_BASE64, _from_base64), (_HEX, _from_hex), (_ESCAPED, _from_escapes), (_CODES, _from_codes))
