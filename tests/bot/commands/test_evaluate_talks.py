"""`youshu eval --talks`: whole talks, as people have them."""

import json
from pathlib import Path

import pytest

from bot.commands.evaluate_talks import LabeledTurn, graded, read_talks
from bot.messages import Choice, Reply
from intents import Decision
from intents.matching.corpus import CorpusError
from tests.faqs import intent, write_faq
from tests.terminal import OperatorTerminal

VISIT = ["催收会上门吗", "会不会来我家", "有人来敲门要钱", "上门怎么办", "明天来家里"]
COURT = ["会被起诉吗", "收到法院传票怎么办", "不还钱会不会打官司", "法院开庭要去吗", "起诉书怎么看"]
TALKS = (
    "author\ttalk\tturn\ttext\tintent\talso\n"
    "anna\t1\t1\t催收会上门吗\thome_visit\t\nanna\t1\t2\t好的\tack\t\nbert\t1\t1\t会被起诉吗\tlawsuit\t\nbert\t1\t2\t嗯\thome_visit\tack\n"
)


@pytest.fixture
def youshu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> OperatorTerminal:
    write_faq(tmp_path, [intent("home_visit", VISIT), intent("lawsuit", COURT)])
    (tmp_path / "talks.tsv").write_text(TALKS, encoding="utf-8")
    return OperatorTerminal(tmp_path, monkeypatch, capsys)


def test_each_author_has_a_row_then_come_mean_and_worst(youshu: OperatorTerminal) -> None:
    done = youshu("eval", "--talks", "talks.tsv")
    assert done.code == 0, done.err
    assert all(wanted in done.out for wanted in ("anna", "bert", "平均", "最差", "1.000"))


def test_a_program_gets_the_same_as_json(youshu: OperatorTerminal) -> None:
    found = json.loads(youshu("eval", "--talks", "--json", "talks.tsv").out)
    assert {author: (row["later"], row["talks_served"]) for author, row in found.items()} == {
        "anna": (1, 1.0),
        "bert": (1, 1.0),
    }


@pytest.mark.parametrize(
    ("wanted", "reply", "right", "served"),
    [
        ("lawsuit", Reply(Decision.ANSWER, (), intent="lawsuit"), True, True),
        ("lawsuit", Reply(Decision.ANSWER, (), intent="mediation"), False, False),
        (
            "lawsuit",
            Reply(Decision.CLARIFY, (), intent="mediation", choices=(Choice("被起诉", "i:lawsuit"),)),
            False,
            True,
        ),
        ("ack", Reply(Decision.ANSWER, ()), True, True),
        ("ack", Reply(Decision.ANSWER, (), intent="thanks"), True, True),
        ("ack", Reply(Decision.FALLBACK, ()), False, False),
        ("none", Reply(Decision.FALLBACK, ()), True, True),
        ("none", Reply(Decision.ANSWER, (), intent="lawsuit"), False, False),
        ("lawsuit", None, False, False),
    ],
)
def test_a_turn_is_right_when_answered_outright_and_served_when_offered(
    wanted: str, reply: Reply | None, *, right: bool, served: bool
) -> None:
    found = graded(LabeledTurn("anna", "1", 2, "…", wanted), reply)
    assert (found.right, found.served) == (right, served)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("talk\ttext\n1\t在\n", "第一行要写列名"),
        ("talk\tturn\ttext\tintent\n1\t一\t在\tgreeting\n", "talks.tsv:2"),
        ("talk\tturn\ttext\tintent\n1\t1\t\tgreeting\n", "talks.tsv:2"),
    ],
)
def test_a_file_that_cannot_be_used_says_where(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "talks.tsv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CorpusError, match=told):
        read_talks(path)
