"""`@bot 上门` in any chat."""

import pytest

from tests.fakes.botapi import BotAPI
from tests.fakes.botapi_rules import JSON
from tests.telegram_bot import Bot


async def offered(server: BotAPI, text: str, number: int = 1) -> JSON:
    await server.asks_inline(server.user(), text)
    return (await server.called("answerInlineQuery", number)).params


@pytest.mark.usefixtures("bot")
async def test_answers_are_offered_as_articles_that_anybody_may_share(server: BotAPI) -> None:
    answer = await offered(server, "催收会上门吗")
    first = answer["results"][0]
    assert first["type"] == "article"
    assert first["title"] == "home_visit标题"
    assert "home_visit的简要回答" in first["input_message_content"]["message_text"]
    assert len(answer["results"]) <= 10


@pytest.mark.usefixtures("bot")
async def test_each_article_leads_to_the_whole_answer(server: BotAPI) -> None:
    answer = await offered(server, "上门")
    [[button]] = answer["results"][0]["reply_markup"]["inline_keyboard"]
    assert button["url"] == f"https://t.me/{server.world.username}?start=home_visit"


@pytest.mark.usefixtures("bot")
async def test_the_answers_are_cached_because_they_are_the_same_for_everybody(server: BotAPI) -> None:
    one = await offered(server, "会被起诉吗")
    two = await offered(server, "会被起诉吗", 2)
    assert one["results"] == two["results"]
    assert one["cache_time"] > 0
    assert not one.get("is_personal")


@pytest.mark.usefixtures("bot")
async def test_before_anything_is_typed_the_topics_are_offered(server: BotAPI) -> None:
    assert (await offered(server, ""))["results"]


async def test_what_nobody_can_answer_offers_nothing_odd(server: BotAPI, bot: Bot) -> None:
    answer = await offered(server, "😀" * 200)
    assert isinstance(answer["results"], list)
    assert not bot.counted


async def test_an_inline_query_that_is_too_old_is_counted(server: BotAPI, bot: Bot) -> None:
    query = await server.asks_inline(server.user(), "上门")
    await server.called("answerInlineQuery")
    await server.push({"inline_query": {"id": query, "from": server.user(), "query": "上门", "offset": ""}})
    await bot.counted.reaches("query_too_old")


@pytest.mark.usefixtures("bot")
@pytest.mark.parametrize("text", ["天气", "a", "上门"])
async def test_nothing_unrelated_is_offered_and_the_private_chat_is_one_tap_away(server: BotAPI, text: str) -> None:
    answer = await offered(server, text)
    assert bool(answer["results"]) is (text == "上门")
    assert answer["button"]["start_parameter"] == "topics"
    assert answer["button"]["text"]
