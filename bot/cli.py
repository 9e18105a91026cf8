"""The `youshu` command: gathers its commands and turns expected failures into one line and an exit code."""

import sys

import click

from bot.commands import content, talk
from bot.service import StartError
from bot.settings import SettingsError
from bot.store import StoreError
from intents.problems import FAQError

COMMANDS = (talk.serve, talk.chat, talk.ask, content.check, talk.forget, content.schema)


@click.group(help="有数：给逾期的人一个说得清、靠得住的回答。")
@click.version_option(package_name="youshu")
def youshu() -> None:
    """The command that holds the others."""


def main() -> None:
    """Run a command; an expected failure is one line on stderr and exit code 1."""
    for command in COMMANDS:
        youshu.add_command(command)
    try:
        youshu(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except (FAQError, SettingsError, StartError, StoreError) as error:
        click.echo(str(error), err=True)
        sys.exit(1)
