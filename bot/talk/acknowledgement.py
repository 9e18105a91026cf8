"""What only acknowledges: 「哈哈」, 「ok」, 「嗯」, 👍; it asks nothing, so nothing is answered again."""

import re

from bot.talk.text_commands import fold

_WORDS = re.compile(
    r"(?:[哈嘿呵嘻嘎h嗯恩唔哦噢喔奥额呃昂啊呀哎唉好行成中得对是的吧滴哒嘞呢呗啦了]|ok(?:ay)?|欧克|没毛病|可以|666|233|nice|good|ye[sp])+"
)
"""Sounds and words of agreement, in any number; 「好不好」 and 「可以吗」 hold more than these."""
_PICTURES = re.compile("[👍👌🙏🌹💪😀😃😄😁😆😅😂🤣😊🙂☺😉😌🤝❤💗\ufe0f\u200d\U0001f3fb-\U0001f3ff\\s]+")
_SMALL_TALK = re.compile(
    r"(?:测试|试(?:一下)?|test(?:ing)?|h(?:ello|i))+|(?:现在)?几点(?:了|钟)?|(?:我叫|我姓|我的名字(?:是|叫))[\u4e00-\u9fff]{1,4}"
    r"|(?:asdf|qwer|zxcv)[a-z]{0,6}"
)
"""What has nothing to do with anything before it: a try, the time, a name, keys pressed at random."""
_ASKING = re.compile("[?？]")


def acknowledges(text: str) -> bool:
    """Whether a message says nothing but that the last one was read, in words or with a picture."""
    if _ASKING.search(text):
        return False
    folded = fold(text)
    if not folded:
        return _PICTURES.fullmatch(text) is not None
    return any(said.fullmatch(folded) for said in (_WORDS, _SMALL_TALK))
