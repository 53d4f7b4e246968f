"""Speaking unasked: whether what was found for a prompt is worth the reader's attention, item by item.

Recall answers a question, so it may guess; what is said at a prompt was not asked for, so it has to be right. Two things speak
for an item, and one of them suffices:

    states    a short text that holds most of the prompt's information: a memory, or a turn that says it in so many words
    belongs   the store as a whole answers such a prompt (a logistic over what is found at all), and this item is among those
              that answer it best (a logistic over the item)

Information is rarity in the store, as if it held some more passages with none of the words: a store of three lines knows nothing
of rarity. Words that only ask or order ("add", "how many", "please") weigh little, pieces of an identifier less than the whole.

What speaks against an item, whatever it holds: something newer that says nearly the same otherwise, an order that somebody gave
on another day, and a number beside a word of the prompt that is another number.

How alike a question and its answer sound depends on who speaks, so the bar of the first logistic is set by setting, where 95 of
100 questions of other people's stores stay unanswered. The constants were fitted on people, on chats with an assistant and on
agents at work, each weighing the same; the guide says what was measured on the kind that was left out.

Invariants: pure; nothing found is silence; a higher bar never says more; a word more of the prompt in a passage, all else the
same, never makes that passage less worth saying.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from math import exp, log, sqrt
from statistics import median

from everlore.core.marks import STANDING, marks
from everlore.recall.candidates import Candidate, Ranked, Vocabulary
from everlore.recall.question import Question, Term
from everlore.recall.withhold import Evidence, Setting
from everlore.recall.words import STOP_WORDS, root, roots

_PSEUDO = 40
"""Passages with none of the words that a store is thought to hold beside its own."""
_LOOKED = 10
"""Items looked at, best first."""
_NEAR = 5
"""Words between two that stand close to one another."""
_MOST_PAIRS, _MOST_HITS, _MOST_MISSING = 6, 6, 5.0
_SIZE = 3.0
_SHORT = 60
"""Words beyond which a text is no statement: long ones share something with any prompt."""
_ORDER = 40
"""Words beyond which what somebody said is more than an order."""

_ABOUT = 0.5
"""Share of the prompt's information that the lines beside a passage hold at least where it holds no word of the prompt itself."""
_STATES = 10.0
_STATED_MEMORY, _STATED_TURN, _STATED_AMONG_MANY = 0.47, 0.54, 0.64
"""Share of the prompt's information from which a memory, a turn of a small store, and one of many turns states it."""
_UNKNOWN_NAME, _UNANSWERED, _OF_THE_WORLD = 0.2, 0.2, 0.4
"""What more is asked where the store knows a name of the prompt not at all, where the text holds nothing of the kind asked for, and
where the prompt asks for what anybody knows."""
_ANSWERS = {
    "who": re.compile(r"(?<!^)(?<![.!?]\s)\b[A-Z]\w+|\bteam\b|\b(?:he|she|they|I|you)\b"),
    "when": re.compile(
        r"\d|day\b|\b(?:week|month|year|spring|summer|autumn|winter|morning|evening|night|noon)", re.IGNORECASE
    ),
    "value": re.compile(
        r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|twelve|twice|once|daily|weekly|monthly|never|always|half|no)\b",
        re.IGNORECASE,
    ),
}
_WORLD = re.compile(
    r"^\W*(?:explain|define|teach me|summari[sz]e|translate|what(?:'s| is| are) an? |how do(?:es)? an? |how to )",
    re.IGNORECASE,
)
_OURS = re.compile(r"\b(?:we|our|us|my|i|me|this|these)\b", re.IGNORECASE)
_PART = re.compile(r"[:;.!?\n]+\s*")
_MEANT, _MEANT_WORTH = 0.5, 0.6
"""Where a model read both: the cosine above which meaning counts as share, and how much."""
_WITHIN, _MOST_BELONGING = 0.6, 3
"""Logits below the best item within which others belong, and how many do at most."""
_AHEAD = 5
"""Items that may answer at once; how far the best is ahead is told by those behind them."""
_ALIKE, _BEHIND = 0.5, 0.4
"""Share of the shorter text's words in both from which the newer replaces the older, and how much less of the prompt it may hold."""

_SOON = 3_600_000
"""Milliseconds within which two lines stand beside each other: who says both at once means both."""

_HEARD_WORDS = {
    "bias": -1.3, "around": 0.7, "hits": 0.72, "pairs": 0.13, "surprise": -0.34, "missing": -0.74, "unknown": -2.74, "session": 1.25,
    "length": 1.22,
}  # fmt: skip
_HEARD_MEANING = {
    "bias": -5.44, "pairs": 0.51, "surprise": -0.52, "missing": -0.3, "unknown": -2.12, "session": 1.35, "length": 0.88, "late": 3.01,
    "ahead": 6.54, "mean": 4.36, "mean3": 5.13,
}  # fmt: skip
_ITEM_WORDS = {
    "bias": -1.28,
    "around": 2.74,
    "pairs": 0.09,
    "place": -0.62,
    "tool": 0.7,
    "assistant": 0.65,
    "long": -0.34,
}
_ITEM_MEANING = {
    "bias": -0.3,
    "around": 2.23,
    "place": -0.93,
    "tool": 1.1,
    "assistant": 0.77,
    "long": -0.61,
    "late": 0.66,
}
_BAR_WORDS: Mapping[Setting, float] = {"people": 0.8, "chat": 2.5, "agent": 0.5}
_BAR_MEANING: Mapping[Setting, float] = {"people": 1.72, "chat": 4.2, "agent": 1.72}

_ASKING = frozenset(
    root(word)
    for word in """
    add write make fix help look see get give show tell remind draft plan explain check update create implement review find
    want need use using go going know think say said let try start please thanks thank hello hi ok okay yes good great nice
    next now again still also idea many much long often big deep high old fast kind sort type way thing something anything
    anybody anyone everything currently current present exactly actually really seen prior work before summarise summarize
    describe list refactor rename translate read question answer possible able allowed supposed
    wie was wer wo wann warum welch welche welcher welches ist sind war hat haben wird werden der die das den dem des ein
    eine einen wir ich man im in am beim für und oder zu mit auf von noch bitte viel viele hoch lange heißt
    """.split()  # noqa: SIM905
)
_ASKING_WORTH, _PIECE_WORTH = 0.25, 0.3
_FUNCTION = frozenset("的什么是哪几我们用吗呢怎为了多少该应在现把可以要")
"""Characters of Chinese that ask or join: a pair of neighbours with one of them says little."""
_LIGHT = frozenset(root(word) for word in STOP_WORDS)
_SENTENCE = re.compile(r"[.;!?\n]+(?:\s|$)")
_LEAD = re.compile(
    r"^\W*(?:(?:please|pls|now|then|and|also|just|ok(?:ay)?|so|go ahead and|can you|could you|bitte|jetzt)\W+)*",
    re.IGNORECASE,
)
_VERBS = frozenset(
    """
    abort add apply approve archive arrange ask assign attach back ban block book bring build bump buy call cancel change charge check
    clean clear clone close commit compile compress configure convert copy create cut deactivate decline delete deploy destroy disable
    disconnect download drain drop dump duplicate edit email empty enable erase evict execute expand export fetch file fill fix flush
    force format forward generate get give grant halt hide implement import increase inform insert install invite kick kill launch
    leave let lock log look lower mail make mark merge message migrate modify mount move mute notify open order overwrite patch pause pay
    pick pin post prepare print promote publish pull purge push put raise reboot rebuild refactor refund regenerate register reindex
    reinstall reject relabel release reload remind remove rename reopen repair replace reply report request rerun reset resize restart
    restore resume retire retry return revert revoke rewrite rm roll rotate run save scale schedule sell send set ship shorten shrink
    shut skip sort split start stop submit suspend swap switch sync take tell terminate test throw transfer translate trigger turn
    unblock undo uninstall unlock unmount update upgrade upload wipe write
    bestell bestelle buch buche kauf kaufe kündig kündige lösch lösche mach ruf schalt schalte schick schicke schreib schreibe
    starte stopp stoppe storniere überweis überweise verschieb verschiebe entferne entfern
    """.split()  # noqa: SIM905
)
_ORDER_HAN = re.compile(r"^(?:请|马上|立刻|现在)*(?:把|给|删除|重启|停止|取消|发送)")
_LASTING = re.compile(
    r"\b(?:always|never|from now on|instead of|no longer|any ?more|going forward|every time|each time|whenever|unless|must|should"
    r"|immer|nie|ab jetzt|statt|nicht mehr)\b|\bfrom \S*\d\S* to \S*\d|\bto \d+ ?(?:s|ms|min|minutes?|hours?|days?|h|d|%|gb|mb|kb)\b"
    r"|以后|从现在|不再",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"\w[\w.:/-]*\w|\w")
_NUMBERED = re.compile(r"\b([^\W\d_]{3,})\s+#?(\d+)\b")


@dataclass(frozen=True, slots=True)
class Shown:
    """What one item shows of the prompt: `share` in the passage and `around` it, 0 to 1; `late` and `mean` are cosines, None without a model.

    `share` is that of the whole prompt or of the question in it, whichever is more; `hits` are words that do not only ask, and
    `most` how many of them an item has to hold: two, but one of a question that has no other.
    """

    share: float
    around: float
    hits: int
    pairs: int
    most: int = 2
    late: float | None = None
    mean: float | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """An item that is worth saying, the chance (0 to 1) that it belongs to the prompt, and why it is said, in words of ours.

    `states` tells that it says it by itself; of the others the answer may stand in the lines beside them.
    """

    ranked: Ranked
    chance: float
    why: str
    states: bool = False


def worth_saying(
    question: Question,
    ranked: Sequence[Ranked],
    vocabulary: Vocabulary,
    evidence: Evidence,
    *,
    most: int = 3,
    bar: float = 0.5,
) -> list[Said]:
    """Return what is worth saying of what was found, best first, at most so many; `bar`, 0 to 1, is the least chance.

    `ranked` are the items in the order of recall, with the text beside them; `evidence` is what speaks for an answer at all.
    """
    if all(
        item.candidate.pooled is None for item in ranked
    ):  # tools print words of every kind, but what they mean is little
        ranked = [item for item in ranked if item.candidate.role != "tool"]
    looked = list(ranked[:_LOOKED])
    shown = read_shown(question, looked, vocabulary)
    opened, many = 0.0, vocabulary.passages >= _PSEUDO
    if many:
        opened = _logistic(heard(question, ranked, shown, vocabulary, evidence) - _bar(shown, evidence.setting))
    belonging = _belonging(looked, shown)
    conflicting = {place for place, item in enumerate(looked) if _is_another(question, item.candidate)}
    found = []
    for place, (item, own) in enumerate(zip(looked, shown, strict=True)):
        candidate = item.candidate
        if place in conflicting or (
            candidate.kind is None and candidate.pieces == 1 and is_order(candidate.text, candidate.role)
        ):
            continue
        # Among many turns several say such words, and the best of them count.
        lone = not many or candidate.kind is not None
        stated = _stated(question, candidate, own, evidence, many=many) if lone or place in belonging else 0.0
        heard_of = own.hits > 0 or own.late is not None or own.around >= _ABOUT
        belongs = opened if place in belonging and heard_of else 0.0
        chance = max(stated, belongs)
        if chance >= bar:
            states = stated >= belongs
            found.append((place, Said(item, chance, _why(own, stated=states), states and lone)))
    old = outdated([looked[place] for place, _ in found], [shown[place] for place, _ in found])
    left = [said for number, (_, said) in enumerate(found) if number not in old]
    return left[:most]


def heard(
    question: Question, ranked: Sequence[Ranked], shown: Sequence[Shown], vocabulary: Vocabulary, evidence: Evidence
) -> float:
    """Return the logit that the store answers such a prompt, before the bar of its setting.

    `shown` is of the first items of `ranked`; how far the best is ahead is measured among all of them.
    """
    means = sorted((own.mean for own in shown if own.mean is not None), reverse=True)
    given = {
        "bias": 1.0,
        "around": max((own.around for own in shown), default=0.0),
        "hits": max((own.hits for own in shown), default=0),
        "pairs": max((own.pairs for own in shown), default=0),
        "surprise": _surprise(question, vocabulary),
        "missing": sqrt(evidence.missing),
        "unknown": min(2, evidence.unknown),
        "session": _concentration(ranked[:_LOOKED]),
        "length": log(max(1, len(question.terms))),
        "late": max((own.late for own in shown if own.late is not None), default=0.0),
        "ahead": _ahead(ranked),
        "mean": means[0] if means else 0.0,
        "mean3": sum(means[:3]) / 3,
    }
    weights = _HEARD_MEANING if means else _HEARD_WORDS
    return sum(weight * given[name] for name, weight in weights.items())


def read_shown(question: Question, ranked: Sequence[Ranked], vocabulary: Vocabulary) -> list[Shown]:
    """Read what each item shows of the prompt, in the order given."""
    weights = weights_of(question, vocabulary)
    total = sum(weights.values()) or 1.0
    asked = _asked(question, weights)
    telling = sum(word not in _ASKING for word in weights)
    most = 1 if telling == 1 and question.text.rstrip().endswith(("?", "？")) else 2
    found = []
    for item in ranked:
        candidate = item.candidate
        words = roots(candidate.text)
        own = weights.keys() & {*words, *roots(candidate.speaker)}
        beside = own.union(*(weights.keys() & set(roots(text)) for text in _beside(candidate)))
        found.append(
            Shown(
                share=max(sum(weights[word] for word in own) / total, _share_of(asked, own, weights)),
                around=sum(weights[word] for word in beside) / total,
                hits=min(sum(word not in _ASKING for word in own), _MOST_HITS),
                pairs=_pairs(words, own),
                late=candidate.around,
                mean=candidate.pooled,
                most=most,
            )
        )
    return found


def _asked(question: Question, weights: Mapping[str, float]) -> list[Set[str]]:
    """Return the words of each question that stands in a longer prompt, where it has two that do not only ask."""
    parts = [part for part in _PART.split(question.text) if part]
    if len(parts) < 2:
        return []
    ends = [m.group() for m in _PART.finditer(question.text)]
    found = [weights.keys() & set(roots(part)) for part, end in zip(parts, ends, strict=False) if "?" in end]
    return [words for words in found if sum(word not in _ASKING for word in words) >= 2]


def _share_of(asked: Sequence[Set[str]], own: Set[str], weights: Mapping[str, float]) -> float:
    """Return the largest share of one question that the words are, where two of them do not only ask."""
    shares = [
        sum(weights[word] for word in own & words) / (sum(weights[word] for word in words) or 1.0)
        for words in asked
        if sum(word not in _ASKING for word in own & words) >= 2
    ]
    return max(shares, default=0.0)


def weights_of(question: Question, vocabulary: Vocabulary) -> dict[str, float]:
    """Return what each word of a prompt weighs: its rarity, and little where it only asks or is a piece of another."""
    size = vocabulary.passages + _PSEUDO
    words = [term.word for term in question.terms]
    return {
        term.root: _rarity(_known(term, vocabulary), size) * _worth(term) * (_PIECE_WORTH if _is_piece(term.word, words) else 1.0)
        for term in question.terms
    }  # fmt: skip


def shift(prompt: Question, before: Sequence[Question]) -> float:
    """Return how much of what a prompt speaks of was in none of the prompts before it, 0 to 1; 1 where there are none."""
    own = _topics(prompt)
    if not own or not before:
        return 1.0 if not before else 0.0
    known = set().union(*(_topics(each) for each in before))
    return len(own - known) / len(own)


def is_order(text: str, role: str | None) -> bool:
    """Tell whether a turn only tells an agent to do something there and then: an order of another day, and no rule that lasts."""
    text = text.strip()
    if role != "user" or len(text.split()) > _ORDER or _LASTING.search(text):
        return False
    if STANDING in marks(text, role="user", length=len(text)):
        return False
    sentences = [sentence for part in _SENTENCE.split(text) if (sentence := _LEAD.sub("", part).strip())]
    return bool(sentences) and all(_orders(sentence) for sentence in sentences)


def outdated(ranked: Sequence[Ranked], shown: Sequence[Shown]) -> set[int]:
    """Return the places of items that something newer among them says nearly in the same words, but for what changed."""
    words = [_content(item.candidate.text) for item in ranked]
    found = set()
    for older, one in enumerate(ranked):
        for newer, other in enumerate(ranked):
            if not _is_before(one.candidate, other.candidate) or shown[newer].share < shown[older].share - _BEHIND:
                continue
            if _says_how_much(one.candidate.text) and not _says_how_much(other.candidate.text):
                continue  # something else is said of the same thing
            common = words[older] & words[newer]
            if len(common) >= 2 and len(common) >= _ALIKE * min(len(words[older]), len(words[newer])):
                found.add(older)
    return found


def repeats(text: str, old: str, new: str) -> bool:
    """Tell whether a text says what a statement said before another took its place: its words, and of the two values the old one."""
    said, before, after = set(_tokens(text)), set(_tokens(old)), set(_tokens(new))
    gone, come = before - after, after - before
    common = (before & after) - _LIGHT
    return bool(gone) and gone <= said and not come & said and len(common & said) >= _ALIKE * len(common)


def restates(text: str, statement: str) -> bool:
    """Tell whether a text says a statement again and little beside it."""
    said, own = set(_tokens(text)) - _LIGHT, set(_tokens(statement)) - _LIGHT
    return bool(own) and own <= said and 2 * len(said) <= 3 * len(own)


def _tokens(text: str) -> list[str]:
    return [root(word) for word in _TOKEN.findall(text.lower())]


def _belonging(ranked: Sequence[Ranked], shown: Sequence[Shown]) -> set[int]:
    """Return the places of the items that answer best: the best by its own logistic and those little below it.

    Short memories are not among them: they were made to be understood by themselves, so they state it or they do not.
    """
    odds = {
        place: _odds(place, item.candidate, own)
        for place, (item, own) in enumerate(zip(ranked, shown, strict=True))
        if item.candidate.kind is None or not _is_short(item.candidate)
    }
    best = sorted(odds, key=lambda place: (-odds[place], place))[:_MOST_BELONGING]
    return {place for place in best if odds[place] >= odds[best[0]] - _WITHIN}


def _odds(place: int, candidate: Candidate, own: Shown) -> float:
    given = {
        "bias": 1.0,
        "around": own.around,
        "pairs": own.pairs,
        "place": log(1 + place),
        "tool": float(candidate.role == "tool"),
        "assistant": float(candidate.role == "assistant"),
        "long": log(1 + candidate.length / 200),
        "late": own.late or 0.0,
    }
    weights = _ITEM_WORDS if own.late is None else _ITEM_MEANING
    return sum(weight * given[name] for name, weight in weights.items())


def _stated(question: Question, candidate: Candidate, own: Shown, evidence: Evidence, *, many: bool) -> float:
    """Return the chance that a short text states what the prompt is about, 0 for one word of it and for what a tool printed."""
    if own.hits < own.most or not _is_short(candidate) or candidate.role == "tool":
        return 0.0
    share = own.share + _MEANT_WORTH * max(0.0, (own.mean or 0.0) - _MEANT)
    said = _STATED_AMONG_MANY if many else _STATED_TURN
    enough = said if candidate.kind is None else _STATED_MEMORY
    if evidence.unknown:
        enough += _UNKNOWN_NAME
    if any(not pattern.search(candidate.text) for kind, pattern in _ANSWERS.items() if kind in question.kinds):
        enough += _UNANSWERED
    if _WORLD.search(question.text) and not _OURS.search(question.text):
        enough += _OF_THE_WORLD
    return _logistic(_STATES * (share - enough))


def _is_short(candidate: Candidate) -> bool:
    return candidate.pieces == 1 and len(candidate.text.split()) <= _SHORT


def _bar(shown: Sequence[Shown], setting: Setting) -> float:
    return (_BAR_MEANING if any(own.mean is not None for own in shown) else _BAR_WORDS)[setting]


def _why(own: Shown, *, stated: bool) -> str:
    words = f"{own.hits} word{'s' if own.hits != 1 else ''} of the prompt"
    meant = f", meaning {own.mean:.2f}" if own.mean is not None else ""
    return f"states {words}{meant}" if stated else f"among the best matches: {words}{meant}"


def _logistic(value: float) -> float:
    return 1 / (1 + exp(-max(-50.0, min(50.0, value))))


def _surprise(question: Question, vocabulary: Vocabulary) -> float:
    """Return how many words the store has never seen, each the more surprising the larger the store."""
    missing = sum(_worth(term) for term in question.terms if not _known(term, vocabulary))
    return min(_MOST_MISSING, missing) * min(1.0, log(1 + vocabulary.passages / _PSEUDO) / _SIZE)


def _concentration(ranked: Sequence[Ranked]) -> float:
    """Return which share of the best items is of one session: answers stand together, chance does not."""
    sessions = Counter(item.candidate.session or item.candidate.item for item in ranked)
    return max(sessions.values(), default=0) / _LOOKED


def _ahead(ranked: Sequence[Ranked]) -> float:
    """Return how far the closest meaning is above the middle of what cannot all answer: an answer stands out, chance does not."""
    late = sorted((item.candidate.around for item in ranked if item.candidate.around is not None), reverse=True)
    return late[0] - median(late[_AHEAD:]) if len(late) > _AHEAD + 1 else 0.0


def _known(term: Term, vocabulary: Vocabulary) -> int:
    return max((vocabulary.frequencies.get(form, 0) for form in term.forms), default=0)


def _rarity(count: int, size: int) -> float:
    return log(1 + (size - min(count, size) + 0.5) / (count + 0.5))


def _worth(term: Term) -> float:
    if term.root in _ASKING or term.word in _ASKING:
        return _ASKING_WORTH
    pair = len(term.word) == 2 and not term.word.isascii()
    return _ASKING_WORTH if pair and _FUNCTION.intersection(term.word) else 1.0


def _is_piece(word: str, words: Iterable[str]) -> bool:
    """Tell whether a word is the head or tail of a longer one, as `pay` is of `paypal`."""
    return any(len(other) > len(word) > 2 and (other.startswith(word) or other.endswith(word)) for other in words)


def _beside(candidate: Candidate) -> tuple[str, ...]:
    day = datetime.fromtimestamp(candidate.time / 1000, UTC).strftime("%d %B %Y") if candidate.time is not None else ""
    return candidate.previous, candidate.following, candidate.before, day


def _pairs(words: Sequence[str], wanted: Set[str]) -> int:
    """Return how many pairs of words of the prompt stand close to one another."""
    last: dict[str, int] = {}
    found = set()
    for place, word in enumerate(words):
        if word in wanted and word not in _ASKING:
            found |= {frozenset((other, word)) for other, at in last.items() if other != word and place - at <= _NEAR}
            last[word] = place
    return min(len(found), _MOST_PAIRS)


def _topics(question: Question) -> set[str]:
    return {term.root for term in question.terms if _worth(term) == 1.0}


def _orders(clause: str) -> bool:
    first = clause.split(maxsplit=1)[0].lower().rstrip(":")
    return first in _VERBS or _ORDER_HAN.match(clause) is not None


@lru_cache(maxsize=1024)
def _content(text: str) -> frozenset[str]:
    words = [word for word in roots(text) if word not in _LIGHT]
    return frozenset(words) if len(words) <= _SHORT else frozenset()


def _is_before(one: Candidate, other: Candidate) -> bool:
    if one.session is not None and one.session == other.session:
        return one.position < other.position
    return one.time is not None and other.time is not None and one.time <= other.time - _SOON


def _says_how_much(text: str) -> bool:
    return any(character.isdigit() for character in text)


def _is_another(question: Question, candidate: Candidate) -> bool:
    """Tell whether a passage is about another number of what the prompt numbers: of sensor 9 and not of sensor 14."""
    asked = {(root(word.lower()), number) for word, number in _NUMBERED.findall(question.text)}
    if not asked:
        return False
    told = {(root(word.lower()), number) for word, number in _NUMBERED.findall(candidate.text)}
    return any(
        pair not in told
        and any(word == pair[0] for word, _ in told)
        and not re.search(rf"\b{pair[1]}\b", candidate.text)
        for pair in asked
    )
