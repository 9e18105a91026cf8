"""What operators can ask for in chat, without any channel."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.messages import ChatIdentity, Incoming, Reply, SendError, SendFailure
from bot.operators.admin_commands import COMMANDS, AdminCommands, QuotedMessage
from bot.operators.broadcast import BroadcastSender
from bot.operators.handoff import Handoffs
from bot.operators.views import LISTED
from bot.privacy import mask
from bot.store.analytics import TurnEvent
from bot.store.store import Store
from bot.talk.conversation import Conversation
from intents.reload import Reloader
from tests.faqs import intent, write_faq
from tests.job_running import local_jobs, running
from tests.stores import sqlite_url

HOME_VISIT = intent("home_visit", ["催收会上门吗", "会不会来我家", "有人来敲门要钱"], title="上门催收")
LAWSUIT = intent("lawsuit", ["会被起诉吗", "收到法院传票怎么办", "不还钱会不会打官司"])
MISS = "鹦鹉孔雀蜻蜓蚂蚁"
ADMIN, OTHER_ADMIN = ChatIdentity("there", "1"), ChatIdentity("there", "2")


@dataclass
class Post:
    """A channel that delivers to everybody but those who can't be reached."""

    delivered: list[tuple[ChatIdentity, str]] = field(default_factory=list)
    away: dict[ChatIdentity, SendFailure] = field(default_factory=dict)
    delivering: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def send(self, person: ChatIdentity, reply: Reply) -> None:
        if person in self.away:
            raise SendError(self.away[person])
        async with self.delivering:
            self.delivered.append((person, reply.text))
            self.delivering.notify_all()

    async def until(self, count: int) -> None:
        """Wait until so many messages have been delivered."""
        async with asyncio.timeout(40), self.delivering:
            await self.delivering.wait_for(lambda: len(self.delivered) >= count)


@dataclass
class House:
    """AdminCommands, and a conversation with people beside them."""

    admin_commands: AdminCommands
    conversation: Conversation
    post: Post
    path: Path

    async def say(self, user: str, text: str) -> Reply | None:
        return await self.conversation.turn(Incoming(ChatIdentity("there", user), text))

    async def missed(self, text: str) -> None:
        """Something that wasn't understood, kept as the conversation keeps it."""
        masked = mask(text)
        await self.admin_commands.handoffs.store.turns.save(
            ChatIdentity("there", "7"), "{}", TurnEvent("fallback", miss=masked, likeness=masked)
        )

    async def command(self, name: str, words: str = "", quoted: QuotedMessage | None = None) -> Reply:
        reply = await self.admin_commands.command(ADMIN, name, words, quoted)
        assert reply is not None
        return reply

    async def tap(self, value: str) -> Reply:
        reply = await self.admin_commands.tap(ADMIN, value)
        assert reply is not None
        return reply


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    path = write_faq(tmp_path, [HOME_VISIT, LAWSUIT], out_of_scope={"questions": ["花呗怎么开通"]})
    post = Post()
    async with Store(sqlite_url(tmp_path)) as store:
        reloader = Reloader.load(path)
        senders = {"there": post.send}
        handoffs = Handoffs(store, frozenset({ADMIN, OTHER_ADMIN}), senders)
        jobs = local_jobs(store)
        broadcast = BroadcastSender(store, senders, jobs, per_second=1000)
        conversation = Conversation(lambda: reloader.current, store, handoffs)
        async with running(jobs):
            yield House(AdminCommands(handoffs, reloader, broadcast), conversation, post, path)
            broadcast.stop()


def value(reply: Reply, label: str) -> str:
    """The value of the one button that says this."""
    [found] = [choice.value for choice in reply.choices if label in choice.label]
    return found


async def test_to_anybody_else_nothing_is_done(house: House) -> None:
    stranger = ChatIdentity("there", "3")
    assert not house.admin_commands.is_admin(stranger)
    for name in COMMANDS:
        with pytest.raises(PermissionError):
            await house.admin_commands.command(stranger, name, "")
    with pytest.raises(PermissionError):
        await house.admin_commands.tap(stranger, "a:misses")
    assert not house.admin_commands.is_admin(ChatIdentity("elsewhere", ADMIN.user))


async def test_stats_count_the_turns_by_outcome_and_topic(house: House) -> None:
    await house.say("7", "催收会上门吗")
    await house.say("8", "催收会上门吗")
    await house.missed(MISS)
    text = (await house.command("stats")).text
    assert "3 次" in text
    assert "直接回答 2（67%）" in text
    assert "没听懂 1（33%）" in text
    assert "上门催收 2" in text
    assert "还记着的对话 2 个" in text
    assert house.admin_commands.reloader.status.digest in text


async def test_stats_before_anybody_came_are_noughts(house: House) -> None:
    assert "0 次" in (await house.command("stats", "24h")).text


async def test_a_period_that_is_none_is_explained(house: House) -> None:
    for words in ("abc", "7y", "99999d", "2026-13-01"):
        assert "/stats 7d" in (await house.command("stats", words)).text


async def test_misses_are_counted_and_masked(house: House) -> None:
    await house.missed(f"{MISS}，打我13812345678")
    await house.missed(f"{MISS}，打我13912345678")
    listed = await house.command("misses")
    assert "（2 次）" in listed.text
    assert MISS in listed.text
    assert "138" not in listed.text
    one = await house.tap(value(listed, "1"))
    assert MISS in one.text
    assert "138" not in one.text


async def test_no_misses_are_said_so(house: House) -> None:
    assert not (await house.command("misses")).choices


async def test_a_page_of_misses_has_a_button_for_each_line(house: House) -> None:
    for first, second in itertools.islice(itertools.combinations("鹦鹉孔雀蜻蜓蚂蚁", 2), LISTED + 2):
        await house.missed(first * 3 + second * 3)
    listed = await house.command("misses")
    assert [choice.label for choice in listed.choices] == [str(number) for number in range(1, LISTED + 1)]
    assert "还有 2 组" in listed.text
    assert all(len(choice.value.encode()) <= 64 for choice in listed.choices)


async def test_a_miss_is_taught_by_one_tap_and_is_answered_from_then_on(house: House) -> None:
    await house.missed(MISS)
    one = await house.tap(value(await house.command("misses"), "1"))
    done = await house.tap(one.choices[0].value.rpartition(":")[0] + ":home_visit")
    assert "“上门催收”" in done.text
    assert house.admin_commands.reloader.current.matcher.match(MISS).intent == "home_visit"
    assert MISS in house.path.read_text("utf-8")
    assert MISS not in (await house.command("misses")).text


async def test_a_miss_may_be_put_out_of_scope(house: House) -> None:
    await house.missed(MISS)
    one = await house.tap(value(await house.command("misses"), "1"))
    done = await house.tap(value(one, "不归我们管"))
    assert "不归我们管" in done.text
    assert MISS in house.path.read_text("utf-8").partition("out_of_scope")[2]
    assert MISS not in (await house.command("misses")).text


async def test_replying_to_a_miss_teaches_it_to_the_topic_that_is_named(house: House) -> None:
    await house.missed(MISS)
    one = await house.tap(value(await house.command("misses"), "1"))
    quoted = QuotedMessage(one.text, tuple(choice.value for choice in one.choices))
    assert "第" in (await house.command("teach", "上门催收", quoted)).text
    assert house.admin_commands.reloader.current.matcher.match(MISS).intent == "home_visit"


async def test_replying_to_what_a_person_wrote_teaches_those_words(house: House) -> None:
    await house.command("teach", "home_visit", QuotedMessage("讨债的蹲在单元楼底下"))
    assert house.admin_commands.reloader.current.matcher.match("讨债的蹲在单元楼底下").intent == "home_visit"


async def test_teach_without_words_explains_itself(house: House) -> None:
    before = house.path.read_bytes()
    assert "/teach 话题 问法" in (await house.command("teach", "")).text
    for quoted in (None, QuotedMessage("答案", ("p:home_visit:rights",)), QuotedMessage("")):
        assert "/teach 话题 问法" in (await house.command("teach", "home_visit", quoted)).text
    assert house.path.read_bytes() == before


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("home_visti 讨债的蹲在楼下", "home_visit"),
        ("lawsuit 催收会上门吗", "催收会上门吗"),
        ("home_visit 我叫张伟，讨债的蹲在楼下", "[姓名]"),
        ("home_visit 讨债的蹲在楼下，打13812345678", "[手机号]"),
        ("home_visit 讨债的蹲在楼下，加QQ：123456789", "[QQ号]"),
    ],
)
async def test_what_is_refused_is_named_and_the_file_stays_as_it_was(house: House, words: str, why: str) -> None:
    before = house.path.read_bytes()
    assert why in (await house.command("teach", words)).text
    assert house.path.read_bytes() == before


async def test_a_masked_miss_is_not_written_into_the_faq(house: House) -> None:
    before = house.path.read_bytes()
    await house.missed(f"{MISS}，打13812345678")
    one = await house.tap(value(await house.command("misses"), "1"))
    assert "[手机号]" in (await house.tap(value(one, "不归我们管"))).text
    assert house.path.read_bytes() == before


async def test_a_button_whose_miss_is_gone_or_that_never_was_says_so(house: House) -> None:
    for button in ("a:miss:000000000000", "a:teach:000000000000:home_visit", "a:", "a:what", "x", ""):
        assert await house.admin_commands.tap(ADMIN, button) is not None


async def test_reload_says_that_nothing_has_changed_or_why_it_was_refused(house: House) -> None:
    assert "没有变化" in (await house.command("reload")).text
    house.path.write_text("version: 1\nintents:\n\t- id: x\n", encoding="utf-8")
    assert await house.admin_commands.command(ADMIN, "reload", "") is None
    assert "E-TAB" in (await house.command("reload")).text
    assert "E-TAB" in (await house.command("stats")).text


async def test_a_database_that_is_away_is_one_line(tmp_path: Path) -> None:
    store = Store("sqlite+aiosqlite:////no-such-folder/youshu.db")
    handoffs = Handoffs(store, frozenset({ADMIN}), {"there": Post().send})
    reloader = Reloader.load(write_faq(tmp_path, [HOME_VISIT]))
    admin_commands = AdminCommands(handoffs, reloader, BroadcastSender(store, handoffs.senders, local_jobs(store)))
    for name, words in (("stats", ""), ("misses", ""), ("broadcast", "维护"), ("take", "there:7"), ("release", "")):
        reply = await admin_commands.command(ADMIN, name, words)
        assert reply is not None
        assert "数据库没有应答" in reply.text
    reply = await admin_commands.tap(ADMIN, "a:miss:000000000000")
    assert reply is not None
    assert "数据库没有应答" in reply.text


async def test_a_broadcast_goes_out_only_after_it_was_shown_and_confirmed(house: House) -> None:
    for user in ("7", "8"):
        await house.say(user, "催收会上门吗")
    preview = await house.command("broadcast", "今晚维护\n八点恢复")
    assert "今晚维护\n八点恢复" in preview.text
    assert not house.post.delivered
    await house.tap(value(preview, "发给 2 人"))
    await house.post.until(3)
    reached, summary = house.post.delivered[:2], house.post.delivered[2]
    assert set(reached) == {(ChatIdentity("there", user), "今晚维护\n八点恢复") for user in ("7", "8")}
    assert summary[0] == ADMIN
    assert "送到 2 人" in summary[1]


async def test_those_who_blocked_the_bot_are_counted_apart_from_those_not_reached(house: House) -> None:
    for user in ("7", "8", "9"):
        await house.say(user, "催收会上门吗")
    house.post.away = {ChatIdentity("there", "7"): SendFailure.BLOCKED, ChatIdentity("there", "8"): SendFailure.OTHER}
    await house.tap(value(await house.command("broadcast", "今晚维护"), "发给"))
    await house.post.until(2)
    assert house.post.delivered[-1][1] == "群发结束：送到 1 人，1 人已屏蔽机器人，1 人没送到。"


async def test_a_draft_is_sent_once_and_only_by_the_operator_who_saw_it(house: House) -> None:
    await house.say("7", "催收会上门吗")
    send = value(await house.command("broadcast", "今晚维护"), "发给")
    other = await house.admin_commands.tap(OTHER_ADMIN, send)
    assert other is not None
    assert "失效" in other.text
    started = await house.tap(send)
    assert (await house.tap(send)).text == started.text  # a double tap isn't told that nothing went out
    await house.post.until(2)


async def test_a_dropped_or_replaced_draft_is_not_sent(house: House) -> None:
    await house.say("7", "催收会上门吗")
    old = await house.command("broadcast", "旧的")
    new = await house.command("broadcast", "新的")
    assert "失效" in (await house.tap(value(old, "发给"))).text
    await house.tap(value(new, "不发了"))
    assert "失效" in (await house.tap(value(new, "发给"))).text
    assert not house.post.delivered


async def test_a_broadcast_that_is_cut_off_tells_how_far_it_got(house: House) -> None:
    for user in range(50):
        await house.say(str(user + 10), "催收会上门吗")
    store = house.admin_commands.handoffs.store
    jobs = local_jobs(store)
    slow = BroadcastSender(store, {"there": house.post.send}, jobs, per_second=20)
    async with running(jobs):
        preview = await slow.preview(ADMIN, "今晚维护")
        await slow.confirm(ADMIN, value(preview, "发给 50 人").rpartition(":")[2])
        again = await slow.preview(ADMIN, "又一条")
        assert "还没发完" in (await slow.confirm(ADMIN, value(again, "发给").rpartition(":")[2])).text
        await house.post.until(2)
        slow.stop()
    sent = len(house.post.delivered) - 1
    assert house.post.delivered[-1] == (ADMIN, f"群发结束：送到 {sent} 人，服务停了，{50 - sent} 人没发。")


@pytest.mark.parametrize(("channel", "words"), [("there", ""), ("there", "没有人聊过"), ("web", "维护")])
async def test_a_broadcast_to_nobody_is_explained(house: House, channel: str, words: str) -> None:
    admin_commands = AdminCommands(
        Handoffs(
            house.admin_commands.handoffs.store, frozenset({ChatIdentity(channel, "1")}), {"there": house.post.send}
        ),
        house.admin_commands.reloader,
        house.admin_commands.broadcast,
    )
    reply = await admin_commands.command(ChatIdentity(channel, "1"), "broadcast", words)
    assert reply is not None
    assert not reply.choices


async def test_somebody_who_asks_for_a_human_is_taken_by_one_tap_and_given_back(house: House) -> None:
    person = ChatIdentity("there", "7")
    await house.conversation.turn(Incoming(person, choice="call"))
    assert {to for to, _ in house.post.delivered} == {ADMIN, OTHER_ADMIN}
    await house.tap("a:take:there:7")
    assert await house.say("7", "催收会上门吗") is None
    assert house.post.delivered[-1] == (ADMIN, "there:7：催收会上门吗")
    assert await house.say(ADMIN.user, "您好，请讲") is None
    assert house.post.delivered[-1] == (person, "您好，请讲")
    assert "放手" in (await house.command("release")).text
    assert await house.say("7", "催收会上门吗") is not None


async def test_taking_a_second_talk_gives_the_first_back_with_a_word(house: House) -> None:
    await house.command("take", "there:7")
    await house.command("take", "there:8")
    assert [to.user for to, text in house.post.delivered if "离开" in text] == ["7"]
    assert await house.say("7", "催收会上门吗") is not None
    assert await house.say("8", "催收会上门吗") is None


async def test_take_as_a_reply_to_a_call_takes_the_one_who_called(house: House) -> None:
    assert "已接手" in (await house.command("take", "", QuotedMessage("有人想说话", ("a:take:there:7",)))).text
    assert "/take" in (await house.command("take", "")).text


def test_the_operators_handbook_explains_every_command() -> None:
    handbook = (Path(__file__).parents[3] / "docs" / "operators.md").read_text("utf-8")
    assert not [name for name in COMMANDS if f"`/{name}" not in handbook]
