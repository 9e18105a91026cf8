"""Where a message is cut into what may be a question of its own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intents.matching.clauses import asks, split_clauses


def texts(message: str) -> list[str]:
    return [clause.text.strip() for clause in split_clauses(message)]


@pytest.mark.parametrize(
    ("message", "clauses"),
    [
        ("会上门吗？要还多少", ["会上门吗", "要还多少"]),
        ("他们上门的话我要录像吗 要不要看他证件", ["他们上门的话我要录像吗", "要不要看他证件"]),
        ("先分期还是先谈减免 分期了还能减吗", ["先分期还是先谈减免", "分期了还能减吗"]),
        ("会上门吗要是来了我能不开门不", ["会上门吗", "要是来了我能不开门不"]),
        ("担保人得还到什么时候还有我退休金会扣吗", ["担保人得还到什么时候", "还有我退休金会扣吗"]),
        ("我没钱了", ["我没钱了"]),
        ("么子材料", ["么子材料"]),
        ("hi my dad owes money", ["hi my dad owes money"]),
    ],
)
def test_marks_blanks_and_words_that_go_on_part_clauses(message: str, clauses: list[str]) -> None:
    assert texts(message) == clauses


def test_a_question_mark_is_remembered() -> None:
    assert [clause.has_mark for clause in split_clauses("我逾期了，会上门？然后呢")] == [False, True, False]


@pytest.mark.parametrize("clause", ["会上门吗", "能不能少还", "要几天", "行不行", "录音有用没", "是不是真的"])
def test_a_question_is_told_by_its_words(clause: str) -> None:
    assert asks(clause)


@pytest.mark.parametrize("clause", ["我借了网贷", "他们天天打电话", "已经三期了"])
def test_a_statement_asks_nothing(clause: str) -> None:
    assert not asks(clause)


@given(st.text(alphabet="会上门吗 ，。？还有我a1\n", max_size=60))
def test_no_letter_is_lost_but_those_that_part(message: str) -> None:
    kept = "".join(texts(message))
    assert [each for each in kept if each not in " ，。？\n"] == [each for each in message if each not in " ，。？\n"]
