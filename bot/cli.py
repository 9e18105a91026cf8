"""The `youshu` command: gathers its commands and turns expected failures into one line and an exit code."""

import sys

import click

from bot.commands import check, compare, measure, report, talk, teach, trial
from bot.service import StartError
from bot.settings import SettingsError
from bot.store import StoreError
from intents.corpus import CorpusError
from intents.edit import EditError
from intents.problems import FAQError
from intents.rewrite import RewriteError
from intents.teach import TeachError

COMMANDS = (
    talk.serve,
    talk.chat,
    talk.ask,
    check.check,
    talk.forget,
    check.schema,
    measure.evaluate,
    report.report,
    teach.teach,
    teach.new,
    teach.undo,
    compare.diff,
    trial.try_out,
)

EXPECTED = (
    CorpusError,
    EditError,
    FAQError,
    RewriteError,
    SettingsError,
    StartError,
    TeachError,
)
"""Failures whose text is a line for a person."""


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
    except StoreError as error:
        click.echo(f"数据库没有应答（{error}）；请检查 YOUSHU_DATABASE_URL", err=True)
        sys.exit(1)
    except EXPECTED as error:
        click.echo(str(error), err=True)
        sys.exit(1)
