"""One person's day in WeChat against the shipped FAQ, from subscribing to leaving; `pytest -m proof -s` prints it to be read."""

import asyncio
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.channels.wechat import wording
from bot.channels.wechat.keeping import CHANNEL
from bot.messages import ChatIdentity, Incoming, Reply
from bot.talk.answers import render_full
from bot.talk.wording import FORGOTTEN
from intents.knowledge import Knowledge
from tests.fakes.wechat import JSON
from tests.wechat_account import PACE, Account, talking

PERSON = "o_person_of_the_day_012345678"
LINK = re.compile(r"<[^>]*>")


@dataclass
class Day:
    """The person's phone: what was sent and read, in order."""

    account: Account
    lines: list[str] = field(default_factory=list)

    async def says(self, text: str) -> str:
        """Write something."""
        return await self.does(f"我：{text}", self.account.wechat.text(PERSON, text))

    async def event(self, shown: str, event: str, key: str = "") -> str:
        """Tap or do something."""
        return await self.does(f"（{shown}）", self.account.wechat.event(PERSON, event, key))

    async def does(self, shown: str, fields: JSON) -> str:
        """Anything, and what is read then, without links."""
        delivery = await self.account.wechat.deliver(fields)
        assert delivery.fault is None, self.transcript
        read = LINK.sub("", delivery.text or "")
        tries = f"（第 {delivery.tries} 次才有回答）" if delivery.tries > 1 else ""
        self.lines += [shown, f"有数{tries}：{read or '（没有回答）'}", ""]
        return read

    @property
    def transcript(self) -> str:
        """All of it, as on the phone."""
        return "\n".join(self.lines)


@contextmanager
def locked(database: Path) -> Iterator[None]:
    """Another program holds the database's one lock for writing."""
    connection = sqlite3.connect(database, isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield
    finally:
        connection.close()


@pytest.mark.proof
async def test_a_day(shipped: Knowledge, tmp_path: Path) -> None:
    busy, free, whole = "今天有点慢", asyncio.Event(), "上门催收，从头到尾都讲给我听"

    async def turn(incoming: Incoming) -> Reply | None:
        if incoming.text.startswith(busy):
            await free.wait()
        if incoming.text == whole:  # no single part of the shipped answers is longer than a message
            return render_full(shipped.faq, shipped.faq.by_id["home_visit"])
        return await account.conversation.turn(incoming)

    async with talking(tmp_path, "aes", turn=turn, knowledge=shipped, pace=PACE) as account:
        day = Day(account)
        assert wording.WELCOME in await day.event("扫码关注", "subscribe")
        assert "催收" in await day.says("2")
        assert "1 后果" in await day.says("催收说明天要带人来我家，我妈一个人在")
        assert "权利" in await day.says("2")
        await day.says("第三个")
        assert (await day.says(whole)).endswith(wording.CONTINUE)
        assert "依据" in await day.says("0")
        await day.says("微粒贷逾期会不会起诉我")
        await day.says("怎么协商，我该怎么跟平台说")
        await day.says("4")
        both = await asyncio.gather(day.says("征信上会留几年"), day.says("他们给我单位打电话合法吗"))
        assert all(both)
        fields = account.wechat.message(PERSON, "voice", MediaId="m", Recognition="我能不能只还本金")
        assert wording.HEARD[:4] in await day.does("（语音：我能不能只还本金）", fields)
        assert wording.IMAGE in await day.does("（一张图片）", account.wechat.message(PERSON, "image", PicUrl="x"))
        with locked(tmp_path / "youshu.db"):
            assert await day.says("法院传票怎么办")
        assert wording.WAIT[:8] in await day.says(f"{busy}：被列为失信人会怎样")
        free.set()
        assert await day.says("1")
        await day.event("点菜单：看话题 → 协商还款", "CLICK", "g:negotiation")
        await day.says("今天天气怎么样")
        await day.says("那我问你你是谁")
        danger = await day.says("我不想活了，撑不下去了")
        assert "12356" in danger
        await day.says("就我一个人在家")
        await day.says("我给我姐打电话了，她马上过来")
        await day.says("好多了，谢谢")
        assert FORGOTTEN.sections[0].lines[0] in await day.says("删除我的数据")
        await day.event("取消关注", "unsubscribe")
        person = ChatIdentity(CHANNEL, PERSON)
        await account.store.turns.settle()
        assert await account.store.forget(person) == 0
    print(day.transcript)  # noqa: T201 -- to be read
