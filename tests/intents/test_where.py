"""Where an answer stands: found by title, id or what the bot said, its figures filled in."""

import pytest

from bot.talk import answers
from intents.checks import RawFaq
from intents.knowledge import Knowledge
from intents.load import check_file, check_text
from intents.where import FoundText, find
from tests.mistakes import GOOD
from tests.talking import SHIPPED_FAQ

QUESTIONS = {"questions/thanks_talk.txt": "谢谢你把话讲得这么明白\n"}


@pytest.fixture(scope="module")
def raw() -> RawFaq:
    found = check_text(GOOD, QUESTIONS, advice=False).raw
    assert found
    return found


def one(found: list[FoundText]) -> tuple[str, str, int]:
    assert len(found) == 1
    return found[0].key, found[0].part, found[0].place.line


def line_of(text: str) -> int:
    return next(number for number, line in enumerate(GOOD.splitlines(), 1) if text in line)


@pytest.mark.parametrize("words", ["door_knock", "敲门怎么办", "【敲门怎么办】", " 敲門怎麼辦 "])
def test_a_title_or_an_id_leads_to_the_answer(raw: RawFaq, words: str) -> None:
    assert one(find(raw, words)) == ("door_knock", "summary", line_of("summary: 您不同意"))


@pytest.mark.parametrize(
    ("words", "part", "line"),
    [
        ("来的人不能进门。硬闯就打 95599", "summary", "summary: 您不同意"),
        ("硬闯就打95599", "summary", "summary: 您不同意"),
        ("硬闯就打 95599。", "summary", "summary: 您不同意"),
        ("參考利率現在是 3.05%", "summary", "summary: 一年期"),
        ("1. 隔着门问清姓名", "steps", "隔着门问清"),
        ("隔着门，问清楚姓名和公司", "steps", "隔着门问清"),
        ("自然人享有隐私权", "says", "隐私权"),
    ],
)
def test_half_a_sentence_out_of_the_chat_leads_to_its_line(raw: RawFaq, words: str, part: str, line: str) -> None:
    found = find(raw, words)[0]
    assert (found.part, found.place.line) == (part, line_of(line))


def test_a_figure_is_said_to_stand_elsewhere(raw: RawFaq) -> None:
    [found] = find(raw, "硬闯就打 95599")
    [figure] = found.parameters
    assert (figure.name, figure.text, figure.place.line) == ("hotline_demo", "95599", line_of("hotline_demo:"))
    assert "{" not in found.text


def test_what_people_ask_leads_to_the_answer_and_to_the_question_in_its_file(raw: RawFaq) -> None:
    answer, question = find(raw, "谢谢你把话讲得这么明白")
    assert (answer.key, answer.part, question.part) == ("thanks_talk", "summary", "questions")
    assert (question.place.file, question.place.line) == ("questions/thanks_talk.txt", 1)


@pytest.mark.parametrize("words", ["", "……", "月球上有没有兔子"])
def test_what_stands_nowhere_is_not_found(raw: RawFaq, words: str) -> None:
    assert find(raw, words) == []


@pytest.mark.proof
def test_whatever_the_shipped_bot_says_is_found_at_its_topic(shipped: Knowledge) -> None:
    checked = check_file(SHIPPED_FAQ, advice=False)
    assert checked.raw
    for intent in shipped.faq.intents:
        lines = [line for line in answers.render_full(shipped.faq, intent).text.splitlines() if "《" not in line]
        said = max(lines, key=len)
        half = said[len(said) // 4 : len(said) // 4 + 14]
        assert intent.id in [found.key for found in find(checked.raw, half)], half
