"""`youshu serve` as a real process with Telegram: kills, restarts, signals, logs."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.messages import ChatIdentity
from bot.store.store import Store
from tests.fakes.botapi import BotAPI, Fault
from tests.fakes.botapi_rules import JSON
from tests.faqs import intent, write_faq
from tests.processes import UNPACED, Service, command, environment, free_port, running

HOME_VISIT = intent("home_visit", ["催收会上门吗", "会不会来我家", "有人来敲门要钱"], title="上门催收")
LAWSUIT = intent("lawsuit", ["会被起诉吗", "收到法院传票怎么办", "不还钱会不会打官司"], title="被起诉")
SECRET = "geheim_webhook-secret"
OUTSIDE = "花呗怎么开通"
GROUP_MESSAGES = 20
"""What a group gets within a minute; more waits in its queue."""
PEOPLE = 25
"""Whom a broadcast goes to, at ten a second: enough that it is stopped in the middle."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_faq(tmp_path, [HOME_VISIT, LAWSUIT], out_of_scope={"questions": [OUTSIDE]})
    return tmp_path


@pytest.fixture
async def server() -> AsyncIterator[BotAPI]:
    async with BotAPI() as server:
        yield server


@asynccontextmanager
async def serving(folder: Path, server: BotAPI, **settings: str) -> AsyncIterator[Service]:
    """The service, without Telegram's pace, talking to the tests' Bot API server."""
    reached = {"TELEGRAM_TOKEN": server.token, "TELEGRAM_BASE_URL": server.base_url}
    async with running(folder, free_port(), UNPACED, **reached, **settings) as service:
        yield service


async def asked(server: BotAPI, user: JSON, text: str) -> JSON:
    """What the bot answers."""
    await server.says(user, text)
    return await server.next_message(user)


@pytest.mark.proof
async def test_killed_between_claim_and_sending_it_answers_at_most_once_and_the_talk_goes_on(
    folder: Path, server: BotAPI
) -> None:
    user, other = server.user(), server.user()
    async with serving(folder, server) as service:
        answer = await asked(server, user, "催收会上门吗")
        assert "home_visit的简要回答" in answer["text"]
        server.fails("sendMessage", Fault(seconds=float("inf"), drop=True))
        message = await server.says(other, "催收会上门吗")
        await server.called("sendMessage", 2)
        await service.stop(signal.SIGKILL)
    async with serving(folder, server) as service:
        await server.push({"message": message}, number=server.last_update)
        assert "lawsuit的简要回答" in (await asked(server, other, "会被起诉吗"))["text"]
        assert len(server.calls_of("sendMessage")) == 3
        await server.taps(answer, "权利")
        rights = await server.next_message(user)
        assert rights["message_id"] == answer["message_id"]
        assert "home_visit的权利二" in rights["text"]
        await server.taps(rights, "怎么做")
        assert "home_visit的第二步" in (await server.next_message(user))["text"]
        assert "home_visit的后果二" in (await asked(server, user, "1"))["text"]
        assert await service.stop() == 0


async def test_sigterm_finishes_what_is_in_flight_and_the_next_start_takes_up_the_rest(
    folder: Path, server: BotAPI
) -> None:
    user, group = server.user(), server.group()
    async with serving(folder, server) as service:
        for _ in range(GROUP_MESSAGES + 2):
            await server.says(user, f"@{server.world.username} 催收会上门吗", chat=group)
        await server.called("sendMessage", GROUP_MESSAGES)
        server.fails("sendMessage", Fault(429, "Too Many Requests: retry after 1", retry_after=1))
        await server.says(user, "催收会上门吗")
        await server.called("sendMessage", GROUP_MESSAGES + 1)
        assert not server.unread(user)
        assert await service.stop(signal.SIGTERM) == 0
        assert not [word for word in ("Traceback", "Warning", "warning") if word in service.log]
        assert len(server.unread(group)) == GROUP_MESSAGES
    assert "home_visit的简要回答" in (await server.next_message(user))["text"]
    await server.says(user, "会被起诉吗")
    async with serving(folder, server):
        assert "lawsuit的简要回答" in (await server.next_message(user))["text"]
        assert not server.unread(user)
        await server.called("sendMessage", GROUP_MESSAGES + 5)
        assert len(server.unread(group)) == GROUP_MESSAGES + 2


async def test_a_second_sigterm_exits_at_once(folder: Path, server: BotAPI) -> None:
    server.fails("sendMessage", Fault(seconds=float("inf")))
    async with serving(folder, server) as service:
        await server.says(server.user(), "催收会上门吗")
        await server.called("sendMessage")
        while service.process.returncode is None:
            service.process.send_signal(signal.SIGTERM)
            # Two signals that come too close together are one; waiting for its end makes them two.
            await asyncio.wait({asyncio.create_task(service.process.wait())}, timeout=0.5)
        assert service.process.returncode == 128 + signal.SIGTERM


async def test_sigterm_in_a_broadcast_tells_the_operator_who_is_left(folder: Path, server: BotAPI) -> None:
    admin = server.user()
    people = [server.user() for _ in range(PEOPLE)]
    async with Store(f"sqlite+aiosqlite:///{folder / 'youshu.db'}") as store:
        for user in people:
            await store.turns.save(ChatIdentity("telegram", str(user["id"])), "{}")
    async with serving(folder, server, ADMINS=f"telegram:{admin['id']}") as service:
        preview = await asked(server, admin, "/broadcast 今晚维护")
        await server.taps(preview, f"发给 {PEOPLE} 人")
        await server.next_message(admin)
        await server.called("sendMessage", 3)
        assert await service.stop(signal.SIGTERM) == 0
    reached = [user for user in people if server.unread(user)]
    assert 0 < len(reached) < len(people)
    summary = (await server.next_message(admin))["text"]
    assert summary == f"群发结束：送到 {len(reached)} 人，服务停了，{len(people) - len(reached)} 人没发。"


@pytest.mark.proof
async def test_a_broadcast_goes_on_after_sigkill_and_reaches_everybody_at_most_once(
    folder: Path, server: BotAPI
) -> None:
    admin = server.user()
    people = [server.user() for _ in range(PEOPLE)]
    url = f"sqlite+aiosqlite:///{folder / 'youshu.db'}"
    async with Store(url) as store:
        for user in people:
            await store.turns.save(ChatIdentity("telegram", str(user["id"])), "{}")
    async with serving(folder, server, ADMINS=f"telegram:{admin['id']}") as service:
        preview = await asked(server, admin, "/broadcast 今晚维护")
        await server.taps(preview, f"发给 {PEOPLE} 人")
        await server.next_message(admin)
        before = len(server.calls_of("sendMessage"))
        await server.called("sendMessage", before + 5)
        await service.stop(signal.SIGKILL)
    early = [user for user in people if server.unread(user)]
    assert 0 < len(early) < len(people)
    async with Store(url) as store:
        # Somebody of those who are still to get it asks to be forgotten meanwhile.
        [broadcast] = await store.broadcasts.unfinished()
        left = await store.broadcasts.remaining(broadcast.id)
        forgotten = (await store.broadcasts.next_recipients(broadcast.id))[-1].person
        await store.forget(forgotten)
    async with serving(folder, server, ADMINS=f"telegram:{admin['id']}") as service:
        summary = (await server.next_message(admin))["text"]
        assert await service.stop() == 0
    assert summary == f"群发结束：服务重启前已发过 {PEOPLE - left + 1} 人，送到 {left - 1} 人。"
    heard = {user["id"]: len(server.unread(user)) for user in people}
    assert heard.pop(int(forgotten.user)) == 0
    assert set(heard.values()) <= {0, 1}
    # Whoever was crossed off when the process was killed, and no one else, may have got nothing.
    assert sum(heard.values()) >= len(heard) - 1
    async with Store(url) as store:
        assert not await store.broadcasts.unfinished()


async def test_a_token_that_telegram_refuses_is_one_line_and_exit_code_1(folder: Path, server: BotAPI) -> None:
    wrong = "654321:not-the-token-of-this-bot"
    process = await asyncio.create_subprocess_exec(
        *command("serve", "--port", str(free_port())),
        env=environment(folder, {"TELEGRAM_TOKEN": wrong, "TELEGRAM_BASE_URL": server.base_url, "LOG_LEVEL": "ERROR"}),
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    written, _ = await asyncio.wait_for(process.communicate(), 30)
    [line] = written.decode().splitlines()
    assert process.returncode == 1
    assert "YOUSHU_TELEGRAM_TOKEN" in line
    assert wrong.partition(":")[2] not in line


async def test_what_is_taught_in_chat_is_answered_without_a_restart_and_a_broken_file_is_told_there(
    folder: Path, server: BotAPI
) -> None:
    admin, user = server.user(), server.user()
    taught = "讨债的蹲在单元楼底下"
    async with serving(folder, server, ADMINS=f"telegram:{admin['id']}"):
        assert "faq.yaml" in (await asked(server, admin, f"/teach home_visit {taught}"))["text"]
        assert "home_visit的简要回答" in (await asked(server, user, taught))["text"]
        assert "已载入" in (await server.next_message(admin))["text"]
        (folder / "faq.yaml").write_text("version: 1\nintents:\n\t- id: x\n", encoding="utf-8")
        assert "E-TAB" in (await server.next_message(admin))["text"]
        write_faq(folder, [HOME_VISIT])
        assert "已载入" in (await server.next_message(admin))["text"]


@pytest.mark.long
async def test_a_whole_run_at_debug_logs_no_token_secret_id_or_sentence(folder: Path, server: BotAPI) -> None:
    admin = server.user("管理员")
    people = [server.user(f"用户{number}") for number in range(8)]
    said = ["催收会上门吗", OUTSIDE, "我叫张建国，会被起诉吗"]
    port = free_port()
    settings = {
        "TELEGRAM_TOKEN": server.token,
        "TELEGRAM_BASE_URL": server.base_url,
        "TELEGRAM_WEBHOOK_URL": f"http://127.0.0.1:{port}/telegram",
        "TELEGRAM_WEBHOOK_SECRET": SECRET,
        "ADMINS": f"telegram:{admin['id']}",
        "LOG_LEVEL": "DEBUG",
        "LOG_FORMAT": "json",
    }
    server.fails("setMyCommands", Fault(502), Fault(400, "Bad Request: something about 管理员"))
    async with running(folder, port, UNPACED, **settings) as service:
        for text in said:
            for user in people:
                await server.says(user, text)
        heard = [[await server.next_message(user) for _ in said] for user in people]
        for first, second, third in heard:
            assert "home_visit的简要回答" in first["text"]
            assert "简要回答" not in second["text"]
            assert "lawsuit的简要回答" in third["text"]
        await _trouble(server, people, heard[0][0])
        await _office_hours(server, admin, people[5])
        assert await service.stop() == 0
        log = service.log
    private = [*said, "张建国", "单元楼", "今晚维护", "催收", "上门", "花呗", "会不会来我家"]
    ids = [str(person["id"]) for person in (admin, *people)]
    secrets = [server.token, server.token.partition(":")[2], SECRET]
    assert not [each for each in (*private, *ids, *secrets) if each in log]
    assert "Traceback" not in log


async def _trouble(server: BotAPI, people: list[JSON], answer: JSON) -> None:
    """What goes wrong on a common day: blocked, flood, a gateway that fails, a connection that breaks."""
    before = len(server.calls_of("sendMessage"))
    server.world.blocked.add(people[1]["id"])
    await server.says(people[1], "催收会上门吗")
    server.fails(
        "sendMessage",
        Fault(429, "Too Many Requests: retry after 1", retry_after=1),
        Fault(502),
        Fault(drop=True),
    )
    for user in people[2:5]:
        await server.says(user, "会不会来我家")
    await server.taps_data(answer, "p:home_visit:rights", late=True)
    await server.next_message(answer["chat"])
    # Four answers, two of them again: until then the connection that breaks may still be the next one's.
    await server.called("sendMessage", before + 6)


async def _office_hours(server: BotAPI, admin: JSON, user: JSON) -> None:
    """Everything that an operator does."""
    for words in ("/stats", "/misses", "/reload", "/teach home_visit 讨债的蹲在单元楼底下不走"):
        await asked(server, admin, words)
    assert "已载入" in (await server.next_message(admin))["text"]
    preview = await asked(server, admin, "/broadcast 今晚维护")
    await server.taps(preview, "不发了")
    await server.next_message(admin)
    assert "已接手" in (await asked(server, admin, f"/take telegram:{user['id']}"))["text"]
    await server.next_message(user)
    assert "催收会上门吗" in (await _passed(server, user, admin, "催收会上门吗"))["text"]
    await asked(server, admin, "/release")


async def _passed(server: BotAPI, sender: JSON, receiver: JSON, text: str) -> JSON:
    await server.says(sender, text)
    return await server.next_message(receiver)
