"""The web chat's API over real HTTP: what it takes, what it refuses, and in which words."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace

import httpx
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.channels.web.channel import MAX_BODY_BYTES, WebChannel
from bot.http.app import FaqStatus, build_app
from bot.http.client_limit import ClientLimit
from bot.http.metrics import Metrics
from bot.messages import Attachment, ChatIdentity, Choice, Incoming, Part, Reply, Section
from intents import Decision
from tests.fakes.botapi import PLAIN
from tests.webserver import serving

pytestmark = pytest.mark.asyncio(loop_scope="module")

JSON = {"Content-Type": "application/json"}
STARTERS = (Choice("上门催收", "i:home_visit"), Choice("全部话题", "menu"))
REPLY = Reply(
    Decision.ANSWER,
    (Section(("先看结论。",)), Section(("第一步。", "第二步。"), heading="怎么做", numbered=True)),
    intent="home_visit",
    title="上门催收",
    choices=(Choice("权利", "p:home_visit:rights"),),
    attachments=(Attachment("申请书.txt", "/letters/1"),),
)


@dataclass
class Listener:
    """A conversation that remembers what it was asked and gives one set reply."""

    reply: Reply | None = REPLY
    heard: list[Incoming] = field(default_factory=list)

    async def turn(self, incoming: Incoming) -> Reply | None:
        self.heard.append(incoming)
        return self.reply


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def service() -> AsyncIterator[tuple[Listener, httpx.AsyncClient]]:
    listener = Listener()
    app = build_app(
        lambda: FaqStatus("abc", 1),
        [],
        Metrics(),
        WebChannel(listener.turn, lambda: STARTERS, retention_days=30).routes(),
    )
    async with serving(app) as url, httpx.AsyncClient(base_url=url, trust_env=False, verify=PLAIN) as client:
        yield listener, client


@pytest.fixture
def listener(service: tuple[Listener, httpx.AsyncClient]) -> Listener:
    listener = service[0]
    listener.reply = REPLY
    listener.heard.clear()
    return listener


@pytest.fixture
def client(service: tuple[Listener, httpx.AsyncClient], listener: Listener) -> httpx.AsyncClient:  # noqa: ARG001 -- so that nothing is left of the test before
    return service[1]


async def posted(client: httpx.AsyncClient, **body: object) -> httpx.Response:
    return await client.post("/api/messages", json=body)


async def test_a_message_is_answered_in_the_designed_form(client: httpx.AsyncClient, listener: Listener) -> None:
    answer = await posted(client, session="s1", text="催收会上门吗")
    assert answer.status_code == 200
    assert answer.json() == {
        "decision": "answer",
        "intent": "home_visit",
        "reply": {
            "text": "【上门催收】\n\n先看结论。\n\n怎么做\n1. 第一步。\n2. 第二步。",
            "choices": [{"label": "权利", "value": "p:home_visit:rights"}],
            "attachments": [{"name": "申请书.txt", "url": "/letters/1"}],
        },
    }
    assert listener.heard == [Incoming(ChatIdentity("web", "s1"), "催收会上门吗")]


async def test_a_tap_reaches_the_conversation_as_a_choice(client: httpx.AsyncClient, listener: Listener) -> None:
    assert (await posted(client, session="s1", choice="p:home_visit:rights")).status_code == 200
    assert listener.heard == [Incoming(ChatIdentity("web", "s1"), "", "p:home_visit:rights")]


async def test_the_id_of_a_message_reaches_the_conversation(client: httpx.AsyncClient, listener: Listener) -> None:
    assert (await posted(client, session="s1", text="您好", id="0a-B_")).status_code == 200
    assert listener.heard == [Incoming(ChatIdentity("web", "s1"), "您好", message_id="0a-B_")]


async def test_an_empty_text_beside_a_choice_is_a_tap(client: httpx.AsyncClient, listener: Listener) -> None:
    assert (await posted(client, session="s1", text="", choice="menu")).status_code == 200
    assert listener.heard == [Incoming(ChatIdentity("web", "s1"), "", "menu")]


async def test_who_was_told_to_slow_down_and_does_not_is_refused_with_when_to_come_back(
    client: httpx.AsyncClient, listener: Listener
) -> None:
    listener.reply = None
    answer = await posted(client, session="s1", text="您好")
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "60"
    assert "太快" in answer.json()["error"]


async def test_a_part_of_an_answer_is_named(client: httpx.AsyncClient, listener: Listener) -> None:
    listener.reply = replace(REPLY, part=Part.STEPS)
    assert (await posted(client, session="s1", text="怎么做")).json()["part"] == "steps"


async def test_one_client_address_has_a_limit_whatever_sessions_it_makes_up(listener: Listener) -> None:
    web = WebChannel(listener.turn, lambda: STARTERS, 30, limit=ClientLimit(per_minute=5))
    app = build_app(lambda: FaqStatus("abc", 1), [], Metrics(), web.routes())
    async with serving(app) as url, httpx.AsyncClient(base_url=url, trust_env=False, verify=PLAIN) as client:

        async def post(number: int, **headers: str) -> httpx.Response:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            return await client.post("/api/messages", json={"session": f"s{number}", "text": "您好"}, headers=named)

        for number in range(5):
            assert (await post(number, X_Forwarded_For="203.0.113.5")).status_code == 200
        refused = await post(0, X_Forwarded_For="198.51.100.1, 203.0.113.5")
        assert refused.status_code == 429
        assert refused.headers["retry-after"] == "60"
        assert (await post(0, X_Forwarded_For="203.0.113.6")).status_code == 200
        assert (await post(0)).status_code == 200  # this machine


@pytest.mark.parametrize(
    ("headers", "status_code"),
    [
        ({"Origin": "https://youshu.example.com"}, 200),
        ({"Origin": "https://evil.example.com"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "https://youshu.example.com", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "https://youshu.example.com", "Sec-Fetch-Site": "same-origin"}, 200),
        ({}, 200),
    ],
)
async def test_behind_a_proxy_that_passes_its_own_host_the_public_address_is_ours(
    listener: Listener, headers: dict[str, str], status_code: int
) -> None:
    web = WebChannel(listener.turn, lambda: STARTERS, 30, public_origin="https://youshu.example.com")
    app = build_app(lambda: FaqStatus("abc", 1), [], Metrics(), web.routes())
    async with serving(app) as url, httpx.AsyncClient(base_url=url, trust_env=False, verify=PLAIN) as client:
        answer = await client.post("/api/messages", json={"session": "s1", "text": "您好"}, headers=headers)
    assert answer.status_code == status_code


async def test_only_the_page_itself_may_be_framed_and_only_by_listed_partners(listener: Listener) -> None:
    partners = ("https://a.example", "https://b.example:8443")
    web = WebChannel(listener.turn, lambda: STARTERS, 30, embed_origins=partners)
    app = build_app(lambda: FaqStatus("abc", 1), [], Metrics(), web.routes())
    async with serving(app) as url, httpx.AsyncClient(base_url=url, trust_env=False, verify=PLAIN) as client:
        page, start, script = [(await client.get(path)).headers for path in ("/", "/api/start", "/embed.js")]
    assert page["content-security-policy"].endswith("frame-ancestors https://a.example https://b.example:8443")
    assert "script-src 'self'" in page["content-security-policy"]
    assert "x-frame-options" not in page
    assert start["content-security-policy"].endswith("frame-ancestors 'none'")
    assert start["x-frame-options"] == "DENY"
    assert script["cross-origin-resource-policy"] == "cross-origin"
    assert script["content-type"].startswith("text/javascript")


async def test_the_page_with_all_that_it_loads_at_first_is_light(client: httpx.AsyncClient) -> None:
    page = await client.get("/")
    files = sorted(set(re.findall(r'"(/page/[^"]+\.(?:css|js|svg))"', page.text)))
    assert {"/page/chat.css", "/page/chat.js", "/page/parse.js", "/page/icon.svg"} <= set(files)
    answers = [page, *[await client.get(path) for path in files]]
    assert all(answer.status_code == 200 for answer in answers)
    assert sum(int(answer.headers["content-length"]) for answer in answers) < 25_000


async def test_without_partners_there_is_nothing_to_embed(client: httpx.AsyncClient) -> None:
    assert (await client.get("/embed.js")).status_code == 404
    assert (await client.get("/")).headers["x-frame-options"] == "DENY"


@pytest.mark.parametrize(
    "session", ["s1", "test", "x" * 128, "我的会话", "a b", "👨‍👩‍👧", "../etc", "'; drop table talks; --"]
)
async def test_a_session_may_be_any_name(client: httpx.AsyncClient, listener: Listener, session: str) -> None:
    assert (await posted(client, session=session, text="您好")).status_code == 200
    assert listener.heard[0].person == ChatIdentity("web", session)


@pytest.mark.parametrize("text", ["", " ", "😭😭😭", "长" * 10_000, "\u202e\u200d\x00", "1"])
async def test_any_text_reaches_the_conversation_whole(
    client: httpx.AsyncClient, listener: Listener, text: str
) -> None:
    assert (await posted(client, session="s1", text=text)).status_code == 200
    assert listener.heard[0].text == text


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"text": "您好"}, "session"),
        ({"session": "", "text": "您好"}, "session"),
        ({"session": "   ", "text": "您好"}, "session"),
        ({"session": "a\nb", "text": "您好"}, "session"),
        ({"session": "x" * 129, "text": "您好"}, "session"),
        ({"session": 7, "text": "您好"}, "session"),
        ({"session": None, "text": "您好"}, "session"),
        ({"session": "s1"}, "text 和 choice"),
        ({"session": "s1", "text": "您好", "choice": "menu"}, "text 和 choice"),
        ({"session": "s1", "text": ["您好"]}, "text"),
        ({"session": "s1", "choice": 1}, "choice"),
        ({"session": "s1", "text": "您好", "id": ""}, "id"),
        ({"session": "s1", "text": "您好", "id": "a b"}, "id"),
        ({"session": "s1", "text": "您好", "id": "x" * 65}, "id"),
        ({"session": "s1", "text": "您好", "id": "a\n"}, "id"),
        ({"session": "s1", "text": "您好", "id": 7}, "id"),
        (["您好"], "JSON"),
        ("您好", "JSON"),
        (7, "JSON"),
    ],
)
async def test_a_body_of_the_wrong_form_is_refused_with_what_to_mend(
    client: httpx.AsyncClient, listener: Listener, body: object, named: str
) -> None:
    answer = await client.post("/api/messages", json=body)
    assert answer.status_code == 400
    assert named in answer.json()["error"]
    assert listener.heard == []


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff\xfe{}", b'{"session": "s1", "text": "\\ud800"}', b"[" * 5000, b'{"session":"s1","text":"a"} x'],
    ids=["empty", "cut off", "not UTF-8", "half a surrogate pair", "deeply nested", "more behind it"],
)
async def test_what_is_not_json_is_refused_and_the_next_message_answered(
    client: httpx.AsyncClient, listener: Listener, body: bytes
) -> None:
    answer = await client.post("/api/messages", content=body, headers=JSON)
    assert answer.status_code == 400
    assert "error" in answer.json()
    assert listener.heard == []
    assert (await posted(client, session="s1", text="您好")).status_code == 200


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_another_method_is_405_and_names_the_right_one(client: httpx.AsyncClient, method: str) -> None:
    answer = await client.request(method, "/api/messages")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"
    assert "error" in answer.json()


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
async def test_another_content_type_is_415(client: httpx.AsyncClient, listener: Listener, kind: str) -> None:
    body = json.dumps({"session": "s1", "text": "您好"})
    answer = await client.post("/api/messages", content=body, headers={"Content-Type": kind})
    assert answer.status_code == 415
    assert "application/json" in answer.json()["error"]
    assert listener.heard == []


async def test_the_content_type_may_name_its_charset(client: httpx.AsyncClient) -> None:
    body = json.dumps({"session": "s1", "text": "您好"})
    headers = {"Content-Type": "Application/JSON; charset=utf-8"}
    assert (await client.post("/api/messages", content=body, headers=headers)).status_code == 200


async def test_a_body_of_exactly_64_kib_is_read_and_one_byte_more_is_413(
    client: httpx.AsyncClient, listener: Listener
) -> None:
    frame = len(b'{"session":"s1","text":""}')
    for size, status in ((MAX_BODY_BYTES, 200), (MAX_BODY_BYTES + 1, 413)):
        body = b'{"session":"s1","text":"' + b"a" * (size - frame) + b'"}'
        answer = await client.post("/api/messages", content=body, headers=JSON)
        assert answer.status_code == status
    assert answer.json() == {"error": "这条消息太长了，请分几次发。"}
    assert len(listener.heard) == 1


@pytest.mark.parametrize(
    "head_and_begin",
    [
        b"Content-Length: 1000000000\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n20000\r\n" + b"a" * 0x20000 + b"\r\n",
    ],
    ids=["says that it is too large", "hides its size and has no end"],
)
async def test_a_body_that_is_too_large_is_refused_before_its_end(
    client: httpx.AsyncClient, listener: Listener, head_and_begin: bytes
) -> None:
    reader, writer = await asyncio.open_connection(client.base_url.host, client.base_url.port)
    writer.write(
        b"POST /api/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n" + head_and_begin
    )
    answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
    assert answer.startswith(b"HTTP/1.1 413 ")
    writer.close()
    assert listener.heard == []


async def test_a_body_of_10_mb_sent_in_one_go_still_gets_its_413(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/messages", content=b"a" * 10_000_000, headers=JSON)
    assert answer.status_code == 413
    assert (await posted(client, session="s1", text="您好")).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://["},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://127.0.0.1:9"},
    ],
)
async def test_a_post_from_another_site_is_refused(
    client: httpx.AsyncClient, listener: Listener, headers: dict[str, str]
) -> None:
    answer = await client.post("/api/messages", json={"session": "s1", "text": "您好"}, headers=headers)
    assert answer.status_code == 403
    assert "别的网站" in answer.json()["error"]
    assert listener.heard == []


@pytest.mark.parametrize("site", ["same-origin", "none", None])
async def test_a_post_from_our_own_page_or_from_a_program_is_taken(client: httpx.AsyncClient, site: str | None) -> None:
    headers = {"Origin": str(client.base_url).rstrip("/")} | ({"Sec-Fetch-Site": site} if site else {})
    answer = await client.post("/api/messages", json={"session": "s1", "text": "您好"}, headers=headers)
    assert answer.status_code == 200


async def test_the_first_screen_offers_topics_and_says_how_long_things_are_kept(client: httpx.AsyncClient) -> None:
    assert (await client.get("/api/start")).json() == {
        "choices": [{"label": "上门催收", "value": "i:home_visit"}, {"label": "全部话题", "value": "menu"}],
        "retention_days": 30,
    }


async def test_the_page_is_never_kept_and_its_files_are_asked_for_anew(client: httpx.AsyncClient) -> None:
    page = await client.get("/")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["cache-control"] == "no-store"
    style = await client.get("/page/chat.css")
    assert style.headers["cache-control"] == "no-cache"
    again = await client.get("/page/chat.css", headers={"If-None-Match": style.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("path", ["/page/../web.py", "/page/%2e%2e/web.py", "/page/..%2fweb.py", "/page/", "/nowhere"])
async def test_only_the_pages_own_files_are_served(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 404


async def test_a_person_who_goes_away_in_mid_message_costs_nothing(
    client: httpx.AsyncClient, listener: Listener, caplog: pytest.LogCaptureFixture
) -> None:
    _, writer = await asyncio.open_connection(client.base_url.host, client.base_url.port)
    writer.write(
        b"POST /api/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"
    )
    await writer.drain()
    writer.close()
    assert (await posted(client, session="s1", text="您好")).status_code == 200
    assert len(listener.heard) == 1
    assert caplog.records == []


@given(
    body=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["session", "text", "choice", "x"]), inner, max_size=4)
        ),
        max_leaves=8,
    )
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_any_json_is_either_answered_or_refused_with_a_reason(
    client: httpx.AsyncClient, listener: Listener, body: object
) -> None:
    listener.heard.clear()
    answer = await client.post("/api/messages", content=json.dumps(body), headers=JSON)
    assert answer.status_code in {200, 400}
    assert bool(listener.heard) == (answer.status_code == 200)
    assert ("error" in answer.json()) == (answer.status_code == 400)
