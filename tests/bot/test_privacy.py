"""What is masked before an operator may see it, and what must stay."""

from unicodedata import normalize

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.privacy import PersonalData, kinds_of_personal_data, mask

MASKED = [
    # mobile phones, as people write them
    ("13800138000", "[手机号]"),
    ("打我电话13912345678行吗", "打我电话[手机号]行吗"),
    ("138 0013 8000", "[手机号]"),
    ("138-0013-8000", "[手机号]"),
    ("+86 13800138000", "[手机号]"),
    ("+8613800138000", "[手机号]"),
    ("008613800138000", "[手机号]"),
    ("１３８００１３８０００", "[手机号]"),
    ("138\u200b0013\u200b8000", "[手机号]"),
    ("号码是一三八零零一三八零零零", "号码是[手机号]"),
    ("幺三九一二三四五六七八", "[手机号]"),
    ("138\x000013\x078000", "[手机号]"),
    ("台灣的0912-345-678", "台灣的[手机号]"),
    ("13800138000，13900139000", "[手机号],[手机号]"),
    # landlines
    ("0571-88886666", "[电话]"),
    ("(010)62345678打来的", "[电话]打来的"),
    # ID cards: checksum right, wrong, with X, with gaps, of fifteen digits
    ("11010519491231002X", "[身份证号]"),
    ("身份证11010519491231002x逾期了", "身份证[身份证号]逾期了"),
    ("110105 19491231 002X", "[身份证号]"),
    ("110105194912310021", "[号码]"),
    ("110105491231002", "[身份证号]"),
    # bank cards: Luhn right, wrong, in fours
    ("6222021234567890128", "[银行卡号]"),
    ("6222 0212 3456 7890 128", "[银行卡号]"),
    ("4111-1111-1111-1111", "[银行卡号]"),
    ("卡号6222021234567890129", "卡号[号码]"),
    ("4222222222222", "[银行卡号]"),
    ("62220212345678901283", "[号码]"),
    ("合同编号20231234567890123", "合同编号[号码]"),
    # names
    ("我叫王小明，欠了三万", "我叫[姓名],欠了三万"),
    ("我叫张伟", "我叫[姓名]"),
    ("我是李娜，今年30", "我是[姓名],今年30"),
    ("本人陈建国在广东", "本人[姓名]在广东"),
    ("姓名：赵丽", "姓名:[姓名]"),
    ("我的名字叫欧阳修文", "我的名字叫[姓名]"),
    ("我姓刘，想问下", "我姓[姓名],想问下"),
    # plates
    ("粤B12345", "[车牌号]"),
    ("车牌京A·D1234F被拖走", "车牌[车牌号]被拖走"),
    ("沪AD12345", "[车牌号]"),
    # addresses
    ("浙江省杭州市西湖区文三路123号4幢502室", "[地址]"),
    ("住在阳光小区3栋2单元501", "[地址]"),
    ("朝阳区建国路88号", "[地址]"),
    ("河南省周口市沈丘县白集镇", "[地址]"),
    # e-mail, links, accounts
    ("zhang.san+1@qq.com", "[邮箱]"),
    ("发到my_mail@example.com.cn吧", "发到[邮箱]吧"),
    ("https://a.example/u?id=12345 这个链接", "[网址] 这个链接"),
    ("www.example.com/abc", "[网址]"),
    ("TG @zhangsan88", "TG [账号]"),
    ("QQ123456789", "QQ[QQ号]"),
    ("加我qq：10001234", "加我qq:[QQ号]"),
    ("扣扣号 7654321", "扣扣号 [QQ号]"),
    ("微信号zhang_san88", "微信号[微信号]"),
    ("vx:abc12345", "vx:[微信号]"),
    ("微信号是138001380", "微信号是[微信号]"),
    ("验证码是345678", "验证码是[验证码]"),
    ("（2024）粤0305民初12345号", "[案号]"),
]

KEPT = [
    "欠了12万3千4百元",
    "一共128000元",
    "每月还3580.50",
    "借了1,200,000",
    "本金50000利息13800",
    "2024年3月15日逾期",
    "2024-03-15到期",
    "20240315还的",
    "3月15号之前还",
    "每月5号还款",
    "95588打给我",
    "955888888是银行吗",
    "12378投诉有用吗",
    "打12348、12345还是12315",
    "110和120",
    "96110是什么电话",
    "10086",
    "106开头的短信106575257100",
    "4008123456是客服吗",
    "400-812-3456",
    "年化36%",
    "24.5%到36%",
    "分60期",
    "逾期90天",
    "一天打30个电话",
    "我叫他别打了",
    "我叫催收滚",
    "我是不是会坐牢",
    "我是高中生",
    "我是单亲妈妈",
    "我是云南的",
    "我是借款人的老婆",
    "我是全职在家",
    "我是单亲，带两个孩子",
    "我是苏州的",
    "我是兰州的",
    "我是方便，但没钱",
    "我是莫名的被起诉",
    "我是龙岩的",
    "我是X光师",
    "号码是一三八XXXX零零零零",
    "号码是一三八零零一三八零零零零",
    "去北京市",
    "深圳能办个人破产吗",
    "微信零钱被冻结2000",
    "微信支付8000",
    "花呗借呗白条",
    "民法典第1033条",
    "第三十二条",
    "等了13个月",
    "GB/T 45251",
    "催收到我家门口了",
    "住在村里",
    "利率3.85，LPR的4倍",
]


@pytest.mark.parametrize(("text", "masked"), MASKED)
def test_what_tells_who_somebody_is_gets_masked(text: str, masked: str) -> None:
    shown = mask(text)
    if masked == "[地址]":
        assert "[地址]" in shown
        assert not any(piece in shown for piece in ("123号", "501", "88号", "白集", "阳光小区"))
    else:
        assert shown == masked


@pytest.mark.parametrize("text", [text for text, _ in MASKED])
def test_its_kinds_are_the_same_before_and_after_it_is_masked(text: str) -> None:
    kinds = kinds_of_personal_data(text)
    assert kinds
    assert kinds_of_personal_data(mask(text)) == kinds
    assert all(kind.mark in mask(text) for kind in kinds)


def test_every_kind_is_among_the_examples() -> None:
    assert {kind for text, _ in MASKED for kind in kinds_of_personal_data(text)} == {*PersonalData}


def test_a_word_in_brackets_is_no_kind_of_personal_data() -> None:
    assert kinds_of_personal_data("催收又来了[捂脸]怎么办[流泪]") == ()


@pytest.mark.parametrize("text", KEPT)
def test_amounts_dates_and_hotlines_stay(text: str) -> None:
    assert mask(text) == normalize("NFKC", text)


def test_of_a_very_long_text_the_beginning_is_kept() -> None:
    assert mask("甲" * 2000 + "乙") == "甲" * 2000


@given(st.text(max_size=200))
@example("13800138000" * 5)
@example("\ud800" + "110105")
def test_masking_twice_is_masking_once(text: str) -> None:
    assert mask(mask(text)) == mask(text)


@given(
    st.text(alphabet="催收打我电话号码是吗，。 ", max_size=10),
    st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True),
    st.text(alphabet="怎么办谢谢吗，。 ", max_size=10),
)
def test_no_mobile_number_survives_wherever_it_stands(before: str, number: str, after: str) -> None:
    assert number not in mask(before + number + after)
