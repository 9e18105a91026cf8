"""The tests' Bot API server refuses what Telegram refuses, in Telegram's words."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine

import httpx
import pytest

from tests.fakes.botapi import PLAIN, BotAPI, Fault, labels
from tests.fakes.botapi_html import HTMLError, parse
from tests.fakes.botapi_rules import JSON

Ask = Callable[..., Coroutine[None, None, JSON]]


@pytest.fixture
async def server() -> AsyncIterator[BotAPI]:
    async with BotAPI() as server:
        yield server


@pytest.fixture
async def ask(server: BotAPI) -> AsyncIterator[Ask]:
    async with httpx.AsyncClient(trust_env=False, verify=PLAIN, timeout=5) as client:

        async def ask(method: str, token: str | None = None, **params: object) -> JSON:
            values = {key: value if isinstance(value, str) else json.dumps(value) for key, value in params.items()}
            answer = await client.post(f"{server.base_url}{token or server.token}/{method}", data=values)
            return {**answer.json(), "http": answer.status_code}

        yield ask


def button(text: str = "好", **target: object) -> JSON:
    return {"inline_keyboard": [[{"text": text, **target}]]}


async def test_a_wrong_token_is_401_and_an_unknown_method_404(ask: Ask) -> None:
    assert (await ask("getMe", "1:x"))["description"] == "Unauthorized"
    assert (await ask("getYou"))["description"] == "Not Found: method not found"
    assert (await ask("getMe"))["result"]["is_bot"] is True


@pytest.mark.parametrize(
    ("text", "description"),
    [
        ("", "Bad Request: message text is empty"),
        (" \n ", "Bad Request: message text is empty"),
        ("\x01", "Bad Request: message text is empty"),
        ("催" * 4097, "Bad Request: message is too long"),
        ("😀" * 2049, "Bad Request: message is too long"),
        ("催" * 11_000, "Bad Request: text is too long"),
    ],
    ids=["empty", "blank", "control", "long", "long in units", "long in bytes"],
)
async def test_a_text_that_telegram_does_not_take(server: BotAPI, ask: Ask, text: str, description: str) -> None:
    answer = await ask("sendMessage", chat_id=server.user()["id"], text=text)
    assert (answer["http"], answer["description"]) == (400, description)


async def test_the_longest_text_is_counted_after_parsing(server: BotAPI, ask: Ask) -> None:
    user = server.user()
    answer = await ask("sendMessage", chat_id=user["id"], text=f"<b>{'催' * 4096}</b>", parse_mode="HTML")
    assert answer["result"]["entities"] == [{"type": "b", "offset": 0, "length": 4096}]
    assert (await server.next_message(user))["text"] == "催" * 4096


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        ("a<br>b", 'Unsupported start tag "br" at byte offset 1'),
        ("催<p>", 'Unsupported start tag "p" at byte offset 3'),
        ("1 < 2", 'Unsupported start tag "" at byte offset 2'),
        ("<br/>", 'Unsupported start tag "br/" at byte offset 0'),
        ("<b>a", 'Can\'t find end tag corresponding to start tag "b"'),
        ("a</b>", "Unexpected end tag at byte offset 1"),
        ("<b><i>a</b></i>", 'Unmatched end tag at byte offset 7, expected "</i>", found "</b>"'),
        ("<b", "Unclosed start tag at byte offset 0"),
        ("<b>a</b", "Unclosed end tag at byte offset 4"),
        ("<span>a</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
    ],
)
def test_html_that_telegram_does_not_take(raw: str, problem: str) -> None:
    with pytest.raises(HTMLError) as refused:
        parse(raw)
    assert str(refused.value) == problem


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("a > b & c", "a > b & c"),
        ("&lt;&gt;&amp;&quot;&#39;&#x27;", "<>&\"''"),
        ("&nbsp;&apos;&mdash;", "&nbsp;&apos;&mdash;"),
        ('<a href="https://example.org/">x</a>', "x"),
        ("<blockquote expandable>x</blockquote>", "x"),
        ('<span class="tg-spoiler">x</span>', "x"),
        ("<B>x</B>", "x"),
    ],
)
def test_html_that_telegram_takes(raw: str, text: str) -> None:
    assert parse(raw)[0] == text


@pytest.mark.parametrize(
    ("markup", "part"),
    [
        (button(callback_data="x" * 65), "BUTTON_DATA_INVALID"),
        (button(callback_data="催" * 22), "BUTTON_DATA_INVALID"),
        (button(callback_data=""), "Text buttons are unallowed"),
        (button(), "Text buttons are unallowed"),
        (button(" ", callback_data="x"), "must be non-empty"),
        (button(url="javascript:alert(1)"), "Wrong HTTP URL"),
        ({"inline_keyboard": [[{"text": "x", "callback_data": "x"}] * 9]}, "too long"),
        ({"inline_keyboard": [[{"text": "x", "callback_data": "x"}]] * 101}, "too long"),
    ],
)
async def test_buttons_that_telegram_does_not_take(server: BotAPI, ask: Ask, markup: JSON, part: str) -> None:
    answer = await ask("sendMessage", chat_id=server.user()["id"], text="x", reply_markup=markup)
    assert answer["http"] == 400
    assert part in answer["description"]


async def test_an_edit_must_change_something_and_without_markup_the_buttons_go(server: BotAPI, ask: Ask) -> None:
    user = server.user()
    sent = (await ask("sendMessage", chat_id=user["id"], text="x", reply_markup=button(callback_data="x")))["result"]
    place = {"chat_id": user["id"], "message_id": sent["message_id"]}
    same = await ask("editMessageText", **place, text="x", reply_markup=button(callback_data="x"))
    assert "message is not modified" in same["description"]
    changed = await ask("editMessageText", **place, text="x")
    assert not labels(changed["result"])
    assert (
        "message to edit not found"
        in (await ask("editMessageText", chat_id=user["id"], message_id=0, text="y"))["description"]
    )


async def test_who_can_not_be_written_to(server: BotAPI, ask: Ask) -> None:
    blocked, stranger, moved = server.user(), server.user(started=False), server.group()
    server.world.blocked.add(blocked["id"])
    server.world.migrated[moved["id"]] = -1001
    assert "blocked by the user" in (await ask("sendMessage", chat_id=blocked["id"], text="x"))["description"]
    assert "can't initiate" in (await ask("sendMessage", chat_id=stranger["id"], text="x"))["description"]
    assert "chat not found" in (await ask("sendMessage", chat_id=1, text="x"))["description"]
    assert (await ask("sendMessage", chat_id=moved["id"], text="x"))["parameters"] == {"migrate_to_chat_id": -1001}


async def test_a_tap_can_be_answered_once(server: BotAPI, ask: Ask) -> None:
    user = server.user()
    sent = (await ask("sendMessage", chat_id=user["id"], text="x", reply_markup=button(callback_data="x")))["result"]
    query = await server.taps(sent, "好")
    assert (await ask("answerCallbackQuery", callback_query_id=query))["result"] is True
    assert "query is too old" in (await ask("answerCallbackQuery", callback_query_id=query))["description"]


async def test_updates_stay_until_a_larger_offset_confirms_them(server: BotAPI, ask: Ask) -> None:
    user = server.user()
    for text in "一二三":
        await server.says(user, text)
    first = (await ask("getUpdates", limit=2))["result"]
    assert [update["message"]["text"] for update in first] == ["一", "二"]
    assert (await ask("getUpdates"))["result"][:2] == first
    rest = (await ask("getUpdates", offset=first[1]["update_id"] + 1))["result"]
    assert [update["message"]["text"] for update in rest] == ["三"]


async def test_a_long_poll_ends_as_soon_as_something_comes(server: BotAPI, ask: Ask) -> None:
    polling = asyncio.create_task(ask("getUpdates", timeout=50))
    await server.called("getUpdates")
    await server.says(server.user(), "在吗")
    assert len((await polling)["result"]) == 1


async def test_the_second_poller_ends_the_first(server: BotAPI, ask: Ask) -> None:
    first = asyncio.create_task(ask("getUpdates", timeout=50))
    await server.called("getUpdates")
    await ask("getUpdates")
    answer = await first
    assert answer["http"] == 409
    assert "terminated by other getUpdates" in answer["description"]


async def test_only_the_kinds_asked_for_are_handed_out_and_the_wish_is_remembered(server: BotAPI, ask: Ask) -> None:
    user = server.user()
    await ask("getUpdates", allowed_updates=["callback_query"])
    await server.says(user, "在吗")
    assert (await ask("getUpdates"))["result"] == []
    assert "unknown kind" in (await ask("getUpdates", allowed_updates=["mesage"]))["description"]


async def test_polling_and_a_webhook_exclude_each_other(ask: Ask) -> None:
    await ask("setWebhook", url="http://127.0.0.1:9/telegram", secret_token="s")
    assert (await ask("getUpdates"))["http"] == 409
    assert (await ask("getWebhookInfo"))["result"]["url"] == "http://127.0.0.1:9/telegram"
    await ask("deleteWebhook")
    assert (await ask("getUpdates"))["result"] == []


@pytest.mark.parametrize("url", ["http://example.org/x", "https://example.org:8080/x", "ftp://example.org"])
async def test_telegrams_own_server_takes_only_https_on_four_ports(server: BotAPI, ask: Ask, url: str) -> None:
    server.world.local = False
    assert (await ask("setWebhook", url=url))["http"] == 400
    assert (await ask("setWebhook", url="https://example.org:8443/x", secret_token="not allowed"))["http"] == 400
    assert (await ask("setWebhook", url="https://example.org:8443/x", secret_token="allowed"))["http"] == 200


@pytest.mark.parametrize(
    "results",
    [
        [{"type": "article", "id": "x" * 65, "title": "t", "input_message_content": {"message_text": "x"}}],
        [{"type": "article", "id": "1", "title": "t", "input_message_content": {"message_text": "x"}}] * 2,
        [{"type": "article", "id": "1", "title": "", "input_message_content": {"message_text": "x"}}],
        [{"type": "article", "id": "1", "title": "t", "input_message_content": {"message_text": ""}}],
        [
            {"type": "article", "id": str(n), "title": "t", "input_message_content": {"message_text": "x"}}
            for n in range(51)
        ],
    ],
    ids=["id too long", "id twice", "no title", "no text", "too many"],
)
async def test_inline_results_that_telegram_does_not_take(server: BotAPI, ask: Ask, results: list[JSON]) -> None:
    query = await server.asks_inline(server.user(), "上门")
    assert (await ask("answerInlineQuery", inline_query_id=query, results=results))["http"] == 400


async def test_commands_are_latin_and_a_scope_must_exist(ask: Ask) -> None:
    chinese = await ask("setMyCommands", commands=[{"command": "话题", "description": "x"}])
    assert chinese["description"] == "Bad Request: BOT_COMMAND_INVALID"
    nobody = await ask(
        "setMyCommands", commands=[{"command": "a", "description": "x"}], scope={"type": "chat", "chat_id": 1}
    )
    assert "chat not found" in nobody["description"]
    assert "too long" in (await ask("setMyShortDescription", short_description="x" * 121))["description"]


async def test_faults_come_in_order_and_once(server: BotAPI, ask: Ask) -> None:
    server.fails("getMe", Fault(502, "Bad Gateway"), Fault(429, "Too Many Requests", retry_after=3), Fault(drop=True))
    assert (await ask("getMe"))["http"] == 502
    assert (await ask("getMe"))["parameters"] == {"retry_after": 3}
    with pytest.raises(httpx.HTTPError):
        await ask("getMe")
    assert (await ask("getMe"))["http"] == 200
    assert len(server.calls_of("getMe")) == 4


async def test_the_second_message_within_a_second_is_too_many(server: BotAPI, ask: Ask) -> None:
    server.paced = True
    user = server.user()
    assert (await ask("sendMessage", chat_id=user["id"], text="一"))["http"] == 200
    assert (await ask("sendMessage", chat_id=user["id"], text="二"))["parameters"] == {"retry_after": 1}
    assert (await ask("sendMessage", chat_id=server.user()["id"], text="三"))["http"] == 200


async def test_a_file_goes_by_multipart(server: BotAPI) -> None:
    user = server.user()
    async with httpx.AsyncClient(trust_env=False, verify=PLAIN) as client:
        answer = await client.post(
            f"{server.base_url}{server.token}/sendDocument",
            data={"chat_id": str(user["id"]), "caption": "停催函"},
            files={"document": ("停催函.txt", b"x")},
        )
    assert answer.json()["result"]["document"]["file_name"] == "停催函.txt"
    assert (await server.next_message(user))["caption"] == "停催函"
