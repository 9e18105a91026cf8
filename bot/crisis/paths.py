"""Every path through the script as a reviewer reads it: where a talk stands, what is heard, what is said and why, where it leads."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

from bot.crisis.loading import shipped_script
from bot.crisis.moves import DEBT, Heard, learn
from bot.crisis.script import Line, Script, Stage
from bot.crisis.state import CrisisState, Happening, Whose

_NOW = datetime(2000, 1, 1, tzinfo=UTC)

KINDS = {
    Happening.TOOK: "吃了、喝了什么",
    Happening.HURT: "已经伤了",
    Happening.AIR: "屋里的气有毒",
    Happening.HARM: "怕自己伤到别人",
    Happening.STILL: "叫不醒，没有呼吸",
    Happening.PLACE: "在危险的地方",
    Happening.MEANS: "东西在手边",
    Happening.MISSING: "联系不上",
    Happening.UNSAID: "没说是什么",
}
"""What is happening, in a reviewer's words."""

_FIRSTS = {
    **{kind.value: said for kind, said in KINDS.items()},
    "own": "本人",
    "other": "亲友",
    "denies": "说没有那个意思",
}


def starts(stage: Stage) -> tuple[CrisisState, ...]:
    """The facts with which a talk stands here, one for each that changes what is said."""
    whose = stage.when.whose or Whose.OWN
    state = CrisisState(_NOW, whose, "someone" if whose is Whose.OTHER else None)
    state = replace(
        state,
        age=stage.when.age,
        threatened=bool(stage.when.threatened),
        gone=bool(stage.when.gone),
        over=stage.when.over,
    )
    if stage.when.over:
        return state, replace(state, whose=Whose.OTHER, whom="someone")
    if stage.when.now is True:
        return tuple(replace(state, happening=kind) for kind in Happening if kind.value in stage.first)
    if isinstance(stage.when.now, tuple):
        return tuple(replace(state, happening=kind) for kind in stage.when.now)
    return (state,)


def leads(script: Script, stage: Stage, cue: str) -> tuple[str, ...]:
    """The titles of the states to which hearing this leads from here, without this one."""
    titles: dict[str, None] = {}
    for state in starts(stage):
        heard = script.hears[cue]
        if heard.whose not in {None, state.whose} or (heard.only == "threatened" and not state.threatened):
            continue
        plain = heard.danger
        if state.over and not plain:
            continue
        turned = CrisisState(_NOW) if heard.turns is Whose.OWN else state
        after = script.stage(learn(script, turned, Heard((cue,), plain=plain)))
        if after.name != stage.name:
            titles[after.title] = None
    return tuple(titles)


def paths() -> Iterator[str]:
    """The whole script, line by line."""
    script = shipped_script()
    yield "有人有生命危险时，有数怎么说。每句话下面是它为什么在这里；“→”是接着到哪一步。"
    yield "正在发生的那几步，每次回复都以 120 或 110 开头；不在发生时，没有号码的回复后面补一句号码。"
    yield f"补的号码：{script.numbers.say}（{script.numbers.why}）"
    for number, stage in enumerate(script.states, 1):
        yield ""
        yield from _stage(script, number, stage)
    yield ""
    yield "怕什么，答什么（哪一步都能问；正在发生时，前面先说那一步的开头）"
    for cue, lines in script.fears.items():
        yield from _heard(script, cue, lines, ())
    yield ""
    yield "什么时候算过去"
    for end in script.ends:
        kinds = "、".join(KINDS[kind] for kind in end.kinds) or "哪一种都算"
        if end.but_kinds:
            kinds = "除了" + "、".join(KINDS[kind] for kind in end.but_kinds)
        if end.asked:
            kinds = "刚答过" + "、".join(script.hears[name.rpartition(".")[2]].title for name in end.asked)
        heard = "，又".join(f"“{script.hears[cue].title}”" for cue in end.heard)
        yield f"  听到{heard}（{kinds}）→ {'过去了' if end.after == 'over' else '不再是正在发生，接着陪'}"
        yield f"    为什么：{end.why}"
    yield ""
    yield "别处的回答底下"
    for title, line in (
        ("答了债的问题", script.debt_line),
        ("只是听着像有危险", script.doubtful_line),
        ("两个人都有危险，说的是本人", script.both_own),
        ("两个人都有危险，说的是亲友", script.both_other),
    ):
        yield f"  {title}"
        yield from _words((line,))


def _stage(script: Script, number: int, stage: Stage) -> Iterator[str]:
    yield f"{number}. {stage.title}" + ("（正在发生）" if stage.urgent else "")
    labels = " / ".join(script.buttons[value].label for value in stage.buttons)
    yield f"  按钮：{labels}"
    if stage.begins:
        yield f"  答别的之前先说：{stage.begins}"
    for name, line in stage.first.items():
        yield "  到了这一步，先说" + (f"（{_FIRSTS[name]}）" if name in _FIRSTS else "")
        yield from _words((line,))
    if stage.ask_age is not None:
        yield "  不知道成年没有时，再问"
        yield from _words((stage.ask_age,))
    for cue in script.hears:
        lines, to = stage.answers.get(cue, ()), leads(script, stage, cue)
        if lines or to:
            yield from _heard(script, cue, lines, to)
    if stage.like is not None:
        yield f"  别的，照“{script.by_name[stage.like].title}”说"
    yield "  听到别的，或上面的话说完了"
    yield from _words(stage.goes_on)


def _heard(script: Script, cue: str, lines: Iterable[Line], to: tuple[str, ...]) -> Iterator[str]:
    example = script.listeners[cue].example
    marks = {DEBT: "听着是债的问题"}
    said = marks.get(cue) or (f"例：{example}" if example else "由识别危险的那一层听")
    yield f"  听到“{script.hears[cue].title}”（{said}）" + "".join(f" → {title}" for title in to)
    yield from _words(lines)


def _words(lines: Iterable[Line]) -> Iterator[str]:
    for line in lines:
        for number, words in enumerate(line.lines):
            yield f"    {'·' if number == 0 else ' '} {words.replace('{点}', '点')}"
        yield f"      为什么：{line.why}"
