"""Links between pages as people write them: `[[name]]`, `[[name|shown]]`, `[[name#part]]`; and the slug that names are compared by.

What stands in code, inline or fenced, is no link, and neither is an embedded picture.
"""

from __future__ import annotations

import re
import unicodedata

_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})[^\n]*\n.*?(?:^ {0,3}\1[`~]*[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"(?<!`)(`+)(?!`)[^`\n]*\1(?!`)")
_LINK = re.compile(r"\[\[([^\[\]\n]{1,400})\]\]")
_FILE = re.compile(r"\.(?:png|jpe?g|gif|svg|webp|bmp|pdf|mp[34]|wav|mov|webm|canvas|base|excalidraw)$", re.IGNORECASE)
_ODD = re.compile(r"[\W_]+")


def without_code(text: str) -> str:
    """Return a text without what stands in code."""
    return _INLINE.sub(" ", _FENCE.sub("\n", text))


def wikilinks(text: str) -> list[str]:
    """Return what the links of a text name, each once, without the part and the words shown."""
    if "[[" not in text:
        return []
    named = (
        found.split("|")[0].split("#")[0].strip().removesuffix("\\") for found in _LINK.findall(without_code(text))
    )
    return list(dict.fromkeys(name for name in named if name and not _FILE.search(name)))


def slug(name: str) -> str:
    """Return a name as it is compared: lower case, words joined by `-`; of a path to a page without its ending."""
    plain = unicodedata.normalize("NFKC", name).casefold().removesuffix(".md")
    return "/".join(filter(None, (_ODD.sub("-", part).strip("-") for part in plain.split("/"))))
