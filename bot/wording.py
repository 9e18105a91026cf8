"""What the bot itself says, outside of the FAQ's answers."""

from bot.messages import Reply, Section
from intents import Decision

MENU = "您想了解哪一类？点一下，或者直接用自己的话说。"
GROUP = "{title}，有这些话题："
CLARIFY = "我想先确认一下，您问的是哪一个？"
NONE_OF_THESE = "都不是"
FALLBACK = (
    "这句话我没有把握答对，不想误导您。我只懂逾期、催收和协商还款的事；"
    "可以换个说法再问一次，或从下面选一类。想找真人，可以打 12348（法律咨询）或 12378（金融投诉）。"
)
FORGOTTEN = Reply(Decision.ANSWER, (Section(("您在这里留下的记录都已经删除。",)),))
FORGET_FAILED = Reply(Decision.ANSWER, (Section(("现在删不了，请过一会儿再发一次 /forget。",)),))
