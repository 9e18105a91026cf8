"""The `youshu` command: finds its commands and turns expected failures into one line and an exit code."""

import codecs
import gc
import gettext
import io
import os
import sys
from collections.abc import Mapping
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from types import MappingProxyType

import click
from click.exceptions import NoArgsIsHelpError
from typing_extensions import override

from intents.errors import ExpectedError

COMMANDS: Mapping[str, str] = MappingProxyType(
    {
        "init": "bot.commands.init:init",
        "serve": "bot.commands.serve:serve",
        "chat": "bot.commands.chat:chat",
        "ask": "bot.commands.ask:ask",
        "where": "bot.commands.where:where",
        "check": "bot.commands.check:check",
        "try": "bot.commands.try_out:try_out",
        "diff": "bot.commands.diff:diff",
        "new": "bot.commands.new:new",
        "teach": "bot.commands.teach:teach",
        "import": "bot.commands.import_table:import_table",
        "split": "bot.commands.split:split",
        "undo": "bot.commands.undo:undo",
        "report": "bot.commands.report:report",
        "eval": "bot.commands.evaluate:evaluate",
        "crisis": "bot.commands.crisis:crisis",
        "forget": "bot.commands.forget:forget",
        "export": "bot.commands.export:export",
        "schema": "bot.commands.schema:schema",
        "wechat": "bot.commands.wechat:wechat",
        "doctor": "bot.commands.doctor:doctor",
    }
)
"""Each command and where it is; only the one that is called is imported, so that `check` doesn't wait for a web server."""


class _Lazy(click.Group):
    """A group whose commands are imported when asked for (https://click.palletsprojects.com/en/stable/complex/)."""

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command = getattr(import_module(module), name)
        if not isinstance(command, click.Command):
            raise TypeError(f"{COMMANDS[cmd_name]} is not a command")
        command.options_metavar = _OPTIONS
        return command

    @override
    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        close = get_close_matches(args[0], COMMANDS, 1)
        if args[0] not in COMMANDS and close:
            ctx.fail(f"没有“{args[0]}”这个命令；您是不是想写“{close[0]}”？")
        return super().resolve_command(ctx, args)


_OPTIONS = "[选项]"
GARBAGE_THRESHOLD = 10_000
"""So many new objects between two looks for garbage."""


@click.group(
    cls=_Lazy,
    help="有数：给逾期的人一个说得清、靠得住的回答。",
    options_metavar=_OPTIONS,
    subcommand_metavar="命令 …",
)
@click.version_option(package_name="youshu", message="有数 %(version)s", help="显示版本号。")
def youshu() -> None:
    """The command that holds the others."""


def main() -> None:
    """Run a command; an expected failure is one line on stderr and exit code 1."""
    # Python's own looks after every 700th new object, which is many times while modules and a FAQ are read: docs/decisions/0006-start-up.md.
    gc.set_threshold(GARBAGE_THRESHOLD)
    _speak_chinese()
    _read_and_write_unicode()
    try:
        youshu(standalone_mode=False, prog_name="youshu")
    except click.UsageError as error:
        _tell_usage(error)
        sys.exit(error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except ExpectedError as error:
        click.echo(error.user_message, err=True)
        sys.exit(1)
    finally:
        # Skips Python's last garbage collection, a tenth of what a short command takes: docs/decisions/0006-start-up.md.
        gc.freeze()


def _tell_usage(error: click.UsageError) -> None:
    if isinstance(error, NoArgsIsHelpError):
        error.show()
    else:
        click.echo(
            f"{error.format_message()}（用法见 {error.ctx.command_path if error.ctx else 'youshu'} --help）", err=True
        )


def _read_and_write_unicode() -> None:
    """Have what isn't said in UTF-8 neither lost nor fatal: an ASCII locale, a pipe of Windows in GBK."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if not isinstance(stream, io.TextIOWrapper) or (encoding := codecs.lookup(stream.encoding).name) == "utf-8":
            continue
        # What GBK lacks becomes a question mark; ASCII lacks everything, and says nothing of what reads it.
        stream.reconfigure(encoding="utf-8" if encoding == "ascii" else encoding, errors="replace")
    sys.argv[1:] = [_decoded(argument) for argument in sys.argv[1:]]


def _decoded(argument: str) -> str:
    """An argument that Python couldn't decode in the locale's encoding, in UTF-8."""
    if any("\udc80" <= c <= "\udcff" for c in argument):
        return os.fsencode(argument).decode("utf-8", "replace")
    return argument


def _speak_chinese() -> None:
    """Take click's own words from our catalog, whatever language the machine is set to."""
    os.environ["LANGUAGE"] = "zh_CN"
    gettext.bindtextdomain("messages", str(Path(__file__).parent / "locale"))
