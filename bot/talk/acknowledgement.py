"""What only acknowledges: 「哈哈」, 「ok」, 「嗯」, 👍; it asks nothing, so nothing is answered again."""

import re

from bot.talk.text_commands import fold

_WORDS = re.compile(
    r"(?:[哈嘿呵嘻嘎h嗯恩唔哦噢喔奥额呃昂啊呀哎唉好行成中得对是的吧滴哒嘞呢呗啦了]|ok(?:ay)?|欧克|没毛病|可以|666|233|nice|good|yes|yep)+"
)
"""Sounds and words of agreement, in any number; 「好不好」 and 「可以吗」 hold more than these."""
_PICTURES = re.compile("[👍👌🙏🌹💪😀😃😄😁😆😅😂🤣😊🙂☺😉😌🤝❤💗\ufe0f\u200d\U0001f3fb-\U0001f3ff\\s]+")
_ASKING = re.compile("[?？]")


def acknowledges(text: str) -> bool:
    """Whether a message says nothing but that the last one was read, in words or with a picture."""
    if _ASKING.search(text):
        return False
    folded = fold(text)
    return (_WORDS if folded else _PICTURES).fullmatch(folded or text) is not None
