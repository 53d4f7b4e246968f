"""The words of a statement: what is left of a text when everything is gone that makes no difference.

Case, spacing, articles, politeness, contractions and the order of punctuation make none. Neither does how a word or a
number is written, where two spellings never mean two things: "five" and "5", "8GB" and "8 GB", "14 March" and "March 14",
"prod" and "production", "colour" and "color". A word beside one that gives a name ("branch prod") and one in a path or a
code name stays as it is written, because there another spelling is another thing.

`normalize` is older and narrower: digests are made of it, so what it makes equal may not change.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache


def group(text: str) -> frozenset[str]:
    """Return words written in one string as a set."""
    return frozenset(text.split())


_TYPOGRAPHY = str.maketrans(
    {"’": "'", "‘": "'", "“": '"', "”": '"', "\u00a0": " ", "…": ".", "–": "-", "—": "-", "−": "-"}
)
_SPACES = re.compile(r"\s+")
_CODE = re.compile(r"(`[^`\n]+`)")
_BEFORE_NUMBER = re.compile(r"(?<=\w):\s+(?=[-+$]?\d)")
_CHUNK = re.compile(r"`[^`\n]+`|[^\s`]+|`")
_ASSIGNED = re.compile(r"([A-Za-z_][\w.-]*)(==|!=|=|:)(?=\S)(.+)")
_OPERATOR = re.compile(r"([<>=!≤≥≠]+)(.+)")
_ONLY_SIGNS = re.compile(r"[^\w\s]+")
_SILENT = group("- -- --- * ** | . , : ; / ! ? ... .. # ##")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?:\D|$))")
_NOT = re.compile(
    r"\b(\w+)n't\b|\bcannot\b|\b(do|does|did|is|are|was|were|has|have|had|would|should|could|must|ca|wo)nt\b",
    re.IGNORECASE,
)
_SHORT_FORM = re.compile(
    r"\b(i|we|you|they)'(ve|re|ll|m)\b|\b(it|that|there|here|what|where)'(s)\b(?! (?:been|got|had|become|gone)\b)",
    re.IGNORECASE,
)
_LONG_FORM = {"ve": "have", "re": "are", "ll": "will", "m": "am", "s": "is"}
_OPENING, _CLOSING = "\"'([{«", "\"')]}».,;:!?"
_EMPTY = group(
    """
    a an the also just so very really quite there then now currently actually basically hereby already still and
    """
)
_OPENERS = group("please remember note fyi ok okay well yes reminder btw nb psa heads-up")
_LEAD_IN = re.compile(
    r"^\W*(?:(?:all right|alright|ok(?:ay)?|well)\W+)?(?:just so you know|for the record|as a reminder|keep in mind|bear in mind"
    r"|just a reminder|one more thing|as of (?:now|today))\b(?:\s+that\b)?[\s,:.-]+(?=\w)",
    re.IGNORECASE,
)
_MONTHS = "january february march april may june july august september october november december"
_MONTH_FIRST = re.compile(
    rf"\b({_MONTHS.replace(' ', '|')}) (\d{{1,2}})(?:st|nd|rd|th)?(?![\w.:/%-]*[\w%])(?! ?(?:{_MONTHS.replace(' ', '|')}))",
    re.IGNORECASE,
)
_DAY_FIRST = re.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th)? (?:of )?({_MONTHS.replace(' ', '|')})\b", re.IGNORECASE)
NAMING = group(
    """
    table queue branch bucket topic field column file directory folder module class function package command
    variable key label tag named called method endpoint index schema role group channel host stream collection
    repo repository project
    """
)
_THINGS = group(
    """
    service team app application worker squad page server database cluster job pipeline bot
    client library namespace profile user account
    """
)
_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
_ONES = dict(zip("one two three four five six seven eight nine".split(), range(1, 10), strict=True))  # noqa: SIM905
_TENS = dict(zip("twenty thirty forty fifty sixty seventy eighty ninety".split(), range(20, 100, 10), strict=True))  # noqa: SIM905
_NUMBERS = {
    **{word: str(number) for word, number in _ONES.items()},
    **{word: str(number) for number, word in enumerate(_TEENS.split(), 10)},
    **{word: str(number) for word, number in _TENS.items()},
    **{f"{ten}-{one}": str(high + low) for ten, high in _TENS.items() for one, low in _ONES.items()},
}
_UNIT_OF = {
    form: forms.split()[0]
    for forms in (
        "ms msec milliseconds millisecond", "s sec secs seconds second", "min mins minutes minute", "h hr hrs hours hour",
        "days day", "weeks week", "months month", "years year", "percent %", "kb", "mb", "gb", "tb", "kib", "mib", "gib",
        "tib", "mg", "ml", "kg", "km", "cm", "mm", "kwh", "px", "usd", "eur", "m",
    )
    for form in forms.split()
}  # fmt: skip
UNITS = frozenset(_UNIT_OF) | group("d m b k bytes mbit gbit pt em rem g gbp dollars euros")
_MEASURED = re.compile(r"([-+]?\d+(?:\.\d+)?)(%|[a-z]{1,4})")
_ALIASES = {
    form: forms.split(":")[0].split()
    for forms in (
        "production: prod", "environment: env", "configuration: config", "repository: repo", "kubernetes: k8s",
        "database: db", "databases: dbs", "documentation: docs", "pull request: pr", "pull requests: prs",
        "configurations: configs", "repositories: repos", "environments: envs", "postgresql: postgres",
        "javascript: js", "typescript: ts",
        "information: info", "email: e-mail", "emails: e-mails", "wifi: wi-fi", "color: colour", "colors: colours", "colored: coloured",
        "behavior: behaviour", "behaviors: behaviours", "favorite: favourite", "favorites: favourites",
        "center: centre", "centers: centres", "license: licence", "licenses: licences", "gray: grey",
        "canceled: cancelled", "canceling: cancelling", "labeled: labelled", "labeling: labelling",
        "modeling: modelling", "catalog: catalogue", "program: programme", "honor: honour", "neighbor: neighbour",
        "neighbors: neighbours", "dialog: dialogue", "judgment: judgement", "analyze: analyse",
    )
    for form in forms.split(":")[1].split()
}  # fmt: skip
_SMALL_ALIASES = {"w/": "with", "w/o": "without", "approx": "about", "approximately": "about", "every": "each"}
_BRITISH = re.compile(
    r"(optim|initial|normal|organ|serial|author|custom|recogn|summar|priorit|central|token|visual|synchron|anonym"
    r"|categor|final|general|local|minim|maxim|special|standard|util|virtual)(is)(e|ed|es|er|ers|ing|ation|ations)"
)
_COMPOUND = group(
    """
    up in out off down over back on time term side end wide running shaking based only level scale size word line set way
    day days hand case live read write long short high low hard soft full half self pre post multi micro sub super
    inter cross auto non end-to-end build source merge check clean key
    """
)


def plain(text: str) -> str:
    """Return a text with one form of each quote, dash and space."""
    return unicodedata.normalize("NFC", text).translate(_TYPOGRAPHY)


def normalize(text: str) -> str:
    """Return the form in which texts that differ in case, spacing or typography are equal; code keeps its case."""
    folded = "".join(part if _CODE.fullmatch(part) else part.lower() for part in _CODE.split(plain(text)))
    return _SPACES.sub(" ", folded).strip().rstrip(".!").rstrip()


@lru_cache(maxsize=2)
def words(text: str) -> tuple[str, ...]:
    """Return what can make a difference in a text: words in lower case, operators, code as it stands in backticks."""
    found: list[str] = []
    opened = False
    for chunk in _chunks(text):
        for word in [_bare_code(chunk)] if _CODE.fullmatch(chunk) else _split(chunk):
            lower = word if word[0] == "`" else word.lower()
            if not found and (lower in _OPENERS or (opened and lower == "that")):
                opened = True
            elif lower not in _EMPTY or (word == "A" and found):
                found.append(lower if word != "A" else word)
    return tuple(_respelled(found))


def names(text: str) -> set[str]:
    """Return, in lower case, words with a capital or in quotes: one letter more makes another name."""
    straight = text.translate(_TYPOGRAPHY)
    quoted = re.findall(r"[\"`]([^\"`\n]{1,80})[\"`]|(?<!\w)'([^'\n]{1,80})'(?!\w)", straight)
    capital = re.findall(r"\b[^\W\d_]*[A-Z][^\W\d_]*\b", straight)
    return {word.lower() for word in capital} | {
        word.lower() for pair in quoted for part in pair for word in part.split()
    }


def names_something(word: str) -> bool:
    """Tell whether a word beside this one may be a name: "the branch prod", "the invoices service"."""
    return word in NAMING or word in _THINGS


def same_letters(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Tell whether two runs of words are one compound, written with a hyphen in one of them: "start-up" and "startup"."""
    hyphened = [word for word in (*one, *other) if "-" in word]
    if not hyphened or max(len(one), len(other)) > 3 or not all(_is_compound(word) for word in hyphened):
        return False
    return "".join(one).replace("-", "") == "".join(other).replace("-", "")


def _is_compound(word: str) -> bool:
    parts = word.split("-")
    return all(part.isalpha() for part in parts) and parts[0] != "re" and not _COMPOUND.isdisjoint(parts)


def _chunks(text: str) -> list[str]:
    written = _LEAD_IN.sub("", plain(text), count=1)
    written = _BEFORE_NUMBER.sub(" := ", _THOUSANDS.sub("", written))
    written = _DAY_FIRST.sub(r"\1 \2", _MONTH_FIRST.sub(r"\2 \1", written))
    return _CHUNK.findall(_NOT.sub(_spell_out, _SHORT_FORM.sub(_lengthen, written)))


def _spell_out(found: re.Match[str]) -> str:
    if found.group().lower() == "cannot":
        return "can not"
    stem = (found.group(1) or found.group(2)).lower()
    return {"ca": "can", "wo": "will", "sha": "shall"}.get(stem, stem) + " not"


def _lengthen(found: re.Match[str]) -> str:
    stem, ending = found.group(1) or found.group(3), found.group(2) or found.group(4)
    return f"{stem} {_LONG_FORM[ending.lower()]}"


def _bare_code(chunk: str) -> str:
    """Return code without its backticks when that changes nothing: it is one word in lower case."""
    inside = chunk[1:-1]
    return inside if re.fullmatch(r"[#@\w./-]*\w", inside) and inside == inside.lower() else chunk


def _split(chunk: str) -> list[str]:
    """Return the words in a piece of text without spaces, bare of quotes, brackets and closing punctuation."""
    if chunk.startswith(("**", "__")) and chunk.rstrip(_CLOSING).endswith(chunk[:2]):
        chunk = chunk.replace(chunk[:2], "")
    chunk = chunk.lstrip(_OPENING).replace("()", "").rstrip(_CLOSING)
    if not chunk or chunk in _SILENT:
        return []
    if chunk == ":=":
        return [":"]
    if len(chunk) > 1 and chunk.endswith("/") and chunk != "w/":
        chunk = chunk.rstrip("/") or "/"
    if _ONLY_SIGNS.fullmatch(chunk):
        return [chunk]
    if operator := _OPERATOR.fullmatch(chunk):
        return [operator.group(1), *_split(operator.group(2))]
    assigned = _ASSIGNED.fullmatch(chunk)
    if (
        assigned
        and not assigned.group(3).startswith("/")
        and (assigned.group(2) != ":" or assigned.group(3)[0].isdigit())
    ):
        return [assigned.group(1), assigned.group(2), assigned.group(3).strip(_OPENING + _CLOSING) or assigned.group(3)]
    return [chunk]


def _respelled(found: list[str]) -> list[str]:
    """Return words in one spelling each, where the words beside them do not make names of them."""
    written: list[str] = []
    for place, word in enumerate(found):
        before, after = found[place - 1] if place else "", found[place + 1] if place + 1 < len(found) else ""
        if word in _SMALL_ALIASES:
            written.append(_SMALL_ALIASES[word])
        elif before in NAMING or after in NAMING:
            written.append(word)
        elif measured := _MEASURED.fullmatch(word):
            number, unit = measured.groups()
            written += [number, _UNIT_OF[unit]] if unit in _UNIT_OF else [word]
        elif before[-1:].isdigit() or before in _NUMBERS:
            written.append(_UNIT_OF.get(word, _NUMBERS.get(word, word)))
        elif (alias := _ALIASES.get(word)) is not None:
            written += alias
        else:
            written.append(_NUMBERS.get(word) or _BRITISH.sub(r"\1iz\3", word))
    return written
