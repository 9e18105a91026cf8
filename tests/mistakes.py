"""Ways in which people really break faq.yaml: an edit of a good file, and what `check` must say about it."""

from dataclasses import dataclass
from datetime import date
from typing import Self

from intents.checks import ContentLimits

TODAY = date(2026, 11, 24)
LIMITS = ContentLimits(questions=2, related=(1, 4))
MARK = "▲"
"""Stands in an edit just before the character that the problem must point at."""

PARAMETERS = """\
  hotline_demo: {value: "95599", as_of: 2026-01-01, source: 某某热线}
  rate_demo: {value: 3.05, unit: "%", as_of: 2026-01-01, source: 全国银行间同业拆借中心}
"""
LEXICON = """\
  - [催讨款项, 讨要款项]
"""
OUTSIDE = """\
    - 花卡在哪里申请
"""
INTENTS = """\
  - id: door_knock
    group: collection
    title: 敲门怎么办
    questions:
      - 夜里有人砸门要账咋办
      - 那人非要坐在我家客厅等我
    answer:
      summary: 您不同意，来的人不能进门。硬闯就打 {hotline_demo}。
      consequences:
        - 他们可能在门外等。
        - 他们不能搬走东西。
      rights:
        - 不经您同意，谁也不能进您的家。
        - 合法的欠款仍要还。
      steps:
        - 隔着门问清姓名和公司。
        - 打开手机录像。
      script: 请现在离开，有事请电话联系我。
      basis:
        - {law: 民法典, article: 第一千零三十二条, says: 自然人享有隐私权}
        - {rule: 贷后催收风控指引, document: GB/T 45251—2025, says: 夜间不上门}
    related: [rate_talk]
    owner: 内容组
    reviewed: 2026-11-23

  - id: rate_talk
    group: consequences
    title: 利率怎么看
    questions:
      - 年化写着三十多算不算太高
      - 這個利率是不是超過上限了
    answer:
      summary: 一年期的参考利率现在是 {rate_demo}。
      consequences:
        - 超出上限的部分可以争。
        - 本金仍要还。
      rights:
        - 可以要求列出每一笔费用。
        - 可以要求给结清证明。
      steps:
        - 把合同找出来。
        - 算一算年化是多少。
      basis:
        - {law: 民法典, article: 第六百八十条, says: 禁止高利放贷}
    related: [door_knock]
    owner: 内容组
    reviewed: 2026-11-23

  - id: thanks_talk
    group: support
    title: 道个谢
    questions:
      - 刚才讲得挺明白
      - 心里踏实多了
    answer:
      summary: 不客气，有事再来问。
    owner: 内容组
    reviewed: 2026-11-23
"""
GOOD = f"""\
version: 1

parameters:
{PARAMETERS}
lexicon:
{LEXICON}
out_of_scope:
  questions:
{OUTSIDE}
intents:
{INTENTS}"""


@dataclass(frozen=True)
class Mistake:
    """One edit and the one problem that it makes."""

    name: str
    code: str
    old: str
    new: str

    def broken(self, text: str) -> tuple[str, int, int]:
        """The text with the edit made, and the line and column of the problem."""
        assert self.old in text, self.name
        marked = text.replace(self.old, self.new, 1)
        before, _, after = marked.partition(MARK)
        return before + after, before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1

    @classmethod
    def all(cls) -> tuple[Self, ...]:
        """Every mistake of the table."""
        return tuple(cls(*row) for row in _ROWS)


_LONG = "这句话一直没有停下来喘口气因为写的人忘了读的人正拿着手机在门外的楼道里着急地等着回答所以怎么读也读不到头还要再往下读很多很多个字"
_LONG_PARTS = "".join(
    f"      {part}:\n        - {'他们可能在门外等着您。' * 17}\n        - {'他们不能搬走您的东西。' * 17}\n"
    for part in ("consequences", "rights")
)
_SUMMARY = "      summary: 您不同意，来的人不能进门。硬闯就打 {hotline_demo}。\n"
_RIGHTS = "      rights:\n        - 不经您同意，谁也不能进您的家。\n        - 合法的欠款仍要还。\n"
_CONSEQUENCES = "      consequences:\n        - 他们可能在门外等。\n        - 他们不能搬走东西。\n"
_SCRIPT = "      script: 请现在离开，有事请电话联系我。\n"
_TITLE = "    title: 敲门怎么办\n"
_QUESTIONS = "      - 夜里有人砸门要账咋办\n      - 那人非要坐在我家客厅等我\n"
_FIRST = "      - 夜里有人砸门要账咋办\n"
_STEPS = "        - 隔着门问清姓名和公司。\n        - 打开手机录像。\n"
_STEP = "        - 打开手机录像。\n"
_LAW = "{law: 民法典, article: 第一千零三十二条, says: 自然人享有隐私权}"
_RULE = "{rule: 贷后催收风控指引, document: GB/T 45251—2025, says: 夜间不上门}"
_RATE = '{value: 3.05, unit: "%", as_of: 2026-01-01, source: 全国银行间同业拆借中心}'
_REVIEWED = "    reviewed: 2026-11-23\n\n  - id: rate_talk"
_RELATED = "    related: [rate_talk]\n"

# fmt: off
_ROWS: tuple[tuple[str, str, str, str], ...] = (
    # --- what YAML can't read
    ("a tab in place of the indent", "E-TAB", _TITLE, "▲\ttitle: 敲门怎么办\n"),
    ("a tab after the indent of a question", "E-TAB", _FIRST, "    ▲\t- 夜里有人砸门要账咋办\n"),
    ("a full-width space as indent", "E-WIDE-SPACE", _TITLE, "▲　　title: 敲门怎么办\n"),
    ("one space too few", "E-INDENT", _TITLE, "   ▲title: 敲门怎么办\n"),
    ("two spaces too many", "E-INDENT", _TITLE, "      ▲title: 敲门怎么办\n"),
    ("a question one space to the left", "E-INDENT", "      - 那人非要坐在我家客厅等我\n", "     ▲- 那人非要坐在我家客厅等我\n"),
    ("an opening quote only", "E-QUOTE", _TITLE, '    title: ▲"敲门怎么办\n'),
    ("an opening single quote only", "E-QUOTE", _FIRST, "      - ▲'夜里有人砸门要账咋办\n"),
    ("a quote left open inside braces", "E-QUOTE", 'unit: "%", as_of: 2026-01-01', 'unit: ▲"%, as_of: 2026-01-01'),
    ("words behind the closing quote", "E-QUOTE", _FIRST, '      - "夜里"▲有人砸门要账咋办\n'),
    ("a full-width colon", "E-FULLWIDTH-COLON", _TITLE, "    title▲：敲门怎么办\n"),
    ("a full-width colon at the first key", "E-FULLWIDTH-COLON", "id: door_knock\n", "id▲：door_knock\n"),
    ("a full-width colon before a list", "E-FULLWIDTH-COLON", "    answer:\n      summary: 您", "    answer▲：\n      summary: 您"),
    ("a full-width colon inside braces", "E-FULLWIDTH-COLON", "{law: 民法典, article: 第一千", "{law: 民法典, article▲：第一千"),
    ("a full-width comma inside braces", "E-FULLWIDTH-COMMA", "{law: 民法典, article: 第一千", "{law: 民法典▲，article: 第一千"),
    ("no space behind the colon", "E-COLON-SPACE", _TITLE, "    title▲:敲门怎么办\n"),
    ("no space behind the dash", "E-DASH", "      - 那人非要坐在我家客厅等我\n", "      ▲-那人非要坐在我家客厅等我\n"),
    ("no space behind any dash", "E-DASH", _QUESTIONS, "      ▲-夜里有人砸门要账咋办\n      -那人非要坐在我家客厅等我\n"),
    ("a full-width dash", "E-DASH", "      - 那人非要坐在我家客厅等我\n", "      ▲－ 那人非要坐在我家客厅等我\n"),
    ("a bullet before the first of a list", "E-DASH", _QUESTIONS, "      ▲• 夜里有人砸门要账咋办\n      - 那人非要坐在我家客厅等我\n"),
    ("a bullet from a word processor", "E-DASH", _STEP, "        ▲• 打开手机录像。\n"),
    ("a colon inside a text", "E-COLON", _SCRIPT, "      script: 您可以说▲: 请离开\n"),
    ("a colon inside a question", "E-COLON", _FIRST, "      - 催收说▲: 今晚上门\n"),
    ("curly quotes around a text with a colon", "E-CURLY-QUOTE", _SCRIPT, "      script: ▲“您可以说: 请离开”\n"),
    ("a text that begins with a parameter", "E-BRACE", _STEP, "        - ▲{hotline_demo}是热线\n"),
    ("a text that is a parameter", "E-BRACE", _STEP, "        - ▲{hotline_demo}\n"),
    ("a text that begins with @", "E-SPECIAL", _FIRST, "      - ▲@客服 夜里有人砸门\n"),
    ("a text that begins with %", "E-SPECIAL", _STEP, "        - ▲%的人不知道这一点\n"),
    ("a text that begins with an asterisk", "E-SPECIAL", _FIRST, "      - ▲*急* 夜里有人砸门\n"),
    ("a text that begins with a label in brackets", "E-SPECIAL", _FIRST, "      - ▲[求助]夜里有人砸门\n"),
    ("a text broken into a second line", "E-STRAY-LINE", _SCRIPT, "      script: 请现在离开，\n      ▲有事请电话联系我。\n"),
    ("a bracket left open", "E-BRACKET", _RELATED, "    related: ▲[rate_talk\n"),
    ("a brace left open", "E-BRACKET", _LAW, "▲{law: 民法典, article: 第一千零三十二条, says: 自然人享有隐私权"),
    ("the marks of a merge", "E-CONFLICT", _TITLE, f"▲<<<<<<< HEAD\n{_TITLE}"),
    ("a second document", "E-DOCUMENTS", "  - id: thanks_talk", "▲---\n  - id: thanks_talk"),
    ("an anchor", "E-ANCHOR", _TITLE, "    title: ▲&t 敲门怎么办\n"),
    ("a tag", "E-ANCHOR", _TITLE, "    title: ▲!!str 敲门怎么办\n"),
    ("a text that begins with an exclamation mark", "E-SPECIAL", _TITLE, "    title: ▲!重要 敲门怎么办\n"),
    ("an alias", "E-ANCHOR", _RELATED, "    related: [rate_talk, ▲*other]\n"),
    ("a control character", "E-CHARACTER", "硬闯就打", "硬▲\x07闯就打"),
    # --- keys and values
    ("a key twice", "E-DUP-KEY", _TITLE, f"{_TITLE}    ▲title: 敲门\n"),
    ("a parameter twice", "E-DUP-KEY", "  rate_demo:", '  ▲hotline_demo: {value: "1", as_of: 2026-01-01, source: x}\n  rate_demo:'),
    ("a key misspelt", "E-UNKNOWN-KEY", "    title: 敲门", "    ▲titel: 敲门"),
    ("a key in Chinese", "E-UNKNOWN-KEY", "    title: 敲门", "    ▲标题: 敲门"),
    ("a key that doesn't exist", "E-UNKNOWN-KEY", _TITLE, f"{_TITLE}    ▲colour: red\n"),
    ("a key in curly quotes", "E-CURLY-QUOTE", "    title: 敲门", "    ▲“title”: 敲门"),
    ("a key left out", "E-MISSING-KEY", f"id: door_knock\n    group: collection\n{_TITLE}", "▲id: door_knock\n    group: collection\n"),
    ("a parameter without its date", "E-MISSING-KEY", 'hotline_demo: {value: "95599", as_of: 2026-01-01,', '▲hotline_demo: {value: "95599",'),
    ("no as an answer", "E-CONVERSION", _STEP, "        - ▲no\n"),
    ("a number with a leading zero", "E-CONVERSION", "{value: 3.05", "{value: ▲012"),
    ("a time of day", "E-CONVERSION", "{value: 3.05", "{value: ▲22:30"),
    ("a date as a value", "E-CONVERSION", "{value: 3.05", "{value: ▲2026-01-01"),
    ("a number as a question", "E-CONVERSION", _FIRST, "      - ▲95599\n"),
    ("a key with nothing", "E-EMPTY-PART", _SCRIPT, "      ▲script:\n"),
    ("a list with nothing", "E-EMPTY-PART", _RELATED, "    ▲related: []\n"),
    ("an item with nothing", "E-EMPTY-PART", _STEP, "        -▲\n        - 打开手机录像。\n"),
    ("a text of spaces", "E-EMPTY-PART", _SCRIPT, '      ▲script: "  "\n'),
    ("a text where a list belongs", "E-TYPE", _QUESTIONS, "      ▲夜里有人砸门要账咋办\n"),
    ("a list where a text belongs", "E-TYPE", _SCRIPT, "      script:\n        ▲- 请离开\n"),
    ("full-width brackets", "E-TYPE", _RELATED, "    related: ▲【rate_talk】\n"),
    ("a list without brackets", "E-TYPE", LEXICON, "  - ▲催讨款项, 讨要款项\n"),
    ("a group that doesn't exist", "E-VALUE", "group: collection\n    title: 敲门", "group: ▲colection\n    title: 敲门"),
    ("an id with a capital", "E-ID", "id: thanks_talk\n", "id: ▲Thanks-Talk\n"),
    ("a date with slashes", "E-DATE", _REVIEWED, "    reviewed: ▲2026/11/23\n\n  - id: rate_talk"),
    ("a day that doesn't exist", "E-DATE", _REVIEWED, "    reviewed: ▲2026-02-30\n\n  - id: rate_talk"),
    ("an id twice", "E-DUP-ID", "  - id: thanks_talk", "  - id: ▲door_knock"),
    ("a related topic that doesn't exist", "E-UNKNOWN-ID", _RELATED, "    related: [rate_talk, ▲rate_tlak]\n"),
    ("a parameter that doesn't exist", "E-UNKNOWN-PARAMETER", "打开手机录像。", "打开手机录像，打 ▲{hotline_dmeo}。"),
    ("a brace with capitals", "E-BRACE", "打开手机录像。", "打开手机录像，打 ▲{Hotline}。"),
    ("full-width braces", "E-BRACE", "打开手机录像。", "打开手机录像，打 ▲｛hotline_demo｝。"),
    ("a parameter in a title", "E-BRACE", "title: 敲门怎么办", "title: 打▲{rate_demo}"),
    ("a unit in the value and beside it", "E-UNIT-TWICE", "{value: 3.05", "{value: ▲3.05%"),
    ("a unit in quotes and full-width", "E-UNIT-TWICE", "{value: 3.05", '{value: ▲"3.05％"'),
    ("half of a basis", "E-BASIS", _LAW, "▲{law: 民法典, says: 自然人享有隐私权}"),
    ("both kinds of basis in one", "E-BASIS", _LAW, f"▲{_LAW[:-1]}, rule: 某规定}}"),
    ("an article in Arabic numerals", "W-ARTICLE", "第一千零三十二条", "▲第1032条"),
    # --- questions
    ("a question in two intents", "E-DUP-QUESTION", "      - 年化写着三十多算不算太高\n", "      - ▲夜里有人砸门，要账咋办？\n"),
    ("a question in two scripts in two intents", "E-DUP-QUESTION", "這個利率是不是超過上限了", "▲夜裡有人砸門要賬咋辦"),
    ("a question in scope and out of it", "E-SCOPE-CLASH", _FIRST, "      - ▲花卡在哪里申请\n"),
    ("a question without words", "E-EMPTY-QUESTION", _FIRST, "      - ▲……！\n"),
    # --- warnings
    ("a question twice in one intent", "W-REPEATED-QUESTION", _FIRST, f"{_FIRST}      - ▲夜里有人砸门要账咋办？\n"),
    ("too few questions", "W-FEW-QUESTIONS", f"    questions:\n{_QUESTIONS}", f"    ▲questions:\n{_FIRST}"),
    ("a title twice", "W-DUP-TITLE", "title: 利率怎么看", "title: ▲敲门怎么办"),
    ("a related topic twice", "W-RELATED", _RELATED, "    related: [rate_talk, ▲rate_talk]\n"),
    ("a topic related to itself", "W-RELATED", _RELATED, "    related: [▲door_knock]\n"),
    ("a word in two groups", "W-DUP-WORD", LEXICON, f"{LEXICON}  - [▲讨要款项, 追要款项]\n"),
    ("a parameter that nobody quotes", "W-UNUSED-PARAMETER", "  rate_demo:", '  ▲spare: {value: "1", as_of: 2026-01-01, source: x}\n  rate_demo:'),
    ("a hotline written out", "W-WRITTEN-OUT", "打开手机录像。", "打开手机录像，打 ▲95599。"),
    ("a rate written out", "W-WRITTEN-OUT", "本金仍要还。", "本金仍要还，利率是▲3.05%。"),
    ("a review long past", "W-STALE-REVIEW", _REVIEWED, "    reviewed: ▲2025-11-23\n\n  - id: rate_talk"),
    ("a review in the future", "W-FUTURE-DATE", _REVIEWED, "    reviewed: ▲2027-11-23\n\n  - id: rate_talk"),
    ("a rate not looked up again", "W-STALE-PARAMETER", _RATE, _RATE.replace("2026-01-01", "▲2025-01-01")[:-1] + ", recheck_days: 400}"),
    ("a rule without number or date", "W-DOCUMENT", "document: GB/T 45251—2025, says: 夜", "document: ▲国家标准, says: 夜"),
    ("square brackets around a year", "W-DOCUMENT", "GB/T 45251—2025, says: 夜", '"法发▲[2017]22号", says: 夜'),
    ("square brackets inside braces", "E-BRACKET", _RULE, "▲{rule: 某意见, document: 法发[2017]22号, says: 夜间不上门}"),
    ("title marks around a law", "W-BOOK-TITLE", "{law: 民法典, article: 第一千", "{law: ▲《民法典》, article: 第一千"),
    ("a whole text in curly quotes", "W-CURLY-QUOTE", _SCRIPT, "      script: ▲“请现在离开。”\n"),
    ("a hash sign that cuts a text", "W-HASH", _FIRST, "      - 夜里有人砸门要账咋办 ▲#急\n"),
    ("two scripts in one question", "W-MIXED-SCRIPT", _FIRST, "      - 夜里有人砸▲門要账咋办\n"),
    ("Traditional in an answer", "W-MIXED-SCRIPT", "打开手机录像。", "打开手▲機录像。"),
    ("a Cyrillic letter", "W-LOOK-ALIKE", _FIRST, "      - 夜里有人砸门要账咋办 ▲А\n"),
    ("a radical that looks like a character", "W-LOOK-ALIKE", "打开手机录像。", "打开▲⼿机录像。"),
    ("full-width digits", "W-LOOK-ALIKE", "打开手机录像。", "打开▲１号录像。"),
    ("a zero-width space", "W-INVISIBLE", "打开手机录像。", "打开▲\u200b手机录像。"),
    ("a no-break space", "W-INVISIBLE", "打开手机录像。", "打开▲\u00a0手机录像。"),
    ("a byte order mark inside", "W-INVISIBLE", "打开手机录像。", "打开▲\ufeff手机录像。"),
    ("garbled text", "W-GARBLED", "打开手机录像。", "打开▲\ufffd录像。"),
    ("a half-width comma", "W-HALFWIDTH", "打开手机录像。", "打开手机▲,录像。"),
    ("half-width parentheses", "W-HALFWIDTH", "打开手机录像。", "打开手机▲(前置)录像。"),
    ("words in bold as in Markdown", "W-MARKUP", "打开手机录像。", "打开▲**手机**录像。"),
    ("a tag from a web page", "W-MARKUP", "打开手机录像。", "打开手机录像。▲<br>"),
    ("a link as in Markdown", "W-MARKUP", "打开手机录像。", "打开▲[手机录像](https://example.com)。"),
    ("a step with its number", "W-NUMBERED", "打开手机录像。", "▲2. 打开手机录像。"),
    ("a summary that is too long", "W-LONG-SUMMARY", _SUMMARY, f"      summary: ▲{'来的人不能进您的门。' * 13}{{hotline_demo}}\n"),
    ("a sentence that is too long", "W-LONG-SENTENCE", "打开手机录像。", f"打开手机录像。▲{_LONG}。"),
    ("an answer that is too long", "W-LONG-ANSWER", f"    answer:\n{_SUMMARY}{_CONSEQUENCES}{_RIGHTS}", f"    ▲answer:\n{_SUMMARY}{_LONG_PARTS}"),
    ("a promise", "W-PROMISE", "打开手机录像。", "打开手机录像，对方▲肯定会走。"),
    ("a hotline that is local", "W-HOTLINE", "打开手机录像。", "▲打 12368 核实。"),
    ("a title that is too long", "W-LONG-TITLE", "title: 敲门怎么办", "title: ▲有人在半夜里敲门应该怎么办"),
    ("a part of one line", "W-LINES", f"      steps:\n{_STEPS}", f"      ▲steps:\n{_STEP}"),
    ("a part that is missing", "W-MISSING-PART", f"    answer:\n{_SUMMARY}{_CONSEQUENCES}", f"    ▲answer:\n{_SUMMARY}"),
    ("a section too long for WeChat", "W-WECHAT-LENGTH", _SCRIPT, f"      ▲script: {'请您现在就离开我的家门口。' * 40}\n"),
    ("a section too long for Telegram", "W-TELEGRAM-LENGTH", _SCRIPT, f"      ▲script: {'请您现在就离开我的家门口。' * 400}\n"),
)
# fmt: on
