"""`youshu forget`: delete all that is kept of one person."""

import asyncio

import click

from bot.commands.settings_without_logs import settings_without_logs
from bot.messages import ChatIdentity
from bot.store.store import Store


@click.command(help="删除一个人的全部记录。")
@click.argument("person", metavar="渠道:用户")
def forget(person: str) -> None:
    """Delete every row that names a person."""
    channel, _, user = person.partition(":")
    if not channel or not user:
        raise click.UsageError("请写成“渠道:用户编号”，例如 telegram:123456")

    async def delete() -> int:
        async with Store(settings_without_logs().database_url.get_secret_value()) as store:
            return await store.forget(ChatIdentity(channel, user))

    click.echo(f"已删除 {asyncio.run(delete())} 条记录")
