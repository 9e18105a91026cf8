"""`youshu new`: lay out a new topic in faq.yaml."""

from datetime import datetime

import click

from bot.settings import load_settings
from intents.faq.schema import Group
from intents.faq.skeleton import add_intent, refuse_id


def _new_id(_context: click.Context, _parameter: click.Parameter, key: str) -> str:
    """Refuse the id before anything is asked for."""
    refuse_id(load_settings().faq, key)
    return key


@click.command(help="在所属那一组的最后，铺好新话题 INTENT 的空白，等您填。")
@click.option(
    "--group",
    type=click.Choice([group.value for group in Group]),
    prompt="、".join(f"{group.value} {group.heading}" for group in Group) + "\n属于哪一组",
    show_choices=False,
    help="属于哪一组：" + "、".join(f"{group.value} {group.heading}" for group in Group),
)
@click.option("--title", prompt="标题", help="显示在按钮上的标题")
@click.argument("intent", metavar="编号", is_eager=True, callback=_new_id)
def new(intent: str, group: str, title: str) -> None:
    """Lay out a skeleton."""
    path = load_settings().faq
    today = datetime.now().astimezone().date()
    added = add_intent(path, intent, Group(group), title.strip(), today)
    click.echo(f"已在 {path.name} 第 {added.line} 行铺好“{intent}”，请用编辑器填上，再运行 youshu check。")
    if added.questions:
        click.echo(f"问法写在 {added.questions} 里，一行一句。")
    click.echo("没填完之前检查通不过，机器人照旧用原来的版本回答。")
    click.echo(f"改之前的文件存在 {added.backup.name}；不要了就运行 youshu undo。")
