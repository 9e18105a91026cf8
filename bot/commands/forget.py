"""`youshu forget`: delete all that is kept of one person."""

import asyncio

import click

from bot.commands.person_argument import PERSON
from bot.commands.settings_without_logs import settings_without_logs
from bot.messages import ChatIdentity
from bot.store.store import Store


@click.command(help="删除一个人的全部记录。")
@click.argument("person", metavar="渠道:用户", type=PERSON)
def forget(person: ChatIdentity) -> None:
    """Delete every row that names a person."""

    async def delete() -> int:
        async with Store(settings_without_logs().database_url.get_secret_value()) as store:
            return await store.forget(person)

    click.echo(f"已删除 {asyncio.run(delete())} 条记录")
