"""What waits for people and what they may still get: over a restart, and at several processes on one database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bot.channels.wecom import wording
from bot.channels.wecom.limits import MESSAGES_AFTER_A_MESSAGE
from bot.messages import ChatIdentity, Incoming, Reply, SendError
from bot.talk.wording import text_reply
from tests.fakes.wecom import ACCOUNT, WeCom, wecom_server
from tests.wecom_account import Company, options, talking

SENTENCE = "这是一句说得很清楚的话。"
PERSON = ChatIdentity("wecom", "wm1")


@pytest.fixture
async def wecom() -> AsyncIterator[WeCom]:
    async with wecom_server() as server:
        yield server


async def turn(incoming: Incoming) -> Reply | None:
    if incoming.text == "长":
        return text_reply(*(SENTENCE * 20 for _ in range(28)))
    return text_reply(f"答：{incoming.text}")


@asynccontextmanager
async def serving_both(wecom: WeCom, folder: Path) -> AsyncIterator[list[Company]]:
    """Two processes; callbacks go to the second unless a test says otherwise."""
    account = replace(options(wecom), several=True)
    async with (
        talking(wecom, folder, turn=turn, account=account) as one,
        talking(wecom, folder, turn=turn, account=account) as other,
    ):
        yield [one, other]


async def read(wecom: WeCom, number: int = MESSAGES_AFTER_A_MESSAGE) -> list[str]:
    return [message.text for message in await wecom.reads(PERSON.user, number)]


async def done(company: Company) -> None:
    """Wait until a process has answered and kept all that it has pulled."""
    await company.channel._intake.finish(10)
    for keeper in company.channel._keepers:
        assert keeper is not None
        await keeper.settle()


async def refused(company: Company) -> str:
    """What an operator is told whose message can't go out."""
    with pytest.raises(SendError) as error:
        await company.channel.send(PERSON, text_reply("在吗"))
    return error.value.remedy


async def test_the_rest_of_a_long_answer_and_what_may_be_sent_are_there_after_a_restart(
    wecom: WeCom, tmp_path: Path
) -> None:
    async with talking(wecom, tmp_path, turn=turn):
        await wecom.says(PERSON.user, "长")
        texts = await read(wecom)
    async with talking(wecom, tmp_path, turn=turn) as company:
        assert await refused(company) == wording.QUOTA.format(needed=1, left=0)
        await wecom.says(PERSON.user, "0")
        texts += await read(wecom)
        assert company.channel._quotas.account(PERSON.user) == ACCOUNT
    assert all(SENTENCE in text for text in texts)


async def test_one_process_reads_on_where_the_other_has_begun_and_knows_what_it_has_sent(
    wecom: WeCom, tmp_path: Path
) -> None:
    async with serving_both(wecom, tmp_path) as (one, other):
        await wecom.says(PERSON.user, "长")
        texts = await read(wecom)
        # The callbacks went to the second process, and yet the first knows that nothing more may be sent.
        await done(other)
        assert await refused(one) == wording.QUOTA.format(needed=1, left=0)
        await one.channel._quotas.refresh(PERSON.user)
        await wecom.says(PERSON.user, "0")
        texts += await read(wecom)
        assert all(SENTENCE in text for text in texts)
        await wecom.says(PERSON.user, "一")
        assert await read(wecom, 1) == ["答：一"]
        await done(one)
        await done(other)
        await one.channel.send(PERSON, text_reply("在吗"))
        assert await read(wecom, 1) == ["在吗"]
        await done(one)
        await other.channel._quotas.refresh(PERSON.user)
        assert other.channel._quotas.left(PERSON.user) == MESSAGES_AFTER_A_MESSAGE - 2


async def test_a_message_that_both_processes_pull_is_answered_once(wecom: WeCom, tmp_path: Path) -> None:
    async with serving_both(wecom, tmp_path) as processes:
        await wecom.says(PERSON.user, "一")
        processes[0].channel._syncer.wake(ACCOUNT)
        assert await read(wecom, 1) == ["答：一"]
        await wecom.says(PERSON.user, "二")
        assert await read(wecom, 1) == ["答：二"]
        assert await processes[0].store.pulls.take_lost("wecom", 120) == {}
