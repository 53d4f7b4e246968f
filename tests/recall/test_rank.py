from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from everlore.recall.candidates import Candidate, Vocabulary
from everlore.recall.question import read_question
from everlore.recall.rank import rank
from everlore.recall.recipes import DEFAULT

MARCH = 1_741_000_000_000  # 2025-03-03


def turns(*texts: str, role: str | None = None, speakers: tuple[str, ...] = ("Ann", "Bob")) -> list[Candidate]:
    """Return one session of one-piece turns with their neighbours filled in."""
    around = ("", "", *texts, "")
    return [
        Candidate(
            passage=n,
            item=f"t{n}",
            session="s",
            position=n,
            text=text,
            role=role,
            speaker=speakers[n % len(speakers)],
            time=MARCH,
            previous=around[n + 1],
            following=around[n + 3],
            before=around[n],
            length=len(text),
        )
        for n, text in enumerate(texts)
    ]


def order(question: str, candidates: list[Candidate], **changes: float) -> list[str]:
    found = rank(read_question(question), candidates, recipe=replace(DEFAULT, **changes))
    return [ranked.candidate.item for ranked in found]


def test_the_passage_that_holds_the_words_comes_first():
    assert (
        order("Which rope holds the ferry?", turns("Gulls again.", "A hemp rope holds our ferry.", "Tea?"))[0] == "t1"
    )


def test_another_form_and_a_usual_synonym_are_found():
    texts = ("Gulls circle the pier.", "We settled on hemp.", "The cap is forty boats.", "Fog until noon.")
    assert order("What was the decision to settle?", turns(*texts))[0] == "t1"
    assert order("What is the maximum?", turns(*texts))[0] == "t2"


def test_a_synonym_never_outweighs_the_word_itself():
    texts = ("The limit is forty.", "Gulls.", "The cap is fifty.", "Fog.", "Rain and more rain.")
    assert order("What is the limit?", turns(*texts, role="assistant"))[0] == "t0"


def test_a_turn_is_found_through_the_turn_before_it():
    texts = ("Where shall we moor the yellow ferry?", "At the north pier, I think.", "Fine.", "Did you eat?", "Yes.")
    assert order("Where do they moor the yellow ferry?", turns(*texts))[:2] == ["t0", "t1"]


def test_an_item_is_returned_once_by_its_best_piece():
    pieces = [
        Candidate(1, "long", "s", 0, "Gulls and fog.", pieces=2, piece=0),
        Candidate(2, "long", "s", 0, "The rope is hemp.", pieces=2, piece=1),
        Candidate(3, "other", "s", 1, "Nothing."),
    ]
    found = rank(read_question("Which rope?"), [*pieces, pieces[0]])
    assert [(ranked.candidate.item, ranked.candidate.passage) for ranked in found] == [("long", 2), ("other", 3)]


def test_one_named_speaker_is_preferred():
    texts = ("I bought a red kayak.", "I bought a red kayak.", "Nice.", "Hm.")
    assert order("What did Bob buy?", turns(*texts))[0] == "t1"


def test_a_named_month_prefers_its_turns():
    spring, autumn = turns("We painted the pier."), turns("We painted the pier.")
    late = replace(autumn[0], passage=9, item="t9", time=MARCH + 200 * 86_400_000)
    question = "What was painted in March?"
    assert order(question, [late, spring[0]], date=0.0)[0] == "t0"


def test_a_short_human_remark_beats_one_chance_hit_in_a_long_answer():
    long = [
        Candidate(
            n,
            "essay",
            "s",
            1,
            "The rope of the ferry is one of many." if n == 3 else "Words.",
            "assistant",
            pieces=8,
            piece=n,
        )
        for n in range(8)
    ]
    remark = Candidate(9, "remark", "s", 0, "The rope of the ferry snapped.", "user")
    question = "What about the ferry rope?"
    assert order(question, [*long, remark])[0] == "remark"


def test_a_standing_instruction_has_a_place_though_it_shares_little():
    chatter = turns(*(f"Plan {n}: route the ferry to pier {n}." for n in range(30)), role="user")
    rule = Candidate(99, "rule", "r", 0, "Always give distances in miles for any journey.", "user", marks=("standing",))
    question = "Can you suggest a ferry route to the pier?"
    found = rank(read_question(question), [*chatter, replace(rule, text=rule.text + " Route first.")])
    places = {ranked.candidate.item: n for n, ranked in enumerate(found)}
    assert places["rule"] == DEFAULT.window - 1
    assert found[places["rule"]].reserved
    assert "rule" not in order(question, [*chatter, rule], standing_request=0, standing=0)[: DEFAULT.window]


def test_a_standing_instruction_about_something_else_takes_no_place():
    chatter = turns(*(f"Plan {n}: route the ferry to pier {n}." for n in range(30)), role="user")
    rule = Candidate(99, "rule", "r", 0, "Always salt the soup.", "user", marks=("standing",))
    assert "rule" not in order("Can you suggest a ferry route to the pier?", [*chatter, rule])[: DEFAULT.window]


def test_meaning_can_lift_what_no_word_finds():
    candidates = turns("A hemp rope.", "Gulls.", "The craft stays tied.", role="assistant")
    scored = mean(candidates, (0.1, 0.0, 0.9))
    assert order("How is the rope?", scored)[0] == "t2"
    assert order("How is the rope?", candidates)[0] == "t0"


def mean(candidates: list[Candidate], values: tuple[float | None, ...]) -> list[Candidate]:
    """Return the candidates as a model sees them: all three measures alike."""
    return [replace(c, maxsim=v, around=v, pooled=v) for c, v in zip(candidates, values, strict=True)]


def test_a_list_of_words_that_is_weak_for_the_question_stays_weak_beside_meaning():
    question = "How is the rope of the yellow lantern boat kept from drifting?"
    candidates = turns("A rope.", "Gulls.", "The craft stays tied.", role="assistant")
    assert order(question, candidates)[0] == "t0"
    assert order(question, mean(candidates, (0.3, 0.3, 0.6)))[0] == "t2"


def test_a_passage_without_vectors_counts_as_an_average_one():
    candidates = turns("Crates.", "Gulls.", "The craft stays tied.", role="assistant")
    assert order("How is the rope?", mean(candidates, (0.1, None, 0.9))) == ["t2", "t1", "t0"]


def test_a_session_with_several_good_turns_lifts_them_all_when_a_model_took_part():
    one = [replace(c, passage=n, item=f"a{n}", session="a") for n, c in enumerate(turns("Rig.", "Sail.", "Mast."))]
    other = [
        replace(c, passage=9 + n, item=f"b{n}", session="b") for n, c in enumerate(turns("Soup.", "Gulls.", "Fog."))
    ]
    scored = [*mean(one, (0.5, 0.6, 0.6)), *mean(other, (0.52, 0.1, 0.1))]
    assert order("How is the boat rigged?", scored)[:3] == ["a1", "a2", "a0"]


def test_a_memory_is_a_session_of_its_own_and_not_behind_for_having_none():
    said = turns("The craft stays tied.", "Gulls.", "Fog.", role="assistant")
    kept = replace(
        said[0], passage=9, item="m", session=None, kind="fact", role=None, previous="", following="", before=""
    )
    scored = mean([*said, kept], (0.6, 0.2, 0.2, 0.6))
    assert order("How is the boat moored?", scored)[0] == "m"


def test_parts_add_up_to_the_score_with_and_without_a_model():
    candidates = turns("A hemp rope holds the ferry.", "Gulls.", "Fog.")
    for seen in (candidates, mean(candidates, (0.5, 0.2, None))):
        for ranked in rank(read_question("Which rope holds the ferry?"), seen):
            assert abs(sum(ranked.parts.values()) - ranked.score) < 1e-9


def test_attained_and_covered_are_shares_that_compare_across_questions():
    candidates = turns("A hemp rope holds the ferry.", "Gulls.", "Fog.")
    whole = rank(read_question("hemp rope ferry"), candidates)[0]
    part = rank(read_question("hemp lantern quartz"), candidates)[0]
    none = rank(read_question("lantern quartz"), candidates)[0]
    assert 0 < part.attained < whole.attained <= 1
    assert (whole.covered, none.covered, none.attained) == (1.0, 0.0, 0.0)
    assert 0 < part.covered < 1


def test_the_vocabulary_of_the_store_decides_what_is_rare():
    candidates = turns("The rope.", "The ferry.", "Fog.", role="assistant")
    question = read_question("rope ferry")
    common = Vocabulary(10_000, {"rope": 5_000, "ferry": 1})
    assert rank(question, candidates, common)[0].candidate.item == "t1"
    assert rank(question, candidates, Vocabulary(10_000, {"rope": 1, "ferry": 5_000}))[0].candidate.item == "t0"


def test_signals_add_up_to_the_score():
    found = rank(
        read_question("Why did Bob buy rope?"), turns("Fog.", "I bought rope because knots slip.", "Ah.", role="user")
    )
    for ranked in found:
        assert abs(sum(ranked.parts.values()) - ranked.score) < 1e-9


def test_no_candidates_give_no_answer():
    assert rank(read_question("anything?"), []) == []


words = st.text(alphabet="abc xyzÄ.?_\n", max_size=40)


@given(question=words, texts=st.lists(words, min_size=1, max_size=8), role=st.sampled_from([None, "user", "tool"]))
def test_every_item_comes_back_once_and_order_is_stable(question, texts, role):
    candidates = turns(*texts, role=role)
    first = rank(read_question(question), candidates)
    assert sorted(r.candidate.item for r in first) == sorted(c.item for c in candidates)
    assert first == rank(read_question(question), candidates)
    assert all(0 <= r.attained <= 1 and 0 <= r.covered <= 1.0000001 for r in first)


def test_a_short_reply_to_an_agent_takes_over_what_it_replies_to():
    said = turns(
        "Which rope holds the yellow ferry at the pier?", "Fog.", "Rain.", "Sun.", "Wind.", "42 ropes.", role="user"
    )
    asked = replace(said[0], role="assistant", speaker="agent")
    reply = replace(said[5], position=1, text="No, 42 of them.", previous="", before="", following="")
    far = replace(said[4], position=7, text="No, 43 of them.", previous="", before="", following="")
    weather = [replace(c, position=c.position + 10) for c in said[1:4]]
    found = order("How many ropes hold the yellow ferry?", [asked, reply, far, *weather], user=0.0)
    assert found.index("t5") < found.index("t4")


def test_synonyms_count_more_when_no_passage_has_the_questions_own_words():
    texts = ("The cap is forty.", "Gulls.", "Fog.", "Rain.")
    question = read_question("What limit applies to lantern quartz?")
    loose = rank(question, turns(*texts))[0]
    strict = rank(question, turns(*texts), recipe=replace(DEFAULT, synonym_gap=0.0))[0]
    assert loose.candidate.item == strict.candidate.item == "t0"
    assert loose.attained > strict.attained


def test_neighbours_that_are_candidates_are_read_and_others_are_not():
    lone = turns("Fog.", "The tide turns.", "Rain.", role="assistant")
    beside = replace(lone[1], previous="A lantern burns.", before="", following="")
    question = read_question("Which lantern burns?")
    alone = rank(question, [beside])[0]
    assert alone.covered == 0.0
    shown = rank(question, [beside, replace(lone[0], text="A lantern burns.")])
    assert {r.candidate.item: r.covered > 0 for r in shown} == {"t0": True, "t1": True}
