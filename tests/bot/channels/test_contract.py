"""What everybody relies on in every channel: the service, the operators, and above all the people who write there."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from math import ceil

import pytest
import pytest_asyncio
from starlette.routing import Mount, Route

from bot.messages import ChatIdentity, ChoiceStyle, SendError
from bot.observe import configure_logging
from bot.store.store import Store
from bot.talk.conversation import Conversation
from bot.talk.wording import FORGOTTEN, MENU, choosing, text_reply
from intents.danger.detector import CRISIS
from intents.knowledge import Knowledge
from tests.bot.channels.contract import BROKEN, JOINING, LONG, PLACES, SENTENCE, SENTENCES, Place, World
from tests.logs import logging_restored
from tests.talking import Seen, Talk, check, place, talks

pytestmark = pytest.mark.asyncio(loop_scope="module")

TALKS = talks()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def world(shipped: Knowledge) -> AsyncIterator[World]:
    """One conversation on the shipped FAQ, behind every channel of this module."""
    async with Store("sqlite+aiosqlite://", call_seconds=20) as store:
        yield World(store, Conversation(lambda: shipped, store))


@pytest_asyncio.fixture(loop_scope="module")
async def new_world(shipped: Knowledge) -> AsyncIterator[World]:
    """Another one, for a vendor whose messages are numbered from the beginning: `world` would take them for repeats."""
    async with Store("sqlite+aiosqlite://", call_seconds=20) as store:
        yield World(store, Conversation(lambda: shipped, store))


@pytest_asyncio.fixture(loop_scope="module", scope="module", params=[*PLACES])
async def at(request: pytest.FixtureRequest, world: World) -> AsyncIterator[Place]:
    """Each channel, running; it has ended by itself when it was stopped."""
    async with PLACES[request.param](world) as opened:
        yield opened


@pytest.mark.proof
@pytest.mark.parametrize("talk", TALKS, ids=lambda talk: talk.name)
async def test_a_talk_goes_as_written(at: Place, talk: Talk) -> None:
    await have(talk, at)


@pytest.mark.parametrize("row", range(ceil(len(TALKS) / len(PLACES))))
async def test_each_channel_has_its_share_of_the_talks(at: Place, row: int, request: pytest.FixtureRequest) -> None:
    """Every talk in one channel: what the longer proof has in each."""
    column = [*PLACES].index(request.node.callspec.params["at"])
    for talk in TALKS[row * len(PLACES) + column :][:1]:
        await have(talk, at)


async def have(talk: Talk, at: Place) -> None:
    person = at.person()
    for number, turn in enumerate(talk.turns):
        shown = await (person.takes(turn.tap) if turn.tap is not None else person.says(turn.say or ""))
        seen = Seen(shown.text, shown.labels, shown.decision, shown.intent) if shown is not None else None
        check(turn, seen, place(talk, number))


async def test_a_message_that_comes_again_is_answered_once(at: Place) -> None:
    if not at.repeats:
        pytest.skip("its vendor repeats nothing")
    person = at.person()
    assert await person.says("催收会上门吗") is not None
    await person.again()
    after = await person.says("会被起诉吗")
    assert after is not None
    assert after.intent == "lawsuit"
    assert at.world.turns[person.identity.user] == 2


async def test_an_answer_too_long_for_a_message_arrives_whole_in_parts(at: Place) -> None:
    shown = await at.person().says(LONG)
    assert shown is not None
    assert shown.text.count(SENTENCE) == SENTENCES
    sizes = [at.channel.limits.measure(text) for text in shown.texts]
    assert max(sizes) <= at.channel.limits.message_size
    assert len(sizes) == 1 or at.channel.limits.measure(SENTENCE * SENTENCES) > at.channel.limits.message_size


@pytest.mark.parametrize("before", ["催收会上门吗", LONG, "菜单"])
async def test_danger_to_life_comes_first_and_in_one_message(at: Place, before: str) -> None:
    person = at.person()
    await person.says(before)
    shown = await person.says("我刚才把一整瓶安眠药都吃了")
    assert shown is not None
    assert shown.intent == CRISIS
    [text] = shown.texts
    assert "120" in text[:20]
    assert shown.labels


async def test_forgetting_deletes_all_that_is_kept_of_a_person(at: Place) -> None:
    person = at.person()
    await person.says(LONG)
    await person.says("催收会上门吗")
    await person.takes("有用")
    assert (await at.world.store.turns.load(person.identity)).state is not None
    shown = await person.says("删除我的数据")
    assert shown is not None
    assert FORGOTTEN.sections[0].lines[0] in shown.text
    assert await at.world.store.forget(person.identity) == 0


async def test_how_a_choice_is_taken_is_said_as_the_channel_shows_it(at: Place) -> None:
    style = at.channel.limits.choice_style
    for words in ("菜单", "帮助", "随便说点别的什么好呢"):
        shown = await at.person().says(words)
        assert shown is not None
        assert "{" not in shown.text
        assert style is ChoiceStyle.BUTTONS or "按钮" not in shown.text
        assert words != "菜单" or choosing(MENU, style) in shown.text


async def test_a_failing_turn_is_an_apology_and_nothing_personal_is_logged(
    at: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    person = at.person()
    shown = await person.says(f"{BROKEN}，我叫王小明，13812345678")
    assert shown is not None
    assert "再发一次" in shown.text
    await person.says("我叫王小明，催收会上门吗")
    written = "".join(capsys.readouterr())
    assert "failed" in written
    for secret in (person.identity.user, "王小明", "13812345678", BROKEN):
        assert secret not in written


async def test_all_lines_about_a_message_have_one_name_in_the_log_and_another_message_another(
    at: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    person = at.person()
    with logging_restored():
        configure_logging("json", "WARNING")
        await person.says(BROKEN)
        await person.says(BROKEN)
    *_, first, second = at.world.requests
    failures = [json.loads(line) for line in capsys.readouterr().err.splitlines() if "_failed" in line]
    assert [line["request"] for line in failures] == [first, second]
    assert first != second


async def test_it_is_well_while_it_runs(at: Place) -> None:
    assert at.channel.connected.is_set()
    assert await at.channel.health() is None


async def test_where_people_can_be_written_to_they_hear_it_unasked(at: Place) -> None:
    person = at.person()
    await person.says("催收会上门吗")
    if not at.channel.limits.proactive:
        with pytest.raises(SendError):
            await at.channel.send(person.identity, text_reply("今晚维护"))
        return
    await at.channel.send(person.identity, text_reply("今晚维护"))
    assert await person.hears() == "今晚维护"


async def test_what_does_not_arrive_is_an_error_that_names_nobody(at: Place) -> None:
    with pytest.raises(SendError) as caught:
        await at.channel.send(ChatIdentity(at.name, "7999999999"), text_reply("今晚维护"))
    assert "7999999999" not in str(caught.value)


@pytest.mark.parametrize("name", [*JOINING])
async def test_a_thought_in_several_messages_gets_one_answer_and_danger_waits_for_nothing(
    name: str, new_world: World
) -> None:
    async with JOINING[name](new_world) as at:
        for lines, intent in (
            (("我借了网贷", "三个月没还了", "今天有人打电话", "催收会上门吗"), "home_visit"),
            (("我真的", "不想活了"), CRISIS),
        ):
            person = at.person()
            shown = await person.says_in_lines(lines)
            assert shown is not None
            assert shown.intent == intent
            assert at.world.turns[person.identity.user] == 1


async def test_channels_share_no_path(world: World) -> None:
    async with AsyncExitStack() as opened:
        places = [await opened.enter_async_context(PLACES[name](world)) for name in PLACES]
        channels = {each.name: each.channel for each in places}
    routes = [route for channel in channels.values() for route in channel.routes()]
    paths = [route.path for route in routes if isinstance(route, Route | Mount)]
    assert len(paths) == len(routes) == len(set(paths))
