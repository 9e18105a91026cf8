"""`youshu export`: show all that is kept of one person."""

import asyncio
import json
import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import click

from bot.commands.person_argument import PERSON
from bot.commands.settings_without_logs import settings_without_logs
from bot.messages import ChatIdentity
from bot.store.analytics import CHINA
from bot.store.store import Store
from intents.errors import os_error_reason, os_error_remedy

NOT_IN_IT = (
    "没听懂的、反问过的、被点“没用”的句子遮盖以后留着，没有记是谁说的，找不出来；"
    "Telegram、微信和工作人员自己的聊天记录也不在里面"
)


@click.command(help="把一个人名下的全部记录写成 JSON，给本人看。")
@click.argument("person", metavar="渠道:用户", type=PERSON)
@click.option("--out", metavar="文件", type=click.Path(path_type=Path, dir_okay=False), help="存进这个文件，不显示")
def export(person: ChatIdentity, out: Path | None) -> None:
    """Print every row that names a person, or keep them in a file that only its owner can read."""
    records = asyncio.run(_records(person))
    text = _document(person, records)
    rows = sum(len(rows) for record in records if isinstance(rows := record["rows"], list))
    if out is None:
        click.echo(text)
    else:
        _write(out, text)
    where = f"，写进了 {out}" if out is not None else ""
    click.echo(f"共 {rows} 条记录{where}" if rows else f"没有这个人的记录{where}", err=True)


async def _records(person: ChatIdentity) -> list[dict[str, object]]:
    async with Store(settings_without_logs().database_url.get_secret_value()) as store:
        return await store.export(person)


def _document(person: ChatIdentity, records: Sequence[dict[str, object]]) -> str:
    document = {
        "channel": person.channel,
        "user": person.user,
        "exported_at": datetime.now(CHINA).isoformat(timespec="seconds"),
        "records": records,
        "not_in_it": NOT_IN_IT,
    }
    return json.dumps(document, ensure_ascii=False, indent=2)


def _write(path: Path, text: str) -> None:
    try:
        # It is somebody's own; a file that is there already may be somebody else's.
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(f"{text}\n")
    except FileExistsError:
        raise click.ClickException(f"{path} 已经有了，没有写；请换一个文件名") from None
    except OSError as error:
        reason, remedy = os_error_reason(error), os_error_remedy(error)
        raise click.ClickException(f"{path} 写不进去（{reason}）；{remedy}") from error
