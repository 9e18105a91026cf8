"""Danger to life is recognised in whatever words it comes, and nothing else is taken for it."""

import csv
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opencc import OpenCC

from intents.danger.detector import PAIR, WORDING, DangerDetector, SignalKind
from intents.danger.score import DAMPING, MAX_DOUBTED, DangerClassifier, WordingVerdict, char_ngrams
from intents.danger.signs import CuedPatterns, load_patterns
from intents.danger.spelling import BREAK, MAX_CHARACTERS, DangerNormalizer
from intents.faq.reader import read

CORPUS = Path(__file__).resolve().parents[2] / "corpus"
DETECTOR = DangerDetector()
sign_of = cache(DETECTOR.find)
ANYTHING = st.text(st.characters(exclude_categories=()))


def rows(name: str) -> list[dict[str, str]]:
    with (CORPUS / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


LISTED = rows("danger.tsv")
YES = [row["text"] for row in LISTED if row["danger"] == "yes" and not row["known"]]
NO = [row["text"] for row in LISTED if row["danger"] == "no"]
KNOWN = [pytest.param(row["text"], row["danger"] == "yes", id=row["id"]) for row in LISTED if row["known"]]


def missed(texts: list[str]) -> list[str]:
    return [text for text in texts if sign_of(text) is None]


def taken(texts: list[str]) -> list[str]:
    return [text for text in texts if sign_of(text) is not None]


# --- the list -----------------------------------------------------------------------------------------------------


def test_every_message_on_the_list_is_recognised() -> None:
    assert len(YES) >= 500
    assert missed(YES) == []


def test_of_what_only_sounds_like_it_at_most_one_in_thirty_is_taken_for_danger() -> None:
    assert len(NO) >= 500
    alarms = taken(NO)
    assert len(alarms) * 30 <= len(NO), alarms


def test_of_messages_held_out_nearly_all_are_recognised_and_few_others() -> None:
    held = [row for row in LISTED if row["split"] == "held"]
    yes, no = ([row["text"] for row in held if row["danger"] == answer] for answer in ("yes", "no"))
    assert len(yes) >= 200
    assert len(missed(yes)) <= 0.03 * len(yes)
    assert len(taken(no)) * 30 <= len(no)


@pytest.mark.parametrize(("text", "danger"), KNOWN)
def test_a_known_failure_still_fails(text: str, danger: bool) -> None:  # noqa: FBT001 - a parameter of the table
    assert DETECTOR.is_danger(text) is not danger, "mended: take the mark off its row"


@pytest.mark.parametrize("name", ["dev.tsv", "personas_dev.tsv"])
def test_ordinary_questions_raise_no_alarm(name: str) -> None:
    ordinary = [row["text"] for row in rows(name) if row["intent"] != "crisis"]
    assert taken(ordinary) == []
    assert missed([row["text"] for row in rows(name) if row["intent"] == "crisis"]) == []


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
    assert not DETECTOR.is_danger(text)


def test_the_list_is_recognised_in_traditional_characters_too() -> None:
    convert = OpenCC("s2t").convert
    others = [other for text in YES if (other := convert(text)) != text]
    lost = missed(others)
    assert len(lost) <= len(others) * 0.03, lost


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
    assert not DETECTOR.is_danger(text)


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
    sign = DETECTOR.find(text)
    assert sign is not None
    assert sign.kind is SignalKind.RELATIVE


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
    sign = DETECTOR.find(text)
    assert sign is not None
    assert sign.kind is not SignalKind.RELATIVE


@pytest.mark.parametrize(
    ("text", "urgent"),
    [
        ("我吃了一瓶安眠药", True),
        ("我站在楼顶", True),
        ("我割腕了，血止不住", True),
        ("好想死", False),
        ("下辈子再还", False),
    ],
)
def test_what_is_happening_now_is_urgent(text: str, urgent: bool) -> None:  # noqa: FBT001 - a parameter of the table
    sign = DETECTOR.find(text)
    assert sign is not None
    assert sign.urgent is urgent


def test_a_sign_names_its_group_and_its_words() -> None:
    names = {group.name for group in load_patterns().groups} | {PAIR, WORDING}
    for text in YES:
        sign = sign_of(text)
        assert sign is not None
        assert sign.pattern in names
        assert sign.words


# --- any text ----------------------------------------------------------------------------------------------------


@given(ANYTHING)
def test_no_text_raises(text: str) -> None:
    DETECTOR.find(text)


@given(st.sampled_from(YES), st.integers(min_value=0), st.sampled_from("\u200b\u200d\ufeff\u2060\u00ad\u202e"))
def test_an_invisible_character_hides_nothing(text: str, place: int, invisible: str) -> None:
    place %= len(text) + 1
    assert DETECTOR.find(text[:place] + invisible + text[place:]) == DETECTOR.find(text)


@pytest.mark.parametrize(
    "text",
    ["", " ", "\ud800", "😭😭", "我" * 1_000_000, "就在是都" * 5000, "a" * 10_000, "xiang " * 3000, "，" * 10_000],
)
def test_a_hostile_text_is_cut_and_no_danger(text: str) -> None:
    assert not DETECTOR.is_danger(text)
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
    assert read(text).problems == ()


def test_whatever_a_pattern_matches_holds_a_character_of_its_cue() -> None:
    spell = DangerNormalizer()
    everything = BREAK.join({form for row in LISTED for form in (spell(row["text"]), DETECTOR.folded(row["text"]))})
    for cue, pattern in patterns():
        matches = {found[0] for found in re.finditer(pattern, everything)}
        assert not [match for match in matches if not set(cue) & set(match)], pattern


def test_wording_adds_up_the_runs_that_are_there_once() -> None:
    wording = DangerClassifier({"想": 1.0, "想死": 3.0, "想…走": 2.0, "^想": 4.0}, bias=-1.0, threshold=0.0, doubt=-0.5)
    for text, found in (
        ("", 0),
        ("想", 1 + 4),
        ("想想", 1 + 4),
        ("不想，死", 1),
        ("不想了走", 1 + 2),
        ("想死", 1 + 3 + 4),
    ):
        assert wording.score(text) == pytest.approx(-1.0 + found / max(1, len(char_ngrams(text))) ** DAMPING)
    assert wording.top_ngrams("想死") == "^想、想死、想"


def test_a_pattern_is_doubted_where_the_wording_speaks_against_it_but_not_in_a_long_message() -> None:
    wording = DangerClassifier({"剧本杀": -3.0}, bias=0.0, threshold=1.0, doubt=-0.5)
    assert wording.verdict("剧本杀里跳楼") is WordingVerdict.DOUBT
    assert wording.verdict("剧本杀") is WordingVerdict.NOTHING
    assert wording.verdict("剧本杀里跳楼" + "我" * MAX_DOUBTED) is WordingVerdict.NOTHING
    assert wording.verdict("我今天想跳楼") is WordingVerdict.NOTHING


def test_what_is_happening_now_is_never_doubted() -> None:
    sure = [row["text"] for row in LISTED if row["danger"] == "yes"]
    folded = {text: DETECTOR.folded(text) for text in sure}
    urgent = [text for text in sure if (sign := DETECTOR.patterned(folded[text])) is not None and sign.urgent]
    assert urgent
    assert missed(urgent) == []
