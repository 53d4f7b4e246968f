"""What a statement is to one that is already kept: the same, a changed value of it, or another thing.

Two statements are compared word by word. They are *the same* when only case, spacing, articles, politeness,
contractions or the order of punctuation differ. The new one *changes a value* when all that differs is numbers,
versions, addresses or days that stand where a value stands, behind a verb ("listens on port 6380" and "6390"), not
where a name stands ("worker 1 listens" and "worker 2 listens") and not where they date an event. A difference in a
negation, an operator, a name, code or any other word makes it another statement, and another statement is never merged.
Doubt means another one: two memories that say the same do less harm than one that hides the truth.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Literal

Relation = Literal["same", "value", "other"]


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_LONGEST = 400  # words in the part that differs; beyond it the comparison is by count of words alone
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
_SILENT = _set("- -- --- * ** | . , : ; / ! ? ... .. # ##")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?:\D|$))")
_NOT = re.compile(
    r"\b(\w+)n't\b|\bcannot\b|\b(do|does|did|is|are|was|were|has|have|had|would|should|could|must|ca|wo)nt\b",
    re.IGNORECASE,
)
_HAS_DIGIT = re.compile(r"\d")
_DATE = re.compile(
    r"\d{4}-\d\d(?:-\d\d)?(?:t\S*)?|\d{1,2}[./]\d{1,2}(?:[./]\d{2,4})?|(?:19|20)\d\d|\d{1,2}(?:st|nd|rd|th)"
)
_OPENING, _CLOSING = "\"'([{«", "\"')]}».,;:!?"

_EMPTY = _set(
    """
    a an the also just so very really quite there then now currently actually basically hereby already still and
    """
)
_OPENERS = _set("please remember note fyi ok okay well yes reminder btw")
_POINTING = _set("this that these those")
_NEGATIONS = _set(
    """
    not no never none nobody nothing neither nor without stop avoid unless except only but instead off disabled
    false
    """
)
_VERBS = _set(
    """
    is are was were be been am has have had equals use uses using used run runs running listen listens serve
    serves take takes allow allows get gets set sets sit sits live lives cost costs need needs wait waits happen
    happens start starts begin begins end ends open opens close closes expire expires last lasts weigh weighs
    pay pays earn earns charge charges send sends poll polls retries keep keeps retain retains store stores hold
    holds bind binds connect connects require requires target targets default defaults limit limits cap caps
    stay stays remain remains measure measures scheduled due pinned expects respond responds times moved changed
    raised lowered increased decreased reduced bumped switched updated upgraded downgraded migrated rescheduled
    postponed must should will can do does leave leaves = : meet meets wrap wraps indent
    """
)
_MOVING = _set(
    """
    moved changed set raised lowered increased decreased reduced bumped switched updated upgraded downgraded
    migrated rescheduled postponed scheduled due
    """
)
_PAST = _set("was were had been")
_HAPPENING = _set(
    "is are was be happen happens start starts begin begins end ends due scheduled moved changed meet meets to"
)
_CHOOSING = _set("use uses using requires require needs need targets target on")
_MEASURES = _set(
    """
    port limit timeout time-out version size budget rate interval count max maximum min minimum ttl deadline
    price cap threshold window retries attempts workers replicas threads every per v = :
    """
)
_PREPOSITIONS = _set("to at on in from by until till after before within over under than for every")
_RUNTIMES = _set(
    """
    python java node node.js go ruby php rust postgres postgresql mysql redis debian ubuntu django react
    """
)
_LABELS = _set(
    """
    worker server node step phase issue ticket bug pr pull task item case test chapter section part figure table
    row column line page question rule layer level tier room floor gate track team unit shard replica channel
    sprint release milestone iteration episode season q quarter class grade type option plan commit revision sha
    hash build job run host machine board device project customer order invoice user account lot rev slot
    partition pod cluster zone batch epoch round attempt player named called rfc cve adr pep http error status
    code
    """
)
_NAMING = _set(
    """
    table queue branch bucket topic field column file directory folder module class function package command
    variable key label tag named called method endpoint index schema role group channel host stream collection
    """
)
_UNITS = _set(
    """
    ms s sec secs second seconds m min mins minute minutes h hr hrs hour hours d day days week weeks month
    months year years b kb mb gb tb kib mib gib tib k bytes mbit gbit px pt em rem cm mm km g kg usd eur gbp
    dollars euros percent
    """
)
_DAYS = _set(
    """
    monday tuesday wednesday thursday friday saturday sunday mondays tuesdays wednesdays thursdays fridays
    saturdays sundays january february march april may june july august september october november december
    """
)
_SPELLED = _set("one two three four five six seven eight nine ten eleven twelve twenty thirty sixty hundred")


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a new statement relates to an old one. `similarity` is 0 to 1; `why` says it in words a person can check."""

    relation: Relation
    similarity: float
    why: str


@dataclass(frozen=True, slots=True)
class _Difference:
    """Words `gone` from the old statement, at place `at` in it, and words that `come` instead."""

    gone: tuple[str, ...]
    come: tuple[str, ...]
    at: int


def normalize(text: str) -> str:
    """Return the form in which texts that differ in case, spacing or typography are equal; code keeps its case."""
    folded = "".join(part if _CODE.fullmatch(part) else part.lower() for part in _CODE.split(_plain(text)))
    return _SPACES.sub(" ", folded).strip().rstrip(".!").rstrip()


@lru_cache(maxsize=2)
def words(text: str) -> tuple[str, ...]:
    """Return what can make a difference in a text: words in lower case, operators, code as it stands in backticks."""
    found: list[str] = []
    opened = False
    for chunk in _chunks(text):
        for word in [chunk] if _CODE.fullmatch(chunk) else _split(chunk):
            lower = word if word[0] == "`" else word.lower()
            if not found and (lower in _OPENERS or (opened and lower == "that")):
                opened = True
            elif lower not in _EMPTY or (word == "A" and found):
                found.append(lower if word != "A" else word)
    return tuple(found)


def compare(new: str, old: str) -> Comparison:
    """Return what the statement `new` is to the statement `old`."""
    if normalize(new) == normalize(old):
        return Comparison("same", 1.0, "the same text")
    after, before = words(new), words(old)
    differences, similarity = _differences(before, after)
    if differences is None:
        return Comparison("other", similarity, "much differs")
    if new.rstrip().endswith("?") != old.rstrip().endswith("?"):
        return Comparison("other", similarity, "one asks and the other states")
    if not differences:
        return Comparison("same", similarity, "the same words; only articles or punctuation differ")
    if any(_NEGATIONS.intersection((*d.gone, *d.come)) for d in differences):
        return Comparison("other", similarity, "a negation differs")
    names = _names(new) | _names(old)
    heavy = [d for d in differences if not _is_light(d, before, names)]
    if not heavy:
        return Comparison("same", similarity, "the same words but for their endings")
    if all(_is_value(before, d) for d in heavy):
        spelled = ", ".join(f"{' '.join(d.gone)} is now {' '.join(d.come)}" for d in heavy)
        return Comparison("value", similarity, f"the same statement with another value: {spelled}")
    return Comparison("other", similarity, "other words differ")


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", text).translate(_TYPOGRAPHY)


def _chunks(text: str) -> list[str]:
    plain = _BEFORE_NUMBER.sub(" := ", _THOUSANDS.sub("", _plain(text)))
    return _CHUNK.findall(_NOT.sub(_spell_out, plain))


def _spell_out(found: re.Match[str]) -> str:
    if found.group().lower() == "cannot":
        return "can not"
    stem = (found.group(1) or found.group(2)).lower()
    return {"ca": "can", "wo": "will", "sha": "shall"}.get(stem, stem) + " not"


def _split(chunk: str) -> list[str]:
    """Return the words in a piece of text without spaces, bare of quotes, brackets and closing punctuation."""
    if chunk.startswith(("**", "__")) and chunk.rstrip(_CLOSING).endswith(chunk[:2]):
        chunk = chunk.replace(chunk[:2], "")
    chunk = chunk.lstrip(_OPENING).replace("()", "").rstrip(_CLOSING)
    if not chunk or chunk in _SILENT:
        return []
    if chunk == ":=":
        return [":"]
    if len(chunk) > 1 and chunk.endswith("/"):
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


def _differences(before: Sequence[str], after: Sequence[str]) -> tuple[list[_Difference] | None, float]:
    """Return where two lists of words differ, None when too much does, and their similarity from 0 to 1."""
    total = len(before) + len(after)
    head = next(
        (n for n, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), min(len(before), len(after))
    )
    rest = min(len(before), len(after)) - head
    tail = next((n for n in range(rest) if before[-1 - n] != after[-1 - n]), rest)
    left, right = before[head : len(before) - tail], after[head : len(after) - tail]
    if max(len(left), len(right)) > _LONGEST:
        common = sum((Counter(left) & Counter(right)).values())
        return None, round(2 * (head + tail + common) / total, 4)
    matcher = SequenceMatcher(None, left, right, autojunk=False)
    found = [
        _Difference(tuple(left[a:b]), tuple(right[c:d]), head + a)
        for tag, a, b, c, d in matcher.get_opcodes()
        if tag != "equal"
    ]
    matching = head + tail + sum(block.size for block in matcher.get_matching_blocks())
    return found, round(2 * matching / total, 4) if total else 1.0


def _is_light(difference: _Difference, before: Sequence[str], names: set[str]) -> bool:
    """Tell whether a difference says nothing: plural or third-person endings, or a "this" more or less."""
    gone, come = difference.gone, difference.come
    if not gone or not come:
        return len(gone) + len(come) == 1 and _POINTING.issuperset((*gone, *come))
    if len(gone) != len(come) or len(gone) > 2 or names.intersection((*gone, *come)):
        return False
    leads = (before[difference.at - 1] if difference.at else "", *gone)
    return all(a == b or _same_inflection(a, b, lead) for a, b, lead in zip(gone, come, leads, strict=False))


def _same_inflection(one: str, other: str, lead: str) -> bool:
    short, long = sorted((one, other), key=len)
    return (
        lead not in _NAMING
        and len(short) > 2
        and one.isalpha()
        and short.isascii()
        and long in {short + "s", short + "es"}
    )


def _names(text: str) -> set[str]:
    """Return, in lower case, words with a capital or in quotes: one letter more makes another name."""
    plain = text.translate(_TYPOGRAPHY)
    quoted = re.findall(r"[\"`]([^\"`\n]{1,80})[\"`]|(?<!\w)'([^'\n]{1,80})'(?!\w)", plain)
    capital = re.findall(r"\b[^\W\d_]*[A-Z][^\W\d_]*\b", plain)
    return {word.lower() for word in capital} | {
        word.lower() for pair in quoted for part in pair for word in part.split()
    }


def _is_value(before: Sequence[str], difference: _Difference) -> bool:
    """Tell whether values were replaced by values of their sort in a place where a value stands."""
    gone, come, at = difference.gone, difference.come, difference.at
    if not gone or len(gone) != len(come) or len(gone) > 3 or not at:
        return False
    changed = [(old, new) for old, new in zip(gone, come, strict=True) if old != new]
    if not all(_same_sort(old, new) for old, new in changed):
        return False
    earlier, later, lead = before[:at], before[at + len(gone) :], before[at - 1]
    spoken = [word for word in earlier if word in _VERBS]
    beyond = before[at - 2] if at > 1 else ""
    if lead == ":" and beyond in _LABELS:
        return False
    if lead in _LABELS and not (lead in _RUNTIMES and beyond in _CHOOSING):
        return False
    if any(old in _DAYS for old, _ in changed):
        return lead in _HAPPENING or (lead in _PREPOSITIONS and beyond in _HAPPENING)
    if spoken and any(_is_date(word, later) for word in gone):
        return not _PAST.intersection(spoken) or bool(_MOVING.intersection(spoken))
    if spoken:
        return True
    return lead in _MEASURES and lead not in _RUNTIMES and len(later) <= 2 and not _VERBS.intersection(later)


def _is_date(word: str, later: Sequence[str]) -> bool:
    return bool(_DATE.fullmatch(word)) or word in _DAYS or (word.isdigit() and bool(later) and later[0] in _DAYS)


def _same_sort(old: str, new: str) -> bool:
    """Tell whether two words are both numbers, both units, both days, or one name with different numbers."""
    if (old in _UNITS and new in _UNITS) or (old in _DAYS and new in _DAYS):
        return True
    if old.startswith("`") and new.startswith("`"):
        return bool(re.sub(r"\d+", "0", old) == re.sub(r"\d+", "0", new) and old != new)
    if not (_is_number(old) and _is_number(new)):
        return False
    if {old, new} & _SPELLED or (old[0].isdigit() and new[0].isdigit()):
        return True
    return old.rstrip("0123456789.,:%") == new.rstrip("0123456789.,:%") or {old[0], new[0]} <= set("-+0123456789")


def _is_number(word: str) -> bool:
    return bool(_HAS_DIGIT.search(word)) or word in _SPELLED
