"""What is said in words instead of with a button: commands, numbers, and the parts of an answer."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from bot.messages import Part
from intents.chinese.fold import fold

__all__ = ["Command", "PartRequest", "command", "fold", "number", "part"]

LONGEST_COMMAND = 16
"""Characters; a longer message is no command, whatever it begins with."""


class Command(StrEnum):
    """What can be asked of the bot itself."""

    MENU = "menu"
    BACK = "back"
    NEW = "new"
    HELP = "help"
    PRIVACY = "privacy"
    FORGET = "forget"


_POLITE = r"(?:请|麻烦|帮我|给我|我(?:要|想要?)|你|直接|现在|马上)*"
_TAIL = r"(?:一下|吧|啊|呀|了|谢谢)*"
_DATA = r"(?:我的)?(?:所有|全部|个人|聊天)?(?:的)?(?:数据|记录|信息|资料)"

_COMMANDS: Mapping[Command, re.Pattern[str]] = MappingProxyType(
    {
        command: re.compile(f"{_POLITE}(?:{said}){_TAIL}")
        for command, said in {
            Command.MENU: r"(?:打开|看|看看|显示|回到|返回|回)?(?:主)?(?:菜单|目录|分类|话题|话题列表|全部话题)|menu|topics|start|开始",
            Command.BACK: r"返回|后退|退回|回去|返回上一步|上一步|回上一步|返回上一层|back",
            Command.NEW: r"(?:换|问)(?:个|一个|另一个|别的|另外的?)(?:问题|话题|事)?|换(?:问题|话题)|重新(?:开始|问|来)|restart|reset",
            Command.HELP: r"帮助|使用帮助|使用说明|(?:这个)?怎么(?:用|使用)|help",
            Command.PRIVACY: r"隐私|隐私政策|隐私说明|隐私声明|privacy",
            Command.FORGET: rf"(?:把)?(?:删除|清除|清空|删掉|抹掉){_DATA}|把?{_DATA}(?:都|全)?(?:删除|清除|清空|删掉|删)|忘记我|忘掉我|forget",
        }.items()
    }
)

_OPERATOR = re.compile("人工|真人|工作人员|客服|活人")

_ORDINALS = MappingProxyType({han: number for number, han in enumerate("一二三四五六七八九十", 1)})
_NUMBER = re.compile(r"(?:我?选|就|第|回复|要|按)*([0-9]{1,2}|[一二三四五六七八九十])(?:(?:个|项|号|条)呢?|吧)*")

_HOW = r"(?:怎么|咋个?|如何|怎样)"
_WHAT = r"(?:什么|啥|哪些?)"
_LAW = r"(?:法律|法规|法|规定|条例|条款|条文|文件|司法解释)"

_NAMED: Sequence[tuple[Part, re.Pattern[str]]] = (
    (
        Part.RIGHTS,
        re.compile(
            rf"权利|权益|有权|{_WHAT}权[利力]?|主张|受(?:到)?(?:法律)?保护|法律(?:上)?保护|我(?:们)?(?:能不能|可不可以|可以|能)(?:要求|拒绝|争取)|争取{_WHAT}?"
        ),
    ),
    (
        Part.SCRIPT,
        re.compile(r"话术|说辞|说词|台词|原话|范文|范本|模板|样本|照着?[念说抄读发]|照抄|开口|措辞|怼|哪几句"),
    ),
    (
        Part.BASIS,
        re.compile(
            rf"依据|法条|条文|出处|原文|法理|民法典|刑法|第几条|哪(?:部|条|个|门|款)(?:规定|{_LAW})|{_WHAT}{_LAW}|明文"
        ),
    ),
    (
        Part.STEPS,
        re.compile(
            r"步骤|流程|程序|顺序|第一步|一步一?步|分几步|从头(?:讲|说|教)|[一][样条件]一?[样条件]|先\S{1,8}后\S{1,8}"
        ),
    ),
    (Part.CONSEQUENCES, re.compile(r"后果|下场|代价|坏处|害处|恶果|最坏|(?:有多|多)严重")),
)
"""A part called by its name, or by a word that means nothing else."""

_ASKED: Sequence[tuple[Part, re.Pattern[str]]] = (
    (
        Part.SCRIPT,
        re.compile(
            rf"{_HOW}(?:去|来)?(?:[跟和对]\S{{1,6}}?)?(?:说|讲|回话|回复|回[他她它]|应付|应答|答)|(?:说|讲|回)[点些句]?(?:什么|啥)|什么话"
            rf"|[段句](?:\S{{0,6}})?(?:话|文字|说法|词)|话该?{_HOW}"
        ),
    ),
    (
        Part.BASIS,
        re.compile(
            rf"法律(?:上)?(?:是)?{_HOW}(?:说|讲|写|规定)|(?:根据|凭|依照|按照?)(?:的)?(?:是)?{_WHAT}|有(?:没有)?(?:相关)?规定|哪[条部]"
        ),
    ),
    (
        Part.STEPS,
        re.compile(
            rf"{_HOW}(?:去)?(?:做|办|弄|操作|申请|处理|搞|整|准备|着手|走)|[该要能](?:做|干)(?:什么|啥|些)|先(?:做|干|点|找|去)?(?:什么|啥|哪|谁)"
        ),
    ),
    (
        Part.CONSEQUENCES,
        re.compile(
            rf"会(?:有)?(?:怎么样|怎样|咋样|如何|怎么着)|会(?:出|发生|遇到|惹){_WHAT}|{_WHAT}(?:影响|风险|损失|惩罚|处罚|限制|麻烦)"
            rf"|限制[些点]?{_WHAT}|(?:惹|招)\S{{0,2}}麻烦|落个"
        ),
    ),
)
"""A part asked for by a question that may also ask for something else."""


def command(folded: str) -> Command | None:
    """The command that these words are; they must say nothing else."""
    if len(folded) > LONGEST_COMMAND:
        return None
    return next((command for command, said in _COMMANDS.items() if said.fullmatch(folded)), None)


def calls_operator(folded: str) -> bool:
    """Whether somebody asks for a human of ours: 「人工」, 「请工作人员来」."""
    return _OPERATOR.search(folded) is not None


def number(folded: str) -> int | None:
    """The number of an offered choice, as 「2」, 「第二个」 or 「选2」; the 「24呢」 after a rate of interest is a figure."""
    found = _NUMBER.fullmatch(folded)
    if found is None:
        return None
    return _ORDINALS.get(found[1]) or int(found[1])


@dataclass(frozen=True, slots=True)
class PartRequest:
    """A part of an answer that was asked for in words."""

    part: Part
    rest: str
    """What the message says besides."""
    named: bool
    """The part was called by its name."""


def part(folded: str) -> PartRequest | None:
    """The part that a message asks for, with what else it says; None if it asks for none."""
    for patterns, named in ((_NAMED, True), (_ASKED, False)):
        for wanted, said in patterns:
            if found := said.search(folded):
                return PartRequest(wanted, folded[: found.start()] + folded[found.end() :], named)
    return None
