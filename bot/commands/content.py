"""Commands on the content: check, schema."""

import json
import sys
from pathlib import Path

import click

from bot.settings import quiet_settings
from intents.faq import check_file
from intents.schema import FAQ


@click.command(help="检查 faq.yaml，列出全部问题。")
@click.option("--strict", is_flag=True, help="有警告也算不通过")
@click.argument("path", type=click.Path(path_type=Path), required=False)
def check(path: Path | None, *, strict: bool) -> None:
    """Print every problem; exit 1 when one of them stops a load."""
    path = path or quiet_settings().faq
    checked = check_file(path)
    for problem in checked.problems:
        click.echo(problem.line_for(str(path)))
    if any(strict or problem.severity == "error" for problem in checked.problems):
        sys.exit(1)


@click.command(help="输出 faq.yaml 的 JSON Schema。")
def schema() -> None:
    """Print the schema that editors use."""
    click.echo(json.dumps(FAQ.model_json_schema(), ensure_ascii=False, indent=2))
