"""Little FAQs for tests of mechanisms, so that no test depends on the shipped wording."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from intents import FAQ
from intents.faq.edit import yaml_scalar
from intents.faq.files import FAQFiles, read_files
from intents.faq.question_files import HEADING

_Dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)

BASIS = {"law": "民法典", "article": "第一千零三十二条", "says": "自然人享有隐私权"}


def intent(key: str, questions: Sequence[str], **changes: object) -> dict[str, object]:
    """One well-formed intent; changes replace or add its keys."""
    answer = {
        "summary": f"{key}的简要回答。这是第二句。",
        "consequences": [f"{key}的后果一。", f"{key}的后果二。"],
        "rights": [f"{key}的权利一。", f"{key}的权利二。"],
        "steps": [f"{key}的第一步。", f"{key}的第二步。"],
        "script": f"{key}的话术。",
        "basis": [dict(BASIS)],
    }
    return {
        "id": key,
        "group": "collection",
        "title": f"{key}标题",
        "questions": list(questions),
        "answer": answer,
        "owner": "内容组",
        "reviewed": "2026-11-23",
        **changes,
    }


def faq_text(intents: Sequence[Mapping[str, object]], **changes: object) -> str:
    """The YAML of a FAQ with these intents."""
    return dump_yaml({"version": 1, "intents": [*intents], **changes})


def dump_yaml(value: object) -> str:
    """A value as YAML, by libyaml where PyYAML has it, which takes a tenth of the time."""
    return str(yaml.dump(value, Dumper=_Dumper, allow_unicode=True, sort_keys=False))


def write_faq(folder: Path, intents: Sequence[Mapping[str, object]], **changes: object) -> Path:
    """A FAQ file in this folder."""
    path = folder / "faq.yaml"
    path.write_text(faq_text(intents, **changes), encoding="utf-8")
    return path


def one_file(path: Path) -> str:
    """A FAQ as one file: what `youshu split` took out of faq.yaml put back in front of each answer."""
    files = read_files(path)
    lines: list[str] = []
    key = ""
    for line in files.main.decode("utf-8").splitlines():
        if line == "intents:":
            lines += ["out_of_scope:", "  questions:", *_listed(files, "out_of_scope", "    "), ""]
        if line == "    answer:":
            lines += ["    questions:", *_listed(files, key, "      ")]
        lines.append(line)
        if line.startswith("  - id: "):
            key = line.removeprefix("  - id: ")
    return "".join(f"{line}\n" for line in lines)


def _listed(files: FAQFiles, key: str, indent: str) -> list[str]:
    """The lines of a text as items of a list, with its comments."""
    text = files.questions[f"{key}.txt"].decode("utf-8")
    return [
        f"{indent}{line if line.startswith('#') else f'- {yaml_scalar(line)}'}"
        for line in text.splitlines()
        if line != HEADING
    ]


def faq(intents: Sequence[Mapping[str, object]], **changes: object) -> FAQ:
    """A FAQ in memory."""
    return FAQ.model_validate({"version": 1, "intents": [*intents], **changes})
