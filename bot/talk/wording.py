"""What the bot itself says, outside of the FAQ's answers."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from bot.messages import Choice, ChoiceStyle, Reply, Section
from intents import FAQ, Decision

CHOOSING: Mapping[str, str] = MappingProxyType(
    {
        "点一下": "回复数字",
        "点下面的按钮": "回复它前面的数字",
        "点按钮": "回复选项前面的数字",
        "点": "回复",
        "点下面的话题就教给它；别的话题，请回复这条消息：/teach 话题。想改问法：": "回复话题前面的数字就教给它；别的话题，或想改问法：",
    }
)
"""What is said of taking a choice: the words for buttons, as they stand in braces in a text, and those for a numbered list."""

MENU = "您想了解哪一类？{点一下}，或者直接用自己的话说。"
GROUP = "{title}，有这些话题："
WHICH_TOPIC = "您问的是哪件事？先选一类，或者说说是什么事，比如“催收上门，我有什么权利”。"
CLARIFY = "我想先确认一下，您问的是哪一个？"
NONE_OF_THESE = "都不是"
ALSO = "您还问到{titles}，{{点下面的按钮}}就能看。"
BESIDE = "您要是问{titles}，{{点下面的按钮}}就能看。"

FALLBACKS = (
    "这句话我没有把握答对，不想误导您。我只懂逾期、催收和协商还款的事；可以换个说法再问一次，或从下面选一类。",
    "还是没听懂您的意思，对不起。可以从下面的分类里找；想和真人说，打 {legal}（免费问法律）或 {finance}（投诉银行和消费金融公司），打不通换个时段。",
    "这件事我这里大概没有现成的回答。一句话只问一件事再试试，比如“催收能上门吗”；找真人：问法律打 {legal}，投诉银行打 {finance}，打不通换个时段。",
    "我还是答不上来，不让您白等：{legal} 可以免费问法律问题，{finance} 受理对银行和消费金融公司的投诉，都有服务时间。也可以从下面的分类里选。",
)
"""What is said at the first, second, third miss in a row; from then on the last two take turns."""

ANOTHER = "好，那不是这几个。您换个说法再说一次，或者从下面选一类。"
WORDS_PLEASE = "我只看得懂文字。请用一句话说说您遇到的事，比如“催收说要来我家”。"
EDITED = "改过的旧消息我不再回答，只看最后一条。请把想问的重新发一条。"
NO_SUCH_NUMBER = "没有第 {number} 项，请回复 1 到 {last} 之间的数字，或者直接说。"
HEARD = "嗯。还想问什么，直接说就行。"
WHICH_OF_THESE = "您说的是哪一个？{点一下}；都不是，就换个说法再说一次。"
NEW_QUESTION = "好，我们换一个。您想问什么？直接说，或从下面选一类。"
HELP = (
    "用自己的话问就行，比如“催收一天打三十个电话合法吗”。",
    "答完以后可以接着问“那我有什么权利”“具体怎么做”，也可以{点按钮}。",
    "说“菜单”看全部话题，“返回”回到上一步，“换个问题”重新开始，“隐私”看我记了什么，“删除我的数据”删掉您名下的记录。",
)
PRIVACY = (
    (
        "您名下记着：聊到哪个话题、上次给您的选项、您给的评价；说过自己或别人有危险的，还有当时的情形，比如身边有没有人。"
        "{days} 天没有再用到，就自动删除。听懂了的话，原文不留，除非反问过您、或者您说过“没用”；每个话题被问了几次会数，不记是谁问的。"
    ),
    (
        "没听懂的句子会留下来，反问过的、您说过“没用”的也一样，给写答案的人看：先遮住认得出的姓名、电话、证件号、卡号、地址，也不记是谁说的。"
        "所以没法按人找出来删，要等同样多天没人再这样问，才自动删除；其中有用的，可能被写成一种问法，一直留着。"
    ),
    (
        "发“删除我的数据”，您名下的记录马上删除，上面说的那些句子除外。工作人员接手时，您写的话会转给他看。"
        "聊天软件自己留的对话，要您自己删。请不要发身份证号、卡号和验证码。"
    ),
)
"""Only the first holds {days}."""
FORGOTTEN = Reply(
    Decision.ANSWER,
    (Section(("您名下的记录已经删除。", "没听懂的句子没有记是谁说的，没法挑出来，到期自动删除。")),),
)
FORGET_ASKED = "要删除您名下的记录吗？删了就找不回来：聊到哪个话题、上次给您的选项、您给的评价。"
FORGET_YES, FORGET_NO = "删除", "不删"
FORGET_KEPT = "好，没有删。"
FORGET_FAILED = Reply(Decision.FALLBACK, (Section(("现在删不了，请过一会儿再发一次“删除我的数据”。",)),))
TOO_FAST = Reply(
    Decision.FALLBACK,
    (Section(("您发得有点快，这句我没有看，请过一分钟再发。要是现在有危险，请直接打 110 或 120。",)),),
)
GONE = "这个话题已经不在了，请从下面重新选。"
NO_SUCH_PART = "这一条没有单独写“{heading}”，先看这个："

VOTE_UP, VOTE_DOWN = "有用", "没用"
VOTED_UP = "谢谢，知道对您有用就好。"
VOTED_DOWN = "谢谢您直说。是哪里不好？"
VOTED_REASON = "记下了，会转给写答案的人。谢谢。"
REASONS = {"off": "没答到点上", "hard": "看不懂", "wrong": "说得不对", "other": "其他"}
"""Why an answer was of no use: the code that is kept, and what the person reads."""

BACK = "返回"
MORE = "其他话题"
MORE_TOPICS = "更多话题"
CALL = "请工作人员来"
CALLED = "已经告诉工作人员，不一定马上有人。有人接手时会在这里告诉您；等的时候可以接着问我。"
CALL_FAILED = "现在联系不上工作人员。人有危险打 110 或 120；问法律打 {legal}，投诉银行和消费金融公司打 {finance}，打不通换个时段。"
CALL_FAILED_IN_DANGER = (
    "现在联系不上工作人员，不用等。有危险打 110 或 120；"
    "想和人说说，打 12356，打不通就打 120 或去最近医院的急诊；也请叫一位大人到身边。"
)
"""In place of it where a life is or was in danger: no line for complaints is one for this."""
CALLED_IN_DANGER = "您要找工作人员，已经告诉他们了，不一定马上有人，不用等：有危险现在就打 110 或 120。"
"""Below the word about danger to life."""
TAKEN = "工作人员已经接手，下面由真人和您说话。"
RELEASED = "工作人员已经离开，下面还是我来回答。"

_LEGAL, _FINANCE = "12348", "12378"


def with_hotlines(faq: FAQ, text: str) -> str:
    """Text with the hotlines of the FAQ's parameters, or those in force when this was written (law.md, section 8)."""
    legal, finance = faq.parameters.get("hotline_legal"), faq.parameters.get("hotline_finance")
    return text.format(legal=legal.text if legal else _LEGAL, finance=finance.text if finance else _FINANCE)


def fallback(faq: FAQ, misses: int) -> str:
    """What to say at this many misses in a row (from 1); never twice the same in succession."""
    last = len(FALLBACKS)
    number = misses if misses <= last else last - (misses - last) % 2
    return with_hotlines(faq, FALLBACKS[number - 1])


def worded(reply: Reply, style: ChoiceStyle) -> Reply:
    """The reply in the words that fit how its channel shows choices."""
    if not any("{" in line for section in reply.sections for line in section.lines):
        return reply
    sections = (replace(each, lines=tuple(choosing(line, style) for line in each.lines)) for each in reply.sections)
    return replace(reply, sections=tuple(sections))


def choosing(text: str, style: ChoiceStyle) -> str:
    """The text with its words of CHOOSING for one style."""
    for buttons, numbers in CHOOSING.items():
        text = text.replace(f"{{{buttons}}}", buttons if style is ChoiceStyle.BUTTONS else numbers)
    return text


def text_reply(*lines: str, choices: tuple[Choice, ...] = (), decision: Decision = Decision.ANSWER) -> Reply:
    """A reply in the bot's own words."""
    return Reply(decision, tuple(Section((line,)) for line in lines), choices=choices)
