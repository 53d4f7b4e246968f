"""Contradictions: two memories that cannot both hold, since one subject and relation has another value or polarity.

Both texts are read into claims and held against each other by rules, with no model:

    polarity   the same words in the same order, and one denies, or one says the opposite where the other says a thing
    quantity   the same subject, and one quantity of a kind is another amount: a time, a date, a size, a count
    name       all is the same but one stretch, in a relation that has one answer: who leads, where it lives, what it is written in

Words of its own in both make two subjects. Words of its own in one, before the value, restrict the subject; after it they
are detail. A relation that takes many answers ("supports", "speaks", "depends on") contradicts nothing, and neither do
statements whose times of validity do not meet. Doubt means none: what is found goes to a person.

Nothing here writes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from everlore.core.types import Memory, Revision
from everlore.memory.admit import compare
from everlore.memory.opposites import opposite
from everlore.memory.wording import group
from everlore.recall.words import root
from everlore.refine.claims import LIGHT, Claim, Quantity, Term, read_claim

CANDIDATES = 12
"""Memories that one is held against."""

_LONGEST = 60  # words; a longer text makes many claims, and none of them is the memory
_CODE = re.compile(r"[;{}]\s*$|\w\(.*\)|\w\[.*\]| [=!]= |^\s*(?:curl|assert|import|return|def|SELECT) ")
_UNCLAIMING = group("question page")
_SCOPES = group(
    """
    production staging test testing development dev local ci beta preview android ios linux macos windows web mobile
    desktop weekend weekends holiday holidays eu us uk debug free paid guest guests internal external weekday weekdays
    """
)
_RESTRICTING = group("if when unless except during only while inside outside among without")
_SUBJECTLESS = group("database team people data date all every system setting policy rule whole official")
_WHEN = group("date weekday year ordinal")
_GENERIC = group("goal duration example target note step status total result task summary estimate length")
_PAST = group("was were had did lasted cost spent earned closed sold deployed visited failed found ran took")
_DONE = group("deployed hosted located written hashed encrypted called named based stored moved signed")
_WE_DO = group("deploy host hash encrypt call store sign")
_ONE_OBJECT = group("live lives targets target")
_ONE_SUBJECT = frozenset(root(word) for word in "leads owns maintains manages chairs heads".split())  # noqa: SIM905
_BEING = group("is are be")
_COPULAS = group("is are be = : place")
_DEFINITE = ("the ", "my ", "our ", "'s ", "’s ")
_ALTERNATIVES = [
    group(line)
    for line in (
        "npm pnpm yarn bun", "jenkins buildkite travis circleci github_actions gitlab teamcity drone",
        "bigquery redshift snowflake databricks clickhouse", "bcrypt argon2id argon2 scrypt pbkdf2 md5 sha1",
        "red green blue yellow orange purple black white gray pink", "tabs spaces", "monthly weekly daily hourly yearly quarterly",
        "go rust python java kotlin ruby elixir scala typescript", "rabbitmq kafka nats sqs", "mysql postgresql mariadb sqlite oracle",
        "merge squash rebase", "light dark", "webpack vite esbuild rollup parcel", "poetry uv pip pipenv conda",
    )
]  # fmt: skip
_VERB_PAIRS = group(
    """
    accept accepts reject rejects refuse refuses include includes lack lacks have has pass passes fail fails allow allows
    forbid forbids permit permits block blocks keep keeps drop drops enable enables disable disables like likes hate hates
    start stop always never must may works succeeds
    """
)
_SCALE_WORDS = group(
    "minimum maximum min max first last more less fewer early late above below larger smaller higher lower up down"
)
_SMALL = group(
    "by in on at from to for of with without and or until after before since if when per during as than ever"
)


@dataclass(frozen=True, slots=True)
class Statement:
    """What a memory states, when it holds (Unix milliseconds, half-open, None is open) and of what kind it is."""

    text: str
    valid_from: int | None = None
    valid_until: int | None = None
    kind: str = "fact"


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Why two statements cannot both hold, and how sure that is, 0 to 1."""

    why: str
    confidence: float


def contradiction(new: Statement, old: Statement) -> Contradiction | None:
    """Return in what two statements contradict each other, or None; which is the newer makes no difference to whether."""
    if not _meet(new, old) or _UNCLAIMING.intersection((new.kind, old.kind)):
        return None
    if new.text.rstrip().endswith("?") or old.text.rstrip().endswith("?"):
        return None
    if _CODE.search(new.text) or _CODE.search(old.text):
        return None
    mine, theirs = read_claim(new.text), read_claim(old.text)
    if max(len(mine.words), len(theirs.words)) > _LONGEST or not mine.words or not theirs.words:
        return None
    compared = compare(new.text, old.text)
    if compared.relation == "same":
        return None
    if compared.relation == "value":
        return Contradiction(compared.why, 0.95) if _quantity(mine, theirs, exact=True) else None
    if _RESTRICTING.intersection(mine.words) != _RESTRICTING.intersection(theirs.words):
        return None
    return _polarity(mine, theirs) or _quantity(mine, theirs) or _name(mine, theirs, new.text, old.text)


def contradictions_among(
    memory: Memory, revision: Revision, kept: Sequence[tuple[Memory, Revision]]
) -> list[tuple[Memory, Revision, Contradiction]]:
    """Return those of some active memories that a memory contradicts, surest first."""
    new = _statement(memory, revision)
    found = [
        (other, head, against)
        for other, head in kept
        if other.uid != memory.uid and (against := contradiction(new, _statement(other, head))) is not None
    ]
    return sorted(found, key=lambda each: -each[2].confidence)


def _statement(memory: Memory, revision: Revision) -> Statement:
    return Statement(revision.text, revision.valid_from, revision.valid_until, memory.kind)


def _meet(one: Statement, other: Statement) -> bool:
    """Tell whether there is a time at which both hold."""
    begins = max((s.valid_from for s in (one, other) if s.valid_from is not None), default=None)
    ends = min((s.valid_until for s in (one, other) if s.valid_until is not None), default=None)
    return begins is None or ends is None or begins < ends


def _polarity(mine: Claim, theirs: Claim) -> Contradiction | None:
    """Find the same said and denied, or a thing and its opposite."""
    if _amounts(mine) != _amounts(theirs):
        return None
    turned = mine.denies != theirs.denies
    ours, others = list(mine.terms), list(theirs.terms)
    pair = next(
        ((a, b) for a in ours for b in others if a.root != b.root and _turns(mine, a) and _turns(theirs, b) and opposite(a.word, b.word)),
        None,
    )  # fmt: skip
    if pair is not None:
        ours.remove(pair[0])
        others.remove(pair[1])
        turned = not turned
    if not turned:
        return None
    said, denied = [term.root for term in ours], [term.root for term in others]
    if said != denied or not (said or pair):
        return None
    if pair is not None:
        return Contradiction(f"the opposite is said: {pair[1].word}, now {pair[0].word}", 0.85)
    return Contradiction("the same is said once and denied once", 0.95)


def _turns(claim: Claim, term: Term) -> bool:
    """Tell whether a word says something of the subject, rather than telling which subject is meant."""
    if term.word in _SCALE_WORDS:
        return False
    if term.word in _VERB_PAIRS:
        return True
    after = claim.words[term.place + 1] if term.place + 1 < len(claim.words) else ""
    return term.place > 0 and (not after or after in _SMALL or after in LIGHT)


def _amounts(claim: Claim) -> Counter[tuple[str, str]]:
    return Counter((q.kind, q.amount) for q in claim.quantities)


def _quantity(mine: Claim, theirs: Claim, *, exact: bool = False) -> Contradiction | None:
    """Find the same subject with another amount of one kind; `exact` when the subject is known to be the same."""
    if mine.denies != theirs.denies:
        return None
    changed = _changed(mine, theirs)
    if not changed or len(changed) > (2 if exact else 1):
        return None
    if exact:
        return Contradiction("", 0.95)
    old, new = changed[0]
    if old.kind in _WHEN and (_PAST.intersection(mine.words) or _PAST.intersection(theirs.words)):
        return None
    if ({q.kind for q in mine.quantities} ^ {q.kind for q in theirs.quantities}) & _WHEN:
        return None
    if old.kind == "weekday" and (old.place < 2 or new.place < 2):
        return None  # an entry of a timetable, not a value
    more, less = _own(mine, theirs), _own(theirs, mine)
    shared = {t.word for t in mine.terms if t.root in {other.root for other in theirs.terms}}
    if (more and less) or shared <= _GENERIC or (old.kind == "number" and (more or less) and len(shared) < 2):
        return None
    if _restricts(mine, more, new) or _restricts(theirs, less, old):
        return None
    return Contradiction(
        f"the same subject with another value: {old.written}, now {new.written}", 0.75 if more or less else 0.9
    )


def _changed(mine: Claim, theirs: Claim) -> list[tuple[Quantity, Quantity]]:
    """Return (old, new) for each kind of which both give one amount and not the same; nothing where more is unclear."""
    found = []
    for kind in {q.kind for q in mine.quantities} & {q.kind for q in theirs.quantities}:
        ours = [q for q in mine.quantities if q.kind == kind]
        others = [q for q in theirs.quantities if q.kind == kind]
        shared = {q.amount for q in ours} & {q.amount for q in others}
        came = [q for q in ours if q.amount not in shared]
        gone = [q for q in others if q.amount not in shared]
        if came and gone:
            if len(ours) > 1 or len(others) > 1:
                return []
            found.append((gone[0], came[0]))
    return found


def _own(claim: Claim, other: Claim) -> list[Term]:
    """Return the content words that only this claim has."""
    known = {term.root for term in other.terms}
    return [term for term in claim.terms if term.root not in known and term.word not in _SUBJECTLESS]


def _restricts(claim: Claim, own: Sequence[Term], value: Quantity) -> bool:
    """Tell whether words of its own make the subject narrower, by standing before the value or behind a condition."""
    for term in own:
        lead = claim.words[max(0, term.place - 2) : term.place]
        if term.place < value.place or term.word in _SCOPES or "for" in lead:
            return True
    return False


def _name(mine: Claim, theirs: Claim, new: str, old: str) -> Contradiction | None:
    """Find one stretch that differs in a relation that has one answer."""
    if (
        mine.denies != theirs.denies
        or _amounts(mine) != _amounts(theirs)
        or {"was", "were"} & {*mine.words, *theirs.words}
    ):
        return None
    came, gone = _own(mine, theirs), _own(theirs, mine)
    if not (came and gone and _is_stretch(mine, came) and _is_stretch(theirs, gone)):
        return None
    shared = {term.root for term in mine.terms} & {term.root for term in theirs.terms}
    sure = _certainty(mine, theirs, came, gone, shared, new, old)
    said = " ".join(t.word for t in gone), " ".join(t.word for t in came)
    return Contradiction(f"the same subject with another value: {said[0]}, now {said[1]}", sure) if sure else None


def _certainty(
    mine: Claim, theirs: Claim, came: Sequence[Term], gone: Sequence[Term], shared: set[str], new: str, old: str
) -> float:
    """Return how sure it is that the relation has one answer and the two stretches are two; 0 when it is not."""
    named = _is_name(mine, came) and _is_name(theirs, gone)
    if any({"_".join(t.word for t in came), "_".join(t.word for t in gone)} <= each for each in _ALTERNATIVES):
        return 0.85 if shared else 0.0
    relation = _relation(mine, came)
    if relation and relation == _relation(theirs, gone):
        return 0.8
    if shared & _ONE_SUBJECT and named and _precedes(mine, came) and _precedes(theirs, gone):
        return 0.85
    if shared and named and _is_predicate(mine, came, new) and _is_predicate(theirs, gone, old):
        return 0.75
    return 0.0


def _is_stretch(claim: Claim, own: Sequence[Term]) -> bool:
    """Tell whether the words stand together, at most three of them."""
    inside = [t for t in claim.terms if own[0].place <= t.place <= own[-1].place]
    return len(own) <= 3 and len(inside) == len(own)


def _is_name(claim: Claim, own: Sequence[Term]) -> bool:
    return all(term.word in claim.names for term in own)


def _relation(claim: Claim, own: Sequence[Term]) -> str:
    """Return the root of the relation with one answer that the stretch stands behind, empty when it is none."""
    place = own[0].place - 1
    while place > 0 and claim.words[place] in _SMALL:
        place -= 1
    if place < 0:
        return ""
    word, lead = claim.words[place], claim.words[place - 1] if place else ""
    if word in {"go", "goes"}:
        return "go" if claim.words[place + 1] == "to" else ""
    if word in _ONE_OBJECT or (word in _DONE and _BEING & {*claim.words[:place]}) or (word in _WE_DO and lead == "we"):
        return root(word) if word not in {"live", "lives"} else "live"
    return ""


def _precedes(claim: Claim, own: Sequence[Term]) -> bool:
    """Tell whether the stretch does what the relation says: it stands right before it, or behind "by"."""
    after = [term for term in claim.terms if term.place > own[-1].place]
    lead = claim.words[own[0].place - 1] if own[0].place else ""
    return lead == "by" or (bool(after) and after[0].root in _ONE_SUBJECT)


def _is_predicate(claim: Claim, own: Sequence[Term], text: str) -> bool:
    """Tell whether the stretch is what a definite subject is: "the broker is NATS", "Chen is the engineer on call"."""
    lower = text.lower()
    if not any(mark in f" {lower}" for mark in _DEFINITE):
        return False
    first, last = own[0].place, own[-1].place
    lead = [word for word in claim.words[:first] if word not in {"in", "at", "on", "dr"}]
    if lead and lead[-1] in _COPULAS:
        return last == len(claim.words) - 1
    after = claim.words[last + 1] if last + 1 < len(claim.words) else ""
    return not lead and after in {"is", "are"} and f" {after} the " in lower
