"""Danger to life is recognised in whatever words it comes, and nothing else is taken for it."""

import csv
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path
from re import _constants, _parser  # type: ignore[attr-defined]  # the parser of regular expressions has no public name
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from opencc import OpenCC

from intents.danger.detector import MAX_DOUBTED, PAIR, WORDING, DangerDetector, DangerLevel, DangerSignal, SignalKind
from intents.danger.score import (
    DAMPING,
    UNHEARD,
    DangerClassifier,
    Line,
    Lines,
    Margins,
    danger_ngrams,
    is_dictated,
    load_categories,
)
from intents.danger.signs import CuedPatterns, load_patterns
from intents.danger.spelling import MAX_CHARACTERS, DangerNormalizer
from intents.faq.reader import parse_yaml

CORPUS = Path(__file__).resolve().parents[2] / "corpus"
DETECTOR = DangerDetector()
assessed = cache(DETECTOR.assess)
ANYTHING = st.text(st.characters(exclude_categories=()))
NONE, DOUBTFUL, PLAIN = DangerLevel


def rows(name: str) -> list[dict[str, str]]:
    with (CORPUS / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


LISTED = [row for row in rows("danger.tsv") if not row["known"]]
LEARNED = [row for row in LISTED if row["split"] == "dev"]
HELD = [row for row in LISTED if row["split"] == "held"]
DANGER = ("plain", "danger")
"""Labels of messages in danger; of the second nobody said whether it is plain or doubtful."""
YES = [row["text"] for row in LEARNED if row["level"] in DANGER]
KNOWN = [pytest.param(row["text"], row["level"] in DANGER, id=row["id"]) for row in rows("danger.tsv") if row["known"]]


def texts(listed: list[dict[str, str]], *levels: str) -> list[str]:
    return [row["text"] for row in listed if row["level"] in levels]


def at(level: DangerLevel, listed: list[str]) -> list[str]:
    return [text for text in listed if assessed(text).level is level]


def missed(listed: list[str]) -> list[str]:
    return at(NONE, listed)


def signal_of(text: str) -> DangerSignal:
    signal = assessed(text).signal
    assert signal is not None
    return signal


# --- the list -----------------------------------------------------------------------------------------------------


def test_of_the_messages_on_the_list_99_in_100_are_recognised_and_the_plain_ones_as_plain() -> None:
    assert len(YES) >= 7000
    assert len(missed(YES)) * 100 <= len(YES), missed(YES)
    plain = texts(LEARNED, "plain")
    assert len(at(PLAIN, plain)) >= 0.98 * len(plain)


@pytest.mark.proof
def test_of_messages_on_the_list_that_only_sound_like_it_at_most_1_in_300_is_taken_for_danger() -> None:
    none = texts(LEARNED, "none")
    assert len(none) >= 6000
    alarms = [text for text in none if assessed(text).level is not NONE]
    assert len(alarms) * 300 <= len(none), alarms


def test_by_authors_never_trained_on_95_in_100_are_recognised_and_few_others_are_taken_for_danger() -> None:
    yes, none = texts(HELD, *DANGER), texts(HELD, "none")
    assert len(yes) >= 300
    assert len(missed(yes)) <= 0.05 * len(yes)
    assert len(none) - len(missed(none)) <= len(none) / 100
    assert len(at(PLAIN, none)) <= len(none) / 300


@pytest.mark.parametrize(("text", "danger"), KNOWN)
def test_a_known_failure_still_fails(text: str, danger: bool) -> None:  # noqa: FBT001 - a parameter of the table
    assert (DETECTOR.assess(text).level is not NONE) is not danger, "mended: take the mark off its row"


@pytest.mark.parametrize("name", ["dev.tsv", "personas_dev.tsv"])
def test_ordinary_questions_raise_no_alarm(name: str) -> None:
    ordinary = [row["text"] for row in rows(name) if row["intent"] != "crisis"]
    assert missed(ordinary) == ordinary
    assert missed([row["text"] for row in rows(name) if row["intent"] == "crisis"]) == []


# --- the levels ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["不想还钱了", "我不想再借了", "我不想管了", "我不想面对", "不想还信用卡了", "我不想还房贷了", "不想上班了", "我不想再打工了",
     "不想接催收的电话了",      "我不想见亲戚", "我不想跟他们说话", "我不想看账单", "唔想还钱啦", "我不想再担保了", "我不想再跟他过了"],
)  # fmt: skip
def test_to_want_no_more_of_money_work_calls_or_people_is_no_danger(text: str) -> None:
    assert DETECTOR.assess(text).level is NONE


@pytest.mark.parametrize(
    "text",
    [
        "累死了",
        "累死我了",
        "气死我了",
        "烦死了",
        "吓死我了",
        "穷死了",
        "笑死",
        "忙死了，今天又加班",
        "要死了要死了，明天还款日",
        "社死现场",
    ],
)
def test_death_as_a_degree_is_no_danger(text: str) -> None:
    assert DETECTOR.assess(text).level is NONE


@pytest.mark.parametrize(
    "text",
    [
        "不还了，爱告告去",
        "我认命了，分期就分期吧",
        "躺平了，随便催",
        "绝望，又被拒贷了",
        "我真的受够了这些电话",
        "逼死人不偿命",
        "这日子没法过了，离婚",
        "我已经不欠了 你们别再找我",
        "别找我了，找我老公，合同是他签的",
        "不用找我了这个号以后给我孙子用",
        "一到还款日就胸闷喘不上气",
    ],
)
def test_anger_and_giving_up_about_debt_is_no_danger(text: str) -> None:
    assert DETECTOR.assess(text).level is NONE


@pytest.mark.parametrize("text", ["撑不下去了", "不想醒来", "我想消失", "下辈子再还", "熬不下去了，最低还款是多少"])
def test_what_only_leans_that_way_is_doubtful(text: str) -> None:
    assert DETECTOR.assess(text).level is DOUBTFUL
    assert DETECTOR.find(text) is None
    assert not DETECTOR.is_danger(text)


@pytest.mark.parametrize(
    "text",
    ["我不想活了", "我想死", "遗书写好了", "我站在楼顶", "我割腕了", "我要跳楼", "我有自杀的念头", "农药就在手边，我今晚喝", "我现在不安全",
     "去年割过一次腕，现在又想了", "我爸说要自杀"],
)  # fmt: skip
def test_an_act_means_a_place_a_farewell_or_a_wish_to_die_is_plain(text: str) -> None:
    assert DETECTOR.is_danger(text)
    assert DETECTOR.find(text) == DETECTOR.assess(text).signal


@pytest.mark.parametrize(
    "text",
    ["他掐着我的脖子，我跑进厕所了", "他拿刀架在我妈脖子上", "我哥被放贷的关在宾馆三天了", "我妈晕倒在地上，叫不醒", "我爸嘴唇发紫，喊他不应",
     "我拿枕头捂了孩子的脸，我怕我自己", "他把孩子举到窗外，问我还不还", "船划到湖中间了，我不回去了", "药我全倒出来了，摆在桌上",
     "我弟发消息说下辈子还当你弟，现在电话关机"],
)  # fmt: skip
def test_violence_a_collapse_a_child_in_danger_a_height_and_means_laid_out_are_plain_and_happening_now(
    text: str,
) -> None:
    assert DETECTOR.is_danger(text)
    assert signal_of(text).urgent


@pytest.mark.parametrize(
    "text",
    ["刀架我脖子上我也还不起", "催收在电话里说要砍我", "他们把我的车拖走了，合法吗", "我家在江边，房子会被拍卖吗", "平台把我关小黑屋了",
     "买了份保险，能退保拿来还债吗", "密码和钥匙都交接了，我离职了"],
)  # fmt: skip
def test_threats_and_houses_by_the_river_and_insurance_are_none(text: str) -> None:
    assert DETECTOR.assess(text).level is NONE


def test_a_dictated_message_is_weighed_by_its_clauses_and_counts_a_little_more() -> None:
    categories = load_categories()
    spoken = "我把家里的事都说了我就不想再管了"
    assert is_dictated(spoken)
    assert danger_ngrams(spoken, categories) == danger_ngrams(spoken.replace("了我", "了，我"), categories)
    wording = DangerClassifier({}, Margins(0.0, 0.0, 0.0), Lines(*(Line(0.0, 0.0),) * 5), categories)
    assert wording.margins(spoken) == Margins(UNHEARD, 0.0, 0.0)


@given(st.sampled_from([row["text"] for row in LISTED]))
def test_there_is_a_signal_unless_there_is_no_danger(text: str) -> None:
    assert (assessed(text).signal is None) is (assessed(text).level is NONE)


# --- spelling -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "我不想活了", "我 不 想 活 了", "我不\u200d想\u200b活了", "我不*想*活了", "我不.想.活.了", "我打算自*杀了", "我不想\n活了", "我唔想活了",
        "我不想货了", "我不想或了", "wo bu xiang huo le", "wobuxianghuole", "我bu想活了", "我不xiang huo了", "我bxhl", "ＷＯ ＢＵ ＸＩＡＮＧ ＨＵＯ",
        "我是真的那个不想活了呀", "想4", "想死", "想亖", "想s了", "自鲨", "想自sha", "想四了", "遗书写好了", "遺書寫好了", "一书写好了,yishu写好了",
    ],
)  # fmt: skip
def test_one_wish_in_many_spellings(text: str) -> None:
    assert DETECTOR.is_danger(text)


@pytest.mark.parametrize(
    "text",
    [
        "相似的情况",
        "艺术分期",
        "上调利率",
        "小时候",
        "庆生借的钱",
        "没意识到逾期",
        "借呗4个月了",
        "公司gongsi",
        "app闪退卡4了",
    ],
)
def test_words_that_sound_alike_stay_what_they_are(text: str) -> None:
    assert DETECTOR.assess(text).level is NONE


@pytest.mark.proof
def test_the_list_is_recognised_in_traditional_characters_too() -> None:
    convert = OpenCC("s2t").convert
    others = [other for text in YES if (other := convert(text)) != text]
    lost = missed(others)
    assert len(lost) <= len(others) * 0.03, lost


@pytest.mark.proof
def test_the_list_is_recognised_without_punctuation_too() -> None:
    others = [other for text in YES if (other := "".join(c for c in text if c.isalnum() or c == " ")) != text]
    lost = missed(others)
    assert len(lost) <= len(others) * 0.03, lost


def test_danger_at_the_end_of_a_long_story_is_found() -> None:
    story = "我在厂里上班，每个月还四千多，后来失业了，就开始借网贷。" * 300
    assert DETECTOR.is_danger(story + "现在我真的不想活了")
    assert DETECTOR.is_danger("现在我真的不想活了" + story)
    assert not DETECTOR.is_danger(story)


# --- what is said, and what is only quoted -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["烦死了", "吓死我了", "被呼死你轰炸", "人死债消是真的吗", "催收说要弄死我", "社死现场", "穷死了", "死账还用还吗", "平台死活不同意分期",
     "终于解脱了，全部还清", "我爸去世了债谁还", "跳槽了没工资", "支票跳票了", "活期存款会被冻结吗", "催收骂我怎么不去死，能告吗", "打死不还会怎样",
     "店撑不下去了，经营贷怎么办", "我叔叔前年跳楼走的，他的网贷要还吗"],
)  # fmt: skip
def test_what_only_sounds_like_danger_is_none(text: str) -> None:
    assert DETECTOR.assess(text).level is NONE


@pytest.mark.parametrize(
    "text",
    ["烦死了，不想活了", "催收骂我怎么不去死，我真的想去死了", "我爸去世了，我想去陪他", "店撑不下去了，我也撑不下去了，想死",
     "吓死我了，我老公说他要自杀", "人死债消是真的吗，我不想活了"],
)  # fmt: skip
def test_harmless_words_beside_it_hide_no_danger(text: str) -> None:
    assert DETECTOR.is_danger(text)


# --- what is told about it ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "我老公说他不想活了",
        "我妈要跳楼怎么办",
        "儿子说活着没意思，我好害怕",
        "我弟留了遗书，联系不上",
        "朋友想自杀，怎么劝",
    ],
)
def test_another_ones_danger_is_told_apart(text: str) -> None:
    assert signal_of(text).kind is SignalKind.RELATIVE


@pytest.mark.parametrize(
    "text",
    [
        "我不想活了",
        "老婆跑了，我想死",
        "催收骂我妈，我真的不想活了",
        "我妈还不知道，我遗书都写好了",
        "没有我，家人会更好",
    ],
)
def test_ones_own_danger_is_never_taken_for_anothers(text: str) -> None:
    assert signal_of(text).kind is not SignalKind.RELATIVE


@pytest.mark.parametrize(
    ("text", "urgent"),
    [
        ("我吃了一瓶安眠药", True),
        ("我吞了好多药，头好晕", True),
        ("我站在楼顶", True),
        ("我坐在窗台上", True),
        ("手里拿着刀，我忍不住", True),
        ("我割腕了，血止不住", True),
        ("煤气我打开了", True),
        ("我妈喝农药了", True),
        ("我老公站在桥上不肯下来", True),
        ("我妹割腕了", True),
        ("好想死", False),
        ("下辈子再还", False),
        ("我爸说他不想活了", False),
    ],
)
def test_what_is_happening_now_is_urgent(text: str, urgent: bool) -> None:  # noqa: FBT001 - a parameter of the table
    assert signal_of(text).urgent is urgent


def test_a_sign_names_its_group_and_its_words() -> None:
    names = {group.name for group in load_patterns().groups} | {PAIR, WORDING}
    for text in YES:
        if assessed(text).level is NONE:
            continue
        sign = signal_of(text)
        assert sign.pattern in names
        assert sign.words


# --- any text ----------------------------------------------------------------------------------------------------


@given(ANYTHING)
def test_no_text_raises(text: str) -> None:
    DETECTOR.assess(text)


@given(st.sampled_from(YES), st.integers(min_value=0), st.sampled_from("\u200b\u200d\ufeff\u2060\u00ad\u202e"))
def test_an_invisible_character_hides_nothing(text: str, place: int, invisible: str) -> None:
    place %= len(text) + 1
    assert DETECTOR.assess(text[:place] + invisible + text[place:]) == assessed(text)


@pytest.mark.parametrize(
    "text",
    ["", " ", "\ud800", "😭😭", "我" * 1_000_000, "就在是都" * 5000, "a" * 10_000, "xiang " * 3000, "，" * 10_000],
)
def test_a_hostile_text_is_cut_and_no_danger(text: str) -> None:
    assert DETECTOR.assess(text).level is NONE
    assert len(DangerNormalizer()(text)) <= MAX_CHARACTERS + 2


# --- the data ----------------------------------------------------------------------------------------------------


def patterns() -> Iterator[tuple[str, str]]:
    """Every cued pattern of signs.yaml with its cue."""
    signs = load_patterns()
    cued: list[CuedPatterns] = [*(each.patterns for each in signs.harmless), *(each.patterns for each in signs.groups)]
    for each in cued:
        yield from each.listed()


def test_the_data_names_nothing_twice() -> None:
    text = (Path(load_patterns.__code__.co_filename).parent / "signs.yaml").read_text(encoding="utf-8")
    assert parse_yaml(text).problems == ()


def holds_one_of(cue: str, tree: Iterable[tuple[object, Any]]) -> bool:
    """Whether every text that a parsed pattern matches holds a character of the cue, as far as its form tells.

    tree: what CPython's own parser of regular expressions gives.
    """
    return any(
        (operation is _constants.LITERAL and chr(argument) in cue)
        or (
            operation is _constants.IN
            and all(kind is _constants.LITERAL and chr(value) in cue for kind, value in argument)
        )
        or (operation is _constants.BRANCH and all(holds_one_of(cue, branch) for branch in argument[1]))
        or (operation is _constants.SUBPATTERN and holds_one_of(cue, argument[3]))
        or (
            operation in (_constants.MAX_REPEAT, _constants.MIN_REPEAT)
            and argument[0] > 0
            and holds_one_of(cue, argument[2])
        )
        for operation, argument in tree
    )


def test_whatever_a_pattern_can_match_holds_a_character_of_its_cue() -> None:
    slang = yaml.safe_load(files("intents.danger").joinpath("spelling.yaml").read_text(encoding="utf-8"))["slang"]
    for cue, pattern in [*patterns(), *((cue, pattern) for cue, pattern, _ in slang)]:
        assert holds_one_of(cue, _parser.parse(pattern)), f"{cue}: {pattern}"


@pytest.mark.parametrize(
    "text",
    [
        "我试了两回，都被发现救回来了",
        "把自己拴了块石头走到水库边",
        "他把我腿打折了，胳膊也折了",
        "按住孩子的脸不让他哭，我也不想活了",
    ],
)
def test_a_sign_counts_whichever_of_its_words_was_used(text: str) -> None:
    assert DETECTOR.assess(text).level is not DangerLevel.NONE


@pytest.mark.parametrize(
    "text",
    [
        "no point living anymore",
        "i feel like dying",
        "i want to end it",
        "I don’t want to live anymore",
        "they'd be better off without me",
        "what's the point of living",
        "I swallowed a whole bottle of sleeping pills",
        "i'm going to jump off a bridge tonight",
        "my brother wants to kill himself over his loans",
        "my husband is beating me",
        "我真的 dont want to live anymore",
    ],
)
def test_danger_said_in_english_is_plain(text: str) -> None:
    assert DETECTOR.assess(text).level is DangerLevel.PLAIN


@pytest.mark.parametrize(
    "text",
    [
        "this app is killing me",
        "how to end it with this lender",
        "i want to end this contract",
        "dying to know if i get approved",
        "no point in calling them again",
        "i can't go on vacation",
        "tired of calls",
        "take my pills reminder",
        "live chat please",
        "he is hitting me up for money",
        "end it now? the installment plan",
    ],
)
def test_english_that_only_sounds_like_danger_is_none(text: str) -> None:
    assert DETECTOR.assess(text).level is DangerLevel.NONE


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("老公正在打我", DangerLevel.PLAIN),
        ("我爸在打我妈", DangerLevel.PLAIN),
        ("催收正在打我电话", DangerLevel.NONE),
        ("老公在打我电话催还钱", DangerLevel.NONE),
    ],
)
def test_a_beating_is_told_from_a_call(text: str, level: DangerLevel) -> None:
    assert DETECTOR.assess(text).level is level


def test_whose_life_it_is_is_read_from_the_sentence_where_the_wording_doesnt_tell() -> None:
    lines = Lines(*(Line(-1.0, -1.0),) * 5)
    blind = DangerDetector(DangerClassifier({}, Margins(0.0, 0.0, 0.0), lines, load_categories()))
    for text, relative in (
        ("我老公说他不想活了", True),
        ("儿子不说话，想自杀，怎么劝", True),
        ("老婆跑了好想去死", False),
        ("孩子还小，好想去死", False),
        ("我妈在家，我想去死", False),
        ("我真的想去死", False),
    ):
        signal = blind.find(text)
        assert signal is not None
        assert (signal.kind is SignalKind.RELATIVE) is relative, text


def test_wording_adds_up_the_runs_that_are_there_once() -> None:
    weights = {"想": (1.0, 0, 0), "想死": (3.0, 1.0, 0), "想…走": (2.0, 0, 0), "^想": (4.0, 0, 0), "K": (5.0, 0, 7.0)}
    bias = Margins(-1.0, 0.0, 0.0)
    wording = DangerClassifier(weights, bias, Lines(*(Line(0.0, 0.0),) * 5), load_categories())
    for text, found in (
        ("", 0),
        ("想", 1 + 4),
        ("想想", 1 + 4),
        ("不想，死", 1),
        ("不想了走", 1 + 2),
        ("想死", 1 + 3 + 4),
        ("爸", 5),
    ):
        runs = len(danger_ngrams(text, wording.categories))
        assert wording.margins(text).danger == pytest.approx(-1.0 + found / max(1, runs) ** DAMPING)
    assert wording.top_ngrams("想死") == "^想、想死、想"


def test_a_pattern_is_doubted_where_the_wording_speaks_against_it_but_not_in_a_long_message() -> None:
    story = "剧本杀里我演一个跳楼的"
    assert DETECTOR.assess(story).level is NONE
    assert DETECTOR.assess(story + "，后来大家投票" * 15).level is PLAIN
    assert len(story + "，后来大家投票" * 15) > MAX_DOUBTED


def test_what_is_happening_now_is_never_passed_over() -> None:
    signs = {text: DETECTOR.patterned(DETECTOR.folded(text)) for text in YES}
    urgent = [text for text, sign in signs.items() if sign is not None and sign.signal.urgent]
    assert urgent
    assert missed(urgent) == []
