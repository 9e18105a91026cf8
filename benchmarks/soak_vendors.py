"""The vendors' side of the soak, a process of its own: Telegram's Bot API and WeCom's, which answer all that they are asked and keep nothing.

python -m benchmarks.soak_vendors PORT
"""

import asyncio
import csv
import json
import sys
import time
from functools import cache
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

ACCOUNT = "wkAJ2GCAAASSm4_FhToWMFea0xAFfd3Q"
BOT = {"id": 7_000_000_001, "is_bot": True, "first_name": "有数", "username": "youshu_soak_bot"}
WEBHOOK = "https://youshu.example.com/telegram"
CORPUS = Path(__file__).resolve().parent.parent / "tests" / "corpus"
MIXED_IN = (
    "那怎么办",
    "1",
    "2",
    "0",
    "继续",
    "返回",
    "还有呢",
    "帮助",
    "谢谢",
    "？",
    "啊" * 1500,
    "<b>&amp;]]></b>",
    "催收會上門嗎",
)
"""What people say beside questions: numbers, follow-ups, pages, noise."""


@cache
def texts() -> tuple[str, ...]:
    """What is said: the questions of the corpus, and some danger to life."""
    found: list[str] = []
    for name, share in (("dev", 1), ("strangers", 1), ("followups", 1), ("danger", 200)):
        with (CORPUS / f"{name}.tsv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))[::share]
        found += [row.get("text") or row["second_text"] for row in rows]
    return tuple(found)


def text_of(number: int) -> str:
    """What the message of this number says: every fifth goes on with the talk."""
    if number % 5 == 4:
        return MIXED_IN[number // 5 % len(MIXED_IN)]
    said = texts()
    return said[number * 7919 % len(said)]


def wecom_message(number: int, people: int) -> dict[str, object]:
    """A message of 微信客服 as sync_msg gives it."""
    return {
        "msgid": f"m{number}",
        "open_kfid": ACCOUNT,
        "external_userid": f"wm{number % people}",
        "send_time": int(time.time()),
        "origin": 3,
        "msgtype": "text",
        "text": {"content": text_of(number)},
    }


def answer(path: str, body: bytes) -> object:
    """The JSON that a vendor answers with."""
    method = path.rpartition("/")[2]
    if method == "sync_msg":
        asked = json.loads(body)
        people, _, end = (asked.get("token") or "1:0").partition(":")
        begin = int(asked.get("cursor") or 0)
        messages = [wecom_message(number, int(people)) for number in range(begin, int(end))]
        return {
            "errcode": 0,
            "errmsg": "ok",
            "next_cursor": str(max(begin, int(end))),
            "has_more": 0,
            "msg_list": messages,
        }
    if "/cgi-bin/" in path:
        known: dict[str, dict[str, object]] = {
            "gettoken": {"access_token": "token", "expires_in": 7200},
            "list": {"account_list": [{"open_kfid": ACCOUNT, "name": "有数"}]},
            "get": {"service_state": 1},
        }
        return {"errcode": 0, "errmsg": "ok"} | known.get(method, {})
    if method == "getMe":
        return {"ok": True, "result": BOT}
    if method == "getWebhookInfo":
        return {"ok": True, "result": {"url": WEBHOOK, "has_custom_certificate": False, "pending_update_count": 0}}
    if method in {"sendMessage", "editMessageText"}:
        chat = int(parse_qs(body.decode())["chat_id"][0])
        message = {"message_id": 1, "date": int(time.time()), "chat": {"id": chat, "type": "private"}, "text": "…"}
        return {"ok": True, "result": message}
    return {"ok": True, "result": True}


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer the requests of one connection."""
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            lines = head.decode("latin-1").split("\r\n")
            fields = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
            body = await reader.readexactly(int(fields.get("content-length", "0")))
            said = json.dumps(answer(urlsplit(lines[0].split(" ")[1]).path, body)).encode()
            writer.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(said) + said
            )
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def main(port: int) -> None:
    """Serve until terminated."""
    server = await asyncio.start_server(serve, "127.0.0.1", port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
