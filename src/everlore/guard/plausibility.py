"""What tells a real secret from a placeholder, a name or a piece of code standing where a secret could.

Invariants: a value that is nothing but a mark of `redact` is a placeholder, so redaction is idempotent; every function
is total over strings and linear in their length.
"""

from __future__ import annotations

import re
from collections import Counter
from math import log2

_BLANK = re.compile(
    r"""<[^<>]*>? | \[[^\[\]]*\]? | \{.* | \$\{.* | \$\(.* | \$[A-Za-z_]\w* | \$env:\w+ | %[sdrv@] | %\(.* | %\w+% | @\w+@ | __\w+__
      | \\?[nrt] | [\W_]+ | (?:null|none|nil|undefined|true|false|yes|no|string|str|bytes?|int|integer|boolean|bool|any|void
      | required|optional|hidden|masked|default|empty|secret|secrets|password|passwd|passphrase|token|apikey|api[_-]?key|key|pass
      | user|username|admin|root|guest|postgres|mysql|test|testing|tests?|foo|bar|baz|abc|asdf|qwerty|tbd|n/a)[;,]? """,
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
_STAND_IN = re.compile(
    r"example|changeme|change[-_]me|placeholder|redacted|notareal|not[-_]a[-_]?real|foobar|x{6}|\*{3}|\.{3}|…|1234567890|0123456789"
    r"|abcdefgh|deadbeef|(?<![a-z0-9])(?:your|my|dummy|fake|sample|insert|replace|todo|fixme|some|mock|stub|lorem)(?![a-z0-9])"
    r"|(?<![a-z0-9])(?:test|secret|super)[-_](?:key|token|secret|password|only)",
    re.IGNORECASE,
)
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_SEGMENT = re.compile(r"[A-Za-z]+\d{0,3}|\d{1,4}[a-z]{0,2}")
_CAMEL = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_CLUSTER = re.compile(r"[bcdfghjklmnpqrstvwxz]{6}", re.IGNORECASE)
_CALL = re.compile(r"[A-Za-z_][\w.]*\(")
_LOCATION = re.compile(r"(?:https?|file|s3|gs|ssh|git)://|~?/|\.{1,2}/|[A-Za-z]:\\")


def entropy(text: str) -> float:
    """Return the Shannon entropy of the text's characters in bits per character."""
    total = len(text)
    return -sum(n / total * log2(n / total) for n in Counter(text).values())


def is_placeholder(value: str) -> bool:
    """Say whether a value only holds the place of a secret: `<token>`, `${VAR}`, `xxxx`, `changeme`, `[redacted:…]`."""
    tail = value[-16:]
    return bool(
        _BLANK.fullmatch(value) or _STAND_IN.search(value) or (len(tail) >= 6 and len(set(tail.lower())) <= 3)
    )


def is_uuid(value: str) -> bool:
    """Say whether the value is a UUID in its usual form."""
    return _UUID.fullmatch(value) is not None


def reads_as_words(value: str) -> bool:
    """Say whether the value is a name made of words and small numbers: `db-credentials-v2`, `args.password`."""
    for segment in re.split(r"[^A-Za-z0-9]+", value):
        if not segment:
            continue
        if not _SEGMENT.fullmatch(segment):
            return False
        letters = segment.rstrip("0123456789")
        parts = _CAMEL.findall(letters)
        if len(letters) > 24 or _CLUSTER.search(letters) or (len(letters) > 4 and len(letters) < 2.5 * len(parts)):
            return False
    return True


def is_password(value: str, *, sure: bool) -> bool:
    """Say whether what follows "password" is one. `sure` if it is quoted or alone on its line."""
    if is_placeholder(value) or _LOCATION.match(value) or _CALL.match(value):
        return False
    digits, letters = any(map(str.isdigit, value)), any(map(str.isalpha, value))
    marks = bool(re.search(r"[^\w\s.\-/:;,\[\]()]", value))
    if not sure:
        return len(value) >= 8 and letters and (digits or marks) and not reads_as_words(value)
    if digits or marks:
        return len(value) >= 6
    return len(value) >= 16 or not reads_as_words(value)


def is_key(value: str, *, sure: bool) -> bool:
    """Say whether what follows "token", "secret" or "api key" is one: long, mixed and no name."""
    if len(value) < (12 if sure else 16) or is_placeholder(value) or _LOCATION.match(value) or reads_as_words(value):
        return False
    if re.search(r"[(){}\s]|::|->", value):
        return False
    mixed = any(map(str.isdigit, value)) and any(map(str.isalpha, value))
    return entropy(value) >= (3.0 if mixed else 3.6)
