"""`youshu crisis`: what a reviewer reads."""

from click.testing import CliRunner

from bot.commands.crisis import crisis


def test_every_path_is_printed_in_readable_chinese() -> None:
    done = CliRunner().invoke(crisis, ["--talk"])
    assert done.exit_code == 0
    assert "1. 本人，已经伤到身体" in done.output
    assert "听到“身边没有人”（例：" in done.output
    assert "→ 过去了：安全了，有人在" in done.output
    assert "None" not in done.output
    assert "own_" not in done.output


def test_a_good_script_is_silent() -> None:
    done = CliRunner().invoke(crisis, [])
    assert (done.exit_code, done.output) == (0, "")
