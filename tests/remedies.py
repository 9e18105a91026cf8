"""Follows a remedy of `check` to the letter, as an operator would who knows nothing else; a backup is the good text."""

import re
from collections.abc import Callable, Mapping

from intents.faq.problems import Problem

Follow = Callable[[list[str], Problem, re.Match[str], str], None]
"""Changes the lines of a text (without their ends) as a remedy says: problem, the match of its wording, the good text."""


def followed(text: str, problem: Problem, good: str) -> str:
    """The text after what the remedy of this problem says; KeyError where no way is known to follow it."""
    lines = text.split("\n")
    for wording, follow in _WAYS.items():
        if found := re.search(wording, problem.remedy):
            follow(lines, problem, found, good)
            return "\n".join(lines)
    raise KeyError(problem.remedy)


def _insert_above(lines: list[str], problem: Problem, found: re.Match[str], _: str) -> None:
    lines.insert(problem.line - 1, " " * int(found[2] or 0) + found[1])


def _replace_mark(mark: str) -> Follow:
    def follow(lines: list[str], problem: Problem, _: re.Match[str], __: str) -> None:
        line, at = lines[problem.line - 1], problem.column - 1
        lines[problem.line - 1] = line[:at] + mark + line[at + 1 :].lstrip(" ")

    return follow


def _quote(lines: list[str], problem: Problem, _: re.Match[str], __: str) -> None:
    line, at = lines[problem.line - 1], problem.column - 1
    lines[problem.line - 1] = f'{line[:at]}"{line[at:]}"'


def _double_backslashes(lines: list[str], problem: Problem, _: re.Match[str], __: str) -> None:
    lines[problem.line - 1] = lines[problem.line - 1].replace("\\", "\\\\")


def _write_list(lines: list[str], problem: Problem, found: re.Match[str], _: str) -> None:
    lines[problem.line - 1] = re.sub(r"\[.*\]", found[1], lines[problem.line - 1])


def _write_ids(lines: list[str], problem: Problem, found: re.Match[str], _: str) -> None:
    line, at = lines[problem.line - 1], problem.column - 1
    lines[problem.line - 1] = line[:at] + re.sub(r"^[^\]]+", found[1], line[at:])


def _write_value(value: str) -> Follow:
    def follow(lines: list[str], problem: Problem, _: re.Match[str], __: str) -> None:
        line, at = lines[problem.line - 1], problem.column - 1
        lines[problem.line - 1] = line[:at] + re.sub(r"^[^,}]+", value, line[at:])

    return follow


def _write_named_value(lines: list[str], problem: Problem, found: re.Match[str], good: str) -> None:
    _write_value(found[1])(lines, problem, found, good)


def _write_word(lines: list[str], problem: Problem, found: re.Match[str], _: str) -> None:
    line, at = lines[problem.line - 1], problem.column - 1
    lines[problem.line - 1] = line[:at] + re.sub(r"\w+", found[1], line[at:], count=1)


def _write_word_there(lines: list[str], _: Problem, found: re.Match[str], __: str) -> None:
    lines[int(found[1]) - 1] = lines[int(found[1]) - 1].replace(found[2], found[3], 1)


def _delete_line(lines: list[str], problem: Problem, _: re.Match[str], __: str) -> None:
    del lines[problem.line - 1]


def _delete_mark(lines: list[str], problem: Problem, found: re.Match[str], _: str) -> None:
    line, at = lines[problem.line - 1], problem.column - 1
    lines[problem.line - 1] = line[:at] + line[at:].replace(found[1], "", 1)


def _delete_curly_quotes(lines: list[str], problem: Problem, _: re.Match[str], __: str) -> None:
    line, at = lines[problem.line - 1], problem.column - 1
    lines[problem.line - 1] = line[:at] + line[at:].replace("“", "", 1).replace("”", "", 1)


def _join(lines: list[str], problem: Problem, _: re.Match[str], __: str) -> None:
    lines[problem.line - 1] += lines.pop(problem.line).strip()


def _align(lines: list[str], problem: Problem, _: re.Match[str], __: str) -> None:
    above = lines[problem.line - 2]
    indent = len(above) - len(above.lstrip())
    lines[problem.line - 1] = " " * indent + lines[problem.line - 1].lstrip()


def _write_parameter_back(lines: list[str], _: Problem, found: re.Match[str], good: str) -> None:
    definition = next(line for line in good.split("\n") if line.startswith(f"  {found[1]}:"))
    lines.insert(lines.index("parameters:") + 1, definition)


def _restore(lines: list[str], problem: Problem, _: re.Match[str], good: str) -> None:
    lines[problem.line - 1 :] = good.split("\n")[problem.line - 1 :]


def _shorten(lines: list[str], problem: Problem, found: re.Match[str], _: str) -> None:
    lines[problem.line - 1] = lines[problem.line - 1][: int(found[1])]


def _write_day(lines: list[str], problem: Problem, found: re.Match[str], _: str) -> None:
    line, at = lines[problem.line - 1], problem.column - 1
    lines[problem.line - 1] = line[: at + 8] + found[1]


_WAYS: Mapping[str, Follow] = {
    r"请在这一行上面补一行“([^”]+)”，(?:前面空 (\d+) 格|顶着行首写)": _insert_above,
    r"请换成全角冒号“：”": _replace_mark("："),
    r"请换成全角逗号“，”": _replace_mark("，"),
    r"请换成顿号“、”": _replace_mark("、"),
    r"^请给整句加一对半角双引号": _quote,
    r"请在每个“\\”前面再加一个“\\”": _double_backslashes,
    r"^请写成 (\[.+\])$": _write_list,
    r"^请写成 ([a-z_]+(?:, [a-z_]+)+)$": _write_ids,
    r"请写阿拉伯数字的整数，至少是 1，不带单位，例如 (\d+)": _write_named_value,
    r"请把 value 写成 (\S+)$": _write_named_value,
    r"^请删去这一行“(?:---|\.\.\.)”$": _delete_line,
    r"请在 parameters 里把 (\w+) 这一行写回去": _write_parameter_back,
    r"第 (\d+) 行的参数“(\w+)”没有人引用，是不是该写成“(\w+)”": _write_word_there,
    r"你是不是想写“([\w]+)”": _write_word,
    r"^请删去“(.)”，只留": _delete_mark,
    r"请删去首尾的弯引号": _delete_curly_quotes,
    r"^请接成一行": _join,
    r"请和上一条的“-”左边对齐": _align,
    r"请从备份里找回断掉的部分|请从备份里找回": _restore,
    r"请只留下问的那一句，(\d+) 个字以内": _shorten,
    r"这个月只有 (\d+) 天": _write_day,
}
"""How each remedy is worded, and what one does who follows it."""
