"""`youshu doctor`: looks at what can be looked at from here, one line each, with what to do about it."""

import asyncio
import json
import sys
from collections.abc import Sequence

import click

from bot.commands.doctor_channels import (
    check_public_url,
    check_telegram,
    check_wechat_api,
    check_wechat_crypto,
    check_wecom_api,
    check_wecom_crypto,
)
from bot.commands.doctor_checks import Check, Finding, check_database, check_faq, check_redis, check_second_opinion
from bot.observe import configure_logging
from bot.settings import SettingsError, load_settings

CHECKS: Sequence[Check] = (
    check_faq,
    check_second_opinion,
    check_database,
    check_redis,
    check_wechat_crypto,
    check_public_url,
    check_wechat_api,
    check_wecom_crypto,
    check_wecom_api,
    check_telegram,
)
"""Everything that is looked at, in the order in which it has to work; a channel's check is one more function."""

_MARKS = {True: "✓", False: "✗", None: "－"}


@click.command(
    help="检查能从这台机器上查的：设置、内容、数据库、Redis、微信、微信客服、公网地址、Telegram；有问题的写明怎么改，退出码是 1。"
)
@click.option("--json", "as_json", is_flag=True, help="输出 JSON，一项一个对象")
def doctor(*, as_json: bool) -> None:
    """Print what was found; exit code 1 where something has to be mended."""
    configure_logging("console", "ERROR")
    findings = asyncio.run(examine())
    if as_json:
        click.echo(json.dumps([finding.as_json() for finding in findings], ensure_ascii=False, indent=2))
    else:
        for finding in findings:
            click.echo(_line(finding))
    sys.exit(any(finding.well is False for finding in findings))


async def examine() -> list[Finding]:
    """What was found of everything."""
    try:
        settings = load_settings()
    except SettingsError as error:
        lines = (line.partition("：") for line in str(error).splitlines())
        return [Finding("设置", well=False, told=f"{name} 不对", remedy=remedy) for name, _, remedy in lines]
    findings = [Finding("设置", well=True, told="都读得懂")]
    for check in CHECKS:
        findings += [finding async for finding in check(settings)]
    return findings


def _line(finding: Finding) -> str:
    remedy = f" → {finding.remedy}" if finding.remedy else ""
    return f"{_MARKS[finding.well]} {finding.name}：{finding.told}{remedy}"
