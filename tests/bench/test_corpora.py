"""Each shape of data is read into turns, questions and gold; what cannot be measured is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from everlore.bench import corpora
from everlore.core.errors import InvalidInput, NotFound


def put(path: Path, value: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value), "utf-8")
    return path


def turn(name: str, text: str = "said") -> dict[str, str]:
    return {"dia_id": name, "speaker": "Ann", "text": text}


def test_locomo_evidence_is_found_however_it_is_spelt(tmp_path: Path) -> None:
    talk = {
        "session_1_date_time": "1:56 pm on 8 May, 2023",
        "session_1": [turn("D1:1"), turn("D1:2")],
        "session_2": [turn("D2:1")],
    }
    asked = [
        {"question": "one?", "evidence": ["D:1:2; D2:1"], "category": 1},
        {"question": "two?", "evidence": ["D01:01 D9:9"], "category": 5},
        {"question": "none?", "evidence": [], "category": 2},
    ]
    (corpus,) = corpora.load(
        "locomo", put(tmp_path / "locomo.json", [{"sample_id": "c", "conversation": talk, "qa": asked}])
    )
    assert [question.gold for question in corpus.questions] == [("D1:2", "D2:1"), ("D1:1",)]
    assert [question.category for question in corpus.questions] == ["multi-hop", "adversarial"]
    assert corpus.dropped == 1
    assert len(corpus.turns) == 3


def test_beam_knows_older_values_and_its_own_traps(tmp_path: Path) -> None:
    said = [
        {"id": n, "role": "user", "content": f"text {n} ->-> 1,{n}", "time_anchor": "March-15-2024"} for n in range(4)
    ]
    put(tmp_path / "7" / "chat.json", [{"batch_number": 1, "turns": [said]}])
    asked = {
        "knowledge_update": [{"question": "now?", "source_chat_ids": {"original_info": [1], "updated_info": [3]}}],
        "abstention": [{"question": "never said?"}],
        "summarization": [
            {"question": "all?", "source_chat_ids": []},
            {"question": "some?", "source_chat_ids": [[0, 1], [2]]},
        ],
    }
    put(tmp_path / "7" / "probing_questions" / "probing_questions.json", asked)
    (corpus,) = corpora.load("beam", tmp_path)
    update, trap, summary = corpus.questions
    assert (update.gold, update.newest, update.stale) == (("1", "3"), ("3",), ("1",))
    assert trap.gold == ()
    assert summary.gold == ("0", "1", "2")
    assert corpus.dropped == 1
    assert "->->" not in corpus.turns[0].text


def haystack(number: int, answer: int) -> dict[str, Any]:
    names = [f"answer_{number}" if place == answer else f"chat_{place}" for place in range(4)]
    said = [[{"role": "user", "content": f"{name} says", "has_answer": name[0] == "a"}] for name in names]
    return {
        "question_id": f"q{number}{'_abs' if number == 2 else ''}", "question_type": "single", "question": "what?",
        "question_date": "2023/05/30 (Tue) 23:40", "haystack_session_ids": names, "haystack_sessions": said,
        "haystack_dates": ["2023/05/20 (Sat) 02:21"] * 4,
    }  # fmt: skip


def test_longmemeval_session_names_are_replaced_since_they_betray_the_evidence(tmp_path: Path) -> None:
    file = put(tmp_path / "lme.json", [haystack(number, number % 4) for number in range(40)])
    loaded = corpora.load("longmemeval", file)
    assert not any("answer" in one.id or "answer" in one.session for corpus in loaded for one in corpus.turns)
    assert loaded[1].questions[0].gold == ("s0001#0",)
    assert loaded[2].questions[0].gold == ()
    assert loaded[0].questions[0].asked == 1685490000000


def test_coding_sessions_come_with_their_questions(tmp_path: Path) -> None:
    put(
        tmp_path / "sessions.json",
        [{"session": "s1", "agent": "a", "turns": [{"id": "t1", "role": "user", "text": "hi"}]}],
    )
    put(
        tmp_path / "questions.json",
        [{"id": "q", "question": "?", "gold": ["t1"], "category": "c", "asked": "2026-05-04T09:00:00Z"}],
    )
    (corpus,) = corpora.load("coding", tmp_path)
    assert corpus.questions[0].asked == 1777885200000
    assert corpus.session_of == {"t1": "s1"}


def test_the_sample_is_a_conversation_and_memories_beside_it_are_left_alone() -> None:
    (corpus,) = corpora.load("conversation", corpora.SAMPLE)
    assert len(corpus.turns) > 300
    assert any(not question.gold for question in corpus.questions)
    assert any(question.stale and question.newest for question in corpus.questions)


def test_a_file_finds_the_questions_that_bear_its_name() -> None:
    (corpus,) = corpora.load("conversation", Path(__file__).parents[1] / "data" / "chat.jsonl")
    assert corpus.name == "chat"
    assert len(corpus.questions) > 40


def conversation(place: Path, names: list[str], gold: list[str]) -> Path:
    lines = [
        json.dumps({"session": "s", "id": name, "speaker": "A", "role": None, "time": None, "text": "t"})
        for name in names
    ]
    place.mkdir(exist_ok=True)
    (place / "talk.jsonl").write_text("\n".join(lines), "utf-8")
    put(place / "questions.json", [{"id": f"q{n}", "question": "?", "gold": [one]} for n, one in enumerate(gold)])
    return place


def test_data_whose_ids_give_the_gold_away_is_refused(tmp_path: Path) -> None:
    gold = [f"answer_{n}" for n in range(10)]
    with pytest.raises(InvalidInput, match="tells the 10 gold ones from the 50 others"):
        corpora.load("conversation", conversation(tmp_path, gold + [f"turn_{n}" for n in range(50)], gold))


def test_gold_that_is_no_turn_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="question q0: 'zz' is no turn"):
        corpora.load("conversation", conversation(tmp_path, ["a"], ["zz"]))


def test_two_turns_of_one_id_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="same id"):
        corpora.load("conversation", conversation(tmp_path, ["a", "a"], ["a"]))


@pytest.mark.parametrize("dataset", ["locomo", "longmemeval", "beam", "coding", "conversation"])
def test_data_of_another_shape_is_refused_with_a_clear_error(dataset: str, tmp_path: Path) -> None:
    put(tmp_path / "chat.json", {"what": 1})
    put(tmp_path / "sessions.json", [3])
    put(tmp_path / "questions.json", [7])
    with pytest.raises((InvalidInput, NotFound)):
        corpora.load(
            dataset, tmp_path if dataset in {"beam", "coding", "conversation"} else tmp_path / "questions.json"
        )
    with pytest.raises(NotFound):
        corpora.load(dataset, tmp_path / "nowhere")
