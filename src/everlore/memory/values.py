"""Whether a difference between two statements is a value that was replaced: numbers, versions, addresses, days.

A value stands behind a verb ("listens on port 6380") or a measure ("limit: 5"). A number that stands where a name stands
("worker 1 listens") or dates an event names another thing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from everlore.memory.wording import UNITS, group

_HAS_DIGIT = re.compile(r"\d")
_DATE = re.compile(
    r"\d{4}-\d\d(?:-\d\d)?(?:t\S*)?|\d{1,2}[./]\d{1,2}(?:[./]\d{2,4})?|(?:19|20)\d\d|\d{1,2}(?:st|nd|rd|th)"
)
_VERBS = group(
    """
    is are was were be been am has have had equals use uses using used run runs running listen listens serve
    serves take takes allow allows get gets set sets sit sits live lives cost costs need needs wait waits happen
    happens start starts begin begins end ends open opens close closes expire expires last lasts weigh weighs
    pay pays earn earns charge charges send sends poll polls retries keep keeps retain retains store stores hold
    holds bind binds connect connects require requires target targets default defaults limit limits cap caps
    stay stays remain remains measure measures scheduled due pinned expects respond responds times moved changed
    raised lowered increased decreased reduced bumped switched updated upgraded downgraded migrated rescheduled
    postponed must should will can do does leave leaves = : meet meets wrap wraps indent
    processes handles supports contains covers accepts includes provides returns reports finishes comes arrives
    refreshes rotates replies writes reads triggers support
    """
)
_MOVING = group(
    """
    moved changed set raised lowered increased decreased reduced bumped switched updated upgraded downgraded
    migrated rescheduled postponed scheduled due
    """
)
_PAST = group("was were had been")
_BEING = group("is are be")
_BOUNDS = group("at over above under below within up")
_HAPPENING = group(
    "comes arrives leaves departs is are was be happen happens start starts begin begins end ends due scheduled moved changed meet meets to"
)
_CHOOSING = group("use uses using requires require needs need targets target on")
_LISTING = group("supports support includes accepts covers contains handles reads writes provides and or")
_MEASURES = group(
    """
    port limit timeout time-out version size budget rate interval count max maximum min minimum ttl deadline
    price cap threshold window retries attempts workers replicas threads every each per v = :
    """
)
_PREPOSITIONS = group("to at on in from by until till after before within over under than for every each")
_RUNTIMES = group(
    """
    python java node node.js go ruby php rust postgres postgresql mysql redis debian ubuntu django react
    """
)
_LABELS = group(
    """
    worker server node step phase issue ticket bug pr pull request requests report task item case test chapter section part figure table
    row column line page question rule layer level tier room floor gate track team unit shard replica channel
    sprint release milestone iteration episode season q quarter class grade type option plan commit revision sha
    hash build job run host machine board device project customer order invoice user account lot rev slot
    partition pod cluster zone batch epoch round attempt player named called rfc cve adr pep http error status
    code
    """
)
_DAYS = group(
    """
    monday tuesday wednesday thursday friday saturday sunday mondays tuesdays wednesdays thursdays fridays
    saturdays sundays january february march april may june july august september october november december
    """
)
_SPELLED = group("hundred thousand million")


def is_value(before: Sequence[str], gone: Sequence[str], come: Sequence[str], at: int) -> bool:
    """Tell whether the words `gone` from place `at` of a statement and those that `come` are values where a value stands."""
    if not gone or len(gone) != len(come) or len(gone) > 3 or not at:
        return False
    changed = [(old, new) for old, new in zip(gone, come, strict=True) if old != new]
    values = [(old, new) for old, new in changed if _same_sort(old, new)]
    if not values or any(pair not in values and not _counted(*pair) for pair in changed):
        return False
    earlier, later, lead = before[:at], before[at + len(gone) :], before[at - 1]
    spoken = [word for word in earlier if word in _VERBS]
    beyond = before[at - 2] if at > 1 else ""
    if lead == ":" and beyond in _LABELS:
        return False
    if lead in _LABELS and not (lead in _RUNTIMES and beyond in _CHOOSING):
        return False
    if lead in _RUNTIMES and beyond in _LISTING:
        return False
    if any(old in _DAYS for old, _ in values):
        return lead in _HAPPENING or (lead in _PREPOSITIONS and beyond in _HAPPENING)
    if spoken and any(_is_date(word, later) for word in gone):
        return not _PAST.intersection(spoken) or bool(_MOVING.intersection(spoken))
    if spoken:
        return True
    if later and later[0] in UNITS and lead in _BOUNDS:
        return not _tells_what_happened(before)
    return lead in _MEASURES and lead not in _RUNTIMES and len(later) <= 2 and not _VERBS.intersection(later)


def _tells_what_happened(words: Sequence[str]) -> bool:
    """Tell whether a statement is in the past, so that its values belong to one event."""
    if _PAST.intersection(words):
        return True
    return not _BEING.intersection(words) and any(len(word) > 4 and word.endswith("ed") for word in words)


def _counted(old: str, new: str) -> bool:
    """Tell whether a counted thing only takes the ending of its number: "1 approval", "2 approvals"."""
    return old + "s" == new or new + "s" == old


def _is_date(word: str, later: Sequence[str]) -> bool:
    return bool(_DATE.fullmatch(word)) or word in _DAYS or (word.isdigit() and bool(later) and later[0] in _DAYS)


def _same_sort(old: str, new: str) -> bool:
    """Tell whether two words are both numbers, both units, both days, or one name with different numbers."""
    if old in UNITS and new in UNITS:
        return True
    if old in _DAYS and new in _DAYS:
        return old.rstrip("s") != new.rstrip("s") and old.endswith("days") == new.endswith("days")
    if old.startswith("`") and new.startswith("`"):
        return bool(re.sub(r"\d+", "0", old) == re.sub(r"\d+", "0", new) and old != new)
    if not (is_number(old) and is_number(new)):
        return False
    if {old, new} & _SPELLED or (old[0].isdigit() and new[0].isdigit()):
        return True
    return old.rstrip("0123456789.,:%") == new.rstrip("0123456789.,:%") or {old[0], new[0]} <= set("-+0123456789")


def is_number(word: str) -> bool:
    """Tell whether a word is a number or has one in it."""
    return bool(_HAS_DIGIT.search(word)) or word in _SPELLED


def is_label(lead: str) -> bool:
    """Tell whether a number behind this word is part of a name: "sprint 41", "worker 2"; not that of a runtime."""
    return lead in _LABELS and lead not in _RUNTIMES
