"""A question taught: answered from then on, unless it would do harm; then nothing is written, and it is said why."""

import asyncio
import dataclasses
import sys
from collections.abc import Iterator
from itertools import starmap
from pathlib import Path

import pytest

from intents.faq.schema import OUT_OF_SCOPE
from intents.knowledge import Knowledge
from intents.load import check_file
from intents.matching.corpus import LabeledUtterance
from intents.matching.decide import Candidate, Decision
from intents.matching.matcher import Match
from intents.teach import MAX_CHARACTERS, SCORE_NOISE, TeachError, _score_shift, _serves, other_matter, teach
from tests.faqs import intent, write_faq
from tests.talking import SHIPPED_FAQ

HOME_VISIT = intent("home_visit", ["催收真的会上门吗", "会不会来我家里要账", "有人来敲门要钱怎么办"])
LAWSUIT = intent("lawsuit", ["不还钱会被起诉吗", "收到法院传票怎么办", "欠多少会打官司"])
CALLS = intent("call_bombing", ["一天打几十个电话", "半夜还在打电话", "电话被打爆了"])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write_faq(
        tmp_path, [HOME_VISIT, LAWSUIT, CALLS], out_of_scope={"questions": ["花呗怎么开通", "额度怎么调高一点"]}
    )


@pytest.fixture(autouse=True)
def _nothing_else_is_touched(path: Path) -> Iterator[None]:
    yield
    names = {left.name for left in path.parent.iterdir() if not left.name.endswith(".bak")}
    assert names <= {"faq.yaml", ".faq.yaml.lock"}


def test_a_question_taught_is_answered_and_the_rest_of_the_file_stays(path: Path) -> None:
    before = path.read_text("utf-8")
    question = "蓝色信封要不要拆开看"
    assert Knowledge.load(path).matcher.match(question).intent != "lawsuit"
    taught = teach(path, "lawsuit", question)
    match = Knowledge.load(path).matcher.match(question)
    assert (match.decision, match.intent) == (Decision.ANSWER, "lawsuit")
    lines = path.read_text("utf-8").splitlines(keepends=True)
    assert question in lines.pop(taught.line - 1)
    assert "".join(lines) == before
    assert taught.backup.read_text("utf-8") == before


def test_a_topic_is_named_by_its_title_too(path: Path) -> None:
    assert teach(path, "lawsuit标题", "蓝色信封要不要拆开看").intent == "lawsuit"
    assert "蓝色信封要不要拆开看" in Knowledge.load(path).faq.by_id["lawsuit"].questions


def test_line_breaks_and_what_cannot_be_seen_are_not_taught(path: Path) -> None:
    copied = "\ufeff 他们说今晚\r\n带人到\u200b老家\x07坐坐 "
    assert teach(path, "home_visit", copied).question == "他们说今晚 带人到老家坐坐"


def test_what_is_out_of_scope_can_be_taught_too(path: Path) -> None:
    teach(path, OUT_OF_SCOPE, "借呗在哪里打开")
    assert Knowledge.load(path).matcher.match("借呗在哪里打开").decision is Decision.FALLBACK


def refused(path: Path, key: str, question: str, corpus: list[LabeledUtterance] | None = None) -> str:
    """Why it was not taught; nothing may have been written."""
    before = path.read_bytes()
    with pytest.raises(TeachError) as error:
        teach(path, key, question, corpus or [])
    assert path.read_bytes() == before
    assert not list(path.parent.glob("*.bak"))
    return str(error.value)


@pytest.mark.parametrize("key", ["home_visit", "lawsuit", OUT_OF_SCOPE])
def test_a_question_that_is_there_already_is_refused_with_its_line(path: Path, key: str) -> None:
    line = next(n for n, text in enumerate(path.read_text("utf-8").splitlines(), 1) if "催收真的会上门吗" in text)
    why = refused(path, key, "催收真的会上门吗")
    assert f"第 {line} 行" in why
    assert "home_visit" in why


def test_a_question_that_check_refuses_is_refused_with_checks_own_words(path: Path) -> None:
    assert "E-DUP-QUESTION" in refused(path, "lawsuit", "催收，真的会上门吗？")


def test_a_question_that_nobody_could_tell_from_anothers_is_refused(path: Path) -> None:
    teach(path, "home_visit", "催收的人会不会半夜三更跑到我家里来敲门要账")
    for backup in path.parent.glob("*.bak"):
        backup.unlink()
    why = refused(path, "lawsuit", "催收的人会不会半夜三更跑到我家里来敲门要钱")
    assert "几乎一样" in why
    assert "home_visit" in why


def test_a_question_that_would_steal_anothers_is_refused_and_names_what_it_steals(path: Path) -> None:
    corpus = [LabeledUtterance("催收说要到我家里来", "home_visit")]
    teach_first = Knowledge.load(path).matcher.match("催收说要到我家里来")
    assert teach_first.intent != "lawsuit"
    why = refused(path, "lawsuit", "催收说要到我家来", [LabeledUtterance("会不会来我家里要帐", "home_visit"), *corpus])
    assert "抢走" in why
    assert "home_visit" in why


@pytest.mark.parametrize(
    ("key", "question", "said"),
    [
        ("home_visi", "今晚会来吗", "你是不是想写“home_visit”"),
        ("上门", "今晚会来吗", "请对照 faq.yaml 里的 id 或 title"),
        ("home_visit的标题", "今晚会来吗", "你是不是想写“home_visit标题”（home_visit）"),
        ("home_visit", "  ", "空的"),
        ("home_visit", "长" * (MAX_CHARACTERS + 1), str(MAX_CHARACTERS)),
        ("home_visit", "？！", "E-EMPTY-QUESTION"),
    ],
)
def test_what_is_no_question_is_refused(path: Path, key: str, question: str, said: str) -> None:
    assert said in refused(path, key, question)


def test_a_file_with_an_error_is_left_alone_and_the_error_named(path: Path) -> None:
    path.write_text(path.read_text("utf-8").replace("owner:", "ower:", 1), encoding="utf-8")
    assert "E-UNKNOWN-KEY" in refused(path, "home_visit", "今晚会来吗")


@pytest.mark.parametrize("content", [b"\xff\xfe", None], ids=["not utf-8", "no file"])
def test_a_file_that_cannot_be_read_is_said_in_one_line(path: Path, content: bytes | None) -> None:
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(TeachError) as error:
        teach(path, "home_visit", "今晚会来吗")
    assert "\n" not in str(error.value)


async def test_two_processes_that_teach_at_once_lose_neither(path: Path) -> None:
    questions = ["他们说今晚带人到老家坐坐", "外访的车停在楼下了"]
    program = "import sys; from pathlib import Path; from intents.teach import teach; teach(Path(sys.argv[1]), 'home_visit', sys.argv[2])"
    both = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", program, str(path), question)
        for question in questions
    ]
    assert [await asyncio.wait_for(process.wait(), 60) for process in both] == [0, 0]
    listed = Knowledge.load(path).faq.by_id["home_visit"].questions
    assert set(questions) <= set(listed)


@pytest.mark.parametrize(
    ("key", "question", "like"),
    [("bankruptcy", "房东不退押金", "房东不退押金"), ("debt_agency_scam", "帮我写个辞职信", "辞职")],
)
def test_what_reads_as_another_matter_is_refused_and_the_nearest_question_out_of_scope_named(
    shipped: Knowledge, key: str, question: str, like: str
) -> None:
    why = other_matter(check_file(SHIPPED_FAQ, advice=False), shipped.matcher, key, question)
    assert why is not None
    assert like in why.partition("不归这里管的")[2]
    assert "\n" not in why


@pytest.mark.parametrize("question", ["有人拿着我照片在小区门口问我住哪栋", "他们今晚带人到老家坐坐"])
def test_what_is_only_said_in_other_words_is_no_other_matter(shipped: Knowledge, question: str) -> None:
    assert other_matter(check_file(SHIPPED_FAQ, advice=False), shipped.matcher, "home_visit", question) is None


def test_what_reads_as_another_matter_is_written_when_the_operator_insists(path: Path) -> None:
    with pytest.raises(TeachError, match="--force"):
        teach(path, "lawsuit", "花呗怎么开通额度")
    assert teach(path, "lawsuit", "花呗怎么开通额度", force=True).question == "花呗怎么开通额度"


def clarify(*scores: tuple[str, float]) -> Match:
    return Match("会不会带警察", Decision.CLARIFY, scores[0][0], scores[0][1], tuple(starmap(Candidate, scores)))


def test_what_is_still_offered_is_not_lost_in_whatever_place() -> None:
    swapped = clarify(("jail", 0.467), ("home_visit", 0.466))
    assert _serves(swapped, "home_visit")
    assert not _serves(swapped, "lawsuit")
    assert not _serves(dataclasses.replace(swapped, decision=Decision.ANSWER), "home_visit")


def test_a_score_that_hardly_moved_took_nothing_and_one_that_rose_or_fell_did() -> None:
    before = clarify(("home_visit", 0.47), ("jail", 0.46))
    refused = dataclasses.replace(before, decision=Decision.FALLBACK, intent=None, candidates=())
    assert _score_shift(before, clarify(("jail", 0.47), ("home_visit", 0.46))) < SCORE_NOISE
    assert _score_shift(before, clarify(("jail", 0.8), ("home_visit", 0.1))) > SCORE_NOISE
    assert _score_shift(before, refused) > SCORE_NOISE
