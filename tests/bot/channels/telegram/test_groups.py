"""In groups and channels: speaks when spoken to."""

import pytest

from tests.fakes.botapi import BotAPI, buttons
from tests.fakes.botapi_rules import JSON
from tests.telegram_bot import Bot


@pytest.fixture
def group(server: BotAPI) -> JSON:
    return server.group()


@pytest.fixture
def user(server: BotAPI) -> JSON:
    return server.user()


@pytest.mark.usefixtures("bot")
async def test_talk_that_is_not_meant_for_it_is_left_alone(server: BotAPI, group: JSON, user: JSON) -> None:
    await server.says(user, "催收会上门吗", chat=group)
    await server.says(user, "@someone_else 催收会上门吗", chat=group)
    await server.says(user, "/privacy@other_bot", chat=group)
    await server.says(user, f"@{server.world.username} 会被起诉吗", chat=group)
    assert "lawsuit" in (await server.next_message(group))["text"]
    assert not server.unread(group)


@pytest.mark.usefixtures("bot")
async def test_a_mention_is_answered_as_a_reply_to_it(server: BotAPI, group: JSON, user: JSON) -> None:
    question = await server.says(user, f"@{server.world.username.upper()} 催收会上门吗", chat=group)
    answer = await server.next_message(group)
    assert "home_visit" in answer["text"]
    assert answer["reply_to_message"]["message_id"] == question["message_id"]


@pytest.mark.usefixtures("bot")
async def test_a_reply_to_the_bot_is_answered(server: BotAPI, group: JSON, user: JSON) -> None:
    await server.says(user, f"@{server.world.username} 催收会上门吗", chat=group)
    answer = await server.next_message(group)
    await server.says(user, "会被起诉吗", chat=group, reply_to_message=answer)
    assert "lawsuit" in (await server.next_message(group))["text"]


@pytest.mark.usefixtures("bot")
async def test_a_mention_under_a_picture_counts(server: BotAPI, group: JSON, user: JSON) -> None:
    caption = f"@{server.world.username} 会被起诉吗"
    mention = {"type": "mention", "offset": 0, "length": len(server.world.username) + 1}
    photo: JSON = {"photo": [{"file_id": "f", "file_unique_id": "f", "width": 1, "height": 1}]}
    await server.says(user, chat=group, **photo, caption=caption, caption_entities=[mention])
    assert "lawsuit" in (await server.next_message(group))["text"]


@pytest.mark.usefixtures("bot")
async def test_a_bare_mention_gets_a_kind_line(server: BotAPI, group: JSON, user: JSON) -> None:
    await server.says(user, f"@{server.world.username}", chat=group)
    assert (await server.next_message(group))["text"]


@pytest.mark.usefixtures("bot")
async def test_pictures_and_edits_among_others_are_none_of_its_business(
    server: BotAPI, group: JSON, user: JSON
) -> None:
    await server.says(
        user, chat=group, sticker_set_name="x", voice={"file_id": "f", "file_unique_id": "f", "duration": 3}
    )
    message = await server.says(user, "在吗", chat=group)
    await server.push({"edited_message": {**message, "text": "还在吗", "edit_date": message["date"]}})
    await server.says(user, f"@{server.world.username} 会被起诉吗", chat=group)
    assert "lawsuit" in (await server.next_message(group))["text"]
    assert not server.unread(group)


@pytest.mark.usefixtures("bot")
async def test_topics_points_to_the_private_chat(server: BotAPI, group: JSON, user: JSON) -> None:
    await server.says(user, f"/topics@{server.world.username}", chat=group)
    [button] = buttons(await server.next_message(group))
    assert button["url"] == f"https://t.me/{server.world.username}?start=topics"
    await server.says(user, "/start topics")
    assert len(buttons(await server.next_message(user))) == 4


@pytest.mark.usefixtures("bot")
async def test_a_tap_on_somebody_elses_answer_works(server: BotAPI, group: JSON, user: JSON) -> None:
    await server.says(user, f"@{server.world.username} 催收会上门吗", chat=group)
    answer = await server.next_message(group)
    await server.taps(answer, "权利", server.user("小李"))
    assert "home_visit的权利二" in (await server.next_message(group))["text"]


@pytest.mark.usefixtures("bot")
async def test_what_was_said_in_private_does_not_show_in_a_group(server: BotAPI, group: JSON, user: JSON) -> None:
    await server.says(user, "催收会上门吗")
    await server.next_message(user)
    await server.says(user, f"@{server.world.username} 2", chat=group)
    assert "home_visit的权利二" not in (await server.next_message(group))["text"]


@pytest.mark.usefixtures("bot")
async def test_an_anonymous_administrator_is_answered(server: BotAPI, group: JSON) -> None:
    anonymous = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
    await server.says(anonymous, f"@{server.world.username} 会被起诉吗", chat=group, sender_chat=group)
    assert "lawsuit" in (await server.next_message(group))["text"]


async def test_a_channel_post_is_answered_only_if_it_names_the_bot(server: BotAPI, bot: Bot) -> None:
    channel = server.group("公告", kind="channel")
    await server.posts(channel, "今天的公告")
    await server.posts(channel, f"@{server.world.username} 你好")
    answer = await server.next_message(channel)
    assert buttons(answer)[0]["url"].startswith(f"https://t.me/{server.world.username}")
    assert not server.unread(channel)
    assert not bot.counted


@pytest.mark.usefixtures("bot")
async def test_a_group_that_has_become_another_is_answered_there(server: BotAPI, group: JSON, user: JSON) -> None:
    moved = server.group()
    server.world.migrated[group["id"]] = moved["id"]
    await server.says(user, f"@{server.world.username} 会被起诉吗", chat=group)
    assert "lawsuit" in (await server.next_message(moved))["text"]


@pytest.mark.usefixtures("bot")
async def test_a_reply_by_somebody_else_is_about_the_answer_that_it_replies_to(
    server: BotAPI, group: JSON, user: JSON
) -> None:
    await server.says(user, f"@{server.world.username} 催收会上门吗", chat=group)
    answer = await server.next_message(group)
    await server.says(server.user("小李"), "我有什么权利", chat=group, reply_to_message=answer)
    assert "home_visit的权利二" in (await server.next_message(group))["text"]


@pytest.mark.usefixtures("bot")
async def test_topics_is_answered_although_the_command_was_deleted(server: BotAPI, group: JSON, user: JSON) -> None:
    message = await server.says(user, f"/topics@{server.world.username}", chat=group)
    server.world.messages.pop((group["id"], message["message_id"]))
    assert "私聊" in (await server.next_message(group))["text"]


async def test_it_introduces_itself_where_it_was_added_and_not_where_it_was_promoted(
    server: BotAPI, bot: Bot, group: JSON, user: JSON
) -> None:
    await server.membership(group, user, "left", "member")
    introduction = await server.next_message(group)
    assert "有数" in introduction["text"]
    assert buttons(introduction)[0]["url"].startswith("https://t.me/")
    await server.membership(group, user, "member", "administrator")
    await server.membership(group, user, "administrator", "kicked")
    await server.says(user, f"@{server.world.username} 会被起诉吗", chat=group)
    assert "lawsuit" in (await server.next_message(group))["text"]
    assert not bot.counted
