"""What tells a real secret from a placeholder, a name or a piece of code standing where a secret could.

Invariants: a value that is nothing but a mark of `redact` is a placeholder, so redaction is idempotent; every function
is total over strings and linear in their length.
"""

from __future__ import annotations

import re
from collections import Counter
from enum import IntEnum

from everlore.guard.lazily import pattern as lazy


class Setting(IntEnum):
    """How surely an assignment ends where its value was taken to end, and is one."""

    INLINE = 0
    OWN_LINE = 1
    QUOTED = 2


_BLANK = lazy(
    r"""<[^<>]*>? | \[[^\[\]]*\]? | \{.* | \$\{.* | \$\(.* | \$[A-Za-z_]\w* | \$env:\w+ | %[sdrv@] | %\(.* | %\w+%
      | @\w+@ | __\w+__ | \\?[nrt] | [\W_]+ | (?:null|none|nil|undefined|true|false|yes|no|string|str|bytes?|int
      | integer|boolean|bool|any|void|required|optional|hidden|masked|default|empty|secrets?|token|api[_-]?key|key|pw
      | pass(?:word|wd|phrase)?|user|username|admin|root|guest|postgres|mysql|redis|docker|dev|local|localhost|tests?
      | testing|foo|bar|baz|abc|asdf|qwerty|tbd|n/a)\d{0,4}[;,!]? """,
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
_STAND_IN = lazy(
    r"example|change[-_]?me|placeholder|redacted|not[-_]?a?[-_]?real|foobar|x{6}|\*{3}|\.{3}|…|1234567890|0123456789|123456:abc"
    r"|abcdefgh|deadbeef|(?<![a-z0-9])(?:dummy|fake|sample|insert|replace|todo|fixme|mock|stub|lorem)(?![a-z0-9])"
    r"|(?<![a-z0-9])(?:your|my|some|test|secret|super)[-_]?(?:api|key|token|secret|pass|app|own|real|access|only)",
    re.IGNORECASE,
)
_NAMED_SECRET = lazy(r"pass(?:word|wd|phrase)", re.IGNORECASE)
_NAME = lazy(r"[A-Za-z_.\-/]*\d{0,5}[A-Za-z_.\-/]*(?:key|token|tokenizer|secret|credential)s?", re.IGNORECASE)
_UUID = lazy(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_SEGMENT = lazy(r"(?:[A-Za-z]\d)?[A-Za-z]*\d{0,3}|(?:[A-Za-z]{3,}\d{0,2}){1,3}|\d{1,4}[a-z]{0,2}")
_BETWEEN = lazy(r"[^A-Za-z0-9]+")
_LETTERS = lazy(r"[A-Za-z]+")
_SPACE = lazy(r"\s")
_LINKS = lazy(r"[-_. ]")
_CAMEL = lazy(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_CLUSTER = lazy(r"[bcdfghjklmnpqrstvwxz]{6}", re.IGNORECASE)
_VOWEL = lazy(r"[aeiouy]", re.IGNORECASE)
_SCHEME = lazy(r"(?:https?|file|s3|gs|ssh|git)://")
_PATH = lazy(r"~?/|\.{1,2}/|[A-Za-z]:\\")
_CALL = lazy(r"[A-Za-z_][\w.]*\(")
_NO_KEY = lazy(r"[(){}\s]|::|->|^(?:sha\d+|md5)[-:=]")
_MARK = lazy(r"[^\w\s.\-/:;,\[\]()]")


def entropy(text: str) -> float:
    """Return the Shannon entropy of the text's characters in bits per character."""
    from math import log2  # a library of its own, which a hook seldom needs

    total = len(text)
    return -sum(n / total * log2(n / total) for n in Counter(text).values())


def is_placeholder(value: str) -> bool:
    """Say whether a value only holds the place of a secret: `<token>`, `${VAR}`, `xxxx`, `changeme`, `[redacted:…]`."""
    tail = value[-16:]
    return bool(_BLANK.fullmatch(value) or _STAND_IN.search(value) or (len(tail) >= 6 and len(set(tail.lower())) <= 3))


def reads_as_words(value: str) -> bool:
    """Say whether the value is a name made of words and small numbers: `db-credentials-v2`, `args.password`."""
    if _NAME.fullmatch(value):
        return True
    return all(map(_is_word, _BETWEEN.split(value)))


def _is_word(segment: str) -> bool:
    """Say whether a run of letters and digits is made of words: camel case, an end number, the odd number within."""
    if not _SEGMENT.fullmatch(segment):
        return False
    runs = _LETTERS.findall(segment)
    parts = [part for run in runs for part in _CAMEL.findall(run)]
    letters = sum(map(len, runs))
    mute = [part for part in parts if len(part) > 1 and not _VOWEL.search(part)]
    if letters > 4 and letters < (3 if len(runs) > 1 else 2.5) * len(parts):
        return False
    return not (
        any(len(part) > 20 or _CLUSTER.search(part) for part in parts)
        or (len(parts) > 1 and 2 * len(mute) > len(parts))
    )


def _is_location(value: str) -> bool:
    return bool(_SCHEME.match(value) or (_PATH.match(value) and reads_as_words(value)))


def is_password(value: str, setting: Setting) -> bool:
    """Say whether what follows "password" is one."""
    if setting is Setting.INLINE and len(value) < 8:
        return False
    if is_placeholder(value) or _SPACE.search(value) or _is_location(value) or _CALL.match(value):
        return False
    digits, letters, marks = any(map(str.isdigit, value)), any(map(str.isalpha, value)), bool(_MARK.search(value))
    words = reads_as_words(value)
    if words and _NAMED_SECRET.search(value):
        return False
    if setting is Setting.INLINE:
        return letters and (digits or marks) and not words
    if digits or marks:
        return len(value) >= 6
    # A pass phrase has four words at least; fewer make the name of a thing.
    return not words or (setting is Setting.QUOTED and len(_LINKS.split(value)) >= 4)


def is_key(value: str, setting: Setting) -> bool:
    """Say whether what follows "token", "secret" or "api key" is one: long, mixed, no name, path, UUID or digest."""
    if len(value) < (16 if setting is Setting.INLINE else 12) or is_placeholder(value) or _is_location(value):
        return False
    if _NO_KEY.search(value) or _UUID.fullmatch(value) or reads_as_words(value):
        return False
    mixed = any(map(str.isdigit, value)) and any(map(str.isalpha, value))
    return entropy(value) >= (3.0 if mixed else 3.6)
