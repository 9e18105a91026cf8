"""POST /telegram: believed only with the secret, acknowledged at once, taken once."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from bot.channels.telegram import channel as telegram_channel
from bot.channels.telegram import limits
from bot.channels.telegram.channel import TelegramChannel
from bot.channels.telegram.startup import TelegramRefusedError
from bot.channels.telegram.update_claims import Claims
from bot.channels.telegram.webhook import SECRET_HEADER
from bot.http.app import FaqStatus, build_app
from bot.http.metrics import Metrics
from bot.messages import Incoming, Reply, Section
from bot.store.claims import CLAIM_SECONDS
from bot.store.errors import StoreError
from bot.store.store import Store
from intents import Decision
from tests.fakes.botapi import PLAIN, BotAPI
from tests.fakes.botapi_rules import JSON
from tests.stores import sqlite_url
from tests.telegram_bot import Counts, reaching, refusal
from tests.webserver import serving

SECRET = "the-secret_of-the-tests"
JSON_TYPE = {"Content-Type": "application/json"}


@dataclass
class Posted:
    """A bot behind a webhook, and whom it talked to."""

    url: str
    server: BotAPI
    store: Store
    channel: TelegramChannel
    counted: Counts
    heard: list[str]
    """What reached the conversation."""

    async def post(
        self, update: object, secret: str | bytes | None = SECRET, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """Post an update as Telegram does."""
        sent: dict[str, str | bytes] = {**JSON_TYPE, **(headers or {})}
        if secret is not None:
            sent[SECRET_HEADER] = secret
        raw = {key.encode(): value if isinstance(value, bytes) else value.encode() for key, value in sent.items()}
        content = update if isinstance(update, bytes) else json.dumps(update).encode()
        async with httpx.AsyncClient(trust_env=False, verify=PLAIN) as client:
            return await client.post(f"{self.url}/telegram", content=content, headers=raw)


Talk = Callable[[Incoming], Awaitable[Reply]]


@asynccontextmanager
async def behind_webhook(
    server: BotAPI,
    folder: Path,
    *,
    now: Callable[[], float] = time.time,
    talk: Talk | None = None,
    claims: Claims | None = None,
) -> AsyncIterator[Posted]:
    """A bot on a web server of its own, with a webhook."""
    heard: list[str] = []

    async def turn(incoming: Incoming) -> Reply:
        heard.append(incoming.text)
        return await talk(incoming) if talk else Reply(Decision.ANSWER, (Section((f"答：{incoming.text}",)),))

    counted = Counts()
    async with Store(sqlite_url(folder), clock=now) as store:
        app = build_app(lambda: FaqStatus("", 0), [], Metrics(), [])
        async with serving(app) as url:
            options = reaching(server, webhook_url=f"{url}/telegram", webhook_secret=SecretStr(SECRET))
            channel = TelegramChannel(
                options,
                turn=turn,
                search=lambda _, __: (),
                claims=claims or store.claims,
                count=counted.add,
            )
            app.router.routes.extend(channel.routes())
            running = asyncio.create_task(channel.run())
            await channel.connected.wait()
            yield Posted(url, server, store, channel, counted, heard)
            await channel.stop(5)
            await running


@pytest.fixture
async def bot(server: BotAPI, tmp_path: Path) -> AsyncIterator[Posted]:
    async with behind_webhook(server, tmp_path) as bot:
        yield bot


def update(server: BotAPI, user: JSON, text: str = "在吗", number: int = 1) -> JSON:
    """A private message as Telegram posts it."""
    chat = server.world.chats[user["id"]]
    return {"update_id": number, "message": {"message_id": 9, "date": 1, "chat": chat, "from": user, "text": text}}


async def works(bot: Posted, number: int = 900) -> None:
    """The next good update is answered."""
    user = bot.server.user()
    assert (await bot.post(update(bot.server, user, "好的", number))).status_code == 200
    assert (await bot.server.next_message(user))["text"] == "答：好的"


async def test_what_telegram_posts_is_answered(bot: Posted) -> None:
    user = bot.server.user()
    await bot.server.says(user, "在吗")
    assert (await bot.server.next_message(user))["text"] == "答：在吗"
    await bot.server.settled()
    assert [status for _, status in bot.server.acknowledged] == [200]


async def test_it_is_registered_with_its_secret_and_the_kinds_it_reads(bot: Posted) -> None:
    [call] = bot.server.calls_of("setWebhook")
    assert call.params["secret_token"] == SECRET
    assert "callback_query" in call.params["allowed_updates"]
    assert bot.server.calls_of("getWebhookInfo")
    assert not bot.server.calls_of("getUpdates")


async def test_it_is_acknowledged_before_it_is_worked_on(server: BotAPI, tmp_path: Path) -> None:
    free = asyncio.Event()

    async def talk(_: Incoming) -> Reply:
        await free.wait()
        return Reply(Decision.ANSWER, (Section(("终于",)),))

    user = server.user()
    async with behind_webhook(server, tmp_path, talk=talk) as bot:
        assert (await bot.post(update(server, user))).status_code == 200
        assert not server.unread(user)
        free.set()
        assert (await server.next_message(user))["text"] == "终于"


@pytest.mark.parametrize(
    "secret",
    [None, "", "wrong", SECRET[:-1], SECRET + "x", SECRET.upper(), "密码".encode(), b"\xff\xfe", "x" * 8000],
    ids=["missing", "empty", "wrong", "shorter", "longer", "upper case", "chinese", "no utf-8", "very long"],
)
async def test_without_the_secret_nobody_gets_through(bot: Posted, secret: str | bytes | None) -> None:
    answer = await bot.post(update(bot.server, bot.server.user()), secret)
    assert answer.status_code == 403
    assert set(answer.json()) == {"error"}
    await works(bot)
    assert bot.heard == ["好的"]


@pytest.mark.parametrize("method", ["GET", "PUT", "HEAD", "DELETE", "PATCH"])
async def test_only_post_is_taken(bot: Posted, method: str) -> None:
    async with httpx.AsyncClient(trust_env=False, verify=PLAIN) as client:
        answer = await client.request(method, f"{bot.url}/telegram", headers={SECRET_HEADER: SECRET})
    assert answer.status_code == 405
    await works(bot)


async def test_another_path_is_not_found(bot: Posted) -> None:
    async with httpx.AsyncClient(trust_env=False, verify=PLAIN) as client:
        answer = await client.post(f"{bot.url}/telegram/x", json={}, headers={SECRET_HEADER: SECRET})
    assert answer.status_code == 404


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "", "application/jsonp"])
async def test_another_content_type_is_refused(bot: Posted, kind: str) -> None:
    answer = await bot.post(update(bot.server, bot.server.user()), headers={"Content-Type": kind})
    assert answer.status_code == 415
    await works(bot)
    assert bot.heard == ["好的"]


async def test_a_charset_beside_the_content_type_is_fine(bot: Posted) -> None:
    user = bot.server.user()
    answer = await bot.post(update(bot.server, user), headers={"Content-Type": "Application/JSON; charset=UTF-8"})
    assert answer.status_code == 200
    await bot.server.next_message(user)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"null",
        b"[]",
        b"1",
        b'"x"',
        b"{}",
        b'{"update_id": "1"}',
        b'{"update_id": true}',
        b'{"update_id": 1.5}',
        b"[" * 100_000,
    ],
    ids=lambda body: repr(body[:24]),
)
async def test_what_is_no_update_is_a_400_and_the_next_one_works(bot: Posted, body: bytes) -> None:
    assert (await bot.post(body)).status_code == 400
    await works(bot)
    assert bot.heard == ["好的"]


@pytest.mark.parametrize(
    "rest",
    [
        {},
        {"message": {}},
        {"message": None},
        {"message": 1},
        {"message": {"message_id": 1, "date": 1, "chat": {"id": 1}}},
        {"callback_query": {"id": "1"}},
        {"inline_query": {"id": "1"}},
        {"something_of_next_year": {"x": 1}},
    ],
    ids=repr,
)
async def test_an_update_that_can_not_be_read_is_not_sent_again(bot: Posted, rest: JSON) -> None:
    assert (await bot.post({"update_id": 5, **rest})).status_code == 200
    await works(bot)
    assert bot.heard == ["好的"]


@pytest.mark.parametrize("framing", [f"Content-Length: {limits.UPDATE_BYTES + 1}", "Transfer-Encoding: chunked"])
async def test_a_body_that_is_too_large_is_refused_before_it_is_all_there(bot: Posted, framing: str) -> None:
    address = httpx.URL(bot.url)
    reader, writer = await asyncio.open_connection(address.host, address.port)
    head = f"POST /telegram HTTP/1.1\r\nHost: x\r\n{SECRET_HEADER}: {SECRET}\r\nContent-Type: application/json\r\n{framing}\r\n\r\n"
    writer.write(head.encode())
    if "chunked" in framing:
        part = b"x" * (limits.UPDATE_BYTES // 2)
        for _ in range(3):
            writer.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
    async with asyncio.timeout(40):
        assert b" 413 " in await reader.readline()
    writer.close()
    await works(bot)
    assert bot.heard == ["好的"]


async def test_the_same_update_twice_in_a_row_is_answered_once(bot: Posted) -> None:
    user = bot.server.user()
    for _ in range(2):
        assert (await bot.post(update(bot.server, user))).status_code == 200
    await bot.server.next_message(user)
    await works(bot)
    assert bot.heard == ["在吗", "好的"]
    assert bot.counted["repeat"] == 1


async def test_the_same_update_ten_times_at_once_is_answered_once(bot: Posted) -> None:
    user = bot.server.user()
    answers = await asyncio.gather(*(bot.post(update(bot.server, user)) for _ in range(10)))
    assert {answer.status_code for answer in answers} == {200}
    await works(bot)
    assert bot.heard == ["在吗", "好的"]


async def test_the_same_update_after_a_restart_is_not_answered_again(server: BotAPI, tmp_path: Path) -> None:
    user = server.user()
    async with behind_webhook(server, tmp_path) as bot:
        await bot.post(update(server, user))
        await server.next_message(user)
    async with behind_webhook(server, tmp_path) as bot:
        assert (await bot.post(update(server, user))).status_code == 200
        await works(bot)
        assert bot.heard == ["好的"]


async def test_after_the_time_to_live_a_number_may_come_back(server: BotAPI, tmp_path: Path) -> None:
    clock = [1_000_000.0]
    user = server.user()
    async with behind_webhook(server, tmp_path, now=lambda: clock[0]) as bot:
        for _ in range(2):
            await bot.post(update(server, user))
        await server.next_message(user)
        assert bot.heard == ["在吗"]
    clock[0] += CLAIM_SECONDS + 1
    async with behind_webhook(server, tmp_path, now=lambda: clock[0]) as bot:
        await bot.post(update(server, user))
        await server.next_message(user)
        assert bot.heard == ["在吗"]


class Away:
    """A store whose database is gone."""

    async def claim(self, _: str, __: str) -> bool:
        raise StoreError("OperationalError")


async def test_without_a_database_people_are_answered_and_repeats_still_are_not(server: BotAPI, tmp_path: Path) -> None:
    user = server.user()
    async with behind_webhook(server, tmp_path, claims=Away()) as bot:
        for _ in range(3):
            assert (await bot.post(update(server, user))).status_code == 200
        await works(bot)
        assert bot.heard == ["在吗", "好的"]


async def test_while_a_chat_is_busy_its_next_update_stays_with_telegram(server: BotAPI, tmp_path: Path) -> None:
    free = asyncio.Event()

    async def talk(_: Incoming) -> Reply:
        await free.wait()
        return Reply(Decision.ANSWER, (Section(("终于",)),))

    user = server.user()
    async with behind_webhook(server, tmp_path, talk=talk) as bot:
        await bot.post(update(server, user))
        second = asyncio.create_task(bot.post(update(server, user, "会上门吗", 2)))
        await works_for_others(bot)
        assert not second.done()
        free.set()
        assert (await second).status_code == 200
        for _ in range(2):
            await server.next_message(user)


async def works_for_others(bot: Posted) -> None:
    """Somebody else's update is taken meanwhile."""
    assert (await bot.post(update(bot.server, bot.server.user(), "在吗", 77))).status_code == 200


async def test_what_can_not_begin_for_long_is_to_come_again_and_is_answered_once(
    server: BotAPI, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telegram_channel, "WEBHOOK_SECONDS", 0.02)
    free = asyncio.Event()

    async def talk(_: Incoming) -> Reply:
        await free.wait()
        return Reply(Decision.ANSWER, (Section(("终于",)),))

    user = server.user()
    async with behind_webhook(server, tmp_path, talk=talk) as bot:
        await bot.post(update(server, user))
        answer = await bot.post(update(server, user, "会上门吗", 2))
        assert answer.status_code == 503
        assert answer.headers["Retry-After"]
        free.set()
        for _ in range(2):
            await server.next_message(user)
        assert (await bot.post(update(server, user, "会上门吗", 2))).status_code == 200
        assert bot.heard == ["在吗", "会上门吗"]


async def test_a_date_that_no_calendar_has_is_not_sent_again(bot: Posted) -> None:
    odd = update(bot.server, bot.server.user())
    odd["message"]["date"] = 99999999999999999
    assert (await bot.post(odd)).status_code == 200
    await works(bot)


async def test_before_telegram_is_reached_and_after_the_end_it_is_asked_to_come_again(
    server: BotAPI, tmp_path: Path
) -> None:
    async with behind_webhook(server, tmp_path) as bot:
        await bot.channel.stop(5)
        assert (await bot.post(update(server, server.user()))).status_code == 503
        assert not bot.heard


async def test_two_messages_of_one_person_keep_their_order(bot: Posted) -> None:
    user = bot.server.user()
    for number in range(10):
        await bot.server.says(user, str(number))
    assert [(await bot.server.next_message(user))["text"] for _ in range(10)] == [f"答：{n}" for n in range(10)]


async def test_a_webhook_without_a_secret_does_not_start(server: BotAPI) -> None:
    options = reaching(server, webhook_url="https://example.org/telegram")
    with pytest.raises(TelegramRefusedError, match="YOUSHU_TELEGRAM_WEBHOOK_SECRET"):
        TelegramChannel(
            options,
            turn=_nobody,
            search=lambda _, __: (),
            claims=Store("sqlite+aiosqlite://").claims,
            count=print,
        )


async def _nobody(_: object) -> Reply:
    raise AssertionError("nobody asked")


async def test_an_address_that_telegram_does_not_take_is_one_line(server: BotAPI, tmp_path: Path) -> None:
    server.world.local = False
    options = reaching(server, webhook_url="http://127.0.0.1:1/telegram", webhook_secret=SecretStr(SECRET))
    reason = await refusal(server, tmp_path, options)
    assert "webhook" in reason.lower()
    assert "\n" not in reason
    assert SECRET not in reason
