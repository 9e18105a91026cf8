"""Operators in WeChat: their commands and choices by text and number, and that nobody else has them."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.channels.wechat import wording
from bot.messages import ChatIdentity
from bot.operators.admin_commands import COMMANDS
from bot.settings import SettingsError, load_settings
from bot.store.analytics import TurnEvent
from intents.knowledge import Knowledge
from tests.faqs import write_faq
from tests.telegram_bot import GREETING, HOME_VISIT, LAWSUIT
from tests.wechat_account import Account, talking

ADMIN = "o_operator_0123456789abcdefg"
MISS = "鹦鹉孔雀蜻蜓蚂蚁"


@pytest.fixture
async def account(tmp_path: Path) -> AsyncIterator[Account]:
    knowledge = Knowledge.load(
        write_faq(tmp_path, [HOME_VISIT, LAWSUIT, GREETING], out_of_scope={"questions": ["花呗怎么开通"]})
    )
    async with talking(tmp_path, knowledge=knowledge, admins={ADMIN}) as account:
        await account.store.turns.save(
            ChatIdentity("wechat", "o1"), "{}", TurnEvent("fallback", miss=MISS, likeness=MISS)
        )
        yield account


async def says(account: Account, text: str, person: str = ADMIN) -> str:
    """What is read as answer, without links."""
    return re.sub(r"<[^>]*>", "", (await account.wechat.says(person, text)).text or "")


async def test_a_miss_is_taught_by_numbers(account: Account, tmp_path: Path) -> None:
    assert "没听懂的话（1）" in await says(account, "/stats")
    assert MISS in await says(account, "1")
    one = await says(account, "1")
    assert "回复话题前面的数字就教给它" in one
    assert "按钮" not in one
    found = re.search(r"(\d+) (?:教给|不归我们管)", one)  # a topic that is near, or none of ours
    assert found is not None, one
    assert "已写进 faq.yaml" in await says(account, found[1])
    assert MISS in (tmp_path / "faq.yaml").read_text("utf-8")


async def test_a_question_is_taught_in_one_line_and_the_file_read_again(account: Account) -> None:
    assert "已写进 faq.yaml" in await says(account, "/teach home_visit 讨债的蹲在单元楼底下")
    assert "没有变化" in await says(account, "/reload")
    assert "请写成 /teach" in await says(account, "/teach")
    assert "只能回话" in await says(account, "/broadcast 今晚维护")


async def test_after_an_operators_list_numbers_are_those_of_the_talk_again(account: Account) -> None:
    await says(account, "/misses")
    assert "home_visit的简要回答" in await says(account, "催收会上门吗")
    assert "home_visit的权利二" in await says(account, "2")


async def test_an_unknown_command_lists_those_that_there_are(account: Account) -> None:
    listed = await says(account, "/")
    assert all(f"/{name} " in listed for name in COMMANDS)
    assert wording.ADMIN_COMMANDS not in await says(account, "/help")


@pytest.mark.parametrize("words", ["/stats", "/misses", "/teach home_visit 孔雀", "/"])
async def test_nobody_else_has_them(account: Account, words: str) -> None:
    before = await account.store.analytics.misses()
    text = await says(account, words, "o1")
    assert "近况" not in text
    assert MISS not in text
    assert "faq.yaml" not in text
    assert len(before) <= len(await account.store.analytics.misses())


async def test_an_operators_choice_in_somebody_elses_hand_does_nothing(account: Account) -> None:
    await says(account, "/misses")
    delivery = await account.wechat.says("o1", "1", bizmsgmenuid="a:misses")
    assert MISS not in (delivery.text or "")


async def test_everybody_learns_their_own_number(account: Account) -> None:
    assert "wechat:o1" in await says(account, "/id", "o1")


def test_operators_are_named_by_their_openid(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_settings(admins=f"wechat:{ADMIN}").admins == {ChatIdentity("wechat", ADMIN)}
    with pytest.raises(SettingsError, match="/id"):
        load_settings(admins="wechat:王小明")
