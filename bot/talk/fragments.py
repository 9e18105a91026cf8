"""Whether a message looks unfinished, so that its writer may go on in the next one; pure functions of its text.

People write a thought in several short lines (「我借了网贷」「三个月没还」「怎么办」), and a long text that is pasted is cut in two by
the vendor. What asks something, ends a sentence or names a button is complete.
"""

import re

from bot.talk import text_commands, wording
from bot.talk.acknowledgement import acknowledges
from bot.talk.text_commands import fold
from intents.danger.detector import DangerLevel, shipped_detector

PASTED = 4000
"""Characters from which a text was probably cut by the vendor; Telegram cuts at 4,096."""
SHORT = 40
"""Characters; who writes a longer message has said what they wanted to say."""

_CUT = re.compile(
    r"(?:[，,、：:；;—（(]|…|\.\.\.|因为|所以|但是|可是|而且|然后|还有|就是|如果|结果|那个|请问|我想问(?:一?下|问)?)\s*$"
)
_ENDED = re.compile(r"[。！？!?.~～]\s*$")
_ASKS = re.compile(
    r"[吗呢嘛]\W*$|怎么|咋|如何|什么|啥|多少|多久|几[个天年次号点]|哪|谁|为何|凭啥|会不会|能不能|是不是|有没有|可不可以|要不要|该不该"
    r"|算不算|是否|行不行|合法|违法|求助|救"
)
_HAN = re.compile(r"[\u4e00-\u9fff]")
_LABELS = frozenset(
    fold(label)
    for label in (
        *("后果", "权利", "怎么做", "话术", "依据"),
        *(wording.NONE_OF_THESE, wording.VOTE_UP, wording.VOTE_DOWN, wording.BACK, wording.MORE, wording.CALL),
        *wording.REASONS.values(),
        *("你好", "您好", "在吗", "谢谢", "再见", "人工", "转人工"),
    )
)


def expects_more(text: str) -> bool:
    """Whether the next message may go on with this one."""
    text = text.strip()
    if len(text) >= PASTED or _CUT.search(text):
        return True
    if len(text) > SHORT or not _HAN.search(text) or _ENDED.search(text) or _ASKS.search(text):
        return False
    return not (stands_alone(text) or fold(text) in _LABELS or acknowledges(text))


def stands_alone(text: str) -> bool:
    """Whether a message never goes on with the one before: a number of a choice, a command."""
    folded = fold(text)
    named = text_commands.command(folded) is not None or text_commands.number(folded) is not None
    return named or text.lstrip().startswith("/")


def in_danger(text: str) -> bool:
    """Whether a message says plainly that a life is in danger."""
    return shipped_detector().assess(text).level is DangerLevel.PLAIN
