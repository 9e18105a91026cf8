"""What only WeCom needs said: what waits behind a number, what can't be read, why a message didn't go out."""

from typing import Final

CHOOSE: Final = "点一下，或者回复数字："
NUMBERS: Final = "回复数字，或直接问："
MORE_NUMBERS: Final = "下面这些请回复数字："
CONTINUE: Final = "（还没完，回复 0 继续）"
EARLIER: Final = "（前面几句的回答还没发完，回复 0 看）"
FAILED: Final = "刚才出了点问题，这句没有处理好。请再发一次；一直不行的话，可以打 12348 找真人。"

QUOTA: Final = (
    "企业微信规定：对方说一句话后，48 小时内最多发给他 5 条。这次要发 {needed} 条，只剩 {left} 条，要等对方再说一句。"
)
NOT_HEARD_OF: Final = "还没有人从微信客服里说过话，不知道从哪个客服账号发给对方。"
TEXT_TO_SEND: Final = "微信客服里只能发文字，图片、语音和文件发不过去。"
OTHER_KIND: Final = "不是文字的消息"

WELCOME: Final = (
    "您好，我是有数。还不上钱、被催收了？用自己的话说一句，我告诉您：会有什么后果、您有什么权利、现在先做什么，以及依据哪条法律。"
    "不收费，不要您的银行卡和验证码。"
)

TEXT_ONLY: Final = "我只看得懂文字。请用一句话说说您遇到的事，比如“催收说要来我家”。"
VOICE: Final = "语音我听不了。请把想问的打成字；也可以按住输入框旁的话筒，把说的话转成文字再发。"
IMAGE: Final = "图片我看不了。请把短信或文书里要紧的那句打出来发给我；身份证号、卡号不用发。"
VIDEO: Final = "视频我看不了。请用一句话说说您遇到的事，比如“催收说要来我家”。"
FILE: Final = "文件我打不开。请把里面要紧的那句打出来发给我；身份证号、卡号不用发。"
LOCATION: Final = "我不需要您的位置，也没有记下。请用一句话说说您遇到的事，比如“催收说要来我家”。"
LINK: Final = "链接我打不开。请把里面要紧的那句话发给我；陌生链接您也先别点，更别填验证码。"
CARD: Final = "名片和小程序我打不开。请用一句话说说您遇到的事，比如“催收说要来我家”。"
