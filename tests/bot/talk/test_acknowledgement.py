"""What only acknowledges is told from what asks."""

import pytest

from bot.talk.acknowledgement import acknowledges


@pytest.mark.parametrize(
    "text", ["哈哈", "哈哈哈哈", "ok", "OK👌", "👍", "🙏🙏", "嗯嗯", "哦", "好吧", "行", "666", "对的", "可以的"]
)
def test_sounds_and_words_of_agreement_acknowledge(text: str) -> None:
    assert acknowledges(text)


@pytest.mark.parametrize(
    "text", ["", "可以吗", "好不好", "啊？", "6", "66", "得了癌症", "😭", "是吗", "好的那协商呢", "？"]
)
def test_what_asks_or_tells_does_not(text: str) -> None:
    assert not acknowledges(text)
