"""`youshu wechat qr`: a QR code that opens one answer in the official account."""

import asyncio
import re
import sys
from pathlib import Path

import click
import segno

from bot.channels.wechat.api import WeChatAPI
from bot.channels.wechat.errors import APIError
from bot.channels.wechat.limits import SCENE_CHARACTERS
from bot.commands.settings_without_logs import settings_without_logs
from bot.settings import Settings
from intents.errors import ExpectedError
from intents.load import load_faq
from intents.topics import topic_id

SCALE = 8
"""Pixels of a module in a file."""


class QRCodeError(ExpectedError):
    """No QR code could be made; the text says in one line what to do."""


@click.group(help="微信公众号：带参数的二维码。", subcommand_metavar="命令 …")
def wechat() -> None:
    """What an operator does for WeChat."""


@wechat.command(
    help="生成二维码：扫了就关注公众号，并直接看到这个话题的回答。要认证过的公众号。", options_metavar="[选项]"
)
@click.argument("intent", metavar="编号")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="存成文件，以 .png 或 .svg 结尾")
def qr(intent: str, out: Path | None) -> None:
    """Print the QR code of one intent, or write it to a file."""
    if out is not None and out.suffix.lower() not in {".png", ".svg"}:
        raise click.UsageError("文件名要以 .png 或 .svg 结尾")
    settings = settings_without_logs()
    intent = topic_id(load_faq(settings.faq), intent)
    if not re.fullmatch(rf"[A-Za-z0-9_-]{{1,{SCENE_CHARACTERS}}}", intent):
        raise QRCodeError(f"二维码只带得下 {SCENE_CHARACTERS} 个字以内的英文 id")
    code = segno.make_qr(asyncio.run(_url(settings, intent)), error="m")
    if out is None:
        code.terminal(out=sys.stdout, compact=True)
    else:
        code.save(str(out), scale=SCALE)
        click.echo(f"已存到 {out}")


async def _url(settings: Settings, intent: str) -> str:
    if settings.wechat_app_secret is None:
        raise QRCodeError("带参数的二维码要认证过的公众号：请先填 YOUSHU_WECHAT_APP_ID 和 YOUSHU_WECHAT_APP_SECRET")
    api = WeChatAPI(settings.wechat_app_id, settings.wechat_app_secret, settings.wechat_base_url)
    try:
        return await api.qr_url(intent)
    except APIError as error:
        raise QRCodeError(error.remedy) from None
    finally:
        await api.close()
