"""What an answer mustn't claim: that an outcome is certain, or that a hotline is national or always open."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from intents.checks.raw_faq import RawFaq, WrittenText, sequence
from intents.faq.problems import Problem, quoted
from intents.faq.schema import PARAMETER_REFERENCE

_PROMISE = re.compile(
    "(?<![不未])一定(?:会|能|可以|不会|成功|有用|赢|行)"
    "|(?<![不没])保证(?:您|你|能|会|不会|通过|成功|减免)"
    "|肯定(?:会|能|不会|可以|没事|没问题|行)"
    "|绝对(?:会|能|不会|没事|没问题|安全)"
    "|不会再|百分之百|必定|准能|包您|永远不会"
    "|随时(?:都)?(?:可以|能|有人|会|在)"
    "|(?:马上|立刻)就(?:能|会)"
)
"""Words by which a reader takes an outcome for certain."""

_QUOTED = re.compile("“[^”]*”")
_SENTENCE = re.compile(r"[^。！？；\n]+[。！？；]?")


@dataclass(frozen=True, slots=True)
class Hotline:
    """What must stand beside a number so that a reader isn't misled."""

    qualifier: re.Pattern[str]
    """What says it."""
    why: str
    remedy: str


HOTLINES: Mapping[str, Hotline] = MappingProxyType(
    {
        "12368": Hotline(
            re.compile("区号|那家法院的|当地法院|窗口"),
            "外地直接打不到要找的法院",
            "请写上“外地法院加区号”，或写“那家法院的 12368”",
        ),
        "12356": Hotline(
            re.compile("打不通|接不通|占线|没人接|换个时段|十八小时|[找叫].{0,6}人|110|120"),
            "不是全天候都有人接",
            "请写上打不通时怎么办，比如“占线就换个时段”“有危险打 110”",
        ),
        "96110": Hotline(
            re.compile("没开通|不通|[或、]\\s*110"), "不是每个地方都开通了", "请写上“不通就打 110”或“有的地方没开通”"
        ),
        "12110": Hotline(re.compile("区号|当地|开通"), "后面要加当地区号，有的地方没开通", "请写上“加当地区号后三位”"),
    }
)
"""Numbers that are local or not round the clock, with the words that say so (law.md 8; audit of 2026-11-30)."""


def promises(raw: RawFaq) -> Iterator[Problem]:
    """Words that promise an outcome; what others promise, in quotation marks, isn't ours."""
    allowed = {text.strip() for text in sequence(raw.root.get("allowed_wording")) if isinstance(text, str)}
    for written in _said(raw):
        for sentence in _SENTENCE.finditer(_QUOTED.sub(lambda found: "　" * len(found[0]), written.text)):
            found = _PROMISE.search(sentence[0])
            as_written = written.text[sentence.start() : sentence.end()].strip()
            if found is None or as_written in allowed:
                continue
            message = f"“{found[0]}”是在打包票：{quoted(as_written)}"
            remedy = "请写成多大可能、看什么；确实没问题的，把整句抄进文件开头的 allowed_wording"
            yield raw.problem(written.path, "W-PROMISE", message, remedy, character=sentence.start() + found.start())


def hotlines(raw: RawFaq) -> Iterator[Problem]:
    """A local number, or one that isn't always answered, named without saying so.

    The summary stands alone and has to say it itself; for the rest of an answer once is enough.
    """
    answers: dict[int, list[WrittenText]] = {}
    for written in _said(raw):
        answers.setdefault(int(written.path[1]), []).append(written)
    for texts in answers.values():
        if any(name not in raw.parameters for each in texts for name in PARAMETER_REFERENCE.findall(each.text)):
            continue  # what a parameter that is missing would say isn't known
        for number, hotline in HOTLINES.items():
            naming = [written for written in texts if _names(raw.fill(written.text), number)]
            said = [written for written in naming if hotline.qualifier.search(_without(raw, written, number))]
            wrong = [
                written for written in naming if written not in said and (written.path[-1] == "summary" or not said)
            ]
            for written in wrong[:1]:
                yield raw.problem(written.path, "W-HOTLINE", f"{number} {hotline.why}，这里没说", hotline.remedy)


def _said(raw: RawFaq) -> Iterator[WrittenText]:
    """What the answers say; the basis quotes rules and promises nothing."""
    return (written for written in raw.answer_texts if "basis" not in written.path)


def _names(text: str, number: str) -> bool:
    return re.search(rf"(?<!\d){number}(?!\d)", text) is not None


def _without(raw: RawFaq, written: WrittenText, number: str) -> str:
    """The text as people read it, without the number itself, which may hold another (12110 holds 110)."""
    return re.sub(rf"(?<!\d){number}(?!\d)", "", raw.fill(written.text))
