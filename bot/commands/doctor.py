"""`youshu doctor`: looks at what can be looked at from here, one line each, with what to do about it."""

import asyncio
import json
import sys

import click

from bot.commands.doctor_checks import Finding, examine
from bot.observe import configure_logging

_MARKS = {True: "✓", False: "✗", None: "－"}


@click.command(
    help="检查能从这台机器上查的：设置、内容、数据库、微信、公网地址、Telegram；有问题的写明怎么改，退出码是 1。"
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


def _line(finding: Finding) -> str:
    remedy = f" → {finding.remedy}" if finding.remedy else ""
    return f"{_MARKS[finding.well]} {finding.name}：{finding.told}{remedy}"
