"""Reads script.yaml and says what is wrong with it, all at once and in Chinese."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from itertools import product
from typing import Any

import yaml
from pydantic import ValidationError
from typing_extensions import override

from bot.crisis.hearing import NotationError, pattern
from bot.crisis.script import ANY, Line, Script, Stage
from bot.crisis.state import Age, CrisisState, Happening, Whose
from intents.errors import ExpectedError

# The C loader is some ten times as fast; a wheel of PyYAML without it still works.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

FIRST_NUMBERS = ("120", "110")
"""How everything begins that is said while it is happening."""

NUMBERS = ("110", "120", "12356")

MOST_BYTES = 64
"""Of a button's value, in Telegram."""

NEVER_OWN = frozenset({Happening.MISSING, Happening.STILL})
NEVER_OTHER = frozenset({Happening.MISSING, Happening.HARM})
"""What can't be happening to the one who writes, or to another."""

_ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_ENDINGS = {"own", "other", "denies"}
"""The first words of the state in which it is over."""


class ScriptError(ExpectedError):
    """script.yaml can't be used."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems

    @property
    @override
    def user_message(self) -> str:
        return "\n".join(f"script.yaml：{problem}" for problem in self.problems)


def read_script(text: str) -> Script:
    """The script in this text."""
    try:
        data: Any = yaml.load(text, _Loader)  # noqa: S506 - a safe loader, the C one where there is one  # nosec B506
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"第 {mark.line + 1} 行第 {mark.column + 1} 列" if mark else "开头"
        raise ScriptError([f"{place}：不是 YAML（{getattr(error, 'problem', None) or error}）"]) from error
    try:
        script = Script.model_validate(data)
    except ValidationError as error:
        raise ScriptError([f"{_place(each['loc'])}：{each['msg']}" for each in error.errors()]) from error
    problems = [*_problems(script)]
    if problems:
        raise ScriptError(problems)
    return script


@cache
def shipped_script() -> Script:
    """The shipped script."""
    return read_script(files(__package__).joinpath("script.yaml").read_text(encoding="utf-8"))


def _place(loc: tuple[int | str, ...]) -> str:
    return " → ".join(str(part + 1) if isinstance(part, int) else part for part in loc) or "整个文件"


def _problems(script: Script) -> Iterator[str]:
    notation = [*_unreadable(script)]
    yield from notation
    yield from _unknown_names(script)
    yield from _buttons(script)
    for stage in script.states:
        yield from _stage(script, stage)
    for name, lines in script.fears.items():
        yield from (f"fears → {name}：说给谁都行的话里不能有 {{whom}}、{{他}}" for each in lines if "{" in each.say)
    for name in ("numbers", "debt_line", "doubtful_line"):
        line: Line = getattr(script, name)
        missing = [number for number in NUMBERS if number not in line.say]
        if missing:
            yield f"{name}：少了号码 {'、'.join(missing)}"
    if not notation:
        yield from _without_state(script)


def _unreadable(script: Script) -> Iterator[str]:
    ways: Iterator[tuple[str, str]] = (
        (f"hears → {name}", way) for name, cue in script.hears.items() for way in (cue.hears + " " + cue.but).split()
    )
    for place, way in ways:
        try:
            pattern([way], script.words)
        except (NotationError, re.error) as error:
            yield f"{place}：“{way}”读不懂（{error}）"
    for name, cue in script.hears.items():
        if not cue.hears and not cue.danger and not cue.debt:
            yield f"hears → {name}：没有写听到什么"


def _unknown_names(script: Script) -> Iterator[str]:
    cues = set(script.hears)
    named: Mapping[str, set[str]] = {
        "fears": set(script.fears),
        "ends": {name for end in script.ends for name in end.heard}
        | {name.rpartition(".")[2] for end in script.ends for name in end.asked},
        **{f"hears → {name} → drops": set(cue.drops) for name, cue in script.hears.items()},
        **{f"states → {stage.name} → answers": set(stage.answers) for stage in script.states},
    }
    for place, names in named.items():
        yield from (f"{place}：hears 里没有“{name}”" for name in sorted(names - cues))
    for stage in script.states:
        if stage.like is not None and stage.like not in script.by_name:
            yield f"states → {stage.name} → like：没有“{stage.like}”这一步"
        yield from (
            f"states → {stage.name} → buttons：没有“{value}”这个按钮"
            for value in stage.buttons
            if value not in script.buttons
        )


def _buttons(script: Script) -> Iterator[str]:
    for value in script.buttons:
        if not value.startswith("c:") or not value.isascii() or len(value) > MOST_BYTES:
            yield f"buttons → {value}：要以 c: 开头，只用英文字母，最长 {MOST_BYTES} 个"
    if "c:unsafe" not in script.buttons:
        yield "buttons：少了 c:unsafe，别处的回答底下要用它"


def _stage(script: Script, stage: Stage) -> Iterator[str]:
    where = f"states → {stage.name}"
    wanted = _wanted_first(script, stage)
    for name in sorted(wanted ^ set(stage.first)):
        yield f"{where} → first：{'少了' if name in wanted else '多了'}“{name}”"
    if stage.urgent and not stage.begins.startswith(FIRST_NUMBERS):
        yield f"{where} → begins：正在发生时要以 120 或 110 开头"
    # 点 is filled in by how the channel shows choices.
    allowed = {"点", "whom", "他"} if stage.when.whose is Whose.OTHER or stage.when.over else {"点"}
    for place, line in lines_of(stage):
        if stage.urgent and not line.say.startswith(FIRST_NUMBERS):
            yield f"{where} → {place}：正在发生时要以 120 或 110 开头：“{line.lines[0][:20]}”"
        for name in _PLACEHOLDER.findall(line.say):
            if name not in allowed:
                yield f"{where} → {place}：不认得 {{{name}}}"
        if not stage.urgent and place.startswith("first") and not all(number in line.say for number in NUMBERS):
            yield f"{where} → {place}：第一句话里要有 110、120 和 12356"
    if script.by_name[stage.name] is not stage:
        yield f"{where}：有两个同名的"


def _wanted_first(script: Script, stage: Stage) -> set[str]:
    """The names of the first words that a state must have."""
    if stage.when.over:
        return _ENDINGS
    if stage.when.now is True:
        return {each.value for each in _kinds_left(script, stage)}
    if stage.when.now and ANY not in stage.first:
        return {each.value for each in stage.when.now}
    return {ANY}


def _kinds_left(script: Script, stage: Stage) -> Iterator[Happening]:
    """What may be happening to whom a state is about, without what a state before it is for."""
    before = script.states[: script.states.index(stage)]
    taken = {
        kind
        for each in before
        if each.when.whose is stage.when.whose and isinstance(each.when.now, tuple)
        for kind in each.when.now
    }
    never = NEVER_OTHER if stage.when.whose is Whose.OTHER else NEVER_OWN
    yield from (kind for kind in Happening if kind not in taken | never)


def lines_of(stage: Stage) -> Iterator[tuple[str, Line]]:
    """Every line of a state with its place."""
    yield from ((f"first → {name}", line) for name, line in stage.first.items())
    for cue, lines in stage.answers.items():
        yield from ((f"answers → {cue} → {number}", line) for number, line in enumerate(lines, 1))
    yield from ((f"goes_on → {number}", line) for number, line in enumerate(stage.goes_on, 1))


def _without_state(script: Script) -> Iterator[str]:
    """Facts for which there is no state, and urgent ones that end in a state that isn't."""
    everything = product(Whose, [None, *Happening], [False, True], [None, *Age], [False, True])
    for whose, happening, threatened, age, over in everything:
        state = CrisisState(
            since=_ANY_TIME, whose=whose, happening=happening, threatened=threatened, age=age, over=over
        )
        stage = next((each for each in script.states if each.when(state)), None)
        if stage is None:
            yield f"states：没有一步对得上 {whose.value}、{happening or '没有正在发生'}、{age or '不知成年没有'}"
            return
        if happening is not None and not over and not stage.urgent:
            yield f"states → {stage.name}：正在发生，却没有写 urgent: true"
            return
