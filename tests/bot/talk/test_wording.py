"""What is said of taking a choice follows how the channel shows choices."""

import re
from collections.abc import Iterator

import pytest

from bot.channels.terminal import PERSON
from bot.crisis.loading import shipped_script
from bot.messages import ChoiceStyle, Incoming, Reply
from bot.store.store import Store
from bot.talk import answers, wording
from bot.talk.conversation import Conversation
from bot.talk.wording import CHOOSING, FALLBACKS, choosing, text_reply, worded
from intents.knowledge import Knowledge
from tests.bot.talk.test_conversation import LITTLE


def texts() -> Iterator[str]:
    """Every text of the bot's own that may speak of choices."""
    for value in (value for name, value in vars(wording).items() if not name.startswith("__")):
        yield from value if isinstance(value, tuple) else [value] if isinstance(value, str) else []
    yield from (line.say for stage in shipped_script().states for lines in stage.answers.values() for line in lines)
    yield shipped_script().doubtful_line.say


@pytest.mark.parametrize("buttons", [each for each in CHOOSING if len(each) < 10])
def test_every_word_for_choosing_is_used_somewhere(buttons: str) -> None:
    assert any(f"{{{buttons}}}" in text for text in texts())


def test_all_that_the_bot_says_is_chinese() -> None:
    """But for what is filled in, and the words of a command."""
    said = [*texts(), *wording.REASONS.values(), *answers.HEADINGS.values(), *CHOOSING, *CHOOSING.values()]
    said += [reply.text for reply in vars(wording).values() if isinstance(reply, Reply)]
    assert len(said) > 100
    assert [text for text in said if re.search("[A-Za-z]", re.sub(r"\{\w+\}|/[a-z]+", "", text))] == []


def test_a_list_speaks_of_numbers_and_buttons_of_tapping() -> None:
    reply = text_reply(wording.MENU, wording.ALSO.format(titles="“上门”"))
    assert "点一下" in worded(reply, ChoiceStyle.BUTTONS).text
    numbers = worded(reply, ChoiceStyle.NUMBERS).text
    assert "回复数字" in numbers
    assert not {"{", "点"} & set(numbers)


def test_other_braces_are_left_alone() -> None:
    assert choosing("{x} {点} {", ChoiceStyle.NUMBERS) == "{x} 回复 {"


@pytest.mark.parametrize("words", ["菜单", "帮助", "隐私", "今晚月亮真圆", "催收会上门吗，会被起诉吗", "不想活了"])
async def test_where_there_are_no_buttons_none_is_spoken_of(words: str, shipped: Knowledge) -> None:
    async with Store("sqlite+aiosqlite://") as store:
        conversation = Conversation(lambda: shipped, store)
        for style in ChoiceStyle:
            reply = await conversation.turn(Incoming(PERSON, words, choice_style=style))
            assert reply is not None
            assert "{" not in reply.text
            spoken_of = [word for word in ("按钮", "点一下", "点下面") if word in reply.text]
            assert style is ChoiceStyle.BUTTONS or not spoken_of


def test_from_the_fifth_miss_on_the_last_two_lines_take_turns() -> None:
    lines = [wording.with_hotlines(LITTLE, line) for line in FALLBACKS]
    assert [lines.index(wording.fallback(LITTLE, misses)) for misses in range(1, 9)] == [0, 1, 2, 3, 2, 3, 2, 3]
