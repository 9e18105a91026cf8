"""`youshu crisis`: what is said when a life is in danger, for whoever reviews it."""

import click

from bot.crisis.loading import shipped_script
from bot.crisis.paths import paths


@click.command(help="检查有生命危险时说的话（bot/crisis/script.yaml）；没有问题就什么也不说。")
@click.option("--talk", is_flag=True, help="把每一步、每条路、每句话和为什么都打印出来")
def crisis(*, talk: bool) -> None:
    """Check the script, which fails with what is wrong with it; with --talk, print every path."""
    shipped_script()
    if talk:
        for line in paths():
            click.echo(line)
