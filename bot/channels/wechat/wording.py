"""What only WeChat needs said: what waits behind a number, what can't be read, the menu."""

from typing import Final

NUMBERS: Final = "回复数字，或直接问："
NUMBERS_IN_DANGER: Final = "回复数字，或直接说："
CONTINUE: Final = "（还没完，回复 0 继续）"
EARLIER: Final = "（刚才那个问题的回答在后面，回复 0 看）"
WAIT: Final = (
    "这句要多查一会儿。过几秒回复 1 看刚才的回答。"
    '要是现在有危险，请直接打 <a href="tel:110">110</a> 或 <a href="tel:120">120</a>。'
)
NOTHING_LATE: Final = "刚才那句没有可看的回答，请再问一次。"
FAILED: Final = "刚才出了点问题，这句没有处理好。请再发一次；一直不行的话，可以打 12348 找真人。"

QUOTA: Final = (
    "微信规定：对方说一句话后，48 小时内最多发给他 5 条；点菜单、关注、扫码后，1 分钟内最多 3 条。"
    "这次要发 {needed} 条，只剩 {left} 条，要等对方再说一句。"
)

WELCOME: Final = (
    "您好，我是有数。还不上钱、被催收了？用自己的话说一句，我告诉您：会有什么后果、您有什么权利、现在先做什么，以及依据哪条法律。"
    "不收费，不要您的银行卡和验证码。"
)
HEARD: Final = "我听到的是：“{text}”"
HEARD_CHARACTERS: Final = 60

TEXT_ONLY: Final = "我只看得懂文字。请用一句话说说您遇到的事，比如“催收说要来我家”。"
VOICE: Final = "语音我听不了。请把想问的打成字；也可以按住输入框旁的话筒，把说的话转成文字再发。"
IMAGE: Final = "图片我看不了。请把短信或文书里要紧的那句打出来发给我；身份证号、卡号不用发。"
VIDEO: Final = "视频我看不了。请用一句话说说您遇到的事，比如“催收说要来我家”。"
FILE: Final = "文件我打不开。请把里面要紧的那句打出来发给我；身份证号、卡号不用发。"
LOCATION: Final = "我不需要您的位置，也没有记下。请用一句话说说您遇到的事，比如“催收说要来我家”。"
LINK: Final = "链接我打不开。请把里面要紧的那句话发给我；陌生链接您也先别点，更别填验证码。"
UNSUPPORTED: Final = "【收到不支持的消息类型，暂无法显示】"
"""What WeChat itself writes in place of a sticker and of what it has no type for."""

OWN_ID: Final = "您的编号是 {channel}:{user}。要当管理员，请把它填进 YOUSHU_ADMINS，再重启服务。"
ADMIN_COMMANDS: Final = "没有这个命令。管理员可以发："
ADMIN_DONE: Final = "好，已经重读了 faq.yaml。"

MENU_TOPICS: Final = "看话题"
MENU_ABOUT: Final = "怎么用"
MENU_HELP: Final = (("怎么用", "帮助"), ("隐私", "隐私"), ("删除我的数据", "删除我的数据"))
"""Below MENU_ABOUT: what it says, and the words that a tap stands for."""
