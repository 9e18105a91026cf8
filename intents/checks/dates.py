"""Answers and parameters that nobody has looked at for too long, and dates in the future."""

from collections.abc import Iterator
from datetime import date, timedelta

from intents.checks.raw_faq import RawFaq
from intents.faq.problems import Problem, quoted
from intents.faq.reader import Path, Value

# Where the file was written it may be tomorrow already.
_TOMORROW = timedelta(days=1)


def review_dates(raw: RawFaq) -> Iterator[Problem]:
    """Answers last reviewed too long ago, or in the future."""
    for index, intent in raw.intents:
        path: Path = ("intents", index, "reviewed")
        day = _day(intent.get("reviewed"))
        if day is None:
            continue
        yield from _future(raw, path, day)
        age = (raw.today - day).days
        if age > raw.limits.review_days:
            message = f"{quoted(str(intent.get('title')))}已经 {age} 天没有审核"
            yield raw.problem(path, "W-STALE-REVIEW", message, "请核对回答，再把日期改成今天")


def parameter_dates(raw: RawFaq) -> Iterator[Problem]:
    """Parameters that change and weren't looked up again in time, or that are dated in the future."""
    for name, parameter in raw.parameters.items():
        path: Path = ("parameters", name, "as_of")
        day = _day(parameter.get("as_of"))
        if day is None:
            continue
        yield from _future(raw, path, day)
        every = parameter.get("recheck_days")
        age = (raw.today - day).days
        if isinstance(every, str) and every.isascii() and every.isdigit() and age > int(every):
            message = f"参数{quoted(name)}已经 {age} 天没有核对"
            yield raw.problem(path, "W-STALE-PARAMETER", message, "请到出处核对，再改 value 和 as_of")


def _future(raw: RawFaq, path: Path, day: date) -> Iterator[Problem]:
    if day > raw.today + _TOMORROW:
        yield raw.problem(path, "W-FUTURE-DATE", f"日期 {day} 还没有到", "请改成真正核对的那一天")


def _day(value: Value) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
