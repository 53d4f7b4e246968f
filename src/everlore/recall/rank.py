"""Ranking: from candidates to items in order, a pure function.

An item's score is that of its best passage. A passage starts from its words, scaled so that the best of the answer is 1.
Where a model took part it starts from words, late interaction and mean vector together, each as it is: a list that is weak
for this question then stays weak, whichever arm it comes from. Then come small additions, each a named signal of the recipe:

    cue         it holds the sort of words that answer this kind of question
    user        a person said it: what people say is denser than what agents answer or tools print
    tool        minus, a tool printed it
    verbose     minus, per doubling of pieces: a long answer has many chances to match one question
    preference  it states a preference and the question asks for help
    reply       between people, the turn before it is a question that matches
    answer      with an agent, it is a person's short reply to a turn that matches, and holds what this kind asks for
    speaker     the question names exactly one known speaker and it is theirs
    month       the question names a month or year and it is from then
    exact       it holds an identifier or quoted phrase of the question
    held        it is a memory that was held true in the past time the question names
    distance    minus, per step along the tree from the node asked from, counted from the nearest candidate
    session     the best passage of its session is good; with a model, its three best items in words and in meaning

Standing instructions resemble no question. They are matched among themselves and a few places of the first `window` are
theirs: one always, more when the question asks for help. They take the last places, so that they displace the least.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from math import log2

from everlore.core.marks import PREFERENCE, STANDING
from everlore.recall.candidates import Candidate, Ranked, Vocabulary
from everlore.recall.cues import answers
from everlore.recall.matching import Match, match_words
from everlore.recall.question import Question, Term
from everlore.recall.recipes import DEFAULT, Recipe
from everlore.recall.words import forms, root, roots, synonyms


def rank(
    question: Question,
    candidates: Sequence[Candidate],
    vocabulary: Vocabulary | None = None,
    recipe: Recipe = DEFAULT,
) -> list[Ranked]:
    """Return every item of the candidates once, best first.

    Candidates may come from several arms in any order and repeat a passage; ties keep their order. The whole list is
    returned: cutting, withholding and budgets are the caller's.
    """
    vocabulary = vocabulary or Vocabulary()
    passages = list({candidate.passage: candidate for candidate in candidates}.values())
    matches = match_words(question, passages, vocabulary, recipe)
    words = _by_best([match.attained for match in matches])
    meant = any(candidate.around is not None for candidate in passages)
    parts = _with_meaning(passages, matches, recipe) if meant else [{"words": start} for start in words]
    starts = [sum(part.values()) for part in parts]
    signals = _signals(question, passages, words, starts, recipe)
    if meant:
        bonuses = _session_meaning(passages, matches, recipe)
    else:
        totals = [start + sum(given.values()) for start, given in zip(starts, signals, strict=True)]
        bonuses = _session_bonus(passages, totals, recipe.session)
    best: dict[str, Ranked] = {}
    for candidate, match, part, given, bonus in zip(passages, matches, parts, signals, bonuses, strict=True):
        given["session"] = bonus
        total = sum(part.values()) + sum(given.values())
        known = best.get(candidate.item)
        if known is None or total > known.score:
            named = part | {name: value for name, value in given.items() if value}
            best[candidate.item] = Ranked(candidate, total, match.attained, match.covered, named)
    order = sorted(best.values(), key=lambda ranked: -ranked.score)
    if meant:  # preferences and most rules are found by their meaning, and need fewer places kept
        recipe = replace(recipe, standing=recipe.standing_meant, preference_request=recipe.preference_meant)
    return _keep_places(question, passages, words, order, vocabulary, recipe)


def _with_meaning(passages: Sequence[Candidate], matches: Sequence[Match], recipe: Recipe) -> list[dict[str, float]]:
    """Return what words and meaning give each passage; one without vectors yet is taken for an average one."""
    around = _filled([candidate.around for candidate in passages])
    pooled = _filled([candidate.pooled for candidate in passages])
    return [
        {
            "words": recipe.attained * match.attained,
            "around": recipe.around * late,
            "pooled": recipe.pooled * whole,
        }
        for match, late, whole in zip(matches, around, pooled, strict=True)
    ]


def _filled(values: Sequence[float | None]) -> list[float]:
    known = [value for value in values if value is not None]
    average = sum(known) / len(known) if known else 0.0
    return [average if value is None else value for value in values]


def _session_meaning(passages: Sequence[Candidate], matches: Sequence[Match], recipe: Recipe) -> list[float]:
    """Return what the three best items of its session, in words and in meaning, add to each passage.

    An item outside any session, as a memory is, counts as a session of its own.
    """
    words: dict[str, dict[str, float]] = {}
    late: dict[str, dict[str, float]] = {}
    maxsim = _filled([candidate.maxsim for candidate in passages])
    for candidate, match, value in zip(passages, matches, maxsim, strict=True):
        for best, reached in ((words, match.attained), (late, value)):
            items = best.setdefault(candidate.session or candidate.item, {})
            items[candidate.item] = max(reached, items.get(candidate.item, reached))
    bonus = {
        key: recipe.session_attained * _mean_of_three(words[key]) + recipe.session_maxsim * _mean_of_three(late[key])
        for key in words
    }
    return [bonus[candidate.session or candidate.item] for candidate in passages]


def _mean_of_three(values: Mapping[str, float]) -> float:
    best = sorted(values.values(), reverse=True)[:3]
    return sum(best) / len(best)


def _by_best(scores: list[float]) -> list[float]:
    best = max(scores, default=0.0)
    return [score / best for score in scores] if best > 0 else scores


def _signals(
    question: Question,
    passages: Sequence[Candidate],
    words: Sequence[float],
    starts: Sequence[float],
    recipe: Recipe,
) -> list[dict[str, float]]:
    verbose = recipe.verbose
    if question.asks_assistant:
        verbose *= recipe.verbose_asked
    elif question.asks_summary:
        verbose *= recipe.verbose_summary
    named = _named_speaker(question, passages)
    asked = _asked(passages, words)
    matching = _by_turn(passages, words)
    kinds = sorted(question.kinds)
    exact = (*question.identifiers, *question.phrases)
    # Reading cues costs more than all else, and no cue lifts a passage from far below.
    floor = sorted(starts, reverse=True)[: recipe.cued][-1] if starts else 0.0
    best = max(starts, default=0.0)
    found = []
    for candidate, start in zip(passages, starts, strict=True):
        given = {"distance": -recipe.step * candidate.distance * best, "held": recipe.held * candidate.held}
        if start > 0:
            if start >= floor:
                given["cue"] = recipe.cue * sum(answers(kind, candidate.text) for kind in kinds)
            given["user"] = recipe.user if candidate.role == "user" else 0.0
            given["tool"] = -recipe.tool if candidate.role == "tool" else 0.0
            if question.seeks_help and PREFERENCE in candidate.marks:
                given["preference"] = recipe.preference
            if exact:
                text = candidate.text.lower()
                given["exact"] = recipe.exact * sum(part in text for part in exact) / len(exact)
        if candidate.pieces > 1:
            given["verbose"] = -verbose * log2(candidate.pieces)
        if named is not None and candidate.speaker == named:
            given["speaker"] = recipe.named_speaker
        if (question.months or question.years) and _in_time(question, candidate.time):
            given["month"] = recipe.month
        if candidate.role is None and candidate.piece == 0 and candidate.session is not None:
            given["reply"] = recipe.reply * asked.get((candidate.session, candidate.position - 1), 0.0)
        given["answer"] = _answer(candidate, kinds, matching, recipe)
        found.append(given)
    return found


def _answer(
    candidate: Candidate, kinds: Sequence[str], matching: Mapping[tuple[str, int], float], recipe: Recipe
) -> float:
    """Return what a short reply takes over from the turn before it, or from the one before that: agents answer between.

    The shorter a reply, the more of its meaning is in what it replies to.
    """
    short = 1 - candidate.length / recipe.answer_length
    if candidate.role != "user" or short <= 0 or candidate.session is None:
        return 0.0
    last = matching.get((candidate.session, candidate.position - 1), 0.0)
    earlier = matching.get((candidate.session, candidate.position - 2), 0.0)
    inherited = max(last, recipe.answer_before * earlier)
    if inherited <= 0 or not any(answers(kind, candidate.text) for kind in kinds):
        return 0.0
    return recipe.answer * short * inherited


def _by_turn(passages: Sequence[Candidate], base: Sequence[float]) -> dict[tuple[str, int], float]:
    """Return the best score of each turn, by session and position."""
    found: dict[tuple[str, int], float] = {}
    for candidate, score in zip(passages, base, strict=True):
        if candidate.session is not None:
            place = candidate.session, candidate.position
            found[place] = max(score, found.get(place, 0.0))
    return found


def _named_speaker(question: Question, passages: Iterable[Candidate]) -> str | None:
    """Return the one speaker whose name is in the question, None when there is none or more than one."""
    wanted = {term.root for term in question.terms}
    speakers = {candidate.speaker for candidate in passages if candidate.speaker != candidate.role}
    named = [speaker for speaker in speakers if wanted.intersection(roots(speaker))]
    return named[0] if len(named) == 1 else None


def _asked(passages: Sequence[Candidate], base: Sequence[float]) -> dict[tuple[str, int], float]:
    """Return the scores of turns that end in a question, by session and position."""
    found: dict[tuple[str, int], float] = {}
    for candidate, score in zip(passages, base, strict=True):
        last = candidate.session is not None and candidate.piece == candidate.pieces - 1
        if last and candidate.role is None and candidate.text.rstrip().endswith("?"):
            found[candidate.session or "", candidate.position] = score
    return found


def _in_time(question: Question, time: int | None) -> bool:
    if time is None:
        return False
    when = datetime.fromtimestamp(time / 1000, UTC)
    return (not question.months or when.month in question.months) and (
        not question.years or when.year in question.years
    )


def _session_bonus(passages: Sequence[Candidate], totals: Sequence[float], weight: float) -> list[float]:
    best: dict[str, float] = {}
    for candidate, total in zip(passages, totals, strict=True):
        if candidate.session is not None:
            best[candidate.session] = max(total, best.get(candidate.session, total))
    return [weight * best.get(candidate.session, 0.0) if candidate.session else 0.0 for candidate in passages]


def _keep_places(
    question: Question,
    passages: Sequence[Candidate],
    base: Sequence[float],
    order: list[Ranked],
    vocabulary: Vocabulary,
    recipe: Recipe,
) -> list[Ranked]:
    """Move the instructions and preferences that govern the question to the end of the first `window` places."""
    chosen: list[str] = []
    for mark, places in (
        (STANDING, recipe.standing_request if question.seeks_help else recipe.standing),
        (PREFERENCE, recipe.preference_request if question.seeks_help else 0),
    ):
        marked = [
            (candidate, start) for candidate, start in zip(passages, base, strict=True) if mark in candidate.marks
        ]
        if places and marked:
            governing = _governing(question, marked, vocabulary, recipe)[:places]
            chosen += [item for item in governing if item not in chosen]
    safe = {ranked.candidate.item for ranked in order[: max(0, recipe.window - len(chosen))]}
    moved = [item for item in chosen if item not in safe]
    if not moved:
        return order
    place = recipe.window - len(moved)
    known = {ranked.candidate.item: ranked for ranked in order}
    rest = [ranked for ranked in order if ranked.candidate.item not in moved]
    return [*rest[:place], *(replace(known[item], reserved=True) for item in moved), *rest[place:]]


def _governing(
    question: Question, marked: Sequence[tuple[Candidate, float]], vocabulary: Vocabulary, recipe: Recipe
) -> list[str]:
    """Return items by how well they match the question and what rules about such questions talk about, best first."""
    own = {term.root for term in question.terms}
    topics = tuple(Term(w, root(w), forms(w), synonyms(w)) for w in question.topics if root(w) not in own)
    topical = replace(question, terms=(*question.terms, *topics))
    near = recipe.standing_neighbour
    narrow = replace(recipe, synonym=recipe.standing_synonym, previous=near, following=near, before=0.0)
    matches = match_words(topical, [candidate for candidate, _ in marked], vocabulary, narrow)
    best: dict[str, float] = {}
    for (candidate, start), match in zip(marked, matches, strict=True):
        score = match.attained + recipe.standing_prior * start
        if score > 0:
            best[candidate.item] = max(score, best.get(candidate.item, 0.0))
    return sorted(best, key=lambda item: -best[item])
