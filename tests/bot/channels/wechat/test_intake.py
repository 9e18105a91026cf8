"""Five seconds, three tries: one message is one computation, and every answer gets to the person who waits for it."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.channels.wechat import wording
from bot.channels.wechat.intake import Pace
from bot.messages import Choice, Incoming, Reply
from bot.talk.wording import text_reply
from tests.fakes.wechat import Delivery, Mode
from tests.wechat_account import PACE, Account, StoreAway, talking

SLOW = "慢"
CHOICES = (Choice("后果", "p:a:consequences"), Choice("权利", "p:a:rights"))


class Conversation:
    """A conversation that takes as long over some words as the test likes."""

    def __init__(self) -> None:
        self.heard: list[Incoming] = []
        self.hearing = asyncio.Event()
        self.ready = asyncio.Event()

    async def __call__(self, incoming: Incoming) -> Reply | None:
        self.heard.append(incoming)
        self.hearing.set()
        if incoming.text.startswith(SLOW):
            await self.ready.wait()
        return text_reply(f"答：{incoming.text or incoming.choice}", choices=CHOICES)

    def ready_at_try(self, number: int) -> Callable[[int], None]:
        """For WeChat's on_try: ready when it tries so many times."""

        def on_try(tried: int) -> None:
            if tried == number:
                self.ready.set()

        return on_try


@pytest.fixture
def conversation() -> Conversation:
    return Conversation()


async def slow(account: Account, text: str = SLOW) -> Delivery:
    """Ask what takes longer than all three tries."""
    delivery = await account.wechat.says("o1", text)
    assert delivery.text is not None
    return delivery


@pytest.mark.parametrize("mode", ["plain", "aes"])
@pytest.mark.parametrize("number", [1, 2, 3])
async def test_what_is_ready_at_a_try_is_answered_then(
    tmp_path: Path, conversation: Conversation, number: int, mode: Mode
) -> None:
    async with talking(tmp_path, mode, turn=conversation, pace=PACE) as account:
        account.wechat.on_try = conversation.ready_at_try(number)
        delivery = await account.wechat.says("o1", SLOW)
        assert delivery.text is not None
        assert delivery.text.startswith(f"答：{SLOW}")
        assert delivery.tries == number
    assert len(conversation.heard) == 1


async def test_the_third_try_says_how_to_see_the_answer_which_waits(tmp_path: Path, conversation: Conversation) -> None:
    async with talking(tmp_path, turn=conversation, pace=PACE) as account:
        delivery = await slow(account)
        assert delivery == Delivery(wording.WAIT, 3)
        conversation.ready.set()
        late = await account.wechat.says("o1", "1")
        assert (late.text or "").startswith(f"答：{SLOW}")
        # From here on 1 is the first choice of what was shown.
        await account.wechat.says("o1", "１.")
    assert [each.choice for each in conversation.heard] == [None, "p:a:consequences"]
    assert account.counted["late"] == 1


async def test_asked_for_before_it_is_ready_it_goes_on_waiting(tmp_path: Path, conversation: Conversation) -> None:
    async with talking(tmp_path, turn=conversation, pace=PACE) as account:
        await slow(account)
        assert (await account.wechat.says("o1", "一")).text == wording.WAIT
        account.wechat.on_try = conversation.ready_at_try(2)
        late = await account.wechat.says("o1", "1")
        assert (late.text or "").startswith(f"答：{SLOW}")
        assert late.tries == 2
    assert len(conversation.heard) == 1


async def test_a_second_question_while_the_first_is_busy_is_answered_and_the_first_waits(
    tmp_path: Path, conversation: Conversation
) -> None:
    async with talking(tmp_path, turn=conversation, pace=PACE) as account:
        first = asyncio.create_task(account.wechat.says("o1", SLOW))
        await conversation.hearing.wait()
        second = await account.wechat.says("o1", "快")
        assert (second.text or "").startswith("答：快")
        assert (await first).text == wording.WAIT
        conversation.ready.set()
        third = await account.wechat.says("o1", "又快")
        assert (third.text or "").endswith(wording.EARLIER)
        # The numbers are those of the answer above; the earlier one waits behind 0.
        await account.wechat.says("o1", "2")
        earlier = await account.wechat.says("o1", "0")
        assert (earlier.text or "").startswith(f"答：{SLOW}")
        assert wording.EARLIER not in (earlier.text or "")
    assert [each.text for each in conversation.heard] == [SLOW, "快", "又快", "2"]


async def test_two_late_answers_come_one_after_the_other(tmp_path: Path, conversation: Conversation) -> None:
    async with talking(tmp_path, turn=conversation, pace=PACE) as account:
        one, other = await asyncio.gather(slow(account, "慢一"), slow(account, "慢二"))
        assert one.text == other.text == wording.WAIT
        conversation.ready.set()
        shown = [(await account.wechat.says("o1", number)).text or "" for number in ("1", "0")]
    assert {text[:4] for text in shown} == {"答：慢一", "答：慢二"}


async def test_concurrent_tries_are_one_computation_and_say_the_same(
    tmp_path: Path, conversation: Conversation
) -> None:
    async with talking(tmp_path, turn=conversation, pace=Pace(answer=2, hold=3)) as account:
        account.wechat.limit = 5
        fields = account.wechat.text("o1", SLOW)
        tries = [asyncio.create_task(account.wechat.post(fields)) for _ in range(4)]
        await account.counted.reaches("try", 3)
        conversation.ready.set()
        answers = {account.wechat.read((await each).content, fields) for each in tries}
    assert len(answers) == 1
    assert len(conversation.heard) == 1


async def test_a_try_after_the_answer_gets_the_same_and_a_repeat_much_later_nothing(
    tmp_path: Path, conversation: Conversation
) -> None:
    async with talking(tmp_path, turn=conversation) as account:
        fields = account.wechat.text("o1", "快")
        assert (await account.wechat.deliver(fields)).text == (await account.wechat.deliver(fields)).text
    old = {**fields, "CreateTime": str(int(fields["CreateTime"]) - 3600)}
    async with talking(tmp_path, turn=conversation) as account:  # after a restart
        assert (await account.wechat.deliver(old)).text is None
        assert account.counted["repeat"] == 1
    async with talking(tmp_path, turn=conversation) as account:  # so soon after one that its sender still waits
        assert ((await account.wechat.deliver(fields)).text or "").startswith("答：快")
    assert len(conversation.heard) == 2


async def test_with_the_store_away_all_is_answered_once(tmp_path: Path, conversation: Conversation) -> None:
    async with talking(tmp_path, turn=conversation, claims=StoreAway()) as account:
        fields = account.wechat.text("o1", "快")
        for _ in range(2):
            assert ((await account.wechat.deliver(fields)).text or "").startswith("答：快")
    assert len(conversation.heard) == 1


async def test_one_message_is_one_row_of_effects(tmp_path: Path) -> None:
    async with talking(tmp_path) as account:
        fields = account.wechat.text("o1", "催收会上门吗")
        await asyncio.gather(*(account.wechat.post(fields) for _ in range(3)))
        counts = await account.store.analytics.outcomes()
    assert [(each.intent, each.count) for each in counts] == [("home_visit", 1)]


async def test_a_long_answer_arrives_whole_behind_0(tmp_path: Path) -> None:
    sentence = "这是一句说得很清楚的话。"

    async def turn(incoming: Incoming) -> Reply | None:
        return text_reply(*(sentence * 20 for _ in range(12)), choices=CHOICES) if incoming.text == "长" else None

    async with talking(tmp_path, turn=turn) as account:
        texts = [(await account.wechat.says("o1", "长")).text or ""]
        while texts[-1].endswith(wording.CONTINUE):
            fields = account.wechat.text("o1", ["0", "０", "继续", "0。"][len(texts) % 4])
            texts.append((await account.wechat.deliver(fields)).text or "")
            assert (await account.wechat.deliver(fields)).text == texts[-1]
        assert len(texts) > 3
        assert "".join(texts).count(sentence) == 20 * 12
        assert "2 权利" in texts[-1]
        assert (await account.wechat.says("o1", "0")).text is None  # nothing waits: the conversation is asked


async def test_what_is_in_work_at_the_end_is_finished(tmp_path: Path, conversation: Conversation) -> None:
    async with talking(tmp_path, turn=conversation) as account:
        asking = asyncio.create_task(account.wechat.says("o1", SLOW))
        await conversation.hearing.wait()
        stopping = asyncio.create_task(account.channel.stop(5))
        conversation.ready.set()
        assert ((await asking).text or "").startswith("答：")
        await stopping
