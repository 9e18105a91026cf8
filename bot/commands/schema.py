"""`youshu schema`: the JSON Schema of faq.yaml."""

import sys
from pathlib import Path

import click

from intents.faq.json_schema import schema_text


@click.command(help="输出 faq.yaml 的 JSON Schema，编辑器用它提示和检查。")
@click.option("--check", "path", type=click.Path(path_type=Path), help="不输出，只看这个文件是不是最新的")
def schema(path: Path | None) -> None:
    """Print the schema that editors use; with --check, exit 1 unless the file holds it."""
    if path is None:
        click.echo(schema_text(), nl=False)
    elif not path.is_file() or path.read_text("utf-8") != schema_text():
        click.echo(f"{path} 不是最新的；请运行 youshu schema > {path}", err=True)
        sys.exit(1)
