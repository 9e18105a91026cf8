"""Teaching as operators do it: personal data stays out, and they are told what came of it."""

from pathlib import Path

import pytest

from bot.operators.teaching import describe_result, teach_without_personal_data
from intents.teach import TeachError
from tests.faqs import intent, write_faq


@pytest.fixture
def path(tmp_path: Path) -> Path:
    home_visit = intent("home_visit", ["催收真的会上门吗", "会不会来我家里要账"])
    return write_faq(tmp_path, [home_visit, intent("lawsuit", ["不还钱会被起诉吗", "收到法院传票怎么办"])])


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("13812345678这个号码是催收吗", "手机号"),
        ("我叫王小明，会上我家吗", "姓名"),
        ("我叫张三，催收会上门吗", "姓名"),
        ("加我微信wx_abc12345聊", "微信号"),
        ("有人打[手机号]找我", "手机号"),
        ("催收让我加QQ：123456789聊", "QQ号"),
        ("催收让我加[QQ号]聊", "QQ号"),
    ],
)
def test_personal_data_never_gets_into_the_file(path: Path, question: str, kind: str) -> None:
    before = path.read_bytes()
    with pytest.raises(TeachError, match=kind) as refused:
        teach_without_personal_data(path, "home_visit", question)
    assert path.read_bytes() == before
    assert question not in str(refused.value)


@pytest.mark.parametrize("question", ["逾期3个月欠5万会上门吗？", "12378（投诉热线）打了有用吗", "95588打来说要上门"])
def test_amounts_dates_and_hotlines_are_no_personal_data(path: Path, question: str) -> None:
    teach_without_personal_data(path, "home_visit", question)
    assert question in path.read_text("utf-8")


def test_the_operator_is_told_where_it_stands_and_how_to_take_it_back(path: Path) -> None:
    taught = teach_without_personal_data(path, "home_visit", "他们今晚带人到老家坐坐")
    said = "\n".join(describe_result(path, taught))
    assert f"第 {taught.line} 行" in said
    assert taught.backup.name in said
    assert "youshu undo" in said
