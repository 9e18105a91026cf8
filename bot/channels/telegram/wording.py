"""What only Telegram needs said: commands, descriptions, and that the bot reads text."""

from typing import Final

DESCRIPTION: Final = (
    "还不上钱、被催收了？用自己的话说一句，我告诉您：会有什么后果、您有什么权利、现在先做什么，以及依据哪条法律。"
    "不收费，不要您的银行卡和验证码。"
)
SHORT_DESCRIPTION: Final = "逾期、催收、协商还款：后果、权利、怎么做，写明依据。"
DESCRIPTION_EN: Final = (
    "Behind on a loan in China and being chased? Ask in Chinese: what can happen, what rights you have, "
    "what to do now, and the law behind it. Free of charge."
)
SHORT_DESCRIPTION_EN: Final = "Overdue loans and debt collection in China: consequences, rights, next steps."

TEXT_ONLY: Final = "我只看得懂文字。请把想问的用一句话打出来，例如“催收说要上门怎么办”。"
TOPICS_IN_PRIVATE: Final = "话题列表在私聊里看更方便，也不会打扰大家。"
OPEN_PRIVATE: Final = "打开私聊"
COPY_SCRIPT: Final = "复制话术"
NOTHING_FITS: Final = "没有合适的？打开私聊问"
OPEN_CHAT: Final = "打开私聊，用自己的话问"
INTRODUCTION: Final = (
    "大家好，我是有数：还不上钱、被催收了，会有什么后果、有什么权利、现在做什么，都可以问我。在这里 @我 再写问题，或者回复我的话；"
    "别的话我不看。私聊更好，别人看不到。"
)
ALL_OF_IT: Final = "看后果、权利、怎么做"
FAILED: Final = (
    "刚才出了点问题，这句没有处理好。请再发一次。一直不行，法律问题可以打 12348，打不通换个时段；有危险打 110 或 120。"
)

COMMANDS_PRIVATE: Final = (
    ("topics", "按类别浏览话题"),
    ("help", "怎么用"),
    ("privacy", "我记下什么、不记什么"),
    ("forget", "删除我名下的记录"),
    ("start", "开头：我能帮什么"),
)
COMMANDS_PRIVATE_EN: Final = (
    ("topics", "Browse the topics"),
    ("help", "How to use this bot"),
    ("privacy", "What is kept and what is not"),
    ("forget", "Delete what is kept under my name"),
    ("start", "What this bot can do"),
)
COMMANDS_GROUP: Final = (("help", "怎么用"), ("topics", "到私聊里浏览话题"))
COMMANDS_GROUP_EN: Final = (("help", "How to use this bot"), ("topics", "Browse the topics in a private chat"))
