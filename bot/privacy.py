"""Masks what tells who somebody is; the only door to disk for a sentence that wasn't understood.

Amounts, dates and public hotlines (110, 12378, 95588, 400 numbers) stay: an operator needs them to understand the question.
"""

import re
import unicodedata
from collections.abc import Callable
from enum import StrEnum

from stdnum import luhn
from stdnum.cn import ric

MAX_CHARACTERS = 2000
"""Read of one message; what an operator sees of it is far shorter."""

PASSES = 40
"""At most: what is masked may part what stands on both sides of it, which is then something by itself (「138…@wang」)."""


class PersonalData(StrEnum):
    """Each kind of what tells who somebody is; the value is what operators read."""

    EMAIL = "邮箱"
    LINK = "网址"
    HANDLE = "账号"
    CASE_NUMBER = "案号"
    ID_CARD = "身份证号"
    MOBILE = "手机号"
    BANK_CARD = "银行卡号"
    LONG_NUMBER = "号码"
    LANDLINE = "电话"
    VERIFICATION_CODE = "验证码"
    QQ = "QQ号"
    WECHAT = "微信号"
    PLATE = "车牌号"
    ADDRESS = "地址"
    NAME = "姓名"

    @property
    def mark(self) -> str:
        """What stands in its place in a masked text."""
        return f"[{self.value}]"


_MARKS = re.compile("|".join(re.escape(kind.mark) for kind in PersonalData))

Replace = Callable[[re.Match[str]], str]

_DIGIT_BEFORE, _DIGIT_AFTER = r"(?<![0-9])", r"(?![0-9])"
_GAP = r"[ \t.·-]?"

_CARD_LENGTHS = range(13, 20)

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII)
_LINK = re.compile(r"(?:https?://|www\.)[^\s，。；、“”]+", re.IGNORECASE)
_HANDLE = re.compile(r"(?<![\w@])(?:@\w{3,})+", re.ASCII)
_LONG_NUMBER = re.compile(rf"{_DIGIT_BEFORE}[0-9](?:{_GAP}[0-9]){{12,22}}(?:{_GAP}[xX])?{_DIGIT_AFTER}")
_ID = re.compile(rf"{_DIGIT_BEFORE}[1-9](?:{_GAP}[0-9]){{16}}{_GAP}[0-9xX](?![0-9])")
_MOBILE = re.compile(
    rf"(?<![0-9.])(?:(?:\+|00)?86{_GAP})?1[3-9][0-9](?:{_GAP}[0-9]){{8}}{_DIGIT_AFTER}"
    rf"|{_DIGIT_BEFORE}09[0-9]{{2}}{_GAP}[0-9]{{3}}{_GAP}[0-9]{{3}}{_DIGIT_AFTER}"
)
_LANDLINE = re.compile(rf"{_DIGIT_BEFORE}\(?0[1-9][0-9]{{1,2}}\)?[ -]?[2-8][0-9]{{6,7}}{_DIGIT_AFTER}")
_HAN_DIGITS = "零〇一二三四五六七八九幺两"
_SPOKEN_MOBILE = re.compile(rf"(?<![{_HAN_DIGITS}])[一幺][三四五六七八九][{_HAN_DIGITS}]{{9}}(?![{_HAN_DIGITS}])")
_OLD_ID = re.compile(
    rf"{_DIGIT_BEFORE}[1-8][0-9]{{5}}[0-9]{{2}}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{{3}}{_DIGIT_AFTER}"
)
_CODE = re.compile(r"(验证码(?:\s{0,4}(?:是|为|[::]))?\s{0,4})[0-9]{4,8}(?![0-9])")
_QQ = re.compile(
    r"((?:qq|扣扣|企鹅)\s{0,4}(?:号码?|群)?\s{0,4}(?:是|[::])?\s{0,4})[1-9][0-9]{4,10}(?![0-9])", re.IGNORECASE
)
_WECHAT = re.compile(
    r"((?:微信|薇信|v信|weixin|wechat|wx|vx)\s{0,4}(?:号码?|id)?\s{0,4}(?:是|[::])?\s{0,4})[a-z][-_a-z0-9]{5,19}(?![-_a-z0-9])"
    r"|((?:微信|薇信|v信|weixin|wechat|wx|vx)\s{0,4}(?:号码?|id)\s{0,4}(?:是|[::])?\s{0,4})[0-9]{6,12}(?![0-9])",
    re.IGNORECASE,
)
_PLATE = re.compile(
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼]\s?[A-HJ-NP-Z][ .·-]?(?:[A-HJ-NP-Z0-9]{5,6})(?![A-Za-z0-9])",
    re.IGNORECASE,
)
_CASE = re.compile(r"[(〔\[]20[0-9]{2}[)〕\]]\s{0,4}[\u4e00-\u9fff]{1,2}[0-9]{0,5}[\u4e00-\u9fff]{1,4}[0-9]{1,8}号")

_PLACE = r"[\u4e00-\u9fff]{2,8}?"
_REGION = rf"(?>{_PLACE}(?:自治区|自治州|特别行政区|省|市|区|县|旗|盟))"
_STREET = r"[\u4e00-\u9fff0-9]{1,12}?(?:大道|路|街|道|巷|弄|胡同|小区|花园|公寓|新村|家园|广场|大厦|苑|里)"
_DOOR = (
    r"(?:[0-9一二三四五六七八九十百][-—0-9一二三四五六七八九十百]{0,15}+(?:号楼|号院|号|栋|幢|座|单元|层|楼|室|户|房))"
)
_ADDRESS = re.compile(
    rf"{_REGION}{{0,5}}{_STREET}[\s,,]{{0,4}}+{_DOOR}(?:[\s,,]{{0,4}}+(?:{_DOOR}|[0-9]{{2,4}}(?![0-9元块万天期年月个]))){{0,6}}+"
    rf"|{_REGION}{{1,5}}[\u4e00-\u9fff]{{1,6}}?(?:镇|乡|街道)(?:[\u4e00-\u9fff]{{1,6}}?(?:村|组|屯|社区))?[0-9]{{0,6}}(?:组|号)?"
    rf"|{_REGION}{{2,5}}[\u4e00-\u9fff]{{1,6}}?村[0-9]{{0,6}}(?:组|号)?"
)

# The surnames of some 95 % of people (公安部 2020 name report and 百家姓), two-character ones first.
_SURNAME = (
    "(?:欧阳|司马|上官|诸葛|东方|皇甫|尉迟|公孙|慕容|令狐|司徒|夏侯|端木|"
    "[王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆"
    "汪范金石廖贾夏韦付傅方白邹孟熊秦邱江尹薛闫阎段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康施牛樊葛邢安齐易乔伍庞"
    "颜倪庄聂章鲁岳翟申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁房滕"
    "屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙"
    "荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝])"
)
_GIVEN = r"[\u4e00-\u9fff]{1,2}"
_END = r"(?=$|[\s,,.。!!??;;、:::]|今年|欠|在|住|从|的|手机|电话|身份|男|女|我|借|逾期|想|现在|因为)"
_NAMED = re.compile(
    rf"((?:我叫|我的名字[叫是]|名字[叫是]|姓名\s{{0,4}}[是::]?|本人叫?|我姓名)\s{{0,4}}){_SURNAME}{_GIVEN}{_END}"
)
_CALLED = re.compile(rf"(我是|这里是|我叫做){_SURNAME}{_GIVEN}{_END}")
_SURNAMED = re.compile(rf"((?:我|免贵|本人)姓)(?:{_SURNAME}){_END}")
# What follows 我是 and begins with a surname's character without being a name.
_NOT_A_NAME = re.compile(
    r"^(?:单亲|单身|单独|高中|高三|高二|高一|高龄|全职|全款|全额|成都|成年|云南|贵州|温州|江苏|江西|安徽|安全|宁夏|宁波|吉林|石家|金华|"
    r"苏州|常州|广州|时候|时间|时不|应该|明天|明年|查到|查过|连本|连续|向他|向她|向平|和他|和她|和我|和平|关于|于是|任何|钱不|钱都|"
    r"方便|白天|白条|包括|农村|农民|车主|车贷|房贷|房东|全部|商户|商家|师傅|路过|游客|管理|解决|符合|尚未|华为|梅州|柳州|桂林|兰州|"
    r"莫名|段时|古代|程序|严重|阳光|边还|房奴|卫校|左右|万般|万一|万不|贺州|黄石|马上|马来|武汉|孟加|毕业|毕竟|甘肃|龙岩)"
)


def mask(text: str) -> str:
    """The text with every identifying piece replaced by its kind in brackets; idempotent, never raises."""
    # Cut before as well: normalising takes the square of a run of accents.
    text = text[:MAX_CHARACTERS].encode("utf-8", "ignore").decode("utf-8")
    # First, because an accent may stand behind what nobody sees, and goes then with the letter before it.
    text = "".join(c for c in text if c.isspace() or unicodedata.category(c) not in {"Cc", "Cf"})
    text = unicodedata.normalize("NFKC", text)[:MAX_CHARACTERS]
    for _ in range(PASSES):
        before = text
        for pattern, replace in _RULES:
            text = pattern.sub(replace, text)
        if text == before:
            break
    return text


def kinds_of_personal_data(text: str) -> tuple[PersonalData, ...]:
    """What in a text tells who somebody is, or told before it was masked: each kind once, in the order of the text."""
    return tuple(dict.fromkeys(PersonalData(mark[1:-1]) for mark in _MARKS.findall(mask(text))))


def _id(found: re.Match[str]) -> str:
    return PersonalData.ID_CARD.mark if _is_id(_digits(found)) else found[0]


def _is_id(number: str) -> bool:
    try:
        return bool(ric.is_valid(number))
    except KeyError:  # a place that stdnum 2.1 lists without its county
        return ric.calc_check_digit(number[:-1]) == number[-1]


def _digits(found: re.Match[str]) -> str:
    return re.sub(r"[^0-9X]", "", found[0].upper())


def _long_number(found: re.Match[str]) -> str:
    digits = _digits(found)
    card = len(digits) in _CARD_LENGTHS and luhn.is_valid(digits)
    return (PersonalData.BANK_CARD if card else PersonalData.LONG_NUMBER).mark


def _kept_prefix(kind: PersonalData) -> Replace:
    return lambda found: f"{next(group for group in found.groups() if group is not None)}{kind.mark}"


def _name(found: re.Match[str]) -> str:
    said = found[0][len(found[1]) :]
    return found[0] if _NOT_A_NAME.match(said) else f"{found[1]}{PersonalData.NAME.mark}"


def _kind(kind: PersonalData) -> Replace:
    return lambda _: kind.mark


_RULES: tuple[tuple[re.Pattern[str], Replace], ...] = (
    (_EMAIL, _kind(PersonalData.EMAIL)),
    (_LINK, _kind(PersonalData.LINK)),
    (_HANDLE, _kind(PersonalData.HANDLE)),
    (_CASE, _kind(PersonalData.CASE_NUMBER)),
    (_ID, _id),
    (_OLD_ID, _kind(PersonalData.ID_CARD)),
    (_MOBILE, _kind(PersonalData.MOBILE)),
    (_SPOKEN_MOBILE, _kind(PersonalData.MOBILE)),
    (_LONG_NUMBER, _long_number),
    (_LANDLINE, _kind(PersonalData.LANDLINE)),
    (_CODE, _kept_prefix(PersonalData.VERIFICATION_CODE)),
    (_QQ, _kept_prefix(PersonalData.QQ)),
    (_WECHAT, _kept_prefix(PersonalData.WECHAT)),
    (_PLATE, _kind(PersonalData.PLATE)),
    (_ADDRESS, _kind(PersonalData.ADDRESS)),
    (_NAMED, _name),
    (_CALLED, _name),
    (_SURNAMED, _kept_prefix(PersonalData.NAME)),
)
