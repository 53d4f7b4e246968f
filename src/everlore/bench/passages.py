"""Texts to time redaction on: what agents read and write, and what somebody could write to make it slow."""

from __future__ import annotations

import json

from everlore.bench.planted import ALNUM, BASE64, HEX, draw, plants

_PROSE = """We moved the parser to its own module last week, because the import took a second on every start. Ana asked whether the
cache should be kept; after some talk we dropped it, since the index answers in four milliseconds anyway. The session ended before the
tests ran, so the next step is to run them and to look at the two that failed on Monday. She also wants the dates to be shown in the
reader's own zone, and the list to be sorted by name rather than by age. Nobody has written the page about tokens and keys yet.
"""
_CODE = '''def read(path: Path, limit: int = 200) -> list[Row]:
    """Return the rows of a file, at most so many."""
    rows: list[Row] = []
    with path.open("r", encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            key, _, value = line.partition("=")
            if not key.strip() or key.startswith("#"):
                continue
            rows.append(Row(number=number, key=key.strip(), value=value.strip(), kind=self._kinds.get(key, "text")))
            if len(rows) >= limit:
                break
    return sorted(rows, key=lambda row: (row.kind, row.key))


class Reader:
    tokens: dict[str, int] = field(default_factory=dict)

    def next_token(self, session: Session) -> Token | None:
        return self.tokens.get(session.id) or self.parent.next_token(session)
'''
_OUTPUT = """tests/auth/test_login.py::test_a_password_is_never_logged PASSED                    [ 12%]
tests/auth/test_token.py::test_tokens_expire PASSED                                 [ 25%]
tests/parser/test_rows.py::test_the_last_line_counts FAILED                         [ 37%]
E   AssertionError: assert [1, 2, 3] == [1, 2]
src/parser/rows.py:41: AssertionError
src/parser/rows.py:17: warning: unused variable `key`
3 passed, 1 failed in 2.14s
"""


def _logs() -> str:
    return "".join(
        f"2026-03-13T09:{n % 60:02}:12.{n:03}Z INFO [worker-{n % 9}] request {draw(HEX, 32)} GET /api/v1/items/{n}?page={n % 7} "
        f"status=200 took={n % 90} ms user=ana session refreshed\n"
        for n in range(60)
    )


def _json() -> str:
    rows = [
        {"id": draw(HEX, 24), "name": f"item {n}", "token_count": n, "tags": ["auth", "key"], "text": "It works now."}
        for n in range(60)
    ]
    return json.dumps(rows) + "\n"


def _lock() -> str:
    return "".join(
        f'    {{ url = "https://files.host/{draw(HEX, 60)}/app-{n}.whl", hash = "sha256:{draw(HEX, 64)}", size = {n} }},\n'
        for n in range(40)
    )


def _diff() -> str:
    head = f"diff --git a/src/rows.py b/src/rows.py\nindex {draw(HEX, 7)}..{draw(HEX, 7)} 100644\n@@ -1,9 +1,9 @@\n"
    return head + "".join(f"{'+- '[at % 3]}{line}\n" for at, line in enumerate(_CODE.splitlines()))


_MINIFIED = (
    'function a(e,t){return e.key=t.token||n(e.pass,3),e}!function(r){var o={auth:"none",cb:1};r.next_token=o.key}(b);'
)

PASSAGES: dict[str, str] = {
    "prose": _PROSE, "code": _CODE, "tool output": _OUTPUT, "log": _logs(), "json": _json(), "diff": _diff(), "lock file": _lock(),
    "base64": draw(BASE64, 6000), "base64 lines": "\n".join(draw(BASE64, 76) for _ in range(60)),
    "image": f"data:image/png;base64,{draw(BASE64, 6000)}\n", "minified code": _MINIFIED,
    "nothing but secrets": "\n".join([plant.text for plant in plants()][::3]),
}  # fmt: skip

HOSTILE: dict[str, str] = {
    "one hint": "password", "one assignment": "pass: ", "one quote": 'token="', "keys of keys": "key=", "words behind a key": "the key is a ",
    "white space behind a name": "password" + " " * 200, "lines behind a name": "api_key:" + "\n" * 50, "beginnings of tokens": "eyJ-",
    "one token's start": "sk-", "tokens in a row": "figd" + "_", "headers of keys": "-----BEGIN RSA PRIV" + "ATE KEY-----\n",
    "addresses": "://a:", "nested quotes": "\"'`\\\"", "sessions in a cookie": "Cookie: session=" + draw(ALNUM, 20) + "; ",
    "private blocks that stay open": "<private>", "private blocks in each other": "<private>a</private>", "marks": "[redacted:token]",
    "half marks": "[redacted:", "endless base64": draw(BASE64, 997), "commands": "curl -u a mysql -p ", "letters with two lower cases": "\u0130",
    "signs of a URL": "%2F%2f", "escapes": "\\n\\t", "dots": "a.b.c.", "images": "data:image/png;base64,",
}  # fmt: skip


def repeated(text: str, characters: int) -> str:
    """Return so many characters of the text over and over."""
    return (text * (characters // len(text) + 1))[:characters]
