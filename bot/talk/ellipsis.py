"""How much a message leaves out: whether it can be understood without what was said before. Pure functions."""

import re

_LONG, _SPAN = 16, 10
"""Characters from which a message is taken to leave nothing out, and over which that grows."""
_LEADING = re.compile(r"^(?:那|可|但|要是|如果|万一|还有|还|然后|再|又|也|已经|他|她|它|这|连|就)")
_POINTING = re.compile(r"[他她它]|[这那][个种样]")
_GOING_ON = re.compile(r"^(?:那|可是|但是|要是|如果|万一|还有|然后|再|又|也|他|她|它|这|连)|呢$")

_WORDS = """
    什么 啥 怎么 怎么样 怎样 怎么办 怎么弄 咋 咋个 咋办 咋弄 咋整 如何 多久 多少 多长 几 几个 几天 几年 几次 哪 哪里 哪儿 哪个 哪家 谁
    为什么 为啥 凭什么 什么时候 啥时候 何时 吗 呢 吧 了 的 得 地 着 过 啊 呀 嘛 么 不 呗 哈 嗯 哦 我 你 他 她 它 我们 你们 他们 您 自己 人家
    那 这 那个 这个 那些 这些 那边 这边 那样 这样 这种 那种 一样 个 要 带 去 来 准备 材料 东西 资料 手续 需要 用 有用 管用 办 弄 做 搞 行
    不行 可以 能 能不能 会 会不会 有 有没有 没 没有 是 是不是 不是 还 再 也 都 就 只 才 又 最 更 很 太 回复 回 找 说 讲 问 看 写 发 寄 给
    收 收到 拿 改 等 知道 时间 时候 以后 之后 之前 现在 今天 明天 昨天 上个月 下个月 中间 后来 先 后 如果 要是
    万一 假如 但是 可是 可 但 而且 还是 或者 因为 所以 不过 一直 总 已经 刚 刚刚 联系 核实 申请 处理 更新 恢复 影响 真 假 真的 假的 长 短
    到 从 对 跟 和 与 被 把 让 叫 请 想 应该 该 必须 一定 肯定 可能 大概 一般 通常 直接 主动 不了 不来 不到 不给
    不肯 不同意 不理 不管 不回 同意 答应 反悔 结果 具体 到底 办法 条件 流程 步骤 费用 收费 免费 贵 合法 违法 犯法 算 算数 有效 承认 成功 失败 封顶
    最多 最少 最长 最高 最低 期限 别的 其他 其它 另外 一个 一次 一点 一下 些 每 各 全 全部 一半 剩下 对了 等下 等一下 话 事 情况
    行吗 好吗 对吗 对吧 是吗 是吧 没事 没关系
"""
_GENERIC = re.compile("|".join(sorted(_WORDS.split(), key=len, reverse=True)))
"""Words that go with any topic: function words, question words, what is asked of every procedure."""


_ASKING = re.compile(
    r"[?？]|[吗呢嘛么咩不没伐嗦]$|怎|咋|如何|什么|啥|多少|多久|几|哪|谁|点[样算解]|边[个度]|能不能|会不会|要不要|是不是|有没有|可不可以|算不算|得唔得|会唔会"
)
_CORRECTING = re.compile(
    r"^(?:不是|不对|唔系|错了|打错|说错|我是说)|我(?:说|讲|问)的?(?:是|嘞是)|我的意思|说错了|打错了|不是.{1,8}是"
)
_RETURNING = re.compile(r"回到|说回|刚才|前面|头先|说正事|讲正事|正题|话说回来|回来了")


def ellipsis(folded: str) -> float:
    """How much a message leaves out, from 0 to 1: by its length, its first word, its 「呢」 and what it points at.

    Args:
        folded: the message as bot.talk.text_commands.fold gives it.
    """
    share = max(0.0, (_LONG - len(folded)) / _SPAN)
    share += 0.3 * bool(_LEADING.search(folded)) + 0.15 * bool(_POINTING.search(folded)) + 0.2 * folded.endswith("呢")
    return min(1.0, share)


def goes_on(folded: str) -> float:
    """How plainly a message goes on with what was said, from 0 to 1: 「那……呢」, or words only that go with any topic."""
    if _GOING_ON.search(folded):
        return 1.0
    share = 1 - len(_GENERIC.sub("", folded)) / max(1, len(folded))
    return max(0.0, 2 * share - 1)


def asks(folded: str) -> bool:
    """Whether a message asks something, by its words: 「吗」 at its end, 「多久」, 「能不能」."""
    return _ASKING.search(folded) is not None


def corrects(folded: str) -> bool:
    """Whether a message corrects what was said before: 「不是，我说的是……」."""
    return _CORRECTING.search(folded) is not None


def returns(folded: str) -> bool:
    """Whether a message goes back to something earlier: 「回到刚才那个」."""
    return _RETURNING.search(folded) is not None
