"""A talk in Telegram, as a person has it."""

from pathlib import Path

import pytest
from telegram.constants import (
    FloodLimit,
    InlineKeyboardButtonLimit,
    InlineKeyboardMarkupLimit,
    InlineQueryLimit,
    MessageLimit,
)

from bot.channels.telegram import limits, wording
from bot.channels.telegram.inline import RESULTS
from bot.channels.telegram.keyboard import MOST_UNDER_AN_ANSWER, keyboard
from bot.channels.telegram.sending import texts
from bot.messages import Choice, Incoming, Reply, Section
from intents import Decision
from tests.fakes.botapi import BotAPI, Fault, buttons, labels
from tests.fakes.botapi_rules import JSON, units
from tests.telegram_bot import Bot, talking

PARTS = ["后果", "权利", "怎么做", "话术", "依据"]


@pytest.mark.usefixtures("bot")
async def test_a_question_is_answered_in_short_with_buttons_for_the_rest(server: BotAPI) -> None:
    user = server.user()
    await server.says(user, "催收会上门吗")
    answer = await server.next_message(user)
    assert "home_visit的简要回答" in answer["text"]
    assert "home_visit的后果二" not in answer["text"]
    assert {"type": "b", "offset": 0, "length": len("home_visit标题")} in answer["entities"]
    assert [label for label in labels(answer) if label in PARTS] == PARTS
    assert "lawsuit标题" in labels(answer)


@pytest.mark.usefixtures("bot")
async def test_a_part_takes_the_place_of_the_answer_and_the_way_back_as_well(server: BotAPI) -> None:
    user = server.user()
    await server.says(user, "催收会上门吗")
    answer = await server.next_message(user)
    await server.taps(answer, "权利")
    part = await server.next_message(user)
    assert part["message_id"] == answer["message_id"]
    assert "home_visit的权利二" in part["text"]
    await server.taps(part, "返回")
    back = await server.next_message(user)
    assert back["message_id"] == answer["message_id"]
    assert back["text"] == answer["text"]


@pytest.mark.usefixtures("bot")
async def test_the_buttons_stay_where_they_are_and_mark_the_part_that_is_shown(server: BotAPI) -> None:
    user = server.user()
    await server.says(user, "催收会上门吗")
    shown = await server.next_message(user)
    for part in PARTS:
        before = labels(shown)
        await server.taps(shown, part)
        shown = await server.next_message(user)
        assert labels(shown)[:5] == [f"✓{each}" if each == part else each for each in PARTS]
        assert len(labels(shown)) <= MOST_UNDER_AN_ANSWER
        assert "返回" in labels(shown)
        assert len(before) <= MOST_UNDER_AN_ANSWER
    await server.taps(shown, "✓依据")
    assert "home_visit的简要回答" in (await server.next_message(user))["text"]


@pytest.mark.usefixtures("bot")
async def test_the_way_back_stands_apart_from_other_topics(server: BotAPI) -> None:
    user = server.user()
    await server.says(user, "催收会上门吗")
    answer = await server.next_message(user)
    related = {"lawsuit标题"} & {*labels(answer)}
    await server.taps(answer, "权利")
    rows = (await server.next_message(user))["reply_markup"]["inline_keyboard"]
    [row] = [[each["text"] for each in row] for row in rows if "返回" in [each["text"] for each in row]]
    assert related
    assert not related & {*row}


@pytest.mark.usefixtures("bot")
async def test_what_to_say_is_copied_by_a_button_and_the_law_is_folded(server: BotAPI) -> None:
    user = server.user()
    await server.says(user, "催收会上门吗")
    answer = await server.next_message(user)
    await server.taps(answer, "话术")
    script = await server.next_message(user)
    [copied] = [button["copy_text"]["text"] for button in buttons(script) if "copy_text" in button]
    assert copied in script["text"]
    await server.taps(script, "依据")
    basis = await server.next_message(user)
    assert any(each["type"] in {"blockquote", "expandable_blockquote"} for each in basis["entities"])
    assert "<blockquote expandable>" in server.calls_of("editMessageText")[-1].params["text"]


@pytest.mark.usefixtures("bot")
@pytest.mark.parametrize(("said", "topic"), [("你好", "greeting"), ("谢谢", "thanks")])
async def test_a_courtesy_shows_no_title(server: BotAPI, said: str, topic: str) -> None:
    user = server.user()
    await server.says(user, said)
    answer = (await server.next_message(user))["text"]
    assert f"{topic}的简要回答" in answer
    assert f"{topic}标题" not in answer


@pytest.mark.usefixtures("bot")
async def test_its_own_result_shared_in_its_chat_is_left_alone(server: BotAPI) -> None:
    user = server.user()
    await server.says(user, "催收会上门吗", via_bot=server.world.me)
    await server.says(user, "会被起诉吗")
    assert "lawsuit" in (await server.next_message(user))["text"]


@pytest.mark.usefixtures("bot")
async def test_a_related_topic_is_a_message_of_its_own(server: BotAPI) -> None:
    user = server.user()
    await server.says(user, "催收会上门吗")
    answer = await server.next_message(user)
    await server.taps(answer, "lawsuit标题")
    other = await server.next_message(user)
    assert other["message_id"] != answer["message_id"]
    assert "lawsuit的简要回答" in other["text"]


@pytest.mark.usefixtures("bot")
async def test_a_tap_is_answered_before_anything_else_is_done(server: BotAPI) -> None:
    user = server.user()
    await server.says(user, "催收会上门吗")
    await server.taps(await server.next_message(user), "权利")
    await server.next_message(user)
    order = [call.method for call in server.calls if call.method in {"answerCallbackQuery", "editMessageText"}]
    assert order == ["answerCallbackQuery", "editMessageText"]


async def test_a_tap_that_came_too_late_still_gets_its_reply(server: BotAPI, bot: Bot) -> None:
    user = server.user()
    await server.says(user, "催收会上门吗")
    answer = await server.next_message(user)
    await server.taps_data(answer, "p:home_visit:rights", late=True)
    assert "home_visit的权利二" in (await server.next_message(user))["text"]
    assert bot.counted["query_too_old"] == 1


async def test_the_same_button_twice_is_counted_and_nothing_more(server: BotAPI, bot: Bot) -> None:
    user = server.user()
    await server.says(user, "/topics")
    menu = await server.next_message(user)
    await server.taps_data(menu, "menu")
    await server.called("editMessageText")
    await server.says(user, "催收会上门吗")
    assert "home_visit" in (await server.next_message(user))["text"]
    assert bot.counted["not_modified"] == 1


@pytest.mark.usefixtures("bot")
async def test_a_part_of_a_message_that_is_gone_comes_as_a_new_one(server: BotAPI) -> None:
    user = server.user()
    await server.says(user, "催收会上门吗")
    answer = await server.next_message(user)
    del server.world.messages[user["id"], answer["message_id"]]
    await server.taps_data(answer, "p:home_visit:rights")
    part = await server.next_message(user)
    assert part["message_id"] != answer["message_id"]
    assert "home_visit的权利二" in part["text"]


@pytest.mark.usefixtures("bot")
@pytest.mark.parametrize("data", ["i:no_such_topic", "?", "x" * 64, "g:", ":::"])
async def test_a_forged_or_outdated_button_gets_a_way_on(server: BotAPI, data: str) -> None:
    user = server.user()
    await server.says(user, "催收会上门吗")
    answer = await server.next_message(user)
    await server.taps_data(answer, data)
    assert buttons(await server.next_message(user))


@pytest.mark.usefixtures("bot")
async def test_a_number_is_as_good_as_a_button(server: BotAPI) -> None:
    user = server.user()
    await server.says(user, "催收会上门吗")
    second = buttons(await server.next_message(user))[1]
    assert second["text"] == "权利"
    await server.says(user, "2")
    assert "home_visit的权利二" in (await server.next_message(user))["text"]


@pytest.mark.usefixtures("bot")
async def test_start_greets_and_a_deep_link_goes_straight_to_its_topic(server: BotAPI) -> None:
    user = server.user(started=False)
    await server.says(user, "/start")
    assert "greeting的简要回答" in (await server.next_message(user))["text"]
    await server.says(user, "/start home_visit")
    assert "home_visit的简要回答" in (await server.next_message(user))["text"]


@pytest.mark.usefixtures("bot")
async def test_a_deep_link_to_a_topic_that_is_gone_offers_the_others(server: BotAPI) -> None:
    user = server.user()
    await server.says(user, "/start nonsense")
    answer = await server.next_message(user)
    assert "逾期的后果" in labels(answer)
    assert "按钮" not in answer["text"]


@pytest.mark.usefixtures("bot")
async def test_start_is_listed_as_what_it_does_and_keeps_the_topic(server: BotAPI) -> None:
    user = server.user()
    await server.says(user, "催收会上门吗")
    await server.next_message(user)
    await server.says(user, "/start")
    await server.next_message(user)
    await server.says(user, "那我有什么权利")
    assert "home_visit的权利二" in (await server.next_message(user))["text"]
    listed = dict(wording.COMMANDS_PRIVATE)
    assert "重新" not in listed["start"]


@pytest.mark.usefixtures("bot")
async def test_topics_are_browsed_by_group_in_one_message(server: BotAPI) -> None:
    user = server.user()
    await server.says(user, "/topics")
    menu = await server.next_message(user)
    await server.taps(menu, "催收与您的权利")
    group = await server.next_message(user)
    assert group["message_id"] == menu["message_id"]
    assert "home_visit标题" in labels(group)
    await server.taps(group, "home_visit标题")
    answer = await server.next_message(user)
    assert answer["message_id"] != menu["message_id"]
    assert "home_visit的简要回答" in answer["text"]


@pytest.mark.usefixtures("bot")
@pytest.mark.parametrize(("command", "word"), [("/help", "菜单"), ("/privacy", "删除")])
async def test_help_and_privacy_say_what_they_are_for(server: BotAPI, command: str, word: str) -> None:
    user = server.user()
    await server.says(user, command)
    text = (await server.next_message(user))["text"]
    assert word in text
    assert "数字" not in text  # its buttons have none
    assert "{" not in text


@pytest.mark.usefixtures("bot")
async def test_forget_asks_first_and_deletes_what_was_kept_in_private_and_in_groups(server: BotAPI) -> None:
    user, group = server.user(), server.group()
    await server.says(user, "催收会上门吗")
    await server.next_message(user)
    await server.says(user, f"@{server.world.username} 会被起诉吗", chat=group)
    await server.next_message(group)
    await server.says(user, "/forget")
    asked = await server.next_message(user)
    assert labels(asked) == ["删除", "不删"]
    await server.taps(asked, "不删")
    assert "没有删" in (await server.next_message(user))["text"]
    await server.says(user, "/forget")
    await server.taps(await server.next_message(user), "删除")
    assert "已经删除" in (await server.next_message(user))["text"]
    await server.says(user, "2")
    assert "权利" not in (await server.next_message(user))["text"]
    await server.says(user, f"@{server.world.username} 2", chat=group)
    assert "lawsuit的权利" not in (await server.next_message(group))["text"]


@pytest.mark.parametrize("text", ["😀😀😀", "。", "催" * 10_000, "<b>", "a & b <", "\u200b", "/", "/nonsense", "🇨🇳‍"])
async def test_any_text_gets_an_answer(server: BotAPI, bot: Bot, text: str) -> None:
    user = server.user()
    await server.says(user, text)
    assert (await server.next_message(user))["text"]
    assert not bot.counted


PHOTO: JSON = {"photo": [{"file_id": "f", "file_unique_id": "f", "width": 1, "height": 1}]}
STICKER: JSON = {
    "sticker": {
        "file_id": "f",
        "file_unique_id": "f",
        "type": "regular",
        "width": 1,
        "height": 1,
        "is_animated": False,
        "is_video": False,
    }
}
VOICE: JSON = {"voice": {"file_id": "f", "file_unique_id": "f", "duration": 3}}
PLACE: JSON = {"location": {"latitude": 1.0, "longitude": 2.0}}
CONTACT: JSON = {"contact": {"phone_number": "13800138000", "first_name": "王"}}
DICE: JSON = {"dice": {"emoji": "🎲", "value": 3}}


@pytest.mark.parametrize(
    "content",
    [PHOTO, STICKER, VOICE, PLACE, CONTACT, DICE],
    ids=["photo", "sticker", "voice", "place", "contact", "dice"],
)
async def test_what_is_not_text_gets_a_kind_line(server: BotAPI, bot: Bot, content: JSON) -> None:
    user = server.user()
    await server.says(user, **content)
    assert "文字" in (await server.next_message(user))["text"]
    assert not bot.counted


@pytest.mark.usefixtures("bot")
async def test_an_album_gets_one_line_not_one_for_each_picture(server: BotAPI) -> None:
    user = server.user()
    for _ in range(3):
        await server.says(user, **PHOTO, media_group_id="album-1")
    await server.says(user, "催收会上门吗")
    assert "文字" in (await server.next_message(user))["text"]
    assert "home_visit" in (await server.next_message(user))["text"]


@pytest.mark.usefixtures("bot")
async def test_what_is_written_under_a_picture_is_read(server: BotAPI) -> None:
    user = server.user()
    await server.says(user, **PHOTO, caption="催收会上门吗")
    assert "home_visit" in (await server.next_message(user))["text"]


@pytest.mark.usefixtures("bot")
async def test_a_forwarded_text_is_read_like_any_other(server: BotAPI) -> None:
    user = server.user()
    origin = {"type": "hidden_user", "date": 1, "sender_user_name": "催收员"}
    await server.says(user, "会被起诉吗", forward_origin=origin)
    assert "lawsuit" in (await server.next_message(user))["text"]


async def edit(server: BotAPI, message: JSON, text: str) -> None:
    await server.push({"edited_message": {**message, "text": text, "edit_date": message["date"]}})


@pytest.mark.usefixtures("bot")
async def test_the_last_message_is_answered_anew_when_it_is_edited(server: BotAPI) -> None:
    user = server.user()
    message = await server.says(user, "催收会上门吗")
    answer = await server.next_message(user)
    await edit(server, message, "会被起诉吗")
    again = await server.next_message(user)
    assert again["message_id"] == answer["message_id"]
    assert "lawsuit的简要回答" in again["text"]
    assert labels(again) != labels(answer)


@pytest.mark.usefixtures("bot")
async def test_an_older_message_that_is_edited_is_not_answered_but_told_and_one_in_danger_is(server: BotAPI) -> None:
    user = server.user()
    message = await server.says(user, "催收会上门吗")
    await server.next_message(user)
    await server.says(user, "会被起诉吗")
    await server.next_message(user)
    await edit(server, message, "会不会来我家")
    assert "改过" in (await server.next_message(user))["text"]
    await edit(server, message, "我不想活了")
    assert "120" in (await server.next_message(user))["text"]


@pytest.mark.usefixtures("bot")
async def test_an_edit_that_changes_no_word_is_left_alone(server: BotAPI) -> None:
    user = server.user()
    message = await server.says(user, "催收会上门吗")
    await server.next_message(user)
    await edit(server, message, "催收会上门吗")
    await server.says(user, "会被起诉吗")
    assert "lawsuit" in (await server.next_message(user))["text"]


async def test_service_messages_and_unknown_updates_pass_in_silence(server: BotAPI, bot: Bot) -> None:
    user, group = server.user(), server.group()
    await server.says(user, chat=group, new_chat_members=[user])
    await server.says(user, chat=group, new_chat_title="新名字")
    await server.push(
        {"message_reaction": {"chat": group, "message_id": 1, "date": 1, "old_reaction": [], "new_reaction": []}}
    )
    await server.push({"something_of_next_year": {"id": 1}})
    await server.says(user, "催收会上门吗")
    assert "home_visit" in (await server.next_message(user))["text"]
    assert not server.unread(group)
    assert not bot.counted


async def test_an_error_of_our_own_is_told_kindly_and_the_next_message_works(server: BotAPI, tmp_path: Path) -> None:
    async def turn(incoming: Incoming) -> Reply:
        if incoming.text == "坏":
            raise ZeroDivisionError("坏")
        return Reply(Decision.ANSWER, (Section(("好",)),))

    user = server.user()
    async with talking(server, tmp_path, turn=turn) as bot:
        await server.says(user, "坏")
        assert "再发一次" in (await server.next_message(user))["text"]
        await server.says(user, "好")
        assert (await server.next_message(user))["text"] == "好"
        assert bot.counted["ZeroDivisionError"] == 1


async def test_a_silent_bot_sends_nothing(server: BotAPI, tmp_path: Path) -> None:
    async def turn(incoming: Incoming) -> Reply | None:
        return None if incoming.text != "说" else Reply(Decision.ANSWER, (Section(("好",)),))

    user = server.user()
    async with talking(server, tmp_path, turn=turn):
        await server.says(user, "催收会上门吗")
        await server.says(user, "说")
        assert (await server.next_message(user))["text"] == "好"


async def test_a_long_answer_comes_in_pieces_with_the_buttons_under_the_last(server: BotAPI, tmp_path: Path) -> None:
    lines = tuple(f"第{number}条：" + "㐀<&😀" * 300 for number in range(6))

    async def turn(_: Incoming) -> Reply:
        return Reply(Decision.ANSWER, (Section(lines, heading="权利"),), choices=(Choice("后果", "p:x:consequences"),))

    user = server.user()
    async with talking(server, tmp_path, turn=turn):
        await server.says(user, "催收会上门吗")
        pieces = [await server.next_message(user)]
        while not buttons(pieces[-1]):
            pieces.append(await server.next_message(user))
    assert len(pieces) > 1
    assert all(units(piece["text"]) <= limits.MESSAGE_UNITS for piece in pieces)
    said = "".join(piece["text"] for piece in pieces)
    assert said.count("😀") == sum(line.count("😀") for line in lines)


async def test_a_person_who_blocked_the_bot_is_counted_and_delays_nobody(server: BotAPI, bot: Bot) -> None:
    gone, other = server.user(), server.user()
    await server.says(gone, "催收会上门吗")
    await server.next_message(gone)
    server.world.blocked.add(gone["id"])
    await server.says(gone, "会被起诉吗")
    await server.says(other, "催收会上门吗")
    await server.next_message(other)
    await bot.counted.reaches("blocked")


@pytest.mark.parametrize(
    ("ours", "librarys"),
    [
        (limits.MESSAGE_UNITS, MessageLimit.MAX_TEXT_LENGTH),
        (limits.KEYBOARD_BUTTONS, InlineKeyboardMarkupLimit.TOTAL_BUTTON_NUMBER),
        (limits.KEYBOARD_ROW_BUTTONS, InlineKeyboardMarkupLimit.BUTTONS_PER_ROW),
        (limits.CALLBACK_DATA_BYTES, InlineKeyboardButtonLimit.MAX_CALLBACK_DATA),
        (RESULTS, min(RESULTS, InlineQueryLimit.RESULTS)),
        (limits.MESSAGES_PER_SECOND, FloodLimit.MESSAGES_PER_SECOND),
        (limits.MESSAGES_PER_SECOND_IN_A_CHAT, FloodLimit.MESSAGES_PER_SECOND_PER_CHAT),
        (limits.MESSAGES_PER_MINUTE_IN_A_GROUP, FloodLimit.MESSAGES_PER_MINUTE_PER_GROUP),
    ],
)
def test_the_limits_are_those_that_the_library_knows(ours: int, librarys: int) -> None:
    assert ours == librarys


def said(*choices: Choice) -> Reply:
    return Reply(Decision.ANSWER, (Section(("好",)),), choices=choices)


def test_short_labels_share_a_row_and_long_ones_do_not() -> None:
    parts = [Choice(label, f"p:x:{label}") for label in PARTS]
    topics = [Choice("被单位知道了怎么办", "i:a"), Choice("一次性结清能减免多少", "i:b")]
    markup = keyboard(said(*parts, *topics))
    assert markup is not None
    assert [[button.text for button in row] for row in markup.inline_keyboard] == [
        ["后果", "权利", "怎么做"],
        ["话术", "依据"],
        ["被单位知道了怎么办"],
        ["一次性结清能减免多少"],
    ]


def test_there_are_never_more_buttons_than_telegram_takes() -> None:
    markup = keyboard(said(*(Choice(f"话题{number}", f"i:t{number}") for number in range(300))))
    assert markup is not None
    assert sum(map(len, markup.inline_keyboard)) == limits.KEYBOARD_BUTTONS


def test_a_button_that_telegram_would_not_take_does_not_cost_the_message() -> None:
    markup = keyboard(said(Choice("长", "i:" + "x" * 63), Choice("好", "i:x")))
    assert markup is not None
    assert [button.text for row in markup.inline_keyboard for button in row] == ["好"]


def test_the_longest_intent_id_fits_into_a_button() -> None:
    longest = max(
        len(f"{kind}:{'x' * 40}:{rest}") for kind, rest in [("p", "consequences"), ("v", "down"), ("r", "other")]
    )
    assert longest <= limits.CALLBACK_DATA_BYTES


def test_what_looks_like_markup_in_a_text_is_shown_as_it_stands() -> None:
    assert texts(Reply(Decision.ANSWER, (Section(("1 < 2 & <b>",)),))) == ["1 &lt; 2 &amp; &lt;b&gt;"]


@pytest.mark.usefixtures("bot")
async def test_the_profile_is_set_in_chinese_with_an_english_fallback(server: BotAPI) -> None:
    await server.called("setChatMenuButton")
    profile = server.world.profile
    for scope in ("all_private_chats", "all_group_chats"):
        names = [command["command"] for command in profile["setMyCommands", scope, ""]]
        assert names == [command["command"] for command in profile["setMyCommands", scope, "zh"]]
        assert "topics" in names
        assert profile["setMyCommands", scope, "zh"] != profile["setMyCommands", scope, ""]
    assert profile["setMyDescription", "default", ""].isascii()
    assert not profile["setMyDescription", "default", "zh"].isascii()
    assert profile["setMyShortDescription", "default", "zh"]
    assert profile["setChatMenuButton", "default", ""] == {"type": "commands"}


async def test_a_profile_that_telegram_refuses_keeps_nobody_from_talking(server: BotAPI, tmp_path: Path) -> None:
    server.fails("setMyCommands", *[Fault(400, "Bad Request: BOT_COMMAND_INVALID")] * 4)
    user = server.user()
    async with talking(server, tmp_path) as bot:
        await server.called("setChatMenuButton")
        await server.says(user, "催收会上门吗")
        assert "home_visit" in (await server.next_message(user))["text"]
        assert bot.counted["bad_request"] == 4
